"""Rows of US debtors that an earlier release sent, with the state where it wrote it, are known: nothing is sent again."""

import csv
import sqlite3
from contextlib import closing

import pytest
from support.sheets import read_sheet

from importer.domain.identity import fingerprint

HEADINGS = (
    *("case_ref", "creditor_company_name", "creditor_country", "currency", "date", "due_date", "amount_to_recover"),
    *("debtor_type", "debtor_name", "debtor_contact_person", "debtor_state", "debtor_country"),
)
STATES = [("U-1", "CA", "US"), ("U-2", "California", "US"), ("U-4", "US-CA", "US"), ("U-5", "ON", "CA"), ("U-7", " ca", "US")]
FORMER = {
    "U-2": (b'"stateAlpha2":"CA"', b'"state":"California"'),
    "U-4": (b'"stateAlpha2":"CA"', b'"state":"US-CA"'),
    "U-5": (b'"state":"ON"', b'"stateAlpha2":"ON"'),
}
MISSING = ("U-3", "", "US")


def write(path, rows, *, named=True):
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(HEADINGS)
        for ref, state, country in rows:
            creditor = (ref if named else "", "Nordlys A/S", "DK", "USD", "2026-01-05", "2026-02-05", "1000.00")
            writer.writerow([*creditor, "Company", f"{ref} Trading LLC", "John Smith", state, country])
    return path


def as_formerly(workspace):
    """Rewrite the ledger's payloads as an earlier release would have written them."""
    with closing(sqlite3.connect(workspace.folder / "ledger.db")) as db, db:
        for identifier, payload in db.execute("SELECT id, payload FROM entry").fetchall():
            for name, (now, before) in FORMER.items():
                if f"{name} Trading".encode() in payload:
                    assert now in payload
                    former = payload.replace(now, before)
                    values = (former, fingerprint(former.decode()), identifier)
                    db.execute("UPDATE entry SET payload = ?, digest = ? WHERE id = ?", values)
        db.execute("DELETE FROM source_version")  # the release was another one, so that the file is read again


@pytest.mark.parametrize("named", [True, False])
def test_rows_that_an_earlier_release_sent_are_known(configured_workspace, fake_apis, named):
    sheet = write(configured_workspace.folder / "us.csv", STATES, named=named)
    assert configured_workspace.call("run", sheet.name, "--yes").code == 0
    sent = [case.get("debtorState") for case in fake_apis.cases]
    as_formerly(configured_workspace)
    again = configured_workspace.call("run", sheet.name, "--yes")
    assert again.code == 0, again
    assert "already imported 5" in " ".join(again.out.split())
    assert len(fake_apis.cases) == len(sent) == len(STATES)


def test_a_row_without_a_state_that_an_earlier_release_sent_is_known(configured_workspace, fake_apis, monkeypatch):
    sheet = write(configured_workspace.folder / "us.csv", [MISSING])
    with monkeypatch.context() as earlier:  # a release without the rule
        earlier.setattr("importer.domain.models.US", None)
        assert configured_workspace.call("run", sheet.name, "--yes").code in {0, 3}
    with closing(sqlite3.connect(configured_workspace.folder / "ledger.db")) as db, db:
        db.execute(
            "UPDATE entry SET state = 'accepted', remote_id = 'r-1', accepted_at = '2026-02-01T00:00:00.000000Z', ready = 0"
        )
    write(sheet, [MISSING, ("U-9", "", "US")])
    before = len(fake_apis.cases)
    again = configured_workspace.call("run", sheet.name, "--yes")
    assert again.code == 3
    assert "already imported 1" in (shown := " ".join(again.out.split()))
    assert "rejected 1" in shown
    assert len(fake_apis.cases) == before


def test_a_row_with_another_state_is_listed_with_both(configured_workspace, fake_apis):
    sheet = write(configured_workspace.folder / "us.csv", [("U-2", "California", "US")])
    assert configured_workspace.call("run", sheet.name, "--yes").code == 0
    as_formerly(configured_workspace)
    write(sheet, [("U-2", "Nevada", "US")])
    again = configured_workspace.call("run", sheet.name, "--yes")
    assert (again.code, len(fake_apis.cases)) == (0, 1)
    ((changed,),) = [read_sheet(folder / "changes.xlsx") for folder in configured_workspace.reports()[1:]]
    assert "debtor_state was CA, is now NV" in changed["#errors"]
