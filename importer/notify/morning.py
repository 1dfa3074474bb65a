"""The morning summary: what became of the files since the last one, and what waits for whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from importer.domain.kinds import RecordKind
from importer.domain.money import totals_text
from importer.domain.states import RowStatus
from importer.domain.timestamps import from_timestamp, to_timestamp
from importer.notify.decisions import rows_left_to_correct
from importer.notify.figures import TO_CORRECT, LedgerFigures, read_figures
from importer.notify.state import NightState
from importer.notify.sums import PLURAL, Sums
from importer.notify.wording import missing, moment_text
from importer.reporter.row_reasons import in_words
from importer.workspace.environment import Environment

LONG_PERIODS = ("hour", "day")
"""The quotas that are shown; that of a minute says nothing in the morning."""
FIRST_SUMMARY = timedelta(hours=24)
"""How far back the first summary looks."""


@dataclass(frozen=True)
class Task:
    """Something that waits: for whom, in one sentence, and the command to run; empty if nobody need run one.

    ``figures`` is how much waits, and ``batch`` the one that it is about, for what is not shown in a terminal.
    """

    what: str
    text: str
    command: str = ""
    figures: str = ""
    batch: int | None = None


@dataclass(frozen=True)
class MorningSummary:
    """The batches since a moment with their rows by status, and all that waits, whatever its age."""

    since: datetime
    zone: ZoneInfo
    batches: tuple[int, ...]
    by_status: Mapping[RowStatus, Sums]
    tasks: tuple[Task, ...]
    quotas: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """Return the title of the summary as a notification."""
        waits = f"{len(self.tasks)} to do" if self.tasks else "nothing waits"
        return f"{len(self.batches)} batch{'' if len(self.batches) == 1 else 'es'} imported, {waits}"

    def lines(self) -> list[str]:
        """Return the lines for the terminal and for a notification. They hold no personal data."""
        count = len(self.batches)
        since = moment_text(to_timestamp(self.since), self.zone)
        imported = "No file was" if not count else "1 file was" if count == 1 else f"{count:,} files were"
        lines = [f"{imported} imported since {since}.", *self._table(), ""]
        if self.tasks:
            return [*lines, "Waiting:", *(f"  - {task.text}" for task in self.tasks), *self.quotas]
        return [*lines, "Nothing waits for anybody.", *self.quotas]

    def _table(self) -> list[str]:
        lines = []
        for kind in RecordKind:
            found = {status: sums for status, sums in self.by_status.items() if sums.rows(kind)}
            total = Sums.total(found.values())
            lines += [_line(f"  {PLURAL[kind].capitalize()}", total, kind)] if found else []
            lines += [_line(f"    {in_words(status)}", sums, kind) for status, sums in found.items()]
        return lines

    def as_json(self) -> dict[str, Any]:
        """Return the output of ``importer summary --json``."""
        return {
            "schema": 1,
            "since": self.since.astimezone(UTC).isoformat(timespec="seconds"),
            "batches": list(self.batches),
            "rows": {status.value: sums.as_json() for status, sums in self.by_status.items() if sums.rows()},
            "waiting": [{"what": task.what, "text": task.text, "command": task.command or None} for task in self.tasks],
        }


def _line(name: str, sums: Sums, kind: RecordKind) -> str:
    money = totals_text({code: cents for code, (_, cents) in sorted(sums.by_kind[kind].items())})
    return f"{name:<22}{sums.rows(kind):>9,}  {money}".rstrip()


def morning_summary(environment: Environment, state: NightState, since: datetime | None, now: datetime) -> MorningSummary:
    """Return the summary since a moment; by default, since the last one was sent. Raises LedgerError if there is no ledger."""
    if since is None:
        since = from_timestamp(state.last_summary) if state.last_summary else now - FIRST_SUMMARY
    figures = read_figures(environment, 0, state.marks, since=to_timestamp(since))
    recent = [batch for batch in figures.batches if batch.taken_at > to_timestamp(since)]
    by_status = {status: Sums.total(batch.sums(status) for batch in recent) for status in RowStatus}
    zone = environment.settings.zone()
    quotas = tuple(one.text() for one in figures.quotas if one.used and one.period in {None, *LONG_PERIODS})
    return MorningSummary(
        since, zone, tuple(batch.batch for batch in recent), by_status, tuple(_tasks(figures, state, zone)), quotas
    )


def _tasks(figures: LedgerFigures, state: NightState, zone: ZoneInfo) -> list[Task]:
    """Return all that waits, the most urgent first."""
    return [
        *(
            Task("file missing", missing(profile, mark.missing, zone).text)
            for profile, mark in state.expected.items()
            if mark.missing
        ),
        *_entries(figures),
        *_approvals(figures),
        *_corrections(figures),
    ]


def _entries(figures: LedgerFigures) -> list[Task]:
    """Return the tasks about entries, each with the statuses that it is about."""
    texts: Sequence[tuple[str, tuple[RowStatus, ...], str, str]] = (
        (
            "doubts",
            (RowStatus.IN_DOUBT, RowStatus.HELD),
            "{} may or may not exist at the API: `importer resume` looks for what was lost, and a person for what is held.",
            "importer resume",
        ),
        (
            "pending",
            (RowStatus.PENDING,),
            "{} must wait for an API or for its quota: the next run, or `importer resume`, goes on.",
            "importer resume",
        ),
        (
            "questions",
            (RowStatus.QUESTIONED,),
            "{} cannot be sent before an answer in the column #answer of errors.xlsx: `importer status` names the batches.",
            "importer status",
        ),
    )
    found = ((what, figures.open_sums(*statuses), text, command) for what, statuses, text, command in texts)
    return [Task(what, text.format(sums.text()), command, sums.text()) for what, sums, text, command in found if sums.rows()]


def _approvals(figures: LedgerFigures) -> list[Task]:
    return [
        Task(
            "approval",
            f"Batch {one.batch} waits for an approval, with {one.to_send.text()} to send: `importer approve {one.batch}`.",
            f"importer approve {one.batch}",
            one.to_send.text(),
            one.batch,
        )
        for one in figures.undecided
    ]


def _corrections(figures: LedgerFigures) -> list[Task]:
    tasks = []
    for batch in figures.batches:
        all_rows = batch.sums(*TO_CORRECT).rows()
        if batch.batch in figures.waiting and (rows := rows_left_to_correct(batch, all_rows)):
            text = (
                f"{rows:,} row{'' if rows == 1 else 's'} of batch {batch.batch} must be corrected by those who make the sheet: "
                f"`importer report {batch.batch}` writes errors.xlsx again."
            )
            tasks.append(Task("rows to correct", text, f"importer report {batch.batch}", f"{rows:,}", batch.batch))
    return tasks
