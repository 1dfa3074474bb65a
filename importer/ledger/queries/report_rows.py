"""Reading functions for reports: what became of every row of a batch. They change nothing."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, RowMapping, Select, bindparam, func, literal, null, select

from importer.domain.columns import Kind
from importer.domain.records import Cell, Money, Proof, Reason, SheetHead, check_of, decode_cells, reasons_from_json
from importer.domain.states import Standing, State
from importer.ledger.queries.row_locations import row_in, sources_of
from importer.ledger.storage.schema import batch, credential, entry, reject, row

PAGE_ROWS = 2000
Transaction = Connection  # an open transaction, for those who may not know the database


class Status(StrEnum):
    """What became of a row's case or voucher; the words of the sheets and of the summary."""

    ACCEPTED = "accepted"
    ALREADY_IMPORTED = "already_imported"
    REJECTED = "rejected"
    REFUSED = "refused"
    BLOCKED = "blocked"
    IN_DOUBT = "in_doubt"
    HELD = "held"
    PENDING = "pending"


DONE = frozenset({Status.ACCEPTED, Status.ALREADY_IMPORTED})


@dataclass(frozen=True)
class BatchInfo:
    """A batch as it was taken in; ``control`` are the totals as read: kind → currency → (rows, hundredths)."""

    id: int
    run_id: str
    source_name: str
    source_sha256: str
    cases_account: str
    vouchers_account: str
    heads: tuple[SheetHead, ...]
    notes: tuple[str, ...]
    control: dict[str, dict[str, list[int]]]
    taken_at: str


class Fact(NamedTuple):
    """What became of a row's case or voucher.

    ``repeats``: an earlier row of the source holds the same case, and counts for it. ``origin``: the file and row of
    the earlier import, if it was one. ``key`` is the entry's in the ledger.
    """

    status: Status
    reasons: tuple[Reason, ...] = ()
    money: Money = Money()
    repeats: bool = False
    origin: str | None = None
    entry_id: int | None = None
    key: str | None = None
    remote_id: str | None = None
    reference: str | None = None
    unique_id: str | None = None
    case_id: str | None = None
    case_reference: str | None = None
    sent_at: str | None = None

    @property
    def check(self) -> str | None:
        """What tells the entry from one of the same number in another ledger."""
        return None if self.key is None else check_of(self.key)


class Line(NamedTuple):
    """One row of a batch with what became of it."""

    sheet: int
    number: int
    cells: tuple[Cell, ...]
    case: Fact | None
    voucher: Fact | None


Tallies = dict[Kind, dict[Status, dict[str, tuple[int, int]]]]
"""Kind → status → currency → (rows, hundredths)."""


def batch_info(connection: Connection, batch_id: int) -> BatchInfo | None:
    found = connection.execute(select(batch).where(batch.c.id == batch_id)).mappings().one_or_none()
    return _info(found) if found else None


def batches(connection: Connection, limit: int = 1_000_000) -> list[BatchInfo]:
    """The newest batches, the newest first."""
    return [_info(found) for found in connection.execute(select(batch).order_by(batch.c.id.desc()).limit(limit)).mappings()]


def _info(found: RowMapping) -> BatchInfo:
    return BatchInfo(
        id=found["id"],
        run_id=found["run_id"],
        source_name=found["source_name"],
        source_sha256=found["source_sha256"],
        cases_account=found["cases_account"],
        vouchers_account=found["vouchers_account"],
        heads=tuple(map(_head, json.loads(found["heads"]))),
        notes=tuple(json.loads(found["notes"])),
        control=json.loads(found["control"]),
        taken_at=found["taken_at"],
    )


def _head(found: Mapping[str, Any]) -> SheetHead:
    proofs = tuple(Proof(**proof) for proof in found.get("proofs", ()))  # older ledgers have none
    return SheetHead(found["name"], tuple(found["header"]), tuple(found["names"]), found["flat"], proofs)


def knows_accounts(connection: Connection) -> bool:
    """Whether any credential has opened an account yet."""
    return connection.scalar(select(credential.c.account).limit(1)) is not None


def open_batches(connection: Connection) -> dict[int, set[str]]:
    """Batches with entries that are neither accepted nor refused, each with those entries' accounts, the oldest first."""
    unfinished = entry.c.state.in_([State.PENDING, State.SENDING, State.IN_DOUBT, State.HELD])
    wanted = unfinished & entry.c.superseded_by.is_(None)
    found: dict[int, set[str]] = {}
    query = select(entry.c.batch_id, entry.c.account).where(wanted).distinct().order_by(entry.c.batch_id)
    for batch_id, account in connection.execute(query):
        found.setdefault(batch_id, set()).add(account)
    return found


