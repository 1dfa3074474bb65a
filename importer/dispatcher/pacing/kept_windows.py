"""Rate windows as the ledger keeps them, in JSON. The form must stay: ledgers hold it."""

from __future__ import annotations

import math
from collections import deque
from typing import Any

from importer.dispatcher.pacing.rate_windows import Bucket, FixedWindow, SlidingWindow, Tally, Window


def dump(window: Window) -> list[Any]:
    """What of a window outlives the process, for :func:`load`."""
    if isinstance(window, SlidingWindow):
        return [[round(bucket.last, 3), bucket.count] for bucket in window.answers]
    assert isinstance(window, FixedWindow)
    last, tally = None if window.last_answer == -math.inf else window.last_answer, window.tally
    if tally is None:
        return [0, 0, None, None, 0.0, last]
    return [tally.used, tally.spilled, tally.earliest, tally.latest, tally.opened, last]


def load(window: Window, kept: list[Any], shift: float, counted_by: float) -> None:
    """Go on from what was dumped, with all times ``shift`` seconds earlier; by ``counted_by`` its requests were counted."""
    if isinstance(window, SlidingWindow):
        window.answers = deque(Bucket(last - shift, last - shift, count) for last, count in kept)
        return
    assert isinstance(window, FixedWindow)
    used, spilled, *times = kept
    earliest, latest, opened, last = (None if time is None else time - shift for time in times)
    window.last_answer = -math.inf if last is None else last
    window.tally = _tally(used, spilled, earliest, latest, opened, counted_by)


def _tally(
    used: int, spilled: int, earliest: float | None, latest: float | None, opened: float | None, counted_by: float
) -> Tally | None:
    if earliest is None or opened is None:
        return None
    if latest is None and opened == earliest:
        latest = counted_by  # the requests that opened the window have been counted
    return Tally(used, spilled, earliest, latest, opened)
