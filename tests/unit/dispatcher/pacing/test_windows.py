"""The rate windows against a server that counts as the vendor says: never one request too many, hardly one too few."""

from __future__ import annotations

import heapq
import json
import random
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from importer.dispatcher.pacing.rate_windows import Period
from importer.dispatcher.pacing.windows import UNLIMITED, reserve, windows_of
from importer.sandbox.vendors.rate_limits import Limiter

LENGTHS = (60.0, 3600.0, 86400.0)
KINDS = ("sliding", "fixed", "fixed"), ("sliding", "aligned", "fixed")


@dataclass
class Server:
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

    server: Server
    slots: int = 8
    slowest: float = 1.0
    seed: int = 0
    now: float = 1_000_000.0
    flying: int = 0
    events: list = field(default_factory=list)  # (when, order, what, began)

    def __post_init__(self):
        self.random = random.Random(self.seed)
        self.windows = windows_of(self.server.counts, self.server.lengths)
        self.kept = json.dumps(self.windows.dump(self.now))

    def send(self, count):
        self.windows.grant(count, self.now)
        self.kept = json.dumps(self.windows.dump(self.now))  # durable before the first byte
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
                self.windows.answered(began, self.now)
                self.flying -= 1
        self.now = max(self.now, until)

    def kill(self, pause):
        """What was under way goes on at the server; nobody hears of it."""
        self.events = [event for event in self.events if event[2] == "counted"]
        heapq.heapify(self.events)
        self.flying = 0
        self.pass_until(self.now + pause)
        self.windows = windows_of(self.server.counts, self.server.lengths)
        self.windows.load(json.loads(self.kept), self.now)

    def work(self, seconds, most=UNLIMITED):
        """Send as much as may be sent for so long."""
        until = self.now + seconds
        while self.now < until and most > 0:
            count = min(self.windows.room(self.now), self.slots - self.flying, most)
            if count > 0:
                self.send(count)
                most -= count
            wait = self.windows.wait(self.now).seconds
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


@settings(max_examples=150, deadline=None)
@given(acts=ACTS, seed=st.integers(0, 1000), slowest=st.sampled_from([0.01, 1.0, 20.0]), start=st.floats(0, 600))
def test_no_window_is_ever_exceeded_whatever_happens(acts, seed, slowest, start):
    """In any sliding minute, any hour of the clock or from its first request, any day; across restarts."""
    server = Server((20, 60, 150), (10.0, 60.0, 600.0))
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
    client = Client(Server((10**6, 60, 10**6), (10.0, 60.0, 600.0)), now=1_000_020.0 + start)
    client.work(1, most=1)
    client.pass_until(client.now + 45)
    client.work(120)
    assert client.server.refused == 0
    assert client.server.counted > 60


@pytest.mark.parametrize("seed", range(20))
def test_a_request_that_passes_the_edge_of_a_window_counts_on_both_sides(seed):
    """Sent in the old window with room to spare, counted in the new one: which is it that is full then?"""
    client = Client(Server((10**6, 60, 10**6), (10.0, 60.0, 600.0)), slots=16, slowest=6.0, seed=seed)
    client.work(56, most=30)
    client.work(5, most=16)
    client.work(100)
    assert client.server.refused == 0


def documented(**more):
    return Client(Server((2000, 20_000, 100_000), LENGTHS), slots=64, slowest=0.5, **more)


@pytest.mark.parametrize(("minutes", "allowed"), [(10, 20_000), (70, 40_000)])
def test_nearly_all_that_is_allowed_is_used(minutes, allowed):
    client = documented()
    client.work(minutes * 60)
    assert client.server.refused == 0
    assert client.server.counted >= 0.97 * allowed


def test_nearly_all_is_used_across_restarts():
    client = documented()
    for _ in range(10):
        client.work(60)
        client.kill(1)
    client.work(60)
    assert client.server.refused == 0
    assert client.server.counted >= 0.97 * 20_000


def used_up(period):
    """Windows that are full up to the reserve in one period only, each place taken at the same moment."""
    counts = {Period.MINUTE: (10, 0, 0), Period.HOUR: (0, 10, 0), Period.DAY: (0, 0, 10)}[period]
    windows = windows_of(counts, LENGTHS)
    windows.grant(windows.room(0.0), 0.0)
    for _ in range(windows.flying):
        windows.answered(0.0, 1.0)
    return windows


@pytest.mark.parametrize(("period", "seconds"), [(Period.MINUTE, 60), (Period.HOUR, 3600), (Period.DAY, 86400)])
def test_a_full_window_says_which_it_is_and_how_long(period, seconds):
    windows = used_up(period)
    assert windows.room(2.0) == 0
    wait = windows.wait(2.0)
    assert wait.period is period
    assert wait.seconds == pytest.approx(seconds * 1.001 - 1, abs=seconds * 0.001)
    assert windows.room(2.0 + wait.seconds) > 0


