"""Looking without changing: status, reports rebuilt, doctor, settings."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from importer.ledger.ledger import Ledger
from importer.ledger.storage.location import require_ledger
from importer.reporter.summary import Summary, summarize
from importer.workspace.connections import quotas_of
from importer.workspace.environment import Environment
from importer.workspace.progress import QuotaState, quota_states


@contextmanager
def _reading(environment: Environment) -> Iterator[Ledger]:
    require_ledger(environment.ledger_url)
    ledger = Ledger.read(environment.ledger_url)
    assert ledger is not None
    with ledger:
        yield ledger


def batch_states(environment: Environment, limit: int = 50) -> list[Summary]:
    """The newest batches, the newest first. Raises UsageError if there is no ledger."""
    with _reading(environment) as ledger, ledger.queries() as queries:
        return [summarize(queries, batch) for batch in queries.batches(limit)]


def limits(environment: Environment) -> list[QuotaState]:
    """Each limit of the credentials in force, from what the ledger has counted; no API is asked."""
    if environment.api_key is None:
        return []
    with _reading(environment) as ledger:
        return quota_states(quotas_of(environment, ledger))
