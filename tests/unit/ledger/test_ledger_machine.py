"""A state machine test of the ledger against a model of both APIs: random sources, outcomes, crashes and reconciling."""

from __future__ import annotations

import json
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from support.examples import examples
from support.ledgers import Entered, LedgerDriver, case, open_driver, reject, voucher

from importer.domain.kinds import RecordKind
from importer.domain.states import BLOCKING, RowStatus, State
from importer.ledger.outbox.sendable import ClaimedEntry
from importer.ledger.queries.report_rows import ReportRow

REFS, CREDITORS, TEXTS, IDS = ("R1", "R\u200b1", "R2", None), ("X", "Y"), ("fee", "rent"), ("U1", "U2", None, None)
cases = st.builds(case, st.sampled_from(REFS), debtor=st.sampled_from(("Ann", "Bob")), creditor=st.sampled_from(CREDITORS))
vouchers = st.builds(
    voucher,
    st.sampled_from(("R1", "R2")),
    uid=st.sampled_from(IDS),
    text=st.sampled_from(TEXTS),
    parent=st.sampled_from(("U1", "U2", None, None, None)),
)
inline = st.builds(voucher, st.none(), uid=st.sampled_from(IDS), text=st.sampled_from(TEXTS))
rejects = st.sampled_from([reject(RecordKind.CASE, "R1"), reject(RecordKind.CASE), reject(RecordKind.VOUCHER)])
case_rejects = st.sampled_from([reject(RecordKind.CASE, "R1"), reject(RecordKind.CASE)])
flat_rows = st.tuples(st.one_of(cases, cases, case_rejects), inline)
rows = st.one_of(cases, vouchers, cases, vouchers, flat_rows, case_rejects, st.just(reject(RecordKind.VOUCHER)))
families = st.sampled_from(
    [
        [case("R1"), voucher("R1"), voucher("R1")],
        [case("R1"), voucher("R1", uid="U1"), voucher("R1", uid="U2", parent="U1")],
        [(case(None), voucher(None))],
        [case("R2", creditor="Y"), voucher("R2", uid="U2", parent="U1"), voucher("R2", uid="U1")],
    ]
)
sources = st.one_of(st.lists(rows, min_size=1, max_size=5), families)
picks = st.integers(0, 63)
MOST_BATCHES = 6
ACTIONS = ("take in", "again", "correct", "case", "case", "case", "voucher", "voucher", "come in", "crash", "reconcile")
FATES = ("accepted", "refused", "accepted", "nothing", "lost before", "lost after", "slow")
fates = st.lists(st.sampled_from(FATES), min_size=4, max_size=4)


class SimulatedApis:
    """The content of both APIs. Each request creates a case, but only one voucher is created for a unique id."""

    def __init__(self) -> None:
        self.cases: dict[str, int] = {}  # remote id → the entry that it was made for
        self.vouchers: dict[str, tuple[str, str]] = {}  # unique id → (remote case, text)

    def make(self, claim: ClaimedEntry) -> str:
        if claim.entry.kind is RecordKind.CASE:
            remote = f"case-{len(self.cases)}"
            self.cases[remote] = claim.entry.entry_id
            return remote
        sent = json.loads(claim.payload)
        self.vouchers.setdefault(sent["uniqueId"], (claim.entry.case_id or "", sent["text"]))
        return f"voucher-{sent['uniqueId']}"

    def case_of(self, entry_id: int) -> str | None:
        return next((remote for remote, made_for in self.cases.items() if made_for == entry_id), None)

    def has(self, entry: Any) -> bool:
        if entry.kind == RecordKind.CASE:
            return self.cases.get(entry.remote_id) == entry.id
        return entry.key in self.vouchers


