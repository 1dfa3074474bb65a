"""The rows of a batch as files, so that a page of them is read at once, whatever the number of rows, and without the ledger.

``rows.jsonl`` has a line for each row; ``all``, ``errors`` and a file for each status and kind of question hold the positions
of the lines, eight bytes each, so that any page is found without reading what is before it, and a row by halving.
``parties.json`` has the debtors of whom nothing shows what they are.
"""

from __future__ import annotations

import json
import os
import shutil
import struct
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from threading import RLock
from time import time
from typing import IO, Any

from importer.domain.batches import BatchState
from importer.domain.cells import decode_cells, encode_cells
from importer.domain.kinds import QuestionKind, RecordKind
from importer.domain.questions import kinds_of
from importer.domain.reasons import reasons_from_json, reasons_to_json
from importer.domain.states import NOTHING_TO_DO, RowStatus
from importer.ledger.queries.queries import Queries
from importer.ledger.queries.report_rows import BatchInfo, RecordResult, ReportRow
from importer.loader.records.party import name_asked_about
from importer.loader.values.text import display_text
from importer.reporter.row_reasons import ReportHeadings, label, reasons_of_row, worse_status
from importer.web.work.batch_keys import review_mark
from importer.web.work.batches import version_of
from importer.web.work.environments import PageEnvironments
from importer.web.work.row_folders import (
    NewRows,
    RowsMissing,
    batches_with_rows,
    current_rows,
    read_rows,
    remove_rows,
)
from importer.workspace.proposing import Previewed

PAGE_ROWS = 50
LONGEST_CELL = 300
ABANDONED_SECONDS = 24 * 3600.0
"""The age of rows that are not of any batch, and that no process writes any more."""
ALL, ERRORS = "all", "errors"
"""The names of the files, and of the choices of rows, beside those of the statuses."""
ASKED = "ask-"
"""What the names of the files of questioned rows begin with, one for each kind of a question."""
CHOICES = (ALL, ERRORS, *RowStatus, *(f"{ASKED}{kind}" for kind in QuestionKind))
_LINES, _PARTIES = "rows.jsonl", "parties.json"
_POSITION = struct.Struct("<Q")
_REFRESHING = RLock()
"""Held while it is found out whether the files of a batch are those of its present figures, and while they are written."""
_FINE = NOTHING_TO_DO | {RowStatus.PENDING}


@dataclass(frozen=True)
class ShownReason:
    """A reason of a row, and the position of the cell that it is about; None for the whole row."""

    text: str
    position: int | None


@dataclass(frozen=True)
class ShownRow:
    """A row for a page. ``row`` is the exact row of the ledger, of one that is not fine."""

    sheet: int
    number: int
    status: RowStatus
    cells: tuple[str, ...]
    reasons: tuple[ShownReason, ...]
    entries: tuple[tuple[str, str], ...]
    row: ReportRow | None = None

    def text(self, position: int) -> str:
        """Return the whole text of a cell; ``cells`` has the first characters alone."""
        cells = self.row.cells if self.row is not None else self.cells
        cell = cells[position] if position < len(cells) else None
        return "" if cell is None else display_text(cell)

    def general(self) -> list[str]:
        """Return the reasons that are about the whole row."""
        return [one.text for one in self.reasons if one.position is None]

    def wrong(self) -> dict[int, str]:
        """Return the cells that a reason is about, with the reasons."""
        found: dict[int, str] = {}
        for one in self.reasons:
            if one.position is not None:
                found[one.position] = f"{found[one.position]} {one.text}" if one.position in found else one.text
        return found


@dataclass(frozen=True)
class RowPage:
    """A page of rows: the first one has the number 1."""

    rows: tuple[ShownRow, ...]
    number: int
    pages: int
    count: int


class RowKeeper:
    """Writes the rows of staged batches while they are reviewed; they are shown once the review is recorded.

    It is the ``look`` of :func:`importer.workspace.proposing.preview`, within a transaction that may be rolled back.
    """

    def __init__(self, environments: PageEnvironments) -> None:
        self._environments = environments
        self._written: dict[int, tuple[NewRows, str]] = {}

    def __call__(self, queries: Queries, batch_id: int) -> None:
        """Write the rows of a batch."""
        self._written[batch_id] = _write_rows(self._environments, queries, batch_id)

    def confirm(self, found: Previewed | None) -> None:
        """Have the rows shown, now that this review is recorded."""
        for batch_id, proposal in (found.proposals if found else {}).items():
            rows, tally = self._written[batch_id]
            review = json.dumps(found.files[batch_id].as_json(), ensure_ascii=False) if found else ""
            with suppress(OSError):  # then they must be found again, which pages say
                rows.make_current(tally, review_mark(proposal, review))


