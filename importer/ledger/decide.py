"""What taking a record in means, given what the ledger knows: pure decisions, tested as a table."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass, replace
from enum import Enum, auto

from importer.columns import Kind, name_of_path
from importer.ledger.states import BLOCKING, REPLACEABLE, RejectStatus, State
from importer.rows import Reason, VoucherRecord, describe_wire, fingerprint


@dataclass(slots=True)
class Known:
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


class Action(Enum):
    """What is done with a record."""

    INSERT = auto()
    REPLACE = auto()  # nothing of the old payload is out there: the new one takes its place
    KNOWN = auto()  # accepted before with the same payload
    LEAVE = auto()  # in doubt or held: nothing changes until that is resolved
    REPEAT = auto()  # a flat row that repeats its case
    CHANGED = auto()  # accepted before with another payload: a reject
    TWICE = auto()  # the source holds the same key twice: a reject


def decide(known: Known | None, digest: str, batch_id: int, *, may_repeat: bool) -> Action:
    """The design's table of what taking in a row means; ``may_repeat`` is for the cases of flat rows."""
    if known is None:
        return Action.INSERT
    if known.batch_id == batch_id:
        return Action.REPEAT if may_repeat and known.digest == digest else Action.TWICE
    if known.state is State.ACCEPTED:
        return Action.KNOWN if known.digest == digest else Action.CHANGED
    if known.state in REPLACEABLE:
        return Action.REPLACE
    # Other values than those that may be out there must not be called accepted when the doubt is settled.
    return Action.LEAVE if known.digest == digest else Action.CHANGED


def choose_key(base: str, taken: Container[str], *, derived: bool) -> str:
    """The key of a record: its base, or for equal rows without a reference the next that this source has not taken."""
    if not derived:
        return base
    ordinal, key = 0, base
    while key in taken:
        ordinal += 1
        key = f"{base}-{ordinal}"
    return key


def may_supersede(old: Known, batch_id: int) -> bool:
    """Whether a corrected row may take the place of the entry that its error sheet names."""
    return old.state in REPLACEABLE and old.batch_id != batch_id


def voucher_state(case_state: State | None, parent_state: State | None) -> tuple[State, bool]:
    """A new voucher's state, and whether it can be sent at once; None stands for a case that exists already, or no parent."""
    waits_for = [state for state in (case_state, parent_state) if state is not None]
    if any(state in BLOCKING for state in waits_for):
        return State.BLOCKED, False
    return State.PENDING, all(state is State.ACCEPTED for state in waits_for)


def voucher_base(owner: str, content: str) -> str:
    """The derived identity of a voucher: its case's key and its own content."""
    return fingerprint("voucher", owner, content)


def voucher_digest(owner: str, content: str) -> str:
    """What tells two payloads of one unique id apart, the case included."""
    return fingerprint(owner, content)


def identity(voucher: VoucherRecord, case: Known | None) -> tuple[VoucherRecord, str]:
    """The voucher with its ids as they are for this case, and its base. A test case's own ids are kept apart."""
    if case is not None and case.is_test:
        prefixed = {n: f"{TEST_PREFIX}{v}" for n in ("unique_id", "parent") if (v := getattr(voucher, n))}
        voucher = replace(voucher, **prefixed)  # type: ignore[arg-type]  # both are str
    owner = case.key if case is not None else f"id:{voucher.case_id}"
    return voucher, voucher.unique_id or voucher_base(owner, voucher.fingerprint)


def most_fitting(cases: list[Known], batch_id: int) -> list[Known]:
    """Of the cases with one reference: those of this source, else those that are no test cases, else all."""
    unique = list({case.id: case for case in cases}.values())
    here = [case for case in unique if case.batch_id == batch_id]
    real = [case for case in unique if not case.is_test]
    return here or real or unique


def no_parent(key: str) -> Reason:
    message = "is not the unique_id of a voucher in this file or of one imported before. Correct it, or add that voucher"
    return Reason("parent_unknown", message, "parent_unique_id", "parent_unique_id", key.removeprefix(TEST_PREFIX))


CASE_REFUSED = Reason("case_refused", "Its case was refused or is held. Correct the case; the voucher follows it")
PARENT_REFUSED = Reason(
    "parent_refused", "Its case or its parent voucher was refused or is held. Correct that; the voucher follows it"
)
_ADDED_LATER = frozenset({"uniqueId", "referenceCaseVoucherId", "appendix.fileName", "appendix.contentType", "appendix.fileId"})


def differences(kind: Kind, old: bytes, new: bytes, limit: int = 3) -> str:
    """The members in which two payloads differ, with both values, by column name."""
    before, after = describe_wire(old), describe_wire(new)
    told = []
    for path in sorted(before.keys() | after.keys()):
        if path in _ADDED_LATER and path not in after.keys() & before.keys():
            continue
        if path != "uniqueId" and before.get(path) != after.get(path):
            name = name_of_path(kind, path) or path
            told.append(f"{name} was {before.get(path, 'empty')}, is now {after.get(path, 'empty')}")
    return "; ".join(told[:limit]) + ("; and more" if len(told) > limit else "")


def changed(kind: Kind, known: Known, payload: bytes, when: str) -> Reason:
    what = differences(kind, known.payload, payload) or "it belongs to another case now"
    if known.state is not State.ACCEPTED:
        state = known.state.replace("_", " ")
        message = f"This {kind} is {state} with other values: {what}. Import the row again when that is settled"
        return Reason("changed_in_doubt", message)
    return Reason("changed_after_import", f"This {kind} was imported {when} with other values: {what}. It was left as it is")


def twice(kind: Kind, known: Known, payload: bytes, where: str, *, may_repeat: bool) -> Reason:
    name = ("case_ref" if known.ref else None) if kind is Kind.CASE else "unique_id"
    if may_repeat:
        what = differences(kind, known.payload, payload)
        message = f"The row repeats the case of {where} with other values ({what}). Make them equal"
        return Reason("repeat_differs", message, name)
    return Reason("duplicate_in_file", f"The same {kind} stands in {where}. Remove one, or give it a key of its own", name)


def ambiguous_equal_rows(where: str) -> Reason:
    message = f"The row holds the same case as {where}, without a reference. Add case_ref to say whether it is one case"
    return Reason("case_ref_needed", message)


def not_to_be_replaced(kind: Kind, old: Known) -> Reason:
    state = old.state.replace("_", " ")
    label = f"{kind[0].upper()}{old.id}"
    return Reason("entry_not_open", f"The row belongs to entry {label}, which is {state}: a change cannot be taken in now")


def link_problem(
    voucher: VoucherRecord, found: int, *, row_rejected: bool, rejected: set[str]
) -> tuple[Reason, RejectStatus] | None:
    """Why a voucher has no case, given how many fit its ``case_ref``, and which cases were rejected; None if it has one."""
    if voucher.case_id or (voucher.case_ref is None and not row_rejected) or (voucher.case_ref and found == 1):
        return None
    if voucher.case_ref is None:
        return Reason("case_rejected", "Its case, in the same row, was rejected. Correct that first"), RejectStatus.BLOCKED
    if found:
        code, status = "case_ambiguous", RejectStatus.REJECTED
        message = "is the reference of several creditors' cases. Give case_id instead"
    elif voucher.case_ref in rejected:
        code, status = "case_rejected", RejectStatus.BLOCKED
        message = "is the reference of a case that was rejected. Correct the case first"
    else:
        code, status = "case_unknown", RejectStatus.REJECTED
        message = "is not the reference of a case in this file or of one imported before. Correct it, or add the case"
    return Reason(code, message, "case_ref", "case_ref", voucher.case_ref), status
