"""The corrected rows of a batch as a source of their own, with its own digest: it is checked, and approved, like any other.

It is an error sheet, as a person would correct and drop it, so that all formats are corrected in the same way, and the ledger
knows which rows take the place of which. There is one batch of corrected rows that waits for an approval: it holds all of them.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from hashlib import file_digest
from pathlib import Path
from typing import Any

from importer.commands.approve import discard_staged
from importer.domain.batches import BatchState, CorrectedSource
from importer.domain.parties.kinds import PartyKind
from importer.domain.states import RowStatus
from importer.errors import UsageError
from importer.ledger.queries.report_rows import BatchInfo, ReportRow
from importer.loader.values.text import display_text
from importer.reporter.sheets import write_sheets
from importer.reporter.summary import summarize
from importer.web.work.attachments import attachments_of
from importer.web.work.batches import UNDECIDED, has_ledger
from importer.web.work.correction_store import (
    CELLS,
    CHECKING,
    HISTORY,
    CellCorrection,
    RowPlace,
    batches_with_corrections,
    changes_of,
    corrections_of,
    folder_of_batch,
    history_of,
    intend_batch,
    origin_of,
    present_moment,
    record_batch,
)
from importer.web.work.corrections import (
    CORRECTABLE,
    KEEPING,
    REPLACED,
    batch_info,
    correctors_of,
    mask_of,
    row_to_correct,
    with_texts,
)
from importer.web.work.environments import PageEnvironments
from importer.web.work.jobs import JobResult, PageJob
from importer.web.work.row_files import ShownRow, find_row, rows_in
from importer.web.work.staging import NOBODY_KNOWN, preparers_of, stage_files
from importer.workspace.connections import open_ledger_read_only

_BLOCKED_BY = frozenset({"case_rejected", "parent_rejected"})
"""The codes of the reasons of vouchers that wait for the correction of another row."""
_IDENTIFYING = frozenset({"case_ref", "creditor_reference", "unique_id", "voucher_unique_id"})
"""The columns by which the ledger knows a case or a voucher again."""
_OVER = frozenset({BatchState.DONE, BatchState.DISCARDED})


@dataclass(frozen=True)
class CorrectedRows:
    """The corrections of a batch: those of each row, the rows that no batch holds yet, and the batch in which each row is."""

    batch: int
    rows: dict[RowPlace, list[CellCorrection]]
    unchecked: frozenset[RowPlace]
    batches: dict[RowPlace, int]
    waiting: tuple[int, ...]

    @property
    def is_empty(self) -> bool:
        """Return whether nothing was corrected."""
        return not self.rows and not self.batches


def corrected_rows(environments: PageEnvironments, batch_id: int) -> CorrectedRows:
    """Return what was corrected of a batch, or of the one whose corrected rows it has."""
    first = origin_of(environments, batch_id).batch
    rows = _by_row(corrections_of(environments, first))
    made = history_of(environments, first)
    states = _states(environments, [one["batch"] for one in made])
    live = [one for one in made if states.get(one["batch"]) is not BatchState.DISCARDED]
    batches = {}
    for one in live:  # the newest last
        for place, texts in _texts_by_row(one["texts"]).items():
            if place in rows and texts == _texts_of(rows[place]):
                batches[place] = one["batch"]
    waiting = tuple(one["batch"] for one in live if states.get(one["batch"]) in UNDECIDED)
    return CorrectedRows(first, rows, frozenset(rows.keys() - batches.keys()), batches, waiting)


def stage_corrections(
    environments: PageEnvironments, job: PageJob, batch_id: int, parties: Mapping[str, PartyKind] = NOBODY_KNOWN
) -> JobResult:
    """Stage the corrected rows of a batch as a source of their own, in place of the one before that waits for an approval.

    ``parties`` are those of :func:`importer.web.work.staging.stage_files`. Rows whose corrections were approved already are left
    out. Raises UsageError if there is nothing to check.
    """
    with CHECKING:
        found = corrected_rows(environments, batch_id)
        info = batch_info(environments, found.batch)
        wanted = [place for place in sorted(found.rows) if found.batches.get(place) in {None, *found.waiting}]
        rows = list(_corrected(environments, info, found, wanted))
        if not rows:
            raise UsageError("There is no corrected row to check.")
        sheet = sorted([*rows, *_waiting_for(environments, info, rows)], key=lambda row: (row.sheet, row.number))
        path = _derived(environments, info, sheet)
        people = [
            *preparers_of(environments, [info.id]),
            *correctors_of(environments, info, [(one.sheet, one.number) for one in rows]),
        ]
        attached = attachments_of(environments, found.batch)
        texts = [[*one.cell, one.text] for row in rows for one in found.rows[row.sheet, row.number]]
        corrects = CorrectedSource(info.id, tuple(sorted({row.sheet for row in sheet})))
        intent = intend_batch(environments, _line(info, path, texts), corrects.sheets)
        staged = stage_files(environments, job, [path], attached, parties=parties, prepared_by=people, corrects=corrects)
        if not staged.batches:
            intent.unlink(missing_ok=True)
            return replace(staged, to_map=())
        record_batch(environments, intent, staged.batches[0])
        _discard(environments, [one for one in found.waiting if one not in staged.batches])
        return replace(staged, to_map=(), messages=(*staged.messages, *_changed_meanwhile(environments, info, texts, staged)))


def _by_row(made: Iterable[CellCorrection]) -> dict[RowPlace, list[CellCorrection]]:
    found: dict[RowPlace, list[CellCorrection]] = {}
    for one in sorted(made, key=lambda one: one.cell):
        found.setdefault(one.row, []).append(one)
    return found


def _texts_of(made: Iterable[CellCorrection]) -> dict[int, str]:
    return {one.position: one.text for one in made}


def _texts_by_row(texts: Iterable[Sequence[Any]]) -> dict[RowPlace, dict[int, str]]:
    found: dict[RowPlace, dict[int, str]] = {}
    for sheet, number, position, text in texts:
        found.setdefault((sheet, number), {})[position] = text
    return found


def _states(environments: PageEnvironments, batches: Sequence[int]) -> dict[int, BatchState]:
    """Return the states of batches; one that is not in the ledger has none."""
    if not batches:
        return {}
    with environments.reading() as environment, open_ledger_read_only(environment) as ledger, ledger.queries() as queries:
        infos = {batch: queries.batch(batch) for batch in batches}
    return {batch: info.state if info else BatchState.DISCARDED for batch, info in infos.items()}


def _corrected(
    environments: PageEnvironments, info: BatchInfo, found: CorrectedRows, places: Iterable[RowPlace]
) -> Iterator[ReportRow]:
    """Yield the corrected rows. One that needs no correction any more, since it was answered or sent, is left out.

    Raises UsageError if one of them is not found, so that none is lost.
    """
    for sheet, number in places:
        try:
            shown = find_row(environments, info.id, sheet, number)
        except OSError:
            shown = row_to_correct(environments, info.id, (sheet, number))  # says what to do
        if shown is None or (shown.row is None and shown.status in CORRECTABLE):
            raise UsageError(
                f"Row {number} of sheet {sheet + 1} was corrected, and is not among the rows of batch {info.id} any more. "
                f"Nothing was checked. Choose Check again on the page of the batch."
            )
        if shown.row is not None and shown.status in CORRECTABLE:
            _refuse_other_row(info, shown, _texts_of(found.rows[sheet, number]))
            cells = with_texts(shown.row.cells, _texts_of(found.rows[sheet, number]))
            yield shown.row._replace(cells=mask_of(environments, info, sheet).row(cells).cells)


def _refuse_other_row(info: BatchInfo, shown: ShownRow, texts: Mapping[int, str]) -> None:
    """Raise UsageError if a questioned row of a staged batch would become another one by its corrections.

    The ledger has no question of a staged batch yet that the corrected row could take the place of: both could be sent.
    """
    if info.state is not BatchState.STAGED or shown.status is not RowStatus.QUESTIONED:
        return
    names = {at for at, name in enumerate(info.heads[shown.sheet].names) if set((name or "").split()) & _IDENTIFYING}
    if not names & texts.keys() and any(shown.text(at) for at in names):
        return
    raise UsageError(
        f"Row {shown.number} waits for an answer, and its reference was corrected, or it has none: it would be another row "
        f"beside the one that is asked about. Approve batch {info.id} first, which sends nothing of such rows. Check the "
        f"corrected rows then: this one takes the place of the question."
    )


def _waiting_for(environments: PageEnvironments, info: BatchInfo, corrected: Sequence[ReportRow]) -> list[ReportRow]:
    """Return the rows whose vouchers are blocked because the case or the parent of these rows was rejected.

    They are not wrong themselves, and nothing else would ever bring them: a corrected error sheet has them too. They are known
    by the reference that they name, which is a cell of such a row.
    """
    blocked = _blocked_beside(environments, info, corrected)
    known = {text for row in corrected for text in _texts_in(environments, info, row)}
    found: list[ReportRow] = []
    while more := [row for row in blocked if known & _named_by(row) and row not in found]:
        found += more
        known |= {text for row in more for text in _cell_texts(row)}
    return found


def _blocked_beside(environments: PageEnvironments, info: BatchInfo, corrected: Sequence[ReportRow]) -> list[ReportRow]:
    taken = {(row.sheet, row.number) for row in corrected}
    shown = (one.row for one in rows_in(environments, info.id, RowStatus.BLOCKED))
    return [row for row in shown if row is not None and (row.sheet, row.number) not in taken]


def _texts_in(environments: PageEnvironments, info: BatchInfo, corrected: ReportRow) -> set[str]:
    """Return the texts of a row's cells, as they were and as they were corrected."""
    before = find_row(environments, info.id, corrected.sheet, corrected.number)
    return _cell_texts(corrected) | (_cell_texts(before.row) if before is not None and before.row is not None else set())


