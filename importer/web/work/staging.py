"""The work of a drop: the files are staged as `importer run` stages them, and nothing is sent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import file_digest
from pathlib import Path

from importer.commands.approve import discard_staged
from importer.commands.review import review_batch
from importer.domain.batches import BatchState, CorrectedSource, Person
from importer.domain.master_data import MasterData
from importer.domain.parties.kinds import PartyKind
from importer.domain.personal_numbers.names import shown_name
from importer.errors import EncodingUnclear, FileRefused, ImporterError
from importer.loader.profiles.recognition import SavedProfile
from importer.loader.profiles.workbook import sheets_of
from importer.reporter.report import write_report
from importer.web.work.attachments import attachments_beside, documents_in, note_batches
from importer.web.work.batches import has_ledger, unknown
from importer.web.work.console import PageConsole
from importer.web.work.environments import PageEnvironments
from importer.web.work.jobs import JobResult, PageJob
from importer.web.work.kept_master_data import KeptMasterData
from importer.web.work.row_files import RowKeeper
from importer.workspace.connections import open_ledger_read_only
from importer.workspace.master_files import lists_in
from importer.workspace.person import current_person
from importer.workspace.proposing import stage_run
from importer.workspace.request import ImportRequest, find_profiles

NOBODY_KNOWN: Mapping[str, PartyKind] = {}


@dataclass(frozen=True)
class StagedOrigin:
    """Where files come from that were not dropped as they are.

    ``prepared_by``, ``corrects`` and ``completed_from`` are those of an :class:`ImportRequest`; ``profiles`` are used beside
    those of the workspace.
    """

    prepared_by: Sequence[Person] = ()
    corrects: Mapping[str, CorrectedSource] = field(default_factory=dict)
    profiles: tuple[SavedProfile, ...] = ()
    completed_from: Mapping[str, MasterData] = field(default_factory=dict)


NO_ORIGIN = StagedOrigin()


def stage_files(
    environments: PageEnvironments,
    job: PageJob,
    paths: Sequence[Path],
    attached: Path | None = None,
    *,
    parties: Mapping[str, PartyKind] = NOBODY_KNOWN,
    origin: StagedOrigin = NO_ORIGIN,
) -> JobResult:
    """Stage the files of a drop, and review each of them. A file that cannot be read does not keep the others from it.

    ``attached`` is the folder of the documents that rows name, if that is not the one that was dropped with the files.
    ``parties`` are those of an :class:`ImportRequest`.
    """
    attached = attached or attachments_beside(environments, paths)
    keeper, data = RowKeeper(environments), KeptMasterData(environments)
    try:
        with environments.changing(asks_apis=True, is_job=True) as environment:
            environment.require_debitura()
            environment.check_deadline()
            plain = _request(environments, paths, attached, parties)
            request = replace(
                plain,
                prepared_by=_others(origin.prepared_by),
                corrects=origin.corrects,
                completed_from=origin.completed_from,
                keep_master_data=data.add,
                reading=job.console.read,
                profile_set=replace(plain.profile_set, profiles=(*plain.profile_set.profiles, *origin.profiles)),
            )
            found = stage_run(request, environment, job.console, keeper)
            keeper.confirm(found.previewed)
            data.keep(found.staged.proposed)
    except FileRefused as error:
        return JobResult(messages=(str(error),), refused=True, to_map=_to_map(environments, lists_in(paths)))
    staged = found.staged
    if attached is not None:
        note_batches(environments, attached, staged.batches)
    refused = tuple(map(str, staged.refused))
    to_map = _to_map(environments, staged.unread)
    return JobResult(staged.batches, (*refused, *staged.remarks), to_map=to_map)


def _to_map(environments: PageEnvironments, paths: Iterable[Path]) -> tuple[str, ...]:
    """Return the names of the files about whose columns can be asked: those that hold rows below a header."""
    return tuple(sorted(path.name for path in paths if _has_rows(environments, path)))


def _has_rows(environments: PageEnvironments, path: Path) -> bool:
    settings = environments.settings
    try:
        return bool(sheets_of(path, settings.known_voucher_types(), settings.defaults))
    except EncodingUnclear:  # which is asked before the columns
        return True
    except ImporterError:
        return False


def stage_in_place(
    environments: PageEnvironments,
    job: PageJob,
    paths: Sequence[Path],
    former: Sequence[int],
    why: str,
    parties: Mapping[str, PartyKind] = NOBODY_KNOWN,
) -> JobResult:
    """Stage files again in place of their former batches, of which those that are still staged are discarded for this reason."""
    origin = StagedOrigin(tuple(preparers_of(environments, former)))
    found = stage_files(environments, job, paths, parties=parties, origin=origin)
    replaced = [batch for batch in former if batch not in found.batches]
    if found.batches and replaced:
        with environments.changing(is_job=True) as environment:
            discard_staged(environment, replaced, why)
    return found


def preparers_of(environments: PageEnvironments, batches: Iterable[int]) -> list[Person]:
    """Return who has staged or prepared these batches: they have prepared what takes their place as well."""
    with environments.reading() as environment:
        if not has_ledger(environment):
            return []
        with open_ledger_read_only(environment) as ledger, ledger.unit_of_work() as work:
            infos = [info for batch in batches if (info := work.queries.batch(batch))]
            return [person for info in infos for person in (info.staged_by, *work.preparers(info))]


def staged_of(environments: PageEnvironments, paths: Iterable[Path]) -> list[int]:
    """Return the staged batches of these very files that the person has staged on whose behalf this is done."""
    sources = set()
    for path in paths:
        with path.open("rb") as file:
            sources.add((shown_name(path.name), file_digest(file, "sha256").hexdigest()))
    with environments.reading() as environment:
        if not has_ledger(environment):
            return []
        with open_ledger_read_only(environment) as ledger, ledger.queries() as queries:
            waiting = [one for one in queries.undecided_batches() if one.state is BatchState.STAGED]
    name = current_person().name
    return [one.id for one in waiting if one.staged_by.name == name and (one.source_name, one.source_sha256) in sources]


def _others(people: Iterable[Person]) -> tuple[Person, ...]:
    """Return each person once, without the one on whose behalf this is done, who is recorded anyway."""
    found = {person.name: person for person in people if person.name != current_person().name}
    return tuple(found.values())


def review_again(environments: PageEnvironments, batch_id: int) -> None:
    """Find out what a batch would do now, and remember it as what its page shows. Raises UsageError, LedgerError, LedgerHeld."""
    keeper = RowKeeper(environments)
    with environments.changing() as environment:
        place = (environments.workspace, environment, batch_id, None)
        found = review_batch(*place, command="importer serve", is_shown=False, look=keeper)
        keeper.confirm(found.previewed)


def write_results(environments: PageEnvironments, batch_id: int) -> None:
    """Write the results of a batch as they are now. Raises UsageError for an unknown batch."""
    with environments.reading() as environment, open_ledger_read_only(environment) as ledger, ledger.queries() as queries:
        if queries.batch(batch_id) is None:
            raise unknown(batch_id)
        write_report(queries, batch_id, environment.output, access=environment.access)


def _request(
    environments: PageEnvironments, paths: Sequence[Path], attached: Path | None, parties: Mapping[str, PartyKind]
) -> ImportRequest:
    profile, profile_set = find_profiles(None, environments.workspace)
    return ImportRequest(
        environments.workspace,
        tuple(paths),
        profile=profile,
        profile_set=profile_set,
        new_ledger=environments.new_ledger,
        files_folder=attached,
        documents=documents_in(attached),
        parties=parties,
        is_shown=False,
    )


def notes_of(console: PageConsole) -> tuple[str, ...]:
    """Return what a job has noted so far, each note once."""
    return tuple(dict.fromkeys(console.notes))
