"""The success and error sheets: every row once, with its own cells unchanged and what became of it in front."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import xlsxwriter

from importer.columns import Kind, flat_name
from importer.ledger.reports import DONE, Fact, Line, Status
from importer.rows import Cell, Reason, SheetHead

ERROR_COLUMNS = ("#row", "#status", "#errors", "#entry")
SUCCESS_COLUMNS = ("#row", "#status", "#case_id", "#case_reference", "#voucher_id", "#unique_id", "#sent_at")
EXCEL_CELL_LIMIT = 32_767
_WORST_FIRST = (
    *(Status.REJECTED, Status.REFUSED, Status.HELD, Status.IN_DOUBT, Status.BLOCKED, Status.PENDING),
    *(Status.ACCEPTED, Status.ALREADY_IMPORTED),
)
READY = "ready to send"


def status_of(line: Line) -> Status:
    """A row's status: the worst of its case's and its voucher's."""
    found = [fact.status for fact in (line.case, line.voucher) if fact]
    return min(found, key=_WORST_FIRST.index, default=Status.PENDING)  # a row without facts must not hide: it unbalances


def in_words(status: Status) -> str:
    return status.value.replace("_", " ")


def label(fact: Fact | None, kind: Kind) -> str | None:
    """An entry as commands and error sheets name it: C12-3f9a2b for a case, V15-… for a voucher."""
    return f"{kind[0].upper()}{fact.entry_id}-{fact.check}" if fact and fact.entry_id else None


def reasons_in_words(line: Line, head: SheetHead) -> list[str]:
    """All reasons of a row, one sentence each, with the sheet's own headings."""
    told: list[str] = []
    for kind, fact in ((Kind.CASE, line.case), (Kind.VOUCHER, line.voucher)):
        if fact is None or fact.status in DONE:
            continue
        told += [_with_heading(reason, head, kind).text() for reason in fact.reasons]
        if fact.status in {Status.IN_DOUBT, Status.HELD}:
            told.append(_what_a_person_does(fact, kind))
    return list(dict.fromkeys(told))


def _what_a_person_does(fact: Fact, kind: Kind) -> str:
    entry = label(fact, kind)
    where = "Debitura for a case with this reference, debtor and amount" if kind is Kind.CASE else "Debbie for this voucher"
    first = "" if fact.status is Status.HELD else "The answer was lost: run `importer resume` in a quarter of an hour. Or "
    look = f"look in {where}, then run `importer resolve {entry} --exists ID` or `importer resolve {entry} --absent`"
    return (first + look) if first else look[0].upper() + look[1:]


def _with_heading(reason: Reason, head: SheetHead, kind: Kind) -> Reason:
    """A server's reason names the importer's column; the user knows it by the sheet's heading."""
    if reason.column is not None or reason.field is None:
        return reason
    wanted = [reason.field]
    if head.flat and kind is Kind.VOUCHER:  # the bare name is the case's, which the voucher takes where it has none
        wanted.insert(0, flat_name(reason.field))
    headings = {name: h for h, names in zip(head.header, head.names, strict=True) for name in (names or "").split()}
    heading = next((headings[name] for name in wanted if name in headings), reason.field)
    return Reason(reason.code, reason.message, reason.field, heading, reason.value)


@dataclass(frozen=True)
class _Formats:
    bold: Any
    date: Any
    moment: Any
    time: Any
    duration: Any


