"""The guide sheet: how to fill in the workbook, every column, every voucher type, and what happens next."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.worksheet.properties import PageSetupProperties

from importer.domain.code_lists import VOUCHER_CURRENCIES, VOUCHER_TYPES, Direction
from importer.domain.columns import PROPERTY_PREFIX, columns_of
from importer.domain.kinds import RecordKind
from importer.templates.styles import FONT, HEADING_LOOKS, heading_font

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.cell import Cell, MergedCell
    from openpyxl.worksheet.worksheet import Worksheet

GUIDE_SHEET = "Guide"
TITLE = "# How to fill in this workbook"
"""It begins with ``#``, so that the importer never reads the guide as data."""

_WIDTHS = {"A": 12.0, "B": 30.0, "C": 22.0, "D": 96.0, "E": 28.0}
_STEPS = (
    "Write one row for each case on the sheet Cases, and one row for each voucher on the sheet Vouchers.",
    "Leave the headings as they are. Their colours say what must be filled in; a comment on each says how.",
    "Give each case a key of your own in case_ref, and write the same key in case_ref of each of its vouchers.",
    "For vouchers of a case that exists already, write the case's id in case_id instead; the case needs no row.",
    "Amounts are in major units and positive, with at most two decimals: 1250.00. The voucher type says which way it counts.",
    "Dates are days: 2026-01-31. The date of a case must not be in the future. A case that is not due yet is left out.",
    f"Cases may be in any currency, vouchers in {', '.join(VOUCHER_CURRENCIES)}.",
    "Columns that are optional may be deleted or moved. Columns whose heading begins with # are ignored.",
    f"A case voucher property of your installation goes into a column {PROPERTY_PREFIX}handle on the sheet Vouchers.",
)
_AFTERWARDS = (
    ("importer check FILE", "Reads every row and says what is wrong with it. Nothing is sent."),
    ("importer run FILE --sandbox", "Practises the import on this computer. Nothing leaves it."),
    ("importer run FILE", "Shows count and totals, asks, and sends. Rows that are wrong are left out."),
    ("success.xlsx", "Every row that was accepted, with its ids."),
    ("errors.xlsx", "Every other row, with all reasons. Correct it there and import that file: only what is missing is sent."),
    ("the same file again", "Creates nothing twice: rows that were accepted before are reported as already imported."),
)
_COUNTS = {Direction.DEBT: "the debtor owes it", Direction.CREDIT: "reduces what the debtor owes"}
_BAND = PatternFill("solid", start_color="D6E4F0")
_LINE = Border(bottom=Side("thin", color="D1D5DB"))


def add_guide(workbook: Workbook) -> None:
    """Add the guide as the last visible sheet."""
    sheet: Worksheet = workbook.create_sheet(GUIDE_SHEET)
    for letter, width in _WIDTHS.items():
        sheet.column_dimensions[letter].width = width
    sheet.append([TITLE])
    sheet["A1"].font = heading_font(size=16)
    sheet.append([])
    for number, step in enumerate(_STEPS, 1):
        sheet.append([number, step])
        sheet.cell(sheet.max_row, 1).alignment = Alignment(horizontal="center")
    _add_columns(sheet)
    types = ((None, t.name, t.danish, _COUNTS[t.direction]) for t in VOUCHER_TYPES)
    _add_table(sheet, "Voucher types", ("", "voucher_type", "Danish name", "Which way it counts"), types)
    after = ((None, what, None, meaning) for what, meaning in _AFTERWARDS)
    _add_table(sheet, "What happens next", ("", "Command or file", "", "What it does"), after)
    sheet.sheet_view.showGridLines = False
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)


def _add_columns(sheet: Worksheet) -> None:
    columns = [
        (where, c) for where, kind in (("Cases", RecordKind.CASE), ("Vouchers", RecordKind.VOUCHER)) for c in columns_of(kind)
    ]
    rows = ((where, c.name, HEADING_LOOKS[c.requirement].meaning, c.help, c.example or None) for where, c in columns)
    first = _add_table(sheet, "Columns", ("Sheet", "Column", "Required", "What to write", "Example"), rows)
    for row, (_, column) in enumerate(columns, first):
        look = HEADING_LOOKS[column.requirement]
        cell = sheet.cell(row, 3)
        cell.fill = PatternFill("solid", start_color=look.fill)
        cell.font = Font(name=FONT, color=look.text)


def _add_table(sheet: Worksheet, title: str, headings: tuple[str, ...], rows: Iterable[tuple[str | None, ...]]) -> int:
    """Add a title and a table, and return the row of its first line."""
    sheet.append([])
    sheet.append([title])
    sheet.cell(sheet.max_row, 1).font = heading_font(size=13)
    sheet.append([heading or None for heading in headings])
    first = sheet.max_row + 1
    for number in range(1, len(_WIDTHS) + 1):
        cell = sheet.cell(first - 1, number)
        cell.font, cell.fill = heading_font(), _BAND
    for row in rows:
        sheet.append(row)
        for number in range(1, len(_WIDTHS) + 1):
            _style_line(sheet.cell(sheet.max_row, number))
    return first


def _style_line(cell: Cell | MergedCell) -> None:
    cell.border = _LINE
    cell.number_format = "@"
    cell.alignment = Alignment(vertical="top", wrap_text=True)
