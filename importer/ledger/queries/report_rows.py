"""Queries for reports: the rows of a batch with their results. They only read."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, RowMapping, Select, bindparam, func, null, select

from importer.domain.batches import NOBODY, BatchState, Person, person_from_json
from importer.domain.cells import Cell, decode_cells
from importer.domain.kinds import RecordKind
from importer.domain.money import Money
from importer.domain.notes import Note, notes_from_json
from importer.domain.reasons import Reason, reasons_from_json
from importer.domain.records import FormatProof, SheetHead
from importer.domain.remote_facts import NO_FACTS, RemoteFacts
from importer.domain.states import RowOrigin, RowStatus, State, status_of
from importer.ledger.queries.changed_rows import new_changes
from importer.ledger.queries.corrected_rows import Corrected, CorrectedPlace, corrected_places
from importer.ledger.queries.earlier_imports import EarlierImport, earlier_imports
from importer.ledger.queries.parties import party_column, party_in
from importer.ledger.queries.row_places import Sources, row_in, sources_of
from importer.ledger.queries.shared_cases import imported_before
from importer.ledger.storage.engine import parts_of
from importer.ledger.storage.schema import batch, entry, proposal, reject, row

PAGE_ROWS = 2000
LARGEST_ID = 2**63 - 1  # that a database can store


@dataclass(frozen=True)
class BatchInfo:
    """A batch as it was staged.

    ``run_id`` is the run that staged it, ``cases_account`` and ``vouchers_account`` are the accounts of its entries, ``heads``
    its sheets in order. ``control`` has the totals as read: kind → currency → [rows, hundredths]. ``taken_at`` is the timestamp
    of the staging. ``profile`` is the name of the profile with which the source was read.
    """

    id: int
    run_id: str
    source_name: str
    source_sha256: str
    cases_account: str
    vouchers_account: str
    heads: tuple[SheetHead, ...]
    notes: tuple[Note, ...]
    control: dict[str, dict[str, list[int]]]
    taken_at: str
    profile: str | None = None
    state: BatchState = BatchState.APPROVED
    begun_at: str | None = None
    staged_by: Person = NOBODY
    part_of: int | None = None
    review: str | None = None


class RecordResult(NamedTuple):
    """The result of a row's case or voucher. ``is_new``: it is changed, and no earlier batch has reported the same change.

    ``repeats``: an earlier row of the source holds the same case and is counted for it. ``imported_from``: file and row of the
    earlier import, for a record that was already imported, or of the row that it repeats. ``key``: the entry's key in the
    ledger. ``facts``: those of the case. ``debtor``: what the debtor of a case is: company, sole trader or person. ``corrected``:
    of a rejected or blocked record, where a later batch holds it correctly.
    """

    status: RowStatus
    reasons: tuple[Reason, ...] = ()
    money: Money = Money()
    repeats: bool = False
    imported_from: str | None = None
    entry_id: int | None = None
    key: str | None = None
    remote_id: str | None = None
    reference: str | None = None
    unique_id: str | None = None
    case_id: str | None = None
    case_reference: str | None = None
    sent_at: str | None = None
    facts: RemoteFacts = NO_FACTS
    is_new: bool = False
    debtor: str | None = None
    corrected: CorrectedPlace | None = None


class ReportRow(NamedTuple):
    """One row of a batch with its cells and the results of its case and voucher."""

    sheet: int
    number: int
    cells: tuple[Cell, ...]
    case: RecordResult | None
    voucher: RecordResult | None


def batch_info(connection: Connection, batch_id: int) -> BatchInfo | None:
    """Return the batch with this id, or None."""
    if not 0 < batch_id <= LARGEST_ID:
        return None
    found = connection.execute(select(batch).where(batch.c.id == batch_id)).mappings().one_or_none()
    return _info(found) if found else None


def batches(connection: Connection, limit: int = 1_000_000) -> list[BatchInfo]:
    """Return the newest ``limit`` batches, the newest first."""
    return [_info(found) for found in connection.execute(select(batch).order_by(batch.c.id.desc()).limit(limit)).mappings()]


def batches_of_source(connection: Connection, of: BatchInfo) -> list[BatchInfo]:
    """Return the earlier batches of the same bytes for the same account, the newest first."""
    same = (batch.c.source_sha256 == of.source_sha256) & (batch.c.source_name == of.source_name) & (batch.c.id < of.id)
    same &= batch.c.cases_account == of.cases_account
    return [_info(found) for found in connection.execute(select(batch).where(same).order_by(batch.c.id.desc())).mappings()]


def batches_of_run(connection: Connection, batch_id: int) -> list[int]:
    """Return the batches of the run that staged this one, in order, without discarded ones and parts of others."""
    run = select(batch.c.run_id).where(batch.c.id == batch_id).scalar_subquery()
    wanted = (batch.c.run_id == run) & batch.c.part_of.is_(None) & (batch.c.state != BatchState.DISCARDED)
    return list(connection.scalars(select(batch.c.id).where(wanted).order_by(batch.c.id)))


def undecided_batches(connection: Connection) -> list[BatchInfo]:
    """Return the batches that wait for an approval, the oldest first: staged ones, and those whose approval is void."""
    waits = batch.c.state.in_([BatchState.STAGED, BatchState.VOID])
    return [_info(found) for found in connection.execute(select(batch).where(waits).order_by(batch.c.id)).mappings()]


def batches_by_digest(connection: Connection, digest: str) -> list[BatchInfo]:
    """Return the batches of a file by the beginning of its SHA-256, the newest first."""
    of_file = batch.c.source_sha256.startswith(digest, autoescape=True)
    return [_info(found) for found in connection.execute(select(batch).where(of_file).order_by(batch.c.id.desc())).mappings()]


def _info(found: RowMapping) -> BatchInfo:
    return BatchInfo(
        id=found["id"],
        run_id=found["run_id"],
        source_name=found["source_name"],
        source_sha256=found["source_sha256"],
        cases_account=found["cases_account"],
        vouchers_account=found["vouchers_account"],
        heads=heads_of(found["heads"]),
        notes=notes_from_json(found["notes"]),
        control=json.loads(found["control"]),
        taken_at=found["taken_at"],
        profile=found["profile"],
        state=BatchState(found["state"]),
        begun_at=found["begun_at"],
        staged_by=person_from_json(found["staged_by"]),
        part_of=found["part_of"],
        review=found["review"],
    )


def heads_of(text: str) -> tuple[SheetHead, ...]:
    """Decode the sheets of a batch."""
    return tuple(map(_head, json.loads(text)))


def _head(found: Mapping[str, Any]) -> SheetHead:
    proofs = tuple(FormatProof(**proof) for proof in found.get("proofs", ()))  # older ledgers have none
    constants = tuple((name, value) for name, value in found.get("constants", ()))  # likewise
    return SheetHead(found["name"], tuple(found["header"]), tuple(found["names"]), found["flat"], proofs, constants)


_STATUS = {(state.value, origin): status_of(state, origin) for state in State for origin in (*RowOrigin, None)}


def lines(connection: Connection, batch_id: int) -> Iterator[ReportRow]:
    """Yield every row of the batch in the order of the sheets, read a page at a time."""
    new = frozenset(one.reject_id for one in new_changes(connection, batch_id))
    yield from _lines_after(connection, batch_id, 0, new, corrected_places(connection, batch_id))


def line(connection: Connection, batch_id: int, sheet: int, number: int) -> ReportRow | None:
    """Return one row of the batch; None if it has no such row. Those of a staged batch have no results yet."""
    of_batch = (row.c.batch_id == batch_id, row.c.sheet == sheet, row.c.number == number)
    row_id = connection.scalar(select(row.c.id).where(*of_batch).order_by(row.c.id).limit(1))
    if row_id is not None:
        return next(_lines_after(connection, batch_id, row_id - 1, frozenset()))
    staged = (proposal.c.batch_id == batch_id, proposal.c.sheet == sheet, proposal.c.number == number)
    cells = connection.scalar(select(proposal.c.cells).where(*staged).limit(1))
    return None if cells is None else ReportRow(sheet, number, decode_cells(cells), None, None)


_NOT_CORRECTED: Corrected = {}


def _lines_after(
    connection: Connection, batch_id: int, last: int, new: Collection[int], corrected: Corrected = _NOT_CORRECTED
) -> Iterator[ReportRow]:
    """Yield the rows of the batch after a row's id. ``new`` are the changed records that no earlier batch has reported."""
    sources: Sources = {}
    while page := _page(connection, batch_id, last):
        rejected = _rejects(connection, page[0][0], page[-1][0], new, corrected)
        earlier = {found[column] for found in page for column in _FROM}
        sources |= sources_of(connection, earlier - sources.keys() - {None})
        repeated = _first_rows(connection, batch_id, page)
        shared = _shared_before(connection, batch_id, page)
        for found in page:
            row_id, sheet, number, cells = found[:_HEAD]
            case, voucher = _record_result(found[_HEAD:_CASE_END], sources), _record_result(found[_CASE_END:], sources)
            case = _as_first(case, shared)
            if repeated:
                case, voucher = (
                    _naming_first(one, kind, repeated) for kind, one in zip(RecordKind, (case, voucher), strict=True)
                )
            if rejected:
                case = _asked_with(case) or rejected.get((row_id, RecordKind.CASE), case)  # it is left out when answered
                voucher = rejected.get((row_id, RecordKind.VOUCHER), voucher)
            yield ReportRow(sheet, number, decode_cells(cells), case, voucher)
        last = page[-1][0]


