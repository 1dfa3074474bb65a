"""Runs over real HTTP, with a look over the shoulder: what goes out when, and what the ledger holds at that moment."""

from __future__ import annotations

import json
import threading
import time
from collections import defaultdict
from uuid import uuid4

import pandas as pd
import pytest
from support.fault_proxy import Drop, FaultProxy, Gate, Lose, Reply, pass_on
from support.sheets import case, cases, voucher, vouchers
from support.workspace import API_KEY, STATES, TOKEN, query_ledger, settings_for

import importer
from importer.domain.identity import EntryLabel
from importer.domain.kinds import RecordKind
from importer.errors import ExitCode
from importer.sandbox import FaultPlan, Sandbox, SandboxSettings
from importer.settings import Settings

SLOTS = 3


def run(workspace, case_rows, voucher_rows=None, *, settings=None, **dispatch):
    frame = pd.DataFrame(voucher_rows) if voucher_rows else None
    return importer.run(
        pd.DataFrame(case_rows), vouchers=frame, yes=True, new_ledger=True, settings=settings or workspace.settings(**dispatch)
    )


def test_before_a_request_arrives_the_ledger_has_its_intent_on_disk(workspace, fault_proxy):
    """Read with another connection while the server holds the request: the entry is `sending`, its attempt is open."""
    path = workspace.folder / "ledger.db"
    found = []

    def look(seen):
        if seen.is_case or seen.is_voucher:
            found.append(
                query_ledger(
                    path,
                    "SELECT e.state, e.first_sent_at IS NOT NULL, a.ended_at FROM entry e JOIN attempt a ON a.entry_id = e.id "
                    f"WHERE e.idempotency_key = '{seen.key}' AND e.payload = x'{seen.body.hex()}'",
                )
            )

    fault_proxy.hook = look
    rows = [voucher("C1", unique_id="V-child", parent_unique_id="V-C1"), *vouchers(5)]
    assert run(workspace, cases(5), rows).exit_code == 0
    assert found == [[("sending", 1, None)]] * 11
    assert workspace.ledger("SELECT count(*) FROM attempt WHERE ended_at IS NULL OR outcome <> 'accepted'") == [(0,)]


def test_an_outcome_is_on_disk_before_a_voucher_depends_on_it(workspace, fault_proxy):
    states = []

    def look(seen):
        if seen.is_voucher:
            query = f"SELECT state FROM entry WHERE kind = 'case' AND remote_id = '{seen.path.rsplit('/', 1)[1]}'"
            states.extend(query_ledger(workspace.folder / "ledger.db", query))

    fault_proxy.hook = look
    run(workspace, cases(5), vouchers(5))
    assert states == [("accepted",)] * 5


def test_vouchers_go_out_as_soon_as_their_case_is_accepted(workspace, fake_apis, fault_proxy):
    """The last case is held until a voucher has arrived: if vouchers waited for all cases, neither would ever come."""
    voucher_came = threading.Event()

    def hold_the_last_case(seen):
        if seen.is_voucher:
            voucher_came.set()
        if seen.is_case and seen.json()["creditorReference"] == "INV-C4":
            assert voucher_came.wait(30), "no voucher came while a case was under way"

    fault_proxy.hook = hold_the_last_case
    assert run(workspace, cases(4), vouchers(4), concurrency=2).exit_code == 0
    assert len(fake_apis.vouchers) == 4


def test_no_more_requests_are_under_way_than_the_settings_allow(workspace, fault_proxy):
    fault_proxy.hook = gate = Gate(full=SLOTS)
    done = []
    worker = threading.Thread(target=lambda: done.append(run(workspace, cases(12), concurrency=SLOTS)))
    worker.start()
    try:
        assert gate.full.wait(30)
        assert workspace.ledger(STATES) == [("case", "pending", 9), ("case", "sending", SLOTS)]
    finally:
        gate.open.set()
        worker.join(60)
    assert done[0].exit_code == 0
    assert fault_proxy.most_at_once == SLOTS


@pytest.mark.parametrize("failure", [Reply(500), Reply(503, b"<html>"), Drop(), Lose(), Reply(200, b"not json"), Reply(200)])
def test_a_voucher_in_doubt_is_sent_again_with_the_same_bytes_and_key(workspace, fake_apis, fault_proxy, failure):
    fault_proxy.hook = lambda seen: failure if seen.is_voucher and seen.nth <= 3 else None
    assert run(workspace, cases(1), vouchers(1)).exit_code == 0
    tries = [(seen.body, seen.key) for seen in fault_proxy.seen if seen.is_voucher]
    assert len(tries) == 4
    assert len(set(tries)) == 1
    assert tries[0][1]
    assert [v["uniqueId"] for v in fake_apis.vouchers] == ["V-C1"]


