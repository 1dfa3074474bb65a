"""Records, sources and a real ledger for tests that need no spreadsheet and no server."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select

from importer.domain.accounts import Accounts
from importer.domain.code_lists import VOUCHER_TYPES
from importer.domain.identity import EntryLabel, fingerprint
from importer.domain.kinds import RecordKind
from importer.domain.later_words import LaterWord
from importer.domain.money import Money
from importer.domain.reasons import Reason
from importer.domain.records import CaseRecord, LeftOut, LoadedRow, LoadedSource, NoClaim, Reject, Row, SheetHead, VoucherRecord
from importer.domain.states import RejectStatus, RowStatus, State
from importer.domain.unclaimed import UnclaimedGroup
from importer.ledger.intake.intake import take_in
from importer.ledger.intake.user_answer import UserAnswer
from importer.ledger.ledger import Ledger
from importer.ledger.outbox.sendable import AttemptResult, ClaimedEntry
from importer.ledger.queries.report_rows import ReportRow, batch_info, lines
from importer.ledger.queries.totals import Tallies, tally
from importer.ledger.storage.schema import entry

ACCOUNTS = Accounts("partner", "tenant")
CASES, VOUCHERS, FLAT = "Cases", "Vouchers", "Flat"
TYPES = {kind.name: str(kind.id) for kind in VOUCHER_TYPES}
RESENDABLE = (State.PENDING, State.IN_DOUBT)


def case(
    ref: str | None = "R1",
    *,
    debtor: str = "Ann",
    cents: int = 10000,
    creditor: str = "X",
    test: bool = False,
    day: str | None = None,
    hint: Any = None,
) -> CaseRecord:
    """A case as the loader gives it. Cases without a ``day`` are not compared with each other by their debtor."""
    wire: dict[str, Any] = {"creditorCompanyName": creditor, "currencyCode": "DKK", "amountToRecover": cents / 100}
    wire |= {"date": day} if day else {}
    wire |= {"creditorReference": ref} if ref else {}
    wire |= {"isTest": True} if test else {}
    payload = json.dumps(wire | {"debtor": {"name": debtor}}, separators=(",", ":"), ensure_ascii=False).encode()
    base = fingerprint("case", ref or payload.decode(), creditor, test)
    return CaseRecord(base, ref is None, ref, payload, Money("DKK", cents), hint, test)


def voucher(
    ref: str | None = "R1",
    *,
    uid: str | None = None,
    text: str = "fee",
    cents: int = 5000,
    parent: str | None = None,
    case_id: str | None = None,
    kind: str = "",
    number: str | None = None,
    day: str = "2026-01-31",
    due: str | None = None,
    hint: Any = None,
) -> VoucherRecord:
    """A voucher as the loader gives it; in a flat row ``ref`` is None. With a ``number`` it has a type, dates and a source."""
    wire: dict[str, Any] = {"amount": -cents, "currency": "DKK", "text": text}
    if number is not None:
        dates = {name: f"{date} 00:00:00.000+01" for name, date in (("date", day), ("dueDate", due)) if date}
        wire |= {"voucherTypeId": TYPES[kind or "invoice"], "source": "CREDITOR", "referenceId": number} | dates
    payload = json.dumps(wire, separators=(",", ":"), ensure_ascii=False).encode()
    content = fingerprint(payload.decode(), parent, None)
    return VoucherRecord(content, uid, None if case_id else ref, case_id, parent, payload, Money("DKK", cents), None, hint)


def left_out(record: CaseRecord) -> LeftOut:
    return LeftOut(record, Reason("not_due_yet", "is today or later, so that the claim is not due yet", "due_date"))


def reject(kind: RecordKind, ref: str | None = None, cents: int = 700) -> Reject:
    return Reject(kind, (Reason("required", "is missing", "date"),), Money("DKK", cents), ref)


def no_claim(record: CaseRecord, word: LaterWord = LaterWord.PAID, **told: Any) -> NoClaim:
    """The row of a case that its sheet calls paid, or another word. ``told`` are other values of what it tells of the case."""
    reason = Reason("no_claim_" + word, f"is {word}, so that it is no claim", "row_state")
    found = NoClaim.of(record, word, reason)
    return replace(found, named=replace(found.named, **told))


Entered = UnclaimedGroup | CaseRecord | LeftOut | NoClaim | VoucherRecord | Reject | tuple[Any, Any]


def source(*records: Entered, name: str = "a.xlsx") -> LoadedSource:
    """A source with a row per record, numbered from 2; a pair is a flat row."""
    heads = tuple(SheetHead(sheet, ("x",), (None,), sheet == FLAT) for sheet in (CASES, VOUCHERS, FLAT))
    return LoadedSource(name, "0" * 64, heads, _rows(records))


def _rows(records: Iterable[Entered]) -> Iterator[LoadedRow]:
    for number, record in enumerate(records, 2):
        if isinstance(record, tuple):
            yield LoadedRow(Row(FLAT, number, tuple(map(_cell, record))), *record)
        elif isinstance(record, UnclaimedGroup):
            why = Reason("balance", "Nothing is left to claim")
            left = Reject(RecordKind.CASE, (why,), Money(record.currency, 0), status=RejectStatus.LEFT_OUT)
            yield LoadedRow(Row(CASES, number, (repr(record),)), case=left, unclaimed=record)
        elif isinstance(record, CaseRecord | LeftOut | NoClaim) or (
            isinstance(record, Reject) and record.kind is RecordKind.CASE
        ):
            yield LoadedRow(Row(CASES, number, (_cell(record),)), case=record)
        else:
            yield LoadedRow(Row(VOUCHERS, number, (_cell(record),)), voucher=record)


def _cell(record: Any) -> str:
    """A cell from which the record could have been read: equal cells have equal records."""
    if isinstance(record, LeftOut):
        record = record.record
    return repr(replace(record, hint=None, answer=None) if isinstance(record, CaseRecord | VoucherRecord) else record)


@contextmanager
def transaction(ledger: Ledger) -> Iterator[Connection]:
    """A transaction with its SQL connection, to look at tables and to break them."""
    with ledger._session.transaction() as connection:
        yield connection


def run_sql(ledger: Ledger, work: Callable[[Connection], Any]) -> Any:
    with transaction(ledger) as connection:
        return work(connection)


class LedgerDriver:
    """A ledger, and the few things that a run does with it."""

    def __init__(self, ledger: Ledger, accounts: Accounts = ACCOUNTS) -> None:
        self.ledger, self.accounts = ledger, accounts
        self.sent: list[ClaimedEntry] = []

    def _named(self, record: Any) -> Any:
        """A test names an entry by its id alone; an error sheet also has the check of its key."""
        if isinstance(record, tuple):
            return tuple(self._named(part) for part in record)
        if not isinstance(getattr(record, "hint", None), int):
            return record
        kind = RecordKind.CASE if isinstance(record, CaseRecord | NoClaim) else RecordKind.VOUCHER
        with transaction(self.ledger) as connection:
            key = connection.scalar(select(entry.c.key).where(entry.c.id == record.hint))
        return replace(record, hint=EntryLabel.of(kind, record.hint, key or ""))

    def take(self, *given: Entered, name: str = "a.xlsx", earlier: Iterable[int] = ()) -> int:
        records = [self._named(record) for record in given]
        with transaction(self.ledger) as connection:
            return take_in(connection, source(*records, name=name), self.accounts, "run", earlier)

    def claim(
        self, kind: RecordKind = RecordKind.CASE, limit: int = 100, batches: tuple[int, ...] | None = None
    ) -> list[ClaimedEntry]:
        self.ledger.approvals.begin(None)
        states = RESENDABLE if kind is RecordKind.VOUCHER else (State.PENDING,)
        sendables = self.ledger.outbox.sendable(self.accounts, kind, states, batches, limit)
        claims = self.ledger.outbox.commit_step(
            [], [(sendable, sendable.payload) for sendable in sendables], self.accounts, "run"
        )
        self.sent += claims
        return claims

    def settle(self, claims: Iterable[ClaimedEntry], state: State, remote: str | None = None, **more: Any) -> None:
        results = []
        for claim in claims:
            found = (remote or f"remote-{claim.entry.entry_id}") if state is State.ACCEPTED else None
            results.append(
                AttemptResult(
                    claim.attempt_id, claim.entry.entry_id, claim.entry.kind, state, state.value, remote_id=found, **more
                )
            )
        self.ledger.outbox.commit_step(results, [], self.accounts, "run")

    def send_all(self, state: State = State.ACCEPTED, kind: RecordKind = RecordKind.CASE, **more: Any) -> list[ClaimedEntry]:
        claims = self.claim(kind)
        self.settle(claims, state, **more)
        return claims

    def answer_send(self) -> None:
        """Answer every question so that the entry is sent."""
        for found in self.entries():
            if found.state == State.QUESTIONED:
                known = self.ledger.answers.entry(EntryLabel.of(RecordKind(found.kind), found.id, found.key))
                assert known is not None
                self.ledger.answers.send(known, UserAnswer("ann@host", "send"))

    def entries(self, kind: RecordKind | None = None) -> list[Any]:
        query = select(entry).order_by(entry.c.id)
        query = query.where(entry.c.kind == kind) if kind else query
        return run_sql(self.ledger, lambda c: list(c.execute(query).all()))

    def entry(self, identifier: int) -> Any:
        return next(e for e in self.entries() if e.id == identifier)

    def lines(self, batch: int) -> list[ReportRow]:
        return run_sql(self.ledger, lambda c: list(lines(c, batch)))

    def cases(self, batch: int) -> list[RowStatus]:
        return [line.case.status for line in self.lines(batch) if line.case]

    def vouchers(self, batch: int) -> list[RowStatus]:
        return [line.voucher.status for line in self.lines(batch) if line.voucher]

    def reasons(self, batch: int) -> list[str]:
        """The reasons of every row of the batch."""
        facts = [fact for line in self.lines(batch) for fact in (line.case, line.voucher) if fact]
        return [reason.text() for fact in facts for reason in fact.reasons]

    def codes(self, batch: int) -> list[str]:
        facts = [fact for line in self.lines(batch) for fact in (line.case, line.voucher) if fact]
        return [reason.code for fact in facts for reason in fact.reasons]

    def balanced(self, batch: int) -> bool:
        """Whether the batch's totals as read are those of its statuses, in rows and in money."""
        info, found = run_sql(self.ledger, lambda c: (batch_info(c, batch), tally(c, batch)))
        read = {k: dict(map(_pair, info.control.get(k, {}).items())) for k in RecordKind}
        return read == {k: _sums(found, k) for k in RecordKind}


