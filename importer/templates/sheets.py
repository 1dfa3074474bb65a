"""The sheets to fill in: headings from the column table, formats, comments and drop-downs."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Border, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from importer.domain.columns import Column, Requirement, ValueKind, columns_of
from importer.domain.kinds import RecordKind
from importer.templates.drop_downs import add_list_sheet, choices_of, drop_downs
from importer.templates.guide import add_guide
from importer.templates.styles import HEADING_LOOKS, heading_font

if TYPE_CHECKING:
    from openpyxl.cell import Cell
    from openpyxl.worksheet.worksheet import Worksheet

SHEETS = {RecordKind.CASE: "Cases", RecordKind.VOUCHER: "Vouchers"}
LAST_ROW = 10_000
"""The last row with validated cells. Formats apply to whole columns, so that no empty cell has to be written."""

FORMATS = {
    ValueKind.DATE: "yyyy-mm-dd",
    ValueKind.MONEY: "#,##0.00",
    ValueKind.RATE: "0.00%",
    ValueKind.IDENTIFIER: "@",
    ValueKind.UUID: "@",
}
_WIDTHS = {ValueKind.TEXT: 28.0, ValueKind.MONEY: 14.0, ValueKind.DATE: 13.0, ValueKind.CURRENCY: 10.0, ValueKind.UUID: 38.0}
_USUAL_WIDTH = 16.0
_REQUIREMENTS = {
    Requirement.REQUIRED: "Required.",
    Requirement.CONDITIONAL: "Required in some cases.",
    Requirement.OPTIONAL: "Optional.",
}


def template_workbook() -> Workbook:
    """Return the empty workbook: cases, vouchers, guide and the hidden lists. It opens on the cases."""
    workbook = empty_workbook()
    for kind in SHEETS:
        _validate(add_sheet(workbook, kind), kind)
    add_guide(workbook)
    add_list_sheet(workbook)
    return workbook


def empty_workbook() -> Workbook:
    """Return a workbook without the sheet that openpyxl adds by default."""
    workbook = Workbook()
    workbook.remove(workbook.worksheets[0])
    return workbook


def add_sheet(workbook: Workbook, kind: RecordKind) -> Worksheet:
    """Add a sheet with this kind's headings, and formats for the cells below them."""
    sheet: Worksheet = workbook.create_sheet(SHEETS[kind])
    for number, column in enumerate(columns_of(kind), 1):
        _style_heading(sheet.cell(1, number, column.name), column)
        dimension = sheet.column_dimensions[get_column_letter(number)]
        dimension.width = max(_WIDTHS.get(column.value_kind, _USUAL_WIDTH), len(column.name) + 3.0)
        if column.value_kind in FORMATS:
            dimension.number_format = FORMATS[column.value_kind]
    sheet.row_dimensions[1].height = 24
    sheet.freeze_panes = "B2"
    sheet.print_title_rows = "1:1"
    sheet.page_setup.orientation = "landscape"
    return sheet


def _style_heading(cell: Cell, column: Column) -> None:
    look = HEADING_LOOKS[column.requirement]
    cell.font = heading_font(color=look.text)
    cell.fill = PatternFill("solid", start_color=look.fill)
    cell.alignment = Alignment(vertical="center")
    cell.border = Border(bottom=Side("medium", color="1F2937"))
    text = heading_comment(column)
    cell.comment = Comment(text, "importer", height=40 + 18 * (len(text) // 36 + text.count("\n")), width=280)


def heading_comment(column: Column) -> str:
    """Return the comment on a column's heading, in at most three lines."""
    example = f"Example: {column.example}" if column.example else ""
    return "\n".join(line for line in (_REQUIREMENTS[column.requirement], column.help, example) if line)


def _validate(sheet: Worksheet, kind: RecordKind) -> None:
    """Add a drop-down or a check to every column that has one. Columns share a validation within a sheet."""
    lists, checks = drop_downs(), {ValueKind.MONEY: _amount_check(), ValueKind.DATE: _day_check()}
    for number, column in enumerate(columns_of(kind), 1):
        letter = get_column_letter(number)
        name = choices_of(column)
        chosen = lists[name] if name else checks.get(column.value_kind)
        if chosen is not None:
            chosen.add(f"{letter}2:{letter}{LAST_ROW}")
    for validation in chain(lists.values(), checks.values()):
        if validation.sqref.ranges:
            sheet.add_data_validation(validation)


def _amount_check() -> DataValidation:
    return DataValidation(
        type="decimal",
        operator="greaterThan",
        formula1="0",
        allow_blank=True,
        showErrorMessage=True,
        errorStyle="warning",
        errorTitle="Not a positive amount",
        error="Write digits only, such as 1250.00 or 1250,00 (as your computer shows decimals), and no minus.",
    )


def _day_check() -> DataValidation:
    return DataValidation(
        type="date",
        operator="greaterThanOrEqual",
        formula1="DATE(2000,1,1)",
        allow_blank=True,
        showErrorMessage=True,
        errorStyle="warning",
        errorTitle="Not a date",
        error="This is text, or a day before the year 2000. Write a day such as 2026-01-31.",
    )
