"""Staged batches: rows as they were read, which become entries only when a person approves them.

A staged batch changes no other batch. What it would do is found by entering it inside a savepoint that is rolled back, and
is decided again when it is approved.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, insert, select, update

from importer.domain.accounts import Accounts
from importer.domain.batches import BatchState, DecisionKind, Person, Proposal, figures_of
from importer.domain.cells import decode_cells, encode_cells
from importer.domain.kinds import RecordKind
from importer.domain.notes import notes_from_json, notes_to_json
from importer.domain.records import CaseRecord, CaseRow, LoadedRow, LoadedSource, NoClaim, Row, VoucherRecord, reading_from_json
from importer.domain.states import REPLACEABLE, UNRESOLVED, State
from importer.errors import ApprovalNeeded, UsageError
from importer.ledger.intake.intake import enter, insert_batch, settle_empty
from importer.ledger.intake.lists import notes_of_empty
from importer.ledger.intake.records_json import decode_records, encode_records
from importer.ledger.intake.unchanged_source import SourceVersion
from importer.ledger.outbox.approvals import NOT_YET, digest_of, give_approval, record, void_older
from importer.ledger.outbox.dependents import follow
from importer.ledger.queries.confirmed_values import CONFIRMED_FACT
from importer.ledger.queries.report_rows import heads_of
from importer.ledger.queries.totals import tally
from importer.ledger.storage.engine import parts_of
from importer.ledger.storage.schema import NOT_ACCEPTED, batch, entry, proposal, row

CHUNK_ROWS = 1000


def stage(
    connection: Connection,
    source: LoadedSource,
    accounts: Accounts,
    run_id: str,
    version: SourceVersion | None,
    who: Person,
) -> int:
    """Record a source as a staged batch, and return its id. No entry is made or changed.

    A source without rows has nothing to approve: its batch is done at once. If reading the source raises, nothing is recorded.
    """
    with connection.begin_nested():
        batch_id = insert_batch(connection, source, accounts, run_id, version, state=BatchState.STAGED, who=who)
        positions = {head.name: index for index, head in enumerate(source.heads)}
        rows = 0
        while chunk := list(islice(source.rows, CHUNK_ROWS)):
            connection.execute(insert(proposal), [_proposed(batch_id, positions, loaded) for loaded in chunk])
            rows += len(chunk)
        of_list = [] if rows else notes_of_empty(connection, accounts.cases, source)
        notes = notes_to_json([*source.notes, *source.found, *of_list])
        connection.execute(update(batch).where(batch.c.id == batch_id).values(notes=notes))
        record(connection, batch_id, DecisionKind.STAGED, who, source_sha256=source.sha256)
        if rows:
            void_older(connection, batch_id, who)
        else:
            settle_empty(connection, batch_id)
    return batch_id


def _proposed(batch_id: int, positions: dict[str, int], loaded: LoadedRow) -> dict[str, Any]:
    case, voucher = loaded.case, loaded.voucher
    return {
        "batch_id": batch_id,
        "sheet": positions[loaded.row.sheet],
        "number": loaded.row.number,
        "cells": encode_cells(loaded.row.cells),
        "records": encode_records(loaded),
        "case_name": loaded.unclaimed.base if loaded.unclaimed else _name_of(case),
        "voucher_name": (voucher.unique_id or voucher.fingerprint) if isinstance(voucher, VoucherRecord) else None,
    }


def _name_of(case: CaseRow | None) -> str | None:
    if isinstance(case, NoClaim):
        return case.named.base()
    return case.base if isinstance(case, CaseRecord) else None


def _staged_source(connection: Connection, batch_id: int) -> LoadedSource:
    """Return the source of a staged batch as it was read, from the ledger."""
    found = connection.execute(select(batch).where(batch.c.id == batch_id)).mappings().one()
    heads = heads_of(found["heads"])
    return LoadedSource(
        name=found["source_name"],
        sha256=found["source_sha256"],
        heads=heads,
        rows=_rows(connection, batch_id, [head.name for head in heads]),
        notes=notes_from_json(found["notes"]),
        profile=found["profile"],
        **reading_from_json(found["reading"]),
    )


def _rows(connection: Connection, batch_id: int, sheets: Sequence[str]) -> Iterator[LoadedRow]:
    last = 0
    columns = (proposal.c.id, proposal.c.sheet, proposal.c.number, proposal.c.cells, proposal.c.records)
    of_batch = select(*columns).where(proposal.c.batch_id == batch_id).order_by(proposal.c.id).limit(CHUNK_ROWS)
    while page := connection.execute(of_batch.where(proposal.c.id > last)).all():
        for found in page:
            yield decode_records(Row(sheets[found.sheet], found.number, decode_cells(found.cells)), found.records)
        last = page[-1].id


def _accounts(connection: Connection, batch_id: int) -> Accounts:
    found = connection.execute(select(batch.c.cases_account, batch.c.vouchers_account).where(batch.c.id == batch_id)).one()
    return Accounts(found.cases_account, found.vouchers_account)


def _earlier(connection: Connection, batch_id: int) -> list[int]:
    """Return the approved batches of the same run with a smaller id."""
    run = select(batch.c.run_id).where(batch.c.id == batch_id).scalar_subquery()
    query = select(batch.c.id).where(batch.c.run_id == run, batch.c.id < batch_id, batch.c.state == BatchState.APPROVED)
    return list(connection.scalars(query.order_by(batch.c.id)))


class Preview(NamedTuple):
    """What a staged batch would do, and the other batches of which it would change or withdraw an unsent entry."""

    proposal: Proposal
    overruled: frozenset[int]


@contextmanager
def entered_for_review(
    connection: Connection, batch_ids: Sequence[int], *, seen: bool | None = None
) -> Iterator[dict[int, Preview]]:
    """Enter staged batches as if they were approved now, in this order. All of it is undone at the end of the block.

    ``seen``: a person is shown what the values of their rows are taken for, and so confirms them; None if it is as before.
    Yields what each of them would do. Inside the block, all queries on a batch show it as approved.
    """
    previews: dict[int, Preview] = {}
    savepoint = connection.begin_nested()
    try:
        for batch_id in batch_ids:
            source, accounts = _staged_source(connection, batch_id), _accounts(connection, batch_id)
            is_confirmed = _was_seen(connection, batch_id) if seen is None else seen
            overruled = enter(connection, batch_id, source, accounts, _earlier(connection, batch_id), is_confirmed=is_confirmed)
            connection.execute(update(batch).where(batch.c.id == batch_id).values(state=BatchState.APPROVED))
            previews[batch_id] = Preview(_proposal(connection, batch_id, overlapping(connection, batch_id), overruled), overruled)
        yield previews
    finally:
        savepoint.rollback()


def _proposal(connection: Connection, batch_id: int, overlaps: Iterable[int], overruled: Iterable[int]) -> Proposal:
    newer = tuple(sorted(other for other in overruled if other > batch_id))
    return Proposal(tally(connection, batch_id), digest_of(connection, batch_id, NOT_YET), tuple(overlaps), newer)


def overlapping(connection: Connection, batch_id: int) -> list[int]:
    """Return the batches, staged by later runs than this one, that hold some of the same cases or vouchers."""
    own, other = proposal.alias("own"), proposal.alias("other")
    of_batch = own.c.batch_id == batch_id
    found: set[int] = set()
    for name in ("case_name", "voucher_name"):
        same = (other.c[name] == own.c[name]) & (other.c.batch_id > batch_id)
        query = select(other.c.batch_id).select_from(own.join(other, same)).where(of_batch).distinct()
        found |= set(connection.scalars(query))
    mine = connection.execute(select(batch.c.cases_account, batch.c.run_id).where(batch.c.id == batch_id)).one()
    others = (batch.c.cases_account == mine.cases_account) & (batch.c.run_id != mine.run_id)
    query = select(batch.c.id).where(batch.c.id.in_(found), others, batch.c.state == BatchState.STAGED)
    return sorted(connection.scalars(query))


def remember_proposal(connection: Connection, batch_id: int, found: Proposal, review: str | None = None) -> None:
    """Store what a staged batch would do, as it was shown to a person, with the review that was shown."""
    values = {"proposal": found.as_json()} | ({} if review is None else {"review": review})
    connection.execute(update(batch).where(batch.c.id == batch_id).values(values))


def remembered_proposal(connection: Connection, batch_id: int) -> Proposal | None:
    """Return what a staged batch would do, as it was shown last; None if it never was."""
    found = connection.scalar(select(batch.c.proposal).where(batch.c.id == batch_id))
    return Proposal.from_json(found) if found else None


def approve(connection: Connection, batch_id: int, who: Person, facts: dict[str, Any]) -> Proposal:
    """Enter a staged batch for good, or approve a void one again. Returns what it has done.

    Raises ApprovalNeeded if it does not wait for an approval any more.
    """
    state = connection.scalar(select(batch.c.state).where(batch.c.id == batch_id))
    if state not in {BatchState.STAGED, BatchState.VOID}:
        raise ApprovalNeeded(f"Batch {batch_id} does not wait for an approval any more: it was {state} meanwhile.")
    overlaps, overruled, is_confirmed = overlapping(connection, batch_id), frozenset[int](), _was_seen(connection, batch_id)
    if state == BatchState.STAGED:
        source, accounts = _staged_source(connection, batch_id), _accounts(connection, batch_id)
        overruled = enter(connection, batch_id, source, accounts, _earlier(connection, batch_id), is_confirmed=is_confirmed)
        connection.execute(delete(proposal).where(proposal.c.batch_id == batch_id))
    done = _proposal(connection, batch_id, overlaps, overruled)
    give_approval(connection, batch_id, overruled, who, **figures_of(done.counts), **{CONFIRMED_FACT: is_confirmed}, **facts)
    return done


def _was_seen(connection: Connection, batch_id: int) -> bool:
    """Return whether a person was shown what a staged batch would do."""
    found = remembered_proposal(connection, batch_id)
    return found is not None and found.seen


def present_proposal(connection: Connection, batch_id: int) -> Proposal:
    """Return what a batch whose rows are entered holds now, such as one whose approval is void."""
    return _proposal(connection, batch_id, overlapping(connection, batch_id), ())


def discard(connection: Connection, batch_id: int, who: Person, facts: dict[str, object] | None = None) -> None:
    """Drop the proposals of a staged batch. Of one that was approved, what was provably not sent is withdrawn.

    ``facts`` are kept with the decision, such as its reason (``why``).

    Raises UsageError if something of it may have been sent, or is being sent.
    """
    found = connection.execute(select(batch.c.state, batch.c.begun_at).where(batch.c.id == batch_id)).one()
    of_batch = (entry.c.batch_id == batch_id) & NOT_ACCEPTED & entry.c.superseded_by.is_(None)
    unresolved = select(entry.c.id).where(of_batch, entry.c.state.in_(sorted(UNRESOLVED)))
    if found.state == BatchState.DISCARDED or found.begun_at is not None or connection.scalar(unresolved.limit(1)):
        what = "was discarded already" if found.state == BatchState.DISCARDED else "is being sent, or was"
        raise UsageError(f"Batch {batch_id} cannot be discarded: it {what}.")
    connection.execute(delete(proposal).where(proposal.c.batch_id == batch_id))
    unsent = of_batch & entry.c.state.in_(sorted(REPLACEABLE - {State.WITHDRAWN}))
    withdrawn = list(connection.scalars(select(entry.c.id).where(unsent)))
    why = json.dumps([{"code": "discarded", "message": f"Its batch was discarded by {who.text()}. Import it again to send it"}])
    connection.execute(update(entry).where(unsent).values(state=State.WITHDRAWN, ready=False, reasons=why))
    for identifier in withdrawn:
        follow(connection, identifier, State.WITHDRAWN)
    values = {"state": BatchState.DISCARDED, "digest": None, "proposal": None}
    connection.execute(update(batch).where(batch.c.id == batch_id).values(values))
    record(connection, batch_id, DecisionKind.DISCARDED, who, **(facts or {}))


# A part of a batch


def split(connection: Connection, batch_id: int, limit: int) -> int | None:
    """Move the rows of the first ``limit`` cases to be sent, with their vouchers, to a staged batch of their own.

    Without cases to be sent, vouchers are counted. Returns the new batch, or None if there are no more than that.
    """
    with entered_for_review(connection, [batch_id]):
        rows = _first_rows(connection, batch_id, limit)
    if rows is None:
        return None
    kept = [column for column in batch.c if column.name not in {"id", "part_of", "proposal", "review", "digest", "begun_at"}]
    of_batch = select(*kept, batch.c.id).where(batch.c.id == batch_id)
    names = [*(column.name for column in kept), "part_of"]
    part = connection.scalar(insert(batch).from_select(names, of_batch).returning(batch.c.id))
    assert part is not None
    proposed = connection.execute(
        select(proposal.c.id, proposal.c.sheet, proposal.c.number).where(proposal.c.batch_id == batch_id)
    )
    for moved in parts_of(one.id for one in proposed.all() if (one.sheet, one.number) in rows):
        connection.execute(update(proposal).where(proposal.c.id.in_(moved)).values(batch_id=part))
    return int(part)


def _first_rows(connection: Connection, batch_id: int, limit: int) -> set[tuple[int, int]] | None:
    """Return sheet and number of the rows of the first cases to be sent; None if there are no more than ``limit``."""
    pending = (entry.c.batch_id == batch_id) & (entry.c.state == State.PENDING) & entry.c.superseded_by.is_(None)
    for kind in RecordKind:
        query = select(entry.c.id).where(pending, entry.c.kind == kind).order_by(entry.c.id)
        found = list(connection.scalars(query))
        if found:
            break
    else:
        return None
    if len(found) <= limit:
        return None
    first = set(found[:limit])
    vouchers = set() if kind is RecordKind.VOUCHER else _vouchers_of(connection, first)
    query = select(row.c.sheet, row.c.number, row.c.case_entry, row.c.voucher_entry).where(row.c.batch_id == batch_id)
    cases = first if kind is RecordKind.CASE else set()
    vouchers |= first if kind is RecordKind.VOUCHER else set()
    _add_parents(connection, cases, vouchers)
    return {
        (one.sheet, one.number) for one in connection.execute(query) if one.case_entry in cases or one.voucher_entry in vouchers
    }


def _add_parents(connection: Connection, cases: set[int], vouchers: set[int]) -> None:
    """Add the parents of vouchers, with their cases and all vouchers of these, until nothing is missing."""
    missing = set(vouchers)
    while missing:
        linked = select(entry.c.parent_id).where(entry.c.parent_id.is_not(None))
        parents = {one for part in parts_of(missing) for one in connection.scalars(linked.where(entry.c.id.in_(part)))}
        owners = select(entry.c.case_id).where(entry.c.case_id.is_not(None))
        found = {one for part in parts_of(parents) for one in connection.scalars(owners.where(entry.c.id.in_(part)))}
        missing = (parents | _vouchers_of(connection, found - cases)) - vouchers
        vouchers |= missing
        cases |= found


def _vouchers_of(connection: Connection, cases: Collection[int]) -> set[int]:
    query = select(entry.c.id)
    return {one for part in parts_of(cases) for one in connection.scalars(query.where(entry.c.case_id.in_(part)))}
