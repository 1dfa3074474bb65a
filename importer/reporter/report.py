"""Writing a batch's report: the sheets, the summary, and the text for the terminal."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from importer.domain.states import NOTHING_TO_DO, RowStatus
from importer.errors import ExitCode, UsageError
from importer.ledger.queries.queries import Queries
from importer.reporter.error_groups import ErrorGroups
from importer.reporter.sheets import NOT_LEFT_OUT, write_sheets
from importer.reporter.summary import Summary, summarize
from importer.reporter.terminal import report_lines

_LONGEST_STEM = 200  # bytes; a folder's name may have 255


@dataclass(frozen=True)
class Report:
    """The report of a batch: its folder, its summary, and the lines for the terminal."""

    folder: Path
    summary: Summary
    text: tuple[str, ...]


def write_report(
    queries: Queries, batch_id: int, directory: Path, otherwise: ExitCode = ExitCode.OK, *, checking: bool = False
) -> Report:
    """Write a folder with the sheets and ``summary.json``. Raises UsageError if it cannot be written.

    Only their owner can read the folder and its files, because they hold debtors' data.
    ``otherwise`` is the exit code with which the run ended early, if it did.
    """
    batch = queries.batch(batch_id)
    if batch is None:
        raise UsageError(f"There is no batch {batch_id} in the ledger. `importer status` lists them.")
    summary = summarize(queries, batch, otherwise, checking=checking)
    groups = ErrorGroups(NOTHING_TO_DO | {RowStatus.PENDING} if checking else NOTHING_TO_DO)
    left_out = ErrorGroups(NOT_LEFT_OUT)
    try:
        folder = _new_folder(directory, batch.source_name)
        write_sheets(folder, batch.heads, queries.rows(batch_id), checking=checking, groups=groups, left_out=left_out)
        partial = folder / "summary.partial"  # renamed when complete, so that a crash leaves no incomplete summary.json
        partial.write_text(summary.text(), encoding="utf-8")
        partial.replace(folder / "summary.json")
        for file in folder.iterdir():  # a copy of a file keeps its mode, but not that of the folder
            file.chmod(0o600)
    except OSError as error:
        again = "the same command" if checking else f"`importer report {batch_id}`"
        raise UsageError(
            f"The report of {batch.source_name} cannot be written to {directory} ({error.strerror}). "
            f"Make room or name another folder with --output, then run {again}."
        ) from None
    return Report(folder, summary, tuple(report_lines(summary, groups, left_out, folder, checking=checking)))


def _new_folder(directory: Path, source_name: str) -> Path:
    """Create a folder such as ``2026-11-21T10-15-30Z-invoices``, with a number appended if it exists."""
    moment = datetime.now(UTC).strftime("%Y-%m-%dT%H-%M-%SZ")
    stem = re.sub(r"[^\w.-]+", "_", Path(source_name).stem).strip("._") or "source"
    stem = stem[:80].encode()[:_LONGEST_STEM].decode(errors="ignore")
    for number in range(1, 10_000):
        folder = directory / (f"{moment}-{stem}" + (f"-{number}" if number > 1 else ""))
        try:
            folder.mkdir(mode=0o700, parents=True)
        except FileExistsError:
            continue
        return folder
    raise FileExistsError(str(directory))
