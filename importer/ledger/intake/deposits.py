"""Deposits of what is open less of documents than was claimed, staged after the last row of a list that counts.

Each has a row of its own in the batch, with the cells of the row that shows its document.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection, select

from importer.domain.identity import TEST_PREFIX, match_text
from importer.domain.kinds import RecordKind
from importer.domain.match_keys import VoucherParts
from importer.domain.money import Money
from importer.domain.notes import Note, NoteKind
from importer.domain.part_payments import Paid, deposit_id, deposit_of, paid_before, record_of, to_deposit
from importer.domain.raw_rows import RawRow
from importer.domain.records import LoadedRow, VoucherRecord
from importer.domain.states import UNRESOLVED, State
from importer.ledger.intake import document_reasons
from importer.ledger.intake.candidates import BatchIntake, StagedRow
from importer.ledger.intake.finished_cases import is_finished
from importer.ledger.intake.list_state import SmallerDocument
from importer.ledger.intake.placement import Placement
from importer.ledger.intake.vouchers import VoucherIntake, WaitingVouchers
from importer.ledger.storage.engine import parts_of
from importer.ledger.storage.identifiers import Identifiers
from importer.ledger.storage.schema import entry, row

SEVERAL_ROWS = "several rows show the document"
OTHER_VOUCHER = "the case has no single voucher of the document with the amount that was claimed"
ENDED = "its case has ended"
PAID_MORE = "more of it was deposited before"
_AS_CLAIMED = UNRESOLVED | {State.ACCEPTED, State.PENDING}
"""States of the voucher of an invoice that has, or will have, the amount that was claimed."""


@dataclass(frozen=True, slots=True)
class _Voucher:
    """A voucher of a case: its unique id, its state, its request without that id, and the parts of it."""

    uid: str
    state: State
    payload: bytes
    parts: VoucherParts


def stage_deposits(intake: BatchIntake) -> list[Note]:
    """Stage the deposits of a list that counts, and let what is deposited not be reported. Returns what is to be said of them.

    A deposit that a case has already, and that is certainly not at Debbie yet, is taken into this batch, so that it is sent.
    """
    noted = intake.lists.smaller
    if not noted:
        return []
    vouchers = _vouchers_of(intake.connection, {one.known.id for one in noted})
    staged: list[tuple[SmallerDocument, VoucherRecord]] = []
    for one, *others in _by_document(noted):
        one.why = one.why or _objection(intake.connection, one, vouchers[one.known.id])
        for other in others:
            other.why = one.why
        if not one.why:
            staged += [(one, record) for record in _deposits(intake, one, vouchers[one.known.id])]
    _report_others(intake)
    if staged:
        _place(intake, staged)
    return _notes([record.money for _, record in staged])


def _by_document(noted: Iterable[SmallerDocument]) -> list[list[SmallerDocument]]:
    """Return what is noted of each document, first the one with its row.

    It is noted once for each sheet that holds rows of its debtor, and a row of one of them shows it.
    """
    found: dict[tuple[int, str], list[SmallerDocument]] = {}
    for one in noted:
        found.setdefault((one.known.id, one.before.key), []).append(one)
    for same in found.values():
        same.sort(key=lambda one: one.row is None)
        same[0].rows = {row_id for one in same for row_id in one.rows}
    return list(found.values())


def _vouchers_of(connection: Connection, cases: Iterable[int]) -> dict[int, list[_Voucher]]:
    found: dict[int, list[_Voucher]] = {one: [] for one in cases}
    columns = (entry.c.case_id, entry.c.key, entry.c.state, entry.c.payload)
    query = select(*columns).where(entry.c.kind == RecordKind.VOUCHER, entry.c.superseded_by.is_(None)).order_by(entry.c.id)
    for part in parts_of(found):
        for one in connection.execute(query.where(entry.c.case_id.in_(part))):
            before, has_uid, _ = one.payload.rpartition(b',"uniqueId":')
            payload = before + b"}" if has_uid else one.payload
            found[one.case_id].append(_Voucher(one.key, State(one.state), payload, VoucherParts.of(payload)))
    return found


def _objection(connection: Connection, one: SmallerDocument, vouchers: Sequence[_Voucher]) -> str:
    """Return why no deposit is sent; "" if one is."""
    number = match_text(one.before.document.number or "")
    of_document = [voucher for voucher in vouchers if voucher.parts.is_document and voucher.parts.reference == number]
    claimed = [one for one in of_document if one.state in _AS_CLAIMED]
    expected = (-one.before.document.open_cents, _currency(one))
    is_as_claimed = len(of_document) == len(claimed) == 1 and (claimed[0].parts.amount, claimed[0].parts.currency) == expected
    checks = (
        (len(one.rows) != 1, SEVERAL_ROWS),
        (not is_as_claimed, OTHER_VOUCHER),
        (is_finished(connection, one.known), ENDED),
    )
    if against := next((why for is_so, why in checks if is_so), ""):
        return against
    before = _paid(one, vouchers)
    total = one.before.document.open_cents - one.now.document.open_cents
    return PAID_MORE if before and total < before[-1].total else ""


def _currency(one: SmallerDocument) -> str:
    return one.now.document.currency or one.before.document.currency


def _paid(one: SmallerDocument, vouchers: Sequence[_Voucher]) -> list[Paid]:
    prefix = TEST_PREFIX if one.known.is_test else ""
    cents = {voucher.uid.removeprefix(prefix): voucher.parts.amount for voucher in vouchers if voucher.parts.amount > 0}
    return paid_before(one.known.key, one.before.key, cents)


def _deposits(intake: BatchIntake, one: SmallerDocument, vouchers: Sequence[_Voucher]) -> list[VoucherRecord]:
    """Return the deposits of a document that belong to this batch: a new one, the last one, and those that were not sent yet."""
    paid, currency = _paid(one, vouchers), _currency(one)
    by_uid = {voucher.uid.removeprefix(TEST_PREFIX if one.known.is_test else ""): voucher for voucher in vouchers}
    found: list[VoucherRecord] = []
    fresh = to_deposit(one.before.document.open_cents, one.now.document.open_cents, paid)
    for each in paid:
        uid = deposit_id(one.known.key, one.before.key, each.total)
        if by_uid[uid].state is not State.ACCEPTED or (each is paid[-1] and fresh is None):
            found.append(record_of(uid, by_uid[uid].payload, Money(currency, each.cents)))
    if fresh is not None:
        uid = deposit_id(one.known.key, one.before.key, fresh.total)
        day = dt.datetime.fromisoformat(str(intake.lists.policy.deposits_on))
        found.append(deposit_of(uid, one.before.document.number, fresh, currency, day))
    return found


def _place(intake: BatchIntake, staged: Sequence[tuple[SmallerDocument, VoucherRecord]]) -> None:
    row_ids, positions = Identifiers(intake.connection, row.name), {name: index for index, name in enumerate(intake.sheets)}
    placement = Placement(intake)
    cases = {one.id: one for one in placement.existing.cases_with_ids({one.known.id for one, _ in staged})}
    rows = []
    for one, record in staged:
        assert one.row is not None
        raw = RawRow("deposit", record.unique_id or "")  # other cells than those of the row: they are the document's
        new = StagedRow(next(row_ids), LoadedRow(one.row, None, record), False, raw, cases[one.known.id])
        placement.changes.enter(new.id, positions[one.row.sheet], one.row, one.cells)
        rows.append(new)
    row_ids.give_back()
    VoucherIntake(intake, placement, WaitingVouchers()).stage(rows)
    placement.write()


def _report_others(intake: BatchIntake) -> None:
    """Report only those of the smaller documents of a row that are not deposited, and say why."""
    by_row: dict[tuple[RecordKind, int], list[SmallerDocument]] = {}
    for one in intake.lists.smaller:
        places = ((RecordKind.CASE, one.row_id), *((RecordKind.VOUCHER, row_id) for row_id in one.rows))
        for place in places:
            by_row.setdefault(place, []).append(one)
    reported = []
    for change in intake.lists.changes:
        smaller = by_row.get((change.kind, change.row_id))
        if smaller is None or change.reason.code != document_reasons.SMALLER:
            reported.append(change)
        elif left := [one for one in smaller if one.why]:
            pairs = [(one.before, one.now) for one in left]
            reason = document_reasons.smaller(pairs, left[0].known, left[0].why)
            reported.append(replace(change, reason=reason))
    intake.lists.changes = reported


def _notes(moneys: Sequence[Money]) -> list[Note]:
    sums: Counter[str] = Counter()
    for money in moneys:
        sums[money.currency] += money.cents
    pairs = [pair for code, cents in sorted(sums.items()) for pair in (("currency", code), ("cents", str(cents)))]
    return [Note(NoteKind.DEPOSITS, values=(("count", str(len(moneys))), *pairs))] if moneys else []
