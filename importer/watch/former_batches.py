"""The batches of earlier tries with a claimed file, which a crash or a passing trouble has cut short."""

from __future__ import annotations

from importer.commands.source_batches import batches_of_source
from importer.domain.batches import BatchState
from importer.domain.timestamps import from_timestamp
from importer.ledger.queries.report_rows import BatchInfo
from importer.watch.claims import ClaimedFile
from importer.watch.names import without_stamp
from importer.workspace.environment import Environment
from importer.workspace.person import current_person


def staged_of(environment: Environment, made: ClaimedFile, *, earlier: bool = False) -> list[int]:
    """Return the batches that this user has staged of a claimed file, and that nobody has decided on.

    Only those since the claim, unless ``earlier`` ones are wanted too. Raises LedgerError.
    """
    who, name = current_person(), without_stamp(made.name)
    return [
        one.id
        for one in batches_of_source(environment, made.note.sha256)
        if one.state is BatchState.STAGED
        and (one.staged_by.name, one.staged_by.uid, without_stamp(one.source_name)) == (who.name, who.uid, name)
        and (earlier or is_since(one, made))
    ]


def is_since(batch: BatchInfo, made: ClaimedFile) -> bool:
    """Return whether a batch was staged after the file was claimed, so that it is of an earlier try with this claim."""
    return from_timestamp(batch.taken_at) >= made.at


def approved_of(environment: Environment, made: ClaimedFile) -> int | None:
    """Return the batch that a try with this claim has approved and may not have sent; None if there is none."""
    found = batches_of_source(environment, made.note.sha256)
    return next((one.id for one in found if one.state is BatchState.APPROVED and is_since(one, made)), None)
