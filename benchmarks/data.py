"""Invented sheets, the same on every machine: 25 columns of cases, or of cases with a voucher in each row.

Names, streets and addresses are put together from lists; addresses end in ``.example``, which nobody can own.
"""

from __future__ import annotations

import csv
import os
import random
import sys
import tempfile
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

VERSION = 1
"""Part of every file's name: raise it when the sheets change, so that no old ones are used."""

IN_MEMORY = 200_000
"""Rows up to which a workbook's texts are shared, as Excel writes them; a larger one is written with the texts in its cells."""

CASE_COLUMNS = (
    *("case_ref", "creditor_company_name", "creditor_country", "currency", "date", "due_date", "amount_to_recover"),
    *("creditor_reference", "claim_description", "comments", "collection_partner_id", "is_test", "tag", "debtor_type"),
    *("debtor_name", "debtor_contact_person", "debtor_registration_number", "debtor_address", "debtor_zip_code"),
    *("debtor_city", "debtor_state", "debtor_country", "debtor_email", "debtor_phone", "Internal note"),
)
FLAT_COLUMNS = (
    *("case_ref", "creditor_company_name", "creditor_country", "currency", "date", "due_date", "amount_to_recover"),
    *("creditor_reference", "claim_description", "debtor_type", "debtor_name", "debtor_contact_person"),
    *("debtor_registration_number", "debtor_address", "debtor_zip_code", "debtor_city", "debtor_country", "debtor_email"),
    *("voucher_type", "voucher_amount", "voucher_source", "voucher_reference_id", "voucher_text", "voucher_due_date"),
    "voucher_interest_rate",
)
SHAPES = {"cases": CASE_COLUMNS, "flat": FLAT_COLUMNS}

_CREDITORS = ("Nordlys Energi A/S", "Havblik Handel ApS", "Skovbo Byg A/S", "Birkely Tandklinik")
_FIRST = ("Mette", "Søren", "Anna", "Jens", "Karen", "Lars", "Ida", "Niels", "Sofie", "Ole", "Åse", "Bo")
_LAST = ("Holm", "Kjær", "Lund", "Bak", "Dahl", "Friis", "Krog", "Toft", "Vinther", "Østergaard")
_TRADES = ("Handel", "Byg", "Transport", "Gartneri", "Bageri", "Maskiner")
_STREETS = ("Havnegade", "Skovvej", "Bakken", "Møllevej", "Torvet", "Engvej")
_TOWNS = (("8000", "Aarhus"), ("5000", "Odense"), ("9000", "Aalborg"), ("0999", "København"), ("6000", "Kolding"))

Value = str | date | Decimal | None


def values(number: int) -> dict[str, Value]:
    """Every column of one row, typed; the same number always gives the same row."""
    chance = random.Random(number)
    person = f"{chance.choice(_FIRST)} {chance.choice(_LAST)}"
    company = chance.random() < 0.5
    zip_code, town = chance.choice(_TOWNS)
    issued = date(2024, 1, 1) + timedelta(days=chance.randrange(600))
    amount = Decimal(chance.randrange(5_000, 5_000_000)) / 100
    name = f"{chance.choice(_LAST)} {chance.choice(_TRADES)} {number} ApS" if company else f"{person} {number}"
    return {
        "case_ref": f"C-{number}",
        "creditor_company_name": chance.choice(_CREDITORS),
        "creditor_country": "DK",
        "currency": "DKK",
        "date": issued,
        "due_date": issued + timedelta(days=14),
        "amount_to_recover": amount,
        "creditor_reference": f"INV-{100_000 + number}",
        "claim_description": f"Delivery of {chance.choice(('January', 'March', 'June', 'October'))}, order {number}",
        "comments": "Two reminders sent" if chance.random() < 0.3 else None,
        "debtor_type": "Company" if company else "Person",
        "debtor_name": name,
        "debtor_contact_person": person if company else None,
        "debtor_registration_number": f"{chance.randrange(10_000_000, 99_999_999)}" if company else None,
        "debtor_address": f"{chance.choice(_STREETS)} {chance.randrange(1, 200)}",
        "debtor_zip_code": zip_code,
        "debtor_city": town,
        "debtor_country": "DK",
        "debtor_email": f"post@debtor-{number}.example",
        "debtor_phone": f"+45 {chance.randrange(20, 99)} {chance.randrange(10, 99)} {chance.randrange(10, 99)} 00",
        "Internal note": f"Batch {number // 1000}",
        "voucher_type": "invoice",
        "voucher_amount": amount,
        "voucher_source": "CREDITOR",
        "voucher_reference_id": f"INV-{100_000 + number}",
        "voucher_text": f"Order {number}",
        "voucher_due_date": issued + timedelta(days=14),
        "voucher_interest_rate": Decimal("0.0805"),
    }


def rows(shape: str, count: int) -> Iterator[list[Value]]:
    """Yield the rows of a sheet below its header."""
    for number in range(1, count + 1):
        found = values(number)
        yield [found.get(name) for name in SHAPES[shape]]


def sheet(shape: str, count: int, ending: str) -> Path:
    """Return a file of ``count`` rows. It is made once, by a child process to save memory, and kept in the system's folder."""
    from benchmarks.measure import note, run

    folder = Path(tempfile.gettempdir()) / f"importer-benchmarks-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    path = folder / f"{shape}-{count}-{VERSION}.{ending}"
    if not path.is_file():
        note(f"making {path.name}")
        run("-m", "benchmarks.data", shape, str(count), path)
    return path


def write_csv(path: Path, shape: str, count: int) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(SHAPES[shape])
        writer.writerows(rows(shape, count))


def write_xlsx(path: Path, shape: str, count: int) -> None:
    import xlsxwriter

    options = {"constant_memory": count > IN_MEMORY, "default_date_format": "yyyy-mm-dd", "strings_to_urls": False}
    with xlsxwriter.Workbook(str(path), options) as book:
        target = book.add_worksheet("Cases")
        target.write_row(0, 0, SHAPES[shape])
        for at, found in enumerate(rows(shape, count), start=1):
            target.write_row(at, 0, found)


def main() -> None:
    """``python -m benchmarks.data SHAPE ROWS PATH``."""
    shape, count, path = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
    partial = path.with_suffix(f".partial{path.suffix}")
    (write_csv if path.suffix == ".csv" else write_xlsx)(partial, shape, count)
    partial.replace(path)


if __name__ == "__main__":
    main()
