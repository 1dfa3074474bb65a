"""Staging the sources of a request: each one that can be read becomes a batch in the ledger."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from importer.domain.accounts import Accounts
from importer.domain.batches import Person
from importer.domain.kinds import RecordKind
from importer.domain.records import LoadedSource
from importer.errors import FileRefused
from importer.ledger.intake.unchanged_source import SourceVersion
from importer.ledger.ledger import UnitOfWork
from importer.ledger.queries.queries import Queries
from importer.workspace.environment import Environment
from importer.workspace.expectation import Expectation
from importer.workspace.person import current_person
from importer.workspace.request import ImportRequest
from importer.workspace.sources import Source, sources_of


@dataclass(frozen=True)
class StagedSources:
    """The batches of the readable sources, and the errors of the others.

    Those in ``known`` are files that were imported before as they are: nothing of them is to be approved or sent.
    """

    batches: tuple[int, ...]
    refused: tuple[FileRefused, ...]
    known: frozenset[int] = frozenset()

    @property
    def proposed(self) -> tuple[int, ...]:
        """Return the batches that were read, without the known ones."""
        return tuple(batch for batch in self.batches if batch not in self.known)


class Recorder(Protocol):
    """How an opened source is recorded as a batch: at once as approved, or as staged."""

    def __call__(self, source: LoadedSource, earlier: Sequence[int], version: SourceVersion | None) -> int: ...


def take_in_sources(
    work: UnitOfWork, request: ImportRequest, environment: Environment, accounts: Accounts, run_id: str, who: Person
) -> StagedSources:
    """Record every source that can be read as approved. Raises FileRefused if none can be read."""

    def record(source: LoadedSource, earlier: Sequence[int], version: SourceVersion | None) -> int:
        return work.take_in(source, accounts, run_id, earlier, version, who)

    return _record_sources(work, request, environment, (accounts, run_id, who), record)


def stage_sources(
    work: UnitOfWork, request: ImportRequest, environment: Environment, accounts: Accounts, run_id: str, who: Person
) -> StagedSources:
    """Record every source that can be read as a staged batch. Raises FileRefused if none can be read."""

    def record(source: LoadedSource, earlier: Sequence[int], version: SourceVersion | None) -> int:
        del earlier  # a staged batch is entered later, after those before it
        return work.stage(source, accounts, run_id, version, who)

    return _record_sources(work, request, environment, (accounts, run_id, who), record)


def _record_sources(
    work: UnitOfWork, request: ImportRequest, environment: Environment, run: tuple[Accounts, str, Person], record: Recorder
) -> StagedSources:
    accounts, run_id, who = run
    batches: list[int] = []
    known: set[int] = set()
    refused: list[FileRefused] = []
    for source in sources_of(request, environment, work.has_cases):
        try:
            if source.version and (again := work.reuse_unchanged_batch(source.version, accounts, run_id, batches, who)):
                batches.append(again)  # an unchanged file whose rows are all done is not read again
                known.add(again)
            else:
                batches.append(_record(source, record, batches))
        except FileRefused as error:
            refused.append(error)
    if not batches and refused:
        raise FileRefused("\n".join(map(str, refused)), files=len(refused))
    return StagedSources(tuple(batches), tuple(refused), frozenset(known))


def _record(source: Source, record: Recorder, earlier: Sequence[int]) -> int:
    with source.open() as opened:
        return record(replace(opened, read_by=current_person().text()), earlier, source.version)


def unmet_expectation(queries: Queries, staged: StagedSources, expected: Expectation) -> str | None:
    """Describe how the sources differ from the user's expectation; None if they do not, or if there is none."""
    if not expected:
        return None
    if staged.refused:
        conclusion = "Not every file could be read, so they cannot match what is expected. Nothing was sent or recorded."
        return "\n".join([*map(str, staged.refused), conclusion])
    infos = (queries.batch(batch) for batch in staged.batches)
    return expected.unmet([totals for info in infos if info for totals in queries.sheet_totals(info)])


Totals = Mapping[RecordKind, tuple[int, dict[str, int]]]
"""Rows to send, and their hundredths by currency, by record kind."""
