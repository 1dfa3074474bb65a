"""Ledgers of earlier releases go on: they are brought up to date, nothing is sent again, and old error sheets find their rows."""

import sqlite3
from collections import Counter
from contextlib import closing

import openpyxl
import pytest
from support.ledgers import run_sql
from support.old_ledgers import GOLDEN, SCENARIOS, VERSION_3, copy_files, load_ledger, server_of
from support.sheets import correct
from support.workspace import settings_for

from importer.errors import LedgerError, LedgerUpgraded
from importer.ledger.ledger import Ledger
from importer.ledger.storage.lock import held
from importer.ledger.storage.schema import SCHEMA_VERSION

COPY = f"ledger.before-version-{SCHEMA_VERSION}.db"
SETTLED = {"IMPORTER_DISPATCH__SETTLE_MINUTES": "0"}
ENTRIES = "SELECT id, account, kind, key, base, ref, state, payload, idempotency_key, remote_id, batch_id FROM entry ORDER BY id"


def rows_of(path, query):
    with closing(sqlite3.connect(path)) as db:
        return db.execute(query).fetchall()


def dump(path):
    with closing(sqlite3.connect(path)) as db:
        return list(db.iterdump())


def without_marks(lines):
    """A dump without the lines that make a copy a backup."""
    return [line for line in lines if "backup_taken_at" not in line and "restored_at" not in line]


def at(workspace, sandbox, scenario):
    """Put the scenario's ledger and files into the workspace, and point it at its server."""
    workspace.env = settings_for(sandbox.url) | SETTLED
    load_ledger(scenario, workspace.folder / "ledger.db", sandbox.url)
    return copy_files(scenario, workspace.folder)


def made(sandbox):
    """What the server holds, each case and voucher by what its sender meant by it."""
    cases = Counter((case["creditorReference"], case["debtorName"], case["amount"]) for case in sandbox.cases)
    return cases, Counter(str(voucher["uniqueId"]) for voucher in sandbox.vouchers)


@pytest.mark.parametrize(
    ("scenario", "version"),
    [
        *((scenario, version) for scenario in VERSION_3 for version in (1, 2, 3)),
        *((one, None) for one in SCENARIOS if one not in VERSION_3),
    ],
)
def test_a_ledger_of_an_older_release_is_brought_up_to_date(tmp_path, scenario, version):
    path = load_ledger(scenario, tmp_path / "ledger.db", version=version)
    before, entries = dump(path), rows_of(path, ENTRIES)
    with pytest.warns(LedgerUpgraded, match=COPY), Ledger.open(f"sqlite:///{path}", "test") as ledger:
        assert run_sql(ledger, lambda c: c.exec_driver_sql("SELECT value FROM meta WHERE name = 'schema'").scalar()) == str(
            SCHEMA_VERSION
        )
    assert rows_of(path, ENTRIES) == entries
    assert without_marks(dump(tmp_path / COPY)) == without_marks(before)
    with Ledger.open(f"sqlite:///{path}", "test"):
        pass  # and this is done once


def test_an_upgraded_ledger_has_the_tables_of_a_new_one(tmp_path):
    path = load_ledger("version-3/every-state", tmp_path / "ledger.db")
    with pytest.warns(LedgerUpgraded):
        Ledger.open(f"sqlite:///{path}", "test").close()
    Ledger.open(f"sqlite:///{tmp_path / 'new.db'}", "test").close()
    query = 'SELECT m.name, c.name, c.type, c."notnull", c.pk FROM sqlite_master m, pragma_table_info(m.name) c ORDER BY 1, 2'
    indexes = "SELECT name, tbl_name FROM sqlite_master WHERE type = 'index' ORDER BY name"
    assert rows_of(path, query) == rows_of(tmp_path / "new.db", query)
    assert rows_of(path, indexes) == rows_of(tmp_path / "new.db", indexes)


