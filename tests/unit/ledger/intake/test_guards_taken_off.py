"""Guards, spaces and formats of texts that are read now: a row that an earlier release sent with them is not sent again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import openpyxl
import pytest
from support.ledgers import ACCOUNTS, LedgerDriver, open_driver, transaction

from importer.domain.records import LoadedRow, Reject
from importer.domain.states import RowStatus
from importer.ledger.intake.intake import take_in
from importer.loader.context import LoadContext
from importer.loader.profile import NO_PROFILE
from importer.loader.records import column_readers
from importer.loader.source import open_file

DEFAULTS = {"creditor_company_name": "Nordlys Energi A/S", "creditor_country": "DK", "debtor_type": "Person", "currency": "DKK"}
CONTEXT = LoadContext(
    today=date(2026, 6, 15), timezone=ZoneInfo("Europe/Copenhagen"), defaults={**DEFAULTS, "debtor_country": "DK"}
)
KNOWN, PENDING = RowStatus.ALREADY_IMPORTED, RowStatus.PENDING
HEADINGS = ("creditor_reference", "debtor_name", "amount_to_recover", "date", "debtor_zip_code", "comments")
PLAIN = ("F-1", "Vibeke Holm", "1200,50", "2026-01-31", "2100", "x")


@pytest.fixture
def driver(tmp_path: Path) -> Iterator[LedgerDriver]:
    with open_driver(tmp_path) as driver:
        yield driver


def taken(driver: LedgerDriver, path: Path) -> list[RowStatus]:
    with open_file(path, NO_PROFILE, CONTEXT) as source, transaction(driver.ledger) as connection:
        batch = take_in(connection, source, ACCOUNTS, "run")
    return driver.cases(batch)


def taken_formerly(driver: LedgerDriver, path: Path) -> list[RowStatus]:
    """Take in a list as an earlier release did, which had no rule against texts that begin as formulas do."""
    with open_file(path, NO_PROFILE, CONTEXT) as source, transaction(driver.ledger) as connection:
        former = replace(source, rows=map(as_formerly, source.rows))
        batch = take_in(connection, former, ACCOUNTS, "run")
    return driver.cases(batch)


def as_formerly(row: LoadedRow) -> LoadedRow:
    return replace(row, case=row.case.formerly) if isinstance(row.case, Reject) and row.case.formerly else row


def book(path: Path, headings: tuple[str, ...], cells: tuple[str | None, ...], codes: dict[int, str] | None = None) -> Path:
    """A workbook whose cells hold these texts as they are: so an earlier release read a CSV with guards and spaces."""
    made = openpyxl.Workbook()
    made.active.append(headings)
    for at, text in enumerate(cells, 1):
        cell = made.active.cell(2, at)
        cell.value, cell.data_type = text, "s" if text else "n"
        cell.number_format = (codes or {}).get(at - 1, "General")
    made.save(path)
    return path


def text_file(path: Path, headings: tuple[str, ...], cells: tuple[str, ...]) -> Path:
    path.write_text(f"{';'.join(headings)}\r\n{';'.join(cells)}\r\n", newline="")
    return path


def changed(at: int, cell: str) -> tuple[str, ...]:
    return (*PLAIN[:at], cell, *PLAIN[at + 1 :])


@pytest.mark.parametrize("has_reference", [True, False])
@pytest.mark.parametrize(
    ("at", "written"),
    [
        *((1, cell) for cell in ('="Vibeke Holm"', ' "Vibeke Holm"')),
        (2, '="1200,50"'),
        (3, '="2026-01-31"'),
        *((4, cell) for cell in ('="0950"', "'2100", ' "2100"')),
        *((5, cell) for cell in ('="abc"', ' "a"', '=""')),
    ],
)
def test_a_row_that_was_sent_is_known(driver: LedgerDriver, tmp_path: Path, at: int, written: str, has_reference) -> None:
    first = 0 if has_reference else 1
    headings, cells = HEADINGS[first:], changed(at, written)[first:]
    assert taken_formerly(driver, book(tmp_path / "a.xlsx", headings, cells)) in ([PENDING], [RowStatus.REJECTED])
    is_sent = bool(driver.entries())
    driver.send_all()
    for _ in range(2):
        assert taken(driver, text_file(tmp_path / "b.csv", headings, cells)) == [KNOWN if is_sent else PENDING]
    assert len(driver.entries()) == 1


def test_spaces_that_are_skipped_in_all_cells(driver: LedgerDriver, tmp_path: Path) -> None:
    """The spaces before one quote are skipped, and then those before every other cell as well."""
    cells = ("Vibeke Holm", " 1200,50", "2026-01-31", "2100", ' "a"')
    assert taken_formerly(driver, book(tmp_path / "a.xlsx", HEADINGS[1:], cells)) == [PENDING]
    driver.send_all()
    assert taken(driver, text_file(tmp_path / "b.csv", HEADINGS[1:], cells)) == [KNOWN]
    assert len(driver.entries()) == 1


@pytest.mark.parametrize("written", ['="Vibeke Holm"', ' "Vibeke Holm"'])
def test_a_row_without_a_reference_in_a_list_with_another_column(driver: LedgerDriver, tmp_path: Path, written: str) -> None:
    """Neither the cells nor the headings are those of the earlier list, so that only what is sent finds the case again."""
    cells = changed(1, written)[1:5]
    assert taken_formerly(driver, book(tmp_path / "a.xlsx", HEADINGS[1:5], cells)) == [PENDING]
    driver.send_all()
    assert taken(driver, text_file(tmp_path / "b.csv", (*HEADINGS[1:5], "Shelf"), (*cells, "A"))) == [KNOWN]
    assert len(driver.entries()) == 1


@pytest.mark.parametrize(
    ("at", "written"), [(1, "'Bo Lund"), (1, "\u200fIda Lund"), (4, "'AB1 2CD"), (4, "'2100"), (4, "'2100'")]
)
def test_an_apostrophe_without_a_reference_in_a_list_with_another_column(
    driver: LedgerDriver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: int, written: str
) -> None:
    """Earlier releases sent it with names, and with identifiers that do not begin with a digit."""
    cells = changed(at, written)[1:5]
    parser_of = column_readers._parser_of
    with monkeypatch.context() as patched:
        patched.setattr(column_readers, "_parser_of", lambda bound, **_: parser_of(bound, formerly=True))
        assert taken(driver, text_file(tmp_path / "a.csv", HEADINGS[1:5], cells)) == [PENDING]
    driver.send_all()
    assert taken(driver, text_file(tmp_path / "b.csv", (*HEADINGS[1:5], "Shelf"), (*cells, "A"))) == [KNOWN]
    assert len(driver.entries()) == 1


@pytest.mark.parametrize("written", ['="00123"', ' "00123"', "'00123", "'INV-001"])
def test_a_reference_in_a_later_list(driver: LedgerDriver, tmp_path: Path, written: str) -> None:
    """The other cells differ, so that only the reference of the earlier release finds the case again."""
    assert taken_formerly(driver, book(tmp_path / "a.xlsx", HEADINGS, changed(0, written))) == [PENDING]
    driver.send_all()
    later = text_file(tmp_path / "b.csv", HEADINGS, (*changed(0, written)[:5], "y"))
    assert taken(driver, later) in ([KNOWN], [RowStatus.CHANGED])
    assert len(driver.entries()) == 1


@pytest.mark.parametrize("has_reference", [True, False])
@pytest.mark.parametrize(("at", "code"), [(1, '"Firma "@'), (1, '@" ApS"'), (5, '"- "@')])
def test_a_format_of_texts(driver: LedgerDriver, tmp_path: Path, at: int, code: str, has_reference) -> None:
    first = 0 if has_reference else 1
    headings, cells = HEADINGS[first:], PLAIN[first:]
    assert taken_formerly(driver, book(tmp_path / "a.xlsx", headings, cells)) == [PENDING]
    driver.send_all()
    for _ in range(2):
        assert taken(driver, book(tmp_path / "b.xlsx", headings, cells, {at - first: code})) == [KNOWN]
    assert len(driver.entries()) == 1


def test_an_amount_with_a_guard_proves_how_its_column_is_written(driver: LedgerDriver, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    rows = [changed(2, '="1.200,50"'), ("F-2", *changed(2, "1.200")[1:])]
    path.write_text("".join(f"{';'.join(cells)}\r\n" for cells in (HEADINGS, *rows)), newline="")
    assert taken(driver, path) == [PENDING, PENDING]
    assert [b'"amountToRecover":1200' in one.payload for one in driver.entries()] == [True, True]
