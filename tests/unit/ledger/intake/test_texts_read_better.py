"""A row that this release reads better keeps the entry that an earlier release made of it: nothing is sent twice."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import openpyxl
import pytest
from support.ledgers import ACCOUNTS, LedgerDriver, open_driver, transaction

from importer.domain.states import RowStatus, State
from importer.ledger.intake.intake import take_in
from importer.loader.context import LoadContext
from importer.loader.profile import NO_PROFILE, Profile
from importer.loader.source import open_file

DEFAULTS = {"creditor_company_name": "Nordlys Energi A/S", "creditor_country": "DK", "debtor_type": "Person"}
CONTEXT = LoadContext(
    today=date(2026, 6, 15), timezone=ZoneInfo("Europe/Copenhagen"), defaults={**DEFAULTS, "debtor_country": "DK"}
)
NAMES = "urn:oasis:names:tc:opendocument:xmlns"
KIND = "application/vnd.oasis.opendocument.spreadsheet"
KNOWN, PENDING, ACCEPTED = RowStatus.ALREADY_IMPORTED, RowStatus.PENDING, RowStatus.ACCEPTED


@pytest.fixture
def driver(tmp_path: Path) -> Iterator[LedgerDriver]:
    with open_driver(tmp_path) as driver:
        yield driver


def ods_sheet(path: Path, rows: dict[str, str]) -> Path:
    """A sheet of one row of data: heading → the XML in its cell."""
    lines = (
        "".join(f"<table:table-cell office:value-type='string'>{cell}</table:table-cell>" for cell in line)
        for line in ((f"<text:p>{heading}</text:p>" for heading in rows), rows.values())
    )
    body = "".join(f"<table:table-row>{line}</table:table-row>" for line in lines)
    names = " ".join(f"xmlns:{one}='{NAMES}:{one}:1.0'" for one in ("office", "table", "text", "draw"))
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", KIND)
        archive.writestr(
            "content.xml",
            f"<office:document-content {names}><office:body><office:spreadsheet><table:table table:name='Cases'>{body}"
            "</table:table></office:spreadsheet></office:body></office:document-content>",
        )
    return path


def taken(driver: LedgerDriver, path: Path, profile: Profile = NO_PROFILE) -> list[RowStatus]:
    with open_file(path, profile, CONTEXT) as source, transaction(driver.ledger) as connection:
        batch = take_in(connection, source, ACCOUNTS, "run")
    return driver.cases(batch)


def row(name: str, reference: str | None, day: str = "2026-01-31") -> dict[str, str]:
    cells = {"currency": "DKK", "date": day, "amount_to_recover": "1200,50"}
    cells |= {"creditor_reference": reference} if reference else {}
    return {heading: f"<text:p>{cell}</text:p>" for heading, cell in cells.items()} | {"debtor_name": name}


FORMERLY = "<text:p>VibekeHolm</text:p>"
BETTER = [
    ("<text:p>Vibeke<text:line-break/>Holm</text:p>", FORMERLY),
    ("<text:p>Vibeke<text:tab/>Holm</text:p>", FORMERLY),
    (
        "<draw:g><draw:rect><text:p>Form</text:p></draw:rect></draw:g><text:p>Vibeke</text:p>",
        "<text:p>Form</text:p><text:p>Vibeke</text:p>",
    ),
]


@pytest.mark.parametrize("reference", [None, "F-1"])
@pytest.mark.parametrize(("better", "formerly"), BETTER)
def test_a_sent_case_whose_name_is_read_better_is_known(
    driver: LedgerDriver, tmp_path: Path, better, formerly, reference
) -> None:
    assert taken(driver, ods_sheet(tmp_path / "a.ods", row(formerly, reference))) == [PENDING]
    driver.send_all()
    for _ in range(2):
        assert taken(driver, ods_sheet(tmp_path / "b.ods", row(better, reference))) == [KNOWN]
    assert len(driver.entries()) == 1


@pytest.mark.parametrize("reference", [None, "F-1"])
def test_one_that_waits_is_sent_as_it_is_read_now(driver: LedgerDriver, tmp_path: Path, reference) -> None:
    better, formerly = BETTER[0]
    taken(driver, ods_sheet(tmp_path / "a.ods", row(formerly, reference)))
    assert taken(driver, ods_sheet(tmp_path / "b.ods", row(better, reference))) == [PENDING]
    (one,) = driver.entries()
    assert one.state == State.PENDING
    assert b"VibekeHolm" not in one.payload


def test_a_reference_that_is_read_better(driver: LedgerDriver, tmp_path: Path) -> None:
    name = "<text:p>Vibeke Holm</text:p>"
    cells = row(name, "F1")
    taken(driver, ods_sheet(tmp_path / "a.ods", cells))
    driver.send_all()
    cells["creditor_reference"] = "<text:p>F<text:tab/>1</text:p>"
    assert taken(driver, ods_sheet(tmp_path / "b.ods", cells)) == [KNOWN]
    assert len(driver.entries()) == 1


def test_another_claim_in_the_same_cells_is_no_better_reading(driver: LedgerDriver, tmp_path: Path) -> None:
    better, formerly = BETTER[0]
    cells = row(formerly, None)
    del cells["date"]
    taken(driver, ods_sheet(tmp_path / "a.ods", cells), Profile(constants={"date": "2026-01-31"}))
    driver.send_all()
    cells["debtor_name"] = better
    status = taken(driver, ods_sheet(tmp_path / "b.ods", cells), Profile(constants={"date": "2026-02-28"}))
    assert status == [RowStatus.QUESTIONED]


def test_a_cell_below_a_merge_that_is_not_read_any_more(driver: LedgerDriver, tmp_path: Path) -> None:
    header = ["currency", "date", "amount_to_recover", "debtor_name", "comments"]
    book = openpyxl.Workbook()
    book.active.title = "Cases"
    for cells in (header, ["DKK", date(2026, 1, 31), 10, "Ane Vig", "said"], ["DKK", date(2026, 1, 30), 20, "Bo Lund", "unseen"]):
        book.active.append(cells)
    book.save(tmp_path / "a.xlsx")
    assert taken(driver, tmp_path / "a.xlsx") == [PENDING, PENDING]
    driver.send_all()
    with zipfile.ZipFile(tmp_path / "a.xlsx") as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    merge = b'</sheetData><mergeCells count="1"><mergeCell ref="E2:E3"/></mergeCells>'
    parts["xl/worksheets/sheet1.xml"] = parts["xl/worksheets/sheet1.xml"].replace(b"</sheetData>", merge)
    with zipfile.ZipFile(tmp_path / "b.xlsx", "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    assert taken(driver, tmp_path / "b.xlsx") == [KNOWN, KNOWN]
    assert len(driver.entries()) == 2


def numbered(path: Path, code: str, status: str = "", *, voucher: bool = False) -> Path:
    """A list with the case 1067, whose number format shows it as ``code`` says, and perhaps its voucher in another sheet."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Cases"
    headings = ["creditor_reference", "currency", "date", "amount_to_recover", "debtor_name", *(["Status"] if status else [])]
    sheet.append(headings)
    sheet.append([1067, "DKK", date(2026, 1, 31), 10, "Ane Vig", *([status] if status else [])])
    sheet["A2"].number_format = code
    if voucher:
        other = book.create_sheet("Vouchers")
        other.append(["case_ref", "source", "voucher_type", "amount", "currency", "date"])
        other.append([1067, "CREDITOR", "invoice", 10, "DKK", date(2026, 1, 31)])
        other["A2"].number_format = code
    book.save(path)
    return path


@pytest.mark.parametrize(("sent", "effect"), [(False, RowStatus.WITHDRAWN), (True, RowStatus.CHANGED)])
def test_a_paid_row_finds_the_case_by_the_number_that_earlier_releases_read(driver, tmp_path: Path, sent, effect) -> None:
    taken(driver, numbered(tmp_path / "a.xlsx", "General"))
    if sent:
        driver.send_all()
    assert taken(driver, numbered(tmp_path / "b.xlsx", '"INV-"0', "paid")) == [effect]


def test_a_voucher_finds_its_case_by_the_number_that_earlier_releases_read(driver, tmp_path: Path) -> None:
    taken(driver, numbered(tmp_path / "a.xlsx", "General"))
    driver.send_all()
    path = numbered(tmp_path / "b.xlsx", '"INV-"0', voucher=True)
    with open_file(path, NO_PROFILE, CONTEXT) as source, transaction(driver.ledger) as connection:
        batch = take_in(connection, source, ACCOUNTS, "run")
    assert (driver.cases(batch), driver.vouchers(batch)) == ([KNOWN], [PENDING])
