"""Ways to a duplicate, a lost row or a false "accepted", each tried against the real sandbox."""

import csv
import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest
from kill_points import ALWAYS
from support.workspace import API_KEY, STATES, TOKEN, Desk, settings_for
from world import HEADER, write_sheet

from importer.domain.identity import EntryLabel
from importer.domain.kinds import RecordKind
from importer.sandbox import FaultPlan, Sandbox, SandboxSettings
from importer.sandbox.storage.world import World

VENDORS = SandboxSettings(api_keys=(API_KEY,), tokens=(TOKEN,))
HIDDEN = {"on": "list", "nth": 1, "times": ALWAYS, "kind": "redirect"}
CASES = range(1, 4)


def faults(vendors, kind=None, on="cases", *more):
    steps = [{"on": on, "nth": 1, "times": ALWAYS, "kind": kind}, *more] if kind else []
    vendors.set_faults(FaultPlan.parse(steps))


def at_work(desk: Desk, vendors: Sandbox, settle: float = 0) -> None:
    desk.live = settings_for(vendors.url, IMPORTER_DISPATCH__SETTLE_MINUTES=str(settle))


def import_cases(desk, numbers=CASES, *flags, env=None):
    write_sheet(desk.folder / "cases.csv", numbers)
    return desk.call("run", "cases.csv", "--yes", "-q", *flags, env=env)


def leave_in_doubt(desk, vendors, kind, numbers=CASES):
    """Every case failed in this way, and the list could not be read."""
    faults(vendors, kind, "cases", HIDDEN)
    assert import_cases(desk, numbers).code == 5
    faults(vendors)


def references(vendors):
    return sorted(str(case["creditorReference"]) for case in vendors.cases)


def each_once(numbers=CASES):
    return sorted(f"R{number}" for number in numbers)


def accepted_ids(desk, kind="case"):
    return sorted(i for (i,) in desk.ledger(f"SELECT remote_id FROM entry WHERE kind = '{kind}' AND state = 'accepted'"))


def names(desk, state, kind="case"):
    found = desk.ledger(f"SELECT id, key FROM entry WHERE kind = '{kind}' AND state = '{state}' ORDER BY id")
    return [EntryLabel.of(RecordKind(kind), identifier, key).text() for identifier, key in found]


def change(desk, statement):
    with closing(sqlite3.connect(desk.folder / "ledger.db")) as db, db:
        db.execute(statement)


def restore(desk, backup="backup.db"):
    for old in desk.folder.glob("ledger.db*"):
        old.unlink()
    shutil.copy(desk.folder / backup, desk.folder / "ledger.db")


def resume_to_the_end(desk, tries=60):
    for _ in range(tries):
        if desk.call("resume", "-q").code == 0:
            return
    raise AssertionError(desk.ledger(STATES))


# Clocks that disagree


def test_cases_are_found_although_this_machines_clock_is_ahead(desk):
    with Sandbox(replace(VENDORS, clock_offset_seconds=-1800)) as vendors:
        at_work(desk, vendors)
        leave_in_doubt(desk, vendors, "500_after")
        resumed = desk.call("resume")
        assert resumed.code == 0, resumed
        assert "clock is 30 minutes ahead of Debitura's" in resumed.err
        assert references(vendors) == each_once()
        assert accepted_ids(desk) == sorted(str(case["id"]) for case in vendors.cases)


def test_cases_are_found_although_the_clock_was_set_right_since(desk, tmp_path):
    """What was measured when they were sent is remembered."""
    data = tmp_path / "world.jsonl"
    with Sandbox(replace(VENDORS, data_file=data, clock_offset_seconds=-1800)) as vendors:
        at_work(desk, vendors)
        leave_in_doubt(desk, vendors, "500_after")
        port = int(vendors.url.rsplit(":", 1)[1])
    with Sandbox(replace(VENDORS, data_file=data, port=port)) as vendors:
        resumed = desk.call("resume", "-q")
        assert resumed.code == 0, resumed
        assert "clock" not in resumed.err
        assert references(vendors) == each_once()


