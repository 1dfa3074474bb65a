"""The corrected rows of a batch as a source of their own, with its own digest: it is checked, and approved, like any other.

It is an error sheet, as a person would correct and drop it, so that all formats are corrected in the same way, and the ledger
knows which rows take the place of which. For each batch there is one batch of corrected rows that waits for an approval: it
holds all of them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from importer.commands.approve import discard_staged
from importer.domain.batches import BatchState
from importer.domain.parties.kinds import PartyKind
from importer.errors import UsageError
from importer.web.work.attachments import attachments_of
from importer.web.work.batches import UNDECIDED
from importer.web.work.correction_store import (
    CHECKING,
    CellCorrection,
    RowPlace,
    corrections_of,
    history_of,
    intend_batch,
    origin_of,
    record_batch,
)
from importer.web.work.corrections import KEEPING, REPLACED, batch_info, batches_of_drop, correctors_of
from importer.web.work.derived_source import CorrectedPart, DerivedSource, corrected_part, derived_source
from importer.web.work.environments import PageEnvironments
from importer.web.work.jobs import JobResult, PageJob
from importer.web.work.staging import NOBODY_KNOWN, StagedOrigin, preparers_of, stage_files
from importer.web.work.waiting_rows import may_have_waiting, rows_waiting
from importer.workspace.connections import open_ledger_read_only


@dataclass(frozen=True)
class CorrectedRows:
    """The corrections of a batch: those of each row, the rows that no batch holds yet, and the batch in which each row is."""

    batch: int
    rows: dict[RowPlace, list[CellCorrection]]
    unchecked: frozenset[RowPlace]
    batches: dict[RowPlace, int]
    waiting: tuple[int, ...]

    @property
    def is_empty(self) -> bool:
        """Return whether nothing was corrected."""
        return not self.rows and not self.batches


def corrected_rows(environments: PageEnvironments, batch_id: int) -> CorrectedRows:
    """Return what was corrected of a batch, or of the one whose corrected rows it has."""
    first = origin_of(environments, batch_id).batch
    rows = _by_row(corrections_of(environments, first))
    made = history_of(environments, first)
    states = _states(environments, [one["batch"] for one in made])
    live = [one for one in made if states.get(one["batch"]) is not BatchState.DISCARDED]
    batches = {}
    for one in live:  # the newest last
        for place, texts in _texts_by_row(one["texts"]).items():
            if place in rows and texts == _texts_of(rows[place]):
                batches[place] = one["batch"]
    waiting = tuple(one["batch"] for one in live if states.get(one["batch"]) in UNDECIDED)
    return CorrectedRows(first, rows, frozenset(rows.keys() - batches.keys()), batches, waiting)


def stage_corrections(
    environments: PageEnvironments, job: PageJob, batch_id: int, parties: Mapping[str, PartyKind] = NOBODY_KNOWN
) -> JobResult:
    """Stage the corrected rows of a batch as a source of their own, in place of the one before that waits for an approval.

    The other batches of the same drop are checked with it, each as a source of its own, since rows of theirs may wait for these.
    ``parties`` are those of :func:`importer.web.work.staging.stage_files`. Rows whose corrections were approved already are left
    out. Raises UsageError if there is nothing to check.
    """
    with CHECKING:
        first = batch_info(environments, origin_of(environments, batch_id).batch).id
        every = [corrected_rows(environments, one) for one in _to_be_checked(environments, first)]
        parts = [_part(environments, found) for found in every]
        sources = _sources(environments, parts)
        intents = [intend_batch(environments, one.line, one.corrects.sheets) for one in sources]
        staged = _stage(environments, job, parts, sources, parties)
        made = _record(environments, zip(intents, sources, strict=True), staged)
        if not staged.batches:
            return replace(staged, to_map=())
        _discard(environments, [one for found in every for one in found.waiting if one not in made])
        return replace(staged, to_map=(), messages=(*staged.messages, *_changed_meanwhile(environments, sources, made)))


def _to_be_checked(environments: PageEnvironments, first: int) -> list[int]:
    """Return a batch, and those of its drop of which cells were corrected or rows may wait: a night may have many files."""
    others = (one for one in batches_of_drop(environments, first) if one != first)
    found = (one for one in others if corrections_of(environments, one) or may_have_waiting(environments, one))
    return sorted({first, *found})


def _sources(environments: PageEnvironments, parts: Sequence[CorrectedPart]) -> list[DerivedSource]:
    """Write a file for each batch that has corrected rows, or rows that wait for these. Raises UsageError without the former."""
    if not any(part.rows for part in parts):
        raise UsageError("There is no corrected row to check.")
    waiting = rows_waiting(environments, parts)
    wanted = [part for part in parts if part.rows or waiting[part.info.id]]
    return [derived_source(environments, part, waiting[part.info.id]) for part in wanted]


def _part(environments: PageEnvironments, found: CorrectedRows) -> CorrectedPart:
    wanted = [place for place in sorted(found.rows) if found.batches.get(place) in {None, *found.waiting}]
    return corrected_part(environments, batch_info(environments, found.batch), found.rows, wanted)


def _stage(
    environments: PageEnvironments,
    job: PageJob,
    parts: Sequence[CorrectedPart],
    sources: Sequence[DerivedSource],
    parties: Mapping[str, PartyKind],
) -> JobResult:
    people = preparers_of(environments, [part.info.id for part in parts])
    for part in parts:
        people += correctors_of(environments, part.info, [(row.sheet, row.number) for row in part.rows])
    attached = next(filter(None, (attachments_of(environments, part.info.id) for part in parts)), None)
    corrects = {one.sha256: one.corrects for one in sources}
    profiles = [one.profile for one in sources if one.profile is not None]
    data = {one.sha256: one.master_data for one in sources}
    origin = StagedOrigin(tuple(people), corrects, tuple(profiles), data)
    return stage_files(environments, job, [one.path for one in sources], attached, parties=parties, origin=origin)


def _record(
    environments: PageEnvironments, sources: Iterable[tuple[Path, DerivedSource]], staged: JobResult
) -> dict[int, DerivedSource]:
    """Record which batch was made of which source, and forget the sources of which none was. Returns the sources by batch."""
    made: dict[int, DerivedSource] = {}
    for intent, source in sources:
        batch = next((one for one in staged.batches if _digest_of(environments, one) == source.sha256), None)
        if batch is None:
            intent.unlink(missing_ok=True)
        else:
            record_batch(environments, intent, batch)
            made[batch] = source
    return made


def _digest_of(environments: PageEnvironments, batch_id: int) -> str:
    return batch_info(environments, batch_id).source_sha256


def _by_row(made: Iterable[CellCorrection]) -> dict[RowPlace, list[CellCorrection]]:
    found: dict[RowPlace, list[CellCorrection]] = {}
    for one in sorted(made, key=lambda one: one.cell):
        found.setdefault(one.row, []).append(one)
    return found


def _texts_of(made: Iterable[CellCorrection]) -> dict[int, str]:
    return {one.position: one.text for one in made}


def _texts_by_row(texts: Iterable[Sequence[Any]]) -> dict[RowPlace, dict[int, str]]:
    found: dict[RowPlace, dict[int, str]] = {}
    for sheet, number, position, text in texts:
        found.setdefault((sheet, number), {})[position] = text
    return found


def _states(environments: PageEnvironments, batches: Sequence[int]) -> dict[int, BatchState]:
    """Return the states of batches; one that is not in the ledger has none."""
    if not batches:
        return {}
    with environments.reading() as environment, open_ledger_read_only(environment) as ledger, ledger.queries() as queries:
        infos = {batch: queries.batch(batch) for batch in batches}
    return {batch: info.state if info else BatchState.DISCARDED for batch, info in infos.items()}


def _changed_meanwhile(environments: PageEnvironments, sources: Iterable[DerivedSource], made: Collection[int]) -> list[str]:
    """Discard what was staged if a cell was corrected again while it was being checked. Returns a line for the user then."""
    with KEEPING.waiting():
        if all(_is_as_checked(environments, source) for source in sources):
            return []
        _discard(environments, sorted(made))
    return ["A cell was corrected again meanwhile: check the corrected rows once more."]


def _is_as_checked(environments: PageEnvironments, source: DerivedSource) -> bool:
    present = {place: _texts_of(made) for place, made in _by_row(corrections_of(environments, source.corrects.batch)).items()}
    return all(present.get(place) == known for place, known in _texts_by_row(source.texts).items())


def _discard(environments: PageEnvironments, batches: Sequence[int]) -> None:
    if batches:
        with environments.changing(is_job=True) as environment:
            discard_staged(environment, batches, REPLACED, UNDECIDED)