def test_what_was_told_in_sentences_is_a_cause_now(tmp_path):
    path = load_ledger("version-3/explained-doubts", tmp_path / "ledger.db")
    with pytest.warns(LedgerUpgraded):
        Ledger.open(f"sqlite:///{path}", "test").close()
    causes = rows_of(path, "SELECT DISTINCT cause FROM attempt WHERE cause IS NOT NULL ORDER BY cause")
    assert causes == [("not_listed",), ("reference_in_use",), ("refused_after_doubt",), ("server_error",)]
    assert rows_of(path, "SELECT count(*) FROM entry WHERE until_next_run AND not_before IS NULL") == [(2,)]


def test_a_migration_that_fails_leaves_the_old_ledger_working(tmp_path):
    path = load_ledger("version-3/every-state", tmp_path / "ledger.db")
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE id_sequence (x)")  # the migration stumbles over it after most of its work
    before = dump(path)
    for _ in range(2):
        with pytest.raises(LedgerError, match=rf"could not be upgraded to version {SCHEMA_VERSION} .*it is unchanged"):
            Ledger.open(f"sqlite:///{path}", "test")
    assert dump(path) == before
    assert list(tmp_path.glob("*before-version*")) == []  # a copy of what did not change would only fill the disk


def test_a_ledger_of_no_known_version_is_refused(tmp_path):
    path = load_ledger("version-3/every-state", tmp_path / "ledger.db")
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("UPDATE meta SET value = '0' WHERE name = 'schema'")
    with pytest.raises(LedgerError, match="is not a ledger"):
        Ledger.open(f"sqlite:///{path}", "test")


def test_a_copy_that_was_interrupted_does_not_hinder_the_upgrade(tmp_path):
    path = load_ledger("version-3/every-state", tmp_path / "ledger.db")
    (tmp_path / f"{COPY}.partial").write_bytes(b"half a copy")
    with pytest.warns(LedgerUpgraded):
        Ledger.open(f"sqlite:///{path}", "test").close()


def test_a_ledger_that_a_run_of_the_earlier_release_holds_can_be_read(tmp_path):
    path = load_ledger("version-3/every-state", tmp_path / "ledger.db")
    before = dump(path)
    with held(path, "importer run"):
        ledger = Ledger.read(f"sqlite:///{path}")
        assert ledger is not None
        with ledger, ledger.queries() as queries:
            assert len(queries.batches(100)) == 8
    assert dump(path) == before


def test_an_earlier_release_refuses_the_new_ledger(tmp_path):
    """It compares this number with its own, which was 3, and asks for the newer release."""
    Ledger.open(f"sqlite:///{tmp_path / 'ledger.db'}", "test").close()
    assert rows_of(tmp_path / "ledger.db", "SELECT value FROM meta WHERE name = 'schema'") == [(str(SCHEMA_VERSION),)]


@pytest.mark.parametrize("command", [("status",), ("report", "1"), ("doctor",), ("run", "first.xlsx", "--yes")])
def test_every_command_brings_the_ledger_up_to_date_and_says_so(workspace, tmp_path, command):
    with server_of("version-3/every-state", tmp_path) as sandbox:
        at(workspace, sandbox, "version-3/every-state")
        done = workspace.run(*command)
        assert done.code in {0, 3}, done
        assert f"was upgraded to version {SCHEMA_VERSION}. The ledger from before is kept as " in done.err
        assert (workspace.folder / COPY).is_file()


def test_check_leaves_an_old_ledger_alone(workspace, tmp_path):
    with server_of("version-3/every-state", tmp_path) as sandbox:
        at(workspace, sandbox, "version-3/every-state")
        before = dump(workspace.folder / "ledger.db")
        done = workspace.call("check", "first.xlsx")
        assert (done.code, done.err) == (3, "")
        assert "already imported" in done.out
        assert dump(workspace.folder / "ledger.db") == before


