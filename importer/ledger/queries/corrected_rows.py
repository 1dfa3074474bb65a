"""Which rejected and blocked rows of a batch a later one holds correctly, and where.

There are two proofs. A batch of corrected rows that the page has made says of which batch it is, and its ``#row`` has the
numbers of the rows there. Any other later row is known by the reference or the unique id, as far as that names one row.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, FromClause, Select, and_, exists, func, literal, or_, select

from importer.domain.batches import BatchState, CorrectedSource, DecisionKind
from importer.domain.cells import decode_cells
from importer.domain.identity import TEST_PREFIX
from importer.domain.kinds import RecordKind
from importer.domain.states import NOT_THERE, RejectStatus
from importer.ledger.queries.row_places import row_in, sources_of
from importer.ledger.storage.engine import parts_of
from importer.ledger.storage.schema import batch, decision, entry, reject, row

Place = tuple[int, int]
"""A sheet of a batch, and the number of a row in it."""


class CorrectedPlace(NamedTuple):
    """The batch that holds a rejected or blocked record correctly, and the file and row there, in words."""

    batch: int
    place: str


Corrected = Mapping[tuple[int, RecordKind], CorrectedPlace]
"""Where rejected and blocked records of a batch are held correctly, by the id of the row and the kind."""


class LaterRow(NamedTuple):
    """The row that holds a rejected or blocked record correctly: its batch, the sheet and the number there."""

    batch: int
    sheet: int
    number: int


class _Rejected(NamedTuple):
    """A rejected or blocked record of a batch."""

    row_id: int
    place: Place
    ref: str | None


def corrected_places(connection: Connection, batch_id: int) -> Corrected:
    """Return where the batch's rejected and blocked records are held correctly, as far as that is known one by one."""
    found = corrected_rows(connection, batch_id)
    sources = sources_of(connection, {later.batch for later in found.values()})
    return {key: CorrectedPlace(later.batch, _in_words(later, *sources[later.batch])) for key, later in found.items()}


def _in_words(later: LaterRow, name: str, sheets: list[str]) -> str:
    return f"{name}, {row_in(sheets, later.sheet, later.number)}"


def corrected_rows(connection: Connection, batch_id: int) -> dict[tuple[int, RecordKind], LaterRow]:
    """Return the later rows of the batch's rejected and blocked records that are known one by one, by row id and kind.

    Of several rejects with one reference none is among them if fewer rows with it came later: which of them it is, is not known.
    """
    made = _made_of(connection, batch_id)
    found: dict[tuple[int, RecordKind], LaterRow] = {}
    for kind in RecordKind:
        left = list(_rejected(connection, batch_id, kind))
        known = {(one.row_id, kind): made[kind][one.place] for one in left if one.place in made[kind]}
        by_reference = _by_reference(connection, batch_id, kind, {one.ref for one in left if one.ref})
        named = {(one.row_id, kind): by_reference[one.ref] for one in left if one.ref in by_reference}
        found |= named | known
    return found


def corrected_later(connection: Connection, batch_id: int) -> int:
    """Count the batch's rejects that a later row has replaced.

    Unless the page has made the later row of it, a reject without a reference, or whose reference itself was corrected, cannot
    be recognised and does not count. Nor does one that shares its reference with a valid row of its own batch: a later row may
    be that one. A later test case, which Debitura never collects, corrects nothing. Of several rejects with one reference at
    most as many count as there are rows with it in the later batch.
    """
    made = _made_of(connection, batch_id)
    count = 0
    for kind in RecordKind:
        known = [one.ref for one in _rejected(connection, batch_id, kind) if one.place in made[kind]] if made[kind] else []
        count += len(known)
        for ref, rejects, rows in _counts(connection, batch_id, kind):
            count += max(0, min(rejects, rows) - known.count(ref))
    return count


# Batches of corrected rows


