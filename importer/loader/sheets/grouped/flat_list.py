"""Read a sheet as a list with one document a row: a report as a flat list, and any other sheet as it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from importer.domain.own_headings import is_own_heading
from importer.domain.text_keys import header_key
from importer.loader.files.projection import NumberedRow, PeekableRows
from importer.loader.profile import Profile
from importer.loader.sheets.grouped.flat_sheet import FlatSheet
from importer.loader.sheets.grouped.layout import RECOGNISED_ROWS, recognise
from importer.loader.sheets.grouped.marks import RowMarks
from importer.loader.sheets.header import LOOK_AHEAD, SheetHeader
from importer.loader.sheets.shape import Shape
from importer.loader.sheets.sheet import Sheet

__all__ = ["RECOGNISED_ROWS", "as_flat_list", "below_headings", "marks_of", "with_documents", "without_parts"]


def as_flat_list(sheet: Sheet, rows: Sequence[NumberedRow], profile: Profile) -> Sheet:
    """Return a sheet that begins with these rows as a flat list, if it is a report; else the sheet itself.

    ``rows`` are its first ``RECOGNISED_ROWS`` rows, which alone decide.
    """
    if not rows or profile.holds == Shape.VOUCHERS.value or any(is_own_heading(cell) for cell in rows[0][1][:1]):
        return sheet
    report = recognise(rows, profile)
    return sheet if report is None else FlatSheet(sheet, report)


def below_headings(sheet: Sheet, profile: Profile) -> Profile:
    """Return the profile with the row of the headings of a report, which are known already."""
    return profile.model_copy(update={"header_row": sheet.report.headings.last}) if isinstance(sheet, FlatSheet) else profile


def with_documents(sheet: Sheet, top: SheetHeader, rows: PeekableRows) -> SheetHeader:
    """Return the top of a sheet; that of a report with the rows above its headings, and documents alone as the sample.

    ``rows`` are those below the headings.
    """
    if not isinstance(sheet, FlatSheet):
        return top
    left_out = sheet.marks.left_out
    sample = [cells for number, cells in rows.peek(2 * LOOK_AHEAD) if number not in left_out]
    return replace(top, above=sheet.report.above, around=replace(top.around, sample=sample))


def without_parts(sheet: Sheet, profile: Profile) -> Profile:
    """Return the profile for planning a sheet, which ignores the columns of ages and those from which the open amount is read.

    They fill nothing by themselves.
    """
    if not isinstance(sheet, FlatSheet):
        return profile
    mapped = set(map(header_key, (*profile.columns, *profile.ignore)))
    report = sheet.report
    opened = report.open_amount.columns if report.open_amount else ()
    opened += report.columns.balances if report.columns.debit in opened else ()
    ages = (report.columns.header[at] for at in dict.fromkeys((*report.columns.ages, *opened)))
    return profile.model_copy(update={"ignore": [*profile.ignore, *(text for text in ages if header_key(text) not in mapped)]})


def marks_of(sheet: Sheet) -> RowMarks | None:
    """Return what is known of the rows of a report; None for an ordinary list, whose rows show it themselves."""
    return sheet.marks if isinstance(sheet, FlatSheet) else None
