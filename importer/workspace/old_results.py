"""Which folders of results are old: those of finished batches, after the days of the settings."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from pathlib import Path

from importer.domain.batches import BatchState
from importer.domain.kinds import RecordKind
from importer.domain.states import NOTHING_TO_DO, RowStatus
from importer.errors import LedgerError
from importer.ledger.ledger import Ledger
from importer.ledger.queries.queries import Queries
from importer.reporter.manifest import BatchIdentity
from importer.reporter.pruning import remove_old_folders
from importer.reporter.summary import Summary, summarize
from importer.workspace.environment import Environment

_CORRECTABLE = frozenset({RowStatus.REJECTED, RowStatus.BLOCKED})


def remove_old_results(ledger: Ledger, environment: Environment, needed: Collection[Path] = ()) -> list[str]:
    """Remove the folders of finished batches that are older than ``[output] keep_days``, but not the ``needed`` ones.

    Returns messages on failures.
    """
    days = environment.settings.output.keep_days
    if not days or ledger.identity.loss():
        return []
    try:
        with ledger.queries() as queries:
            keep, access = timedelta(days=days), environment.access
            return remove_old_folders(environment.output, keep, lambda of: _is_finished(queries, of), access, needed)
    except LedgerError as error:
        return [f"Old results were not removed: {error}"]


def _is_finished(queries: Queries, of: BatchIdentity) -> bool:
    """Return whether the folder is that of a batch of this ledger of which nothing is left to do."""
    batch = queries.batch(of.batch)
    if batch is None or (queries.ledger_id(), batch.taken_at) != (of.ledger, of.taken_at):
        return False
    return nothing_left(summarize(queries, batch))


def nothing_left(summary: Summary) -> bool:
    """Return whether every row of a batch is finished: done, no claim, or corrected by a later import."""
    if summary.state is BatchState.DISCARDED:
        return True
    left = {
        status: rows
        for status in RowStatus
        if status not in NOTHING_TO_DO and (rows := sum(summary.count(kind, status) for kind in RecordKind))
    }
    if summary.state is not BatchState.DONE or not left.keys() <= _CORRECTABLE:
        return False
    return sum(left.values()) <= summary.corrected_later