def _cell_texts(row: ReportRow) -> set[str]:
    return {display_text(cell).strip() for cell in row.cells if cell is not None}


def _named_by(row: ReportRow) -> set[str]:
    """Return the references because of which the voucher of a row is blocked."""
    reasons = row.voucher.reasons if row.voucher is not None else ()
    return {one.value.strip() for one in reasons if one.code in _BLOCKED_BY and one.value}


def _derived(environments: PageEnvironments, info: BatchInfo, rows: Sequence[ReportRow]) -> Path:
    """Write the error sheet with the corrected rows."""
    place = folder_of_batch(environments, info.id)
    number = 1 + max((int(path.name) for path in place.iterdir() if path.name.isdecimal()), default=0)
    number = max(number, len(history_of(environments, info.id)) + 1)
    folder = place / str(number)
    environments.access.folders_to(folder)
    write_sheets(folder, info.heads, rows, checking=True)
    stem = re.sub(r"[^\w.-]+", "_", Path(info.source_name).stem)[:80]
    path = folder / f"{stem}-corrected-{number}.xlsx"
    (folder / "errors.xlsx").replace(path)
    (folder / "success.xlsx").unlink(missing_ok=True)
    environments.access.finish(path)
    return path


def _line(info: BatchInfo, path: Path, texts: list[list[Any]]) -> dict[str, Any]:
    """Return the line of the history about a sheet of corrected rows, without its batch."""
    with path.open("rb") as file:
        digest = file_digest(file, "sha256").hexdigest()
    places = [(info.heads[sheet], number, position) for sheet, number, position, _ in texts]
    return {
        **present_moment(),
        "of": {"batch": info.id, "name": info.source_name, "sha256": info.source_sha256},
        "source": {"name": path.name, "sha256": digest},
        "folder": path.parent.name,
        "cells": [{"sheet": head.name, "row": number, "heading": head.header[position]} for head, number, position in places],
        "texts": texts,
    }


