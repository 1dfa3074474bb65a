"""Every exit code of docs/commands.md by a situation that brings it about (130 stands in test_interrupts)."""

from __future__ import annotations

import re

import pytest
from support.fault_proxy import Drop, Gate, Reply, pass_on
from support.sheets import case, cases, read_sheet, voucher, vouchers, write_csv, write_workbook
from support.workspace import STATES, TENANT

from importer.sandbox import FaultPlan


def faults(*steps):
    return FaultPlan.parse([{"on": on, "kind": kind, "nth": nth, "times": times} for on, kind, nth, times in steps])


def test_0_every_row_is_accepted(live):
    write_workbook(live.folder / "a.xlsx", cases(2), vouchers(2))
    assert live.run("run", "a.xlsx", "--yes").code == 0
    assert live.ledger(STATES) == [("case", "accepted", 2), ("voucher", "accepted", 2)]


def test_3_a_row_is_rejected_and_another_refused_with_the_servers_reason(live, vendors):
    write_csv(live.folder / "a.csv", [*cases(2), case("C3", debtor_country="KP"), case("C4", debtor_country="Narnia")])
    ended = live.run("run", "a.csv", "--yes")
    assert ended.code == 3
    errors = {row["case_ref"]: row for row in read_sheet(live.reports()[0] / "errors.xlsx")}
    assert {ref: row["#status"] for ref, row in errors.items()} == {"C3": "refused", "C4": "rejected"}
    assert "No collection partner takes this country" in errors["C3"]["#errors"]
    assert "https://" in errors["C3"]["#errors"]
    assert errors["C4"]["#errors"].startswith('debtor_country "Narnia" is not a country')
    assert len(vendors.cases) == 2


def test_4_a_file_beside_a_good_one_cannot_be_read(live, vendors):
    write_csv(live.folder / "good.csv", cases(2))
    (live.folder / "bad.xlsx").write_bytes(b"PK\x03\x04 and nothing else")
    ended = live.run("run", "good.csv", "bad.xlsx", "--yes")
    assert ended.code == 4
    assert len(vendors.cases) == 2
    assert "bad.xlsx" in ended.err
    assert live.ledger("SELECT source_name FROM batch") == [("good.csv",)]


def test_5_the_key_is_refused_before_anything_is_recorded(live, vendors):
    write_csv(live.folder / "a.csv", cases(2))
    ended = live.call("run", "a.csv", "--yes", env={"IMPORTER_DEBITURA__API_KEY": "mistyped-key"})
    assert ended.code == 5
    assert ended.err.startswith("Debitura refuses the credentials (HTTP 401). Set the right ones; `importer doctor` checks them.")
    assert "Nothing was recorded: run the same command again" in ended.err
    assert live.ledger("SELECT id FROM batch") == []
    write_workbook(live.folder / "b.xlsx", cases(1), vouchers(1))
    ended = live.call("run", "b.xlsx", "--yes", env={"IMPORTER_DEBBIE__TOKEN": "mistyped-token"})
    assert ended.code == 5
    assert "Debbie refuses the credentials" in ended.err
    assert live.ledger("SELECT id FROM batch") == []
    assert not vendors.cases


def test_5_an_api_is_down(live, vendors):
    write_csv(live.folder / "a.csv", cases(2))
    vendors.stop()
    ended = live.call("run", "a.csv", "--yes")
    assert ended.code == 5
    assert "Debitura does not answer" in ended.err
    assert live.ledger("SELECT id FROM batch") == []


@pytest.mark.parametrize("kind", ["401_from", "redirect"])
def test_5_an_account_stops_in_the_middle_and_the_rest_waits(live, vendors, kind):
    vendors.set_faults(faults(("cases", kind, 3, 1)))
    write_workbook(live.folder / "a.xlsx", cases(6), vouchers(6))
    ended = live.call("run", "a.xlsx", "--yes", env={"IMPORTER_DISPATCH__CONCURRENCY": "1"})
    assert ended.code == 5
    assert "importer resume" in ended.err
    assert live.ledger(STATES) == [
        *(("case", "accepted", 2), ("case", "pending", 4)),
        *(("voucher", "accepted", 2), ("voucher", "pending", 4)),
    ]
    vendors.set_faults(FaultPlan())
    resumed = live.call("resume")
    assert resumed.code == 0
    assert [c["creditorReference"] for c in vendors.cases] == [f"INV-C{n}" for n in range(1, 7)]
    assert len(vendors.vouchers) == 6


def test_6_a_row_is_in_doubt(live, vendors, relay):
    relay.hook = lambda seen: Drop() if seen.is_case and seen.json()["creditorReference"] == "INV-C2" else None
    write_workbook(live.folder / "a.xlsx", cases(3), vouchers(3))
    live.live |= {"IMPORTER_DEBITURA__BASE_URL": relay.url}
    ended = live.run("run", "a.xlsx", "--yes")
    assert ended.code == 6
    errors = read_sheet(live.reports()[0] / "errors.xlsx", "Cases")
    assert [(row["case_ref"], row["#status"]) for row in errors] == [("C2", "in doubt")]
    assert "importer resume" in errors[0]["#errors"]
    assert "  next: 1 not sent yet: `importer resume` sends them\n" in ended.out  # the voucher
    assert "  next: 1 in doubt: `importer resume` in a quarter of an hour settles most of them\n" in ended.out
    assert len(vendors.cases) == len(vendors.vouchers) == 2
    assert live.call("resume").code == 6  # within the settle time nothing is sent again
    assert len(vendors.cases) == 2