def _write_rows(environments: PageEnvironments, queries: Queries, batch_id: int) -> tuple[NewRows, str]:
    """Write the rows of a batch to a new folder; returns it with the key of their figures."""
    batch = queries.batch(batch_id)
    assert batch is not None
    headings = [ReportHeadings(head) for head in batch.heads]
    new = NewRows(environments, batch)
    unclear: Counter[str] = Counter()
    with ExitStack() as stack:
        written = _Written(environments, new.folder, stack)
        for row in queries.rows(batch_id):
            status = worse_status(row)
            written.add(_line(row, status, headings[row.sheet]), status, _asked(row))
            unclear.update(filter(None, [_unclear_party(row)]))
    environments.access.write(new.folder / _PARTIES, json.dumps(unclear, ensure_ascii=False), durable=False)
    return new, key_of(queries, batch_id)


def refresh_rows(environments: PageEnvironments, queries: Queries, info: BatchInfo) -> None:
    """Write the rows of a batch that is entered, unless those that are there are of its present figures.

    A large batch is not counted for each page: while it is being sent its rows may be as old as its figures.
    """

    def refresh() -> bool:
        tally = key_of(queries, info.id)
        if not has_rows(environments, info.id, tally):
            new, _ = _write_rows(environments, queries, info.id)
            new.make_current(tally)
        return True

    with _REFRESHING:  # of several pages at once, one writes them
        environments.figures.get(("rows", *version_of(info)), refresh)
        if not has_rows(environments, info.id, None):  # they were removed meanwhile
            refresh()


class _Written:
    """The files of a batch while they are written: a position is added to that of its status, which begins with its first row."""

    def __init__(self, environments: PageEnvironments, folder: Path, stack: ExitStack) -> None:
        self._environments, self._folder, self._stack = environments, folder, stack
        self._lines = self._begun(_LINES)
        self._positions = {name: self._begun(name) for name in (ALL, ERRORS)}

    def add(self, line: bytes, status: RowStatus, asked: Iterable[QuestionKind]) -> None:
        """Add a row with its line, its status, and the kinds of its questions."""
        position = _POSITION.pack(self._lines.tell())
        for name in (ALL, status, *(() if status in _FINE else (ERRORS,)), *(f"{ASKED}{kind}" for kind in asked)):
            if name not in self._positions:
                self._positions[name] = self._begun(name)
            self._positions[name].write(position)
        self._lines.write(line)

    def _begun(self, name: str) -> IO[bytes]:
        descriptor = self._environments.access.open(self._folder / name, os.O_WRONLY | os.O_TRUNC)
        return self._stack.enter_context(os.fdopen(descriptor, "wb"))


def _asked(row: ReportRow) -> tuple[QuestionKind, ...]:
    """Return the kinds of the questions about a row, each once."""
    results = (one for one in (row.case, row.voucher) if one is not None and one.status is RowStatus.QUESTIONED)
    return kinds_of(reason for one in results for reason in one.reasons)


def _unclear_party(row: ReportRow) -> str | None:
    """Return what names the debtor of a row in ``[parties]`` of a profile, if the row asks what that debtor is."""
    is_asked = row.case is not None and row.case.status is RowStatus.QUESTIONED
    return name_asked_about(row.case.reasons) if row.case is not None and is_asked else None


def unclear_parties(environments: PageEnvironments, batch_id: int) -> Mapping[str, int]:
    """Return the debtors of a batch of whom nothing shows what they are, each with its rows; none without the files."""
    try:
        text = read_rows(environments, batch_id, lambda folder: (folder / _PARTIES).read_text(encoding="utf-8"))
        found: dict[str, int] = json.loads(text)
    except (OSError, ValueError):
        return {}
    return found


def key_of(queries: Queries, batch_id: int) -> str:
    """Return a text that changes with the figures of a batch, so that its files are known to be of another time."""
    tallies = {
        kind.value: {status.value: sums for status, sums in found.items()} for kind, found in queries.tally(batch_id).items()
    }
    return sha256(json.dumps(tallies, sort_keys=True).encode()).hexdigest()


def has_rows(environments: PageEnvironments, batch_id: int, tally: str | None) -> bool:
    """Return whether the rows of a batch can be shown, and (unless ``tally`` is None) those of these figures."""
    try:
        found = current_rows(environments, batch_id)
    except RowsMissing:
        return False
    return found.folder.is_dir() and tally in {None, found.tally}


def forget_rows(environments: PageEnvironments, batch_id: int) -> None:
    """Remove the files of a batch."""
    remove_rows(environments, batch_id)


def row_counts(environments: PageEnvironments, batch_id: int) -> dict[str, int]:
    """Return the number of rows by choice, without statuses that have none. Raises RowsMissing."""
    found = read_rows(environments, batch_id, lambda folder: {choice: _count(folder, choice) for choice in CHOICES})
    return {choice: count for choice, count in found.items() if count or choice in {ALL, ERRORS}}


def row_page(environments: PageEnvironments, batch_id: int, show: str, number: int) -> RowPage:
    """Return a page of the rows of a choice, the last one for a number that is too large. Raises RowsMissing."""
    return read_rows(environments, batch_id, lambda folder: _page(folder, show, number))


