"""Every line of a CSV file is accounted for in the summary, and the balance includes it."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import update
from support.ledgers import ACCOUNTS, LedgerDriver, open_driver, run_sql, take_in, transaction

from importer.domain.notes import Note, NoteKind, notes_to_json
from importer.ledger.queries.queries import Queries
from importer.ledger.queries.report_rows import batch_info
from importer.ledger.storage.schema import batch as batch_table
from importer.loader.context import LoadContext
from importer.loader.profile import NO_PROFILE
from importer.loader.source import open_file
from importer.reporter.report import write_report

CONTEXT = LoadContext(date(2026, 6, 15), ZoneInfo("Europe/Copenhagen"))
CASES = "case_ref;creditor_company_name;creditor_country;currency;date;amount_to_recover;debtor_type;debtor_name;debtor_country"
VOUCHERS = "case_id;voucher_type;amount;currency;date;reference_id;source"
CASE = "K1;Nordlys A/S;DK;DKK;2026-01-14;1200,50;Person;Ida Lund;DK"

pytestmark = pytest.mark.both_databases


def taken(driver: LedgerDriver, path: Path, *lines: str) -> int:
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    with open_file(path, NO_PROFILE, CONTEXT) as source, transaction(driver.ledger) as connection:
        batch: int = take_in(connection, source, ACCOUNTS, "run")
    return batch


def summary(driver: LedgerDriver, batch: int, folder: Path) -> dict[str, Any]:
    found = run_sql(driver.ledger, lambda c: write_report(Queries(c), batch, folder, checking=True))
    content: dict[str, Any] = found.summary.as_json()
    return content


def test_the_lines_of_a_file_add_up(tmp_path: Path) -> None:
    below = [CASE, CASE.replace("K1", "K2").replace("DKK", "XX"), "", f'"{CASE}"', "Total;;;;;2401,00;;;", "Page 1"]
    with open_driver(tmp_path) as driver:
        batch = taken(driver, tmp_path / "list.csv", "Open items", CASES, CASE, *below)
        found = summary(driver, batch, tmp_path)
        assert found["balanced"] is True
        assert found["lines"]["lines"] == 9
        assert found["lines"]["rows"] == found["counts"]["cases"]["rows"]


def test_the_lines_of_vouchers_add_up(tmp_path: Path) -> None:
    row = "6f9619ff-8b86-d011-b42d-00cf4fc964ff;Invoice;100,00;DKK;2026-01-14;R1;CREDITOR"
    with open_driver(tmp_path) as driver:
        batch = taken(driver, tmp_path / "list.csv", VOUCHERS, row, row.replace("R1", "R2"))
        found = summary(driver, batch, tmp_path)
        assert (found["balanced"], found["lines"]["rows"]) == (True, 2)


def test_the_lines_of_a_case_with_several_vouchers_add_up(tmp_path: Path) -> None:
    """A case that each of its vouchers repeats is one case, and still two rows."""
    vouchers = ("Invoice;100,00;CREDITOR;R1", "Reminder fee;100,00;CREDITOR;R2", "Invoice;oops;CREDITOR;R3")
    headings = f"{CASES};voucher_type;voucher_amount;voucher_source;voucher_reference_id"
    with open_driver(tmp_path) as driver:
        batch = taken(driver, tmp_path / "list.csv", headings, *(f"{CASE};{voucher}" for voucher in vouchers))
        found = summary(driver, batch, tmp_path)
        assert (found["balanced"], found["lines"]["rows"], found["counts"]["cases"]["rows"]) == (True, 3, 1)


@pytest.mark.parametrize("change", [("lines", "4"), ("rows", "1")])
def test_a_line_that_is_lost_breaks_the_balance(tmp_path: Path, change: tuple[str, str]) -> None:
    with open_driver(tmp_path) as driver:
        batch = taken(driver, tmp_path / "list.csv", CASES, CASE, CASE.replace("K1", "K2"))
        notes = run_sql(driver.ledger, lambda c: batch_info(c, batch)).notes
        values = next(note.values for note in notes if note.kind is NoteKind.LINES_READ)
        wrong = notes_to_json([Note(NoteKind.LINES_READ, values=tuple({**dict(values), change[0]: change[1]}.items()))])
        with transaction(driver.ledger) as connection:
            connection.execute(update(batch_table).where(batch_table.c.id == batch).values(notes=wrong))
        assert json.loads(json.dumps(summary(driver, batch, tmp_path)))["balanced"] is False
