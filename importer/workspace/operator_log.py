"""The events of the logs of operators, as values, which the command line writes as text or JSON.

An event holds names of files, numbers of batches and rows, counts and times. Only that of an attempt has a reference, which
is written as text with ``-vv`` alone.
"""

from __future__ import annotations

import logging
import secrets
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from importer.domain.kinds import RecordKind
from importer.domain.personal_numbers.names import shown_name
from importer.domain.states import RowStatus
from importer.errors import bug_text, bug_trace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from importer.dispatcher.outcomes.judge import Outcome
    from importer.ledger.ledger import Ledger
    from importer.ledger.outbox.sendable import SendableEntry
    from importer.reporter.report import Report


_NUMBER = "_importer_bug_number"


def _configured() -> Any:
    """Return structlog; None if it was not set up: a command without logs does not even load it."""
    structlog = sys.modules.get("structlog")
    return structlog if structlog is not None and structlog.is_configured() else None


def log_event(event: str, **facts: object) -> None:
    """Log an event, if logs were set up. Personal numbers in the names of files and folders are masked."""
    if structlog := _configured():
        safe = {key: shown_name(fact) if isinstance(fact, str) else fact for key, fact in facts.items()}
        structlog.get_logger().info(event, **safe)


def log_bug(error: BaseException) -> str:
    """Log a bug with its whole traceback, also where no other events are logged. Returns the number under which the log has it.

    A bug that was logged before keeps its number, and is not logged again.
    """
    if number := getattr(error, _NUMBER, ""):
        return str(number)
    number = secrets.token_hex(4)
    with suppress(AttributeError, TypeError):  # some errors take no attribute
        setattr(error, _NUMBER, number)
    if structlog := _configured():
        structlog.get_logger().critical("bug", number=number, place=bug_text(error), trace=bug_trace(error))
    return number


def log_reports(reports: Iterable[Report], *, checking: bool = False) -> None:
    """Log what became of each file, or would become of it, by status."""
    for report in reports:
        summary = report.summary
        statuses = {one.value: sum(summary.count(kind, one) for kind in RecordKind) for one in RowStatus}
        counts = {status: rows for status, rows in statuses.items() if rows}
        number = {} if checking else {"batch": summary.batch.id}
        event = "checked" if checking else "report"
        log_event(event, file=summary.batch.source_name, rows=counts, exit_code=int(summary.exit_code), **number)


def attempt_log(ledger: Ledger) -> Callable[[SendableEntry, Outcome], None] | None:
    """Return the function that logs each attempt; None if attempts are not logged."""
    structlog = _configured()
    if structlog is None:
        return None
    log = structlog.get_logger()
    listens = getattr(log, "is_enabled_for", None)
    if listens is not None and not listens(logging.DEBUG):
        return None

    def log_attempt(entry: SendableEntry, outcome: Outcome) -> None:
        with ledger.queries() as queries:
            place = queries.entry_place(entry.entry_id)
        log.debug(
            "attempt",
            kind=entry.kind.value,
            entry=place.label.text(),
            file=place.file,
            row=place.row,
            reference=place.ref,
            outcome=outcome.verdict.value,
            status=outcome.status,
        )

    return log_attempt