class LedgerMachine(RuleBasedStateMachine):
    @initialize(records=sources)
    def begin(self, records: list[Entered]) -> None:
        self.temporary = TemporaryDirectory()
        self.folder = Path(self.temporary.name)
        self.stack = ExitStack()
        self.driver: LedgerDriver = self.stack.enter_context(open_driver(self.folder))
        self.apis = SimulatedApis()
        self.under_way: dict[int, ClaimedEntry] = {}
        self.batches: dict[int, tuple[Entered, ...]] = {}
        self.bytes_of_key: dict[str, bytes] = {}
        self._take(records)

    def teardown(self) -> None:
        self.stack.close()
        self.temporary.cleanup()

    # What happens

    def _take(self, records: list[Entered]) -> None:
        if len(self.batches) == MOST_BATCHES:
            return
        batch = self.driver.take(*records)
        self.batches[batch] = tuple(records)

    @rule(
        action=st.sampled_from(ACTIONS), records=sources, pick=picks, fates=fates, text=st.sampled_from(TEXTS), flag=st.booleans()
    )
    def step(self, action: str, records: list[Entered], pick: int, fates: list[str], text: str, *, flag: bool) -> None:
        """Make one random step. With several rules, Hypothesis would omit most of them in most examples."""
        if action == "take in":
            self._take_in(records)
        elif action == "again":
            self._take_in_again(pick, backwards=flag)
        elif action == "correct":
            self._take_in_a_correction(pick, text, "X" if flag else "Z")
        elif action in {RecordKind.CASE, RecordKind.VOUCHER}:
            self._send(RecordKind(action), 1 + pick % 4, fates)
        elif action == "come in":
            self._come_in(fates)
        elif action == "crash":
            self._crash([bool(pick >> i & 1) for i in range(8)])
        else:
            self._reconcile(hold=flag)
            if pick % 2:
                self._resolve()

    def _take_in(self, records: list[Entered]) -> None:
        self._take(records)

    def _take_in_again(self, pick: int, *, backwards: bool) -> None:
        """Return an earlier source, in another order or in part."""
        old = self.batches[sorted(self.batches)[pick % len(self.batches)]]
        self._take(list(old[pick // 7 % len(old) :])[:: -1 if backwards else 1])

    def _take_in_a_correction(self, pick: int, text: str, creditor: str) -> None:
        """Return a row of an error sheet, which names its entry; any of its cells may have been changed."""
        entries = self.driver.entries()
        if not entries:
            return
        entry = entries[pick % len(entries)]
        if entry.kind == RecordKind.CASE:
            corrected = case(entry.ref, debtor="Eve", creditor=creditor, hint=entry.id)
            self._take([corrected, voucher(entry.ref, text=text)] if entry.ref else [(corrected, voucher(None, text=text))])
        else:
            self._take([voucher("R1", text=text, hint=entry.id)])

    def _send(self, kind: RecordKind, limit: int, fates: list[str]) -> None:
        for claim, fate in zip(self.driver.claim(kind, limit), fates, strict=False):
            entry = self.driver.entry(claim.entry.entry_id)
            assert entry.superseded_by is None
            if kind is RecordKind.CASE:
                assert self.apis.case_of(entry.id) is None, "sent again though it exists"
            else:
                assert json.loads(claim.payload)["uniqueId"] == entry.key
                assert claim.entry.case_id in self.apis.cases, "sent before its case was there"
            same = self.bytes_of_key.setdefault(claim.entry.idempotency_key, claim.payload)
            assert same == claim.payload, "one idempotency key for two requests"
            self.under_way[entry.id] = claim
            if fate != "slow":
                self._come_back(entry.id, fate)

    def _come_in(self, fates: list[str]) -> None:
        for entry_id, fate in zip(sorted(self.under_way), fates, strict=False):
            if fate != "slow":
                self._come_back(entry_id, fate)

    def _come_back(self, entry_id: int, fate: str) -> None:
        claim = self.under_way.pop(entry_id)
        remote = self.apis.make(claim) if fate in {"accepted", "lost after"} else None
        state = {"accepted": State.ACCEPTED, "refused": State.REFUSED, "nothing": State.PENDING}.get(fate, State.IN_DOUBT)
        exists = claim.entry.kind is RecordKind.VOUCHER and json.loads(claim.payload)["uniqueId"] in self.apis.vouchers
        if claim.entry.doubted and state is not State.ACCEPTED:
            state = State.IN_DOUBT if state is State.PENDING or exists else state
        self.driver.settle([claim], state, remote)

    def _crash(self, happened: list[bool]) -> None:
        """Crash: some attempts under way have succeeded without a response. The next run opens the ledger again."""
        for claim, did in zip(self.under_way.values(), happened * 9, strict=False):
            if did:
                self.apis.make(claim)
        self.under_way.clear()
        self.stack.close()
        self.stack = ExitStack()
        self.driver = self.stack.enter_context(open_driver(self.folder))
        self.driver.ledger.outbox.recover()

    def _reconcile(self, *, hold: bool) -> None:
        for entry in self.driver.entries(RecordKind.CASE):
            if entry.state != State.IN_DOUBT or entry.superseded_by:
                continue
            remote = self.apis.case_of(entry.id)
            if remote is not None:
                assert self.driver.ledger.doubts.move(entry.id, State.ACCEPTED, remote_id=remote, reasons=None)
            elif hold:
                assert self.driver.ledger.doubts.move(entry.id, State.HELD)
            else:
                assert self.driver.ledger.doubts.move(entry.id, State.PENDING, doubted_at=None, absent_scans=0)

    def _resolve(self) -> None:
        """Resolve the held entries as absent, as a user who has looked for them."""
        for entry in self.driver.entries():
            if entry.state == State.HELD:
                assert self.driver.ledger.doubts.move(entry.id, State.PENDING, doubted_at=None, absent_scans=0)

    # What must hold after everything

    @invariant()
    def all_is_well(self) -> None:
        entries = {e.id: e for e in self.driver.entries()}
        lines = {batch: self.driver.lines(batch) for batch in self.batches}
        self._nothing_is_there_twice(entries, lines)
        self._every_row_is_in_exactly_one_status_and_the_totals_balance(lines)
        self._accepted_means_that_it_is_there(entries, lines)
        self._vouchers_wait_for_their_case_and_parent(entries)
        sending = {e.id for e in entries.values() if e.state == State.SENDING}
        assert sending == set(self.under_way)

    def _nothing_is_there_twice(self, entries: dict[int, Any], lines: dict[int, list[ReportRow]]) -> None:
        made = Counter(self.apis.cases.values())
        assert not [entry for entry, times in made.items() if times > 1]
        keys = Counter(entries[i].key for i in made)
        assert not [key for key, times in keys.items() if times > 1]
        assert not [i for i in made if entries[i].superseded_by]
        parents = {entry.key: entry.parent_key for entry in entries.values() if entry.kind == RecordKind.VOUCHER}
        derived = Counter((*found, parents[unique]) for unique, found in self.apis.vouchers.items() if unique not in IDS)
        most = self._most_in_one_source(entries, lines)
        assert not [found for found, times in derived.items() if times > most[found]], "a voucher was made twice"

    def _most_in_one_source(
        self, entries: dict[int, Any], lines: dict[int, list[ReportRow]]
    ) -> Counter[tuple[str, str, str | None]]:
        """Count how often a derived voucher of a case occurs in one source, at most: by the remote case, the text, the parent."""
        remote_ids = {entry_id: remote for remote, entry_id in self.apis.cases.items()}
        most: Counter[tuple[str, str, str | None]] = Counter()
        for of_batch in lines.values():
            here: Counter[tuple[str, str, str | None]] = Counter()
            for line in of_batch:
                entry = entries.get(line.voucher.entry_id or 0) if line.voucher else None
                if entry is not None and entry.key not in IDS:
                    here[remote_ids.get(entry.case_id, ""), json.loads(entry.payload)["text"], entry.parent_key] += 1
            most |= here
        return most

    def _every_row_is_in_exactly_one_status_and_the_totals_balance(self, lines: dict[int, list[ReportRow]]) -> None:
        for batch, records in self.batches.items():
            assert len(lines[batch]) == len(records)
            for line, record in zip(lines[batch], records, strict=True):
                parts = record if isinstance(record, tuple) else (record,)
                assert (line.case is not None) + (line.voucher is not None) == len(parts)
            assert self.driver.balanced(batch)

    def _accepted_means_that_it_is_there(self, entries: dict[int, Any], lines: dict[int, list[ReportRow]]) -> None:
        unsettled = {State.ACCEPTED, State.IN_DOUBT, State.HELD, State.SENDING}
        for entry in entries.values():
            if entry.state == State.ACCEPTED:
                assert self.apis.has(entry)
            if entry.kind == RecordKind.CASE and self.apis.case_of(entry.id):
                assert entry.state in unsettled
        for line in (line for of_batch in lines.values() for line in of_batch):
            for fact in (line.case, line.voucher):
                if fact and fact.status in {RowStatus.ACCEPTED, RowStatus.ALREADY_IMPORTED}:
                    assert fact.remote_id

    def _vouchers_wait_for_their_case_and_parent(self, entries: dict[int, Any]) -> None:
        for entry in entries.values():
            if entry.kind == RecordKind.CASE or entry.superseded_by or entry.state not in {State.PENDING, State.BLOCKED}:
                continue
            waits_for = [State(entries[i].state) for i in (entry.case_id, entry.parent_id) if i]
            assert (entry.state == State.BLOCKED) is any(state in BLOCKING for state in waits_for)
            assert entry.ready is all(state is State.ACCEPTED for state in waits_for)


LedgerMachine.TestCase.settings = settings(
    max_examples=examples(4),
    stateful_step_count=20,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink),
)
TestLedgerMachine = pytest.mark.slow(LedgerMachine.TestCase)


@pytest.mark.slow
@pytest.mark.usefixtures("on_postgres")
class TestLedgerMachineOnPostgres(LedgerMachine.TestCase):  # type: ignore[misc, name-defined]  # made by Hypothesis
    """The same on a server."""
