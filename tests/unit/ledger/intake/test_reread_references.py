"""References that are shown otherwise than earlier releases read them: paid rows and vouchers find the case that was sent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import openpyxl
import pytest
from support.ledgers import ACCOUNTS, LedgerDriver, case, no_claim, open_driver, transaction

from importer.domain.records import LoadedRow, Row
from importer.domain.states import RowStatus
from importer.ledger.intake.intake import take_in
from importer.ledger.intake.records_json import decode_records, encode_records
from importer.loader.context import LoadContext
from importer.loader.profile import NO_PROFILE
from importer.loader.source import open_file

DAY = "2026-01-31"
DEFAULTS = {"creditor_company_name": "Nordlys Energi A/S", "creditor_country": "DK", "debtor_type": "Person", "currency": "DKK"}
CONTEXT = LoadContext(
    today=date(2026, 6, 15), timezone=ZoneInfo("Europe/Copenhagen"), defaults={**DEFAULTS, "debtor_country": "DK"}
)
CASES = ("creditor_reference", "debtor_name", "amount_to_recover", "date", "debtor_zip_code")
VOUCHERS = ("case_ref", "voucher_type", "amount", "currency", "date", "reference_id", "source")


@pytest.fixture
def driver(tmp_path: Path) -> Iterator[LedgerDriver]:
    with open_driver(tmp_path) as driver:
        yield driver


def taken(driver: LedgerDriver, path: Path) -> int:
    with open_file(path, NO_PROFILE, CONTEXT) as source, transaction(driver.ledger) as connection:
        return take_in(connection, source, ACCOUNTS, "run")


def book(path: Path, code: str, sheets: tuple[str, ...] = ("Cases", "Vouchers"), **more: str) -> Path:
    """A case and a voucher of it, whose references are the number 1067 in this format; ``more`` are cells of the case."""
    made = openpyxl.Workbook()
    made.remove(made.active)
    rows = {
        "Cases": ((*CASES, *more), (1067, "Vibeke Holm", 1200.5, date(2026, 1, 31), "2100", *more.values())),
        "Vouchers": (VOUCHERS, (1067, "Invoice", 1200.5, "DKK", date(2026, 1, 31), "F-1", "CREDITOR")),
    }
    for name in sheets:
        sheet = made.create_sheet(name)
        for cells in rows[name]:
            sheet.append(cells)
        sheet["A2"].number_format = code
    made.save(path)
    return path


def test_a_paid_row_finds_the_case_that_was_sent_under_the_number_alone(driver: LedgerDriver) -> None:
    driver.take(case("1067", day=DAY), case("1068", day=DAY))
    driver.send_all()
    paid = no_claim(case("INV-1067", day=DAY))
    paid = replace(paid, named=replace(paid.named, former_ref="1067"))
    later = driver.take(paid)
    assert driver.cases(later) == [RowStatus.CHANGED]
    assert driver.codes(later) == ["now_paid"]
    loaded = LoadedRow(Row("Cases", 2, ("INV-1067",)), paid)
    assert decode_records(loaded.row, encode_records(loaded)) == loaded


def test_a_paid_row_of_a_list_that_was_sent_without_formats(driver: LedgerDriver, tmp_path: Path) -> None:
    taken(driver, book(tmp_path / "a.xlsx", "General", ("Cases",)))
    driver.send_all()
    path = book(tmp_path / "b.xlsx", '"INV-"0', ("Cases",), Status="Betalt")
    assert driver.cases(taken(driver, path)) == [RowStatus.CHANGED]
    assert len(driver.entries()) == 1


@pytest.mark.parametrize("sheets", [("Cases", "Vouchers"), ("Vouchers",)])
def test_a_voucher_finds_the_case_that_was_sent_under_the_number_alone(driver: LedgerDriver, tmp_path: Path, sheets) -> None:
    taken(driver, book(tmp_path / "a.xlsx", "General", ("Cases",)))
    driver.send_all()
    batch = taken(driver, book(tmp_path / "b.xlsx", '"INV-"0', sheets))
    assert driver.vouchers(batch) == [RowStatus.PENDING]
    assert [one.case_id for one in driver.entries()] == [None, 1]


def test_a_voucher_with_a_text_finds_the_case_of_its_list(driver: LedgerDriver, tmp_path: Path) -> None:
    taken(driver, book(tmp_path / "a.xlsx", "General", ("Cases",)))
    driver.send_all()
    path = book(tmp_path / "b.xlsx", '"INV-"0')
    made = openpyxl.load_workbook(path)
    made["Vouchers"]["A2"].value = "INV-1067"
    made.save(path)
    batch = taken(driver, path)
    assert (driver.cases(batch), driver.vouchers(batch)) == ([RowStatus.ALREADY_IMPORTED], [RowStatus.PENDING])
    assert len(driver.entries()) == 2
