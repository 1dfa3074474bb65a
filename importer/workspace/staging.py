"""Taking the sources of a request into the ledger: each that can be read becomes a batch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from importer.domain.accounts import Accounts
from importer.errors import FileRefused
from importer.ledger.ledger import UnitOfWork
from importer.ledger.queries.queries import Queries
from importer.workspace.environment import Environment
from importer.workspace.expectation import Expectation
from importer.workspace.request import ImportRequest
from importer.workspace.sources import Source, sources_of


@dataclass(frozen=True)
class StagedSources:
    """The batches of the sources that could be read, and the errors of those that could not."""

    batches: tuple[int, ...]
    refused: tuple[FileRefused, ...]


def stage_sources(
    work: UnitOfWork, request: ImportRequest, environment: Environment, accounts: Accounts, run_id: str
) -> StagedSources:
    """Stage every source; a file that cannot be read is left out, and the others are staged all the same.

    Raises FileRefused if no source could be read.
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
    """The batch of one source. A file that is known, with all its rows, is not read again."""
    if source.version and (known := work.reuse_unchanged_batch(source.version, accounts, run_id, earlier)):
        return known
    with source.open() as opened:
        return work.stage(opened, accounts, run_id, earlier, source.version)


def unmet_expectation(queries: Queries, staged: StagedSources, expected: Expectation) -> str | None:
    """How the sources differ from what the user expected of them; None if they do not, or if nothing was expected."""
    if not expected:
        return None
    if staged.refused:
        told = "Not every file could be read, so they cannot be what is expected of them. Nothing was sent or recorded."
        return "\n".join([*map(str, staged.refused), told])
    infos = (queries.batch(batch) for batch in staged.batches)
    return expected.unmet([totals for info in infos if info for totals in queries.sheet_totals(info)])
