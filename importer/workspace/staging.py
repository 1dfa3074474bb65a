"""Staging the sources of a request: each one that can be read becomes a batch in the ledger."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from importer.domain.accounts import Accounts
from importer.domain.batches import Person
from importer.domain.kinds import RecordKind
from importer.domain.personal_numbers.texts import mask_text
from importer.domain.records import LoadedSource
from importer.errors import FileRefused, FileUnreachable
from importer.ledger.intake.unchanged_source import SourceVersion
from importer.ledger.ledger import UnitOfWork
from importer.ledger.queries.queries import Queries
from importer.reporter.empty_source import empty_source_text
from importer.reporter.summary import Summary, summarize
from importer.workspace.environment import Environment
from importer.workspace.expectation import Expectation
from importer.workspace.input_files import find_files
from importer.workspace.operator_log import log_event
from importer.workspace.person import current_person
from importer.workspace.reading_progress import counted
from importer.workspace.request import ImportRequest
from importer.workspace.sources import Source, sources_of

CHECK = "check"
"""In place of the id of a run: the batches are in a scratch ledger, and their numbers mean nothing to anybody."""


@dataclass(frozen=True)
class StagedSources:
    """The batches of the readable sources, and the errors of the others.

    Those in ``known`` are files that were imported before as they are: nothing of them is to be approved or sent. ``empty``
    are the summaries of sources without rows, whose batches are done and not among the others; ``remarks`` are sentences
    about them and about empty folders. ``unread`` are the files that were refused.
    """

    batches: tuple[int, ...]
    refused: tuple[FileRefused, ...]
    known: frozenset[int] = frozenset()
    empty: tuple[Summary, ...] = ()
    remarks: tuple[str, ...] = ()
    unread: frozenset[Path] = frozenset()

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
    unread: set[Path] = set()
    empty: list[Summary] = []
    for source in sources_of(request, environment, work.has_cases, work.confirmed_values()):
        try:
            again = source.version and work.reuse_unchanged_batch(source.version, accounts, run_id, batches, who)
            batch = again or _record(source, record, batches, request)
        except FileRefused as error:
            log_event("unreadable", file=source.name)
            error.args = (mask_text(str(error)),)  # it names the file and its sheets, and is stored and sent in notices
            refused.append(error)
            unread |= {source.path} if source.path else set()
            continue
        if not _has_rows(work.queries, batch, source.name, run_id, is_known=bool(again)):
            empty.append(_summary(work.queries, batch))
            continue
        batches.append(batch)
        known |= {again} if again else set()  # an unchanged file whose rows are all done is not read again
    remarks = (*find_files(request.paths).remarks(), *map(empty_source_text, empty))
    if not batches and refused:
        raise _all_refused(refused, remarks)
    return StagedSources(tuple(batches), tuple(refused), frozenset(known), tuple(empty), remarks, frozenset(unread))


def _all_refused(refused: Sequence[FileRefused], remarks: Iterable[str]) -> FileRefused:
    """Return the error of a run that has read no file: a later one may read more, if the disk did not give one of them."""
    kind = FileUnreachable if any(isinstance(one, FileUnreachable) for one in refused) else FileRefused
    return kind("\n".join([*map(str, refused), *remarks]), files=len(refused))


def _has_rows(queries: Queries, batch_id: int, name: str, run_id: str, *, is_known: bool) -> bool:
    """Return whether a source that was read had rows, and log it."""
    rows = queries.row_count(batch_id)
    if not rows:
        log_event("empty", file=name)
        return False
    number = {} if run_id == CHECK else {"batch": batch_id}
    log_event("known" if is_known else "read", file=name, rows=rows, **number)
    return True


def _summary(queries: Queries, batch_id: int) -> Summary:
    found = queries.batch(batch_id)
    assert found is not None
    return summarize(queries, found)


def _record(source: Source, record: Recorder, earlier: Sequence[int], request: ImportRequest) -> int:
    with source.open() as opened:
        rows = counted(source.name, opened.rows, request.reading)
        batch = record(replace(opened, rows=rows, read_by=current_person().text()), earlier, source.version)
        request.keep_master_data(batch, opened.master_data)
        return batch


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
