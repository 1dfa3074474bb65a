"""Read a sheet as a list with one document a row: a report as a flat list, and any other sheet as it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from importer.domain.own_headings import is_own_heading
from importer.domain.text_keys import header_key
from importer.errors import FileRefused
from importer.loader.files.projection import NumberedRow, PeekableRows
from importer.loader.profile import Profile, names_in
from importer.loader.sheets.amount_names import AMOUNT
from importer.loader.sheets.grouped.flat_sheet import OPEN, FlatSheet
from importer.loader.sheets.grouped.layout import RECOGNISED_ROWS, recognise
from importer.loader.sheets.grouped.marks import RowMarks
from importer.loader.sheets.grouped.open_amounts import OpenFrom
from importer.loader.sheets.header import LOOK_AHEAD, SheetHeader
from importer.loader.sheets.shape import Shape
from importer.loader.sheets.sheet import Sheet

__all__ = ["RECOGNISED_ROWS", "as_flat_list", "below_headings", "marks_of", "with_documents", "without_parts"]


def as_flat_list(sheet: Sheet, rows: Sequence[NumberedRow], profile: Profile) -> Sheet:
    """Return a sheet that begins with these rows as a flat list, if it is a report; else the sheet itself.

    ``rows`` are its first ``RECOGNISED_ROWS`` rows, which decide, unless texts further below show that it is no report.
    """
    if not rows or profile.holds == Shape.VOUCHERS.value or any(is_own_heading(cell) for cell in rows[0][1][:1]):
        return sheet
    report = recognise(rows, profile)
    if report is None:
        return sheet
    listed = FlatSheet(sheet, report)
    return sheet if listed.is_doubtful else listed


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

    They fill nothing by themselves. Raises FileRefused if the profile takes the claim from one of them, without its sign.
    """
    if not isinstance(sheet, FlatSheet):
        return profile
    _refuse_unsigned(sheet, profile)
    mapped = set(map(header_key, (*profile.columns, *profile.ignore)))
    report = sheet.report
    opened = report.open_amount.columns if report.open_amount else ()
    opened += report.columns.balances if report.columns.debit in opened else ()
    ages = (report.columns.header[at] for at in dict.fromkeys((*report.columns.ages, *opened)))
    return profile.model_copy(update={"ignore": [*profile.ignore, *(text for text in ages if header_key(text) not in mapped)]})


def _refuse_unsigned(sheet: FlatSheet, profile: Profile) -> None:
    """Raise FileRefused if a profile takes the claim from a column that is only a part of the open amount, or has no sign."""
    opened = sheet.report.open_amount
    if opened is None or opened.source is OpenFrom.TOTAL:
        return
    header, amounts = sheet.report.columns.header, sheet.report.columns.amounts
    has_mark_beside = opened.source is OpenFrom.SIDE and len(opened.columns) > 1
    parts = {header_key(header[at]): header[at] for at in (*opened.columns, *(amounts if has_mark_beside else ()))}
    for heading, names in profile.columns.items():
        if AMOUNT in names_in(names) and header_key(heading) in parts:
            why = "the other columns of ages are part of what is open" if opened.source is OpenFrom.AGES else _SIGNS
            raise FileRefused(
                f'Sheet "{sheet.name}": the profile takes {AMOUNT} from "{heading}", but {why}. '
                f'Write "{OPEN}" = "{AMOUNT}" into the profile in its place: the importer fills that column from the report.'
            )


_SIGNS = "another column or a mark shows which amounts are credits, so that credits would be claimed"


def marks_of(sheet: Sheet) -> RowMarks | None:
    """Return what is known of the rows of a report; None for an ordinary list, whose rows show it themselves."""
    return sheet.marks if isinstance(sheet, FlatSheet) else None