def _page(folder: Path, show: str, number: int) -> RowPage:
    count = _count(folder, show)
    pages = max(1, -(-count // PAGE_ROWS))
    number = min(max(1, number), pages)
    if not count:
        return RowPage((), number, pages, count)
    with (folder / show).open("rb") as positions, (folder / _LINES).open("rb") as lines:
        positions.seek((number - 1) * PAGE_ROWS * _POSITION.size)
        found = [one for (one,) in _POSITION.iter_unpack(positions.read(PAGE_ROWS * _POSITION.size))]
        rows = tuple(_shown(lines, position) for position in found)
    return RowPage(rows, number, pages, count)


def rows_in(environments: PageEnvironments, batch_id: int, show: str) -> list[ShownRow]:
    """Return all rows of a choice. Raises RowsMissing."""

    def read(folder: Path) -> list[ShownRow]:
        if not _count(folder, show):
            return []
        with (folder / show).open("rb") as positions, (folder / _LINES).open("rb") as lines:
            return [_shown(lines, one) for (one,) in _POSITION.iter_unpack(positions.read())]

    return read_rows(environments, batch_id, read)


def find_row(environments: PageEnvironments, batch_id: int, sheet: int, number: int) -> ShownRow | None:
    """Return a row by its place; None if there is none. Rows are in the order of the sheets. Raises RowsMissing."""
    return read_rows(environments, batch_id, lambda folder: _find(folder, sheet, number))


def _find(folder: Path, sheet: int, number: int) -> ShownRow | None:
    low, high = 0, _count(folder, ALL)
    with (folder / ALL).open("rb") as positions, (folder / _LINES).open("rb") as lines:
        while low < high:
            middle = (low + high) // 2
            positions.seek(middle * _POSITION.size)
            row = _shown(lines, *_POSITION.unpack(positions.read(_POSITION.size)))
            if (row.sheet, row.number) == (sheet, number):
                return row
            low, high = (middle + 1, high) if (row.sheet, row.number) < (sheet, number) else (low, middle)
    return None


def _count(folder: Path, choice: str) -> int:
    if not folder.is_dir():
        raise FileNotFoundError(folder)
    try:
        return (folder / choice).stat().st_size // _POSITION.size
    except FileNotFoundError:  # no row has this status
        return 0


def _line(row: ReportRow, status: RowStatus, headings: ReportHeadings) -> bytes:
    texts = [display_text(cell)[:LONGEST_CELL] if cell is not None else "" for cell in row.cells]
    found: dict[str, Any] = {"sheet": row.sheet, "number": row.number, "status": status, "cells": texts}
    if status not in _FINE:
        found["reasons"] = [[one.text(), one.position] for one in reasons_of_row(row, headings)]
        found["exact"] = encode_cells(row.cells)
        found["results"] = [_result(one) for one in (row.case, row.voucher)]
    return json.dumps(found, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass") + b"\n"


def _result(result: RecordResult | None) -> list[Any] | None:
    return None if result is None else [result.status, reasons_to_json(result.reasons), result.entry_id, result.key]


def _shown(lines: IO[bytes], position: int) -> ShownRow:
    lines.seek(position)
    found = json.loads(lines.readline().decode("utf-8", "surrogatepass"))
    row = _exact(found) if "exact" in found else None
    reasons = tuple(ShownReason(text, place) for text, place in found.get("reasons", ()))
    return ShownRow(
        found["sheet"], found["number"], RowStatus(found["status"]), tuple(found["cells"]), reasons, _entries(row), row
    )


def _exact(found: dict[str, Any]) -> ReportRow:
    results = [
        None if one is None else RecordResult(RowStatus(one[0]), reasons_from_json(one[1]), entry_id=one[2], key=one[3])
        for one in found["results"]
    ]
    return ReportRow(found["sheet"], found["number"], decode_cells(found["exact"]), *results)


def _entries(row: ReportRow | None) -> tuple[tuple[str, str], ...]:
    """Return the labels of a row's entries, each with the status of its record."""
    if row is None:
        return ()
    pairs = [(label(one, kind), one) for kind, one in zip(RecordKind, (row.case, row.voucher), strict=True)]
    return tuple((name, one.status.value) for name, one in pairs if name and one)


def sweep_rows(environments: PageEnvironments) -> None:
    """Remove the rows of all batches that do not wait for an approval: they are made again when they are asked for."""
    for batch_id, folder in batches_with_rows(environments):
        key = environments.batch_key(batch_id)
        is_of_batch = key is not None and key.name == folder.name
        is_old = time() - folder.stat().st_mtime > ABANDONED_SECONDS  # else it may be staged now, by another process
        if (is_of_batch or is_old) and not (is_of_batch and key and key.state is BatchState.STAGED):
            shutil.rmtree(folder, ignore_errors=True)
