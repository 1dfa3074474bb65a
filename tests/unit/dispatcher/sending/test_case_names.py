"""Before the first voucher goes out, Debbie is asked for its case; the clock is the test's."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from importer.dispatcher.outcomes.judge import Outcome, OutcomeKind
from importer.dispatcher.sending.case_names import LONGEST_PAUSE, LONGEST_WAIT, CaseNames, without_young_case
from importer.domain.kinds import RecordKind
from importer.domain.states import State
from importer.domain.timestamps import to_timestamp
from importer.ledger.outbox.sendable import SendableEntry

NOW, SETTLE = datetime(2026, 11, 1, tzinfo=UTC), timedelta(minutes=15)
KNOWN, UNKNOWN = Outcome(OutcomeKind.ACCEPTED, status=200), Outcome(OutcomeKind.REFUSED, status=404)


def voucher(minutes_ago: float | None = 60, target: str | None = None, kind: RecordKind = RecordKind.VOUCHER) -> SendableEntry:
    accepted = None if minutes_ago is None else to_timestamp(NOW - timedelta(minutes=minutes_ago))
    return SendableEntry(1, kind, State.PENDING, b"{}", "k", target=target, case_id="c", case_accepted_at=accepted)


@pytest.fixture
def names() -> CaseNames:
    return CaseNames("reference", SETTLE)


def test_vouchers_wait_until_one_case_is_known_and_not_longer(names: CaseNames) -> None:
    assert names.must_wait(voucher())
    assert names.may_ask(0.0)
    names.state = "asking"
    assert not names.may_ask(0.0)
    assert names.note(voucher(), "c", KNOWN, NOW, 0.0) is KNOWN
    assert not names.must_wait(voucher())


def test_a_voucher_with_a_case_id_of_its_own_does_not_wait(names: CaseNames) -> None:
    assert not names.must_wait(voucher(target="x"))


def test_a_young_case_is_asked_for_again_less_and_less_often_and_for_a_minute_at_most(names: CaseNames) -> None:
    seconds, pauses = 0.0, []
    while seconds < LONGEST_WAIT:
        assert names.note(voucher(1), "c", UNKNOWN, NOW, seconds).verdict is OutcomeKind.NOTHING
        pauses.append(names.ask_again_at - seconds)
        assert not names.may_ask(names.ask_again_at - 0.01)
        seconds = names.ask_again_at
    assert pauses == sorted(pauses)
    assert pauses[-1] == LONGEST_PAUSE
    assert names.unknown == frozenset()
    stopped = names.note(voucher(1), "c", UNKNOWN, NOW, seconds)
    assert stopped.verdict is OutcomeKind.STOPPED
    assert "is not known by its reference yet" in (stopped.detail or "")


def test_three_old_cases_that_are_unknown_show_that_the_setting_is_wrong(names: CaseNames) -> None:
    for name in ("a", "b"):
        assert names.note(voucher(), name, UNKNOWN, NOW, 0.0).verdict is OutcomeKind.NOTHING
        assert names.may_ask(0.0), "the next case is asked for at once"
    stopped = names.note(voucher(), "c", UNKNOWN, NOW, 0.0)
    assert stopped.verdict is OutcomeKind.STOPPED
    assert "no case is known by its reference (a, b, c)" in (stopped.detail or "")
    assert "debbie.case_id_from" in (stopped.detail or "")


def test_one_unknown_case_among_known_ones_is_not_the_settings_fault(names: CaseNames) -> None:
    names.note(voucher(), "a", UNKNOWN, NOW, 0.0)
    names.note(voucher(), "b", KNOWN, NOW, 0.0)
    assert not names.must_wait(voucher())


@pytest.mark.parametrize(
    ("entry", "status", "wanted"),
    [
        (voucher(14), 404, OutcomeKind.NOTHING),
        (voucher(15), 404, OutcomeKind.REFUSED),
        (voucher(14), 422, OutcomeKind.REFUSED),
        (voucher(14, target="x"), 404, OutcomeKind.REFUSED),
        (voucher(None), 404, OutcomeKind.REFUSED),
        (voucher(14, kind=RecordKind.CASE), 404, OutcomeKind.REFUSED),
    ],
)
def test_an_unknown_case_is_a_refusal_only_after_the_settle_time(entry: SendableEntry, status: int, wanted: OutcomeKind) -> None:
    outcome = Outcome(OutcomeKind.REFUSED, status=status)
    assert without_young_case(outcome, entry, SETTLE, NOW).verdict is wanted
