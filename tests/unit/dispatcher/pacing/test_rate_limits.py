"""The rate windows against a server that counts as the vendor says: never one request too many, hardly one too few."""

from __future__ import annotations

import heapq
import json
import random
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.examples import examples

from importer.dispatcher.pacing.rate_limits import UNLIMITED, Permit, RateLimits, kept_back
from importer.dispatcher.pacing.rate_windows import NO_WAIT, Period
from importer.sandbox.vendors.rate_limits import Limiter

LENGTHS = (60.0, 3600.0, 86400.0)
KINDS = ("sliding", "fixed", "fixed"), ("sliding", "aligned", "fixed")


class FakeClock:
    """The time, as a test says."""

    def __init__(self, now=0.0):
        self.now = now

    def __call__(self):
        return self.now


def limits_of(*counts, lengths=LENGTHS, now=0.0):
    return RateLimits.documented("Debitura", "key", counts, lengths, FakeClock(now))


def send(limits, count, took=1.0):
    """So many requests, sent now and all answered at the same moment."""
    began = limits.clock()
    limits.reserve(count)
    limits.clock.now += took
    for _ in range(count):
        limits.answered(began)


def at(limits, now, **reading):
    """The permit at another time."""
    limits.clock.now = now
    return limits.next_permit(**reading)


def kept(limits):
    """What the ledger keeps of them."""
    return limits.changes()["key"]


@dataclass
class CountingServer:
    """Both readings of the vendor's windows; a request is counted between its sending and its answer."""

    counts: tuple[int, int, int]
    lengths: tuple[float, float, float]
    counted: int = 0
    refused: int = 0

    def __post_init__(self):
        self.limiters = [Limiter(tuple(zip(self.counts, self.lengths, kinds, strict=True))) for kinds in KINDS]

    def count(self, now):
        over = [limiter.admit(now) > 0 for limiter in self.limiters]
        self.counted += 1
        self.refused += any(over)


@dataclass
class Client:
    """Sends whenever the windows allow, with answers that take their time; it can be killed and started again."""

    server: CountingServer
    slots: int = 8
    slowest: float = 1.0
    seed: int = 0
    now: float = 1_000_000.0
    flying: int = 0
    events: list = field(default_factory=list)  # (when, order, what, began)

    def __post_init__(self):
        self.random = random.Random(self.seed)
        self.limits = self.restarted(None)
        self.kept = None

    def restarted(self, kept):
        limits = RateLimits.documented("Debitura", "key", self.server.counts, self.server.lengths, lambda: self.now)
        limits.load(kept)
        return limits

    def send(self, count):
        self.limits.reserve(count)
        self.kept = kept(self.limits)  # durable before the first byte
        for _ in range(count):
            took = self.random.uniform(0, self.slowest)
            self._at(self.now + self.random.uniform(0, took), "counted", self.now)
            self._at(self.now + took, "answered", self.now)
        self.flying += count

    def _at(self, when, what, began):
        heapq.heappush(self.events, (when, len(self.events) + self.random.random(), what, began))

    def pass_until(self, until):
        while self.events and self.events[0][0] <= until:
            self.now, _, what, began = heapq.heappop(self.events)
            if what == "counted":
                self.server.count(self.now)
            else:
                self.limits.answered(began)
                self.flying -= 1
        self.now = max(self.now, until)

    def kill(self, pause):
        """What was under way goes on at the server; nobody hears of it."""
        self.events = [event for event in self.events if event[2] == "counted"]
        heapq.heapify(self.events)
        self.flying = 0
        self.pass_until(self.now + pause)
        self.limits = self.restarted(self.kept)

    def work(self, seconds, most=UNLIMITED):
        """Send as much as may be sent for so long."""
        until = self.now + seconds
        while self.now < until and most > 0:
            count = min(self.limits.next_permit().count, self.slots - self.flying, most)
            if count > 0:
                self.send(count)
                most -= count
            wait = self.limits.next_permit().wait.seconds
            upcoming = self.events[0][0] if self.events else until
            self.pass_until(min(until, upcoming, self.now + wait if wait and self.flying < self.slots else until))


# What a client does: work at full speed, work a little, rest, or die.
ACTS = st.lists(
    st.one_of(
        st.tuples(st.just("work"), st.floats(0.1, 400)),
        st.tuples(st.just("some"), st.integers(1, 30)),
        st.tuples(st.just("rest"), st.floats(0.01, 900)),
        st.tuples(st.just("kill"), st.floats(0, 30)),
    ),
    min_size=1,
    max_size=8,
)