def test_an_older_case_is_not_taken_for_ours_because_this_machines_clock_is_behind(desk, tmp_path):
    """By the server's clock it was made ten minutes before our first attempt: it is another ledger's."""
    data, elsewhere = tmp_path / "world.jsonl", {"IMPORTER_LEDGER__URL": "sqlite:///other.db"}
    with Sandbox(replace(VENDORS, data_file=data, clock_offset_seconds=3000)) as vendors:
        at_work(desk, vendors)
        write_sheet(desk.folder / "cases.csv", range(1, 2))
        assert desk.call("run", "cases.csv", "--yes", "-q", env=elsewhere).code == 0
        port = int(vendors.url.rsplit(":", 1)[1])
    with Sandbox(replace(VENDORS, data_file=data, port=port, clock_offset_seconds=3600)) as vendors:
        leave_in_doubt(desk, vendors, "500_after", range(1, 2))
        resume_to_the_end(desk)
        assert accepted_ids(desk) == [vendors.cases[1]["id"]]


def test_a_case_in_doubt_is_not_put_off_like_one_that_is_sent_again(live, vendors):
    """It is looked for, which costs no repeat: the share of those is for what is repeated."""
    at_work(live, vendors)
    leave_in_doubt(live, vendors, "500_after")
    assert live.ledger("SELECT count(*) FROM entry WHERE state = 'in_doubt' AND not_before IS NULL") == [(len(CASES),)]


# A person's word


def test_absent_is_not_believed_of_a_case_that_is_listed(live, vendors):
    at_work(live, vendors)
    leave_in_doubt(live, vendors, "500_after", range(1, 2))
    (name,), (case,) = names(live, "in_doubt"), vendors.cases
    refused = live.call("resolve", name, "--absent")
    assert refused.code == 2
    assert f"case {case['id']} ({case['reference']}) of " in refused.err
    assert f"`importer resolve {name} --exists {case['id']}`" in refused.err
    assert "Person 1" not in refused.err
    assert names(live, "in_doubt") == [name]

    assert live.call("resolve", name, "--although-listed").code == 2
    assert live.call("resolve", name, "--absent", "--although-listed").code == 0
    assert live.call("resume", "-q").code == 0
    assert references(vendors) == ["R1", "R1"]  # as the person wanted it
    assert accepted_ids(live) == [vendors.cases[1]["id"]]


def test_absent_is_believed_when_what_is_listed_belongs_to_another_row(live, vendors):
    write_twins(live)
    at_work(live, vendors)
    vendors.set_faults(FaultPlan.parse([{"on": "cases", "nth": 2, "kind": "500_before"}, HIDDEN]))
    assert live.call("run", "twins.csv", "--yes", "-q", env={"IMPORTER_DISPATCH__CONCURRENCY": "1"}).code == 5
    faults(vendors)
    (name,) = names(live, "in_doubt")
    assert live.call("resolve", name, "--absent").code == 0
    assert live.call("resume", "-q").code == 0
    assert len(vendors.cases) == len(set(accepted_ids(live))) == 2


def test_without_the_api_nothing_is_resolved(live, vendors):
    at_work(live, vendors)
    leave_in_doubt(live, vendors, "500_after", range(1, 2))
    (name,) = names(live, "in_doubt")
    faults(vendors, "redirect", "list")
    assert live.call("resolve", name, "--absent").code == 5
    faults(vendors, "503_html", "me")
    assert live.call("resolve", name, "--absent").code == 5
    assert names(live, "in_doubt") == [name]


def test_nothing_is_called_absent_by_a_list_that_does_not_hold_still(live, vendors):
    at_work(live, vendors)
    vendors.set_faults(FaultPlan.parse([{"on": "cases", "nth": 1, "kind": "500_before"}, HIDDEN]))
    assert import_cases(live, range(1, 106)).code == 5
    (name,) = names(live, "in_doubt")
    faults(vendors, "slow_list", "list")
    refused = live.call("resolve", name, "--absent")
    assert refused.code == 5
    assert "changed each time that it was read" in refused.err
    assert names(live, "in_doubt") == [name]
    faults(vendors)
    assert live.call("resolve", name, "--absent").code == 0


def test_another_accounts_entry_is_not_resolved(desk):
    with Sandbox(VENDORS) as vendors:
        at_work(desk, vendors)
        leave_in_doubt(desk, vendors, "500_after", range(1, 2))
        port, case = int(vendors.url.rsplit(":", 1)[1]), vendors.cases[0]["id"]
    (name,) = names(desk, "in_doubt")
    other = "5a4d0b0c-0000-4000-8000-000000000002"
    with Sandbox(replace(VENDORS, port=port, partner_id=other)):
        for word in (("--absent",), ("--exists", str(case))):
            refused = desk.call("resolve", name, *word)
            assert refused.code == 2
            assert f"belongs to the account debitura:{vendors.url}:{VENDORS.partner_id}" in refused.err
            assert other in refused.err
    assert names(desk, "in_doubt") == [name]


