"""The example: invented cases and vouchers of a Danish agency, including rows with typical mistakes.

The rows are in two CSV files beside this module, under canonical names. A text that cannot be read as a date or number
(``22.310,00 €``) becomes text in the workbook, as when a person types it.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import date
from decimal import Decimal, InvalidOperation
from importlib.resources import files
from typing import TYPE_CHECKING

from importer.domain.columns import Column, ValueKind, columns_of
from importer.domain.kinds import RecordKind
from importer.domain.records import EXAMPLE_MARK
from importer.templates.sheets import FORMATS, SHEETS, add_sheet, empty_workbook
from importer.templates.styles import heading_font

if TYPE_CHECKING:
    from openpyxl import Workbook

_ABOUT = (
    "The cases and vouchers of this workbook are invented.",
    "Some rows are wrong on purpose, so that errors.xlsx shows what becomes of such rows. The others are imported.",
)
_FILES = {RecordKind.CASE: "example_cases.csv", RecordKind.VOUCHER: "example_vouchers.csv"}


def example_workbook() -> Workbook:
    """Return a workbook with filled-in sheets of cases and vouchers."""
    workbook = empty_workbook()
    for kind in SHEETS:
        sheet = add_sheet(workbook, kind)
        for number, row in enumerate(example_rows(kind), 2):
            for place, column in enumerate(columns_of(kind), 1):
                if text := row.get(column.name):
                    cell = sheet.cell(number, place, _typed(column, text))
                    cell.number_format = FORMATS.get(column.value_kind, "General")
    _add_about(workbook)
    return workbook


def _add_about(workbook: Workbook) -> None:
    """Add a sheet that marks the workbook as the example; its first cell is a mark, so that it is never read as data."""
    sheet = workbook.create_sheet("About")
    sheet.column_dimensions["A"].width = 100.0
    for line in (EXAMPLE_MARK, *_ABOUT):
        sheet.append([line])
    sheet["A1"].font = heading_font(size=16)


def example_rows(kind: RecordKind) -> Iterator[dict[str, str]]:
    """Yield the rows of the CSV file: text by canonical name."""
    text = files(__package__).joinpath(_FILES[kind]).read_text(encoding="utf-8")
    yield from csv.DictReader(text.splitlines())


def _typed(column: Column, text: str) -> str | date | Decimal:
    """Return the cell that a spreadsheet makes of typed text: a date or a number if possible, else text."""
    try:
        if column.value_kind is ValueKind.DATE:
            return date.fromisoformat(text)
        if column.value_kind in {ValueKind.MONEY, ValueKind.RATE}:
            return Decimal(text)
    except (ValueError, InvalidOperation):
        pass
    return text