def status_of(state: State, standing: str | None) -> Status:
    if state is State.ACCEPTED and standing == Standing.KNOWN:
        return Status.ALREADY_IMPORTED
    return Status.PENDING if state is State.SENDING else Status(state.value)


_STATUS = {(state.value, standing): status_of(state, standing) for state in State for standing in (*Standing, None)}


def tally(connection: Connection, batch_id: int) -> Tallies:
    """Counts and money by kind, status and currency; a flat row's repeated case counts once."""
    totals: dict[Kind, dict[Status, dict[str, list[int]]]] = {k: defaultdict(lambda: defaultdict(lambda: [0, 0])) for k in Kind}
    for kind in Kind:
        for status, currency, rows, cents in (
            *_entry_sums(connection, batch_id, kind),
            *_reject_sums(connection, batch_id, kind),
        ):
            sums = totals[kind][status][currency]
            sums[0] += rows
            sums[1] += int(cents)
    return {
        kind: {status: {c: (n, s) for c, (n, s) in sums.items()} for status, sums in by_status.items()}
        for kind, by_status in totals.items()
    }


def _entry_sums(connection: Connection, batch_id: int, kind: Kind) -> Iterator[tuple[Status, str, int, int]]:
    link, standing = row.c[f"{kind}_entry"], row.c[f"{kind}_standing"]
    currency, cents = row.c[f"{kind}_currency"], row.c[f"{kind}_cents"]
    counted = (row.c.batch_id == batch_id) & (standing != Standing.REPEAT)
    sums = (entry.c.state, standing, currency, func.count(), func.sum(cents))
    query = select(*sums).select_from(row).join(entry, entry.c.id == link).where(counted)
    for state, stood, code, rows, total in connection.execute(query.group_by(entry.c.state, standing, currency)):
        yield status_of(State(state), stood), code, rows, total


def _reject_sums(connection: Connection, batch_id: int, kind: Kind) -> Iterator[tuple[Status, str, int, int]]:
    mine = (reject.c.batch_id == batch_id) & (reject.c.kind == kind)
    sums = (reject.c.status, reject.c.currency, func.count(), func.sum(reject.c.cents))
    for status, code, rows, total in connection.execute(select(*sums).where(mine).group_by(reject.c.status, reject.c.currency)):
        yield Status(status), code, rows, total


def corrected_later(connection: Connection, batch_id: int) -> int:
    """How many of a batch's rejects a later row has taken the place of: one with the same reference or unique id.

    A reject whose reference was itself corrected, or that has none, cannot be told and does not count.
    """
    later = row.alias("later")
    case_kind = literal(Kind.CASE.value, literal_execute=True)  # spelt out, so that the partial index serves
    for_case = (entry.c.kind == case_kind) & (entry.c.account == batch.c.cases_account) & (entry.c.ref == reject.c.ref)
    for_voucher = (entry.c.kind == Kind.VOUCHER) & (entry.c.account == batch.c.vouchers_account) & (entry.c.key == reject.c.ref)
    taken = select(entry.c.id).join(later, later.c.id == entry.c.row_id).where(later.c.batch_id > reject.c.batch_id)
    mine = select(func.count()).select_from(reject).join(batch, batch.c.id == reject.c.batch_id)
    mine = mine.where(reject.c.batch_id == batch_id, reject.c.ref.is_not(None))
    counts = (
        connection.scalar(mine.where(reject.c.kind == kind, taken.where(match).correlate(reject, batch).exists())) or 0
        for kind, match in ((Kind.CASE, for_case), (Kind.VOUCHER, for_voucher))
    )
    return sum(counts)


def to_send(connection: Connection, batch_ids: Sequence[int], kind: Kind) -> tuple[int, dict[str, int]]:
    """How many entries of these batches wait to be sent, each once, and their hundredths by currency."""
    link, standing = row.c[f"{kind}_entry"], row.c[f"{kind}_standing"]
    currency, cents = row.c[f"{kind}_currency"], row.c[f"{kind}_cents"]
    # An entry that stands in several of the batches counts in the last of them, which is the one that it names.
    own = (entry.c.batch_id == row.c.batch_id) & row.c.batch_id.in_(batch_ids) & (standing != Standing.REPEAT)
    query = select(currency, func.count(), func.sum(cents)).select_from(row).join(entry, entry.c.id == link)
    found = connection.execute(query.where(own & (entry.c.state == State.PENDING)).group_by(currency).order_by(currency)).all()
    return sum(rows for _, rows, _ in found), {code: int(total) for code, _, total in found}


