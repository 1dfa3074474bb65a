"""The corrections of cells of a batch: what each cell is to hold instead, and who changed it from what to what.

The file that was dropped and its batch stay as they are. Corrections are kept until they are checked together
(:mod:`importer.web.work.corrected_sheets`); those of a batch of corrected rows are kept as corrections of the first batch, so
that one batch holds all of them. Personal numbers are masked before anything is kept.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from importer.commands.approve import discard_staged
from importer.domain.batches import BatchState, Person, person_of
from importer.domain.cells import MAX_CELL_CHARACTERS, Cell
from importer.domain.personal_numbers.sheet_mask import SheetMask
from importer.domain.records import SheetHead
from importer.domain.states import RowStatus
from importer.errors import ProfileError, UsageError
from importer.ledger.queries.report_rows import BatchInfo, ReportRow
from importer.loader.profile import NO_PROFILE, Profile
from importer.loader.profiles.profile_file import load_profile
from importer.loader.records.personal_numbers import PERSONAL_REFERENCE, unmasked_positions
from importer.loader.values.text import display_text
from importer.reporter.review.text import visible
from importer.reporter.row_reasons import TO_CORRECT
from importer.reporter.sheets import ERROR_COLUMNS
from importer.web.work.added_columns import (
    ADDABLE,
    can_be_added,
    extended,
    extended_cells,
    heading_at,
    name_at,
    names_in,
    place_in,
    position_of,
)
from importer.web.work.batches import UNDECIDED, unknown
from importer.web.work.correction_store import (
    CELLS,
    CellCorrection,
    CorrectionOrigin,
    RowPlace,
    append_history,
    changes_of,
    corrections_of,
    folder_of_batch,
    history_of,
    origin_of,
    present_moment,
)
from importer.web.work.environments import PageEnvironments, ShortLock
from importer.web.work.row_files import ShownRow, find_row, refresh_rows
from importer.workspace.connections import open_ledger_read_only

CORRECTABLE = TO_CORRECT | {RowStatus.QUESTIONED}
REPLACED = "the page has corrected more cells since, in a batch of their own"
KEEPING = ShortLock("Other corrections are being kept. Try again in a minute.")
"""Held while corrections are changed: two users may correct rows of one batch at once."""


def correct_row(environments: PageEnvironments, batch_id: int, place: RowPlace, texts: Mapping[int, str]) -> int:
    """Keep corrections of a row, by position, in place of earlier ones of the same cells. Returns the batch that they are of.

    A cell that is to hold what it held before has no correction any more. A staged batch with other values of the row is
    discarded, so that it cannot be approved any more. Raises UsageError for a row that is not one of those to correct, and
    LedgerHeld.
    """
    _refuse_long(texts)
    with KEEPING:
        info, row, texts = _original(environments, batch_id, place, texts)
        before = {one.cell: one for one in corrections_of(environments, info.id)}
        after = dict(before)
        for position, text in _masked(environments, info, row, texts, before).items():
            made = _made(info.heads[row.sheet], row, position, text)
            if visible(text) == visible(made.before):  # as a form shows it, and sends it back
                after.pop(made.cell, None)
            elif made.cell not in before or before[made.cell].text != text:
                after[made.cell] = made
        _keep(environments, info, before, after)
    return info.id


def undo_row(environments: PageEnvironments, batch_id: int, place: RowPlace) -> int:
    """Drop the corrections of a row, as it is named on the page of the first batch. Returns that batch."""
    with KEEPING:
        info = batch_info(environments, origin_of(environments, batch_id).batch)
        before = {one.cell: one for one in corrections_of(environments, info.id)}
        _keep(environments, info, before, {cell: one for cell, one in before.items() if one.row != place})
    return info.id


def original_place(origin: CorrectionOrigin, row: ShownRow) -> RowPlace | None:
    """Return the place that a shown row has in the first batch; None if that is not known."""
    if not origin.sheets:
        return row.sheet, row.number
    number = row.cells[0] if row.cells else ""
    is_known = row.sheet < len(origin.sheets) and number.isascii() and number.isdecimal()
    return (origin.sheets[row.sheet], int(number)) if is_known else None


def original_position(head: SheetHead, corrected: SheetHead, position: int) -> int | None:
    """Return the position that a column of corrected rows has in the sheet that they are from; None for one of the report's."""
    if name_at(position) is not None:
        return position
    kept = [at for at, heading in enumerate(head.header) if not heading.startswith("#")]
    at = position - len(ERROR_COLUMNS)
    if 0 <= at < len(kept):
        return kept[at]
    name = heading_at(corrected, position)
    return position_of(name) if at >= len(kept) and name in ADDABLE else None


