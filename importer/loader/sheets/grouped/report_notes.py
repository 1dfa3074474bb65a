"""Notes on how a report was read, on its day, and on what such lists may lack."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from importer.domain.notes import Note, NoteKind
from importer.loader.sheets.grouped.flat_sheet import FlatSheet
from importer.loader.sheets.grouped.layout import Grouping
from importer.loader.sheets.grouped.open_amounts import OpenFrom
from importer.loader.sheets.sheet import Sheet

OLD_AFTER_DAYS = 7
"""Days after which a list is old: a payment since then is not in it."""
MANY_DOCUMENTS = 100
"""Documents from which on a list without a single credit or payment is said."""


def notes_on_report(sheet: Sheet, listed_on: date | None, today: date) -> Iterator[Note]:
    """Yield the notes on a report and its day; none on an ordinary list."""
    if isinstance(sheet, FlatSheet):
        yield from _of_reading(sheet)
        if listed_on is not None and not _is_like_a_list(sheet):
            yield from day_notes(sheet.name, listed_on, today)


def _of_reading(sheet: FlatSheet) -> Iterator[Note]:
    """Yield the notes on how a report was read as a flat list."""
    found, report = sheet.analysis, sheet.report
    debtors = len({head.key for head in sheet.debtors.values()})
    values = [("grouping", report.grouping.name.lower()), ("documents", str(found.documents)), ("debtors", str(debtors))]
    values += [("gained", heading) for heading in (*sheet.filled_headings, *sheet.gained)]
    if not _is_like_a_list(sheet):
        yield Note(NoteKind.REPORT_READ, sheet.name, values=tuple(values))
    if report.headings.first != report.headings.last:
        rows = (("first", str(report.headings.first)), ("last", str(report.headings.last)))
        yield Note(NoteKind.TWO_LINE_HEADINGS, sheet.name, values=rows)
    if (opened := report.open_amount) is not None:
        headings = tuple(("heading", report.columns.header[at]) for at in opened.columns)
        yield Note(_OPEN[opened.source], sheet.name, values=headings)
    if found.documents > MANY_DOCUMENTS and not found.credits:
        yield Note(NoteKind.NO_CREDITS, sheet.name, values=(("count", str(found.documents)),))


def _is_like_a_list(sheet: FlatSheet) -> bool:
    """Return whether a report differs from an ordinary list in its totals or its headings alone."""
    return sheet.report.grouping in (Grouping.TOTALS, Grouping.NONE) and sheet.report.open_amount is None


_OPEN = {
    OpenFrom.AGES: NoteKind.OPEN_FROM_AGES,
    OpenFrom.TOTAL: NoteKind.OPEN_IS_SUM_OF_AGES,
    OpenFrom.DEBIT_CREDIT: NoteKind.OPEN_FROM_DEBIT,
    OpenFrom.SIDE: NoteKind.OPEN_BY_SIDE,
}


def day_notes(sheet: str, day: date, today: date) -> Iterator[Note]:
    """Yield the notes on the day of a list: which it is, and that the list is old."""
    values = (("day", day.isoformat()),)
    yield Note(NoteKind.LISTED_ON, sheet, values=values)
    if (today - day).days > OLD_AFTER_DAYS:
        yield Note(NoteKind.OLD_LIST, sheet, values=(*values, ("days", str((today - day).days))))