_ENTRY = ("id", "state", "reasons", "remote_id", "remote_reference", "key", "accepted_at")


def _page_query() -> Select[Any]:
    """Build the query for a page of a batch's rows.

    Its columns: four of the row, those that :func:`_record_result` unpacks for its case, and the same for its voucher.
    """
    joined: Any = row
    columns: list[Any] = [row.c.id, row.c.sheet, row.c.number, row.c.cells]
    for kind in RecordKind:
        e, first = entry.alias(kind.value), row.alias(f"first_{kind}")
        known = (first.c.id == e.c.row_id) & (row.c[f"{kind}_origin"] == RowOrigin.KNOWN)
        joined = joined.outerjoin(e, e.c.id == row.c[f"{kind}_entry"]).outerjoin(first, known)
        columns += [first.c.batch_id, first.c.sheet, first.c.number]
        columns += [row.c[f"{kind}_{name}"] for name in ("origin", "currency", "cents")]
        columns += [e.c[name] for name in _ENTRY]
        if kind is RecordKind.CASE:
            columns += [null(), e.c.remote_id, e.c.remote_reference, e.c.remote_facts, party_column(e)]
        else:
            owner = entry.alias("owner")
            joined = joined.outerjoin(owner, owner.c.id == e.c.case_id)
            columns += [e.c.key, func.coalesce(e.c.target, owner.c.remote_id), owner.c.remote_reference, owner.c.remote_facts]
            columns += [party_column(owner)]
    wanted = (row.c.batch_id == bindparam("batch")) & (row.c.id > bindparam("last"))
    return select(*columns).select_from(joined).where(wanted).order_by(row.c.id).limit(PAGE_ROWS)