def corrected_sources(connection: Connection, batch_id: int) -> list[int]:
    """Return the batches whose rows were corrected on the page and are in this one: none for most batches."""
    part_of = connection.scalar(select(batch.c.part_of).where(batch.c.id == batch_id))
    wanted = decision.c.batch_id.in_([one for one in (batch_id, part_of) if one is not None])
    of = (_source_in(facts) for facts in connection.scalars(_PREPARED.with_only_columns(decision.c.facts).where(wanted)))
    return sorted({one.batch for one in of if one is not None})


_PREPARED = select(decision.c.batch_id, decision.c.facts).where(decision.c.what == DecisionKind.PREPARED.value)


def _source_in(facts: str) -> CorrectedSource | None:
    return CorrectedSource.from_facts(json.loads(facts))


def _made_of(connection: Connection, batch_id: int) -> dict[RecordKind, dict[Place, LaterRow]]:
    """Return the rows that the page has made of rows of this batch and that are no rejects, by kind and place in this batch."""
    found: dict[RecordKind, dict[Place, LaterRow]] = {kind: {} for kind in RecordKind}
    for derived, facts in connection.execute(_PREPARED.where(decision.c.batch_id > batch_id)).all():
        source = _source_in(facts)
        if source is None or source.batch != batch_id:
            continue
        for kind, place, later in _rows_of(connection, derived, source):
            found[kind].setdefault(place, later)
    return found


def _rows_of(connection: Connection, derived: int, source: CorrectedSource) -> Iterator[tuple[RecordKind, Place, LaterRow]]:
    """Yield the valid records of a batch of corrected rows: kind, place in the batch that they are of, and place here."""
    here = or_(batch.c.id == derived, batch.c.part_of == derived) & (batch.c.state != BatchState.DISCARDED)
    columns = (row.c.batch_id, row.c.sheet, row.c.number, row.c.cells, row.c.case_entry, row.c.voucher_entry)
    joined = row.join(batch, batch.c.id == row.c.batch_id)
    kinds = [_has(kind).label(f"is_{kind}") for kind in RecordKind]
    for one in connection.execute(select(*columns, *kinds).select_from(joined).where(here).order_by(row.c.id)):
        cells = decode_cells(one.cells)
        number = str(cells[0]) if cells else ""
        if one.sheet >= len(source.sheets) or not (number.isascii() and number.isdecimal()):
            continue
        for kind, is_there in zip(RecordKind, one[-len(kinds) :], strict=True):
            if is_there:
                later = LaterRow(one.batch_id, one.sheet, one.number)
                yield kind, (source.sheets[one.sheet], int(number)), later


def _has(kind: RecordKind) -> ColumnElement[bool]:
    """Build the condition for rows whose case or voucher is an entry, or was rightly not made one."""
    is_right = (reject.c.row_id == row.c.id) & (reject.c.kind == kind) & reject.c.status.not_in(sorted(NOT_THERE))
    is_wrong = (reject.c.row_id == row.c.id) & (reject.c.kind == kind) & reject.c.status.in_(sorted(NOT_THERE))
    return or_(exists().where(is_right), and_(row.c[f"{kind}_entry"].is_not(None), ~exists().where(is_wrong)))


def _rejected(connection: Connection, batch_id: int, kind: RecordKind) -> Iterator[_Rejected]:
    columns = (reject.c.row_id, row.c.sheet, row.c.number, reject.c.ref)
    wanted = (reject.c.batch_id == batch_id) & (reject.c.kind == kind) & reject.c.status.in_(sorted(NOT_THERE))
    query = select(*columns).select_from(reject.join(row, row.c.id == reject.c.row_id)).where(wanted)
    for row_id, sheet, number, ref in connection.execute(query):
        yield _Rejected(row_id, (sheet, number), ref)


# Rows of any later batch with the same reference


