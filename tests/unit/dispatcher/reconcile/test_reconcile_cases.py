"""Tests of reconciling cases in doubt: matching, scanning a list that changes, and the resulting moves."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from support.ledgers import ACCOUNTS, LedgerDriver, case, open_driver, run_sql, voucher

from importer.dispatcher.reconcile.case_list import scan
from importer.dispatcher.reconcile.cases import Policy, reconcile
from importer.dispatcher.reconcile.matching import Remote, ScanVerdict, match, traits_listed, traits_sent
from importer.dispatcher.sending.queue import Scope
from importer.domain.kinds import RecordKind
from importer.domain.states import State
from importer.domain.timestamps import to_timestamp
from importer.ledger.outbox.clock_skew import CLOCK_MARGIN
from importer.ledger.outbox.doubts import InDoubtCase

START = datetime(2026, 11, 1, 12, tzinfo=UTC)


def payload(ref: str | None = "R1", debtor: str = "Ann", amount: float = 100.0, **more: Any) -> bytes:
    wire = {"amountToRecover": amount, "currencyCode": "DKK", "debtor": {"name": debtor}} | more
    return json.dumps(wire | ({"creditorReference": ref} if ref else {})).encode()


def doubt(entry_id: int = 1, sent: bytes | None = None, *, first: datetime = START, held: bool = False) -> InDoubtCase:
    return InDoubtCase(entry_id, sent or payload(), to_timestamp(first), to_timestamp(first), 0, held)


def remote(identifier: str = "r", sent: bytes | None = None, *, created: datetime = START, unreadable: bool = False) -> Remote:
    return Remote(identifier, None, created, None if unreadable else traits_sent(sent or payload()))


def fates(
    doubts: list[InDoubtCase], cases: list[Remote], owned: set[str] | None = None
) -> dict[int, tuple[ScanVerdict, str | None]]:
    found = match(doubts, cases, owned or set())
    return {entry: (fate, case.id if case else None) for entry, (fate, case) in found.items()}


ABSENT, AMBIGUOUS = (ScanVerdict.ABSENT, None), (ScanVerdict.AMBIGUOUS, None)


def test_a_unique_match_is_ours() -> None:
    assert fates([doubt()], [remote("a", payload("R2")), remote("b")]) == {1: (ScanVerdict.OURS, "b")}


def test_nothing_there() -> None:
    assert fates([doubt()], []) == {1: ABSENT}


@pytest.mark.parametrize(
    "other",
    [payload("R2"), payload("R2", amount=100.0), payload(currencyCode="EUR", ref="R3")],
)
def test_another_reference_is_another_case(other: bytes) -> None:
    assert fates([doubt()], [remote("a", other)]) == {1: ABSENT}


@pytest.mark.parametrize("other", [payload(None), payload(debtor="Bob"), payload(debtor="ANN Byg ApS (CVR 1)")])
def test_a_case_that_a_server_may_have_rewritten_is_for_a_person(other: bytes) -> None:
    assert fates([doubt()], [remote("a", other)]) == {1: (ScanVerdict.AMBIGUOUS, None)}


def test_what_another_entry_owns_is_not_ours() -> None:
    assert fates([doubt()], [remote("a")], {"a"}) == {1: ABSENT}


def test_a_case_older_than_the_first_attempt_is_not_ours() -> None:
    older = START - CLOCK_MARGIN - timedelta(seconds=1)
    assert fates([doubt()], [remote("a", created=older)]) == {1: ABSENT}
    assert fates([doubt()], [remote("a", created=START - CLOCK_MARGIN)]) == {1: (ScanVerdict.OURS, "a")}


def test_several_matches_are_for_a_person() -> None:
    assert fates([doubt()], [remote("a"), remote("b")]) == {1: AMBIGUOUS}


def test_entries_of_the_same_bytes_share_their_matches() -> None:
    doubts = [doubt(1), doubt(2), doubt(3)]
    assert fates(doubts, [remote("b"), remote("a")]) == {1: (ScanVerdict.OURS, "b"), 2: (ScanVerdict.OURS, "a"), 3: ABSENT}
    assert set(fates(doubts[:1], [remote("a"), remote("b")]).values()) == {AMBIGUOUS}


def test_entries_that_are_alike_but_not_the_same_share_nothing() -> None:
    """The remote case may be that of either entry: a wrong guess sends one of them twice and the other never."""
    doubts = [doubt(1), doubt(2, payload(comments="another"))]
    assert fates(doubts, [remote("a")]) == {1: AMBIGUOUS, 2: AMBIGUOUS}
    assert fates(doubts, []) == {1: ABSENT, 2: ABSENT}


def test_what_may_be_a_held_entrys_is_not_taken() -> None:
    assert fates([doubt(1, held=True), doubt(2)], [remote("a")])[2] == AMBIGUOUS
    assert fates([doubt(2), doubt(1, held=True)], [remote("a")])[2] == AMBIGUOUS
    assert fates([doubt(1, held=True), doubt(2)], [])[2] == ABSENT


def test_the_same_claim_with_another_amount_is_for_a_person() -> None:
    assert fates([doubt()], [remote("a", payload(amount=120))]) == {1: AMBIGUOUS}
    assert fates([doubt()], [remote("a", payload(amount=120))], {"a"}) == {1: ABSENT}
    both = [doubt(1), doubt(2, payload(amount=120))]
    assert fates(both, [remote("a", payload(amount=120))]) == {1: ABSENT, 2: (ScanVerdict.OURS, "a")}


def test_a_case_that_cannot_be_read_proves_no_absence() -> None:
    assert fates([doubt()], [remote("a", unreadable=True)]) == {1: (ScanVerdict.UNKNOWN, None)}
    assert fates([doubt()], [remote("a", unreadable=True)], {"a"}) == {1: ABSENT}
    long_ago = START - timedelta(days=1)
    assert fates([doubt()], [remote("a", unreadable=True, created=long_ago)]) == {1: ABSENT}


LISTED = {"id": "r", "creditorReference": "R1", "grossAmount": 100, "currency": "DKK", "debtor": {"name": "Ann"}}


@pytest.mark.parametrize(
    "change",
    [
        *[{"grossAmount": amount} for amount in (100, 100.0, "100.00")],
        *[{"debtor": {"name": " ann "}}, {"debtor": "ANN"}, {"currency": "dkk"}, {"creditorReference": " R1 "}],
    ],
)
def test_what_a_list_may_write_otherwise(change: dict[str, Any]) -> None:
    assert traits_listed(LISTED | change) == traits_sent(payload())


@pytest.mark.parametrize("name", ["creditorReference", "grossAmount", "currency", "debtor"])
def test_a_listed_case_without_a_trait_has_none(name: str) -> None:
    assert traits_listed({k: v for k, v in LISTED.items() if k != name}) is None


@pytest.mark.parametrize("change", [{"grossAmount": "much"}, {"grossAmount": None}, {"debtor": {}}, {"debtor": None}])
def test_a_listed_case_with_an_unreadable_trait_has_none(change: dict[str, Any]) -> None:
    assert traits_listed(LISTED | change) is None


def test_no_reference_is_the_same_on_both_sides() -> None:
    assert traits_listed(LISTED | {"creditorReference": None}) == traits_sent(payload(None))


# Scanning


class FakeList:
    """A fake of Debitura's list: ``cases``, newest first, in pages; ``before_page`` may change it between two pages."""

    def __init__(self, cases: list[dict[str, Any]], size: int = 2, before_page: Callable[[int, FakeList], None] | None = None):
        self.cases, self.size, self.before_page = cases, size, before_page
        self.read: list[int] = []
        self.details: dict[str, dict[str, Any]] = {}
        self.totals = True
        self.skew: timedelta | None = None
        self.earliest_skew: timedelta | None = None

    async def page(self, number: int) -> dict[str, Any]:
        if self.before_page:
            self.before_page(len(self.read), self)
        self.read.append(number)
        start = (number - 1) * self.size
        facts = {"totalResults": len(self.cases), "totalPages": -(-len(self.cases) // self.size)} if self.totals else {}
        return {"page": facts, "cases": self.cases[start : start + self.size]}

    async def case(self, identifier: str) -> dict[str, Any]:
        return self.details.get(identifier, {})


def listed(identifier: str, minutes_ago: float, **change: Any) -> dict[str, Any]:
    return LISTED | {"id": identifier, "dateCreated": (START - timedelta(minutes=minutes_ago)).isoformat()} | change


def scanned(fake: FakeList, back: float = 60) -> tuple[list[str], bool]:
    found = asyncio.run(scan(fake, START - timedelta(minutes=back)))  # type: ignore[arg-type]
    return [case.id for case in found.cases], found.steady


TEN = [listed(str(i), i * 20) for i in range(10)]


def test_a_scan_reads_back_to_the_first_attempt_and_no_further() -> None:
    fake = FakeList(TEN)
    assert scanned(fake) == (["0", "1", "2", "3", "4", "5"], True)
    assert fake.read == [1, 2, 3, 1]


def test_a_scan_that_is_shifted_is_made_again() -> None:
    def shift(reads: int, fake: FakeList) -> None:
        if reads == 1:
            fake.cases = [listed("new", -1), *fake.cases]

    fake = FakeList(TEN, before_page=shift)
    ids, steady = scanned(fake)
    assert steady
    assert ids[:4] == ["new", "0", "1", "2"]


def test_a_list_that_never_holds_still_is_not_steady() -> None:
    def shift(reads: int, fake: FakeList) -> None:
        fake.cases = [listed(f"new{reads}", -reads), *fake.cases]

    assert not scanned(FakeList(TEN, before_page=shift))[1]


def test_a_shift_that_keeps_the_total_is_seen() -> None:
    def swap(reads: int, fake: FakeList) -> None:
        fake.cases = [listed(f"new{reads}", -reads), *fake.cases[:-1]]

    assert not scanned(FakeList(TEN, before_page=swap))[1]


def test_a_list_that_is_not_sorted_is_read_to_its_end() -> None:
    ids, steady = scanned(FakeList(TEN[::-1]))
    assert (sorted(ids), steady) == ([str(i) for i in range(10)], True)


def test_a_list_without_totals_is_read_until_it_brings_nothing_new() -> None:
    fake = FakeList(TEN)
    fake.totals = False
    assert scanned(fake, back=10_000)[0] == [str(i) for i in range(10)]


def test_an_empty_list() -> None:
    assert scanned(FakeList([])) == ([], True)


def test_what_the_list_leaves_out_is_fetched() -> None:
    fake = FakeList([{"id": "r", "dateCreated": START.isoformat()}])
    fake.details["r"] = LISTED
    found = asyncio.run(scan(fake, START))  # type: ignore[arg-type]
    assert found.cases[0].traits == traits_sent(payload())


@pytest.mark.parametrize("created", [None, "yesterday", "", 5])
def test_a_case_without_a_readable_date_may_be_ours(created: Any) -> None:
    found = asyncio.run(scan(FakeList([LISTED | {"dateCreated": created}]), START))  # type: ignore[arg-type]
    assert match([doubt()], found.cases, set())[1][0] is ScanVerdict.OURS


@pytest.mark.parametrize("behind", [0, 8])
def test_a_date_without_a_zone_may_be_of_any(behind: int) -> None:
    local = (START + timedelta(minutes=1) - timedelta(hours=behind)).replace(tzinfo=None).isoformat()
    found = asyncio.run(scan(FakeList([LISTED | {"dateCreated": local}]), START))  # type: ignore[arg-type]
    assert match([doubt()], found.cases, set())[1][0] is ScanVerdict.OURS


def test_a_date_alone_lasts_all_day() -> None:
    found = asyncio.run(scan(FakeList([LISTED | {"dateCreated": "2026-11-01"}]), START))  # type: ignore[arg-type]
    assert match([doubt(first=START + timedelta(hours=6))], found.cases, set())[1][0] is ScanVerdict.OURS
    assert match([doubt(first=START + timedelta(days=2))], found.cases, set())[1][0] is ScanVerdict.ABSENT


@pytest.mark.parametrize(("shown", "fate"), [(True, ScanVerdict.ABSENT), (False, ScanVerdict.OURS), (None, ScanVerdict.OURS)])
def test_a_test_case_is_not_the_real_one(*, shown: bool | None, fate: ScanVerdict) -> None:
    found = asyncio.run(scan(FakeList([listed("r", 0) | {"isTestCase": shown}]), START))  # type: ignore[arg-type]
    assert match([doubt()], found.cases, set())[1][0] is fate


def test_a_list_that_tells_of_a_slower_clock_is_read_further_back(driver: LedgerDriver) -> None:
    """The skew is known only after the first page: cases before the first cut-off must be read as well."""
    driver.take(case("R1"))
    driver.send_all(State.IN_DOUBT)
    others = [of(case(f"X{n}"), f"x{n}") for n in range(4)]
    ours = of(case("R1")) | {"dateCreated": (datetime.now(UTC) - timedelta(minutes=30)).isoformat()}

    def tell(_: int, fake: FakeList) -> None:
        fake.skew = timedelta(minutes=-30)

    before = {"dateCreated": (datetime.now(UTC) - timedelta(minutes=9)).isoformat()}
    older = [of(case(f"Y{n}"), f"y{n}") | before for n in range(4)]
    assert settle(driver, [*others[::-1], *older, ours], before_page=tell) == 1
    assert state(driver) is State.ACCEPTED


# The moves


@pytest.fixture
def driver(tmp_path: Path) -> Iterator[LedgerDriver]:
    with open_driver(tmp_path) as driver:
        yield driver


NOW, LATER = Policy(timedelta(0), "resend"), Policy(timedelta(minutes=15), "resend")
HOLD = Policy(timedelta(0), "hold")


def settle(
    driver: LedgerDriver,
    cases: list[dict[str, Any]],
    policy: Policy = NOW,
    batches: tuple[int, ...] | None = None,
    *,
    control: bool = True,
    **more: Any,
) -> int:
    """Reconcile with this list, to which an accepted case of the same time is added as the control, unless ``control``."""
    if control and "CONTROL" not in {entry.ref for entry in driver.entries()}:
        driver.take(case("CONTROL"))
        driver.send_all(remote="control")
    fake = FakeList([of(case("CONTROL"), "control"), *cases] if control else cases, **more)
    return asyncio.run(reconcile(driver.ledger, fake, Scope(ACCOUNTS, batches, "run"), policy))  # type: ignore[arg-type]


def of(record: Any, identifier: str = "r") -> dict[str, Any]:
    """Return the case that Debitura creates of a record, created now."""
    sent = json.loads(record.payload)
    made = {"id": identifier, "reference": "AB", "grossAmount": sent["amountToRecover"], "currency": sent["currencyCode"]}
    made |= {"creditorReference": sent.get("creditorReference"), "debtor": sent["debtor"]}
    return made | {"dateCreated": datetime.now(UTC).isoformat(), "isTestCase": bool(sent.get("isTest"))}


def state(driver: LedgerDriver, entry: int = 1) -> State:
    return State(driver.entry(entry).state)


def test_a_case_that_is_there_is_adopted_and_frees_its_vouchers(driver: LedgerDriver) -> None:
    driver.take(case("R1"), voucher("R1"))
    driver.send_all(State.IN_DOUBT)
    assert settle(driver, [of(case("R1"))], LATER) == 1
    found = driver.entry(1)
    assert (found.state, found.remote_id, found.remote_reference) == (State.ACCEPTED, "r", "AB")
    assert len(driver.claim(RecordKind.VOUCHER)) == 1


def test_a_case_that_two_settled_scans_do_not_show_is_sent_again(driver: LedgerDriver) -> None:
    driver.take(case("R1"))
    driver.send_all(State.IN_DOUBT)
    assert settle(driver, []) == 0
    assert state(driver) is State.IN_DOUBT
    assert settle(driver, []) == 1
    assert state(driver) is State.PENDING
    (claim,) = driver.claim()
    assert not claim.entry.doubted
    assert claim.payload == driver.sent[0].payload
    assert claim.entry.idempotency_key == driver.sent[0].entry.idempotency_key


def test_a_second_doubt_starts_the_counting_again(driver: LedgerDriver) -> None:
    driver.take(case("R1"))
    driver.send_all(State.IN_DOUBT)
    settle(driver, [])
    settle(driver, [])
    driver.send_all(State.IN_DOUBT)
    assert settle(driver, []) == 0
    assert settle(driver, [], LATER) == 0
    assert state(driver) is State.IN_DOUBT


def test_the_first_attempt_that_shows_late_is_seen_after_the_second(driver: LedgerDriver) -> None:
    driver.take(case("R1"))
    driver.send_all(State.IN_DOUBT)
    late = of(case("R1"), "late")
    settle(driver, [])
    settle(driver, [])
    driver.send_all(State.IN_DOUBT)
    assert settle(driver, [of(case("R1"), "second"), late]) == 1
    assert state(driver) is State.HELD


def test_nothing_is_sent_again_before_the_settle_time(driver: LedgerDriver) -> None:
    driver.take(case("R1"))
    driver.send_all(State.IN_DOUBT)
    assert [settle(driver, [], LATER) for _ in range(5)] == [0] * 5
    assert state(driver) is State.IN_DOUBT


def test_absence_can_be_left_to_a_person(driver: LedgerDriver) -> None:
    batch = driver.take(case("R1"), voucher("R1"))
    driver.send_all(State.IN_DOUBT)
    settle(driver, [], HOLD)
    settle(driver, [], HOLD)
    assert state(driver) is State.HELD
    assert driver.codes(batch) == ["not_listed", "case_refused"]


def test_several_matches_hold_the_case(driver: LedgerDriver) -> None:
    batch = driver.take(case("R1"))
    driver.send_all(State.IN_DOUBT)
    assert settle(driver, [of(case("R1"), "a"), of(case("R1"), "b")]) == 1
    assert state(driver) is State.HELD
    assert driver.codes(batch) == ["several_match"]


def test_a_list_that_shifts_proves_no_absence(driver: LedgerDriver) -> None:
    batch = driver.take(case("R1"))
    driver.send_all(State.IN_DOUBT)

    def shift(reads: int, fake: FakeList) -> None:
        fake.cases = [listed(f"new{reads}", -99_999_999 + reads, creditorReference="other"), *fake.cases]

    for _ in range(4):
        settle(driver, [listed(f"o{i}", -99_999_000 - i, creditorReference="o") for i in range(4)], before_page=shift)
    assert state(driver) is State.HELD
    assert "changed each time that they were read" in driver.reasons(batch)[0]


# Absence needs a control


def shown(change: Callable[[dict[str, Any]], dict[str, Any] | None]) -> Callable[[LedgerDriver], list[dict[str, Any]]]:
    """Return a list with the accepted case, as a server changes it (None: it leaves it out)."""
    return lambda _: [case_ for case_ in [change(of(case("CONTROL"), "control"))] if case_ is not None]


def with_(**values: Any) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda listed: listed | values


def without(name: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda listed: {key: value for key, value in listed.items() if key != name}


LACKING = {
    "hides new cases": (lambda _: None, "does not show case"),
    "another id": (with_(id="other"), "does not show case"),
    "dates of the calendar's beginning": (with_(dateCreated="0001-01-01T00:00:00"), "a wrong date of creation"),
    "the invoice's date": (with_(dateCreated="2026-01-31"), "a wrong date of creation"),
    "hours too early": (with_(dateCreated=(START - timedelta(days=99)).isoformat()), "a wrong date of creation"),
    "days too late": (with_(dateCreated="2099-01-01T00:00:00Z"), "a wrong date of creation"),
    "no date": (without("dateCreated"), "a wrong date of creation"),
    "a date beyond the calendar": (with_(dateCreated="9999-12-31"), "a wrong date of creation"),
    "rewritten reference": (with_(creditorReference="CTRL"), "with another reference, debtor, amount or currency"),
    "no reference": (with_(creditorReference=None), "with another reference, debtor, amount or currency"),
    "rewritten name": (with_(debtor={"name": "somebody else"}), "with another reference, debtor, amount or currency"),
    "amount in hundredths": (with_(grossAmount=10000), "with another reference, debtor, amount or currency"),
    "no mark of test cases": (without("isTestCase"), "whether it is a test case"),
    "the wrong mark": (with_(isTestCase=True), "whether it is a test case"),
}


@pytest.mark.parametrize("behaviour", LACKING)
def test_a_list_that_does_not_show_what_must_be_there_proves_no_absence(driver: LedgerDriver, behaviour: str) -> None:
    change, reason = LACKING[behaviour]
    batch = driver.take(case("R1"), voucher("R1"))
    driver.send_all(State.IN_DOUBT)
    driver.take(case("CONTROL"))
    driver.send_all(remote="control")
    cases = shown(change)(driver)
    for _ in range(4):
        settle(driver, cases, control=False)
    assert state(driver) is State.HELD
    assert reason in driver.reasons(batch)[0]
    assert "was not sent again" in driver.reasons(batch)[0]
    assert driver.claim() == []


TOTALS = {"missing": None, "too small": 0, "a text": "2", "a truth": True, "too large": 99}


@pytest.mark.parametrize("total", TOTALS.values(), ids=TOTALS)
def test_a_total_that_does_not_add_up_proves_no_absence(driver: LedgerDriver, total: Any) -> None:
    driver.take(case("R1"))
    driver.send_all(State.IN_DOUBT)

    class OddTotals(FakeList):
        async def page(self, number: int) -> dict[str, Any]:
            page = await super().page(number)
            return page | {"page": page["page"] | {"totalResults": total}}

    driver.take(case("CONTROL"))
    driver.send_all(remote="control")
    for _ in range(4):
        fake = OddTotals([of(case("CONTROL"), "control")])
        asyncio.run(reconcile(driver.ledger, fake, Scope(ACCOUNTS, None, "run"), NOW))  # type: ignore[arg-type]
    assert state(driver) is State.HELD


def test_without_an_accepted_case_of_that_time_a_list_proves_no_absence(driver: LedgerDriver) -> None:
    batch = driver.take(case("R1"))
    driver.send_all(State.IN_DOUBT)
    for _ in range(4):
        settle(driver, [], control=False)
    assert state(driver) is State.HELD
    assert "it shows no case of that time that is known to exist" in driver.reasons(batch)[0]


def test_a_real_case_is_no_control_of_a_test_case(driver: LedgerDriver) -> None:
    driver.take(case("R1", test=True))
    driver.send_all(State.IN_DOUBT)
    for _ in range(4):
        settle(driver, [])
    assert state(driver) is State.HELD


def test_a_case_held_for_want_of_a_control_is_settled_by_a_later_list(driver: LedgerDriver) -> None:
    driver.take(case("R1"), voucher("R1"))
    driver.send_all(State.IN_DOUBT)
    settle(driver, [], control=False)
    assert (state(driver), state(driver, 2)) == (State.HELD, State.BLOCKED)
    settle(driver, [])
    settle(driver, [])
    assert (state(driver), driver.entry(1).reasons) == (State.PENDING, None)
    assert state(driver, 2) is State.PENDING


def test_a_case_held_for_want_of_a_control_is_adopted_when_it_appears(driver: LedgerDriver) -> None:
    driver.take(case("R1"))
    driver.send_all(State.IN_DOUBT)
    settle(driver, [], control=False)
    assert state(driver) is State.HELD
    settle(driver, [of(case("R1"))], control=False)
    assert state(driver) is State.ACCEPTED


def test_another_case_in_doubt_that_is_found_is_a_control(driver: LedgerDriver) -> None:
    driver.take(case("R1"), case("R2"))
    driver.send_all(State.IN_DOUBT)
    settle(driver, [of(case("R2"))], control=False)
    assert (state(driver), state(driver, 2)) == (State.IN_DOUBT, State.ACCEPTED)
    assert driver.entry(1).absent_scans == 1


def test_a_case_accepted_just_now_is_a_control_if_it_is_listed_and_none_against_the_list_if_not(driver: LedgerDriver) -> None:
    driver.take(case("R1"))
    driver.send_all(State.IN_DOUBT)
    long_ago = "2026-01-01T00:00:00.000000Z"
    change = f"UPDATE entry SET doubted_at = '{long_ago}', first_sent_at = '{long_ago}'"
    run_sql(driver.ledger, lambda c: c.exec_driver_sql(change))
    driver.take(case("CONTROL"))
    driver.send_all(remote="control")
    settle(driver, [], LATER, control=False)
    assert state(driver) is State.HELD
    assert "it shows no case of that time" in driver.reasons(1)[0]
    for _ in range(2):
        settle(driver, [of(case("CONTROL"), "control")], LATER, control=False)
    assert state(driver) is State.PENDING


def test_ids_are_compared_as_uuids(driver: LedgerDriver) -> None:
    """The list spells them unlike the answer: the accepted case is not taken for the twin that was never created."""
    remote = "5b1f0a3c-aaaa-4bbb-8ccc-0123456789ab"
    driver.take(case("R1"), case("R1", creditor="Y"))
    first, second = driver.claim()
    driver.settle([first], State.ACCEPTED, remote=remote)
    driver.settle([second], State.IN_DOUBT)
    for _ in range(2):
        settle(driver, [of(case("R1"), spelt) for spelt in (remote.upper(),)], control=False)
    assert state(driver, 2) is State.PENDING


def test_the_earliest_clock_of_the_server_counts(driver: LedgerDriver) -> None:
    """Its database dates cases three hours before the ``Date`` of its answers, as an accepted case has shown."""
    driver.take(case("R1"))
    driver.send_all(State.IN_DOUBT)
    driver.ledger.doubts.note_clock(ACCOUNTS, timedelta(0), timedelta(hours=-3))
    early = {"dateCreated": (datetime.now(UTC) - timedelta(hours=3)).isoformat()}
    settle(driver, [of(case("R1")) | early], control=False)
    assert state(driver) is State.ACCEPTED


def test_what_an_alike_entry_of_an_earlier_run_made_is_not_taken_for_ours(driver: LedgerDriver) -> None:
    """Both are in doubt, only one of them is in this run's batch, and one case exists, which may belong to either."""
    first, second = case("R1", creditor="X"), case("R1", creditor="Y")
    driver.take(first)
    batch = driver.take(second)
    driver.send_all(State.IN_DOUBT)
    assert settle(driver, [of(first)], batches=(batch,)) == 1
    assert state(driver, 2) is State.HELD
    assert state(driver, 1) is State.IN_DOUBT


def test_an_entrys_case_is_adopted_once(driver: LedgerDriver) -> None:
    driver.take(case("R1"))
    driver.send_all(remote="r")
    driver.take(case("R1", creditor="Y"))
    driver.send_all(State.IN_DOUBT)
    settle(driver, [of(case("R1"))])
    settle(driver, [of(case("R1"))])
    assert state(driver, 2) is State.PENDING