class SheetWriter:
    """One workbook with a sheet per source sheet, written row by row; nothing is kept in memory."""

    def __init__(self, path: Path, heads: Sequence[SheetHead], columns: Sequence[str]) -> None:
        # Strings stay strings: a cell that begins with = + - @ must never run in a spreadsheet program.
        options = {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
            "default_date_format": "yyyy-mm-dd",
        }
        self._book = xlsxwriter.Workbook(str(path), options)
        add = self._book.add_format
        self._formats = _Formats(
            bold=add({"bold": True, "bg_color": "#E7EEF4"}),
            date=add({"num_format": "yyyy-mm-dd"}),
            moment=add({"num_format": "yyyy-mm-dd hh:mm:ss"}),
            time=add({"num_format": "hh:mm:ss"}),
            duration=add({"num_format": "[h]:mm:ss"}),
        )
        self._columns = columns
        self._kept = [[i for i, h in enumerate(head.header) if not h.startswith("#")] for head in heads]
        self._widths = [len(head.header) for head in heads]
        self._sheets = [self._begin(head, kept) for head, kept in zip(heads, self._kept, strict=True)]
        self._next = [1] * len(heads)
        self.rows = 0

    def _begin(self, head: SheetHead, kept: list[int]) -> Any:
        sheet = self._book.add_worksheet(_sheet_name(head.name, [s.name for s in self._book.worksheets()]))
        sheet.freeze_panes(1, 0)
        for column, heading in enumerate((*self._columns, *(head.header[i] for i in kept))):
            sheet.write_string(0, column, heading, self._formats.bold)
            wide = {"#errors": 70, "#row": 7}.get(heading, min(40, max(12, len(heading) + 3)))
            sheet.set_column(column, column, wide)
        return sheet

    def add(self, sheet: int, own: Sequence[Cell], cells: Sequence[Cell]) -> None:
        """One row: the reporter's own cells, then the source's, unchanged."""
        row, target = self._next[sheet], self._sheets[sheet]
        width = self._widths[sheet]
        kept = [cells[i] if i < len(cells) else None for i in self._kept[sheet]]
        for column, cell in enumerate((*own, *kept, *cells[width:])):
            self._write(target, row, column, cell)
        self._next[sheet] = row + 1
        self.rows += 1

    def _write(self, sheet: Any, row: int, column: int, cell: Cell) -> None:
        if cell is None:
            return
        if isinstance(cell, bool):
            sheet.write_boolean(row, column, cell)
        elif isinstance(cell, int | float):
            sheet.write_number(row, column, cell)
        elif isinstance(cell, datetime):
            sheet.write_datetime(row, column, cell.replace(tzinfo=None), self._formats.moment)
        elif isinstance(cell, date):
            sheet.write_datetime(row, column, cell, self._formats.date)
        elif isinstance(cell, time):
            sheet.write_datetime(row, column, cell, self._formats.time)
        elif isinstance(cell, timedelta):
            sheet.write_datetime(row, column, cell, self._formats.duration)
        else:
            sheet.write_string(row, column, str(cell)[:EXCEL_CELL_LIMIT])

    def close(self) -> None:
        self._book.close()


def _sheet_name(name: str, taken: list[str]) -> str:
    """A name that Excel takes: at most 31 characters, no brackets, colons or slashes, no two alike."""
    clean = "".join("_" if c in "[]:*?/\\" else c for c in name).strip("'")[:31] or "Sheet"
    number, unique = 1, clean
    while unique.casefold() in {t.casefold() for t in taken}:
        number += 1
        unique = f"{clean[:27]} {number}"
    return unique


def write_sheets(folder: Path, heads: Sequence[SheetHead], lines: Iterable[Line], *, checking: bool) -> tuple[Path, Path]:
    """Write ``success.xlsx`` and ``errors.xlsx``; returns their paths. Under ``checking`` a valid row is ready to send."""
    done, left = folder / "success.xlsx", folder / "errors.xlsx"
    partial = [path.with_suffix(".partial") for path in (done, left)]
    with (
        closing(SheetWriter(partial[0], heads, SUCCESS_COLUMNS)) as success,
        closing(SheetWriter(partial[1], heads, ERROR_COLUMNS)) as errors,
    ):
        for line in lines:
            status = status_of(line)
            ready = checking and status is Status.PENDING
            if status in DONE or ready:
                success.add(line.sheet, _success_cells(line, READY if ready else in_words(status)), line.cells)
            else:
                errors.add(line.sheet, _error_cells(line, heads[line.sheet], status), line.cells)
    return _publish(partial[0], done), _publish(partial[1], left)


def _error_cells(line: Line, head: SheetHead, status: Status) -> list[Cell]:
    labels = (label(line.case, Kind.CASE), label(line.voucher, Kind.VOUCHER))
    reasons = "\n".join(reasons_in_words(line, head))
    return [line.number, in_words(status), reasons, " ".join(text for text in labels if text) or None]


def _success_cells(line: Line, status: str) -> list[Cell]:
    case, voucher = line.case, line.voucher
    facts = [fact for fact in (case, voucher) if fact]
    sent = [fact.sent_at for fact in facts if fact.sent_at]
    return [
        line.number,
        status,
        facts[0].case_id if facts else None,
        facts[0].case_reference if facts else None,
        voucher.remote_id if voucher else None,
        voucher.unique_id if voucher else None,
        max(sent)[:19].replace("T", " ") if sent else None,
    ]


def _publish(partial: Path, wanted: Path) -> Path:
    """Give a finished file its name, or the next free one if a program holds that open."""
    for number in range(1, 100):
        target = wanted if number == 1 else wanted.with_stem(f"{wanted.stem}-{number}")
        try:
            partial.replace(target)
        except PermissionError:
            continue
        return target
    return partial
