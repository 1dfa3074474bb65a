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


def test_0_every_row_is_accepted(configured_workspace):
    write_workbook(configured_workspace.folder / "a.xlsx", cases(2), vouchers(2))
    assert configured_workspace.run("run", "a.xlsx", "--yes").code == 0
    assert configured_workspace.ledger(STATES) == [("case", "accepted", 2), ("voucher", "accepted", 2)]


def test_3_a_row_is_rejected_and_another_refused_with_the_servers_reason(configured_workspace, fake_apis):
    write_csv(
        configured_workspace.folder / "a.csv", [*cases(2), case("C3", debtor_country="KP"), case("C4", debtor_country="Narnia")]
    )
    ended = configured_workspace.run("run", "a.csv", "--yes")
    assert ended.code == 3
    errors = {row["case_ref"]: row for row in read_sheet(configured_workspace.reports()[0] / "errors.xlsx")}
    assert {ref: row["#status"] for ref, row in errors.items()} == {"C3": "refused", "C4": "rejected"}
    assert "No collection partner takes this country" in errors["C3"]["#errors"]
    assert "https://" in errors["C3"]["#errors"]
    assert errors["C4"]["#errors"].startswith('debtor_country "Narnia" is not a country')
    assert len(fake_apis.cases) == 2


def test_4_a_file_beside_a_good_one_cannot_be_read(configured_workspace, fake_apis):
    write_csv(configured_workspace.folder / "good.csv", cases(2))
    (configured_workspace.folder / "bad.xlsx").write_bytes(b"PK\x03\x04 and nothing else")
    ended = configured_workspace.run("run", "good.csv", "bad.xlsx", "--yes")
    assert ended.code == 4
    assert len(fake_apis.cases) == 2
    assert "bad.xlsx" in ended.err
    assert configured_workspace.ledger("SELECT source_name FROM batch") == [("good.csv",)]


def test_5_the_key_is_refused_before_anything_is_recorded(configured_workspace, fake_apis):
    write_csv(configured_workspace.folder / "a.csv", cases(2))
    ended = configured_workspace.call("run", "a.csv", "--yes", env={"IMPORTER_DEBITURA__API_KEY": "mistyped-key"})
    assert ended.code == 5
    assert ended.err.splitlines()[1].startswith(
        "Debitura refuses the credentials (HTTP 401). Set the right ones; `importer doctor` checks them."
    )
    assert "Nothing was recorded: run the same command again" in ended.err
    assert configured_workspace.ledger("SELECT id FROM batch") == []
    write_workbook(configured_workspace.folder / "b.xlsx", cases(1), vouchers(1))
    ended = configured_workspace.call("run", "b.xlsx", "--yes", env={"IMPORTER_DEBBIE__TOKEN": "mistyped-token"})
    assert ended.code == 5
    assert "Debbie refuses the credentials" in ended.err
    assert configured_workspace.ledger("SELECT id FROM batch") == []
    assert not fake_apis.cases


def test_5_an_api_is_down(configured_workspace, fake_apis):
    write_csv(configured_workspace.folder / "a.csv", cases(2))
    fake_apis.stop()
    ended = configured_workspace.call("run", "a.csv", "--yes")
    assert ended.code == 5
    assert "Debitura does not answer" in ended.err
    assert configured_workspace.ledger("SELECT id FROM batch") == []


@pytest.mark.parametrize("kind", ["401_from", "redirect"])
def test_5_an_account_stops_in_the_middle_and_the_rest_waits(configured_workspace, fake_apis, kind):
    fake_apis.set_faults(faults(("cases", kind, 3, 1)))
    write_workbook(configured_workspace.folder / "a.xlsx", cases(6), vouchers(6))
    ended = configured_workspace.call("run", "a.xlsx", "--yes", env={"IMPORTER_DISPATCH__CONCURRENCY": "1"})
    assert ended.code == 5
    assert "importer resume" in ended.err
    assert configured_workspace.ledger(STATES) == [
        *(("case", "accepted", 2), ("case", "pending", 4)),
        *(("voucher", "accepted", 2), ("voucher", "pending", 4)),
    ]
    fake_apis.set_faults(FaultPlan())
    resumed = configured_workspace.call("resume")
    assert resumed.code == 0
    assert [c["creditorReference"] for c in fake_apis.cases] == [f"INV-C{n}" for n in range(1, 7)]
    assert len(fake_apis.vouchers) == 6


