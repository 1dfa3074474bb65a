"""The same account under another spelling sends nothing again, and a key that names another partner is not used."""

import os
import sqlite3
from contextlib import closing
from dataclasses import replace

import pytest
from support.old_ledgers import copy_files, load_ledger, server_of
from support.sheets import cases, vouchers, write_workbook
from support.terminal import at_a_terminal, finish, read_until
from support.workspace import API_KEY, TOKEN, settings_for

from importer.errors import LedgerUpgraded
from importer.ledger.ledger import Ledger
from importer.sandbox import Sandbox, SandboxSettings
from importer.settings import fingerprint_of

PARTNER, OTHER = "5a4d0b0c-0000-4000-8000-00000000000a", "5a4d0b0c-0000-4000-8000-00000000000b"
APIS = SandboxSettings(api_keys=(API_KEY,), tokens=(TOKEN,), partner_id=PARTNER)
SPELLINGS = ["HTTP://{host}", " http://{host}/ ", "http://{host}/.", "http://{host}/a/..", "http://{host}//"]


@pytest.fixture
def served(tmp_path):
    """Both APIs again and again at one address, each time with other settings."""
    data = tmp_path / "apis.jsonl"
    with Sandbox(replace(APIS, data_file=data)) as first:
        port = int(first.url.rsplit(":", 1)[1])

    def serve(**changes):
        return Sandbox(replace(APIS, data_file=data, port=port, **changes))

    return serve


def imported(workspace, url, **more):
    workspace.env = settings_for(url, **more)
    return workspace.call("run", "a.xlsx", "--yes", "-q")


def sent(sandbox):
    return sandbox.requests.get("cases", 0), sandbox.requests.get("vouchers", 0)


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_another_spelling_of_the_address_sends_nothing_again(workspace, fake_apis, spelling):
    write_workbook(workspace.folder / "a.xlsx", cases(3), vouchers(2))
    assert imported(workspace, fake_apis.url).code == 0
    again = imported(workspace, spelling.format(host=fake_apis.url.removeprefix("http://")))
    assert again.code == 0, again
    assert sent(fake_apis) == (3, 2)
    assert len(set(workspace.ledger("SELECT account FROM entry"))) == 2  # one for cases, one for vouchers
    assert workspace.ledger("SELECT count(*) FROM credential") == [(1,)]


@pytest.mark.parametrize("partner", [PARTNER.upper(), f"{{{PARTNER}}}", PARTNER.replace("-", "")])
def test_another_spelling_of_the_partner_sends_nothing_again(workspace, served, partner):
    write_workbook(workspace.folder / "a.xlsx", cases(3))
    with served() as sandbox:
        assert imported(workspace, sandbox.url).code == 0
    with served(partner_id=partner) as sandbox:
        assert imported(workspace, sandbox.url).code == 0
        assert sent(sandbox) == (0, 0)


def test_a_known_key_that_names_another_partner_is_refused(workspace, served):
    write_workbook(workspace.folder / "a.xlsx", cases(3))
    with served() as sandbox:
        assert imported(workspace, sandbox.url).code == 0
        url = sandbox.url
    before = workspace.ledger("SELECT * FROM batch"), workspace.ledger("SELECT * FROM entry")
    account = f"debitura:{url}:{PARTNER}"
    with served(partner_id=OTHER) as sandbox:
        for command in (("run", "a.xlsx", "--yes"), ("run", "a.xlsx", "--yes", "--json")):
            refused = workspace.call(*command)
            assert refused.code == 2
            assert PARTNER in refused.err
            assert OTHER in refused.err
            assert f"importer ledger forget {account}" in refused.err
        assert sent(sandbox) == (0, 0)
        assert (workspace.ledger("SELECT * FROM batch"), workspace.ledger("SELECT * FROM entry")) == before
        assert workspace.call("ledger", "forget", account).code == 0
        asked = workspace.call("run", "a.xlsx", "--yes", "-q")  # the user has said so, but this server shows the cases again
        assert (asked.code, workspace.ledger("SELECT count(*) FROM entry WHERE state = 'questioned'")) == (6, [(3,)])
        assert sent(sandbox) == (0, 0)


def test_at_a_terminal_the_other_partner_is_a_question_that_yes_does_not_answer(workspace, served):
    write_workbook(workspace.folder / "a.xlsx", cases(3))
    with served() as sandbox:
        assert imported(workspace, sandbox.url).code == 0
    with served(partner_id=OTHER) as sandbox:
        for answer, code, asked in (("n", 130, 0), ("y", 6, 3)):  # this server shows the cases to the other partner too
            with at_a_terminal(workspace, "run", "a.xlsx", "--yes", "-q") as (process, keyboard):
                assert OTHER in read_until(keyboard, "[y/N]").replace("\r\n", "")
                os.write(keyboard, f"{answer}\n".encode())
                assert finish(process, keyboard)[0] == code
            assert workspace.ledger("SELECT count(*) FROM entry WHERE state = 'questioned'") == [(asked,)]
            assert sent(sandbox) == (0, 0)


def test_an_account_that_is_not_known_cannot_be_forgotten(configured_workspace):
    write_workbook(configured_workspace.folder / "a.xlsx", cases(1))
    assert configured_workspace.call("run", "a.xlsx", "--yes", "-q").code == 0
    refused = configured_workspace.call("ledger", "forget", "debitura:https://elsewhere.example:p")
    assert refused.code == 2
    ((partner,),) = configured_workspace.ledger("SELECT account FROM credential")
    assert partner in refused.err
    assert configured_workspace.call("ledger", "forget", partner.upper()).code == 0
    assert configured_workspace.ledger("SELECT * FROM credential") == []