def test_a_case_is_sent_again_with_the_same_bytes_and_key(workspace, fake_apis, fault_proxy):
    """Throttled, then lost on the way, and shown by two scans not to exist: the third try is the first one's twin."""
    sequence = [Reply(429, b'{"retryAfter": 0.01}'), Drop()]
    fault_proxy.hook = lambda seen: sequence.pop(0) if seen.is_case and is_second(seen) and sequence else None
    run(workspace, cases(2), settle_minutes=0)
    for _ in range(2):
        workspace.call("resume", env={"IMPORTER_DISPATCH__SETTLE_MINUTES": "0"})
    tries = [(seen.body, seen.key) for seen in fault_proxy.seen if seen.is_case and is_second(seen)]
    assert len(tries) == 3
    assert len(set(tries)) == 1
    assert len(fake_apis.cases) == 2


def is_second(seen):
    return seen.json()["creditorReference"] == "INV-C2"


def test_a_lone_case_whose_request_was_lost_is_held_until_another_one_shows_that_the_list_is_complete(
    workspace, fake_apis, fault_proxy
):
    fault_proxy.hook = lambda seen: Drop() if seen.is_case else None
    at_once = {"IMPORTER_DISPATCH__SETTLE_MINUTES": "0"}
    assert run(workspace, cases(1), settle_minutes=0).exit_code is ExitCode.IN_DOUBT
    fault_proxy.hook = pass_on
    assert workspace.call("resume", env=at_once).code == 6
    assert workspace.ledger(STATES) == [("case", "held", 1)]
    assert not fake_apis.cases
    run(workspace, cases(2)[1:], settle_minutes=0)
    for _ in range(2):
        workspace.call("resume", env=at_once)
    assert workspace.ledger(STATES) == [("case", "accepted", 2)]
    assert len(fake_apis.cases) == 2


def test_the_setting_that_names_cases_at_debbie_is_tried_before_the_first_voucher(workspace):
    """With the wrong one, each voucher would be refused. Cases go on, and vouchers wait."""
    chosen = SandboxSettings(api_keys=(API_KEY,), tokens=(TOKEN,), case_id_from="reference")
    with Sandbox(chosen) as fake_apis, FaultProxy(fake_apis.url) as fault_proxy:
        workspace.env = settings_for(fault_proxy.url)
        result = run(workspace, cases(6), vouchers(6), settle_minutes=0)
        assert result.exit_code is ExitCode.API_STOPPED
        assert "debbie.case_id_from" in "\n".join(result.messages)
        assert not any(seen.is_voucher for seen in fault_proxy.seen)
        assert workspace.ledger(STATES) == [("case", "accepted", 6), ("voucher", "pending", 6)]
        right = {"IMPORTER_DEBBIE__CASE_ID_FROM": "reference", "IMPORTER_DISPATCH__SETTLE_MINUTES": "0"}
        assert workspace.call("resume", env=right).code == 0
        assert len(fake_apis.vouchers) == 6


def test_a_case_whose_answer_was_lost_is_found_in_the_list_and_not_sent_again(workspace, fake_apis, fault_proxy):
    fault_proxy.hook = lambda seen: Lose() if seen.is_case and seen.nth % 2 else None
    result = run(workspace, cases(6), vouchers(6))
    assert result.exit_code == 0
    assert sum(seen.is_case for seen in fault_proxy.seen) == len(fake_apis.cases) == 6
    assert workspace.ledger("SELECT count(DISTINCT remote_id) FROM entry WHERE kind = 'case'") == [(6,)]
    owned = dict(workspace.ledger("SELECT remote_id, ref FROM entry WHERE kind = 'case'"))
    assert {c["id"]: c["creditorReference"].removeprefix("INV-") for c in fake_apis.cases} == owned


def test_trusted_keys_let_a_case_in_doubt_be_sent_again(workspace):
    chosen = SandboxSettings(api_keys=(API_KEY,), tokens=(TOKEN,), idempotency="honoured")
    with Sandbox(chosen) as fake_apis, FaultProxy(fake_apis.url) as fault_proxy:
        workspace.env = settings_for(fault_proxy.url)
        fault_proxy.hook = lambda seen: Lose() if seen.is_case and seen.nth <= 2 else None
        assert run(workspace, cases(2), idempotency_keys="trusted").exit_code == 0
        assert len(fake_apis.cases) == 2
        keys = defaultdict(set)
        for seen in fault_proxy.seen:
            if seen.is_case:
                keys[seen.json()["creditorReference"]].add((seen.key, seen.body))
    assert sum(map(len, keys.values())) == 2


