"""Corrections on the page for a list that was completed by master data of its debtors."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from integration.test_master_data import claim, customer, write_book
from support.sheets import write_csv
from support.web import Browser, approve, discard, send

from importer.web.work.kept_master_data import FILE, sweep_master_data

DEFAULTS = {"creditor_company_name": "Nordlys Energi A/S", "creditor_country": "DK", "currency": "DKK", "debtor_type": "Company"}
WRONG, RIGHT = claim("101", **{"Invoice date": "31.02.2026"}, **DEFAULTS), claim("102", **DEFAULTS)
CUSTOMERS = [customer("101"), customer("102")]


def emails(folder: Path) -> list[str | None]:
    with closing(sqlite3.connect(folder / "ledger.sandbox.db")) as ledger:
        found = ledger.execute("SELECT payload FROM entry WHERE kind = 'case' AND state = 'accepted' ORDER BY ref")
        return [json.loads(payload)["debtor"].get("email") for (payload,) in found]


def dropped(page, *files: Path) -> Browser:
    browser = page.visitor()
    answer = browser.drop(*files)
    assert browser.get("/batches/1").status_code == 200, answer.text
    return browser


def corrected(browser: Browser) -> str:
    """Correct the date of row 2, and check it. Returns the page of what came of it."""
    position = list(WRONG).index("Invoice date")
    form = {"sheet": "0", "number": "2", "position": [str(position)], "text": ["2026-01-31"], "next": "keep"}
    assert browser.post("/batches/1/correct", form).status_code == 303
    return browser.follow(browser.post("/batches/1/check")).text


def kept(page) -> list[Path]:
    return sorted(page.environments.ledger_folder("corrections").glob(f"*/{FILE}"))


def forget_uploads(page) -> None:
    for path in page.environments.folder("uploads").glob("*/*/*"):
        path.unlink()


@pytest.mark.parametrize("is_a_sheet", [True, False])
def test_corrected_rows_are_completed_as_their_list_was(page, tmp_path, is_a_sheet) -> None:
    if is_a_sheet:
        files = [write_book(tmp_path / "list.xlsx", Customers=CUSTOMERS, Open=[WRONG, RIGHT])]
    else:
        files = [write_csv(tmp_path / "list.csv", [WRONG, RIGHT]), write_csv(tmp_path / "customers.csv", CUSTOMERS)]
    browser = dropped(page, *files)
    forget_uploads(page)
    answer = corrected(browser)
    approve(browser, 2)
    send(page)
    assert emails(tmp_path) == ["post@101.example"], answer


def with_profile(folder: Path) -> Path:
    """Write a profile of the list that names the file of its master data. Returns that file."""
    (folder / "profiles").mkdir()
    text = f'headings = {json.dumps(list(WRONG))}\n[master_data]\nfile = "{folder.as_posix()}/kunder.csv"\n'
    (folder / "profiles" / "list.toml").write_text(text, encoding="utf-8")
    return write_csv(folder / "kunder.csv", CUSTOMERS)


def test_a_file_that_a_profile_names_and_that_has_changed_is_not_read_again(page, tmp_path) -> None:
    customers = with_profile(tmp_path)
    browser = dropped(page, write_csv(tmp_path / "list.csv", [WRONG, RIGHT]))
    write_csv(customers, [customer("101", Email="other@101.example"), customer("102")])
    answer = corrected(browser)
    approve(browser, 2)
    send(page)
    assert emails(tmp_path) == ["post@101.example"], answer


def test_without_what_was_kept_a_changed_file_is_refused_and_the_same_one_is_read(page, tmp_path) -> None:
    customers = with_profile(tmp_path)
    browser = dropped(page, write_csv(tmp_path / "list.csv", [WRONG, RIGHT]))
    (found,) = kept(page)
    found.unlink()  # as of a batch of the watched folder
    write_csv(customers, [customer("101", Email="other@101.example"), customer("102")])
    assert "which has changed since" in corrected(browser)
    write_csv(customers, CUSTOMERS)
    answer = browser.follow(browser.post("/batches/1/check")).text
    approve(browser, 2)
    send(page)
    assert emails(tmp_path) == ["post@101.example"], answer


def test_master_data_are_kept_while_rows_can_be_corrected(page, tmp_path) -> None:
    browser = dropped(page, write_book(tmp_path / "list.xlsx", Customers=CUSTOMERS, Open=[WRONG, RIGHT]))
    approve(browser, 1)
    send(page)
    sweep_master_data(page.environments)
    assert len(kept(page)) == 1
    second = write_book(tmp_path / "second.xlsx", Customers=CUSTOMERS, Open=[claim("101", **DEFAULTS)])
    browser.drop(second)
    assert len(kept(page)) == 2
    discard(browser, 2)
    sweep_master_data(page.environments)
    assert len(kept(page)) == 1
