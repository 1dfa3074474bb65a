"""What an interrupted, stopped or crashed run leaves, and how resume finishes it without a duplicate."""

from __future__ import annotations

import pandas as pd
import pytest
from support.fault_proxy import Drop, FaultProxy, Lose, Reply, pass_on
from support.sheets import cases, vouchers, write_workbook
from support.workspace import API_KEY, STATES, TENANT, TOKEN, settings_for

import importer
from importer.errors import ExitCode
from importer.sandbox import FaultPlan, Sandbox, SandboxSettings

OTHER_KEY = "key-4712-also-secret"


def run(workspace, count=10, **dispatch):
    settings = workspace.settings(**dispatch)
    return importer.run(
        pd.DataFrame(cases(count)), vouchers=pd.DataFrame(vouchers(count)), yes=True, new_ledger=True, settings=settings
    )


def assert_each_once(fake_apis, count=10):
    assert sorted(c["creditorReference"] for c in fake_apis.cases) == sorted(f"INV-C{n}" for n in range(1, count + 1))
    assert sorted(v["uniqueId"] for v in fake_apis.vouchers) == sorted(f"V-C{n}" for n in range(1, count + 1))


@pytest.mark.parametrize("nth", [1, 4, 9])
def test_a_revoked_key_stops_the_run_and_a_new_one_of_the_same_partner_finishes_it(workspace, nth):
    chosen = SandboxSettings(api_keys=(API_KEY, OTHER_KEY), tokens=(TOKEN,), idempotency="ignored")
    with Sandbox(chosen) as fake_apis:
        workspace.env = settings_for(fake_apis.url)
        fake_apis.set_faults(FaultPlan.parse([{"on": "cases", "nth": nth, "kind": "401_from"}]))
        result = run(workspace, concurrency=2)
        assert result.exit_code is ExitCode.API_STOPPED
        assert "Debitura: the credentials were refused (HTTP 401)" in " ".join(result.messages)
        states = {(kind, state): rows for kind, state, rows in workspace.ledger(STATES)}
        assert states["case", "pending"] >= 10 - nth - 1
        assert not {state for _, state in states} - {"pending", "accepted"}
        asked = fake_apis.requests["cases"]
        assert asked <= nth + 1  # no more than what was under way

        assert workspace.call("resume").code == 5  # still the old key
        finished = workspace.call("resume", env={"IMPORTER_DEBITURA__API_KEY": OTHER_KEY})
        assert finished.code == 0, finished
        assert_each_once(fake_apis)


def test_debbies_refusal_of_the_token_does_not_stop_the_cases(configured_workspace, fake_apis):
    fake_apis.set_faults(FaultPlan.parse([{"on": "vouchers", "nth": 1, "kind": "401_from"}]))
    result = run(configured_workspace)
    assert result.exit_code is ExitCode.API_STOPPED
    assert "Debbie: the credentials were refused (HTTP 401)" in " ".join(result.messages)
    assert configured_workspace.ledger(STATES) == [("case", "accepted", 10), ("voucher", "pending", 10)]
    fake_apis.set_faults(FaultPlan())
    assert configured_workspace.call("resume").code == 0
    assert_each_once(fake_apis)


@pytest.mark.parametrize("status", [301, 302, 307, 403, 404, 405])
def test_answers_that_no_row_is_to_blame_for_stop_the_account(workspace, fake_apis, fault_proxy, status):
    fault_proxy.hook = lambda seen: Reply(status) if seen.is_case else None
    result = run(workspace, concurrency=1)
    assert result.exit_code is ExitCode.API_STOPPED
    assert sum(seen.is_case for seen in fault_proxy.seen) == 1
    assert workspace.ledger(STATES) == [("case", "pending", 10), ("voucher", "pending", 10)]
    fault_proxy.hook = pass_on
    assert workspace.call("resume").code == 0
    assert_each_once(fake_apis)


