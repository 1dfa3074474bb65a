"""The reading side of a ledger: one object for everything that reports, summaries and commands ask."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import Connection

from importer.domain.kinds import Kind
from importer.ledger.queries.control_totals import SheetTotals, sheet_totals
from importer.ledger.queries.report_rows import BatchInfo, Line, batch_info, batches, lines
from importer.ledger.queries.totals import Tallies, corrected_later, knows_accounts, open_batches, pending_totals, tally


class Queries:
    """Reads from a ledger within one transaction, so that all answers are of the same moment."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def batch(self, batch_id: int) -> BatchInfo | None:
        """The batch with this id, or None."""
        return batch_info(self._connection, batch_id)

    def batches(self, limit: int) -> list[BatchInfo]:
        """The newest batches, the newest first."""
        return batches(self._connection, limit)

    def rows(self, batch_id: int) -> Iterator[Line]:
        """Every row of the batch in its order, with what became of it."""
        return lines(self._connection, batch_id)

    def tally(self, batch_id: int) -> Tallies:
        """Counts and money of the batch by kind, status and currency."""
        return tally(self._connection, batch_id)

    def corrected_later(self, batch_id: int) -> int:
        """How many rejects of the batch a later row has replaced."""
        return corrected_later(self._connection, batch_id)

    def sheet_totals(self, batch: BatchInfo) -> list[SheetTotals]:
        """The totals of each sheet of the batch as they were read."""
        return sheet_totals(self._connection, batch)

    def pending_totals(self, batch_ids: Sequence[int], kind: Kind) -> tuple[int, dict[str, int]]:
        """How many entries of these batches wait to be sent, and their hundredths by currency."""
        return pending_totals(self._connection, batch_ids, kind)

    def open_batches(self) -> dict[int, set[str]]:
        """Batches with entries that are neither accepted nor refused, each with those entries' accounts, oldest first."""
        return open_batches(self._connection)

    def knows_accounts(self) -> bool:
        """Whether any credential has opened an account yet."""
        return knows_accounts(self._connection)
