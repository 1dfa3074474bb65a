"""The events of the sending as lines of the log: waits and their end, and once in a while how far it is."""

from __future__ import annotations

from datetime import UTC, datetime

from importer.dispatcher.pacing.forecast import Forecast
from importer.workspace.events import EntrySettled, Event, Resumed, Waiting, waiting_text
from importer.workspace.operator_log import log_event

PROGRESS_SECONDS = 60.0
"""The least time between two lines about the progress."""


class EventLog:
    """Logs the sending of ``rows`` entries."""

    def __init__(self, rows: int) -> None:
        self._rows, self._done = rows, 0
        self._last_at: float | None = None

    def show(self, event: Event) -> None:
        """Log an event that is worth a line."""
        match event:
            case EntrySettled():
                self._done += 1
            case Waiting(is_first=True):
                until = _moment(event.until)
                log_event("waiting", api=event.api, until=until, seconds=round(event.seconds), why=waiting_text(event))
            case Resumed():
                log_event("resumed")
            case Forecast():
                self._progress(event)

    def end(self) -> None:
        """Log how many entries were sent."""
        log_event("sent", done=self._done, rows=self._rows)

    def _progress(self, event: Forecast) -> None:
        now = event.finish - event.seconds
        self._last_at = now if self._last_at is None else self._last_at
        if now - self._last_at >= PROGRESS_SECONDS:
            self._last_at = now
            log_event("progress", done=self._done, rows=self._rows, finish=_moment(event.finish))


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
