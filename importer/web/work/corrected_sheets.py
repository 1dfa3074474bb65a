"""The corrected rows of a batch as a source of their own, with its own digest: it is checked, and approved, like any other.

It is an error sheet, as a person would correct and drop it, so that all formats are corrected in the same way, and the ledger
knows which rows take the place of which. There is one batch of corrected rows that waits for an approval: it holds all of them.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import file_digest
from pathlib import Path
from threading import Lock
from typing import Any

from importer.commands.approve import discard_staged
from importer.domain.batches import BatchState
from importer.domain.parties.kinds import PartyKind
from importer.errors import UsageError
from importer.ledger.queries.report_rows import BatchInfo, ReportRow
from importer.reporter.sheets import write_sheets
from importer.reporter.summary import summarize
from importer.web.work.batches import UNDECIDED, has_ledger
from importer.web.work.corrections import (
    CELLS,
    CORRECTABLE,
    HISTORY,
    KEEPING,
    ORIGIN,
    REPLACED,
    CellCorrection,
    RowPlace,
    append_history,
    batch_info,
    corrections_folder,
    corrections_of,
    correctors_of,
    history_of,
    mask_of,
    origin_of,
    present_moment,
    row_to_correct,
    with_texts,
)
from importer.web.work.environments import PageEnvironments
from importer.web.work.jobs import JobResult, PageJob
from importer.web.work.row_files import find_row
from importer.web.work.staging import NOBODY_KNOWN, preparers_of, stage_files
from importer.workspace.connections import open_ledger_read_only

_CHECKING = Lock()
"""Held while corrected rows are written and staged: each batch of them takes the place of the one before."""
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
    with _CHECKING:
        found = corrected_rows(environments, batch_id)
        info = batch_info(environments, found.batch)
        wanted = [place for place in sorted(found.rows) if found.batches.get(place) in {None, *found.waiting}]
        rows = list(_corrected(environments, info, found, wanted))
        if not rows:
            raise UsageError("There is no corrected row to check.")
        path = _derived(environments, info, rows, len(history_of(environments, info.id)) + 1)
        people = [
            *preparers_of(environments, [info.id]),
            *correctors_of(environments, info, [(one.sheet, one.number) for one in rows]),
        ]
        attached = attachments_of(environments, found.batch)
        staged = stage_files(environments, job, [path], attached, parties=parties, prepared_by=people)
        if not staged.batches:
            return replace(staged, to_map=())
        texts = [[*one.cell, one.text] for row in rows for one in found.rows[row.sheet, row.number]]
        _record(environments, info, path, staged.batches[0], rows, texts)
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
    """Yield the corrected rows. One that needs no correction any more, since it was answered or sent, is left out."""
    for sheet, number in places:
        try:
            shown = find_row(environments, info.id, sheet, number)
        except OSError:
            shown = row_to_correct(environments, info.id, (sheet, number))  # says what to do
        if shown is not None and shown.row is not None and shown.status in CORRECTABLE:
            cells = with_texts(shown.row.cells, _texts_of(found.rows[sheet, number]))
            yield shown.row._replace(cells=mask_of(environments, info, sheet).row(cells).cells)


def _derived(environments: PageEnvironments, info: BatchInfo, rows: Sequence[ReportRow], number: int) -> Path:
    """Write the error sheet with the corrected rows."""
    folder = corrections_folder(environments) / str(info.id) / str(number)
    shutil.rmtree(folder, ignore_errors=True)  # of a check that was refused
    environments.access.folders_to(folder)
    write_sheets(folder, info.heads, rows, checking=True)
    stem = re.sub(r"[^\w.-]+", "_", Path(info.source_name).stem)[:80]
    path = folder / f"{stem}-corrected-{number}.xlsx"
    (folder / "errors.xlsx").replace(path)
    (folder / "success.xlsx").unlink(missing_ok=True)
    environments.access.finish(path)
    return path


def _record(
    environments: PageEnvironments, info: BatchInfo, path: Path, batch: int, rows: Sequence[ReportRow], texts: list[list[Any]]
) -> None:
    with path.open("rb") as file:
        digest = file_digest(file, "sha256").hexdigest()
    places = [(info.heads[sheet], number, position) for sheet, number, position, _ in texts]
    line = {
        **present_moment(),
        "of": {"batch": info.id, "name": info.source_name, "sha256": info.source_sha256},
        "source": {"name": path.name, "sha256": digest},
        "batch": batch,
        "cells": [{"sheet": head.name, "row": number, "heading": head.header[position]} for head, number, position in places],
        "texts": texts,
    }
    origin = {"batch": info.id, "sheets": sorted({row.sheet for row in rows})}
    folder = corrections_folder(environments) / str(batch)
    environments.access.folders_to(folder)
    environments.access.write(folder / ORIGIN, json.dumps(origin))
    append_history(environments, info.id, [line])


def _changed_meanwhile(environments: PageEnvironments, info: BatchInfo, texts: list[list[Any]], staged: JobResult) -> list[str]:
    """Discard what was staged if a cell was corrected again while it was being checked. Returns a line for the user then."""
    with KEEPING:
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
    folders = [path for path in corrections_folder(environments).iterdir() if path.name.isdecimal()]
    with environments.reading() as environment:
        if not folders or not has_ledger(environment):
            return
    for folder in folders:
        _sweep(environments, folder)


def _sweep(environments: PageEnvironments, folder: Path) -> None:
    made = history_of(environments, int(folder.name))
    batches = {int(folder.name), *(one["batch"] for one in made)}
    over = _over(environments, batches)
    for number, one in enumerate(made, 1):
        if one["batch"] in over:
            shutil.rmtree(folder / str(number), ignore_errors=True)
    is_over = (folder / HISTORY).exists() and batches <= over
    if is_over and not corrected_rows(environments, int(folder.name)).unchecked:  # else a person has not finished
        _forget_values(environments, folder)


def _over(environments: PageEnvironments, batches: Iterable[int]) -> set[int]:
    """Return those of the batches of which nothing is left to do."""
    with environments.reading() as environment, open_ledger_read_only(environment) as ledger, ledger.queries() as queries:
        infos = {batch: queries.batch(batch) for batch in batches}
        return {batch for batch, info in infos.items() if info is None or summarize(queries, info).state in _OVER}


def _forget_values(environments: PageEnvironments, folder: Path) -> None:
    lines = [json.loads(line) for line in (folder / HISTORY).read_text(encoding="utf-8").splitlines() if line.strip()]
    kept = [{name: value for name, value in line.items() if name not in {"from", "to", "texts"}} for line in lines]
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in kept)
    environments.access.write(folder / HISTORY, text)
    (folder / CELLS).unlink(missing_ok=True)
