"""References that number formats show link vouchers to the cases of another sheet, and binary workbooks show them too."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import openpyxl
import pytest
from support.binary_workbooks import write_xlsb

from importer.domain.records import CaseRecord, Reject, VoucherRecord
from importer.loader.context import LoadContext
from importer.loader.profile import NO_PROFILE
from importer.loader.source import open_file

DEFAULTS = {"IMPORTER_DEFAULTS__CREDITOR_COMPANY_NAME": "Nordlys Energi A/S", "IMPORTER_DEFAULTS__CREDITOR_COUNTRY": "DK"}
CASES = ("case_ref", "currency", "date", "amount_to_recover", "debtor_type", "debtor_name", "debtor_country")
VOUCHERS = ("case_ref", "voucher_type", "voucher_amount", "currency", "date", "source")
INVOICE, DAY, EUROS = '"INV-"0', "yyyy-mm-dd", "#,##0.00\\ [$€-407]"
BY_NUMBER, BY_TEXT = (1067, INVOICE), ("INV-1067", "")


def workbook(path: Path, case_ref: tuple[object, str], voucher_ref: tuple[object, str]) -> Path:
    """A case and a voucher on sheets of their own, each with its reference and the number format of that."""
    book = openpyxl.Workbook()
    rows = (["DKK", date(2026, 1, 31), 100, "Person", "Tove Lind", "DK"], ["invoice", 100, "DKK", date(2026, 1, 31), "CREDITOR"])
    sheets = (("Cases", CASES, case_ref, rows[0]), ("Vouchers", VOUCHERS, voucher_ref, rows[1]))
    book.remove(book.active)
    for name, headings, (ref, code), cells in sheets:
        sheet = book.create_sheet(name)
        sheet.append(list(headings))
        sheet.append([ref, *cells])
        sheet["A2"].number_format = code or "General"
    book.save(path)
    return path


@pytest.mark.parametrize("case_ref", [BY_NUMBER, BY_TEXT])
@pytest.mark.parametrize("voucher_ref", [BY_NUMBER, BY_TEXT])
def test_a_voucher_is_linked_to_the_case_whose_format_shows_its_reference(
    configured_workspace, fake_apis, case_ref, voucher_ref
) -> None:
    path = workbook(configured_workspace.folder / "a.xlsx", case_ref, voucher_ref)
    ended = configured_workspace.call("run", path.name, "--yes", env=DEFAULTS)
    assert ended.code == 0, ended
    (case,), (voucher,) = fake_apis.cases, fake_apis.vouchers
    assert voucher["caseId"] == case["id"]


def test_a_voucher_of_the_bare_number_is_of_no_case_that_shows_another(configured_workspace, fake_apis) -> None:
    path = workbook(configured_workspace.folder / "a.xlsx", BY_NUMBER, (1067, ""))
    ended = configured_workspace.call("run", path.name, "--yes", env=DEFAULTS)
    assert (ended.code, len(fake_apis.cases), len(fake_apis.vouchers)) == (3, 1, 0), ended


def read(path: Path) -> list[CaseRecord | VoucherRecord | Reject]:
    defaults = {"creditor_company_name": "Nordlys Energi A/S", "creditor_country": "DK", "currency": "DKK"}
    context = LoadContext(today=date(2026, 6, 15), timezone=ZoneInfo("Europe/Copenhagen"), defaults=defaults)
    with open_file(path, NO_PROFILE, context) as source:
        return [one for row in source.rows for one in (row.case, row.voucher) if one is not None]


def serial(day: date) -> int:
    return (day - date(1899, 12, 30)).days


def binary(path: Path, *amounts: tuple[float | int, str], ref: tuple[float | int, str] = BY_NUMBER) -> Path:
    headings = ("creditor_reference", "date", "due_date", *CASES[3:], "debtor_zip_code")
    day, due = (serial(date(2026, 1, 31)), DAY), (serial(date(2026, 2, 28)) + 0.0, "d. mmm yyyy")
    rows = [[(ref[0] + n, ref[1]), day, due, one, "Person", "Tove Lind", "DK", (501, "00000")] for n, one in enumerate(amounts)]
    return write_xlsb(path, {"Cases": [headings, *rows]})


def test_a_binary_workbook_is_read_as_it_is_shown(tmp_path) -> None:
    shown = ((1234.5, EUROS), (99, '0.00 "kr."'), (77.25, "[$SEK] #,##0.00"))
    cases = read(binary(tmp_path / "a.xlsb", *shown))
    wires = [json.loads(case.payload) for case in cases]
    assert [wire["creditorReference"] for wire in wires] == ["INV-1067", "INV-1068", "INV-1069"]
    assert [(wire["currencyCode"], wire["amountToRecover"]) for wire in wires] == [("EUR", 1234.5), ("DKK", 99), ("SEK", 77.25)]
    assert {(wire["date"], wire["dueDate"], wire["debtor"]["zipCode"]) for wire in wires} == {
        ("2026-01-31", "2026-02-28", "00501")
    }


@pytest.mark.parametrize(
    ("amounts", "ref", "expected"),
    [
        ([(5, EUROS), (5, "#,##0.00")], BY_NUMBER, ["sent", "currency_not_shown"]),
        ([(0.08, "0%")], BY_NUMBER, ["amount_unclear"]),
        ([(5, "[$Taler] 0")], BY_NUMBER, ["currency_unknown"]),
        ([(5, "0.00")], (46053, "mmm-yy"), ["made_a_date"]),
        ([(5, "0.00")], (2025.14, "0.0"), ["shown_unclear"]),
    ],
)
def test_what_a_binary_workbook_shows_otherwise_is_rejected(tmp_path, amounts, ref, expected) -> None:
    found = read(binary(tmp_path / "a.xlsb", *amounts, ref=ref))
    assert [one.reasons[0].code if isinstance(one, Reject) else "sent" for one in found] == expected