def _changed_meanwhile(environments: PageEnvironments, info: BatchInfo, texts: list[list[Any]], staged: JobResult) -> list[str]:
    """Discard what was staged if a cell was corrected again while it was being checked. Returns a line for the user then."""
    with KEEPING.waiting():
        present = {place: _texts_of(made) for place, made in _by_row(corrections_of(environments, info.id)).items()}
        if all(present.get(place) == known for place, known in _texts_by_row(texts).items()):
            return []
        _discard(environments, staged.batches)
    return ["A cell was corrected again meanwhile: check the corrected rows once more."]


def _discard(environments: PageEnvironments, batches: Sequence[int]) -> None:
    if batches:
        with environments.changing(is_job=True) as environment:
            discard_staged(environment, batches, REPLACED, UNDECIDED)


# What is kept, and for how long


def sweep_corrections(environments: PageEnvironments) -> None:
    """Remove what no batch needs any more.

    A sheet of corrected rows is needed until its batch is done or discarded. Once that is so of all batches of corrected rows and
    of the first batch, what the cells held is removed too, unless corrected rows were not checked yet: the ledger has it, and
    the history keeps who corrected which cell, and when.
    """
    with environments.reading() as environment:
        if not has_ledger(environment):
            return
    for batch_id in batches_with_corrections(environments):
        with suppress(UsageError, OSError):  # what cannot be read stays, and the others are removed
            _sweep(environments, batch_id)


def _sweep(environments: PageEnvironments, batch_id: int) -> None:
    folder, made = folder_of_batch(environments, batch_id), history_of(environments, batch_id)
    batches = {batch_id, *(one["batch"] for one in made)}
    over = _over(environments, batches)
    for one in made:
        if one["batch"] in over:
            shutil.rmtree(folder / str(int(one["folder"])), ignore_errors=True)
    is_over = (folder / HISTORY).exists() and batches <= over
    if is_over and not corrected_rows(environments, batch_id).unchecked:  # else a person has not finished
        _forget_values(environments, batch_id, folder)


def _over(environments: PageEnvironments, batches: Iterable[int]) -> set[int]:
    """Return those of the batches of which nothing is left to do."""
    with environments.reading() as environment, open_ledger_read_only(environment) as ledger, ledger.queries() as queries:
        infos = {batch: queries.batch(batch) for batch in batches}
        return {batch for batch, info in infos.items() if info is None or summarize(queries, info).state in _OVER}


def _forget_values(environments: PageEnvironments, batch_id: int, folder: Path) -> None:
    lines = [*changes_of(environments, batch_id), *history_of(environments, batch_id)]
    kept = [{name: value for name, value in line.items() if name not in {"from", "to", "texts"}} for line in lines]
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in kept)
    environments.access.write(folder / HISTORY, text)
    (folder / CELLS).unlink(missing_ok=True)