@pytest.mark.filterwarnings("default::importer.errors.LedgerUpgraded")
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_the_same_files_again_send_nothing_that_is_there(workspace, tmp_path, scenario):
    with server_of(scenario, tmp_path) as sandbox:
        sheets = at(workspace, sandbox, scenario)
        accepted = rows_of(workspace.folder / "ledger.db", "SELECT id, remote_id FROM entry WHERE state = 'accepted' ORDER BY id")
        entries = rows_of(workspace.folder / "ledger.db", "SELECT id, kind, key FROM entry ORDER BY id")
        for _ in range(2):
            for sheet in sheets:
                assert workspace.call("run", sheet.name, "--yes", "-q").code in {0, 3, 5, 6}
            workspace.call("resume", "-q")
        ledger = workspace.folder / "ledger.db"
        assert rows_of(ledger, "SELECT id, kind, key FROM entry ORDER BY id") == entries  # no row became another entry
        assert set(accepted) <= set(rows_of(ledger, "SELECT id, remote_id FROM entry WHERE state = 'accepted' ORDER BY id"))
        cases, vouchers = made(sandbox)
        twice = {case: count for case, count in cases.items() if count > 1}
        two = ("Equal Rows", "Looks Alike")  # an earlier release took references that look the same for two
        assert all(any(name in debtor for name in two) and count == 2 for (_, debtor, _), count in twice.items()), twice
        assert set(vouchers.values()) <= {1}
        on_server = {str(case["id"]) for case in sandbox.cases}
        owned = {remote for (remote,) in rows_of(ledger, "SELECT remote_id FROM entry WHERE kind = 'case' AND remote_id <> ''")}
        assert owned <= on_server


CREATES = ("cases", "vouchers")
SAME_ROWS = "version-4/same-rows"


@pytest.mark.filterwarnings("default::importer.errors.LedgerUpgraded")
def test_files_whose_rows_were_accepted_make_no_request_to_create_anything(workspace, tmp_path):
    """Cases with and without a reference, of the United States, with a number format; vouchers of every identity."""
    with server_of(SAME_ROWS, tmp_path) as sandbox:
        at(workspace, sandbox, SAME_ROWS)
        for _ in range(2):
            for name in ("accepted.xlsx", "accepted-formats.xlsx", "voucher-pending-formats.xlsx"):
                assert workspace.call("run", name, "--yes", "-q").code in {0, 3}
        assert {endpoint: sandbox.requests.get(endpoint, 0) for endpoint in CREATES} == dict.fromkeys(CREATES, 0)
        statuses = rows_of(
            workspace.folder / "ledger.db", "SELECT DISTINCT coalesce(case_origin, voucher_origin) FROM row WHERE batch_id > 16"
        )
        assert statuses == [("known",)]


@pytest.mark.filterwarnings("default::importer.errors.LedgerUpgraded")
@pytest.mark.parametrize("state", ["refused", "made", "lost", "pending", "voucher-made", "voucher-lost", "voucher-pending"])
def test_rows_in_every_state_find_their_entries_in_a_rewritten_file(workspace, tmp_path, state):
    """The same rows in another order and another format: nothing becomes a second entry."""
    with server_of(SAME_ROWS, tmp_path) as sandbox:
        at(workspace, sandbox, SAME_ROWS)
        ledger = workspace.folder / "ledger.db"
        entries = rows_of(ledger, "SELECT id, kind, key FROM entry ORDER BY id")
        reverse_rows(workspace.folder / f"{state}.xlsx")
        for _ in range(2):
            workspace.call("run", f"{state}.xlsx", "--yes", "-q")
            workspace.call("resume", "-q")
        assert rows_of(ledger, "SELECT id, kind, key FROM entry ORDER BY id") == entries
        ids = Counter(str(voucher["uniqueId"]) for voucher in sandbox.vouchers)
        assert set(ids.values()) <= {1}
        named = "SELECT json_extract(CAST(payload AS TEXT), '$.debtor.name') FROM entry WHERE kind = 'case'"
        wanted = Counter(debtor for (debtor,) in rows_of(ledger, named))
        made_cases = Counter(str(case["debtorName"]) for case in sandbox.cases)
        assert {debtor: count for debtor, count in made_cases.items() if count > wanted[debtor]} == {}