def test_6_a_row_is_in_doubt(configured_workspace, fake_apis, fault_proxy):
    fault_proxy.hook = lambda seen: Drop() if seen.is_case and seen.json()["creditorReference"] == "INV-C2" else None
    write_workbook(configured_workspace.folder / "a.xlsx", cases(3), vouchers(3))
    configured_workspace.env |= {"IMPORTER_DEBITURA__BASE_URL": fault_proxy.url}
    ended = configured_workspace.run("run", "a.xlsx", "--yes")
    assert ended.code == 6
    errors = read_sheet(configured_workspace.reports()[0] / "errors.xlsx", "Cases")
    assert [(row["case_ref"], row["#status"]) for row in errors] == [("C2", "in doubt")]
    assert "importer resume" in errors[0]["#errors"]
    assert "  next: 1 not sent yet: `importer resume` sends them\n" in ended.out  # the voucher
    assert "  next: 1 in doubt: `importer resume` in a quarter of an hour settles most of them\n" in ended.out
    assert len(fake_apis.cases) == len(fake_apis.vouchers) == 2
    assert configured_workspace.call("resume").code == 6  # within the settle time nothing is sent again
    assert len(fake_apis.cases) == 2


def test_6_a_row_is_held_for_a_person_if_the_settings_say_so(workspace, fake_apis, fault_proxy):
    fault_proxy.hook = lambda seen: Drop() if seen.is_case else None
    workspace.env |= {"IMPORTER_DISPATCH__SETTLE_MINUTES": "0", "IMPORTER_DISPATCH__ON_ABSENT": "hold"}
    write_csv(workspace.folder / "a.csv", cases(1))
    codes = [workspace.call("run", "a.csv", "--yes").code, workspace.call("resume").code]
    assert codes == [6, 6]
    assert workspace.ledger(STATES) == [("case", "held", 1)]
    assert sum(seen.is_case for seen in fault_proxy.seen) == 1
    assert not fake_apis.cases


def test_75_another_run_holds_the_ledger(workspace, fake_apis, fault_proxy):
    fault_proxy.hook = gate = Gate(full=1, of=lambda seen: seen.is_case)
    workspace.env["IMPORTER_LEDGER__WAIT_SECONDS"] = "0"
    write_csv(workspace.folder / "a.csv", cases(1))
    first = workspace.start("run", "a.csv", "--yes")
    try:
        assert gate.full.wait(60)
        second = workspace.run("run", "a.csv", "--yes")
        assert second.code == 75
        assert f"`importer run` (process {first.pid} on" in second.err
        assert workspace.call("resume").code == 75
        assert workspace.call("doctor").code == 75
        assert "0 of 1 done; 1 pending" in workspace.run("status").out  # readers need not wait
    finally:
        gate.open.set()
        ended = workspace.finish(first)
    assert ended.code == 0
    assert len(fake_apis.cases) == 1


def test_the_most_urgent_code_wins(workspace, fault_proxy):
    """In doubt (6) is more urgent than a file that cannot be read (4) and a rejected row (3)."""
    fault_proxy.hook = lambda seen: Reply(500) if seen.is_case and seen.json()["creditorReference"] == "INV-C2" else None
    write_csv(workspace.folder / "a.csv", [*cases(2), case("C3", currency="")])
    (workspace.folder / "b.csv").write_bytes(b"")
    assert workspace.call("run", "a.csv", "b.csv", "--yes").code == 6


