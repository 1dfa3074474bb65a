"""What the page keeps: apart for each ledger, server and review, and safe when a write or a server ends too early."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing

import pytest
from support.sheets import case, cases, voucher, write_csv, write_workbook
from support.web import approve, discard, send, site

from importer.commands.review import review_batch
from importer.domain.batches import Person
from importer.web.work import corrected_sheets
from importer.web.work.corrected_sheets import corrected_rows, stage_corrections
from importer.web.work.correction_store import HISTORY, corrections_of, folder_of_batch, history_of, origin_of
from importer.web.work.jobs import PageJob
from importer.web.work.row_files import RowKeeper, find_row, row_page
from importer.workspace.connections import open_ledger_read_only
from importer.workspace.person import acting_as

HEADER = list(case("C1"))
COUNTRY = HEADER.index("debtor_country")
BAD = case("B1", debtor_country="Atlantis")


def correct(browser, number, text="Denmark", *, batch=1, position=COUNTRY, then="keep"):
    form = {"sheet": "0", "number": str(number), "position": str(position), "text": text, "next": then}
    return browser.post(f"/batches/{batch}/correct", form)


def check(browser, batch=1):
    return browser.follow(browser.post(f"/batches/{batch}/check"))


def approve_again(browser, batch):
    """Approve a batch after it was reviewed again: another one holds some of the same records."""
    browser.post(f"/batches/{batch}/review")
    return approve(browser, batch)


def sent(folder, kind):
    with closing(sqlite3.connect(folder / "ledger.sandbox.db")) as ledger:
        query = "SELECT key, COUNT(*) FROM entry WHERE kind = ? AND state = 'accepted' GROUP BY key"
        return [count for _, count in ledger.execute(query, (kind,))]


def test_another_ledger_in_the_workspace_has_rows_and_corrections_of_its_own(page, tmp_path):
    browser = page.visitor()
    browser.drop(write_csv(tmp_path / "a.csv", [*cases(1), BAD]))
    correct(browser, 3)
    former = folder_of_batch(page.environments, 1)
    ledgers = list(tmp_path.glob("ledger.sandbox*"))
    (tmp_path / "former").mkdir()
    for path in ledgers:
        path.rename(tmp_path / "former" / path.name)
    browser.drop(write_csv(tmp_path / "b.csv", [*cases(1, 7), case("B2", debtor_country="Lemuria")]))
    assert corrected_rows(page.environments, 1).is_empty
    assert "Lemuria" in browser.get("/batches/1/rows").text
    discard(browser, 1)
    page.services.clean_up()
    assert former.is_dir()
    for path in tmp_path.glob("ledger.sandbox*"):
        path.unlink()
    for path in ledgers:
        (tmp_path / "former" / path.name).rename(path)
    assert [one.text for one in corrections_of(page.environments, 1)] == ["Denmark"]
    assert "Atlantis" in browser.get("/batches/1/rows").text


def test_a_batch_number_that_is_used_again_after_a_backup_has_other_rows(page, tmp_path):
    browser = page.visitor()
    browser.drop(write_csv(tmp_path / "a.csv", [*cases(1), BAD]))
    with closing(sqlite3.connect(tmp_path / "ledger.sandbox.db")) as ledger, closing(sqlite3.connect(tmp_path / "kept")) as kept:
        ledger.backup(kept)
    browser.drop(write_csv(tmp_path / "b.csv", [case("B2", debtor_country="Lemuria")]))
    correct(browser, 2, batch=2)
    with closing(sqlite3.connect(tmp_path / "kept")) as kept, closing(sqlite3.connect(tmp_path / "ledger.sandbox.db")) as ledger:
        kept.backup(ledger)
    browser.drop(write_csv(tmp_path / "c.csv", [case("B3", debtor_country="Mu")]))
    assert corrected_rows(page.environments, 2).is_empty
    assert find_row(page.environments, 2, 0, 2).cells[COUNTRY] == "Mu"


def test_two_servers_leave_the_uploads_of_each_other(page, tmp_path):
    browser = page.visitor()
    browser.drop(write_csv(tmp_path / "unknown.csv", [{"x": 1, "y": 2}]))
    (dropped,) = (tmp_path / "page" / "uploads").glob("*/*/unknown.csv")
    with site(tmp_path) as other:
        other.services.clean_up()
        assert dropped.exists()
    assert dropped.exists()
    page.services.uploads._lock.release()  # as it is after a kill
    with site(tmp_path) as other:
        other.services.clean_up()
        assert not dropped.exists()
    assert [path.name for path in (tmp_path / "page" / "uploads").iterdir()] == []


def test_rows_of_an_earlier_review_are_not_shown(page, tmp_path):
    browser = page.visitor()
    for name in "ab":
        browser.drop(write_csv(tmp_path / f"{name}.csv", [*cases(1), case(name, debtor_country="Atlantis")]))
    assert approve_again(browser, 1).status_code == 303
    send(page)
    environments = page.environments
    with environments.changing() as environment:  # at a terminal
        review_batch(environments.workspace, environment, 2, None)
    assert "are not kept here now" in browser.get("/batches/2/rows").text
    assert "must be found again" in correct(browser, 3, batch=2).text
    browser.post("/batches/2/review")
    assert "already imported" in browser.get("/batches/2/rows?show=all").text


def test_rows_of_a_review_that_is_not_recorded_are_not_shown(page, tmp_path):
    browser = page.visitor()
    browser.drop(write_csv(tmp_path / "a.csv", [*cases(1), BAD]))
    environments = page.environments
    with environments.reading() as environment, open_ledger_read_only(environment) as ledger, ledger.queries() as queries:
        RowKeeper(environments)(queries, 1)  # and what follows is rolled back
    assert row_page(environments, 1, "all", 1).count == 2


def test_a_line_of_the_history_that_was_not_written_to_its_end_is_cut_off(page, tmp_path):
    browser = page.visitor()
    browser.drop(write_csv(tmp_path / "a.csv", [*cases(1), BAD]))
    correct(browser, 3)
    history = folder_of_batch(page.environments, 1) / HISTORY
    with history.open("a") as file:
        file.write('{"at": "2026-')
    for path in ("", "/rows", "/corrections"):
        assert browser.get(f"/batches/1{path}").status_code == 200
    page.services.clean_up()
    correct(browser, 3, "Sweden")
    assert [json.loads(line)["to"] for line in history.read_text().splitlines()] == ["Denmark", "Sweden"]


def test_corrections_that_cannot_be_read_are_not_written_over(page, tmp_path):
    browser = page.visitor()
    browser.drop(write_csv(tmp_path / "a.csv", [*cases(1), BAD, case("B2", debtor_country="Lemuria")]))
    correct(browser, 3)
    cells = folder_of_batch(page.environments, 1) / "cells.json"
    damaged = cells.read_bytes()[:-5]
    cells.write_bytes(damaged)
    answer = correct(browser, 4)
    assert (answer.status_code, "cells.json" in answer.text) == (422, True), answer.text
    assert cells.read_bytes() == damaged
    page.services.clean_up()


@pytest.mark.parametrize("order", [(1, 2), (2, 1)])
@pytest.mark.parametrize("is_flat", [False, True])
def test_the_vouchers_of_a_corrected_case_are_sent_with_it(page, tmp_path, order, is_flat):
    browser = page.visitor()
    first = [voucher("B1"), voucher("B1", unique_id="V-2", parent_unique_id="V-B1", voucher_type="credit note"), voucher("C1")]
    book = write_workbook(tmp_path / "a.xlsx", [*cases(1), BAD], first)
    if is_flat:
        flat = [
            {
                **one,
                "voucher_unique_id": f"V{n}",
                "voucher_type": "invoice",
                "voucher_amount": "100.00",
                "voucher_source": "CREDITOR",
            }
            for n, one in enumerate([*cases(1), BAD])
        ]
        book = write_csv(tmp_path / "a.csv", flat)
    browser.drop(book)
    correct(browser, 3)
    check(browser)
    for batch in order:
        assert approve_again(browser, batch).status_code == 303
        send(page)
    assert sent(tmp_path, "case") == [1, 1]
    assert sent(tmp_path, "voucher") == [1] * (2 if is_flat else 3)


def test_corrected_rows_of_a_server_that_was_killed_are_known_as_such(page, tmp_path, monkeypatch):
    browser = page.visitor()
    browser.drop(write_csv(tmp_path / "a.csv", [*cases(1), BAD]))
    correct(browser, 3)

    def kill(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(corrected_sheets, "record_batch", kill)
    with acting_as(Person("ann", "here")), pytest.raises(KeyboardInterrupt):
        stage_corrections(page.environments, PageJob("0" * 32, "", Person("ann", "here"), 0.0), 1)
    monkeypatch.undo()
    assert origin_of(page.environments, 2).batch == 1
    assert [one["batch"] for one in history_of(page.environments, 1)] == [2]
    assert not corrected_rows(page.environments, 1).unchecked
    assert not any((folder_of_batch(page.environments, 1).parent / "intents").iterdir())


def test_the_corrected_reference_of_a_questioned_row_takes_its_place(page, tmp_path):
    browser = page.visitor()
    browser.drop(write_csv(tmp_path / "a.csv", [*cases(1), case("Q1", debtor_name="Total")]))
    assert find_row(page.environments, 1, 0, 3).status == "questioned"
    reference = HEADER.index("creditor_reference")
    correct(browser, 3, "INV-OTHER", position=reference)
    correct(browser, 3, "Kaj Drossel", position=HEADER.index("debtor_name"))
    assert "Approve batch 1 first" in check(browser).text
    approve(browser, 1)
    send(page)
    check(browser)
    approve(browser, 2)
    send(page)
    assert sent(tmp_path, "case") == [1, 1]
    with page.environments.reading() as environment, open_ledger_read_only(environment) as ledger, ledger.queries() as queries:
        assert not queries.question_totals(1)
