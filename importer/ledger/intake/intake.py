"""Taking a source in, chunk by chunk: a few statements per thousand rows. The decisions are in :mod:`.decisions`."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection

from importer.domain.accounts import Accounts
from importer.domain.identity import fingerprint
from importer.domain.kinds import Kind
from importer.domain.models import with_fields
from importer.domain.money import Money
from importer.domain.reasons import Reason, reasons_to_json
from importer.domain.records import CaseRecord, LoadedRow, Reject, VoucherRecord
from importer.domain.states import RejectStatus, RowOrigin, State
from importer.ledger.intake import decisions as d
from importer.ledger.intake import reasons
from importer.ledger.intake.changes import PendingChanges
from importer.ledger.intake.decisions import ExistingEntry, IntakeDecision
from importer.ledger.intake.known_entries import ExistingEntries
from importer.ledger.intake.superseding import rekey_vouchers
from importer.ledger.outbox.dependents import CASE_REFUSED, PARENT_REFUSED
from importer.ledger.storage.identifiers import Identifiers
from importer.ledger.storage.schema import entry, row
from importer.ledger.storage.session import parts_of

Record = CaseRecord | VoucherRecord
ROW_BLOCK = 1000


_STANDINGS = {IntakeDecision.KNOWN: RowOrigin.KNOWN, IntakeDecision.REPEAT: RowOrigin.REPEAT}


@dataclass(slots=True)
class _Item:
    """One record on its way in: its row in the ledger, and what was decided."""

    row_id: int
    loaded: LoadedRow
    flat: bool
    case: ExistingEntry | None = None
    case_rejected: bool = False


class Intake:
    """One source on its way into the ledger, inside one transaction."""

    def __init__(self, connection: Connection, batch_id: int, run_batches: Iterable[int], accounts: Accounts) -> None:
        self._connection = connection
        self._batch = batch_id
        self._run_batches = [*run_batches, batch_id]
        self._accounts = accounts
        self._row_ids = Identifiers(connection, row.name, ROW_BLOCK)
        self._entry_ids = Identifiers(connection, entry.name)
        self._sheets: dict[str, int] = {}
        self._waiting: list[_Item] = []
        self._stuck: dict[str, str] = {}
        self._rejected_parents: set[str] = set()
        self._control: dict[str, dict[str, list[int]]] = {kind: {} for kind in Kind}
        self._changed: set[int] = set()
        self._begin_chunk()

    def _begin_chunk(self) -> None:
        self._knowledge = ExistingEntries(self._connection, self._accounts)
        self._draft = PendingChanges(self._connection, self._batch)

    def _end_chunk(self) -> None:
        self._draft.write()
        self._begin_chunk()

    def take(self, chunk: list[LoadedRow], sheets: dict[str, int], flat_sheets: set[str]) -> None:
        """Take in some rows; a voucher whose parent is not there yet waits until :meth:`finish`."""
        self._sheets = sheets
        items = [self._enter(loaded, flat=loaded.row.sheet in flat_sheets) for loaded in chunk]
        self._take_cases([item for item in items if item.loaded.case is not None])
        self._take_vouchers([item for item in items if item.loaded.voucher is not None], last=False)
        self._end_chunk()

    def finish(self, chunk_rows: int) -> dict[str, dict[str, list[int]]]:
        """Take in the vouchers that waited for a parent, in rounds; give the control totals as read."""
        last = False
        while self._waiting:
            waiting, self._waiting = self._waiting, []
            for chunk in parts_of(waiting, chunk_rows):
                self._take_vouchers(chunk, last=last)
                self._end_chunk()
            last = len(self._waiting) == len(waiting)
            self._stuck = self._parents_of_waiting() if last else {}
        self._row_ids.give_back()
        self._entry_ids.give_back()
        return self._control

    def _enter(self, loaded: LoadedRow, *, flat: bool) -> _Item:
        item = _Item(next(self._row_ids), loaded, flat)
        self._draft.enter(item.row_id, self._sheets[loaded.row.sheet], loaded.row)
        return item

    # Cases

    def _take_cases(self, items: list[_Item]) -> None:
        records = [item.loaded.case for item in items if isinstance(item.loaded.case, CaseRecord)]
        self._knowledge.load(Kind.CASE, {r.base for r in records}, {r.hint.entry_id for r in records if r.hint})
        for item in items:
            case = item.loaded.case
            if isinstance(case, Reject):
                item.case_rejected = True
                self._reject(item, case)
            elif case is not None:
                self._take_case(item, case)

    def _take_case(self, item: _Item, case: CaseRecord) -> None:
        if item.flat and case.derived and item.loaded.voucher is not None and (earlier := self._earlier(case)):
            item.case_rejected = True
            self._reject(item, _as_reject(Kind.CASE, case, reasons.ambiguous_equal_rows(self._where(Kind.CASE, earlier))))
            return
        values = {
            "ref": case.ref,
            "is_test": case.is_test,
            "state": State.PENDING,
            "ready": True,
            "payload": case.payload,
            "digest": fingerprint(case.payload.decode()),
        }
        item.case = self._place(item, Kind.CASE, case, case.base, values, derived=case.derived)
        item.case_rejected = item.case is None

    def _earlier(self, case: CaseRecord) -> ExistingEntry | None:
        """The entry of an equal case in an earlier row of this source."""
        current = map(self._knowledge.follow, self._knowledge.group(Kind.CASE, case.base))
        return next((known for known in current if known is not None and known.batch_id == self._batch), None)

    # Vouchers

    def _take_vouchers(self, items: list[_Item], *, last: bool) -> None:
        valid = [item for item in items if isinstance(item.loaded.voucher, VoucherRecord)]
        refs = {v.case_ref for item in valid if (v := item.loaded.voucher) and isinstance(v, VoucherRecord) and v.case_ref}
        linked = self._knowledge.cases_by_ref(refs)
        rejected = self._draft.rejected_refs(Kind.CASE, refs, self._run_batches)
        planned = []
        for item in items:
            voucher = item.loaded.voucher
            if isinstance(voucher, Reject):
                self._reject(item, voucher)
            elif voucher is not None and self._link(item, voucher, linked, rejected):
                planned.append((item, *d.identity(voucher, item.case)))
        self._knowledge.load(Kind.VOUCHER, {base for _, _, base in planned}, {v.hint.entry_id for _, v, _ in planned if v.hint})
        parents = self._knowledge.load_keys({v.parent for _, v, _ in planned if v.parent})
        if last:
            named = {name for _, v, _ in planned if v.parent for name in (v.parent, v.parent.removeprefix(d.TEST_PREFIX))}
            self._rejected_parents = self._draft.rejected_refs(Kind.VOUCHER, named, self._run_batches)
        for item, voucher, base in planned:
            self._take_voucher(item, voucher, base, parents, last=last)

    def _link(self, item: _Item, voucher: VoucherRecord, linked: dict[str, list[ExistingEntry]], rejected: set[str]) -> bool:
        """Find the voucher's case; False if it has been rejected for want of one."""
        found = d.most_fitting(linked.get(voucher.case_ref or "", []), self._batch)
        if voucher.case_ref in rejected:  # an earlier case of this reference may be another creditor's
            found = [case for case in found if case.batch_id in self._run_batches or case.id in self._changed]
        problem = reasons.link_problem(voucher, len(found), row_rejected=item.case_rejected, rejected=rejected)
        if problem is not None:
            reason, status = problem
            self._reject(item, _as_reject(Kind.VOUCHER, voucher, reason), status)
            return False
        if voucher.case_ref:
            item.case = found[0]
        return True

    def _take_voucher(
        self, item: _Item, voucher: VoucherRecord, base: str, parents: dict[str, ExistingEntry], *, last: bool
    ) -> None:
        parent = None
        if voucher.parent:
            parent = parents.get(voucher.parent) or next(iter(self._knowledge.group(Kind.VOUCHER, voucher.parent)), None)
            if parent is None and not last:
                self._waiting.append(item)
                return
            if parent is None or voucher.parent == voucher.unique_id:
                self._reject_for_parent(item, voucher, voucher.parent)
                return
        case = item.case
        state, ready = d.voucher_state(case.state if case else None, parent.state if parent else None)
        owner = case.key if case else f"id:{voucher.case_id}"
        values = {
            "case_id": case.id if case else None,
            "target": voucher.case_id,
            "parent_key": voucher.parent,
            "parent_id": parent.id if parent else None,
            "is_test": bool(case and case.is_test),
            "state": state,
            "ready": ready,
            "payload": voucher.payload,
            "digest": d.voucher_digest(owner, voucher.fingerprint),
            "content": voucher.fingerprint,
            "reasons": _why_blocked(parent) if state is State.BLOCKED else None,
            "appendix": json.dumps(asdict(voucher.appendix)) if voucher.appendix else None,
        }
        self._place(item, Kind.VOUCHER, voucher, base, values, derived=voucher.unique_id is None)

    def _parents_of_waiting(self) -> dict[str, str]:
        vouchers = ((item.loaded.voucher, item.case) for item in self._waiting)
        named = (d.identity(voucher, case)[0] for voucher, case in vouchers if isinstance(voucher, VoucherRecord))
        return {voucher.unique_id: voucher.parent for voucher in named if voucher.unique_id and voucher.parent}

    def _reject_for_parent(self, item: _Item, voucher: VoucherRecord, parent: str) -> None:
        rejected = not self._rejected_parents.isdisjoint((parent, parent.removeprefix(d.TEST_PREFIX)))
        stuck = self._stuck or {voucher.unique_id or "": parent}
        reason, status = reasons.no_parent(voucher, stuck, is_rejected=rejected)
        self._reject(item, _as_reject(Kind.VOUCHER, voucher, reason), status)

    # Both

    def _place(
        self, item: _Item, kind: Kind, record: Record, base: str, values: dict[str, Any], *, derived: bool
    ) -> ExistingEntry | None:
        """Decide what the record means and note it down; None if it was rejected."""
        known, key, replaces = self._find(kind, record, base, is_test=values["is_test"], derived=derived)
        if kind is Kind.VOUCHER:
            values["payload"] = with_fields(record.payload, {"uniqueId": known.key if known else key})
        may_repeat = kind is Kind.CASE and item.flat and item.loaded.voucher is not None
        action = d.decide(known, values["digest"], self._batch, may_repeat=may_repeat)
        reason = None
        if known is not None or replaces is not None:
            reason = self._reason_against(kind, action, known, record, values["payload"], replaces, may_repeat=may_repeat)
        if reason is not None:
            if action is IntakeDecision.CHANGED and known is not None and kind is Kind.CASE:
                self._changed.add(known.id)
            self._reject(item, _as_reject(kind, record, reason))
            return None
        if known is not None:
            known.batch_id = self._batch
            self._draft.touch(known.id)
        if action is IntakeDecision.INSERT:
            known = self._insert(item, kind, key, base, values)
        elif action is IntakeDecision.REPLACE and known is not None:
            self._replace(item, known, values)
        assert known is not None
        if replaces is not None:
            self._supersede(kind, replaces, known)
        self._note(item, kind, record.money, known, _STANDINGS.get(action, RowOrigin.NEW))
        return known

    def _find(
        self, kind: Kind, record: Record, base: str, *, is_test: bool, derived: bool
    ) -> tuple[ExistingEntry | None, str, ExistingEntry | None]:
        """The entry that the record is, if there is one; the key that it has; and the entry that it corrects."""
        group = self._knowledge.group(kind, base)
        if not group and record.hint is None:  # a new record, as most are
            return None, base, None
        current = {k.key: self._knowledge.follow(k) for k in group}
        taken = {key for key, k in current.items() if k is not None and k.batch_id == self._batch}
        key = d.choose_key(base, taken, derived=derived)
        hinted = self._knowledge.entry(record.hint)
        if hinted is not None and hinted.is_test != is_test:
            hinted = None  # a test case and the real one are two cases
        if hinted is not None and hinted.base == base and hinted.batch_id != self._batch:
            key = hinted.key
        known = current.get(key)
        return known, key, hinted if hinted is not None and hinted.base != base and hinted is not known else None

    def _reason_against(
        self,
        kind: Kind,
        action: IntakeDecision,
        known: ExistingEntry | None,
        record: Record,
        payload: bytes,
        replaces: ExistingEntry | None,
        *,
        may_repeat: bool,
    ) -> Reason | None:
        if replaces is not None and not d.may_supersede(replaces, self._batch):
            return reasons.not_to_be_replaced(kind, replaces)
        if action is IntakeDecision.TWICE and known is not None:
            return reasons.twice(kind, known, payload, self._where(kind, known), named=_named(record), may_repeat=may_repeat)
        if action is IntakeDecision.CHANGED and known is not None:
            return reasons.changed(kind, known, payload, self._knowledge.origin(kind, known))
        return None

    def _where(self, kind: Kind, known: ExistingEntry) -> str:
        return self._draft.where(kind, known.id, list(self._sheets))

    def _insert(self, item: _Item, kind: Kind, key: str, base: str, values: dict[str, Any]) -> ExistingEntry:
        known = ExistingEntry(
            id=next(self._entry_ids),
            key=key,
            base=base,
            state=values["state"],
            digest=values["digest"],
            payload=values["payload"],
            idempotency_key=str(uuid4()),
            batch_id=self._batch,
            row_id=item.row_id,
            ref=values.get("ref"),
            is_test=values["is_test"],
            case_id=values.get("case_id"),
            target=values.get("target"),
        )
        self._draft.insert(kind, self._accounts.of(kind), known, values)
        self._knowledge.add(kind, known)
        return known

    def _replace(self, item: _Item, known: ExistingEntry, values: dict[str, Any]) -> None:
        """The new payload takes the old one's place. The key of a request changes with the request, never without."""
        if (known.digest, known.payload) != (values["digest"], values["payload"]):
            known.idempotency_key = str(uuid4())
        before = known.state
        for name in ("state", "digest", "payload", "is_test"):
            setattr(known, name, values[name])
        known.ref, known.case_id, known.target = (values.get(name) for name in ("ref", "case_id", "target"))
        known.row_id = item.row_id
        fresh = {"row_id": item.row_id, "idempotency_key": known.idempotency_key}
        self._draft.replace(known, values | fresh, before)

    def _supersede(self, kind: Kind, old: ExistingEntry, new: ExistingEntry) -> None:
        old.superseded_by = new.id
        if kind is Kind.CASE:
            rekey_vouchers(self._connection, self._accounts.vouchers, old, new)
        self._draft.supersede(kind, old, new)

    def _note(self, item: _Item, kind: Kind, money: Money, known: ExistingEntry, standing: RowOrigin) -> None:
        self._draft.note(item.row_id, kind, known.id, standing, money)
        if standing is not RowOrigin.REPEAT:
            self._count(kind, money)

    def _reject(self, item: _Item, rejected: Reject, status: RejectStatus = RejectStatus.REJECTED) -> None:
        self._count(rejected.kind, rejected.money)
        self._draft.reject(item.row_id, rejected, status)

    def _count(self, kind: Kind, money: Money) -> None:
        totals = self._control[kind].setdefault(money.currency, [0, 0])
        totals[0] += 1
        totals[1] += money.cents


def _as_reject(kind: Kind, record: Record, reason: Reason) -> Reject:
    return Reject(kind, (reason,), record.money, _named(record))


def _named(record: Record) -> str | None:
    """What the sheet calls the record."""
    return record.ref if isinstance(record, CaseRecord) else record.unique_id


def _why_blocked(parent: ExistingEntry | None) -> str:
    return reasons_to_json((PARENT_REFUSED if parent else CASE_REFUSED,))
