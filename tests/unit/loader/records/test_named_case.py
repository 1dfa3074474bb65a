"""What a row that is no claim tells of its case is what the case would be recognised by."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from importer.domain.kinds import RecordKind
from importer.domain.later_words import NamedCase
from importer.loader.records.named_case import named_case
from importer.loader.records.row_values import RowValues


def test_values_that_could_not_be_read_are_missing() -> None:
    assert named_case(RowValues(RecordKind.CASE)) == NamedCase()


def test_what_could_be_read_is_told() -> None:
    values = {
        "case_ref": "C1",
        "creditor_reference": "INV-1",
        "creditor_company_name": "Nordlys",
        "creditor_country": "DK",
        "debtor_name": "Ann",
        "debtor_country": "SE",
        "date": date(2026, 1, 31),
        "currency": "DKK",
        "amount_to_recover": Decimal("0.00"),
    }
    found = named_case(RowValues(RecordKind.CASE, values))
    assert found == NamedCase("C1", "Nordlys", "DK", "Ann", "SE", "2026-01-31", "DKK")
    assert named_case(RowValues(RecordKind.CASE, values), Decimal(100)).amount == Decimal(100)
