"""`importer summary`: what became of the files since the last summary, and what waits for whom; shown, or sent as well."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from importer.domain.timestamps import to_timestamp
from importer.errors import ExitCode, SettingsError, UsageError
from importer.notify.delivery import URLS_VARIABLE
from importer.notify.morning import MorningSummary, morning_summary
from importer.notify.reporting import NightReporter
from importer.workspace.console import Console
from importer.workspace.environment import Environment

_AGO = re.compile(r"(\d{1,5})\s*([hd])", re.IGNORECASE)


@dataclass(frozen=True)
class SummaryResult:
    """The summary, and the exit code: that of an API that is down, if the summary could not be sent to every address."""

    summary: MorningSummary
    exit_code: ExitCode = ExitCode.OK


def summarize_morning(
    environment: Environment, console: Console, since: str | None = None, *, send: bool = False, now: datetime | None = None
) -> SummaryResult:
    """Return the summary since a moment, by default since the last one that was sent, and send it if ``send``.

    Raises UsageError for a ``since`` that is no moment, SettingsError if there is no address to send it to, or LedgerError.
    """
    now = now or datetime.now(UTC)
    begin = moment_of(since, now, environment.settings.zone()) if since else None
    reporter = NightReporter(environment, console, lambda: now)
    if send and not reporter.has_addresses:
        raise SettingsError(f"There is no address to send the summary to. Set {URLS_VARIABLE}, or use `importer login --notify`.")
    if send:
        reporter.look_at_the_clock()
    summary = morning_summary(environment, reporter.file.read(), begin, now)
    if not send:
        return SummaryResult(summary)
    was_sent = reporter.send(summary.title, "\n".join(summary.lines()))
    reporter.file.change(lambda state: (replace(state, last_summary=to_timestamp(now)), None))
    return SummaryResult(summary, ExitCode.OK if was_sent else ExitCode.API_STOPPED)


def moment_of(text: str, now: datetime, zone: ZoneInfo) -> datetime:
    """Return the moment of ``2026-03-02``, ``2026-03-02 18:00``, ``24h`` or ``7d``; local times are in ``zone``."""
    if ago := _AGO.fullmatch(text.strip()):
        number = int(ago[1])
        return now - (timedelta(days=number) if ago[2].lower() == "d" else timedelta(hours=number))
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        raise UsageError(f'--since {text} is no moment. Write it like 2026-03-02, "2026-03-02 18:00", 24h or 7d.') from None
    return found if found.tzinfo else found.replace(tzinfo=zone)
