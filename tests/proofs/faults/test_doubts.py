"""Ways to a duplicate, a lost row or a false "accepted", each tried against the real sandbox."""

import csv
import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest
from simulation import ALWAYS, HEADER, write_sheet
from support.workspace import API_KEY, DATA_FOLDER, STATES, TOKEN, CliWorkspace, settings_for

from importer.domain.identity import EntryLabel
from importer.domain.kinds import RecordKind
from importer.sandbox import FaultPlan, Sandbox, SandboxSettings
from importer.sandbox.storage.world import World

APIS = SandboxSettings(api_keys=(API_KEY,), tokens=(TOKEN,), idempotency="ignored")
HIDDEN = {"on": "list", "nth": 2, "times": ALWAYS, "kind": "redirect"}
"""The list is hidden after the first look, without which nothing is sent."""
CASES = range(1, 4)
ELSEWHERE = {"IMPORTER_LEDGER__URL": "sqlite:///other.db", DATA_FOLDER: "another-user"}
"""The settings of another user with the same key."""


def faults(fake_apis, kind=None, on="cases", *more):
    steps = [{"on": on, "nth": 1, "times": ALWAYS, "kind": kind}, *more] if kind else []
    fake_apis.set_faults(FaultPlan.parse(steps))


def at_work(workspace: CliWorkspace, fake_apis: Sandbox, settle: float = 0) -> None:
    workspace.env = settings_for(fake_apis.url, IMPORTER_DISPATCH__SETTLE_MINUTES=str(settle))


def import_cases(workspace, numbers=CASES, *flags, env=None):
    write_sheet(workspace.folder / "cases.csv", numbers)
    return workspace.call("run", "cases.csv", "--yes", "-q", *flags, env=env)


def leave_in_doubt(workspace, fake_apis, kind, numbers=CASES):
    """Every case failed in this way, and the list could not be read."""
    faults(fake_apis, kind, "cases", HIDDEN)
    assert import_cases(workspace, numbers).code == 5
    faults(fake_apis)


CONTROL = range(99, 100)


def accept_a_control(workspace):
    """Import one more case, without which a list proves nothing of the others."""
    assert import_cases(workspace, CONTROL).code == 0


def references(fake_apis):
    return sorted(str(case["creditorReference"]) for case in fake_apis.cases)


def each_once(numbers=CASES):
    return sorted(f"R{number}" for number in numbers)


def accepted_ids(workspace, kind="case"):
    return sorted(i for (i,) in workspace.ledger(f"SELECT remote_id FROM entry WHERE kind = '{kind}' AND state = 'accepted'"))


def names(workspace, state, kind="case"):
    found = workspace.ledger(f"SELECT id, key FROM entry WHERE kind = '{kind}' AND state = '{state}' ORDER BY id")
    return [EntryLabel.of(RecordKind(kind), identifier, key).text() for identifier, key in found]


def change(workspace, statement):
    with closing(sqlite3.connect(workspace.folder / "ledger.db")) as db, db:
        db.execute(statement)


def call_other_claims(workspace):
    """Answer of all questioned rows that the listed cases are others."""
    change(workspace, "UPDATE look_alike SET answer = '{}'")
    change(workspace, "UPDATE entry SET state = 'pending', reasons = NULL WHERE state IN ('questioned', 'blocked')")


def restore(workspace, backup="backup.db"):
    for old in workspace.folder.glob("ledger.db*"):
        old.unlink()
    shutil.copy(workspace.folder / backup, workspace.folder / "ledger.db")


def resume_to_the_end(workspace, tries=60):
    for _ in range(tries):
        if workspace.call("resume", "-q").code == 0:
            return
    raise AssertionError(workspace.ledger(STATES))


# Clocks that disagree


def test_cases_are_found_although_this_machines_clock_is_ahead(workspace):
    with Sandbox(replace(APIS, clock_offset_seconds=-1800)) as fake_apis:
        at_work(workspace, fake_apis)
        leave_in_doubt(workspace, fake_apis, "500_after")
        resumed = workspace.call("resume")
        assert resumed.code == 0, resumed
        assert "clock is 30 minutes ahead of Debitura's" in resumed.err
        assert references(fake_apis) == each_once()
        assert accepted_ids(workspace) == sorted(str(case["id"]) for case in fake_apis.cases)


