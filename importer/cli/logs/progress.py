"""The events of the sending as lines of the log: waits and their end, and once in a while how far it is."""

from __future__ import annotations

from datetime import UTC, datetime

from importer.dispatcher.pacing.forecast import Forecast
from importer.workspace.events import EntrySettled, Event, Resumed, Waiting, waiting_text
from importer.workspace.operator_log import tell

PROGRESS_SECONDS = 60.0
"""The least time between two lines about the progress."""


class EventLog:
    """Tells the logs about the sending of ``rows`` entries."""

    def __init__(self, rows: int) -> None:
        self._rows, self._done = rows, 0
        self._told_at: float | None = None

    def show(self, event: Event) -> None:
        """Tell the logs of what is worth a line."""
        match event:
            case EntrySettled():
                self._done += 1
            case Waiting(is_first=True):
                until = _moment(event.until)
                tell("waiting", api=event.api, until=until, seconds=round(event.seconds), why=waiting_text(event))
            case Resumed():
                tell("resumed")
            case Forecast():
                self._progress(event)

    def end(self) -> None:
        """Tell how far the sending came."""
        tell("sent", done=self._done, rows=self._rows)

    def _progress(self, event: Forecast) -> None:
        now = event.finish - event.seconds
        self._told_at = now if self._told_at is None else self._told_at
        if now - self._told_at >= PROGRESS_SECONDS:
            self._told_at = now
            tell("progress", done=self._done, rows=self._rows, finish=_moment(event.finish))


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
