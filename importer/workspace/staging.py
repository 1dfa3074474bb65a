"""Staging the sources of a request: each one that can be read becomes a batch in the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from importer.domain.accounts import Accounts
from importer.errors import FileRefused
from importer.ledger.ledger import UnitOfWork
from importer.ledger.queries.queries import Queries
from importer.workspace.environment import Environment
from importer.workspace.expectation import Expectation
from importer.workspace.request import ImportRequest
from importer.workspace.sources import Source, sources_of
from importer.workspace.user import current_user


@dataclass(frozen=True)
class StagedSources:
    """The batches of the readable sources, and the errors of the others."""

    batches: tuple[int, ...]
    refused: tuple[FileRefused, ...]


def stage_sources(
    work: UnitOfWork, request: ImportRequest, environment: Environment, accounts: Accounts, run_id: str
) -> StagedSources:
    """Stage every source that can be read, and collect the errors of the others.

    Raises FileRefused if no source can be read.
    """
    batches: list[int] = []
    refused: list[FileRefused] = []
    for source in sources_of(request, environment, work.has_cases):
        try:
            batches.append(_stage(work, source, accounts, run_id, batches))
        except FileRefused as error:
            refused.append(error)
    if not batches and refused:
        raise FileRefused("\n".join(map(str, refused)))
    return StagedSources(tuple(batches), tuple(refused))


def _stage(work: UnitOfWork, source: Source, accounts: Accounts, run_id: str, earlier: Sequence[int]) -> int:
    """Stage one source and return its batch. An unchanged file whose rows are all done is not read again."""
    if source.version and (known := work.reuse_unchanged_batch(source.version, accounts, run_id, earlier)):
        return known
    with source.open() as opened:
        return work.stage(replace(opened, read_by=current_user()), accounts, run_id, earlier, source.version)


def unmet_expectation(queries: Queries, staged: StagedSources, expected: Expectation) -> str | None:
    """Describe how the sources differ from the user's expectation; None if they do not, or if there is none."""
    if not expected:
        return None
    if staged.refused:
        conclusion = "Not every file could be read, so they cannot match what is expected. Nothing was sent or recorded."
        return "\n".join([*map(str, staged.refused), conclusion])
    infos = (queries.batch(batch) for batch in staged.batches)
    return expected.unmet([totals for info in infos if info for totals in queries.sheet_totals(info)])
