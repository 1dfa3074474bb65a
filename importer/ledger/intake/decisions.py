"""Decisions on staging a record, given the entries that the ledger has. They are pure, and tested as a table."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass, replace
from enum import Enum, auto

from importer.domain.identity import TEST_PREFIX, fingerprint
from importer.domain.records import VoucherRecord
from importer.domain.states import BLOCKING, REPLACEABLE, State


@dataclass(slots=True)
class ExistingEntry:
    """An entry of the ledger, as it is while a source is staged. The fields are columns of the table ``entry``.

    ``id``, ``batch_id``, ``row_id``, ``case_id`` and ``superseded_by`` are ids of the ledger: of the entry, of the batch and
    the row that hold it, of its case's entry and of the entry that replaced it. ``target`` is the ``case_id`` of the sheet: the
    id at Debbie of a case that is not in this ledger. ``base`` is the key without the ``-1``, ``-2`` of equal records.
    ``digest`` is the fingerprint of the payload, for a voucher together with its case. ``ref`` is the case's
    reference in the sheet.
    """

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


class IntakeDecision(Enum):
    """The decision on a record."""

    INSERT = auto()
    REPLACE = auto()  # the old payload created nothing remotely: the new one replaces it
    KNOWN = auto()  # accepted before with the same payload
    LEAVE = auto()  # in doubt or held: the entry does not change until that is resolved
    REPEAT = auto()  # a flat row that repeats its case
    CHANGED = auto()  # accepted before with another payload: a reject
    TWICE = auto()  # the source holds the same key twice: a reject


def decide(known: ExistingEntry | None, digest: str, batch_id: int, *, may_repeat: bool) -> IntakeDecision:
    """Decide on a record with payload ``digest``. ``may_repeat`` is true for the case of a flat row."""
    if known is None:
        return IntakeDecision.INSERT
    if known.batch_id == batch_id:
        return IntakeDecision.REPEAT if may_repeat and known.digest == digest else IntakeDecision.TWICE
    if known.state is State.ACCEPTED:
        return IntakeDecision.KNOWN if known.digest == digest else IntakeDecision.CHANGED
    if known.state in REPLACEABLE:
        return IntakeDecision.REPLACE
    # With other values, resolving the doubt must not report the new values as accepted.
    return IntakeDecision.LEAVE if known.digest == digest else IntakeDecision.CHANGED


def choose_key(base: str, taken: Container[str], *, derived: bool) -> str:
    """Return the record's key: its base, or, if it is derived, the first of base, base-1, ... that is not ``taken``."""
    if not derived:
        return base
    ordinal, key = 0, base
    while key in taken:
        ordinal += 1
        key = f"{base}-{ordinal}"
    return key


def may_supersede(old: ExistingEntry, batch_id: int) -> bool:
    """Return whether a corrected row may replace the entry that its error sheet names."""
    return old.state in REPLACEABLE and old.batch_id != batch_id


def voucher_state(case_state: State | None, parent_state: State | None) -> tuple[State, bool]:
    """Return a new voucher's state, and whether it can be sent at once. None: an existing remote case, or no parent."""
    if case_state in BLOCKING or parent_state in BLOCKING:
        return State.BLOCKED, False
    exists = (State.ACCEPTED, None)
    return State.PENDING, case_state in exists and parent_state in exists


def voucher_base(owner: str, content: str) -> str:
    """Return the derived identity of a voucher: a fingerprint of its case's key and its own content."""
    return fingerprint("voucher", owner, content)


def voucher_digest(owner: str, content: str) -> str:
    """Return the fingerprint by which two payloads of one unique id are compared, including the case."""
    return fingerprint(owner, content)


def identity(voucher: VoucherRecord, case: ExistingEntry | None) -> tuple[VoucherRecord, str]:
    """Return the voucher with its ids, and the base of its key. Ids below a test case get a prefix of their own."""
    if case is not None and case.is_test:
        prefixed = {n: f"{TEST_PREFIX}{v}" for n in ("unique_id", "parent") if (v := getattr(voucher, n))}
        voucher = replace(voucher, **prefixed)  # type: ignore[arg-type]  # both are str
    owner = case.key if case is not None else f"id:{voucher.case_id}"
    return voucher, voucher.unique_id or voucher_base(owner, voucher.fingerprint)


def most_fitting(cases: list[ExistingEntry], batch_id: int) -> list[ExistingEntry]:
    """Choose among the cases with one reference: those of this source, else those that are not test cases, else all."""
    unique = list({case.id: case for case in cases}.values())
    here = [case for case in unique if case.batch_id == batch_id]
    real = [case for case in unique if not case.is_test]
    return here or real or unique
