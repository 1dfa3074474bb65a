"""The result of a run: one report for each batch, one exit code, and messages to the user."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from importer.errors import ExitCode, FileRefused, LedgerError, UsageError
from importer.ledger.ledger import Ledger
from importer.reporter.manifest import BatchIdentity
from importer.reporter.report import Report, known_report, write_report
from importer.reporter.result_folder import folder_with
from importer.reporter.review.model import Review
from importer.reporter.summary import Summary
from importer.workspace.daily_backup import back_up_daily
from importer.workspace.environment import Environment
from importer.workspace.old_results import remove_old_results
from importer.workspace.operator_log import log_reports

MOST_URGENT_FIRST = (
    *(ExitCode.INTERRUPTED, ExitCode.API_STOPPED, ExitCode.QUOTA, ExitCode.IN_DOUBT, ExitCode.FILE_REFUSED),
    *(ExitCode.USAGE, ExitCode.APPROVAL, ExitCode.ROWS_LEFT, ExitCode.OK),
)


@dataclass(frozen=True)
class RunResult:
    """The result of a run: its exit code, one report for each batch, and further messages to the user.

    A check has a ``review`` too, and the path of its page. ``empty`` are the summaries of sources without rows, which have no
    report. ``refused`` is the number of files that could not be read.
    """

    exit_code: ExitCode
    reports: tuple[Report, ...] = ()
    messages: tuple[str, ...] = ()
    review: Review | None = None
    review_file: Path | None = None
    empty: tuple[Summary, ...] = ()
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
    *,
    is_left: bool = False,
) -> RunResult:
    """Write the report of every batch after sending, remove old ones, and back up the ledger, which happens once a day.

    The reports of batches that other runs have handed over, and that were sent too, are brought up to date in their folders.
    ``output`` is the folder that the user has named, ``sent`` the exit code and the messages of sending. ``is_left``: nothing
    was sent, because the account's sender does that; what is to be sent counts as done then. The folder of a batch whose rows
    were corrected on the page, and are in one of these batches, is brought up to date too: a person may work in its sheets.

    If a report cannot be written, its error becomes a message and the others are still written.
    """
    code, messages = sent
    reports: list[Report] = []
    own, listed = output or environment.output, tuple(batches)
    others = _of_other_runs(ledger, own, listed)
    for batch, directory in [*((batch, own) for batch in listed), *others]:
        try:
            with ledger.queries() as queries:
                write = write_report if (batch, directory) in others else known_report
                reports.append(write(queries, batch, directory, code, is_left=is_left, access=environment.access))
        except UsageError as error:
            messages = list(dict.fromkeys([*messages, str(error)]))
            code = ExitCode.USAGE if code is ExitCode.OK else code
    with suppress(LedgerError):  # it is reported above
        ledger.hand_overs.finish()
    log_reports(reports)
    corrected = _of_corrected(ledger, environment, own, listed)
    folders = [report.folder for report in (*reports, *corrected)]
    kept = [sentence for report in corrected for sentence in report.kept]
    afterwards = [*kept, *remove_old_results(ledger, environment, folders), *back_up_daily(ledger, environment)]
    return combine(reports, refused, code, [*messages, *afterwards])


def _of_corrected(ledger: Ledger, environment: Environment, directory: Path, listed: tuple[int, ...]) -> list[Report]:
    """Write the reports again of the batches of which these ones have corrected rows, as far as they have folders."""
    found: list[Report] = []
    with suppress(UsageError, LedgerError), ledger.queries() as queries:  # what was sent is reported already
        of = {batch for one in listed for batch in queries.corrected_sources(one)} - set(listed)
        for info in filter(None, map(queries.batch, sorted(of))):
            identity = BatchIdentity(queries.ledger_id(), info.id, info.taken_at)
            if folder_with(directory, info.source_name, [identity]) is not None:
                found.append(write_report(queries, info.id, directory, access=environment.access))
    return found


def _of_other_runs(ledger: Ledger, own: Path, listed: tuple[int, ...]) -> list[tuple[int, Path]]:
    """Return the batches that other runs have handed over, each with the folder in which that run has reported on it."""
    return [
        (batch, directory)
        for batch, folders in ledger.hand_overs.taken.items()
        for directory in folders
        if batch not in listed or directory != own.absolute()
    ]
