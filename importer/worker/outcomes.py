"""What becomes of a job by the exit code of its command, which is negative if a signal has ended it."""

from __future__ import annotations

import signal
from typing import NamedTuple

from importer.errors import ExitCode

SECONDS_AFTER_HELD = 30.0
SECONDS_AFTER_STOP = 300.0
"""How long a job waits for an API that was down, for a quota, or for doubts that may be settled then."""
SOON_SECONDS = 5.0
"""How long it waits if another try may go on at once, such as after a lost connection."""
MOST_TRIES = 3
"""How often a job is tried whose command is killed or has a bug: a file may be what kills it."""

_INTERRUPTED = frozenset({ExitCode.INTERRUPTED, -signal.SIGINT, -signal.SIGTERM})
_DONE = frozenset({ExitCode.OK, ExitCode.ROWS_LEFT, ExitCode.QUOTA, ExitCode.APPROVAL})


class JobOutcome(NamedTuple):
    """What becomes of a job: it is tried ``again_after`` so many seconds (None: not again). ``fails``: people are notified.

    ``counts``: the try is one of those after which it fails or waits for longer.
    """

    again_after: float | None = None
    fails: bool = False
    counts: bool = False


DONE, FAILED = JobOutcome(), JobOutcome(fails=True)


def after_taking_in(code: int, tries: int) -> JobOutcome:
    """Return what becomes of a file whose command has ended in its try number ``tries``. What is in doubt is left to senders."""
    if code in _DONE or code == ExitCode.IN_DOUBT:
        return DONE
    if code in {ExitCode.USAGE, ExitCode.FILE_REFUSED}:
        return FAILED
    if code == ExitCode.API_STOPPED:
        return JobOutcome(SECONDS_AFTER_STOP)
    return _without_result(code) or (FAILED if tries >= MOST_TRIES else JobOutcome(SOON_SECONDS, counts=True))


def after_sending(code: int, tries: int) -> JobOutcome:
    """Return what becomes of the sending for an account whose command has ended in its try number ``tries``.

    What was left in doubt by a lost connection or a kill is looked for at once, and what is still in doubt then later.
    """
    if code == ExitCode.QUOTA:
        return JobOutcome(SECONDS_AFTER_STOP)
    if code in _DONE:
        return DONE
    if found := _without_result(code):
        return found
    if code in {ExitCode.BUG, ExitCode.USAGE, ExitCode.FILE_REFUSED} and tries >= MOST_TRIES:
        return FAILED
    return JobOutcome(SOON_SECONDS if tries < MOST_TRIES else SECONDS_AFTER_STOP, counts=True)


def _without_result(code: int) -> JobOutcome | None:
    """Return what becomes of a job that was interrupted or kept out, which is not its own fault."""
    if code in _INTERRUPTED:
        return JobOutcome(0.0)
    return JobOutcome(SECONDS_AFTER_HELD) if code == ExitCode.LEDGER_HELD else None