_PAGE = _page_query()
_HEAD, _CASE_END = 4, 22
_ORIGIN, _ENTRY_ID = 3, 6  # counted from the first column of the case or voucher
_FROM = (_HEAD, _CASE_END)
"""The columns with the batches from which known cases and vouchers were imported."""


def _page(connection: Connection, batch_id: int, last: int) -> Sequence[Row[Any]]:
    return connection.execute(_PAGE, {"batch": batch_id, "last": last}).all()


def _first_rows(connection: Connection, batch_id: int, page: Sequence[Row[Any]]) -> dict[tuple[RecordKind, int], str]:
    """Return the row of this file that each repeated case or voucher of the page repeats, by kind and entry."""
    found: dict[tuple[RecordKind, int], str] = {}
    for kind, start in zip(RecordKind, _FROM, strict=True):
        wanted = {one[start + _ENTRY_ID] for one in page if one[start + _ORIGIN] == RowOrigin.REPEATED}
        link, origin = row.c[f"{kind}_entry"], row.c[f"{kind}_origin"]
        query = select(link, row.c.sheet, row.c.number).where(row.c.batch_id == batch_id, origin != RowOrigin.REPEATED)
        for part in parts_of(wanted):
            (_, sheets) = sources_of(connection, {batch_id})[batch_id]
            for entry_id, sheet, number in connection.execute(query.where(link.in_(part)).order_by(row.c.id)):
                found.setdefault((kind, entry_id), f"this file, {row_in(sheets, sheet, number)}")
    return found


