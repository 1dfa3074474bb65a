"""Cases that several rows of a source share: the first row holds the case, the others name that row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import orjson

from importer.domain.kinds import RecordKind
from importer.domain.money import Money
from importer.domain.states import RowOrigin
from importer.ledger.intake.candidates import BatchIntake, SharedCase, StagedRow
from importer.ledger.intake.decisions import ExistingEntry
from importer.ledger.intake.placement import Placement


def remember_shared(batch: BatchIntake, rows: Iterable[StagedRow]) -> None:
    """Note what became of the cases of these rows, for the rows below that share them."""
    for staged in rows:
        if staged.holds_case_of_list:
            source, known = staged.loaded.row, staged.case
            is_without = known is None and not staged.case_left_out
            shared = SharedCase(known.id if known else None, staged.case_rejected or is_without, staged.case_left_out)
            batch.shared_cases[source.sheet, source.number] = shared


def share_cases(batch: BatchIntake, placement: Placement, rows: Sequence[StagedRow]) -> None:
    """Give the rows that name another row the entry of its case, and note it on each of them.

    A row that is a document of an earlier case has that one.
    """
    owners = {one.id: owner for one in rows if (owner := _owner_of(batch, one)) is not None}
    placement.existing.load_ids(RecordKind.CASE, set(owners.values()))
    sharing = [(one, shared) for one in rows if (shared := _shared_by(batch, one)) is not None]
    wanted = {shared.entry_id for _, shared in sharing if shared.entry_id is not None}
    found = {known.id: known for known in placement.existing.cases_with_ids(wanted)}
    for staged, shared in sharing:
        staged.case_rejected, staged.case_left_out = shared.is_rejected, shared.is_left_out
        if shared.entry_id is None:
            continue
        staged.case = _owned(placement, owners.get(staged.id)) or placement.existing.follow(found[shared.entry_id])
        money = Money(str(orjson.loads(staged.case.payload).get("currencyCode")), 0)  # its amount counts in the first row
        placement.changes.note(staged.id, RecordKind.CASE, staged.case.id, RowOrigin.SHARED, money)
    _claim(placement, owners, [one for one in rows if one.id in owners and one.case is not None])


def _shared_by(batch: BatchIntake, staged: StagedRow) -> SharedCase | None:
    number = staged.loaded.case_row
    return None if number is None else batch.shared_cases.get((staged.loaded.row.sheet, number))


def _claim(placement: Placement, owners: Mapping[int, int], rows: Iterable[StagedRow]) -> None:
    for staged in rows:
        staged.case, staged.is_claimed = _owned(placement, owners[staged.id]), True


def _owner_of(batch: BatchIntake, staged: StagedRow) -> int | None:
    key = staged.loaded.document
    return batch.lists.owners.get(staged.case_place, {}).get(key) if key else None


def _owned(placement: Placement, owner: int | None) -> ExistingEntry | None:
    if owner is None:
        return None
    (known,) = placement.existing.entries([owner])
    return placement.existing.follow(known)
