"""A clock that does not go back."""

from __future__ import annotations

import time

import pytest

from importer.dispatcher.pacing.rate_limits import SteadyClock


def test_a_clock_that_is_set_back_stands_still_and_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    times = iter([100.0, 160.0, 40.0, 45.0, 1000.0])
    monkeypatch.setattr(time, "time", lambda: next(times))
    clock = SteadyClock()
    assert [clock() for _ in range(5)] == [100.0, 160.0, 160.0, 165.0, 1120.0]