def _shared_before(connection: Connection, batch_id: int, page: Sequence[Row[Any]]) -> dict[int, EarlierImport]:
    """Return the earlier imports of the accepted cases that rows of the page share, by entry."""
    columns = ((one[_HEAD + _ORIGIN], one[_HEAD + _ENTRY_ID], one[_HEAD + _ENTRY_ID + 1]) for one in page)
    shared = {case for origin, case, state in columns if origin == RowOrigin.SHARED and state == State.ACCEPTED}
    return earlier_imports(connection, imported_before(connection, batch_id, shared)) if shared else {}


def _naming_first(
    result: RecordResult | None, kind: RecordKind, repeated: Mapping[tuple[RecordKind, int], str]
) -> RecordResult | None:
    if result is None or result.status is not RowStatus.REPEATED or result.entry_id is None:
        return result
    return result._replace(imported_from=repeated.get((kind, result.entry_id)), reasons=())


def _record_result(found: Sequence[Any], sources: Mapping[int, tuple[str, list[str]]]) -> RecordResult | None:
    """Return the result of a row's case or voucher; None if it has none."""
    imported_from: str | None = None
    from_batch, from_sheet, from_number, origin, currency, cents, *rest = found
    entry_id, state, reasons, remote_id, reference, key, sent_at, unique_id, case_id, case_reference, facts, party = rest
    if entry_id is None:
        return None
    status = _STATUS[state, origin]
    if status is RowStatus.ALREADY_IMPORTED and from_batch is not None:
        name, sheets = sources[from_batch]
        imported_from = f"{name}, {row_in(sheets, from_sheet, from_number)}"
    return RecordResult(
        *(status, reasons_from_json(reasons), Money(currency, cents), origin == RowOrigin.SHARED, imported_from, entry_id, key),
        *(remote_id, reference, unique_id, case_id, case_reference, sent_at, RemoteFacts.from_json(facts) if facts else NO_FACTS),
        debtor=party_in(party).kind.value if party else None,
    )


def _rejects(
    connection: Connection, first: int, last: int, new: Collection[int], corrected: Corrected
) -> dict[tuple[int, RecordKind], RecordResult]:
    query = select(*(reject.c[n] for n in ("id", "row_id", "kind", "status", "reasons", "currency", "cents")))
    return {
        (r.row_id, RecordKind(r.kind)): RecordResult(
            *(RowStatus(r.status), reasons_from_json(r.reasons), Money(r.currency, r.cents)),
            is_new=r.id in new,
            corrected=corrected.get((r.row_id, RecordKind(r.kind))),
        )
        for r in connection.execute(query.where(reject.c.row_id.between(first, last)))
    }


def _as_first(case: RecordResult | None, shared: Mapping[int, EarlierImport]) -> RecordResult | None:
    """Return the result of a row that shares a case; ``shared`` are those that were imported before."""
    if case is None or not case.repeats or case.entry_id is None or case.entry_id not in shared:
        return case
    return case._replace(status=RowStatus.ALREADY_IMPORTED, imported_from=shared[case.entry_id].place)


def _asked_with(case: RecordResult | None) -> RecordResult | None:
    """Return the result of a row that shares a questioned case; None for any other."""
    return case if case is not None and case.repeats and case.status is RowStatus.QUESTIONED else None