def _by_reference(connection: Connection, batch_id: int, kind: RecordKind, refs: Collection[str]) -> dict[str, LaterRow]:
    """Return the first later row of each of these references that names as many later rows as rejects, or fewer rejects."""
    if not refs:
        return {}
    certain = {ref for ref, rejects, rows in _counts(connection, batch_id, kind) if rejects <= rows and ref in refs}
    valid, first = entry.alias("valid"), row.alias("first")
    name = valid.c.key if kind is RecordKind.VOUCHER else valid.c.ref
    account = select(batch.c[f"{kind}s_account"]).where(batch.c.id == batch_id).scalar_subquery()
    joined = valid.join(first, first.c.id == valid.c.row_id)
    query = select(name, first.c.batch_id, first.c.sheet, first.c.number).select_from(joined).order_by(first.c.id.desc())
    is_later = valid.c.is_test.is_(False) & (first.c.batch_id > batch_id) & first.c.batch_id.not_in(_DISCARDED)
    same_kind = valid.c.kind == literal(kind.value, literal_execute=True)  # as in _is_named
    query = query.where(same_kind, valid.c.account == account, is_later)
    found: dict[str, LaterRow] = {}
    for part in parts_of(certain):
        found |= {ref: LaterRow(*place) for ref, *place in connection.execute(query.where(name.in_(part)))}
    return found


_DISCARDED = select(batch.c.id).where(batch.c.state == BatchState.DISCARDED)


def _counts(connection: Connection, batch_id: int, kind: RecordKind) -> Iterator[tuple[str, int, int]]:
    """Yield the references of rejects: each with the number of these rejects, and of later rows with it."""
    yield from map(tuple, connection.execute(_counted(batch_id, kind)))


def _counted(batch_id: int, kind: RecordKind) -> Select[Any]:
    valid, held, here = entry.alias("valid"), entry.alias("held"), row.alias("here")
    first, later, link = row.alias("first"), row.alias("later"), f"{kind}_entry"
    same_entry = (later.c.batch_id == first.c.batch_id) & (later.c[link] == valid.c.id)
    later_rows = (
        select(func.count())
        .select_from(valid.join(first, first.c.id == valid.c.row_id).outerjoin(later, same_entry))
        .where(_is_named(valid, kind, reject.c.ref), valid.c.is_test.is_(False), first.c.batch_id > reject.c.batch_id)
        .where(first.c.batch_id.not_in(_DISCARDED))
    )
    own_batch = here.c.batch_id + 0 == reject.c.batch_id  # a sum, or SQLite would read all rows of the batch for each reject
    own_row = select(held.c.id).join(here, here.c[link] == held.c.id).where(own_batch)
    names = (reject.c.ref,) if kind is RecordKind.CASE else (reject.c.ref, TEST_PREFIX + reject.c.ref)
    own_rows = (own_row.where(_is_named(held, kind, name)) for name in names)
    shares = or_(*(rows.correlate(reject, batch).exists() for rows in own_rows))
    query = select(reject.c.ref, func.count(), later_rows.correlate(reject, batch).scalar_subquery())
    query = query.select_from(reject.join(batch, batch.c.id == reject.c.batch_id))
    query = query.where(reject.c.batch_id == batch_id, reject.c.kind == kind, reject.c.ref.is_not(None), ~shares)
    query = query.where(reject.c.status != RejectStatus.LEFT_OUT)
    return query.group_by(reject.c.ref, reject.c.batch_id, batch.c.cases_account, batch.c.vouchers_account)


def _is_named(one: FromClause, kind: RecordKind, name: ColumnElement[str]) -> ColumnElement[bool]:
    """Build the condition for entries of the batch's account with this reference (of a case) or unique id (of a voucher)."""
    if kind is RecordKind.VOUCHER:
        return (one.c.kind == RecordKind.VOUCHER) & (one.c.account == batch.c.vouchers_account) & (one.c.key == name)
    case_kind = literal(RecordKind.CASE.value, literal_execute=True)  # as a literal, so that SQLite uses the partial index
    return (one.c.kind == case_kind) & (one.c.account == batch.c.cases_account) & (one.c.ref == name)
