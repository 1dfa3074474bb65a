"""The result of a run: one report for each batch, one exit code, and messages to the user."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from importer.errors import ExitCode, FileRefused, UsageError
from importer.ledger.ledger import Ledger
from importer.reporter.report import Report, write_report
from importer.reporter.review.model import Review
from importer.workspace.daily_backup import back_up_daily
from importer.workspace.environment import Environment

MOST_URGENT_FIRST = (
    *(ExitCode.INTERRUPTED, ExitCode.API_STOPPED, ExitCode.QUOTA, ExitCode.IN_DOUBT, ExitCode.FILE_REFUSED),
    *(ExitCode.USAGE, ExitCode.APPROVAL, ExitCode.ROWS_LEFT, ExitCode.OK),
)


@dataclass(frozen=True)
class RunResult:
    """The result of a run: its exit code, one report for each batch, and further messages to the user.

    A check has a ``review`` too, and the path of its page. ``refused`` is the number of files that could not be read.
    """

    exit_code: ExitCode
    reports: tuple[Report, ...] = ()
    messages: tuple[str, ...] = ()
    review: Review | None = None
    review_file: Path | None = None
    refused: int = 0


def combine(
    reports: Sequence[Report],
    refused: Iterable[FileRefused] = (),
    code: ExitCode = ExitCode.OK,
    messages: Iterable[str] = (),
    *,
    waiting: bool = False,
) -> RunResult:
    """Return the result of a run whose sending ended with ``code``. Its exit code is the most urgent one of all parts.

    ``waiting``: a batch waits for an approval.
    """
    refusals = tuple(refused)
    codes = [
        code,
        *([ExitCode.APPROVAL] if waiting else ()),
        *(report.summary.exit_code for report in reports),
        *(error.exit_code for error in refusals),
    ]
    code = min(codes, key=MOST_URGENT_FIRST.index)
    return RunResult(code, tuple(reports), (*map(str, refusals), *messages), refused=sum(error.files for error in refusals))


def report_batches(
    ledger: Ledger,
    environment: Environment,
    batches: Iterable[int],
    output: Path | None,
    sent: tuple[ExitCode, list[str]],
    refused: Iterable[FileRefused] = (),
) -> RunResult:
    """Write the report of every batch after sending, and back up the ledger, which happens once a day.

    ``output`` is the folder that the user has named, ``sent`` the exit code and the messages of sending.

    If a report cannot be written, its error becomes a message and the others are still written.
    """
    code, messages = sent
    reports: list[Report] = []
    for batch in batches:
        try:
            with ledger.queries() as queries:
                reports.append(write_report(queries, batch, output or environment.output, code, access=environment.access))
        except UsageError as error:
            messages = [*messages, str(error)]
            code = ExitCode.USAGE if code is ExitCode.OK else code
    return combine(reports, refused, code, [*messages, *back_up_daily(ledger, environment)])