def lines(connection: Connection, batch_id: int) -> Iterator[Line]:
    """Every row of the batch in its order, read a page at a time."""
    last = 0
    sources: dict[int, tuple[str, list[str]]] = {}
    while page := _page(connection, batch_id, last):
        rejected = _rejects(connection, page[0][0], page[-1][0])
        earlier = {found[column] for found in page for column in _FROM}
        sources |= sources_of(connection, earlier - sources.keys() - {None})
        for found in page:
            row_id, sheet, number, cells = found[:_HEAD]
            case, voucher = _fact(found[_HEAD:_CASE_END], sources), _fact(found[_CASE_END:], sources)
            if rejected:
                case = rejected.get((row_id, Kind.CASE), case)
                voucher = rejected.get((row_id, Kind.VOUCHER), voucher)
            yield Line(sheet, number, decode_cells(cells), case, voucher)
        last = page[-1][0]


_ENTRY = ("id", "state", "reasons", "remote_id", "remote_reference", "key", "accepted_at")


def _page_query() -> Select[Any]:
    """A page of a batch's rows, each with its case, its voucher and that one's case, and where known ones came from.

    Four columns of the row, then what :func:`_fact` unpacks for its case, then the same for its voucher.
    """
    joined: Any = row
    columns: list[Any] = [row.c.id, row.c.sheet, row.c.number, row.c.cells]
    for kind in Kind:
        e, first = entry.alias(kind.value), row.alias(f"first_{kind}")
        known = (first.c.id == e.c.row_id) & (row.c[f"{kind}_standing"] == Standing.KNOWN)
        joined = joined.outerjoin(e, e.c.id == row.c[f"{kind}_entry"]).outerjoin(first, known)
        columns += [first.c.batch_id, first.c.sheet, first.c.number]
        columns += [row.c[f"{kind}_{name}"] for name in ("standing", "currency", "cents")]
        columns += [e.c[name] for name in _ENTRY]
        if kind is Kind.CASE:
            columns += [null(), e.c.remote_id, e.c.remote_reference]
        else:
            owner = entry.alias("owner")
            joined = joined.outerjoin(owner, owner.c.id == e.c.case_id)
            columns += [e.c.key, func.coalesce(e.c.target, owner.c.remote_id), owner.c.remote_reference]
    wanted = (row.c.batch_id == bindparam("batch")) & (row.c.id > bindparam("last"))
    return select(*columns).select_from(joined).where(wanted).order_by(row.c.id).limit(PAGE_ROWS)


_PAGE = _page_query()
_HEAD, _CASE_END = 4, 20
_FROM = (_HEAD, _CASE_END)
"""The columns with the batches that known cases and vouchers came from."""


def _page(connection: Connection, batch_id: int, last: int) -> Sequence[Row[Any]]:
    return connection.execute(_PAGE, {"batch": batch_id, "last": last}).all()


def _fact(found: Sequence[Any], sources: Mapping[int, tuple[str, list[str]]]) -> Fact | None:
    """What became of a row's case or voucher, if there is one."""
    origin: str | None = None
    from_batch, from_sheet, from_number, standing, currency, cents, *rest = found
    entry_id, state, reasons, remote_id, reference, key, sent_at, unique_id, case_id, case_reference = rest
    if entry_id is None:
        return None
    status = _STATUS[state, standing]
    if status is Status.ALREADY_IMPORTED and from_batch is not None:
        name, sheets = sources[from_batch]
        origin = f"{name}, {row_in(sheets, from_sheet, from_number)}"
    return Fact(
        *(status, reasons_from_json(reasons), Money(currency, cents), standing == Standing.REPEAT, origin, entry_id, key),
        *(remote_id, reference, unique_id, case_id, case_reference, sent_at),
    )


def _rejects(connection: Connection, first: int, last: int) -> dict[tuple[int, Kind], Fact]:
    query = select(*(reject.c[n] for n in ("row_id", "kind", "status", "reasons", "currency", "cents")))
    return {
        (r.row_id, Kind(r.kind)): Fact(Status(r.status), reasons_from_json(r.reasons), Money(r.currency, r.cents))
        for r in connection.execute(query.where(reject.c.row_id.between(first, last)))
    }
