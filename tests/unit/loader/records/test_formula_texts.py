"""Apostrophes and formulas in references and names."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from importer.domain.records import CaseRecord, Reject
from importer.loader.context import LoadContext
from importer.loader.profile import NO_PROFILE
from importer.loader.source import open_file

CONTEXT = LoadContext(
    date(2026, 6, 15),
    ZoneInfo("Europe/Copenhagen"),
    defaults={
        "creditor_company_name": "Nordlys Energi A/S",
        "creditor_country": "DK",
        "debtor_type": "Person",
        "currency": "DKK",
        "debtor_country": "DK",
    },
)


def read(tmp_path: Path, reference: str = "F-1", name: str = "Ida Lund") -> CaseRecord | Reject:
    path = tmp_path / "list.csv"
    heading = "creditor_reference;debtor_name;amount_to_recover;date;debtor_zip_code"
    path.write_text(f"{heading}\r\n{reference};{name};100,50;2026-01-31;2100\r\n", newline="")
    with open_file(path, NO_PROFILE, CONTEXT) as source:
        (row,) = source.rows
    assert isinstance(row.case, CaseRecord | Reject)
    return row.case


@pytest.mark.parametrize(
    ("written", "meant"),
    [("'INV-001", "INV-001"), ("'-15", "-15"), ("'00123", "00123"), ("O'Brien", "O'Brien"), ("'A'B", "'A'B")],
)
def test_the_apostrophe_that_marks_text_is_no_part_of_a_reference(tmp_path, written, meant) -> None:
    found = read(tmp_path, written)
    assert isinstance(found, CaseRecord)
    assert found.ref == meant
    assert found.former_ref == (written if written != meant else None)


@pytest.mark.parametrize(
    ("written", "meant"),
    [("'Ida Lund", "Ida Lund"), ("'7-Eleven", "7-Eleven"), ("'t Hooft", "'t Hooft"), ("'S-Gravenhage", "'S-Gravenhage")],
)
def test_the_apostrophe_that_marks_text_is_no_part_of_a_name(tmp_path, written, meant) -> None:
    found = read(tmp_path, name=written)
    assert isinstance(found, CaseRecord)
    assert json.loads(found.payload)["debtor"]["name"] == meant


@pytest.mark.parametrize(
    "written", ["=00125", '+="00126"', '="00"&"123"', '="00""1"', '=T("00123")', "=1+1", "=“00123”", "'=5", '="00127']
)
def test_a_reference_that_begins_as_a_formula_is_rejected(tmp_path, written) -> None:
    found = read(tmp_path, written)
    assert isinstance(found, Reject)
    assert [(one.code, one.field) for one in found.reasons] == [("formula_text", "creditor_reference")]
    assert found.formerly is not None
    assert found.formerly.ref == written.removeprefix("'")


def test_a_name_that_begins_as_a_formula_is_rejected(tmp_path) -> None:
    found = read(tmp_path, name='="Lund')
    assert isinstance(found, Reject)
    assert [(one.code, one.field) for one in found.reasons] == [("formula_text", "debtor_name")]