def batch_info(environments: PageEnvironments, batch_id: int) -> BatchInfo:
    """Return a batch whose rows can be corrected. Raises UsageError for an unknown or a discarded one."""
    with environments.reading() as environment, open_ledger_read_only(environment) as ledger, ledger.queries() as queries:
        info = queries.batch(batch_id)
        if info is None:
            raise unknown(batch_id)
        if info.state is BatchState.DISCARDED:
            raise UsageError(f"Batch {batch_id} was discarded: there is nothing to correct. Drop the file again.")
        if info.state is not BatchState.STAGED:
            refresh_rows(environments, queries, info)
    return info


def batches_of_drop(environments: PageEnvironments, batch_id: int) -> list[int]:
    """Return the batches that were staged in one run with this one, as far as they were not discarded."""
    with environments.reading() as environment, open_ledger_read_only(environment) as ledger, ledger.queries() as queries:
        return queries.batches_of_run(batch_id)


def row_to_correct(environments: PageEnvironments, batch_id: int, place: RowPlace) -> ShownRow:
    """Return a row that can be corrected. Raises UsageError if it is not one of them, or must be found again first."""
    try:
        row = find_row(environments, batch_id, *place)
    except OSError:
        raise must_be_found(batch_id) from None
    if row is None or row.row is None or row.status not in CORRECTABLE:
        raise UsageError("That row is not one of those to correct. Load the page again.")
    return row


def must_be_found(batch_id: int) -> UsageError:
    """Return the error of a batch whose rows are not here as they were reviewed last."""
    return UsageError(f"The rows of batch {batch_id} must be found again first: choose Check again on its page.")


def correctors_of(environments: PageEnvironments, info: BatchInfo, rows: Collection[RowPlace]) -> list[Person]:
    """Return who has ever changed a cell of these rows of a batch, whatever of it is left."""
    places = {(info.heads[sheet].name, number) for sheet, number in rows}
    return [person_of(one["by"]) for one in changes_of(environments, info.id) if (one["sheet"], one["row"]) in places]


def with_texts(
    environments: PageEnvironments, info: BatchInfo, row: ReportRow, added: Sequence[str], texts: Mapping[int, str]
) -> tuple[tuple[Cell, ...], SheetMask]:
    """Return the cells of a row with other texts in some positions and the added columns behind them, and what has masked them.

    Personal numbers are masked as an import masks them.
    """
    first = info.heads[row.sheet]
    head = extended(first, added)
    mask = SheetMask(head, unmasked_positions(head, profile_of(environments, info)))
    return mask.row(extended_cells(first, row.cells, added, texts)).cells, mask


def profile_of(environments: PageEnvironments, info: BatchInfo) -> Profile:
    """Return the profile with which a batch was read; none if it is not there any more."""
    try:
        return load_profile(info.profile, environments.workspace.profile_folders) if info.profile else NO_PROFILE
    except ProfileError:  # it is not there any more: every column may hold personal numbers
        return NO_PROFILE


def _refuse_long(texts: Mapping[int, str]) -> None:
    if any(len(text) > MAX_CELL_CHARACTERS for text in texts.values()):
        raise UsageError(f"A cell holds {MAX_CELL_CHARACTERS:,} characters. Shorten the text; nothing was corrected.")
    if not texts:
        raise UsageError("The form names no cell. Load the page again.")


def _original(
    environments: PageEnvironments, batch_id: int, place: RowPlace, texts: Mapping[int, str]
) -> tuple[BatchInfo, ShownRow, Mapping[int, str]]:
    """Return the first batch, the row in it, and the texts by position there."""
    origin = origin_of(environments, batch_id)
    info = batch_info(environments, origin.batch)
    wanted, positions = _first_place(environments, info, batch_id, place, texts)
    row, head = row_to_correct(environments, info.id, wanted), info.heads[wanted[0]]
    assert row.row is not None
    found = {
        position: texts[at]
        for at, position in positions.items()
        if position is not None and (position < len(head.header) or can_be_added(head, row.row, position))
    }
    if len(found) < len(texts):
        raise UsageError("That row has no such cell. Load the page again.")
    return info, row, found