def proved(workspace, heeded_for=600.0):
    """Store a proof for the account in a new ledger, as a probe does."""
    from importer.domain.proofs import AccountProof
    from importer.domain.timestamps import to_timestamp
    from importer.ledger.ledger import Ledger

    run(workspace, cases(1))
    ((account,),) = workspace.ledger("SELECT DISTINCT account FROM entry WHERE kind = 'case'")
    with Ledger.open(f"sqlite:///{workspace.folder / 'ledger.db'}", "test") as ledger:
        ledger.proofs.remember(account, AccountProof(to_timestamp(), heeded_for, 0.0, deletes_test_cases=True))


@pytest.mark.parametrize(("heeded_for", "setting", "sent"), [(600.0, "proved", 2), (0.3, "proved", 1), (600.0, "never", 1)])
def test_with_a_proof_a_young_case_in_doubt_is_sent_again_once_with_the_same_key(workspace, heeded_for, setting, sent):
    chosen = SandboxSettings(api_keys=(API_KEY,), tokens=(TOKEN,), idempotency="honoured")
    with Sandbox(chosen) as fake_apis, FaultProxy(fake_apis.url) as fault_proxy:
        workspace.env = settings_for(fault_proxy.url)
        proved(workspace, heeded_for)
        fault_proxy.hook = lambda seen: Drop() if seen.is_case and is_second(seen) else None
        dispatch = {"timeout_seconds": 0.2, "settle_minutes": 0.5, "idempotency_keys": setting}
        assert run(workspace, cases(2), **dispatch).exit_code is ExitCode.IN_DOUBT
        tries = [(seen.body, seen.key) for seen in fault_proxy.seen if seen.is_case and is_second(seen)]
        assert len(tries) == sent
        assert len(set(tries)) == 1
        fault_proxy.hook = pass_on
        late = {f"IMPORTER_DISPATCH__{name.upper()}": str(value) for name, value in dispatch.items()}
        assert workspace.call("resume", env=late).code == 6, "the key was used up: only the list decides"


def test_a_case_that_was_created_with_another_amount_is_held_with_its_id_and_can_be_confirmed(workspace, fault_proxy):
    def in_hundredths(seen):
        if not (seen.is_case and is_second(seen)):
            return None
        created = {"id": CREATED, "reference": "1A2B3C4D", "grossAmount": 20002, "currency": "DKK", "isTestCase": False}
        return Reply(200, json.dumps(created).encode())

    fault_proxy.hook = in_hundredths
    assert run(workspace, cases(2), vouchers(2)).exit_code is ExitCode.IN_DOUBT
    assert workspace.ledger("SELECT state, remote_id FROM entry WHERE ref = 'C2'") == [("held", CREATED)]
    assert workspace.ledger("SELECT state FROM entry WHERE kind = 'voucher' ORDER BY id") == [("accepted",), ("blocked",)]
    ((entry_id, key),) = workspace.ledger("SELECT id, key FROM entry WHERE ref = 'C2'")
    name = EntryLabel.of(RecordKind.CASE, entry_id, key).text()
    fault_proxy.hook = pass_on
    for command in (["resume"], ["resolve", name, "--absent"], ["resolve", name, "--absent", "--although-listed"]):
        assert workspace.call(*command).code in {2, 6}
    assert workspace.ledger("SELECT state FROM entry WHERE ref = 'C2'") == [("held",)]
    refused = workspace.call("resolve", name, "--exists", str(uuid4()))
    assert refused.code == 2
    assert f"--exists {CREATED}" in refused.err
    assert workspace.call("resolve", name, "--exists", CREATED.upper()).code == 0
    assert workspace.ledger("SELECT state FROM entry WHERE ref = 'C2'") == [("accepted",)]
    assert sum(seen.is_case and is_second(seen) for seen in fault_proxy.seen) == 1


CREATED = "5b1c2d3e-0000-4000-8000-000000000001"


def test_a_storm_of_429_loses_nothing(configured_workspace, fake_apis):
    plan = {"rate": 0.5, "kinds": ["429"], "paths": ["cases", "vouchers"], "retry_after": 0.02, "seed": 3}
    fake_apis.set_faults(FaultPlan.parse(plan))
    result = run(configured_workspace, cases(40), vouchers(40))
    assert result.exit_code == 0
    assert fake_apis.faulted["429"] > 20
    assert len(fake_apis.cases) == len(fake_apis.vouchers) == 40
    assert configured_workspace.ledger(STATES) == [("case", "accepted", 40), ("voucher", "accepted", 40)]


