"""The work of a drop: the files are staged as `importer run` stages them, and nothing is sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from importer.commands.approve import discard_staged
from importer.commands.review import review_batch
from importer.domain.parties.kinds import PartyKind
from importer.errors import FileRefused
from importer.reporter.report import write_report
from importer.web.work.attachments import attachments_beside, note_batches
from importer.web.work.batches import unknown
from importer.web.work.console import PageConsole
from importer.web.work.environments import PageEnvironments
from importer.web.work.jobs import JobResult, PageJob
from importer.web.work.row_files import keep_rows
from importer.workspace.connections import open_ledger_read_only
from importer.workspace.proposing import stage_run
from importer.workspace.request import ImportRequest, find_profiles

NOBODY_KNOWN: Mapping[str, PartyKind] = {}


def stage_files(
    environments: PageEnvironments, job: PageJob, paths: Sequence[Path], *, parties: Mapping[str, PartyKind] = NOBODY_KNOWN
) -> JobResult:
    """Stage the files of a drop, and review each of them. A file that cannot be read does not keep the others from it.

    ``parties`` are the kinds of debtors that a person has given for this import, as an :class:`ImportRequest` has them.
    """
    names = {path.name for path in paths}
    attached = attached or attachments_beside(environments, paths)
    try:
        with environments.changing(asks_apis=True, is_job=True) as environment:
            environment.require_debitura()
            environment.check_deadline()
            found = stage_run(_request(environments, paths, parties), environment, job.console, partial(keep_rows, environments))
    except FileRefused as error:
        return JobResult(messages=(str(error),), refused=True, to_map=tuple(sorted(names)))
    staged = found.staged
    if attached is not None:
        note_batches(environments, attached, staged.batches)
    refused = tuple(map(str, staged.refused))
    to_map = tuple(sorted(name for name in names if any(name in message for message in refused)))
    return JobResult(staged.batches, (*refused, *staged.remarks), to_map=to_map)


def stage_in_place(
    environments: PageEnvironments,
    job: PageJob,
    paths: Sequence[Path],
    former: Sequence[int],
    why: str,
    parties: Mapping[str, PartyKind] = NOBODY_KNOWN,
) -> JobResult:
    """Stage files again in place of their former batches, of which those that are still staged are discarded for this reason."""
    found = stage_files(environments, job, paths, parties=parties)
    replaced = [batch for batch in former if batch not in found.batches]
    if found.batches and replaced:
        with environments.changing(is_job=True) as environment:
            discard_staged(environment, replaced, why)
    return found


def review_again(environments: PageEnvironments, batch_id: int) -> None:
    """Find out what a batch would do now, and remember it as what its page shows. Raises UsageError, LedgerError, LedgerHeld."""
    with environments.changing() as environment:
        review_batch(
            environments.workspace, environment, batch_id, None, command="importer serve", look=partial(keep_rows, environments)
        )


def write_results(environments: PageEnvironments, batch_id: int) -> None:
    """Write the results of a batch as they are now. Raises UsageError for an unknown batch."""
    with environments.reading() as environment, open_ledger_read_only(environment) as ledger, ledger.queries() as queries:
        if queries.batch(batch_id) is None:
            raise unknown(batch_id)
        write_report(queries, batch_id, environment.output, access=environment.access)


def _request(environments: PageEnvironments, paths: Sequence[Path], parties: Mapping[str, PartyKind]) -> ImportRequest:
    profile, profile_set = find_profiles(None, environments.workspace)
    return ImportRequest(
        environments.workspace,
        tuple(paths),
        profile=profile,
        profile_set=profile_set,
        new_ledger=environments.new_ledger,
        parties=parties,
    )


def notes_of(console: PageConsole) -> tuple[str, ...]:
    """Return what a job has noted so far, each note once."""
    return tuple(dict.fromkeys(console.notes))
