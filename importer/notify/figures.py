"""The figures of the ledger after a run: its new batches, what is open, and what waits for an approval."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from importer.domain.batches import BatchState
from importer.domain.kinds import RecordKind
from importer.domain.states import RowStatus
from importer.ledger.ledger import Ledger, UnitOfWork
from importer.ledger.queries.report_rows import BatchInfo
from importer.ledger.queries.totals import Tallies
from importer.notify.sums import NOTHING, Sums
from importer.workspace.connections import open_ledger_read_only, quotas_of
from importer.workspace.environment import Environment
from importer.workspace.progress import QuotaState, quota_states

TO_CORRECT = (RowStatus.REJECTED, RowStatus.REFUSED)
UNSETTLED = (RowStatus.PENDING, RowStatus.IN_DOUBT, RowStatus.HELD, RowStatus.QUESTIONED, RowStatus.BLOCKED)


@dataclass(frozen=True)
class BatchFigures:
    """The figures of one batch whose rows are entered. ``new`` are those that no earlier batch has reported."""

    batch: int
    tallies: Tallies
    new: Tallies = field(default_factory=dict)
    corrected_later: int = 0
    taken_at: str = ""

    def sums(self, *statuses: RowStatus) -> Sums:
        """Return the sums of these statuses."""
        return Sums.of(self.tallies, *statuses)

    def new_sums(self, *statuses: RowStatus) -> Sums:
        """Return the sums of the rows in these statuses that no earlier batch has reported."""
        return Sums.of(self.new, *statuses)


@dataclass(frozen=True)
class UndecidedBatch:
    """A batch that waits for an approval, and what would be sent of it."""

    batch: int
    to_send: Sums = NOTHING
    is_void: bool = False


@dataclass(frozen=True)
class LedgerFigures:
    """The figures of a ledger: some of its batches, its open entries by status, and the batches that wait for an approval.

    ``waiting`` are the batches of which something is left to do. A row that a later batch holds as well waits in that one alone.
    """

    newest_batch: int = 0
    batches: tuple[BatchFigures, ...] = ()
    open: Mapping[RowStatus, Sums] = field(default_factory=dict)
    undecided: tuple[UndecidedBatch, ...] = ()
    quotas: tuple[QuotaState, ...] = ()
    waiting: frozenset[int] = frozenset()

    def open_sums(self, *statuses: RowStatus) -> Sums:
        """Return the sums of the open entries in these statuses."""
        return Sums.total(self.open.get(status, NOTHING) for status in statuses)


def read_figures(environment: Environment, after: int, others: Iterable[int] = (), *, since: str = "") -> LedgerFigures:
    """Return the figures of the ledger, with the batches after ``after`` and some ``others``, if they are in the ledger.

    ``since`` is a timestamp: of the batches after ``after``, only those that were taken in later. Raises LedgerError if there is
    no ledger, or if it cannot be read.
    """
    with open_ledger_read_only(environment) as ledger:
        with ledger.unit_of_work() as work:
            waiting = frozenset(work.queries.waiting_batches())
            wanted = sorted({*work.queries.batches_since(after, since), *others, *waiting})
            infos = [info for one in wanted if (info := work.queries.batch(one))]
            open_entries = work.queries.open_in_ledger()
            found = LedgerFigures(
                work.queries.newest_batch(),
                tuple(_batch_figures(work, info) for info in infos if info.state is BatchState.APPROVED),
                {status: Sums.of(open_entries, status) for status in RowStatus},
                tuple(_undecided(work, info) for info in work.queries.undecided_batches()),
            )
        return replace(found, quotas=_quotas(environment, ledger), waiting=waiting)


def newest_batch(environment: Environment) -> int:
    """Return the id of the newest batch; raises LedgerError if there is no ledger, or if it cannot be read."""
    with open_ledger_read_only(environment) as ledger, ledger.queries() as queries:
        return queries.newest_batch()


def _batch_figures(work: UnitOfWork, info: BatchInfo) -> BatchFigures:
    tallies = work.queries.tally(info.id)
    plain = BatchFigures(info.id, tallies, taken_at=info.taken_at)
    if not plain.sums(*TO_CORRECT, RowStatus.QUESTIONED, RowStatus.CHANGED).rows():
        return plain
    return replace(plain, new=work.queries.new_in_batch(info.id), corrected_later=work.queries.corrected_later(info.id))


def _undecided(work: UnitOfWork, info: BatchInfo) -> UndecidedBatch:
    is_void = info.state is BatchState.VOID
    proposal = work.present_proposal(info.id) if is_void else work.remembered_proposal(info.id)
    counts = proposal.counts if proposal else {kind: {} for kind in RecordKind}
    return UndecidedBatch(info.id, Sums.of(counts, RowStatus.PENDING), is_void)


def _quotas(environment: Environment, ledger: Ledger) -> tuple[QuotaState, ...]:
    return tuple(quota_states(quotas_of(environment, ledger))) if environment.api_key is not None else ()
