"""The reading side of a ledger: one object with all queries of reports, summaries and commands."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence

from sqlalchemy import Connection

from importer.domain.confirmed_values import UnconfirmedValue
from importer.domain.identity import EntryLabel
from importer.domain.kinds import QuestionKind, RecordKind
from importer.ledger.queries.changed_rows import ChangedRow, new_changes
from importer.ledger.queries.claims import (
    ClaimGroup,
    Credits,
    LargeClaim,
    creditors,
    credits_to_send,
    debtor_types,
    largest_claims,
)
from importer.ledger.queries.confirmed_values import unconfirmed_values
from importer.ledger.queries.control_totals import SheetTotals, sheet_totals
from importer.ledger.queries.corrected_rows import corrected_later, corrected_sources
from importer.ledger.queries.entry_history import EntryHistory, entry_history
from importer.ledger.queries.entry_places import EntryPlace, entry_place
from importer.ledger.queries.history import BatchHistory, batch_history, is_confirmed_profile, new_creditors
from importer.ledger.queries.night_rows import Arrival, arrivals, batches_since, new_in_batch, newest_batch, open_in_ledger
from importer.ledger.queries.open_rows import batch_ids, waiting_batches
from importer.ledger.queries.personal_numbers import has_masked_rows, sent_personal_numbers
from importer.ledger.queries.questions import AskedRow, QuestionTotals, asked_rows, batches_of_entries, question_totals
from importer.ledger.queries.report_rows import (
    BatchInfo,
    ReportRow,
    batch_info,
    batches,
    batches_by_digest,
    batches_of_run,
    batches_of_source,
    line,
    lines,
    undecided_batches,
)
from importer.ledger.queries.totals import (
    Tallies,
    knows_accounts,
    newly_questioned,
    open_batches,
    pending_totals,
    row_count,
    tally,
)
from importer.ledger.queries.unsent_rows import unsent_rows
from importer.ledger.storage.identity import ledger_id


class Queries:
    """The queries on a ledger within one transaction, so that all results are from the same moment."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def batch(self, batch_id: int) -> BatchInfo | None:
        """Return the batch with this id, or None."""
        return batch_info(self._connection, batch_id)

    def ledger_id(self) -> str:
        """Return the id of the ledger, which its copies have too."""
        return ledger_id(self._connection)

    def batch_ids(self, *, with_empty: bool) -> list[int]:
        """Return the ids of all batches, the newest first; without ``with_empty`` only of those whose source had rows."""
        return batch_ids(self._connection, with_empty=with_empty)

    def waiting_batches(self) -> set[int]:
        """Return the batches of which something waits for an approval, the next run, an answer or a correction."""
        return waiting_batches(self._connection)

    def batches(self, limit: int) -> list[BatchInfo]:
        """Return the newest ``limit`` batches, the newest first."""
        return batches(self._connection, limit)

    def batches_of_source(self, batch: BatchInfo) -> list[BatchInfo]:
        """Return the earlier batches of the same bytes for the same account, the newest first."""
        return batches_of_source(self._connection, batch)

    def batches_of_run(self, batch_id: int) -> list[int]:
        """Return the batches of the run that staged this one, in order, without discarded ones and parts of others."""
        return batches_of_run(self._connection, batch_id)

    def batches_by_digest(self, digest: str) -> list[BatchInfo]:
        """Return the batches of a file by the beginning of its SHA-256, the newest first."""
        return batches_by_digest(self._connection, digest)

    def is_confirmed_profile(self, batch_id: int) -> bool:
        """Return whether a person has approved an earlier batch of the same profile and account after a review."""
        return is_confirmed_profile(self._connection, batch_id)

    def undecided_batches(self) -> list[BatchInfo]:
        """Return the batches that wait for an approval, the oldest first."""
        return undecided_batches(self._connection)

    def rows(self, batch_id: int) -> Iterator[ReportRow]:
        """Yield every row of the batch with its results, in the order of the sheets."""
        return lines(self._connection, batch_id)

    def row(self, batch_id: int, sheet: int, number: int) -> ReportRow | None:
        """Return one row of the batch with its results; None if it has no such row."""
        return line(self._connection, batch_id, sheet, number)

    def entry_history(self, label: EntryLabel) -> EntryHistory | None:
        """Return what has become of an entry, its attempts and its rows; None if this ledger has none with this label."""
        return entry_history(self._connection, label)

    def tally(self, batch_id: int) -> Tallies:
        """Return counts and hundredths of the batch by kind, status and currency."""
        return tally(self._connection, batch_id)

    def row_count(self, batch_id: int) -> int:
        """Return the number of rows of the batch, staged or not; 0 if its source had headings alone."""
        return row_count(self._connection, batch_id)

    def entry_place(self, entry_id: int) -> EntryPlace:
        """Return where an entry comes from: its label, file, row and reference."""
        return entry_place(self._connection, entry_id)

    def batches_of_entries(self, entry_ids: Iterable[int]) -> list[int]:
        """Return the batches that hold these cases and vouchers with the values that they have now, in order."""
        return batches_of_entries(self._connection, entry_ids)

    def newly_questioned(self, batch_id: int) -> int:
        """Count the batch's questioned cases and vouchers that no earlier batch has reported with the same values."""
        return newly_questioned(self._connection, batch_id)

    def newest_batch(self) -> int:
        """Return the id of the newest batch; 0 in an empty ledger."""
        return newest_batch(self._connection)

    def new_in_batch(self, batch_id: int) -> Tallies:
        """Return the batch's rejected, refused, questioned and changed rows that no earlier batch has reported."""
        return new_in_batch(self._connection, batch_id)

    def open_in_ledger(self) -> Tallies:
        """Return the entries of the ledger that are not done, each once."""
        return open_in_ledger(self._connection)

    def batches_since(self, batch_id: int, taken_at: str = "") -> list[int]:
        """Return the ids of the batches after this one that were taken in after a timestamp."""
        return batches_since(self._connection, batch_id, taken_at)

    def arrivals(self, since: str) -> list[Arrival]:
        """Return the files that came after a timestamp, the oldest first."""
        return arrivals(self._connection, since)

    def new_changes(self, batch_id: int) -> list[ChangedRow]:
        """Return the changed records of the batch of which no earlier batch has reported the same change."""
        return new_changes(self._connection, batch_id)

    def question_totals(self, batch_id: int) -> QuestionTotals:
        """Return rows and hundredths of the open questions of the batch, by kind and currency."""
        return question_totals(self._connection, batch_id)

    def asked_rows(self, batch_id: int, question: QuestionKind) -> list[AskedRow]:
        """Return the rows of the batch about which a question of this kind is open."""
        return asked_rows(self._connection, batch_id, question)

    def corrected_sources(self, batch_id: int) -> list[int]:
        """Return the batches whose rows were corrected on the page and are in this one: none for most batches."""
        return corrected_sources(self._connection, batch_id)

    def corrected_later(self, batch_id: int) -> int:
        """Count the rejects of the batch that a later row has replaced."""
        return corrected_later(self._connection, batch_id)

    def sheet_totals(self, batch: BatchInfo) -> list[SheetTotals]:
        """Return the totals of each sheet of the batch as read."""
        return sheet_totals(self._connection, batch)

    def pending_totals(self, batch_ids: Sequence[int], kind: RecordKind) -> tuple[int, dict[str, int]]:
        """Return the number of entries of these batches that wait to be sent, and their hundredths by currency."""
        return pending_totals(self._connection, batch_ids, kind)

    def unsent_rows(self, batch_id: int) -> Iterator[ReportRow]:
        """Yield each case and voucher of the batch that is not sent, with its reasons and without its cells."""
        return unsent_rows(self._connection, batch_id)

    def largest_claims(self, batch_id: int) -> list[LargeClaim]:
        """Return the largest claims of the batch that wait to be sent, by currency."""
        return largest_claims(self._connection, batch_id)

    def creditors(self, batch_id: int) -> list[ClaimGroup]:
        """Return the creditors of the batch's claims that wait to be sent."""
        return creditors(self._connection, batch_id)

    def debtor_types(self, batch_id: int) -> list[ClaimGroup]:
        """Return how many of the batch's debtors are companies and persons, of the claims that wait to be sent."""
        return debtor_types(self._connection, batch_id)

    def credits_to_send(self, batch_id: int) -> Credits:
        """Return the batch's credit notes and payments that wait to be sent."""
        return credits_to_send(self._connection, batch_id)

    def history(self, batch_id: int) -> BatchHistory:
        """Return the figures of the batch, and of the earlier files of its profile."""
        return batch_history(self._connection, batch_id)

    def new_creditors(self, batch_id: int, names: Collection[str]) -> list[str]:
        """Return those of the creditors for which nothing was sent before this batch's run."""
        return new_creditors(self._connection, batch_id, names)

    def sent_personal_numbers(self) -> int:
        """Count the requests of earlier releases that were sent with a personal number, and are kept as they were sent."""
        return sent_personal_numbers(self._connection)

    def unconfirmed_values(self) -> dict[str, tuple[str, tuple[UnconfirmedValue, ...]]]:
        """Return the values of the last import of each profile that nobody has confirmed: profile → file, values."""
        return unconfirmed_values(self._connection)

    def has_masked_rows(self) -> bool:
        """Return whether an upgrade has masked personal numbers in this ledger."""
        return has_masked_rows(self._connection)

    def open_batches(self) -> dict[int, set[str]]:
        """Return the batches with unfinished entries, the oldest first, each with the accounts of those entries."""
        return open_batches(self._connection)

    def knows_accounts(self) -> bool:
        """Return whether any credential has opened an account yet."""
        return knows_accounts(self._connection)