def test_a_429_pauses_the_whole_account_for_as_long_as_it_says(workspace, fake_apis, fault_proxy):
    times = []

    def throttle_once(seen):
        times.append(time.monotonic())
        return Reply(429, b'{"retryAfter": 0.5}') if seen.nth == 1 else None

    fault_proxy.hook = lambda seen: throttle_once(seen) if seen.is_case else None
    assert run(workspace, cases(5), concurrency=1).exit_code == 0
    assert times[1] - times[0] >= 0.5
    assert len(fake_apis.cases) == 5


def test_a_connection_that_was_never_made_is_simply_made_again(configured_workspace, fake_apis):
    """The first voucher's connection is cut and for a while no new one is taken: the tries in between did nothing."""
    fake_apis.set_faults(FaultPlan.parse([{"on": "vouchers", "kind": "refuse", "seconds": 0.3}]))
    result = run(configured_workspace, cases(2), vouchers(2), concurrency=1)
    assert result.exit_code == 0
    outcomes = {outcome for (outcome,) in configured_workspace.ledger("SELECT outcome FROM attempt")}
    assert outcomes == {"accepted", "in doubt", "nothing happened"}
    assert len(fake_apis.vouchers) == 2


def test_an_api_that_stays_down_stops_the_run_and_nothing_is_lost(workspace, fault_proxy):
    fault_proxy.hook = lambda seen: Reply(503) if seen.is_case else None
    result = run(workspace, cases(30), vouchers(30), backoff_seconds=0.001)
    assert result.exit_code is ExitCode.API_STOPPED
    assert "the API does not work (HTTP 503)" in " ".join(result.messages)
    tried = sum(seen.is_case for seen in fault_proxy.seen)
    assert tried < 40  # it does not hammer a server that is ill
    states = {(kind, state): rows for kind, state, rows in workspace.ledger(STATES)}
    assert states["case", "in_doubt"] + states.get(("case", "pending"), 0) == 30
    (report,) = result.reports
    assert report.summary.balanced


def test_refused_vouchers_leave_their_case_and_their_siblings_alone(configured_workspace, fake_apis):
    rows = [voucher("C1"), voucher("C1", unique_id="V-bad", voucher_type="00000000-0000-4000-8000-000000000001")]
    own = {"strange": {"id": "00000000-0000-4000-8000-000000000001", "counts": "debt"}}
    settings = configured_workspace.settings().model_copy(update={"voucher_types": Settings(voucher_types=own).voucher_types})
    result = run(configured_workspace, cases(1), rows, settings=settings)
    assert result.exit_code is ExitCode.ROWS_LEFT
    assert [v["uniqueId"] for v in fake_apis.vouchers] == ["V-C1"]
    assert configured_workspace.ledger(STATES) == [("case", "accepted", 1), ("voucher", "accepted", 1), ("voucher", "refused", 1)]


def test_an_installations_own_voucher_types_are_known_by_their_names(workspace):
    own = "11111111-2222-4333-8444-555555555555"
    with Sandbox(SandboxSettings(api_keys=(API_KEY,), tokens=(TOKEN,), extra_voucher_types=(own,))) as fake_apis:
        workspace.env = settings_for(fake_apis.url)
        types = Settings(voucher_types={"court_fee": {"id": own, "counts": "credit", "danish": "Retsafgift"}}).voucher_types
        settings = workspace.settings().model_copy(update={"voucher_types": types})
        rows = [voucher("C1", unique_id=str(i), voucher_type=name) for i, name in enumerate(("court_fee", "Retsafgift", own))]
        assert run(workspace, cases(1), rows, settings=settings).exit_code == 0
        assert [(v["received"]["voucherTypeId"], v["amount"]) for v in fake_apis.vouchers] == [(own, 10000)] * 3


def test_a_server_that_answers_without_an_id_is_in_doubt_not_accepted(workspace, fault_proxy):
    fault_proxy.hook = lambda seen: Reply(200, b'{"reference": "ABC"}') if seen.is_case else None
    result = run(workspace, cases(1))
    assert result.exit_code is ExitCode.IN_DOUBT
    assert workspace.ledger(STATES) == [("case", "in_doubt", 1)]


def test_the_second_of_two_equal_rows_without_a_reference_is_a_question(configured_workspace, fake_apis):
    rows = [case("x", case_ref="", creditor_reference="")] * 2
    assert run(configured_workspace, rows).exit_code == 6
    assert len(fake_apis.cases) == 1
    assert configured_workspace.call("resolve", "--batch", "1", "--kind", "twin", "--send", "--confirm", "1").code == 0
    assert configured_workspace.call("resume").code == 0
    assert len(fake_apis.cases) == 2
    assert run(configured_workspace, rows).reports[0].summary.as_json()["counts"]["cases"]["already_imported"] == 2
    assert len(fake_apis.cases) == 2
