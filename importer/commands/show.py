"""The history of one row and of its case and voucher: what was read, what became of it, every attempt, and who approved it."""

from __future__ import annotations

from dataclasses import dataclass

from importer.domain.batches import Decision
from importer.domain.identity import EntryLabel
from importer.domain.kinds import RecordKind
from importer.domain.records import SheetHead
from importer.errors import UsageError
from importer.ledger.ledger import UnitOfWork
from importer.ledger.queries.entry_history import EntryHistory, RowOfEntry
from importer.ledger.queries.report_rows import BatchInfo, ReportRow
from importer.workspace.connections import open_ledger_read_only
from importer.workspace.environment import Environment


@dataclass(frozen=True)
class EntryShown:
    """An entry with its history, and the decisions about the batch whose approval covers it, the oldest first."""

    history: EntryHistory
    decisions: tuple[Decision, ...]


@dataclass(frozen=True)
class RowShown:
    """A row of a batch as it was read, with the history of its case and of its voucher, as far as it has them."""

    info: BatchInfo
    head: SheetHead
    row: ReportRow
    entries: tuple[EntryShown, ...]


def show_row(environment: Environment, batch_id: int, sheet: int, number: int) -> RowShown:
    """Return a row, by its sheet (from 0) and the number that Excel shows. Raises UsageError if there is none."""
    with open_ledger_read_only(environment) as ledger, ledger.unit_of_work() as work:
        info = work.queries.batch(batch_id)
        found = work.queries.row(batch_id, sheet, number) if info and sheet < len(info.heads) else None
        if info is None or found is None:
            raise UsageError(f"Batch {batch_id} has no such row in this ledger.")
        results = zip(RecordKind, (found.case, found.voucher), strict=True)
        labels = [EntryLabel.of(kind, one.entry_id, one.key) for kind, one in results if one and one.entry_id and one.key]
        entries = tuple(shown for label in labels if (shown := _entry(work, label)))
    return RowShown(info, info.heads[sheet], found, entries)


def row_of_entry(environment: Environment, name: str) -> RowOfEntry:
    """Return the row of which an entry was made, by its label such as C12-3f9a2b. Raises UsageError if there is none."""
    label = EntryLabel.parse(name.strip())
    with open_ledger_read_only(environment) as ledger, ledger.queries() as queries:
        found = queries.entry_history(label) if label else None
    if found is None:
        raise UsageError(f"There is no entry {name} in this ledger. Copy it from #entry of an error sheet, such as C12-3f9a2b.")
    return next(one for one in found.rows if one.is_first)


def _entry(work: UnitOfWork, label: EntryLabel) -> EntryShown | None:
    history = work.queries.entry_history(label)
    return EntryShown(history, tuple(work.decisions(history.batch))) if history else None
