"""What taking a record in means, given what the ledger knows: pure decisions, tested as a table."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass, replace
from enum import Enum, auto

from importer.domain.identity import fingerprint
from importer.domain.records import VoucherRecord
from importer.domain.states import BLOCKING, REPLACEABLE, State


@dataclass(slots=True)
class ExistingEntry:
    """An entry as the ledger knows it while a source is taken in."""

    id: int
    key: str
    base: str
    state: State
    digest: str
    payload: bytes
    idempotency_key: str
    batch_id: int
    row_id: int
    ref: str | None = None
    is_test: bool = False
    case_id: int | None = None
    target: str | None = None
    superseded_by: int | None = None


TEST_PREFIX = "test-"


class IntakeDecision(Enum):
    """What is done with a record."""

    INSERT = auto()
    REPLACE = auto()  # nothing of the old payload is out there: the new one takes its place
    KNOWN = auto()  # accepted before with the same payload
    LEAVE = auto()  # in doubt or held: nothing changes until that is resolved
    REPEAT = auto()  # a flat row that repeats its case
    CHANGED = auto()  # accepted before with another payload: a reject
    TWICE = auto()  # the source holds the same key twice: a reject


def decide(known: ExistingEntry | None, digest: str, batch_id: int, *, may_repeat: bool) -> IntakeDecision:
    """The design's table of what taking in a row means; ``may_repeat`` is for the cases of flat rows."""
    if known is None:
        return IntakeDecision.INSERT
    if known.batch_id == batch_id:
        return IntakeDecision.REPEAT if may_repeat and known.digest == digest else IntakeDecision.TWICE
    if known.state is State.ACCEPTED:
        return IntakeDecision.KNOWN if known.digest == digest else IntakeDecision.CHANGED
    if known.state in REPLACEABLE:
        return IntakeDecision.REPLACE
    # Other values than those that may be out there must not be called accepted when the doubt is settled.
    return IntakeDecision.LEAVE if known.digest == digest else IntakeDecision.CHANGED


def choose_key(base: str, taken: Container[str], *, derived: bool) -> str:
    """The key of a record: its base, or for equal rows without a reference the next that this source has not taken."""
    if not derived:
        return base
    ordinal, key = 0, base
    while key in taken:
        ordinal += 1
        key = f"{base}-{ordinal}"
    return key


def may_supersede(old: ExistingEntry, batch_id: int) -> bool:
    """Whether a corrected row may take the place of the entry that its error sheet names."""
    return old.state in REPLACEABLE and old.batch_id != batch_id


def voucher_state(case_state: State | None, parent_state: State | None) -> tuple[State, bool]:
    """A new voucher's state, and whether it can be sent at once; None stands for a case that exists already, or no parent."""
    if case_state in BLOCKING or parent_state in BLOCKING:
        return State.BLOCKED, False
    there = (State.ACCEPTED, None)
    return State.PENDING, case_state in there and parent_state in there


def voucher_base(owner: str, content: str) -> str:
    """The derived identity of a voucher: its case's key and its own content."""
    return fingerprint("voucher", owner, content)


def voucher_digest(owner: str, content: str) -> str:
    """What tells two payloads of one unique id apart, the case included."""
    return fingerprint(owner, content)


def identity(voucher: VoucherRecord, case: ExistingEntry | None) -> tuple[VoucherRecord, str]:
    """The voucher with its ids as they are for this case, and its base. A test case's own ids are kept apart."""
    if case is not None and case.is_test:
        prefixed = {n: f"{TEST_PREFIX}{v}" for n in ("unique_id", "parent") if (v := getattr(voucher, n))}
        voucher = replace(voucher, **prefixed)  # type: ignore[arg-type]  # both are str
    owner = case.key if case is not None else f"id:{voucher.case_id}"
    return voucher, voucher.unique_id or voucher_base(owner, voucher.fingerprint)


def most_fitting(cases: list[ExistingEntry], batch_id: int) -> list[ExistingEntry]:
    """Of the cases with one reference: those of this source, else those that are no test cases, else all."""
    unique = list({case.id: case for case in cases}.values())
    here = [case for case in unique if case.batch_id == batch_id]
    real = [case for case in unique if not case.is_test]
    return here or real or unique
