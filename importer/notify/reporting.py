"""The report of a run: its figures for Prometheus, its messages to people, and its pings. Nothing here can fail the run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from importer.domain.kinds import RecordKind
from importer.domain.paths import exists, is_folder
from importer.domain.states import RowStatus
from importer.domain.timestamps import from_timestamp
from importer.errors import ExitCode, ImporterError
from importer.notify.decisions import Night, decide
from importer.notify.delivery import addresses_of, check_addresses
from importer.notify.expected import holidays_of, marks_now
from importer.notify.figures import LedgerFigures, read_figures
from importer.notify.metrics import RunFigures, metrics_text, write_metrics
from importer.notify.pings import CODES, ping
from importer.notify.post import Post, notification, titled
from importer.notify.refused import FileNews
from importer.notify.state import Message, NightState, Trouble, Undelivered
from importer.notify.state_file import StateFile
from importer.notify.sums import Sums
from importer.reporter.report import Report
from importer.workspace.console import Console
from importer.workspace.environment import Environment

ERROR_SHEET = "errors.xlsx"
TRIED_AGAIN_AFTER = timedelta(hours=1)
"""How long after a failed delivery a watcher tries it again; a run tries it in any case."""
_NO_SUCCESS = frozenset({Trouble.FILE_MISSING, Trouble.KEPT_OUT})
"""The troubles with which a run that ended well is a failure for the watchdog."""
Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """Return the present time."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class RunOutcome:
    """How a run ended: its exit code, its reports, and the number of files that could not be read.

    ``files`` names the files, if they are known one by one.
    """

    exit_code: ExitCode = ExitCode.OK
    reports: tuple[Report, ...] = ()
    unreadable: int = 0
    files: FileNews | None = None

    def sums(self, status: RowStatus) -> Sums:
        """Return the rows of the reported batches in a status."""
        return Sums.total(Sums.of(report.summary.tallies, status) for report in self.reports)

    def text(self) -> str:
        """Return the figures of the run, without names: a line for the exit code, and one for each status that has rows."""
        found = ((status, self.sums(status)) for status in RowStatus)
        lines = [f"{status.replace('_', ' ')}: {sums.text()}" for status, sums in found if sums.rows()]
        return "\n".join([f"The run ended with exit code {int(self.exit_code)}.", *lines])


