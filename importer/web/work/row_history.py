"""A row with its history, as its page shows it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import tzinfo

from importer.commands.review import decision_text
from importer.commands.show import EntryShown, RowShown, row_of_entry, show_row
from importer.dispatcher.outcomes.judge import OutcomeKind
from importer.domain.batches import BatchState
from importer.domain.kinds import RecordKind
from importer.domain.states import DoubtCause, RowStatus
from importer.ledger.queries.entry_history import EntryHistory, PastAttempt
from importer.ledger.queries.report_rows import RecordResult
from importer.loader.values.text import display_text
from importer.reporter.row_reasons import ReportHeadings, reasons_of_row
from importer.web.work.batches import has_ledger, unknown
from importer.web.work.environments import PageEnvironments
from importer.web.work.row_files import find_row

CRASHED = "crashed"
OUTCOMES = frozenset({*(one.value for one in OutcomeKind), CRASHED})
CAUSES = frozenset(DoubtCause)


@dataclass(frozen=True)
class ShownCell:
    """A cell as it was read, under its heading, and whether a reason is about it."""

    heading: str
    text: str
    is_wrong: bool


@dataclass(frozen=True)
class ShownAttempt:
    """An attempt. ``outcome`` and ``cause`` are the ends of keys of texts, or empty; ``other`` is an outcome without a text."""

    attempt: PastAttempt
    outcome: str
    cause: str
    other: str


@dataclass(frozen=True)
class ShownEntry:
    """An entry with its attempts, and the decisions about its batch in words."""

    history: EntryHistory
    attempts: tuple[ShownAttempt, ...]
    decisions: tuple[str, ...]


@dataclass(frozen=True)
class ShownRecord:
    """The case or voucher of a row: its status now, and its entry, which a rejected one does not have."""

    kind: RecordKind
    result: RecordResult
    entry: ShownEntry | None


@dataclass(frozen=True)
class RowHistory:
    """A row as it was read, and what became of its case and voucher. ``reasons`` are why it is not fine."""

    shown: RowShown
    status: RowStatus | None
    cells: tuple[ShownCell, ...]
    reasons: tuple[str, ...]
    records: tuple[ShownRecord, ...]

    @property
    def is_staged(self) -> bool:
        """Return whether nothing was decided about its batch yet, so that it has no entries."""
        return self.shown.info.state is BatchState.STAGED


def row_history(environments: PageEnvironments, batch_id: int, sheet: int, number: int) -> RowHistory:
    """Return a row with its history. Raises UsageError if there is none."""
    with environments.reading() as environment:
        if not has_ledger(environment):
            raise unknown(batch_id)
        shown, zone = show_row(environment, batch_id, sheet, number), environment.settings.zone()
    status, reasons = _reasons(environments, shown)
    wrong = {position for _, position in reasons if position is not None}
    return RowHistory(shown, status, _cells(shown, wrong), tuple(text for text, _ in reasons), _records(shown, zone))


def place_of_entry(environments: PageEnvironments, name: str) -> tuple[int, int, int]:
    """Return the batch, the sheet and the number of the row that an entry was made of. Raises UsageError if there is none."""
    with environments.reading() as environment:
        found = row_of_entry(environment, name)
    return found.batch, found.sheet, found.number


def _reasons(environments: PageEnvironments, shown: RowShown) -> tuple[RowStatus | None, Sequence[tuple[str, int | None]]]:
    """Return why a row is not fine; of a staged one from the files of its batch, since the ledger has no results of it yet."""
    row = shown.row
    if row.case or row.voucher:
        return None, [(one.text(), one.position) for one in reasons_of_row(row, ReportHeadings(shown.head))]
    try:
        found = find_row(environments, shown.info.id, row.sheet, row.number)
    except OSError:  # they are made again when the batch is checked again
        return None, []
    return (found.status, [(one.text, one.position) for one in found.reasons]) if found else (None, [])


def _cells(shown: RowShown, wrong: set[int]) -> tuple[ShownCell, ...]:
    cells = shown.row.cells
    texts = [display_text(cell) if cell is not None else "" for cell in cells]
    texts += [""] * (len(shown.head.header) - len(texts))
    return tuple(
        ShownCell(heading, text, position in wrong)
        for position, (heading, text) in enumerate(zip(shown.head.header, texts, strict=False))
    )


def _records(shown: RowShown, zone: tzinfo) -> tuple[ShownRecord, ...]:
    by_id = {one.history.label.entry_id: _entry(one, zone) for one in shown.entries}
    results = zip(RecordKind, (shown.row.case, shown.row.voucher), strict=True)
    return tuple(ShownRecord(kind, one, by_id.get(one.entry_id or 0)) for kind, one in results if one)


def _entry(shown: EntryShown, zone: tzinfo) -> ShownEntry:
    decisions = tuple(decision_text(one, zone) for one in shown.decisions)
    return ShownEntry(shown.history, tuple(map(_attempt, shown.history.attempts)), decisions)


def _attempt(one: PastAttempt) -> ShownAttempt:
    outcome = one.outcome or ""
    key = outcome.replace(" ", "_") if outcome in OUTCOMES else ""
    return ShownAttempt(one, key, one.cause if one.cause in CAUSES else "", "" if key else outcome)
