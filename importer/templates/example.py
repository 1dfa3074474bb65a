"""The example: a Danish agency's cases and vouchers, all invented, with rows that are wrong in ways that people get wrong.

What the rows say stands in two CSV files beside this module, under canonical names; a cell that is no date or number
there (``22.310,00 €``) becomes text in the workbook, as when a person types it.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import date
from decimal import Decimal, InvalidOperation
from importlib.resources import files
from typing import TYPE_CHECKING

from importer.domain.columns import Column, Holds, columns_of
from importer.domain.kinds import Kind
from importer.templates.sheets import FORMATS, SHEETS, add_sheet, empty_workbook

if TYPE_CHECKING:
    from openpyxl import Workbook

_FILES = {Kind.CASE: "example_cases.csv", Kind.VOUCHER: "example_vouchers.csv"}


def example_workbook() -> Workbook:
    """The sheets of cases and vouchers, filled in."""
    workbook = empty_workbook()
    for kind in SHEETS:
        sheet = add_sheet(workbook, kind)
        for number, row in enumerate(example_rows(kind), 2):
            for place, column in enumerate(columns_of(kind), 1):
                if text := row.get(column.name):
                    cell = sheet.cell(number, place, _typed(column, text))
                    cell.number_format = FORMATS.get(column.holds, "General")
    return workbook


def example_rows(kind: Kind) -> Iterator[dict[str, str]]:
    """The rows as they stand in the CSV file: text by canonical name."""
    text = files(__package__).joinpath(_FILES[kind]).read_text(encoding="utf-8")
    yield from csv.DictReader(text.splitlines())


def _typed(column: Column, text: str) -> str | date | Decimal:
    """The cell that a spreadsheet makes of what was typed: a date or a number if it is one, else text."""
    try:
        if column.holds is Holds.DATE:
            return date.fromisoformat(text)
        if column.holds in {Holds.MONEY, Holds.RATE}:
            return Decimal(text)
    except (ValueError, InvalidOperation):
        pass
    return text