def test_cases_are_found_although_the_clock_was_set_right_since(workspace, tmp_path):
    """What was measured when they were sent is remembered."""
    data = tmp_path / "apis.jsonl"
    with Sandbox(replace(APIS, data_file=data, clock_offset_seconds=-1800)) as fake_apis:
        at_work(workspace, fake_apis)
        leave_in_doubt(workspace, fake_apis, "500_after")
        port = int(fake_apis.url.rsplit(":", 1)[1])
    with Sandbox(replace(APIS, data_file=data, port=port)) as fake_apis:
        resumed = workspace.call("resume", "-q")
        assert resumed.code == 0, resumed
        assert "clock" not in resumed.err
        assert references(fake_apis) == each_once()


def test_an_older_case_is_not_taken_for_ours_because_this_machines_clock_is_behind(workspace, tmp_path):
    """By the server's clock it was made ten minutes before our first attempt: it is another user's, and a person said so."""
    data = tmp_path / "apis.jsonl"
    with Sandbox(replace(APIS, data_file=data, clock_offset_seconds=3000)) as fake_apis:
        at_work(workspace, fake_apis)
        write_sheet(workspace.folder / "cases.csv", range(1, 2))
        assert workspace.call("run", "cases.csv", "--yes", "-q", env=ELSEWHERE).code == 0
        port = int(fake_apis.url.rsplit(":", 1)[1])
    with Sandbox(replace(APIS, data_file=data, port=port, clock_offset_seconds=3600)) as fake_apis:
        assert import_cases(workspace, range(1, 2)).code == 6
        (name,) = names(workspace, "questioned")
        assert workspace.call("resolve", name, "--send").code == 0
        faults(fake_apis, "500_after", "cases", HIDDEN)
        assert workspace.call("resume", "-q").code == 5
        faults(fake_apis)
        for _ in range(3):  # its voucher is held: the other ledger has used its unique id, below the other case
            workspace.call("resume", "-q")
        assert accepted_ids(workspace) == [fake_apis.cases[1]["id"]]


def test_a_case_in_doubt_is_not_put_off_like_one_that_is_sent_again(configured_workspace, fake_apis):
    """It is looked for, which costs no repeat: the share of those is for what is repeated."""
    at_work(configured_workspace, fake_apis)
    leave_in_doubt(configured_workspace, fake_apis, "500_after")
    assert configured_workspace.ledger("SELECT count(*) FROM entry WHERE state = 'in_doubt' AND not_before IS NULL") == [
        (len(CASES),)
    ]


# A person's word


def test_absent_is_not_believed_of_a_case_that_is_listed(configured_workspace, fake_apis):
    at_work(configured_workspace, fake_apis)
    leave_in_doubt(configured_workspace, fake_apis, "500_after", range(1, 2))
    (name,), (case,) = names(configured_workspace, "in_doubt"), fake_apis.cases
    refused = configured_workspace.call("resolve", name, "--absent")
    assert refused.code == 2
    assert f"case {case['id']} ({case['reference']}) of " in refused.err
    assert f"`importer resolve {name} --exists {case['id']}`" in refused.err
    assert "Person 1" not in refused.err
    assert names(configured_workspace, "in_doubt") == [name]

    assert configured_workspace.call("resolve", name, "--although-listed").code == 2
    assert configured_workspace.call("resolve", name, "--absent", "--although-listed").code == 0
    assert configured_workspace.call("resume", "-q").code == 0
    assert references(fake_apis) == ["R1", "R1"]  # as the person wanted it
    assert accepted_ids(configured_workspace) == [fake_apis.cases[1]["id"]]


def test_absent_is_believed_when_what_is_listed_belongs_to_another_row(configured_workspace, fake_apis):
    at_work(configured_workspace, fake_apis)
    import_twins(configured_workspace, fake_apis, {"on": "cases", "nth": 2, "kind": "500_before"}, HIDDEN)
    faults(fake_apis)
    (name,) = names(configured_workspace, "in_doubt")
    assert configured_workspace.call("resolve", name, "--absent").code == 0
    assert configured_workspace.call("resume", "-q").code == 0
    assert len(fake_apis.cases) == len(set(accepted_ids(configured_workspace))) == 2


