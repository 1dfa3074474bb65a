"""Recognise a report with one line a debtor and no documents, which is no list of invoices."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from importer.domain.cells import Cell
from importer.errors import FileRefused
from importer.loader.files.projection import NumberedRow
from importer.loader.profile import Profile
from importer.loader.sheets.grouped.amounts import is_amount
from importer.loader.sheets.grouped.columns import ReportColumns, report_columns
from importer.loader.sheets.grouped.header_rows import find_headings
from importer.loader.sheets.grouped.layout import RECOGNISED_ROWS, titles_in
from importer.loader.sheets.sheet import Sheet, first_rows
from importer.loader.values.parsers import is_blank

_TITLE = re.compile(
    r".*(?:summary|saldoliste|saldenliste|saldolista|saldooversigt|aldersfordelt|åldersanalys|åldersfördel|aged receivables$|"
    r"fälligkeitsübersicht|altersstruktur|customer balance).*",
    re.IGNORECASE,
)
_NEEDED = ("date", "creditor_reference", "case_ref")


def raise_for_summary(sheets: Iterable[Sheet], profile: Profile) -> None:
    """Raise FileRefused if one of the sheets is a summary, which says what to export instead."""
    for sheet in sheets:
        if columns := _summary_columns(first_rows(sheet, RECOGNISED_ROWS), profile):
            raise FileRefused(_message(sheet.name, columns))


def is_summary(rows: Sequence[NumberedRow], profile: Profile) -> bool:
    """Return whether a sheet that begins with these rows sums up each debtor in one line, and so is no list of invoices."""
    return _summary_columns(rows, profile) is not None


def _summary_columns(rows: Sequence[NumberedRow], profile: Profile) -> ReportColumns | None:
    """Return the columns of a summary; None for any other sheet.

    A profile that says where the dates are, or which day they all have, reads it as it is.
    """
    headings = find_headings(rows, profile.header_row)
    if headings is None or {*profile.all_targets(), *profile.constants} & set(_NEEDED):
        return None
    columns = report_columns(headings.header, profile)
    if any((columns.dates, columns.documents, columns.types)) or not columns.amounts:
        return None
    titles = titles_in(row for row in rows if row[0] < headings.first)
    is_named_so = bool(columns.ages) or any(map(_TITLE.fullmatch, titles))
    return columns if is_named_so and _has_sums(columns, rows, headings.last) else None


def _has_sums(columns: ReportColumns, rows: Sequence[NumberedRow], header_row: int) -> bool:
    return any(number > header_row and _sums_up(columns, cells) for number, cells in rows)


def _message(sheet: str, columns: ReportColumns) -> str:
    return (
        f'Sheet "{sheet}" is a summary: it has one line for each debtor ({_what(columns)}), and no invoices with their '
        "numbers and dates, so that no claim can be made of it. Export the detailed report instead, which lists each open "
        'invoice: in Xero "Aged Receivables Detail", in QuickBooks "A/R Ageing Detail" or "Open Invoices", in e-conomic "Åbne '
        'poster", in Business Central the customer ledger entries or "Aged Accounts Receivable" with details, in DATEV the '
        '"OPOS-Liste", in SAP FBL5N.'
    )


def _what(columns: ReportColumns) -> str:
    headings = [columns.header[at] for at in (columns.ages or columns.amounts)]
    return ", ".join(f'"{heading}"' for heading in (*headings[:2], headings[-1]))


def _sums_up(columns: ReportColumns, cells: Sequence[Cell]) -> bool:
    """Return whether a row has a text and an amount."""
    has_text = any(isinstance(cell, str) and not is_blank(cell) and not is_amount(cell) for cell in cells)
    return has_text and any(at < len(cells) and is_amount(cells[at]) for at in columns.amounts)
