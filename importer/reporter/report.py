"""Writing a batch's report: the sheets, the summary, and the text for the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from importer.domain.file_access import OWNER_ALONE, FileAccess
from importer.domain.states import NOTHING_TO_DO, RowStatus
from importer.domain.timestamps import from_timestamp
from importer.errors import ExitCode, UsageError
from importer.ledger.queries.queries import Queries
from importer.ledger.queries.report_rows import BatchInfo
from importer.reporter import latest
from importer.reporter.manifest import BatchIdentity
from importer.reporter.result_folder import KeptSheet, names_of, open_result_folder
from importer.reporter.sheets import SHEETS, groups_by_book, write_sheets
from importer.reporter.summary import Summary, summarize
from importer.reporter.terminal import report_lines

SUMMARY = "summary.json"


@dataclass(frozen=True)
class Report:
    """The report of a batch: its folder, its summary, and the lines for the terminal.

    ``kept`` are sentences, which are among the lines too: the sheets that a person has changed or has open, and their
    replacements. ``sheets`` are the names of the sheets as they were written now.
    """

    folder: Path
    summary: Summary
    text: tuple[str, ...]
    kept: tuple[str, ...] = ()
    sheets: tuple[str, ...] = ()


def write_report(
    queries: Queries,
    batch_id: int,
    directory: Path,
    otherwise: ExitCode = ExitCode.OK,
    *,
    checking: bool = False,
    is_recorded: bool = False,
    access: FileAccess = OWNER_ALONE,
) -> Report:
    """Write a batch's folder with the sheets and ``summary.json``, or bring it up to date. Raises UsageError if that fails.

    A check, which is not recorded, has a new folder each time; ``is_recorded`` says that the batch is staged. ``otherwise`` is
    the exit code with which the run ended early, if it did.
    """
    batch = queries.batch(batch_id)
    if batch is None:
        raise UsageError(f"There is no batch {batch_id} in the ledger. `importer status` lists them.")
    summary = summarize(queries, batch, otherwise, checking=checking)
    groups = groups_by_book(NOTHING_TO_DO | {RowStatus.PENDING} if checking else NOTHING_TO_DO)
    identity = None if checking and not is_recorded else BatchIdentity(queries.ledger_id(), batch.id, batch.taken_at)
    try:
        with open_result_folder(directory, batch.source_name, identity, access) as folder:
            rows = queries.rows(batch_id)
            created = from_timestamp(batch.taken_at)
            paths = write_sheets(folder.staging, batch.heads, rows, checking=checking, groups=groups, created=created)
            (folder.staging / SUMMARY).write_text(summary.text(), encoding="utf-8")
            written = [path.name for path in paths]
            kept = folder.publish(written, [SUMMARY], [name for name in SHEETS if name not in written])
        latest.point_to(folder.path, access)
    except OSError as error:
        raise _unwritable(batch, directory, error, checking=checking) from None
    sentences = tuple(map(KeptSheet.sentence, kept))
    text = report_lines(summary, groups, folder.path, kept=sentences, checking=checking)
    return Report(folder.path, summary, tuple(text), sentences, tuple(_placed(name, kept) for name in written))


def _placed(name: str, kept: Sequence[KeptSheet]) -> str:
    """Return the name under which a sheet was written: that of the replacement, if an earlier one had to be kept."""
    names = set(islice(names_of(name), len(kept) + 2))
    return next((one.replacement for one in kept if one.replacement in names and one.replacement), name)


def _unwritable(batch: BatchInfo, directory: Path, error: OSError, *, checking: bool) -> UsageError:
    again = "the same command" if checking else f"`importer report {batch.id}`"
    return UsageError(
        f"The report of {batch.source_name} cannot be written to {directory} ({error.strerror}). "
        f"Make room or name another folder with --output, then run {again}."
    )