def test_without_the_api_nothing_is_resolved(configured_workspace, fake_apis):
    at_work(configured_workspace, fake_apis)
    leave_in_doubt(configured_workspace, fake_apis, "500_after", range(1, 2))
    (name,) = names(configured_workspace, "in_doubt")
    faults(fake_apis, "redirect", "list")
    assert configured_workspace.call("resolve", name, "--absent").code == 5
    faults(fake_apis, "503_html", "me")
    assert configured_workspace.call("resolve", name, "--absent").code == 5
    assert names(configured_workspace, "in_doubt") == [name]


def test_nothing_is_called_absent_by_a_list_that_does_not_hold_still(configured_workspace, fake_apis):
    at_work(configured_workspace, fake_apis)
    fake_apis.set_faults(FaultPlan.parse([{"on": "cases", "nth": 1, "kind": "500_before"}, HIDDEN]))
    assert import_cases(configured_workspace, range(1, 106)).code == 5
    (name,) = names(configured_workspace, "in_doubt")
    faults(fake_apis, "slow_list", "list")
    refused = configured_workspace.call("resolve", name, "--absent")
    assert refused.code == 5
    assert "changed each time that it was read" in refused.err
    assert names(configured_workspace, "in_doubt") == [name]
    faults(fake_apis)
    assert configured_workspace.call("resolve", name, "--absent").code == 0


def test_another_accounts_entry_is_not_resolved(workspace):
    with Sandbox(APIS) as fake_apis:
        at_work(workspace, fake_apis)
        leave_in_doubt(workspace, fake_apis, "500_after", range(1, 2))
        port, case = int(fake_apis.url.rsplit(":", 1)[1]), fake_apis.cases[0]["id"]
    (name,) = names(workspace, "in_doubt")
    other = "5a4d0b0c-0000-4000-8000-000000000002"
    with Sandbox(replace(APIS, port=port, partner_id=other)):
        for word in (("--absent",), ("--exists", str(case))):
            refused = workspace.call("resolve", name, *word)
            assert refused.code == 2
            assert f"belongs to the account debitura:{fake_apis.url}:{APIS.partner_id}" in refused.err
            assert other in refused.err
    assert names(workspace, "in_doubt") == [name]


def test_an_id_is_remembered_as_the_api_writes_it(configured_workspace, fake_apis):
    """In other letters it would be another case to the ledger, and a twin could take it as well."""
    at_work(configured_workspace, fake_apis)
    leave_in_doubt(configured_workspace, fake_apis, "500_after", range(1, 2))
    (name,), (case,) = names(configured_workspace, "in_doubt"), fake_apis.cases
    assert configured_workspace.call("resolve", name, "--exists", str(case["id"]).upper()).code == 0
    assert accepted_ids(configured_workspace) == [case["id"]]


def test_absent_is_not_believed_of_a_voucher_that_is_listed(configured_workspace, fake_apis):
    at_work(configured_workspace, fake_apis)
    faults(fake_apis, "500_after", "vouchers")
    assert import_cases(configured_workspace, range(1, 2)).code in {5, 6}
    faults(fake_apis)
    (name,), (voucher,) = names(configured_workspace, "in_doubt", "voucher"), fake_apis.vouchers
    refused = configured_workspace.call("resolve", name, "--absent")
    assert refused.code == 2
    assert f"--exists {voucher['id']}" in refused.err
    assert configured_workspace.call("resolve", name, "--exists", str(voucher["id"])).code == 0
    assert accepted_ids(configured_workspace, "voucher") == [voucher["id"]]


# Restored ledgers


def stop_before_the_first(workspace, fake_apis):
    """The rows are in the ledger, and none has been sent."""
    fake_apis.set_faults(FaultPlan.parse([{"on": "cases", "nth": 1, "times": ALWAYS, "kind": "redirect"}]))
    assert import_cases(workspace).code == 5
    faults(fake_apis)


def test_cases_that_show_late_are_not_sent_twice_after_a_restore(configured_workspace, fake_apis):
    at_work(configured_workspace, fake_apis, settle=0.5)
    stop_before_the_first(configured_workspace, fake_apis)
    assert configured_workspace.call("ledger", "backup", "backup.db").code == 0
    fake_apis.set_faults(FaultPlan(late_rate=1.0, late_seconds=6.0))
    assert configured_workspace.call("resume", "-q").code == 0
    restore(configured_workspace)
    change(configured_workspace, "UPDATE meta SET value = '2026-01-01T00:00:00.000000Z' WHERE name = 'backup_taken_at'")
    assert configured_workspace.call("resume", "-q").code == 6  # not in the list yet: waited for
    resume_to_the_end(configured_workspace)
    assert references(fake_apis) == each_once()