def test_an_id_is_remembered_as_the_api_writes_it(live, vendors):
    """In other letters it would be another case to the ledger, and a twin could take it as well."""
    at_work(live, vendors)
    leave_in_doubt(live, vendors, "500_after", range(1, 2))
    (name,), (case,) = names(live, "in_doubt"), vendors.cases
    assert live.call("resolve", name, "--exists", str(case["id"]).upper()).code == 0
    assert accepted_ids(live) == [case["id"]]


def test_absent_is_not_believed_of_a_voucher_that_is_listed(live, vendors):
    at_work(live, vendors)
    faults(vendors, "500_after", "vouchers")
    assert import_cases(live, range(1, 2)).code in {5, 6}
    faults(vendors)
    (name,), (voucher,) = names(live, "in_doubt", "voucher"), vendors.vouchers
    refused = live.call("resolve", name, "--absent")
    assert refused.code == 2
    assert f"--exists {voucher['id']}" in refused.err
    assert live.call("resolve", name, "--exists", str(voucher["id"])).code == 0
    assert accepted_ids(live, "voucher") == [voucher["id"]]


# Restored ledgers


def stop_before_the_first(desk, vendors):
    """The rows are in the ledger, and none has been sent."""
    vendors.set_faults(FaultPlan.parse([{"on": "cases", "nth": 1, "times": ALWAYS, "kind": "redirect"}]))
    assert import_cases(desk).code == 5
    faults(vendors)


def test_cases_that_show_late_are_not_sent_twice_after_a_restore(live, vendors):
    at_work(live, vendors, settle=0.5)
    stop_before_the_first(live, vendors)
    assert live.call("ledger", "backup", "backup.db").code == 0
    vendors.set_faults(FaultPlan(late_rate=1.0, late_seconds=2.0))
    assert live.call("resume", "-q").code == 0
    restore(live)
    change(live, "UPDATE meta SET value = '2026-01-01T00:00:00.000000Z' WHERE name = 'backup_taken_at'")
    assert live.call("resume", "-q").code == 6  # not in the list yet: waited for
    resume_to_the_end(live)
    assert references(vendors) == each_once()


def test_old_doubts_of_a_backup_wait_for_the_list_again(live, vendors):
    """The lost ledger may have sent them again a moment ago."""
    at_work(live, vendors, settle=0.5)
    leave_in_doubt(live, vendors, "500_before")
    change(live, "UPDATE entry SET doubted_at = '2026-01-01T00:00:00.000000Z' WHERE kind = 'case'")
    assert live.call("ledger", "backup", "backup.db").code == 0
    vendors.set_faults(FaultPlan(late_rate=1.0, late_seconds=2.0))
    resume_to_the_end(live)
    restore(live)
    resume_to_the_end(live)
    assert references(vendors) == each_once()


def test_what_was_called_absent_before_the_backup_is_looked_for_after_a_restore(live, vendors):
    at_work(live, vendors)
    leave_in_doubt(live, vendors, "500_before")
    for name in names(live, "in_doubt"):
        assert live.call("resolve", name, "--absent").code == 0
    assert live.call("ledger", "backup", "backup.db").code == 0
    assert live.call("resume", "-q").code == 0
    restore(live)
    resume_to_the_end(live)
    assert references(vendors) == each_once()


def test_a_persons_word_on_a_restored_ledger_holds(live, vendors):
    at_work(live, vendors)
    leave_in_doubt(live, vendors, "500_after", range(1, 2))
    assert live.call("ledger", "backup", "backup.db").code == 0
    restore(live)
    (name,) = names(live, "in_doubt")
    assert live.call("resolve", name, "--absent", "--although-listed").code == 0
    assert live.call("resume", "-q").code == 0
    assert accepted_ids(live) == [vendors.cases[1]["id"]]