@settings(max_examples=examples(20), deadline=None)
@given(acts=ACTS, seed=st.integers(0, 1000), slowest=st.sampled_from([0.01, 1.0, 20.0]), start=st.floats(0, 600))
def test_no_window_is_ever_exceeded_whatever_happens(acts, seed, slowest, start):
    """In any sliding minute, any hour of the clock or from its first request, any day; across restarts."""
    server = CountingServer((20, 60, 150), (10.0, 60.0, 600.0))
    client = Client(server, slowest=slowest, seed=seed, now=1_000_000.0 + start)
    for act, amount in acts:
        if act == "work":
            client.work(amount)
        elif act == "some":
            client.work(200, most=amount)
        elif act == "rest":
            client.pass_until(client.now + amount)
        else:
            client.kill(amount)
    client.pass_until(client.now + 30)
    assert server.refused == 0


@pytest.mark.parametrize("start", range(0, 60, 5))
def test_neither_reading_of_an_hour_is_exceeded_wherever_it_begins(start):
    """One early request, and then all that is allowed shortly before its window ends, and after."""
    client = Client(CountingServer((10**6, 60, 10**6), (10.0, 60.0, 600.0)), now=1_000_020.0 + start)
    client.work(1, most=1)
    client.pass_until(client.now + 45)
    client.work(120)
    assert client.server.refused == 0
    assert client.server.counted > 60


@pytest.mark.parametrize("seed", range(20))
def test_a_request_that_passes_the_edge_of_a_window_counts_on_both_sides(seed):
    """Sent in the old window with room to spare, counted in the new one: which is it that is full then?"""
    client = Client(CountingServer((10**6, 60, 10**6), (10.0, 60.0, 600.0)), slots=16, slowest=6.0, seed=seed)
    client.work(56, most=30)
    client.work(5, most=16)
    client.work(100)
    assert client.server.refused == 0


def documented(**more):
    return Client(CountingServer((2000, 20_000, 100_000), LENGTHS), slots=64, slowest=0.5, **more)


@pytest.mark.slow
@pytest.mark.parametrize(("minutes", "allowed"), [(10, 20_000), (70, 40_000)])
def test_nearly_all_that_is_allowed_is_used(minutes, allowed):
    client = documented()
    client.work(minutes * 60)
    assert client.server.refused == 0
    assert client.server.counted >= 0.97 * allowed


@pytest.mark.slow
def test_nearly_all_is_used_across_restarts():
    client = documented()
    for _ in range(10):
        client.work(60)
        client.kill(1)
    client.work(60)
    assert client.server.refused == 0
    assert client.server.counted >= 0.97 * 20_000


def used_up(period):
    """Limits that are used up to what is kept back in one period only, each place taken at the same moment."""
    counts = {Period.MINUTE: (10, 0, 0), Period.HOUR: (0, 10, 0), Period.DAY: (0, 0, 10)}[period]
    limits = limits_of(*counts)
    send(limits, limits.next_permit().count)
    return limits


@pytest.mark.parametrize(("period", "seconds"), [(Period.MINUTE, 60), (Period.HOUR, 3600), (Period.DAY, 86400)])
def test_a_full_window_says_which_it_is_and_how_long(period, seconds):
    limits = used_up(period)
    count, wait = at(limits, 2.0).count, at(limits, 2.0).wait
    assert count == 0
    assert wait.period is period
    assert wait.seconds == pytest.approx(seconds * 1.001 - 1, abs=seconds * 0.001)
    assert at(limits, 2.0 + wait.seconds).count > 0


def test_what_is_in_doubt_can_be_looked_up_when_nothing_more_may_be_created():
    limits = used_up(Period.DAY)
    assert at(limits, 2.0).count == 0
    assert at(limits, 2.0, reading=True) == Permit(1, NO_WAIT)
    assert [kept_back(limit) for limit in (1, 2, 200, 2000, 100_000)] == [0, 1, 2, 20, 1000]


def test_the_day_begins_with_its_first_request_and_ends_at_once():
    """A little in the morning, much shortly before the same time of the next day: then the new day has room again."""
    limits = limits_of(0, 0, 1000)
    send(limits, 1, took=0.1)
    limits.clock.now = 86_000.0
    send(limits, 900)
    assert at(limits, 86_002.0).count == 1000 - 10 - 901
    assert at(limits, 86_500.0).count == 990


def test_no_limit_is_no_window():
    limits = limits_of(0, 0, 0)
    limits.reserve(1_000_000)
    assert (limits.next_permit(), limits.allowances()) == (Permit(UNLIMITED, NO_WAIT), [])