def _first_place(
    environments: PageEnvironments, info: BatchInfo, batch_id: int, place: RowPlace, texts: Iterable[int]
) -> tuple[RowPlace, dict[int, int | None]]:
    """Return the place that a row has in the first batch, and by position in this one the positions of its cells there."""
    wanted: RowPlace | None = place
    positions: dict[int, int | None] = {at: at for at in texts}
    if info.id != batch_id:
        wanted = original_place(origin_of(environments, batch_id), row_to_correct(environments, batch_id, place))
        corrected = batch_info(environments, batch_id).heads[place[0]]
        if wanted is not None:
            positions = {at: original_position(info.heads[wanted[0]], corrected, at) for at in texts}
    if wanted is None or not 0 <= wanted[0] < len(info.heads):
        raise UsageError("That row is not one of those to correct. Load the page again.")
    return wanted, positions


def _masked(
    environments: PageEnvironments,
    info: BatchInfo,
    row: ShownRow,
    texts: Mapping[int, str],
    before: Mapping[tuple[int, int, int], CellCorrection],
) -> dict[int, str]:
    """Return the texts with the personal numbers masked that the row shows them to be, with its other corrections."""
    assert row.row is not None
    others = {one.position: one.text for one in before.values() if one.row == (row.sheet, row.number)}
    wanted = {**others, **texts}
    head, added = info.heads[row.sheet], names_in(wanted)
    cells, mask = with_texts(environments, info, row.row, added, wanted)
    places = {at: place_in(head, added, at) for at in texts}
    found = {at: display_text(cells[place]) if cells[place] is not None else "" for at, place in places.items()}
    if any(mask.references.get(places[at]) and found[at] != text for at, text in texts.items()):
        raise UsageError(f"That {PERSONAL_REFERENCE}. Nothing was corrected.")
    return found


def _made(head: SheetHead, row: ShownRow, position: int, text: str) -> CellCorrection:
    column = name_at(position) or ""
    before = dict(head.constants).get(column, "") if column else row.text(position)
    return CellCorrection(row.sheet, row.number, position, text, before, **present_moment(), column=column)


def _keep(
    environments: PageEnvironments,
    info: BatchInfo,
    before: Mapping[tuple[int, int, int], CellCorrection],
    after: Mapping[tuple[int, int, int], CellCorrection],
) -> None:
    changed = [cell for cell in {**before, **after} if before.get(cell) != after.get(cell)]
    if not changed:
        return
    rows = {cell[:2] for cell in changed}
    if held := _batches_holding(environments, info, rows):
        with environments.changing() as environment:
            discard_staged(environment, held, REPLACED, UNDECIDED)
    append_history(environments, info.id, [_change(info, before.get(cell), after.get(cell)) for cell in changed])
    text = json.dumps([asdict(one) for one in after.values()], ensure_ascii=False)
    environments.access.write(folder_of_batch(environments, info.id) / CELLS, text)


def _batches_holding(environments: PageEnvironments, info: BatchInfo, rows: Collection[RowPlace]) -> list[int]:
    """Return the batches that hold some of these corrected rows, and those that were checked with them, such as of vouchers."""
    runs = {one["run"] for one in history_of(environments, info.id) if any((row[0], row[1]) in rows for row in one["texts"])}
    every = (one for other in batches_of_drop(environments, info.id) for one in history_of(environments, other))
    return [one["batch"] for one in every if one["run"] in runs]


def _change(info: BatchInfo, before: CellCorrection | None, after: CellCorrection | None) -> dict[str, Any]:
    known = after or before
    assert known is not None
    head = info.heads[known.sheet]
    return {
        **present_moment(),
        "sheet": head.name,
        "row": known.number,
        "heading": heading_at(head, known.position),
        "from": before.text if before else known.before,
        "to": after.text if after else known.before,
    }
