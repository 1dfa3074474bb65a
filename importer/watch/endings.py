"""What becomes of a claimed file after its import was tried. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from pathlib import Path

from importer.domain.batches import BatchState
from importer.domain.kinds import RecordKind
from importer.domain.states import RowStatus
from importer.errors import ExitCode, FileRefused, FileUnreachable, ImporterError
from importer.reporter.summary import Summary
from importer.watch.names import DONE, FAILED, WAITING
from importer.workspace.result import MOST_URGENT_FIRST, RunResult

_STILL_OPEN = (RowStatus.PENDING, RowStatus.IN_DOUBT)
LONGEST_RETRY_SECONDS = 900.0
URGENCY = (ExitCode.INTERRUPTED, ExitCode.BUG, *MOST_URGENT_FIRST[1:-2], ExitCode.LEDGER_HELD, *MOST_URGENT_FIRST[-2:])
"""The exit codes of a watcher's files, the most urgent first."""


class FileEnding(Enum):
    """What becomes of a file. The values of the first three are the folders that it is moved to."""

    DONE = DONE
    FAILED = FAILED
    WAITING = WAITING
    LATER = "later"  # it stays in `working`, and is tried again
    TAKEN_OVER = "taken over"  # another watcher has it now


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of one file: ``name`` in the watched ``folder``, and its path now, if it has found its place.

    ``result`` is that of the run, if there was one; ``messages`` are for the user; ``at`` is in UTC.
    """

    folder: Path
    name: str
    ending: FileEnding
    exit_code: ExitCode
    messages: tuple[str, ...]
    at: datetime
    path: Path | None = None
    result: RunResult | None = None

    @property
    def was_tried(self) -> bool:
        """Return whether its import says something: not if another watcher has it, or if the watcher was asked to end."""
        was_stopped = self.ending is FileEnding.LATER and self.exit_code is ExitCode.OK and self.result is None
        return self.ending is not FileEnding.TAKEN_OVER and not was_stopped

    def as_result(self) -> RunResult:
        """Return the result of the run, or one with the exit code of a file of which nothing was imported."""
        refused = 1 if self.exit_code is ExitCode.FILE_REFUSED else 0
        made = self.result or RunResult(self.exit_code, messages=self.messages, refused=refused)
        return replace(made, exit_code=self.exit_code)

    def line(self) -> str:
        """Return one line for the user, with the counts of the file."""
        where = f"is in {self.ending.value}{self._counts()}" if self.path else _WITHOUT_PLACE[self.ending]
        why = f" {self.messages[0].splitlines()[0]}" if self.messages and self.ending is not FileEnding.DONE else ""
        return f"{self.name} {where}.{why}"

    def _counts(self) -> str:
        if self.result is None:
            return ""
        if self.result.reports:
            return f" ({counts_text(self.result.reports[0].summary)})"
        return " (no rows)" if self.result.empty else ""


_WITHOUT_PLACE = dict.fromkeys(FileEnding, "waits, and is tried again") | {
    FileEnding.TAKEN_OVER: "was taken over by another watcher"
}


def counts_text(summary: Summary) -> str:
    """Return the rows of a batch by status: ``49 accepted, 1 rejected``."""
    counts = {status: sum(summary.count(kind, status) for kind in RecordKind) for status in RowStatus}
    found = [f"{rows:,} {status.replace('_', ' ')}" for status, rows in counts.items() if rows]
    return ", ".join(found) or "no rows"


def ending_of(result: RunResult, state: BatchState) -> FileEnding:
    """Return what becomes of a file after a run, or a resume, has returned this and left its batch in this state."""
    if not result.reports:
        return FileEnding.DONE if result.empty else FileEnding.LATER
    if state in {BatchState.STAGED, BatchState.VOID}:
        return FileEnding.WAITING
    if state is BatchState.DISCARDED:
        return FileEnding.FAILED
    summary = result.reports[0].summary
    if any(summary.count(kind, status) for kind in RecordKind for status in _STILL_OPEN):
        return FileEnding.LATER
    return FileEnding.DONE


def ending_after(error: ImporterError | OSError | MemoryError) -> FileEnding:
    """Return what becomes of a file whose import was ended by an error: only what the file itself has caused fails it."""
    is_of_file = isinstance(error, FileRefused) and not isinstance(error, FileUnreachable)
    return FileEnding.FAILED if is_of_file else FileEnding.LATER


def retry_seconds(first: float, tries: int) -> float:
    """Return how long a file waits before it is tried again after ``tries`` troubles."""
    return float(min(first * 2 ** min(tries - 1, 20), max(first, LONGEST_RETRY_SECONDS)))


def most_urgent(codes: list[ExitCode]) -> ExitCode:
    """Return the exit code of a watcher that has ended with these of its files."""
    return min(codes, key=URGENCY.index, default=ExitCode.OK)