def _pair(item: tuple[str, list[int]]) -> tuple[str, tuple[int, int]]:
    return item[0], (item[1][0], item[1][1])


def _sums(found: Tallies, kind: RecordKind) -> dict[str, tuple[int, int]]:
    sums: dict[str, tuple[int, int]] = {}
    for by_currency in found[kind].values():
        for currency, (rows, cents) in by_currency.items():
            before = sums.get(currency, (0, 0))
            sums[currency] = (before[0] + rows, before[1] + cents)
    return sums


class Databases:
    """Where the ledgers of a test are: in its folders, or (``make``) each in a place of its own on a server."""

    def __init__(self) -> None:
        self.make: Callable[[], str] | None = None
        self._made: dict[Path, str] = {}

    def use(self, make: Callable[[], str] | None) -> list[str]:
        """Begin with new ledgers, and return those that were made."""
        made = list(self._made.values())
        self.make = make
        self._made.clear()
        return made

    def url(self, path: Path) -> str:
        """The URL of the ledger that would be the file ``path``."""
        if self.make is None:
            return f"sqlite:///{path}"
        if path not in self._made:
            self._made[path] = self.make()
        return self._made[path]


DATABASES = Databases()


def ledger_url(folder: Path) -> str:
    return DATABASES.url(folder / "ledger.db")


@contextmanager
def open_driver(folder: Path) -> Iterator[LedgerDriver]:
    with Ledger.open(ledger_url(folder), "test") as ledger:
        yield LedgerDriver(ledger)
