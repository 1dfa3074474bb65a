"""The reading side of a ledger: one object with all queries of reports, summaries and commands."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import Connection

from importer.domain.kinds import QuestionKind, RecordKind
from importer.ledger.queries.control_totals import SheetTotals, sheet_totals
from importer.ledger.queries.questions import AskedRow, QuestionTotals, asked_rows, question_totals
from importer.ledger.queries.report_rows import BatchInfo, ReportRow, batch_info, batches, lines
from importer.ledger.queries.totals import (
    Tallies,
    corrected_later,
    knows_accounts,
    newly_questioned,
    open_batches,
    pending_totals,
    tally,
)


class Queries:
    """The queries on a ledger within one transaction, so that all results are from the same moment."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def batch(self, batch_id: int) -> BatchInfo | None:
        """Return the batch with this id, or None."""
        return batch_info(self._connection, batch_id)

    def batches(self, limit: int) -> list[BatchInfo]:
        """Return the newest ``limit`` batches, the newest first."""
        return batches(self._connection, limit)

    def rows(self, batch_id: int) -> Iterator[ReportRow]:
        """Yield every row of the batch with its results, in the order of the sheets."""
        return lines(self._connection, batch_id)

    def tally(self, batch_id: int) -> Tallies:
        """Return counts and hundredths of the batch by kind, status and currency."""
        return tally(self._connection, batch_id)

    def newly_questioned(self, batch_id: int) -> int:
        """Count the batch's questioned cases and vouchers that no earlier batch has reported with the same values."""
        return newly_questioned(self._connection, batch_id)

    def question_totals(self, batch_id: int) -> QuestionTotals:
        """Return rows and hundredths of the open questions of the batch, by kind and currency."""
        return question_totals(self._connection, batch_id)

    def asked_rows(self, batch_id: int, question: QuestionKind) -> list[AskedRow]:
        """Return the rows of the batch about which a question of this kind is open."""
        return asked_rows(self._connection, batch_id, question)

    def corrected_later(self, batch_id: int) -> int:
        """Count the rejects of the batch that a later row has replaced."""
        return corrected_later(self._connection, batch_id)

    def sheet_totals(self, batch: BatchInfo) -> list[SheetTotals]:
        """Return the totals of each sheet of the batch as read."""
        return sheet_totals(self._connection, batch)

    def pending_totals(self, batch_ids: Sequence[int], kind: RecordKind) -> tuple[int, dict[str, int]]:
        """Return the number of entries of these batches that wait to be sent, and their hundredths by currency."""
        return pending_totals(self._connection, batch_ids, kind)

    def open_batches(self) -> dict[int, set[str]]:
        """Return the batches with unfinished entries, the oldest first, each with the accounts of those entries."""
        return open_batches(self._connection)

    def knows_accounts(self) -> bool:
        """Return whether any credential has opened an account yet."""
        return knows_accounts(self._connection)
