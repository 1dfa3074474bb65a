"""What wraps a run that nobody watches, so that it is reported: ``with night(environment, console) as report``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from uuid import uuid4

from importer.errors import ExitCode, FileRefused, ImporterError
from importer.notify.reporting import Clock, NightReporter, RunOutcome, utc_now
from importer.workspace.console import Console
from importer.workspace.environment import Environment
from importer.workspace.result import MOST_URGENT_FIRST, RunResult

CHECKED_EVERY = timedelta(minutes=1)
BEATS_EVERY = timedelta(hours=1)


class NightReport:
    """Collects the results of one run. Several results count as one, with the most urgent exit code."""

    def __init__(self) -> None:
        self.outcome = RunOutcome()

    def result(self, result: RunResult) -> RunResult:
        """Take a result into the report, and return it."""
        self._add(RunOutcome(result.exit_code, result.reports, result.refused))
        return result

    def failed(self, error: BaseException) -> None:
        """Take an exception that has ended the run into the report."""
        self._add(RunOutcome(_code_of(error), unreadable=error.files if isinstance(error, FileRefused) else 0))

    def _add(self, one: RunOutcome) -> None:
        codes = (self.outcome.exit_code, one.exit_code)
        code = ExitCode.BUG if ExitCode.BUG in codes else min(codes, key=_urgency)
        self.outcome = RunOutcome(code, (*self.outcome.reports, *one.reports), self.outcome.unreadable + one.unreadable)


def _urgency(code: ExitCode) -> int:
    """Return the place of a code among those of a run; that of a run that could not begin comes after all real troubles."""
    order = [code for code in MOST_URGENT_FIRST if code is not ExitCode.OK]
    return [*order, ExitCode.LEDGER_HELD, ExitCode.OK].index(code)


def _code_of(error: BaseException) -> ExitCode:
    if isinstance(error, ImporterError):
        return error.exit_code
    return ExitCode.INTERRUPTED if isinstance(error, KeyboardInterrupt) else ExitCode.BUG


@contextmanager
def night(environment: Environment, console: Console, clock: Clock = utc_now) -> Iterator[NightReport]:
    """Report the run in the block: pings, figures, and messages about what has changed since the last one.

    Raises SettingsError before the block, if notifications are set up wrongly. After it, whatever fails here is only said.
    """
    reporter = NightReporter(environment, console, clock)
    report = NightReport()
    if not reporter.is_used:
        yield report
        return
    run_id = str(uuid4())
    _harmless(console, lambda: reporter.start(run_id))
    try:
        yield report
    except BaseException as error:
        report.failed(error)
        raise
    finally:
        _harmless(console, lambda: reporter.finish(report.outcome, run_id))


class Nightwatch:
    """Reports for a program that runs for days, such as a watcher: each imported file, and what did not come in time.

    Raises SettingsError when it is made, if notifications are set up wrongly.
    """

    def __init__(self, environment: Environment, console: Console, clock: Clock = utc_now) -> None:
        self._reporter = NightReporter(environment, console, clock)
        self._console, self._clock = console, clock
        self._checked_at: datetime | None = None
        self._beat_at: datetime | None = None
        self._run_id = str(uuid4())

    def look_at_the_clock(self, now: datetime | None = None) -> None:
        """Look once a minute for files that did not come, and ping once an hour; between these it returns at once."""
        now = now or self._clock()
        if not self._reporter.is_used or not _is_due(self._checked_at, now, CHECKED_EVERY):
            return
        self._checked_at = now
        _harmless(self._console, self._reporter.look_at_the_clock)
        if _is_due(self._beat_at, now, BEATS_EVERY):
            self._beat_at = now
            _harmless(self._console, lambda: self._reporter.beat(self._run_id))

    def imported(self, result: RunResult) -> RunResult:
        """Report the import of a file, and return its result."""
        report = NightReport()
        report.result(result)
        self._finish(report)
        return result

    def failed(self, error: BaseException) -> None:
        """Report an import that has ended with an exception."""
        report = NightReport()
        report.failed(error)
        self._finish(report)

    def _finish(self, report: NightReport) -> None:
        if self._reporter.is_used:
            self._beat_at = self._clock()
            _harmless(self._console, lambda: self._reporter.finish(report.outcome, str(uuid4())))


def _is_due(last: datetime | None, now: datetime, every: timedelta) -> bool:
    return last is None or not timedelta(0) <= now - last < every


def _harmless(console: Console, work: Callable[[], None]) -> None:
    """Do something that must not fail the run, whose rows are in the ledger already."""
    try:
        work()
    except ImporterError as error:
        console.warn(f"The run could not be reported: {error}")
    except Exception as error:  # noqa: BLE001  (a bug in reporting must not hide the result of the import)
        console.warn(f"The run could not be reported ({type(error).__name__}), which is a bug: please report it.")
