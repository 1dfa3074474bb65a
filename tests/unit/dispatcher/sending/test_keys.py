"""When a case in doubt may be sent again with its idempotency key."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from importer.dispatcher.sending.keys import UNPROTECTED, KeyPolicy
from importer.domain.kinds import RecordKind
from importer.domain.proofs import AccountProof
from importer.domain.states import State
from importer.domain.timestamps import to_timestamp
from importer.ledger.outbox.sendable import NEXT_RUN, Postponed, SendableEntry

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
PROVED = KeyPolicy(least_age=timedelta(seconds=60), most_age=timedelta(minutes=10))
TRUSTED = KeyPolicy(trusted=True)


def ago(seconds: float) -> str:
    return to_timestamp(NOW - timedelta(seconds=seconds))


def in_(seconds: float) -> Postponed:
    return Postponed(to_timestamp(NOW + timedelta(seconds=seconds)))


def entry(state: State = State.IN_DOUBT, first: str | None = None, kind: RecordKind = RecordKind.CASE) -> SendableEntry:
    return SendableEntry(1, kind, state, b"{}", "k", first_sent_at=first)


@pytest.mark.parametrize(
    ("policy", "resends"),
    [
        (UNPROTECTED, False),
        (TRUSTED, True),
        (PROVED, True),
        (KeyPolicy(least_age=timedelta(seconds=60), most_age=timedelta(seconds=60)), False),
        (KeyPolicy(least_age=timedelta(seconds=60), most_age=timedelta(seconds=3)), False),
    ],
)
def test_a_proof_counts_only_beyond_twice_the_timeout(policy: KeyPolicy, *, resends: bool) -> None:
    assert policy.resends is resends


@pytest.mark.parametrize(
    ("sent", "attempts", "wanted"),
    [
        (10, 1, in_(50)),
        (100, 1, in_(-40)),
        (599, 1, in_(-539)),
        (600, 1, NEXT_RUN),
        (10, 2, NEXT_RUN),
        (10, 0, in_(50)),  # a crash before the outcome
    ],
)
def test_a_doubt_of_an_earlier_run_is_sent_again_once_while_its_key_is_young(
    sent: float, attempts: int, wanted: Postponed
) -> None:
    assert PROVED.first_repeat(ago(sent), attempts, NOW) == wanted


def test_a_repeat_that_ends_in_doubt_is_the_last_one() -> None:
    assert PROVED.after_doubt(entry(State.PENDING), NOW) == in_(60)
    assert PROVED.after_doubt(entry(State.PENDING, ago(700)), NOW) == NEXT_RUN
    assert PROVED.after_doubt(entry(State.IN_DOUBT, ago(70)), NOW) == NEXT_RUN


@pytest.mark.parametrize(
    ("policy", "one", "may"),
    [
        (PROVED, entry(first=ago(599)), True),
        (PROVED, entry(first=ago(601)), False),  # the run has waited for a quota meanwhile
        (PROVED, entry(first=None), False),
        (PROVED, entry(State.PENDING, ago(9999)), True),
        (PROVED, entry(first=ago(9999), kind=RecordKind.VOUCHER), True),
        (TRUSTED, entry(first=ago(9999)), True),
    ],
)
def test_the_age_of_the_key_is_looked_at_when_the_case_goes_out(policy: KeyPolicy, one: SendableEntry, *, may: bool) -> None:
    assert policy.may_send(one, NOW) is may


@pytest.mark.parametrize(
    ("days", "heeded", "seconds"), [(0, 600, 600), (29, 600, 600), (31, 600, 0), (-1, 600, 0), (0, None, 0), (0, 9999, 3600)]
)
def test_a_proof_is_valid_for_thirty_days_and_for_an_hour_at_most(days: float, heeded: float | None, seconds: float) -> None:
    proof = AccountProof(ago(days * 86_400), heeded, 1.0, deletes_test_cases=True)
    assert AccountProof.from_text(proof.as_text()) == proof
    assert proof.trusted_age(NOW) == timedelta(seconds=seconds)
