"""The file that is made of the corrected rows of a batch: an error sheet, as a person would correct and drop it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import file_digest
from pathlib import Path
from typing import Any

from importer.commands.ask_parties import profile_used
from importer.domain.batches import BatchState, CorrectedSource
from importer.domain.master_data import MasterData
from importer.domain.records import SheetHead
from importer.domain.states import RowStatus
from importer.errors import UsageError
from importer.ledger.queries.report_rows import BatchInfo, ReportRow
from importer.loader.profiles.recognition import SavedProfile
from importer.reporter.sheets import write_sheets
from importer.web.work.added_columns import extended, extended_cells, heading_at, names_in, without_constants
from importer.web.work.correction_store import CellCorrection, RowPlace, folder_of_batch, history_of, present_moment
from importer.web.work.corrections import CORRECTABLE, profile_of, row_to_correct, with_texts
from importer.web.work.environments import PageEnvironments
from importer.web.work.kept_master_data import master_data_of
from importer.web.work.row_files import ShownRow, find_row

_IDENTIFYING = frozenset({"case_ref", "creditor_reference", "unique_id", "voucher_unique_id"})
"""The columns by which the ledger knows a case or a voucher again."""


@dataclass(frozen=True)
class DerivedSource:
    """A file of corrected rows: where it is, of which rows it is made, and the line of the history about it, without its batch.

    ``texts`` are its corrections: sheet, number, position and text of each. ``profile`` is the one with which it is read, if that
    has other headings than the one with which the first file was read. ``master_data`` are those that complete its rows.
    """

    path: Path
    sha256: str
    corrects: CorrectedSource
    texts: list[list[Any]]
    line: dict[str, Any]
    profile: SavedProfile | None
    master_data: MasterData


@dataclass(frozen=True)
class CorrectedPart:
    """What was corrected of one batch, and is to be checked: its rows as they were corrected, with the added columns.

    ``added`` are the columns that each sheet lacks and that were filled in.
    """

    info: BatchInfo
    made: Mapping[RowPlace, Sequence[CellCorrection]]
    added: Mapping[int, Sequence[str]]
    rows: Sequence[ReportRow]


def corrected_part(
    environments: PageEnvironments,
    info: BatchInfo,
    made: Mapping[RowPlace, Sequence[CellCorrection]],
    places: Iterable[RowPlace],
) -> CorrectedPart:
    """Return what is to be checked of a batch: the rows in these places, with their corrections.

    Raises UsageError if one of them is not found, so that none is lost.
    """
    wanted = list(places)
    positions: dict[int, list[int]] = {sheet: [] for sheet in range(len(info.heads))}
    for place in wanted:
        positions[place[0]] += [one.position for one in made[place]]
    added = {sheet: names_in(found) for sheet, found in positions.items()}
    return CorrectedPart(info, made, added, list(_corrected(environments, info, made, wanted, added)))


def _corrected(
    environments: PageEnvironments,
    info: BatchInfo,
    made: Mapping[RowPlace, Sequence[CellCorrection]],
    places: Iterable[RowPlace],
    added: Mapping[int, Sequence[str]],
) -> Iterator[ReportRow]:
    """Yield the corrected rows. One that needs no correction any more, since it was answered or sent, is left out."""
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
            texts = {one.position: one.text for one in made[sheet, number]}
            _refuse_other_row(info, shown, texts)
            cells, _ = with_texts(environments, info, shown.row, added[sheet], texts)
            yield shown.row._replace(cells=cells)


def _refuse_other_row(info: BatchInfo, shown: ShownRow, texts: Mapping[int, str]) -> None:
    """Raise UsageError if a questioned row of a staged batch would become another one by its corrections.

    The ledger has no question of a staged batch yet that the corrected row could take the place of: both could be sent.
    """
    if info.state is not BatchState.STAGED or shown.status is not RowStatus.QUESTIONED:
        return
    head = info.heads[shown.sheet]
    names = {at for at, name in enumerate(head.names) if set((name or "").split()) & _IDENTIFYING}
    named_now = {at for at in texts if heading_at(head, at) in _IDENTIFYING} | (names & texts.keys())
    if not named_now and any(shown.text(at) for at in names):
        return
    raise UsageError(
        f"Row {shown.number} waits for an answer, and its reference was corrected, or it has none: it would be another row "
        f"beside the one that is asked about. Approve batch {info.id} first, which sends nothing of such rows. Check the "
        f"corrected rows then: this one takes the place of the question."
    )


def derived_source(environments: PageEnvironments, part: CorrectedPart, waiting: Sequence[ReportRow]) -> DerivedSource:
    """Write the error sheet with the corrected rows of a batch, and with the rows that wait for them or for those of another.

    Raises UsageError if the master data are not there that have completed the rows of the batch.
    """
    data = master_data_of(environments, part.info)
    info, heads = part.info, [extended(head, part.added[at]) for at, head in enumerate(part.info.heads)]
    longer = [row._replace(cells=extended_cells(info.heads[row.sheet], row.cells, part.added[row.sheet], {})) for row in waiting]
    rows = sorted([*part.rows, *longer], key=lambda row: (row.sheet, row.number))
    path = _written(environments, info, heads, rows)
    texts = [[*one.cell, one.text] for row in part.rows for one in part.made[row.sheet, row.number]]
    with path.open("rb") as file:
        digest = file_digest(file, "sha256").hexdigest()
    corrects = CorrectedSource(info.id, tuple(sorted({row.sheet for row in rows})))
    return DerivedSource(path, digest, corrects, texts, _line(info, path, digest, texts), _profile(environments, part), data)


def _written(environments: PageEnvironments, info: BatchInfo, heads: Sequence[SheetHead], rows: Sequence[ReportRow]) -> Path:
    place = folder_of_batch(environments, info.id)
    number = 1 + max((int(path.name) for path in place.iterdir() if path.name.isdecimal()), default=0)
    number = max(number, len(history_of(environments, info.id)) + 1)
    folder = place / str(number)
    environments.access.folders_to(folder)
    write_sheets(folder, heads, rows, checking=True)
    stem = re.sub(r"[^\w.-]+", "_", Path(info.source_name).stem)[:80]
    path = folder / f"{stem}-corrected-{number}.xlsx"
    (folder / "errors.xlsx").replace(path)
    (folder / "success.xlsx").unlink(missing_ok=True)
    environments.access.finish(path)
    return path


def _line(info: BatchInfo, path: Path, digest: str, texts: Iterable[Sequence[Any]]) -> dict[str, Any]:
    places = [(info.heads[sheet], number, at) for sheet, number, at, _ in texts]
    return {
        **present_moment(),
        "of": {"batch": info.id, "name": info.source_name, "sha256": info.source_sha256},
        "source": {"name": path.name, "sha256": digest},
        "folder": path.parent.name,
        "cells": [{"sheet": head.name, "row": number, "heading": heading_at(head, at)} for head, number, at in places],
        "texts": list(texts),
    }


def _profile(environments: PageEnvironments, part: CorrectedPart) -> SavedProfile | None:
    """Return the profile of the first file as it is for the file with added columns: it is recognised by its headings."""
    path = profile_used(part.info.notes)
    sheet = next((sheet for sheet, names in part.added.items() if names), None)
    if sheet is None or path is None:
        return None
    names = [name for found in part.added.values() for name in found]
    profile = without_constants(profile_of(environments, part.info), part.info.heads, names)
    headings = [heading for heading in extended(part.info.heads[sheet], part.added[sheet]).header if heading]
    return SavedProfile(profile.model_copy(update={"headings": headings}), path)
