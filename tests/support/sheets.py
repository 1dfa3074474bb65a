"""Rows and files as users have them. Every debtor has a name, an e-mail address and an amount that occur nowhere else."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from openpyxl import Workbook, load_workbook

Cells = Mapping[str, Any]


def case(ref: str, amount: str = "100.00", **changes: Any) -> dict[str, Any]:
    """A case whose debtor is a person."""
    return {
        "case_ref": ref,
        "creditor_company_name": "Nordlys Energi A/S",
        "creditor_country": "DK",
        "currency": "DKK",
        "date": "2026-01-31",
        "amount_to_recover": amount,
        "creditor_reference": f"INV-{ref}",
        "debtor_type": "Person",
        "debtor_name": f"Bodil Zebrahest {ref}",
        "debtor_email": f"bodil.{ref.lower()}@zebrahest.example",
        "debtor_country": "DK",
        **changes,
    }


def voucher(ref: str, amount: str = "100.00", **changes: Any) -> dict[str, Any]:
    """An invoice of the case ``ref``."""
    return {
        "case_ref": ref,
        "unique_id": f"V-{ref}",
        "voucher_type": "invoice",
        "voucher_amount": amount,
        "currency": "DKK",
        "date": "2026-01-31",
        "source": "CREDITOR",
        **changes,
    }


def cases(count: int, first: int = 1) -> list[dict[str, Any]]:
    """Cases C1, C2, … of 100.01, 100.02, …"""
    return [case(f"C{n}", f"{100 + n / 100:.2f}") for n in range(first, first + count)]


def vouchers(count: int, first: int = 1) -> list[dict[str, Any]]:
    """One invoice for each of these cases."""
    return [voucher(f"C{n}", f"{100 + n / 100:.2f}") for n in range(first, first + count)]


def write_csv(path: Path, rows: Sequence[Cells]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(_headings(rows)))
        writer.writeheader()
        writer.writerows(rows)
    return path


def write_workbook(path: Path, cases: Sequence[Cells] = (), vouchers: Sequence[Cells] = ()) -> Path:
    """A workbook with the sheets Cases and Vouchers, as far as there are rows for them."""
    book = Workbook()
    book.remove(book.active)
    for name, rows in (("Cases", cases), ("Vouchers", vouchers)):
        if rows:
            sheet = book.create_sheet(name)
            headings = list(_headings(rows))
            sheet.append(headings)
            for row in rows:
                sheet.append([row.get(heading) for heading in headings])
    book.save(path)
    return path


def read_sheet(path: Path, name: str | None = None) -> list[dict[str, Any]]:
    """The rows of a sheet (the first without a name) by heading."""
    book = load_workbook(path)
    sheet = book[name] if name else book.worksheets[0]
    header, *rows = sheet.iter_rows(values_only=True)
    return [dict(zip(header, row, strict=True)) for row in rows]


def correct(path: Path, sheet_name: str, changes: Mapping[str, Any], *, where: tuple[str, Any]) -> None:
    """Change cells of the rows in which the column ``where[0]`` holds ``where[1]``, as a person would in Excel."""
    book = load_workbook(path)
    sheet = book[sheet_name]
    columns = {cell.value: cell.column for cell in sheet[1]}
    hit = [row for row in range(2, sheet.max_row + 1) if sheet.cell(row, columns[where[0]]).value == where[1]]
    assert hit, where
    for row in hit:
        for heading, value in changes.items():
            sheet.cell(row, columns[heading]).value = value
    book.save(path)


def _headings(rows: Iterable[Cells]) -> dict[str, None]:
    return dict.fromkeys(heading for row in rows for heading in row)