class NightReporter:
    """Reports runs, and files that did not come, for one environment.

    Raises SettingsError when it is made, if notifications are set up wrongly; nothing was imported yet.
    """

    def __init__(self, environment: Environment, console: Console, clock: Clock = utc_now) -> None:
        self._environment, self._console, self._clock = environment, console, clock
        self._notify = environment.settings.notify
        self._file = StateFile.of(environment)
        self._post = Post(self._file, addresses_of(self._notify), console)
        self._has_failed_to_ping = False
        check_addresses(self._post.addresses)
        holidays_of(environment.settings.expect)
        if self.is_used:
            self._file.begin()

    @property
    def is_used(self) -> bool:
        """Whether anything is to be reported, by the settings."""
        settings = self._environment.settings
        return bool(self._post.addresses or self._notify.ping_url or self._notify.metrics_file or settings.expect.rules())

    def start(self, run_id: str) -> None:
        """Report that a run begins."""
        self._ping("start", run_id, "")

    def finish(self, outcome: RunOutcome, run_id: str) -> None:
        """Report how a run ended. The ping comes first: nothing that fails or is slow keeps it from the watchdog."""
        messages: list[Message] = []
        known: NightState | None = None
        try:
            messages, known, figures = self._file.change(lambda state: self._decided(state, outcome))
        finally:
            self._ping_end(outcome, run_id, known, messages)
        self._write_metrics(outcome, known, figures)
        self._post.deliver(self._clock())
        self._warn_of_the_file()

    def _ping_end(self, outcome: RunOutcome, run_id: str, known: NightState | None, messages: Sequence[Message]) -> None:
        code = CODES[outcome.exit_code]
        if code is not None:
            self._ping(_signal(code, known), run_id, "\n\n".join([outcome.text(), *(message.text for message in messages)]))

    def look_at_the_clock(self) -> None:
        """Report expected files that did not come by now, and send what could not be sent an hour ago."""
        self._file.change(self._decided_by_the_clock)
        self._post.deliver(self._clock(), after=TRIED_AGAIN_AFTER)
        self._warn_of_the_file()

    def beat(self, run_id: str) -> None:
        """Ping with the code of the last run, as a sign of life of a program that runs for days."""
        state = self._file.read()
        code = CODES.get(ExitCode(state.exit_code)) or 0
        self._ping(_signal(code, state), run_id, "The watcher is running.")

    def send(self, title: str, text: str) -> bool:
        """Send a text by the notifications. Returns whether every address has taken it; one that did not gets it later."""
        one = Undelivered(titled(title, self._environment), text, "info", ())
        self._file.change(lambda state: (self._post.queued(state, one), None))
        return self._post.deliver(self._clock())

    @property
    def has_addresses(self) -> bool:
        """Whether there is an address to which notifications are sent."""
        return bool(self._post.addresses)

    @property
    def file(self) -> StateFile:
        """The file with what is remembered."""
        return self._file

    # Decisions

    def _decided(
        self, state: NightState, outcome: RunOutcome
    ) -> tuple[NightState, tuple[list[Message], NightState, LedgerFigures | None]]:
        now, figures = self._clock(), self._figures(state)
        night = Night(
            now,
            outcome.exit_code,
            figures,
            files_read=len(outcome.reports),
            unreadable=outcome.unreadable,
            files=outcome.files,
            gone=_taken_away(state.refused),
            expected=marks_now(self._environment, state, now, came_now=outcome.unreadable > 0),
            zone=self._environment.settings.zone(),
        )
        after, messages = decide(state, night)
        after = self._with_notification(after, messages, outcome.reports)
        return after, (messages, after, figures)

    def _decided_by_the_clock(self, state: NightState) -> tuple[NightState, None]:
        now = self._clock()
        expected = marks_now(self._environment, state, now)
        after, messages = decide(state, Night(now, expected=expected, zone=self._environment.settings.zone()))
        return self._with_notification(after, messages), None

    def _figures(self, state: NightState) -> LedgerFigures | None:
        try:
            return read_figures(self._environment, state.newest_batch, {*state.marks, *state.approvals})
        except ImporterError:  # there is none yet, or the run has reported what is wrong with it
            return None

    def _with_notification(self, state: NightState, messages: Sequence[Message], reports: Sequence[Report] = ()) -> NightState:
        """Queue the messages of a run as one notification; without messages, or addresses to send it to, there is none."""
        if not messages or not self._post.addresses:
            return state
        files = tuple(map(str, _error_sheets(reports))) if self._notify.attach else ()
        one = notification(messages, self._environment, is_fine=not state.troubles, files=files)
        return self._post.queued(state, one)

    # What goes out

    def _write_metrics(self, outcome: RunOutcome, state: NightState, figures: LedgerFigures | None) -> None:
        if self._notify.metrics_file is None:
            return
        path = self._environment.workspace.root / self._notify.metrics_file
        rows = {(kind, status): outcome.sums(status).rows(kind) for kind in RecordKind for status in RowStatus}
        success = from_timestamp(state.last_success).timestamp() if state.last_success else None
        run = RunFigures(self._clock().timestamp(), int(outcome.exit_code), success, rows)
        try:
            write_metrics(path, metrics_text(run, figures, state))
        except OSError as error:
            self._console.warn(
                f"The metrics could not be written to {path} ({error.strerror}). Check metrics_file under [notify]."
            )

    def _ping(self, signal: str, run_id: str, text: str) -> None:
        if self._notify.ping_url is None:
            return
        problem = ping(self._notify.ping_url.get_secret_value(), signal, run_id, text)
        if problem and not self._has_failed_to_ping:
            self._has_failed_to_ping = True
            self._console.warn(f"The ping of ping_url under [notify] failed: {problem}. The next run pings again.")

    def _warn_of_the_file(self) -> None:
        if self._file.warning:
            self._console.warn(self._file.warning)
            self._file.warning = None


def _signal(code: int, known: NightState | None) -> str:
    """Return what is pinged for a code: that of a run that was fine is a failure if something else has not come to pass."""
    return "fail" if code == 0 and known is not None and _NO_SUCCESS.intersection(known.troubles) else str(code)


def _taken_away(refused: Mapping[str, str]) -> frozenset[str]:
    """Return the refused files that lie no longer where they lay; a folder that cannot be seen shows nothing."""
    return frozenset(name for name, path in refused.items() if path and is_folder(Path(path).parent) and not exists(Path(path)))


def _error_sheets(reports: Sequence[Report]) -> list[Path]:
    """Return the error sheets of these reports."""
    return [path for report in reports if (path := (report.folder / ERROR_SHEET).absolute()).is_file()]