@pytest.mark.filterwarnings("default::importer.errors.LedgerUpgraded")
@pytest.mark.parametrize(
    ("sheet", "where", "changes", "status"),
    [
        ("Vouchers", ("voucher_amount", "99.00"), {"voucher_amount": "98.00"}, "questioned"),  # two entries have its number
        ("Cases", ("creditor_reference", "accepted-2"), {"creditor_reference": "ACCEPTED-002"}, "questioned"),
        ("Cases", ("case_ref", "accepted-1"), {"case_ref": "accepted\u2011\u200b1"}, None),  # looks the same: imported before
        ("Cases", ("debtor_name", "accepted no reference CA"), {"amount_to_recover": "7.00"}, "questioned"),
        ("Cases", ("debtor_name", "accepted no reference NAME"), {"debtor_state": "US-CA"}, None),
    ],
)
def test_rows_that_changed_find_the_entries_of_an_earlier_release(workspace, tmp_path, sheet, where, changes, status):
    """The match keys of older entries are derived when the ledger is upgraded."""
    with server_of(SAME_ROWS, tmp_path) as sandbox:
        at(workspace, sandbox, SAME_ROWS)
        correct(workspace.folder / "accepted.xlsx", sheet, changes, where=where)
        (summary,) = workspace.call("run", "accepted.xlsx", "--yes", "-q", "--json").json()
        assert {endpoint: sandbox.requests.get(endpoint, 0) for endpoint in CREATES} == dict.fromkeys(CREATES, 0)
        counts = summary["counts"][sheet.lower()]
        assert counts["already_imported"] == counts["rows"] - counts["questioned"] - counts["repeated"]
        assert (counts["questioned"] > 0) is (status == "questioned")


def reverse_rows(path):
    book = openpyxl.load_workbook(path)
    for sheet in book:
        _, *rows = sheet.iter_rows(values_only=True)
        sheet.delete_rows(2, len(rows))
        for row in reversed(rows):
            sheet.append(row)
    book.save(path)


@pytest.mark.filterwarnings("default::importer.errors.LedgerUpgraded")
def test_the_entry_of_an_old_error_sheet_still_finds_its_row(workspace, tmp_path):
    with server_of("version-3/every-state", tmp_path) as sandbox:
        at(workspace, sandbox, "version-3/every-state")
        query = "SELECT id, key FROM entry WHERE ref = 'C-REFUSED'"
        (refused,) = rows_of(workspace.folder / "ledger.db", query)
        sheet = workspace.folder / "errors-of-first.xlsx"
        changes = {"debtor_country": "DK", "case_ref": "C-CORRECTED"}  # also another identity: only #entry says who it is
        correct(sheet, "Cases", changes, where=("case_ref", "C-REFUSED"))
        assert workspace.call("run", sheet.name, "--yes", "-q").code == 3
        state = f"SELECT superseded_by IS NOT NULL OR state = 'accepted' FROM entry WHERE id = {refused[0]}"
        assert rows_of(workspace.folder / "ledger.db", state) == [(1,)]
        assert sum("Nowhere Man" in str(case["debtorName"]) for case in sandbox.cases) == 1


def test_the_ledgers_hold_every_state():
    """What the tests above rest on."""
    text = "".join((GOLDEN / scenario / "ledger.sql").read_text() for scenario in SCENARIOS)
    for state in ("pending", "sending", "accepted", "refused", "in_doubt", "held", "blocked"):
        assert f"'{state}'" in text, state
    assert "backup_taken_at" in text
    assert "hour 3600" in text