@pytest.mark.filterwarnings("default::importer.errors.LedgerUpgraded")
@pytest.mark.parametrize("scenario", ["version-3/every-state", "version-3/used-up-quota"])
def test_an_older_ledger_under_another_spelling_sends_nothing_again(workspace, tmp_path, scenario):
    with server_of(scenario, tmp_path) as sandbox:
        spelt = f"HTTP://{sandbox.url.removeprefix('http://')}/./x/.."
        workspace.env = settings_for(spelt) | {"IMPORTER_DISPATCH__SETTLE_MINUTES": "0"}
        path = load_ledger(scenario, workspace.folder / "ledger.db", spelt)
        with closing(sqlite3.connect(path)) as db, db:
            db.execute("INSERT INTO meta VALUES (?, '-3 4 1')", (f"clock of debitura:{spelt}:{PARTNER.upper()}",))
            entries = db.execute("SELECT id, key FROM entry ORDER BY id").fetchall()
            counts = db.execute("SELECT count(*) FROM request_count").fetchall()
        for sheet in copy_files(scenario, workspace.folder):
            assert workspace.call("run", sheet.name, "--yes", "-q").code in {0, 3, 5, 6, 7}
        assert workspace.ledger("SELECT id, key FROM entry ORDER BY id") == entries
        assert {account for (account,) in workspace.ledger("SELECT account FROM entry WHERE kind = 'case'")} == {
            f"debitura:{sandbox.url}:5a4d0b0c-0000-4000-8000-000000000001"
        }
        # The key is known by the address as it was spelt, so that its partner and its counted requests are found.
        assert (fingerprint_of(API_KEY, spelt),) in workspace.ledger("SELECT fingerprint FROM credential")
        assert workspace.ledger("SELECT count(*) FROM request_count") == counts
        names = {name for (name,) in workspace.ledger("SELECT name FROM meta WHERE name LIKE 'clock of %'")}
        assert f"clock of debitura:{sandbox.url}:{PARTNER}" in names
        assert all("HTTP" not in name for name in names)


# Entries that were sent under both spellings

NEW, OLD = "debitura:https://a.example:p", "debitura:HTTPS://A.example/:P"


def ledger_with(tmp_path, *states):
    """An older ledger with one row under two spellings of its account, the first of them the present one."""
    path = load_ledger("version-3/every-state", tmp_path / "ledger.db")
    columns = "batch_id, row_id, ready, payload, digest, idempotency_key, is_test, absent_scans"
    with closing(sqlite3.connect(path)) as db, db:
        for number, (account, state) in enumerate(zip((NEW, OLD), states, strict=True), 901):
            values = (number, account, "case", "one-key", "one-base", state, f"remote-{number}" if state == "accepted" else None)
            text = f"INSERT INTO entry (id, account, kind, key, base, state, remote_id, {columns}) "
            db.execute(f"{text} VALUES (?, ?, ?, ?, ?, ?, ?, 1, 1, 1, x'7b7d', '', 'k', 0, 0)", values)
            voucher = (number + 10, "debbie:https://a.example:t", "voucher", f"v{number}", "b", "pending", None)
            db.execute(f"{text} VALUES (?, ?, ?, ?, ?, ?, ?, 1, 1, 0, x'7b7d', '', 'k', 0, 0)", voucher)
            db.execute("UPDATE entry SET case_id = ? WHERE id = ?", (number, number + 10))
        first = db.execute("SELECT min(id), max(id) FROM row").fetchone()
        db.execute("UPDATE row SET case_entry = 901 WHERE id = ?", (first[0],))
        db.execute("UPDATE row SET case_entry = 902 WHERE id = ?", (first[1],))
    with pytest.warns(LedgerUpgraded):
        Ledger.open(f"sqlite:///{path}", "test").close()
    with closing(sqlite3.connect(path)) as db:
        found = db.execute("SELECT id, account, key, state, superseded_by, case_id, ready FROM entry WHERE id > 900").fetchall()
        rows = db.execute("SELECT case_entry FROM row WHERE id IN (?, ?) ORDER BY id", first).fetchall()
    return {one[0]: one[1:] for one in found}, [entry for (entry,) in rows]


@pytest.mark.parametrize(("states", "remaining"), [(("accepted", "pending"), 901), (("refused", "accepted"), 902)])
def test_of_a_row_under_two_spellings_the_unsent_entry_is_replaced(tmp_path, states, remaining):
    found, rows = ledger_with(tmp_path, *states)
    other = 1803 - remaining
    assert found[remaining][:4] == (NEW, "one-key", "accepted", None)
    assert found[other][3] == remaining
    assert rows == [remaining, remaining]
    assert [found[voucher][4] for voucher in (911, 912)] == [remaining, remaining]
    assert found[other + 10][5] == 1  # its voucher can be sent now


def test_of_a_row_accepted_under_two_spellings_both_keep_their_ids(tmp_path):
    found, rows = ledger_with(tmp_path, "accepted", "accepted")
    assert found[901][:4] == (NEW, "one-key", "accepted", None)
    assert found[902][0] == NEW  # so that its remote id is never taken for another row's
    assert found[902][1] != "one-key"
    assert rows == [901, 902]


@pytest.mark.parametrize("states", [("accepted", "in_doubt"), ("in_doubt", "accepted"), ("held", "sending")])
def test_a_doubt_under_another_spelling_stays_a_doubt_and_is_never_sent(tmp_path, states):
    found, _ = ledger_with(tmp_path, *states)
    by_account = {one[0]: one for number, one in found.items() if number < 910}
    assert by_account.keys() == {NEW, OLD}
    assert by_account[NEW][1] == by_account[OLD][1] == "one-key"
    assert by_account[OLD][2] in {"in_doubt", "sending"}
    assert by_account[OLD][3] is None