def test_another_payload_is_looked_for_although_the_old_one_was(live, vendors):
    """On a restored ledger: the row that is corrected may be the one that was sent after the backup."""
    at_work(live, vendors)
    stop_before_the_first(live, vendors)
    assert live.call("ledger", "backup", "backup.db").code == 0
    write_sheet(live.folder / "cases.csv", CASES)
    sheet = (live.folder / "cases.csv").read_text()
    (live.folder / "right.csv").write_text(sheet.replace(",R", ",Q").replace("Person ", "Man "))
    assert live.call("run", "right.csv", "--yes", "-q").code == 0
    restore(live)
    vendors.set_faults(FaultPlan.parse([{"on": "cases", "nth": 1, "times": ALWAYS, "kind": "redirect"}]))
    one = {"IMPORTER_DISPATCH__CONCURRENCY": "1"}
    assert live.call("resume", "-q", env=one).code == 5  # looked for, not there, and not sent either
    faults(vendors)
    live.call("run", "right.csv", "--yes", "-q")
    resume_to_the_end(live)
    assert references(vendors) == [f"Q{number}" for number in CASES]


# Rows that are alike


def write_twins(desk):
    """Two equal rows that are two cases: without any reference."""
    row = ["", "Nord Test A/S", "DK", "DKK", "2026-01-02", "100.00", "", "Person", "Person 1", "DK"]
    with (desk.folder / "twins.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([HEADER[: len(row)], row, row])


@pytest.mark.parametrize("kind", ["500_after", "500_before"])
@pytest.mark.parametrize("nth", [1, 2])
def test_one_of_two_twins_in_doubt(live, vendors, kind, nth):
    """The other owns its case already: what is left is this one's, or nothing is."""
    write_twins(live)
    at_work(live, vendors)
    vendors.set_faults(FaultPlan.parse([{"on": "cases", "nth": nth, "kind": kind}, HIDDEN]))
    assert live.call("run", "twins.csv", "--yes", "-q", env={"IMPORTER_DISPATCH__CONCURRENCY": "1"}).code == 5
    faults(vendors)
    resume_to_the_end(live)
    assert len(vendors.cases) == 2
    assert accepted_ids(live) == sorted(str(case["id"]) for case in vendors.cases)


def test_a_test_case_is_never_taken_for_the_real_one(live, vendors):
    """Sent from another ledger a moment ago, it agrees in everything else."""
    at_work(live, vendors)
    elsewhere = {"IMPORTER_LEDGER__URL": "sqlite:///other.db"}
    write_sheet(live.folder / "cases.csv", CASES)
    assert live.call("run", "cases.csv", "--yes", "-q", "--test-cases", env=elsewhere).code == 0
    leave_in_doubt(live, vendors, "500_before")
    resume_to_the_end(live)
    assert references(vendors) == sorted(each_once() * 2)
    assert accepted_ids(live) == sorted(str(case["id"]) for case in vendors.cases if not case["isTest"])


def test_two_ledgers_with_one_key(live, vendors):
    """What another ledger has sent meanwhile is found like one's own, and not sent again."""
    at_work(live, vendors)
    leave_in_doubt(live, vendors, "500_before")
    elsewhere = {"IMPORTER_LEDGER__URL": "sqlite:///other.db"}
    assert live.call("run", "cases.csv", "--yes", "-q", env=elsewhere).code == 0
    resume_to_the_end(live)
    assert references(vendors) == each_once()
    assert len(vendors.vouchers) == len(CASES)


# Corrections while in doubt


def test_a_row_that_is_corrected_while_in_doubt_changes_nothing(live, vendors):
    at_work(live, vendors, settle=0.5)
    leave_in_doubt(live, vendors, "500_after")
    sheet = (live.folder / "cases.csv").read_text()
    (live.folder / "cases.csv").write_text(sheet.replace(",101.01,", ",999.00,"))
    faults(vendors, "redirect", "list")
    corrected = live.call("run", "cases.csv", "--yes", "-q")
    assert corrected.code == 5
    assert [code for (code,) in live.ledger("SELECT reasons FROM reject") if "changed_in_doubt" in code]
    faults(vendors)
    resume_to_the_end(live)
    assert references(vendors) == each_once()
    assert {str(case["amount"]) for case in vendors.cases} == {"101.01", "102.02", "103.03"}


def test_a_voucher_in_doubt_keeps_its_case_from_being_another(live, vendors):
    """Its row in the error sheet names the case, which is there: a new reference would make a second one."""
    at_work(live, vendors)
    faults(vendors, "500_after", "vouchers")
    assert import_cases(live, range(1, 2)).code in {5, 6}
    faults(vendors)
    sheet = max((live.folder / "output").glob("*/errors.xlsx"), key=lambda path: path.stat().st_mtime_ns)
    book = openpyxl.load_workbook(sheet)
    page, *_ = book.worksheets  # the last one sums up
    heading = {cell.value: cell.column for cell in page[1]}
    page.cell(2, heading["case_ref"]).value = "ANOTHER"
    book.save(corrected := Path(live.folder / "corrected.xlsx"))
    assert live.call("run", str(corrected), "--yes", "-q").code == 3
    resume_to_the_end(live)
    assert len(vendors.cases) == len(vendors.vouchers) == 1


# What the server calls taken


ELSEWHERE = {"IMPORTER_LEDGER__URL": "sqlite:///other.db"}


def test_a_reference_that_older_cases_have_is_for_a_person(desk, tmp_path):
    """The server refuses it each time that it is sent, and the list shows no case of ours."""
    data, numbers = tmp_path / "world.jsonl", range(1, 25)
    with Sandbox(replace(VENDORS, data_file=data, clock_offset_seconds=-3600)) as vendors:
        at_work(desk, vendors)
        assert import_cases(desk, numbers, env=ELSEWHERE).code == 0
        port, old = int(vendors.url.rsplit(":", 1)[1]), {c["creditorReference"]: c["id"] for c in vendors.cases}
    with Sandbox(replace(VENDORS, data_file=data, port=port, unique_references=True)) as vendors:
        assert (
            import_cases(desk, numbers, env={"IMPORTER_DISPATCH__CONCURRENCY": "2"}).code == 6
        )  # so many refusals in a row are not taken for an API that is down
        assert vendors.requests["cases"] == len(numbers)
        assert desk.call("resume", "-q").code == 6
        assert desk.call("resume", "-q").code == 6
        assert vendors.requests["cases"] == len(numbers)  # not sent again and again
        held = names(desk, "held")
        assert len(held) == len(numbers)
        (reasons,) = desk.ledger("SELECT reasons FROM entry WHERE kind = 'case' ORDER BY id LIMIT 1")[0]
        assert "it is an older one" in reasons
        assert desk.call("resolve", held[0], "--exists", str(old["R1"])).code == 0
        assert accepted_ids(desk) == [old["R1"]]
        assert len(vendors.cases) == len(numbers)


@pytest.fixture
def late_vouchers(live, vendors, monkeypatch):
    """Another ledger has sent the vouchers, with other keys, and their cases do not show them; call it to show them."""
    at_work(live, vendors)
    import_cases(live)
    restored = live.ledger("SELECT count(*) FROM entry WHERE state = 'accepted'")
    assert restored == [(2 * len(CASES),)]
    change(live, "UPDATE entry SET state = 'pending', remote_id = NULL, idempotency_key = 'k' || id WHERE kind = 'voucher'")
    shown = World.vouchers_of
    monkeypatch.setattr(World, "vouchers_of", lambda *_: [])
    at_work(live, vendors, settle=15)
    return lambda: monkeypatch.setattr(World, "vouchers_of", shown)


def test_a_taken_unique_id_that_is_not_listed_yet_is_no_reason_for_another(live, vendors, late_vouchers):
    """Whoever followed the advice to give the row another one would make the voucher twice."""
    assert live.call("resume", "-q").code == 6
    assert len(names(live, "in_doubt", "voucher")) == len(CASES)
    late_vouchers()
    assert live.call("resume", "-q").code == 0
    assert accepted_ids(live, "voucher") == sorted(str(voucher["id"]) for voucher in vendors.vouchers)
    assert len(vendors.vouchers) == len(CASES)


@pytest.mark.usefixtures("late_vouchers")
def test_a_taken_unique_id_that_is_never_listed_is_refused_in_the_end(live, vendors):
    assert live.call("resume", "-q").code == 6
    before = vendors.requests["vouchers"]
    at_work(live, vendors, settle=0)
    assert live.call("resume", "-q").code == 3
    assert vendors.requests["vouchers"] == before
    (reasons,) = live.ledger("SELECT reasons FROM entry WHERE kind = 'voucher' LIMIT 1")[0]
    assert "only if it is not this voucher" in reasons
    assert len(names(live, "refused", "voucher")) == len(CASES)


# Ledgers of an earlier version


def test_a_ledger_that_did_not_count_requests_goes_on_and_counts(live, vendors):
    at_work(live, vendors)
    leave_in_doubt(live, vendors, "500_after")
    change(live, "DELETE FROM request_count")
    assert live.call("status").code == 0
    resume_to_the_end(live)
    assert references(vendors) == each_once()
    assert live.ledger("SELECT count(*) > 0 FROM request_count") == [(1,)]
