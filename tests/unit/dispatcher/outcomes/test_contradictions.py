"""A case that was created with other values than were sent is recognized, and what a server may fold is not one."""

from __future__ import annotations

import json
from typing import Any

import pytest

from importer.dispatcher.outcomes.judge import OutcomeKind, judge, state_after
from importer.dispatcher.outcomes.reply import Answer
from importer.domain.kinds import RecordKind
from importer.domain.states import State

SENT = {"amountToRecover": 1250.5, "currencyCode": "DKK", "debtor": {"name": "Bodil  Zebrahest"}}
CREATED = {
    "id": "5b1f0a3c-aaaa-4bbb-8ccc-0123456789ab",
    "reference": "1A2B3C4D",
    "grossAmount": 1250.5,
    "currency": "DKK",
    "debtor": {"name": "Bodil  Zebrahest"},
    "isTestCase": False,
}


def outcome_of(change: dict[str, Any], sent: dict[str, Any] = SENT) -> Any:
    body = {name: value for name, value in (CREATED | change).items() if value is not ...}
    return judge(RecordKind.CASE, Answer(200, json.dumps(body).encode()), json.dumps(sent).encode())


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"debtor": {"name": "BODIL ZEBRAHEST"}},
        {"debtor": "Bodil Zebrahest"},
        {"debtor": {"name": "Bodil\u00a0Zebrahest"}},
        {"currency": "dkk"},
        {"grossAmount": "1250.50"},
        {"grossAmount": 1250.5000000001},
        {"grossAmount": 1350.5, "totalAddedFees": 100},
        *({name: ...} for name in ("grossAmount", "currency", "debtor", "isTestCase")),
        {"debtor": {}},
        {"debtor": None, "currency": None, "grossAmount": None, "isTestCase": None},
    ],
    ids=str,
)
def test_what_a_server_may_fold_or_leave_out_is_accepted(change: dict[str, Any]) -> None:
    outcome = outcome_of(change)
    assert (outcome.verdict, outcome.remote_id) == (OutcomeKind.ACCEPTED, CREATED["id"])


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"grossAmount": 125050}, "amount_to_recover was 1250.5, the case has 125050"),
        ({"grossAmount": 1250.49}, "amount_to_recover"),
        ({"grossAmount": 0}, "amount_to_recover"),
        ({"grossAmount": "1.250,50"}, "amount_to_recover"),
        ({"grossAmount": 1350.5, "totalAddedFees": 50}, "amount_to_recover"),
        ({"grossAmount": 1150.5, "totalAddedFees": -100}, "amount_to_recover"),
        ({"grossAmount": True}, "amount_to_recover"),
        ({"currency": "SEK"}, "currency was DKK, the case has SEK"),
        ({"currency": ["DKK"]}, "currency"),
        ({"debtor": {"name": "Bodil"}}, "debtor_name was Bodil  Zebrahest, the case has Bodil"),
        ({"debtor": {"name": ""}}, "debtor_name"),
        ({"isTestCase": True}, "the row is no test case, the case is a test case"),
        ({"isTestCase": "false"}, "the row is no test case"),
    ],
    ids=str,
)
def test_another_case_is_held_with_its_id(change: dict[str, Any], named: str) -> None:
    outcome = outcome_of(change)
    assert (outcome.verdict, outcome.remote_id) == (OutcomeKind.CONTRADICTED, CREATED["id"])
    assert state_after(outcome, doubted=False, looked_up=False) is State.HELD
    (reason,) = outcome.reasons
    assert named in reason.message
    assert "1A2B3C4D" in reason.message


def test_a_test_case_must_be_created_as_one() -> None:
    assert outcome_of({"isTestCase": True}, SENT | {"isTest": True}).verdict is OutcomeKind.ACCEPTED
    assert outcome_of({}, SENT | {"isTest": True}).verdict is OutcomeKind.CONTRADICTED


def test_a_long_value_of_a_server_is_cut() -> None:
    (reason,) = outcome_of({"debtor": {"name": "x" * 4000}}).reasons
    assert len(reason.message) < 600
