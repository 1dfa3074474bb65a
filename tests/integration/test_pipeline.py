"""The sending loop's decisions as tables, and its behaviour when the ground gives way under it."""

from __future__ import annotations

import json

import pandas as pd
import pytest
from support.fault_proxy import Reply, pass_on
from support.sheets import cases, vouchers
from support.workspace import STATES

import importer
from importer.dispatcher.outcomes.judge import Outcome, OutcomeKind, state_after
from importer.dispatcher.sending.pipeline import final_payload
from importer.domain.kinds import RecordKind
from importer.domain.states import State
from importer.errors import ExitCode, LedgerError
from importer.ledger.outbox.outbox import Outbox
from importer.ledger.outbox.sendable import SendableEntry

PENDING, ACCEPTED, REFUSED, DOUBT = State.PENDING, State.ACCEPTED, State.REFUSED, State.IN_DOUBT


@pytest.mark.parametrize(
    ("verdict", "fresh", "doubted", "doubted_but_looked_up"),
    [
        (OutcomeKind.ACCEPTED, ACCEPTED, ACCEPTED, ACCEPTED),
        (OutcomeKind.EXISTS, ACCEPTED, ACCEPTED, ACCEPTED),
        (OutcomeKind.REFUSED, REFUSED, DOUBT, REFUSED),  # after a doubt a refusal does not prove that nothing exists
        (OutcomeKind.IN_DOUBT, DOUBT, DOUBT, DOUBT),
        (OutcomeKind.NOTHING, PENDING, DOUBT, DOUBT),
        (OutcomeKind.THROTTLED, PENDING, DOUBT, DOUBT),
        (OutcomeKind.STOPPED, PENDING, DOUBT, DOUBT),
    ],
)
def test_where_an_attempt_leaves_its_entry(verdict, fresh, doubted, doubted_but_looked_up):
    outcome = Outcome(verdict)
    assert state_after(outcome, doubted=False, looked_up=False) is fresh
    assert state_after(outcome, doubted=False, looked_up=True) is fresh
    assert state_after(outcome, doubted=True, looked_up=False) is doubted
    assert state_after(outcome, doubted=True, looked_up=True) is doubted_but_looked_up


def test_see_other_is_how_a_server_answers_what_it_has_carried_out():
    assert state_after(Outcome(OutcomeKind.STOPPED, status=303), doubted=False, looked_up=False) is DOUBT
    assert state_after(Outcome(OutcomeKind.STOPPED, status=302), doubted=False, looked_up=False) is PENDING


def test_every_verdict_has_its_line_in_the_table():
    for verdict in OutcomeKind:
        for doubted in (False, True):
            assert isinstance(state_after(Outcome(verdict), doubted=doubted, looked_up=False), State)


def entry(**changes):
    return SendableEntry(
        entry_id=1, kind=RecordKind.VOUCHER, state=PENDING, payload=b'{"amount":-1}', idempotency_key="k", **changes
    )


def test_a_payload_is_left_alone_unless_something_became_known():
    assert final_payload(entry()) == b'{"amount":-1}'


def test_what_became_known_is_added_once_and_behind():
    appendix = json.dumps({"path": "/x/rechnung.pdf", "content_type": "application/pdf", "sha256": "0", "file_id": "f"})
    first = final_payload(entry(parent_id="p", appendix=appendix))
    assert first.startswith(b'{"amount":-1,')
    assert json.loads(first) == {
        "amount": -1,
        "referenceCaseVoucherId": "p",
        "appendix": {"fileName": "rechnung.pdf", "contentType": "application/pdf", "fileId": "f"},
    }
    again = SendableEntry(
        entry_id=1, kind=RecordKind.VOUCHER, state=PENDING, payload=first, idempotency_key="k", parent_id="p", appendix=appendix
    )
    assert final_payload(again) == first


def run(workspace, count=6, **dispatch):
    lines = pd.DataFrame(vouchers(count))
    return importer.run(
        pd.DataFrame(cases(count)), vouchers=lines, yes=True, new_ledger=True, settings=workspace.settings(**dispatch)
    )


def test_a_ledger_that_cannot_be_written_stops_the_run_before_the_next_request(workspace, fake_apis, fault_proxy, monkeypatch):
    """The disk is full when the first outcomes are to be stored: no further request goes out, and nothing is forgotten."""
    real, calls = Outbox.commit_step, []

    def commit_step(self, results, entries, *rest):
        calls.append(len(results))
        if results:
            raise LedgerError("The ledger cannot be used: database or disk is full.")
        return real(self, results, entries, *rest)

    monkeypatch.setattr(Outbox, "commit_step", commit_step)
    result = run(workspace, concurrency=2)
    assert result.exit_code is ExitCode.IN_DOUBT
    assert "full" in result.messages[0]
    assert result.reports  # what the ledger holds is told all the same
    assert sum(seen.is_case for seen in fault_proxy.seen) <= 2
    assert ("case", "sending", 2) in workspace.ledger(STATES)
    monkeypatch.setattr(Outbox, "commit_step", real)
    assert workspace.call("resume").code == 0
    assert len(fake_apis.cases) == len(fake_apis.vouchers) == 6


def test_a_bug_in_a_task_fails_the_run_and_does_not_hang_it(configured_workspace, fake_apis, monkeypatch):
    from importer.dispatcher.apis.debitura import Debitura

    async def broken(_self, _claim):
        raise ZeroDivisionError

    run(configured_workspace, 1)  # an accepted case, without which the list would prove nothing of the others
    real = Debitura.create
    monkeypatch.setattr(Debitura, "create", broken)
    with pytest.raises(ZeroDivisionError):
        run(configured_workspace)
    monkeypatch.setattr(Debitura, "create", real)
    for _ in range(3):
        configured_workspace.call("resume", env={"IMPORTER_DISPATCH__SETTLE_MINUTES": "0"})
    assert len(fake_apis.cases) == len(fake_apis.vouchers) == 6


def test_outcomes_that_are_ready_together_share_a_commit(configured_workspace, monkeypatch):
    commits, real = [], Outbox.commit_step

    def commit_step(self, results, entries, *rest):
        commits.append((len(results), len(entries)))
        return real(self, results, entries, *rest)

    monkeypatch.setattr(Outbox, "commit_step", commit_step)
    run(configured_workspace, 60, concurrency=16)
    assert sum(results for results, _ in commits) == sum(entries for _, entries in commits) == 120
    assert len(commits) < 120  # fewer than one for each outcome
    assert max(entries for _, entries in commits) > 1


def test_a_voucher_without_a_name_for_its_case_does_not_keep_the_run_going(workspace, fault_proxy):
    """In doubt from a run with other settings: Debbie knew the case by its id, now by a reference that it does not have."""
    fault_proxy.hook = lambda seen: Reply(503) if seen.is_voucher else None
    rows = [row | {"creditor_reference": ""} for row in cases(1)]
    settings = workspace.settings(backoff_seconds=0.001)
    importer.run(pd.DataFrame(rows), vouchers=pd.DataFrame(vouchers(1)), yes=True, new_ledger=True, settings=settings)
    assert ("voucher", "in_doubt", 1) in workspace.ledger(STATES)
    fault_proxy.hook = pass_on
    process = workspace.start("resume", env={"IMPORTER_DEBBIE__CASE_ID_FROM": "creditorReference"})
    try:
        process.communicate(timeout=20)
    finally:
        process.kill()
        process.communicate()
    assert process.returncode == 6
