"""Writing a batch's report: the sheets, the summary, and the text for the terminal."""

from __future__ import annotations

import json
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
from importer.ledger.queries.totals import Tallies
from importer.reporter import latest
from importer.reporter.manifest import BatchIdentity
from importer.reporter.result_folder import KeptSheet, folder_with, names_of, open_result_folder
from importer.reporter.sheets import SHEETS, groups_by_book, write_sheets
from importer.reporter.summary import Summary, summarize
from importer.reporter.terminal import report_lines

SUMMARY = "summary.json"


@dataclass(frozen=True)
class Report:
    """The report of a batch: its folder, its summary, and the lines for the terminal.

    ``kept`` are sentences, which are among the lines too: the sheets that a person has changed or has open, and their
    replacements. Unless it ``is_written``, the folder is that of an earlier batch of the same file, and was left as it is.
    ``sheets`` are the names of the sheets in the folder.
    """

    folder: Path
    summary: Summary
    text: tuple[str, ...]
    kept: tuple[str, ...] = ()
    is_written: bool = True
    sheets: tuple[str, ...] = ()


def write_report(
    queries: Queries,
    batch_id: int,
    directory: Path,
    otherwise: ExitCode = ExitCode.OK,
    *,
    checking: bool = False,
    is_recorded: bool = False,
    is_left: bool = False,
    access: FileAccess = OWNER_ALONE,
) -> Report:
    """Write a batch's folder with the sheets and ``summary.json``, or bring it up to date. Raises UsageError if that fails.

    A check, which is not recorded, has a new folder each time; ``is_recorded`` says that the batch is staged. ``otherwise`` is
    the exit code with which the run ended early, if it did. ``is_left``: what waits to be sent is left to another run.
    """
    batch = queries.batch(batch_id)
    if batch is None:
        raise UsageError(f"There is no batch {batch_id} in the ledger. `importer status` lists them.")
    summary = summarize(queries, batch, otherwise, checking=checking or is_left)
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
    return Report(folder.path, summary, tuple(text), sentences, sheets=tuple(_placed(name, kept) for name in written))


def _placed(name: str, kept: Sequence[KeptSheet]) -> str:
    """Return the name under which a sheet was written: that of the replacement, if an earlier one had to be kept."""
    names = set(islice(names_of(name), len(kept) + 2))
    return next((one.replacement for one in kept if one.replacement in names and one.replacement), name)


def known_report(
    queries: Queries,
    batch_id: int,
    directory: Path,
    otherwise: ExitCode = ExitCode.OK,
    *,
    is_left: bool = False,
    access: FileAccess = OWNER_ALONE,
) -> Report:
    """Return the report of a batch; that of a file that was imported before, and has nothing new, has the folder of that time.

    Otherwise, or if that folder is gone, a folder is written as by :func:`write_report`. Raises UsageError.
    """
    batch = queries.batch(batch_id)
    if batch and _is_known(queries.tally(batch_id)):
        earlier = queries.batches_of_source(batch)
        ledger = queries.ledger_id()
        identities = [BatchIdentity(ledger, one.id, one.taken_at) for one in (batch, *earlier)]
        folder, of = folder_with(directory, batch.source_name, identities) or (None, None)
        if folder is not None and of is not None and of != identities[0]:
            sheets = tuple(name for name in SHEETS if (folder / name).exists())
            if is_outdated := _is_outdated(folder, queries, of.batch):
                sheets = write_report(queries, of.batch, directory, access=access).sheets
            summary = summarize(queries, batch, otherwise)
            text = report_lines(summary, groups_by_book(NOTHING_TO_DO), folder, checking=False)
            return Report(folder, summary, tuple(text), is_written=is_outdated, sheets=sheets)
    return write_report(queries, batch_id, directory, otherwise, is_left=is_left, access=access)


def _is_outdated(folder: Path, queries: Queries, batch_id: int) -> bool:
    """Return whether the summary in the folder has other figures than the batch has now: a person has answered."""
    batch = queries.batch(batch_id)
    if batch is None:
        return False
    try:
        written = json.loads((folder / SUMMARY).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return True
    now = summarize(queries, batch).as_json()
    return not isinstance(written, dict) or any(written.get(key) != now[key] for key in ("counts", "totals", "questions"))


def _is_known(tallies: Tallies) -> bool:
    found = {status for by_status in tallies.values() for status, sums in by_status.items() if sums}
    return bool(found) and found <= {RowStatus.ALREADY_IMPORTED, RowStatus.REPEATED}


def _unwritable(batch: BatchInfo, directory: Path, error: OSError, *, checking: bool) -> UsageError:
    again = "the same command" if checking else f"`importer report {batch.id}`"
    return UsageError(
        f"The report of {batch.source_name} cannot be written to {directory} ({error.strerror}). "
        f"Make room or name another folder with --output, then run {again}."
    )
