"""What wraps a run that nobody watches, so that it is reported: ``with night(environment, console) as report``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from uuid import uuid4

from importer.errors import ExitCode, FileRefused, ImporterError
from importer.notify.refused import FileNews
from importer.notify.reporting import Clock, NightReporter, RunOutcome, utc_now
from importer.workspace.console import Console
from importer.workspace.environment import Environment
from importer.workspace.result import MOST_URGENT_FIRST, RunResult

CHECKED_EVERY = timedelta(minutes=1)
BEATS_EVERY = timedelta(hours=1)
_BEGAN_NOTHING = frozenset({ExitCode.LEDGER_HELD, ExitCode.INTERRUPTED})
"""The exit codes of files that another run or the user has kept from being imported."""


class NightReport:
    """Collects the results of one run. Several results count as one, with the most urgent exit code."""

    def __init__(self) -> None:
        self.outcome = RunOutcome()

    def result(self, result: RunResult, files: FileNews | None = None) -> RunResult:
        """Take a result into the report, and return it. ``files`` names its files, if they are known one by one."""
        self._add(RunOutcome(result.exit_code, result.reports, result.refused, files))
        return result

    def failed(self, error: BaseException) -> None:
        """Take an exception that has ended the run into the report."""
        self._add(RunOutcome(_code_of(error), unreadable=error.files if isinstance(error, FileRefused) else 0))

    def _add(self, one: RunOutcome) -> None:
        codes = (self.outcome.exit_code, one.exit_code)
        code = ExitCode.BUG if ExitCode.BUG in codes else min(codes, key=_urgency)
        before = self.outcome
        files = one.files if before.files is None or one.files is None else before.files.then(one.files)
        self.outcome = RunOutcome(
            code, (*before.reports, *one.reports), before.unreadable + one.unreadable, files or before.files
        )


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
    """Reports for a program that runs for days, such as a watcher: the files of each round, and what did not come in time.

    Raises SettingsError when it is made, if notifications are set up wrongly.
    """

    def __init__(self, environment: Environment, console: Console, clock: Clock = utc_now) -> None:
        self._reporter = NightReporter(environment, console, clock)
        self._console, self._clock = console, clock
        self._checked_at: datetime | None = None
        self._beat_at: datetime | None = None
        self._run_id = str(uuid4())
        self._round: NightReport | None = None

    def look_at_the_clock(self, now: datetime | None = None) -> None:
        """Report the files of the round that has ended.

        Once a minute it looks for files that did not come, and once an hour it pings; between these it returns at once.
        """
        self.finish()
        now = now or self._clock()
        if not self._reporter.is_used or not _is_due(self._checked_at, now, CHECKED_EVERY):
            return
        self._checked_at = now
        _harmless(self._console, self._reporter.look_at_the_clock)
        if _is_due(self._beat_at, now, BEATS_EVERY):
            self._beat_at = now
            _harmless(self._console, lambda: self._reporter.beat(self._run_id))

    def imported(self, result: RunResult, name: str = "", refused_at: Path | None = None) -> RunResult:
        """Take the import of a file into the report of this round, and return its result.

        ``name`` is the same for a file that comes again under its name. ``refused_at``: the file was refused, and lies there.
        """
        taken = result if refused_at is None else _as_refused(result)
        began_nothing = taken.exit_code in _BEGAN_NOTHING
        if began_nothing:  # it would hide what the files before it have shown
            self.finish()
        self._round = self._round or NightReport()
        self._round.result(taken, _news_of(result, name, refused_at) if name else None)
        if began_nothing:
            self.finish()
        return result

    def failed(self, error: BaseException) -> None:
        """Report an import that has ended with an exception."""
        self.finish()
        self._round = NightReport()
        self._round.failed(error)
        self.finish()

    def finish(self) -> None:
        """Report the files that were imported since the last report, if there are any."""
        if (report := self._round) is None:
            return
        self._round = None
        if self._reporter.is_used:
            self._beat_at = self._clock()
            _harmless(self._console, lambda: self._reporter.finish(report.outcome, str(uuid4())))


def _as_refused(result: RunResult) -> RunResult:
    """Return the result of a refused file: a profile that does not fit is a trouble of the file, and a bug remains one."""
    return result if result.exit_code is ExitCode.BUG else replace(result, exit_code=ExitCode.FILE_REFUSED, refused=1)


def _news_of(result: RunResult, name: str, refused_at: Path | None) -> FileNews:
    if refused_at is not None:
        return FileNews({name: str(refused_at)})
    return FileNews(read=frozenset({name}) if result.reports or result.empty else frozenset())


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
