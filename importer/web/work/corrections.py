"""Corrections: the rows of a batch with other cells become a source of their own, with its own digest.

The file that was dropped and its batch stay as they are. The new source is an error sheet, as a person would correct and drop
it, so that all formats are corrected in the same way, and the ledger knows which rows take the place of which.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from hashlib import file_digest
from pathlib import Path
from typing import Any

from importer.commands.approve import discard_staged
from importer.domain.batches import BatchState
from importer.domain.cells import MAX_CELL_CHARACTERS, Cell
from importer.domain.timestamps import to_timestamp
from importer.errors import UsageError
from importer.ledger.queries.report_rows import BatchInfo, ReportRow
from importer.reporter.sheets import write_sheets
from importer.web.work.attachments import attachments_of
from importer.web.work.batches import unknown
from importer.web.work.environments import PageEnvironments
from importer.web.work.jobs import JobResult, PageJob
from importer.web.work.row_files import error_rows
from importer.web.work.staging import stage_files
from importer.workspace.connections import open_ledger_read_only
from importer.workspace.person import current_person

CELLS, HISTORY = "cells.json", "history.jsonl"
REPLACED = "the page has corrected more cells since, in a batch of their own"


@dataclass(frozen=True)
class CellCorrection:
    """One corrected cell: its place, and what it is to hold."""

    sheet: int
    number: int
    position: int
    text: str


def add_correction(environments: PageEnvironments, batch_id: int, made: CellCorrection) -> None:
    """Keep a correction of a batch, in place of an earlier one of the same cell.

    Raises UsageError for a row that is not one of those to correct.
    """
    if len(made.text) > MAX_CELL_CHARACTERS:
        raise UsageError(f"A cell holds {MAX_CELL_CHARACTERS:,} characters. Shorten the text; nothing was corrected.")
    row = next((row for row in _rows(environments, batch_id) if (row.sheet, row.number) == (made.sheet, made.number)), None)
    if row is None or not 0 <= made.position < len(_info(environments, batch_id).heads[made.sheet].header):
        raise UsageError("That row is not one of those to correct. Load the page again.")
    others = [one for one in corrections_of(environments, batch_id) if replace(one, text=made.text) != made]
    text = json.dumps([asdict(one) for one in (*others, made)], ensure_ascii=False)
    environments.access.write(_folder(environments, batch_id) / CELLS, text)


def corrections_of(environments: PageEnvironments, batch_id: int) -> list[CellCorrection]:
    """Return the corrections of a batch so far."""
    try:
        return [
            CellCorrection(**one) for one in json.loads((_folder(environments, batch_id) / CELLS).read_text(encoding="utf-8"))
        ]
    except (OSError, ValueError, TypeError):
        return []


def stage_corrections(environments: PageEnvironments, job: PageJob, batch_id: int) -> JobResult:
    """Stage the corrected rows of a batch as a source of their own, in place of the one before it."""
    info, made = _info(environments, batch_id), corrections_of(environments, batch_id)
    before = history_of(environments, batch_id)
    path = _derived(environments, info, made, len(before) + 1)
    with path.open("rb") as file:
        digest = file_digest(file, "sha256").hexdigest()
    found = stage_files(environments, job, [path], attachments_of(environments, batch_id))
    if found.batches:
        _discard_former(environments, [one["batch"] for one in before if one["batch"] not in found.batches])
        _record(environments, info, made, path, digest, found.batches[0])
    return replace(found, to_map=())


def history_of(environments: PageEnvironments, batch_id: int) -> list[dict[str, Any]]:
    """Return what was made of corrections of a batch: digests, places, by whom and when, and no values of cells."""
    try:
        lines = (_folder(environments, batch_id) / HISTORY).read_text(encoding="utf-8").splitlines()
    except OSError:
        return []
    return [json.loads(line) for line in lines if line.strip()]


def _derived(environments: PageEnvironments, info: BatchInfo, made: Sequence[CellCorrection], number: int) -> Path:
    """Write the error sheet with the corrected rows."""
    folder = _folder(environments, info.id) / str(number)
    environments.access.folders_to(folder)
    write_sheets(folder, info.heads, _corrected(_rows(environments, info.id), made), checking=True)
    stem = re.sub(r"[^\w.-]+", "_", Path(info.source_name).stem)[:80]
    path = folder / f"{stem}-corrected-{number}.xlsx"
    (folder / "errors.xlsx").replace(path)
    (folder / "success.xlsx").unlink(missing_ok=True)
    environments.access.finish(path)
    return path


def _corrected(rows: Iterator[ReportRow], made: Sequence[CellCorrection]) -> Iterator[ReportRow]:
    by_row: dict[tuple[int, int], dict[int, str]] = {}
    for one in made:
        by_row.setdefault((one.sheet, one.number), {})[one.position] = one.text
    for row in rows:
        if changes := by_row.get((row.sheet, row.number)):
            yield row._replace(cells=_with(row.cells, changes))


def _with(cells: tuple[Cell, ...], changes: Mapping[int, str]) -> tuple[Cell, ...]:
    longer = [*cells, *[None] * (max(changes) + 1 - len(cells))]
    return tuple(changes.get(position, cell) or None if position in changes else cell for position, cell in enumerate(longer))


def _rows(environments: PageEnvironments, batch_id: int) -> Iterator[ReportRow]:
    try:
        yield from (one.row for one in error_rows(environments, batch_id) if one.row is not None)
    except OSError:
        raise UsageError(f"The rows of batch {batch_id} must be found again first: choose Check again on its page.") from None


def _info(environments: PageEnvironments, batch_id: int) -> BatchInfo:
    with environments.reading() as environment, open_ledger_read_only(environment) as ledger, ledger.queries() as queries:
        info = queries.batch(batch_id)
    if info is None:
        raise unknown(batch_id)
    if info.state is BatchState.DISCARDED:
        raise UsageError(f"Batch {batch_id} was discarded: there is nothing to correct. Drop the file again.")
    return info


def _discard_former(environments: PageEnvironments, batches: Sequence[int]) -> None:
    if batches:
        with environments.changing(is_job=True) as environment:
            discard_staged(environment, batches, REPLACED)


def _record(
    environments: PageEnvironments, info: BatchInfo, made: Sequence[CellCorrection], path: Path, digest: str, batch: int
) -> None:
    cells = [
        {"sheet": info.heads[one.sheet].name, "row": one.number, "heading": info.heads[one.sheet].header[one.position]}
        for one in made
    ]
    line = {
        "at": to_timestamp(datetime.now(UTC)),
        "by": current_person().text(),
        "of": {"batch": info.id, "name": info.source_name, "sha256": info.source_sha256},
        "source": {"name": path.name, "sha256": digest},
        "batch": batch,
        "cells": cells,
    }
    descriptor = environments.access.open(_folder(environments, info.id) / HISTORY, os.O_WRONLY | os.O_APPEND)
    with os.fdopen(descriptor, "a", encoding="utf-8") as file:
        file.write(json.dumps(line, ensure_ascii=False) + "\n")


def _folder(environments: PageEnvironments, batch_id: int) -> Path:
    path = environments.folder("corrections") / str(batch_id)
    environments.access.folders_to(path)
    return path