def test_what_is_in_doubt_can_be_looked_up_when_nothing_more_may_be_created():
    windows = used_up(Period.DAY)
    assert windows.room(2.0) == 0
    assert windows.room(2.0, reading=True) == 1
    assert windows.wait(2.0, reading=True).seconds == 0
    assert [reserve(limit) for limit in (1, 2, 200, 2000, 100_000)] == [0, 1, 2, 20, 1000]


def test_the_day_begins_with_its_first_request_and_ends_at_once():
    """A little in the morning, much shortly before the same time of the next day: then the new day has room again."""
    windows = windows_of((0, 0, 1000), LENGTHS)
    windows.grant(1, 0.0)
    windows.answered(0.0, 0.1)
    windows.grant(900, 86_000.0)
    for _ in range(900):
        windows.answered(86_000.0, 86_001.0)
    assert windows.room(86_002.0) == 1000 - 10 - 901
    assert windows.room(86_500.0) == 990


def test_no_limit_is_no_window():
    windows = windows_of((0, 0, 0), LENGTHS)
    windows.grant(1_000_000, 0.0)
    assert (windows.room(0.0), windows.wait(0.0).seconds, windows.allowances(0.0)) == (UNLIMITED, 0, [])


@pytest.mark.parametrize(
    ("seconds", "period"),
    [(0.5, Period.MINUTE), (60, Period.MINUTE), (61, Period.MINUTE), (300, Period.HOUR), (7200, Period.DAY)],
)
def test_a_refusal_fills_the_window_that_its_wait_points_to(seconds, period):
    windows = windows_of((2000, 20_000, 100_000), LENGTHS)
    windows.refused(seconds, 100.0)
    full = {a.period for a in windows.allowances(100.0) if a.used >= a.limit}
    assert full == ({period} if period is not Period.MINUTE else set())
    assert windows.wait(100.0).period is period
    assert windows.room(100.0 + seconds - 0.1, reading=True) == 0
    assert windows.room(100.0 + seconds + 90) > 0


def test_a_refusal_is_remembered_by_the_next_run():
    windows = windows_of((2000, 20_000, 100_000), LENGTHS)
    windows.refused(7200, 100.0)
    after = windows_of((2000, 20_000, 100_000), LENGTHS)
    after.load(json.loads(json.dumps(windows.dump(101.0))), 200.0)
    assert after.room(200.0) == 0
    assert after.wait(200.0).period is Period.DAY
    assert after.wait(200.0).seconds == pytest.approx(7100, abs=100)


def test_a_key_that_others_use_too_is_shared_for_a_while():
    """Refused at half of the minute: half of it is somebody else's; what nobody takes is taken back."""
    windows = windows_of((1000, 0, 0), LENGTHS)
    windows.grant(600, 0.0)
    for _ in range(600):
        windows.answered(0.0, 1.0)
    windows.refused(60, 2.0)
    rooms = [windows.room(now) for now in (70.0, 180.0, 2000.0)]
    assert 580 <= rooms[0] <= 620 < rooms[1] < rooms[2] == 990


def test_an_api_without_limits_that_refuses_is_left_alone_for_as_long_as_it_says():
    windows = windows_of((0, 0, 0), LENGTHS)
    windows.refused(5, 100.0)
    assert (windows.room(105.0), windows.wait(104.0).period) == (0, None)
    assert windows.room(105.6) == UNLIMITED  # the wait may have been rounded down


def test_a_refusal_that_points_to_a_window_without_a_limit_leaves_the_others_as_they_are():
    windows = windows_of((0, 0, 1000), LENGTHS)
    windows.grant(500, 0.0)
    windows.refused(30, 10.0)
    assert windows.wait(10.0).period is Period.MINUTE
    assert windows.room(50.0) == 490


def test_a_clock_that_was_set_back_loses_no_place_and_frees_none_too_soon():
    before = used_up(Period.MINUTE)
    after = windows_of((10, 0, 0), LENGTHS)
    after.load(before.dump(10.0), -90.0)  # a hundred seconds back
    assert after.room(-90.0) == 0
    assert after.wait(-90.0).seconds == pytest.approx(before.wait(10.0).seconds)


def test_attempts_from_before_the_counting_count():
    windows = windows_of((2000, 20_000, 100_000), LENGTHS)
    windows.replay([(0.0, 50), (30.0, 10), (4000.0, 7)], 1.0)
    assert {a.period: a.used for a in windows.allowances(4010.0)} == {Period.MINUTE: 7, Period.HOUR: 7, Period.DAY: 67}


def test_what_the_ledger_keeps_stays_small():
    client = documented()
    client.work(120)
    assert len(json.dumps(client.windows.dump(client.now))) < 10_000