@pytest.mark.parametrize("fate", [Lose(), Drop()], ids=["arrived", "never arrived"])
def test_doubts_are_settled_by_resuming(workspace, fake_apis, fault_proxy, fate):
    """The list is down as well once the run sends, so that it cannot find out."""

    def hook(seen):
        if seen.is_case and seen.nth % 3 == 0:
            return fate
        return Reply(500) if "page=" in seen.path and fault_proxy.posts() else None

    fault_proxy.hook = hook
    first = run(workspace, settle_minutes=0)
    assert first.exit_code is ExitCode.API_STOPPED
    states = {(kind, state): rows for kind, state, rows in workspace.ledger(STATES)}
    assert states["case", "in_doubt"] == 3
    fault_proxy.hook = pass_on
    workspace.env |= {"IMPORTER_DISPATCH__SETTLE_MINUTES": "0"}
    codes = [workspace.call("resume").code]
    while codes[-1] and len(codes) < 3:
        codes.append(workspace.call("resume").code)
    assert codes[-1] == 0, codes
    assert_each_once(fake_apis)


def test_running_the_same_file_again_is_as_good_as_resume(workspace, fake_apis, fault_proxy):
    fault_proxy.hook = lambda seen: Reply(401) if seen.is_case and seen.nth > 4 else None
    write_workbook(workspace.folder / "a.xlsx", cases(10), vouchers(10))
    assert workspace.call("run", "a.xlsx", "--yes").code == 5
    fault_proxy.hook = pass_on
    (summary,) = workspace.call("run", "a.xlsx", "--yes", "--json").json()
    assert summary["counts"]["cases"]["already_imported"] > 0
    assert summary["exit_code"] == 0
    assert_each_once(fake_apis)
    assert workspace.call("resume").out == "Nothing is unfinished.\n"


def test_resume_reports_every_batch_that_was_unfinished(workspace, fake_apis, fault_proxy):
    fault_proxy.hook = lambda seen: Reply(401) if seen.is_case else None
    for name, first in (("a", 1), ("b", 6)):
        write_workbook(workspace.folder / f"{name}.xlsx", cases(5, first), vouchers(5, first))
        assert workspace.call("run", f"{name}.xlsx", "--yes").code == 5
    fault_proxy.hook = pass_on
    resumed = workspace.call("resume", "--json")
    assert resumed.code == 0
    assert [(s["source"]["name"], s["counts"]["cases"]["accepted"]) for s in resumed.json()] == [("a.xlsx", 5), ("b.xlsx", 5)]
    assert_each_once(fake_apis)


def test_what_one_partner_left_is_not_sent_with_anothers_key(configured_workspace, fake_apis):
    fake_apis.set_faults(FaultPlan.parse([{"on": "cases", "kind": "401_from"}]))
    run(configured_workspace)
    stranger = SandboxSettings(api_keys=(OTHER_KEY,), tokens=(TOKEN,), partner_id=TENANT)
    with Sandbox(stranger) as elsewhere:
        other = {"IMPORTER_DEBITURA__BASE_URL": elsewhere.url, "IMPORTER_DEBITURA__API_KEY": OTHER_KEY}
        configured_workspace.call("resume", env=other)
        assert not elsewhere.cases
        assert configured_workspace.ledger(STATES) == [("case", "pending", 10), ("voucher", "pending", 10)]
        write_workbook(configured_workspace.folder / "a.xlsx", cases(2))
        assert configured_workspace.call("run", "a.xlsx", "--yes", env=other).code == 0
        assert len(elsewhere.cases) == 2  # the same rows are other cases for another partner


def test_a_relay_can_be_moved_without_losing_what_was_sent(workspace, fake_apis):
    """The account is the partner behind the key at this base URL, not the key itself."""
    with FaultProxy(fake_apis.url) as first:
        workspace.env = settings_for(first.url)
        assert run(workspace, 2).exit_code == 0
        assert run(workspace, 2).reports[0].summary.as_json()["counts"]["cases"]["already_imported"] == 2
    assert_each_once(fake_apis, 2)