def test_vouchers_without_debbies_settings_are_said_before_anything_is_sent(configured_workspace, fake_apis):
    write_workbook(configured_workspace.folder / "a.xlsx", cases(1), [voucher("C1")])
    for missing in ("IMPORTER_DEBBIE__TOKEN", "IMPORTER_DEBBIE__TENANT_ID"):
        ended = configured_workspace.call("run", "a.xlsx", "--yes", env={missing: ""})
        assert ended.code == 2
        assert ended.err.splitlines()[1:] == [f"There are vouchers to send, but these settings are missing: {missing}. Set them."]
    assert configured_workspace.ledger("SELECT id FROM batch") == []
    assert not fake_apis.cases


def test_cases_alone_need_no_settings_of_debbie(configured_workspace, fake_apis):
    write_csv(configured_workspace.folder / "a.csv", cases(1))
    alone = {"IMPORTER_DEBBIE__TOKEN": "", "IMPORTER_DEBBIE__TENANT_ID": "", "IMPORTER_DEBBIE__BASE_URL": ""}
    assert configured_workspace.call("run", "a.csv", "--yes", env=alone).code == 0
    assert len(fake_apis.cases) == 1


def test_resume_without_debbies_settings_says_what_is_missing(configured_workspace, fake_apis):
    fake_apis.set_faults(faults(("vouchers", "401_from", 1, 1)))
    write_workbook(configured_workspace.folder / "a.xlsx", cases(1), vouchers(1))
    assert configured_workspace.call("run", "a.xlsx", "--yes").code == 5
    ended = configured_workspace.call("resume", env={"IMPORTER_DEBBIE__TOKEN": ""})
    assert "IMPORTER_DEBBIE__TOKEN" in ended.err
    assert ended.code == 2


def test_a_key_of_another_partner_finds_nothing_to_resume_and_says_whose_it_is(configured_workspace, fake_apis):
    """Two partners on one ledger: what one has left unfinished is not sent with the other's key."""
    from importer.sandbox import Sandbox, SandboxSettings

    fake_apis.set_faults(faults(("cases", "401_from", 1, 1)))
    write_csv(configured_workspace.folder / "a.csv", cases(1))
    assert configured_workspace.call("run", "a.csv", "--yes").code == 5
    other = SandboxSettings(api_keys=("other-key",), partner_id=TENANT, tokens=("t",))
    with Sandbox(other) as elsewhere:
        other = {"IMPORTER_DEBITURA__BASE_URL": elsewhere.url, "IMPORTER_DEBITURA__API_KEY": "other-key"}
        ended = configured_workspace.call("resume", env=other)
        assert not elsewhere.cases
        quiet = configured_workspace.call("resume", "-q", env=other)
    assert "account" in ended.err
    assert (quiet.err, quiet.out) == ("", ended.out)
    assert not fake_apis.cases


def test_7_a_quota_is_used_up_and_the_run_is_not_to_wait(workspace, fake_apis, fault_proxy):
    fault_proxy.hook = lambda seen: Reply(429, b'{"retryAfter": 7200}') if seen.is_case else None
    write_csv(workspace.folder / "a.csv", cases(2))
    ended = workspace.call("run", "a.csv", "--yes", "--stop-at-quota")
    assert ended.code == 7
    assert workspace.ledger(STATES) == [("case", "pending", 2)]
    assert re.search(r"Debitura takes nothing before .*[0-9]{2}:[0-9]{2}: its daily quota is used up", ended.err)
    assert "`importer resume` goes on then" in ended.err
    asked = len(fault_proxy.posts())
    fault_proxy.hook = pass_on
    again = workspace.call("resume", "--stop-at-quota")  # the ledger knows: nothing is asked in vain
    assert (again.code, len(fault_proxy.posts())) == (7, asked)
    assert not fake_apis.cases
