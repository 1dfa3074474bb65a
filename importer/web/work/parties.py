"""The question what the debtors of a list are whose names show neither a company nor a person, asked once for each list.

It is the question of `importer run` at a terminal. The answers go into the profile of the list, and the file is read again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import file_digest
from pathlib import Path

from importer.commands.ask_parties import keep_parties, profile_used
from importer.domain.batches import BatchState
from importer.domain.parties.kinds import PartyKind
from importer.domain.personal_numbers.names import shown_name
from importer.domain.text_keys import fold
from importer.errors import UsageError
from importer.ledger.queries.report_rows import BatchInfo
from importer.web.work.batches import has_ledger, unknown
from importer.web.work.corrected_sheets import stage_corrections
from importer.web.work.correction_store import origin_of
from importer.web.work.environments import PageEnvironments
from importer.web.work.jobs import JobResult, PageJob
from importer.web.work.mapping_form import key_of
from importer.web.work.row_files import unclear_parties
from importer.web.work.staging import stage_in_place
from importer.web.work.uploads import uploads_of
from importer.workspace.connections import open_ledger_read_only

KINDS = (PartyKind.COMPANY, PartyKind.PERSON, PartyKind.SOLE_TRADER)
MOST_BY_NAME = 300
"""Debtors that one page asks about by name; the others are answered together, or on the page after it."""
ANSWERED = "what its debtors are was answered, and the file was read again"


@dataclass(frozen=True)
class PartiesView:
    """The unclear debtors of a batch: by key in the form what names each, with its rows. ``profile`` will have the answers."""

    name: str
    names: Mapping[str, tuple[str, int]]
    count: int
    profile: str
    is_staged: bool


def parties_view(environments: PageEnvironments, batch_id: int) -> PartiesView:
    """Return the unclear debtors of a batch. Raises UsageError for an unknown batch."""
    info = info_of(environments, batch_id)
    unclear = unclear_parties(environments, batch_id)
    names = {key_of(name): (name, rows) for name, rows in list(unclear.items())[:MOST_BY_NAME]}
    profile = profile_used(info.notes)
    return PartiesView(info.source_name, names, len(unclear), profile.stem if profile else "", info.state is BatchState.STAGED)


def answer_parties(
    environments: PageEnvironments, job: PageJob, batch_id: int, everyone: str, by_name: Mapping[str, str]
) -> JobResult:
    """Keep what a person says the debtors are, and stage the file again in place of the batch.

    ``everyone`` is the kind of all that ``by_name``, by key, does not name. Raises UsageError for what is no answer, or if the
    file is not here any more.
    """
    info = info_of(environments, batch_id)
    given = _given(unclear_parties(environments, batch_id), everyone, by_name)
    if info.state is not BatchState.STAGED or not given:
        raise UsageError("Nothing was answered: load the page of the batch again.")
    path, profile = dropped_file(environments, info), profile_used(info.notes)
    if path is not None:
        job.reads = path.parent.name  # so that no later drop takes its room
    if profile is not None:
        _keep(environments, info, profile, given)
    parties = {} if profile is not None else {fold(name): kind for name, kind in given.items()}
    if origin_of(environments, batch_id).batch != batch_id:
        found = stage_corrections(environments, job, batch_id, parties)
    elif path is not None and path.exists():
        found = stage_in_place(environments, job, [path], [batch_id], ANSWERED, parties)
    else:
        raise UsageError(f"{info.source_name} is not here any more. Drop it again.")
    return replace(found, asks_parties=False)


def _keep(environments: PageEnvironments, info: BatchInfo, profile: Path, given: Mapping[str, PartyKind]) -> None:
    if not profile.is_file():
        raise UsageError(f"The profile {profile.stem} is not there any more. Drop {info.source_name} again.")
    keep_parties(profile, given, environments.access)


def _given(unclear: Mapping[str, int], everyone: str, by_name: Mapping[str, str]) -> dict[str, PartyKind]:
    kinds = {kind.value: kind for kind in KINDS}
    chosen = {name: by_name.get(key_of(name)) or everyone for name in unclear}
    if any(kind and kind not in kinds for kind in chosen.values()):
        raise UsageError("There is no such answer. Load the page again.")
    return {name: kinds[kind] for name, kind in chosen.items() if kind}


def dropped_file(environments: PageEnvironments, info: BatchInfo) -> Path | None:
    """Return the dropped file of a batch, if it is still here."""
    for path in (path for folder in uploads_of(environments) for path in folder.iterdir()):
        if shown_name(path.name) == info.source_name:
            with path.open("rb") as file:
                if file_digest(file, "sha256").hexdigest() == info.source_sha256:
                    return path
    return None


def info_of(environments: PageEnvironments, batch_id: int) -> BatchInfo:
    with environments.reading() as environment:
        if not has_ledger(environment):
            raise unknown(batch_id)
        with open_ledger_read_only(environment) as ledger, ledger.queries() as queries:
            info = queries.batch(batch_id)
    if info is None:
        raise unknown(batch_id)
    return info