def test_6_a_row_is_held_for_a_person_if_the_settings_say_so(desk, vendors, relay):
    relay.hook = lambda seen: Drop() if seen.is_case else None
    desk.live |= {"IMPORTER_DISPATCH__SETTLE_MINUTES": "0", "IMPORTER_DISPATCH__ON_ABSENT": "hold"}
    write_csv(desk.folder / "a.csv", cases(1))
    codes = [desk.call("run", "a.csv", "--yes").code, desk.call("resume").code]
    assert codes == [6, 6]
    assert desk.ledger(STATES) == [("case", "held", 1)]
    assert sum(seen.is_case for seen in relay.seen) == 1
    assert not vendors.cases


def test_75_another_run_holds_the_ledger(desk, vendors, relay):
    relay.hook = gate = Gate(full=1, of=lambda seen: seen.is_case)
    write_csv(desk.folder / "a.csv", cases(1))
    first = desk.start("run", "a.csv", "--yes")
    try:
        assert gate.full.wait(60)
        second = desk.run("run", "a.csv", "--yes")
        assert second.code == 75
        assert f"`importer run` (process {first.pid} on" in second.err
        assert desk.call("resume").code == 75
        assert desk.call("doctor").code == 75
        assert "0 of 1 done; 1 pending" in desk.run("status").out  # readers need not wait
    finally:
        gate.open.set()
        ended = desk.finish(first)
    assert ended.code == 0
    assert len(vendors.cases) == 1


def test_the_most_urgent_code_wins(desk, relay):
    """In doubt (6) is more urgent than a file that cannot be read (4) and a rejected row (3)."""
    relay.hook = lambda seen: Reply(500) if seen.is_case and seen.json()["creditorReference"] == "INV-C2" else None
    write_csv(desk.folder / "a.csv", [*cases(2), case("C3", currency="")])
    (desk.folder / "b.csv").write_bytes(b"")
    assert desk.call("run", "a.csv", "b.csv", "--yes").code == 6


def test_vouchers_without_debbies_settings_are_said_before_anything_is_sent(live, vendors):
    write_workbook(live.folder / "a.xlsx", cases(1), [voucher("C1")])
    for missing in ("IMPORTER_DEBBIE__TOKEN", "IMPORTER_DEBBIE__TENANT_ID"):
        ended = live.call("run", "a.xlsx", "--yes", env={missing: ""})
        assert ended.code == 2
        assert ended.err == f"There are vouchers to send, but these settings are missing: {missing}. Set them.\n"
    assert live.ledger("SELECT id FROM batch") == []
    assert not vendors.cases


def test_cases_alone_need_no_settings_of_debbie(live, vendors):
    write_csv(live.folder / "a.csv", cases(1))
    alone = {"IMPORTER_DEBBIE__TOKEN": "", "IMPORTER_DEBBIE__TENANT_ID": "", "IMPORTER_DEBBIE__BASE_URL": ""}
    assert live.call("run", "a.csv", "--yes", env=alone).code == 0
    assert len(vendors.cases) == 1


def test_resume_without_debbies_settings_says_what_is_missing(live, vendors):
    vendors.set_faults(faults(("vouchers", "401_from", 1, 1)))
    write_workbook(live.folder / "a.xlsx", cases(1), vouchers(1))
    assert live.call("run", "a.xlsx", "--yes").code == 5
    ended = live.call("resume", env={"IMPORTER_DEBBIE__TOKEN": ""})
    assert "IMPORTER_DEBBIE__TOKEN" in ended.err
    assert ended.code == 2


def test_a_key_of_another_partner_finds_nothing_to_resume_and_says_whose_it_is(live, vendors):
    """Two partners on one ledger: what one has left unfinished is not sent with the other's key."""
    from importer.sandbox import Sandbox, SandboxSettings

    vendors.set_faults(faults(("cases", "401_from", 1, 1)))
    write_csv(live.folder / "a.csv", cases(1))
    assert live.call("run", "a.csv", "--yes").code == 5
    other = SandboxSettings(api_keys=("other-key",), partner_id=TENANT, tokens=("t",))
    with Sandbox(other) as elsewhere:
        other = {"IMPORTER_DEBITURA__BASE_URL": elsewhere.url, "IMPORTER_DEBITURA__API_KEY": "other-key"}
        ended = live.call("resume", env=other)
        assert not elsewhere.cases
        quiet = live.call("resume", "-q", env=other)
    assert "account" in ended.err
    assert (quiet.err, quiet.out) == ("", ended.out)
    assert not vendors.cases


def test_7_a_quota_is_used_up_and_the_run_is_not_to_wait(desk, vendors, relay):
    relay.hook = lambda seen: Reply(429, b'{"retryAfter": 7200}') if seen.is_case else None
    write_csv(desk.folder / "a.csv", cases(2))
    ended = desk.call("run", "a.csv", "--yes", "--stop-at-quota")
    assert ended.code == 7
    assert desk.ledger(STATES) == [("case", "pending", 2)]
    assert re.search(r"Debitura takes nothing before .*[0-9]{2}:[0-9]{2}: its daily quota is used up", ended.err)
    assert "`importer resume` goes on then" in ended.err
    asked = len(relay.posts())
    relay.hook = pass_on
    again = desk.call("resume", "--stop-at-quota")  # the ledger knows: nothing is asked in vain
    assert (again.code, len(relay.posts())) == (7, asked)
    assert not vendors.cases
