"""Claims that wait for a quota and are paid in the next list are not sent, and those that were sent are said first."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from zoneinfo import ZoneInfo

import openpyxl
import pytest
from support.ledgers import no_claim, transaction
from support.sheets import cases, write_csv
from support.workspace import STATES

from importer.domain.accounts import Accounts
from importer.ledger.intake.intake import take_in
from importer.ledger.ledger import Ledger
from importer.loader.context import LoadContext
from importer.loader.profile import NO_PROFILE
from importer.loader.source import open_file

CONTEXT = LoadContext(today=date(2026, 11, 1), timezone=ZoneInfo("UTC"))
SENT, WAITING = 4, 50


def take_in_next_list(workspace, name, paid):
    """Take in a list again of which the rows with these references are called paid, as the loader gives such rows."""
    ((cases_account, vouchers_account),) = workspace.ledger("SELECT cases_account, vouchers_account FROM batch WHERE id = 1")
    path = workspace.folder / name
    with (
        Ledger.open(f"sqlite:///{workspace.folder / 'ledger.db'}", "test") as ledger,
        open_file(path, NO_PROFILE, CONTEXT) as source,
        transaction(ledger) as connection,
    ):
        rows = (replace(row, case=no_claim(row.case)) if row.case.ref in paid else row for row in source.rows)
        return take_in(connection, replace(source, rows=rows), Accounts(cases_account, vouchers_account), "next")


@pytest.fixture
def waiting(configured_workspace, fake_apis):
    """A workspace of whose 54 claims 50 wait for a quota."""
    workspace = configured_workspace
    write_csv(workspace.folder / "october.csv", cases(SENT + WAITING))
    quota = {"IMPORTER_DISPATCH__PER_DAY": str(SENT + 3)}  # one asks whose key it is, one for the list, and one is kept back
    assert workspace.call("run", "october.csv", "--yes", "--stop-at-quota", "-q", env=quota).code == 7
    assert sorted(workspace.ledger(STATES)) == [("case", "accepted", SENT), ("case", "pending", WAITING)]
    assert len(fake_apis.cases) == SENT
    return workspace


def test_ten_of_fifty_that_are_paid_meanwhile_are_not_sent(waiting, fake_apis):
    paid = {ref for (ref,) in waiting.ledger("SELECT ref FROM entry WHERE state = 'pending' LIMIT 10")}
    batch = take_in_next_list(waiting, "october.csv", paid)
    assert waiting.call("resume", "-q").code == 0
    assert len(fake_apis.cases) == SENT + WAITING - 10
    assert {ref for (ref,) in waiting.ledger("SELECT ref FROM entry WHERE state = 'withdrawn'")} == paid
    assert sorted(waiting.ledger(STATES)) == [("case", "accepted", SENT + 40), ("case", "withdrawn", 10)]
    assert waiting.call("report", str(batch)).code == 0


def test_one_that_was_sent_is_said_first_on_that_night_alone(waiting):
    ((sent, reference),) = waiting.ledger("SELECT ref, remote_reference FROM entry WHERE state = 'accepted' LIMIT 1")
    night, after = (take_in_next_list(waiting, "october.csv", {sent}) for _ in range(2))
    first, second = (waiting.call("report", str(batch), "--json") for batch in (night, after))
    (one,), (two,) = first.json(), second.json()
    assert one["changes"] == {"new": 1, "newly_no_claim": 1}
    assert two["changes"] == {"new": 0, "newly_no_claim": 0}
    shown = waiting.call("report", str(night)).out
    assert "PAID, CREDITED OR DISPUTED AFTER SENDING: 1 claim" in shown
    lines = [first_line(path / "changes.xlsx") for path in waiting.reports() if (path / "changes.xlsx").exists()]
    assert [line[1] for line in lines] == ["changed", "changed"]
    assert {line[2] for line in lines} == {"new", None}
    assert all(f"reference {reference}" in line[3] for line in lines)


def first_line(path):
    _, line, *_ = openpyxl.load_workbook(path).worksheets[0].iter_rows(values_only=True)
    return line
