"""Rows of an invoice list as data, and the cases and vouchers that the loader makes of them, without a ledger."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd

from importer.domain.records import CaseRecord, LoadedRow
from importer.loader.context import LoadContext
from importer.loader.profile import Profile
from importer.loader.source import open_frames

TODAY = dt.date(2026, 11, 1)
CONTEXT = LoadContext(TODAY, ZoneInfo("Europe/Copenhagen"))
WORDS = {"Invoice": "invoice", "Credit": "credit note", "Payment": "payment", "Fee": "fee"}
COLUMNS = {
    "Customer no.": "customer_number",
    "Customer": "debtor_name",
    "Zip": "debtor_zip_code",
    "Number": "creditor_reference",
    "Kind": "document_type",
    "Applies to": "applies_to",
    "Date": "date",
    "Due date": "due_date",
    "Open": "amount_to_recover",
    "Currency": "currency",
    "Dispute": "on_hold",
    "Status": "row_state",
}
CONSTANTS = {
    "creditor_company_name": "Nordlys Energi A/S",
    "creditor_country": "DK",
    "debtor_country": "DK",
    "debtor_type": "Person",
}


def profile(**changes: Any) -> Profile:
    """A profile for these rows. ``columns`` are added to those above."""
    given = {"cases_from": "debtor", "constants": CONSTANTS, "values": {"row_state": WORDS}}
    return Profile.model_validate(given | changes | {"columns": COLUMNS | changes.get("columns", {})})


def invoice(customer: str, number: str, amount: str, **changes: str) -> dict[str, str]:
    """An invoice of January that is due in February."""
    known = {"Customer no.": customer, "Customer": "Bodil Zebrahest", "Number": number, "Kind": "Invoice", "Open": amount}
    days = {"Date": "2026-01-15", "Due date": "2026-02-15", "Currency": "DKK"}
    return dict.fromkeys(COLUMNS, "") | known | days | changes


def credit(customer: str, number: str, amount: str, **changes: str) -> dict[str, str]:
    return invoice(customer, number, f"-{amount}", **{"Kind": "Credit", "Due date": "", **changes})


def payment(customer: str, number: str, amount: str, **changes: str) -> dict[str, str]:
    return invoice(customer, number, f"-{amount}", **{"Kind": "Payment", "Due date": "", **changes})


def loaded(rows: Sequence[Mapping[str, str]], **changes: Any) -> list[LoadedRow]:
    """Return the rows as the loader makes them. Columns that no row fills are not there."""
    headings = [one for one in dict.fromkeys(name for row in rows for name in row) if any(row.get(one) for row in rows)]
    frame = pd.DataFrame([{one: row.get(one, "") for one in headings} for row in rows], columns=headings, dtype="str")
    made = profile(**changes)
    added = changes.get("columns", {})
    columns = {heading: name for heading, name in made.columns.items() if heading in headings or heading in added}
    return list(open_frames({"List": frame}, CONTEXT, made.model_copy(update={"columns": columns})).rows)


def cases(rows: Iterable[LoadedRow]) -> dict[str, tuple[int, list[str]]]:
    """Return the amount of each case in hundredths and the codes of what is asked about it, by its reference."""
    found = [one.case for one in rows if isinstance(one.case, CaseRecord)]
    return {str(one.ref): (one.money.cents, [asked.code for asked in one.questions]) for one in found}