def test_old_doubts_of_a_backup_wait_for_the_list_again(configured_workspace, fake_apis):
    """The lost ledger may have sent them again a moment ago."""
    at_work(configured_workspace, fake_apis, settle=0.5)
    accept_a_control(configured_workspace)
    leave_in_doubt(configured_workspace, fake_apis, "500_before")
    change(configured_workspace, "UPDATE entry SET doubted_at = '2026-01-01T00:00:00.000000Z' WHERE state = 'in_doubt'")
    assert configured_workspace.call("ledger", "backup", "backup.db").code == 0
    fake_apis.set_faults(FaultPlan(late_rate=1.0, late_seconds=6.0))
    resume_to_the_end(configured_workspace)
    restore(configured_workspace)
    resume_to_the_end(configured_workspace)
    assert references(fake_apis) == each_once([*CASES, *CONTROL])


def test_what_was_called_absent_before_the_backup_is_looked_for_after_a_restore(configured_workspace, fake_apis):
    at_work(configured_workspace, fake_apis)
    leave_in_doubt(configured_workspace, fake_apis, "500_before")
    for name in names(configured_workspace, "in_doubt"):
        assert configured_workspace.call("resolve", name, "--absent").code == 0
    assert configured_workspace.call("ledger", "backup", "backup.db").code == 0
    assert configured_workspace.call("resume", "-q").code == 0
    restore(configured_workspace)
    resume_to_the_end(configured_workspace)
    assert references(fake_apis) == each_once()


def test_a_persons_word_on_a_restored_ledger_holds(configured_workspace, fake_apis):
    at_work(configured_workspace, fake_apis)
    leave_in_doubt(configured_workspace, fake_apis, "500_after", range(1, 2))
    assert configured_workspace.call("ledger", "backup", "backup.db").code == 0
    restore(configured_workspace)
    (name,) = names(configured_workspace, "in_doubt")
    assert configured_workspace.call("resolve", name, "--absent", "--although-listed").code == 0
    assert configured_workspace.call("resume", "-q").code == 0
    assert accepted_ids(configured_workspace) == [fake_apis.cases[1]["id"]]


def test_another_payload_is_looked_for_although_the_old_one_was(configured_workspace, fake_apis):
    """On a restored ledger: the row that is corrected may be the one that was sent after the backup."""
    at_work(configured_workspace, fake_apis)
    stop_before_the_first(configured_workspace, fake_apis)
    assert configured_workspace.call("ledger", "backup", "backup.db").code == 0
    write_sheet(configured_workspace.folder / "cases.csv", CASES)
    sheet = (configured_workspace.folder / "cases.csv").read_text()
    (configured_workspace.folder / "right.csv").write_text(sheet.replace(",R", ",Q").replace("Person ", "Man "))
    assert configured_workspace.call("run", "right.csv", "--yes", "-q").code == 0
    restore(configured_workspace)
    fake_apis.set_faults(FaultPlan.parse([{"on": "cases", "nth": 1, "times": ALWAYS, "kind": "redirect"}]))
    one = {"IMPORTER_DISPATCH__CONCURRENCY": "1"}
    assert configured_workspace.call("resume", "-q", env=one).code == 5  # looked for, not there, and not sent either
    faults(fake_apis)
    configured_workspace.call("run", "right.csv", "--yes", "-q")
    resume_to_the_end(configured_workspace)
    assert references(fake_apis) == [f"Q{number}" for number in CASES]


# Rows that are alike