@pytest.mark.parametrize(
    ("seconds", "period"),
    [(0.5, Period.MINUTE), (60, Period.MINUTE), (61, Period.MINUTE), (300, Period.HOUR), (7200, Period.DAY)],
)
def test_a_refusal_fills_the_window_that_its_wait_points_to(seconds, period):
    limits = limits_of(2000, 20_000, 100_000, now=100.0)
    limits.refused(seconds)
    full = {a.period for a in limits.allowances() if a.used >= a.limit}
    assert full == ({period} if period is not Period.MINUTE else set())
    assert limits.next_permit().wait.period is period
    assert at(limits, 100.0 + seconds - 0.1, reading=True).count == 0
    assert at(limits, 100.0 + seconds + 90).count > 0


def test_a_refusal_is_remembered_by_the_next_run():
    limits = limits_of(2000, 20_000, 100_000, now=100.0)
    limits.refused(7200)
    limits.clock.now = 101.0
    after = limits_of(2000, 20_000, 100_000, now=200.0)
    after.load(kept(limits))
    permit = after.next_permit()
    assert permit.count == 0
    assert permit.wait.period is Period.DAY
    assert permit.wait.seconds == pytest.approx(7100, abs=100)


def test_a_key_that_others_use_too_is_shared_for_a_while():
    """Refused at half of the minute: half of it is somebody else's; what nobody takes is taken back."""
    limits = limits_of(1000, 0, 0)
    send(limits, 600)
    limits.clock.now = 2.0
    limits.refused(60)
    counts = [at(limits, now).count for now in (70.0, 180.0, 2000.0)]
    assert 580 <= counts[0] <= 620 < counts[1] < counts[2] == 990


def test_an_api_without_limits_that_refuses_is_left_alone_for_as_long_as_it_says():
    limits = limits_of(0, 0, 0, now=100.0)
    limits.refused(5)
    assert (at(limits, 105.0).count, at(limits, 104.0).wait.period) == (0, None)
    assert at(limits, 105.6).count == UNLIMITED  # the wait may have been rounded down


def test_a_refusal_that_points_to_a_window_without_a_limit_leaves_the_others_as_they_are():
    limits = limits_of(0, 0, 1000)
    limits.reserve(500)
    limits.clock.now = 10.0
    limits.refused(30)
    assert limits.next_permit().wait.period is Period.MINUTE
    assert at(limits, 50.0).count == 490


def test_a_clock_that_was_set_back_loses_no_place_and_frees_none_too_soon():
    before = used_up(Period.MINUTE)
    before.clock.now = 10.0
    after = limits_of(10, 0, 0, now=-90.0)  # a hundred seconds back
    after.load(kept(before))
    assert after.next_permit().count == 0
    assert after.next_permit().wait.seconds == pytest.approx(before.next_permit().wait.seconds)


def test_attempts_from_before_the_counting_count():
    limits = limits_of(2000, 20_000, 100_000, now=4010.0)
    limits.load(None, [(0.0, 50), (30.0, 10), (4000.0, 7)])
    assert {a.period: a.used for a in limits.allowances()} == {Period.MINUTE: 7, Period.HOUR: 7, Period.DAY: 67}


def test_what_the_ledger_keeps_stays_small():
    client = documented()
    client.work(120)
    assert len(client.kept) < 10_000


def test_an_api_without_limits_costs_the_ledger_nothing_until_it_refuses():
    free = limits_of(0, 0, 0)
    free.reserve(5)
    assert free.changes() == {}
    free.refused(60)
    assert set(free.changes()) == {"key"}


def test_what_earlier_releases_kept_is_understood():
    """The form stands in ledgers: a full day, an hour that is not known to have begun, two requests cut off by a crash."""
    form = {
        "at": 1000.0,
        "flying": 2,
        "blocked": [1100.0, 90.0, "minute"],
        "windows": {
            "minute 60": [[995.0, 3], [999.5, 1]],
            "hour 3600": [7, 0, 990.0, None, 990.0, 999.5],
            "clock hour 3600": [7, 0, -3.6, 3.6, 990.0, 999.5],
            "day 86400": [9, 1, 500.0, 510.0, 500.0, None],
        },
    }
    limits = limits_of(2000, 20_000, 100_000, now=1000.0)
    limits.load(json.dumps(form))
    assert limits.next_permit().wait.seconds == 100
    assert limits.in_flight == 0
    used = {window.name: window.used(1000.0, 0) for window in limits.windows}
    assert used == {"minute 60": 6, "hour 3600": 7, "clock hour 3600": 7, "day 86400": 9}
    again = json.loads(kept_after_a_request(limits))
    assert again["windows"]["hour 3600"] == [8, 0, 990.0, 1000.0, 990.0, 1000.0]
    assert again["windows"]["day 86400"] == [10, 1, 500.0, 510.0, 500.0, 1000.0]
    assert again["flying"] == 1


def kept_after_a_request(limits):
    limits.reserve(1)
    return kept(limits)