def import_twins(workspace, fake_apis, *steps):
    """Import two equal rows without any reference, of which a person says that they are two cases, with faults in the sending."""
    row = ["", "Nord Test A/S", "DK", "DKK", "2026-01-02", "100.00", "", "Person", "Person 1", "DK"]
    with (workspace.folder / "twins.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([HEADER[: len(row)], row, row])
    faults(fake_apis, "redirect", "list")  # nothing is sent before the answer
    assert workspace.call("run", "twins.csv", "--yes", "-q").code == 5
    assert workspace.call("resolve", "--batch", "1", "--kind", "twin", "--send", "--confirm", "1").code == 0
    fake_apis.set_faults(FaultPlan.parse(list(steps)))
    assert workspace.call("resume", "-q", env={"IMPORTER_DISPATCH__CONCURRENCY": "1"}).code == 5


@pytest.mark.parametrize("kind", ["500_after", "500_before"])
@pytest.mark.parametrize("nth", [1, 2])
def test_one_of_two_twins_in_doubt(configured_workspace, fake_apis, kind, nth):
    """The other owns its case already: what is left is this one's, or nothing is."""
    at_work(configured_workspace, fake_apis)
    import_twins(configured_workspace, fake_apis, {"on": "cases", "nth": nth, "kind": kind}, HIDDEN)
    faults(fake_apis)
    resume_to_the_end(configured_workspace)
    assert len(fake_apis.cases) == 2
    assert accepted_ids(configured_workspace) == sorted(str(case["id"]) for case in fake_apis.cases)


def test_a_test_case_is_never_taken_for_the_real_one(configured_workspace, fake_apis):
    """Sent from another ledger a moment ago, it agrees in everything else."""
    at_work(configured_workspace, fake_apis)
    accept_a_control(configured_workspace)
    write_sheet(configured_workspace.folder / "cases.csv", CASES)
    assert configured_workspace.call("run", "cases.csv", "--yes", "-q", "--test-cases", env=ELSEWHERE).code == 0
    leave_in_doubt(configured_workspace, fake_apis, "500_before")
    resume_to_the_end(configured_workspace)
    assert references(fake_apis) == sorted([*each_once() * 2, *each_once(CONTROL)])
    assert accepted_ids(configured_workspace) == sorted(str(case["id"]) for case in fake_apis.cases if not case["isTest"])


def test_two_ledgers_with_one_key(configured_workspace, fake_apis):
    """What another ledger has sent meanwhile is found like one's own, and not sent again."""
    at_work(configured_workspace, fake_apis)
    leave_in_doubt(configured_workspace, fake_apis, "500_before")
    assert configured_workspace.call("run", "cases.csv", "--yes", "-q", env=ELSEWHERE).code == 0
    resume_to_the_end(configured_workspace)
    assert references(fake_apis) == each_once()
    assert len(fake_apis.vouchers) == len(CASES)


# Corrections while in doubt


def test_a_row_that_is_corrected_while_in_doubt_changes_nothing(configured_workspace, fake_apis):
    at_work(configured_workspace, fake_apis, settle=0.5)
    leave_in_doubt(configured_workspace, fake_apis, "500_after")
    sheet = (configured_workspace.folder / "cases.csv").read_text()
    (configured_workspace.folder / "cases.csv").write_text(sheet.replace(",101.01,", ",999.00,"))
    faults(fake_apis, "redirect", "list")
    corrected = configured_workspace.call("run", "cases.csv", "--yes", "-q")
    assert corrected.code == 5
    assert [code for (code,) in configured_workspace.ledger("SELECT reasons FROM reject") if "changed_in_doubt" in code]
    faults(fake_apis)
    resume_to_the_end(configured_workspace)
    assert references(fake_apis) == each_once()
    assert {str(case["amount"]) for case in fake_apis.cases} == {"101.01", "102.02", "103.03"}


def test_a_voucher_in_doubt_keeps_its_case_from_being_another(configured_workspace, fake_apis):
    """Its row in the error sheet names the case, which is there: a new reference would make a second one."""
    at_work(configured_workspace, fake_apis)
    faults(fake_apis, "500_after", "vouchers")
    assert import_cases(configured_workspace, range(1, 2)).code in {5, 6}
    faults(fake_apis)
    sheet = max((configured_workspace.folder / "output").glob("*/errors.xlsx"), key=lambda path: path.stat().st_mtime_ns)
    book = openpyxl.load_workbook(sheet)
    page, *_ = book.worksheets  # the last one sums up
    heading = {cell.value: cell.column for cell in page[1]}
    page.cell(2, heading["case_ref"]).value = "ANOTHER"
    book.save(corrected := Path(configured_workspace.folder / "corrected.xlsx"))
    assert configured_workspace.call("run", str(corrected), "--yes", "-q").code == 3
    resume_to_the_end(configured_workspace)
    assert len(fake_apis.cases) == len(fake_apis.vouchers) == 1


# What the server calls taken


def test_a_reference_that_older_cases_have_is_for_a_person(workspace, tmp_path):
    """The server refuses it each time that it is sent, and the list shows no case of ours."""
    data, numbers = tmp_path / "apis.jsonl", range(1, 25)
    with Sandbox(replace(APIS, data_file=data, clock_offset_seconds=-3600)) as fake_apis:
        at_work(workspace, fake_apis)
        assert import_cases(workspace, numbers, env=ELSEWHERE).code == 0
        port, old = int(fake_apis.url.rsplit(":", 1)[1]), {c["creditorReference"]: c["id"] for c in fake_apis.cases}
    with Sandbox(replace(APIS, data_file=data, port=port, unique_references=True)) as fake_apis:
        assert import_cases(workspace, numbers).code == 6
        call_other_claims(workspace)
        # So many refusals in a row are not taken for an API that is down.
        assert workspace.call("resume", "-q", env={"IMPORTER_DISPATCH__CONCURRENCY": "2"}).code == 6
        assert fake_apis.requests["cases"] == len(numbers)
        assert workspace.call("resume", "-q").code == 6
        assert workspace.call("resume", "-q").code == 6
        assert fake_apis.requests["cases"] == len(numbers)  # not sent again and again
        held = names(workspace, "held")
        assert len(held) == len(numbers)
        (reasons,) = workspace.ledger("SELECT reasons FROM entry WHERE kind = 'case' ORDER BY id LIMIT 1")[0]
        assert "it is an older one" in reasons
        assert workspace.call("resolve", held[0], "--exists", str(old["R1"])).code == 0
        assert accepted_ids(workspace) == [old["R1"]]
        assert len(fake_apis.cases) == len(numbers)


@pytest.fixture
def late_vouchers(configured_workspace, fake_apis, monkeypatch):
    """Another ledger has sent the vouchers, with other keys, and their cases do not show them; call it to show them."""
    at_work(configured_workspace, fake_apis)
    import_cases(configured_workspace)
    restored = configured_workspace.ledger("SELECT count(*) FROM entry WHERE state = 'accepted'")
    assert restored == [(2 * len(CASES),)]
    change(
        configured_workspace,
        "UPDATE entry SET state = 'pending', remote_id = NULL, idempotency_key = 'k' || id WHERE kind = 'voucher'",
    )
    shown = World.vouchers_of
    monkeypatch.setattr(World, "vouchers_of", lambda *_: [])
    at_work(configured_workspace, fake_apis, settle=15)
    return lambda: monkeypatch.setattr(World, "vouchers_of", shown)


def test_a_taken_unique_id_that_is_not_listed_yet_is_no_reason_for_another(configured_workspace, fake_apis, late_vouchers):
    """Whoever followed the advice to give the row another one would make the voucher twice."""
    assert configured_workspace.call("resume", "-q").code == 6
    assert len(names(configured_workspace, "in_doubt", "voucher")) == len(CASES)
    late_vouchers()
    assert configured_workspace.call("resume", "-q").code == 0
    assert accepted_ids(configured_workspace, "voucher") == sorted(str(voucher["id"]) for voucher in fake_apis.vouchers)
    assert len(fake_apis.vouchers) == len(CASES)


@pytest.mark.usefixtures("late_vouchers")
def test_a_taken_unique_id_that_is_never_listed_is_held_in_the_end(configured_workspace, fake_apis):
    assert configured_workspace.call("resume", "-q").code == 6
    before = fake_apis.requests["vouchers"]
    at_work(configured_workspace, fake_apis, settle=0)
    assert configured_workspace.call("resume", "-q").code == 6
    assert fake_apis.requests["vouchers"] == before
    (reasons,) = configured_workspace.ledger("SELECT reasons FROM entry WHERE kind = 'voucher' LIMIT 1")[0]
    assert "does not show this voucher as it was sent" in reasons
    assert len(names(configured_workspace, "held", "voucher")) == len(CASES)


# Ledgers of an earlier version


def test_a_ledger_that_did_not_count_requests_goes_on_and_counts(configured_workspace, fake_apis):
    at_work(configured_workspace, fake_apis)
    leave_in_doubt(configured_workspace, fake_apis, "500_after")
    change(configured_workspace, "DELETE FROM request_count")
    assert configured_workspace.call("status").code == 0
    resume_to_the_end(configured_workspace)
    assert references(fake_apis) == each_once()
    assert configured_workspace.ledger("SELECT count(*) > 0 FROM request_count") == [(1,)]
