"""Decisions on staging a record, given the entries that the ledger has. They are pure, and tested as a table."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum, auto
from typing import Any, NamedTuple

import orjson

from importer.domain.identity import fingerprint, match_text
from importer.domain.kinds import RecordKind
from importer.domain.match_keys import DocumentDates, VoucherParts, same_values
from importer.domain.personal_numbers.payloads import without_numbers
from importer.domain.states import BLOCKING, REPLACEABLE, RowOrigin, State


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
    answer: str | None = None
    party: str | None = None


class IntakeDecision(Enum):
    """The decision on a record."""

    INSERT = auto()
    REPLACE = auto()  # the old payload created nothing remotely: the new one replaces it
    KNOWN = auto()  # accepted before with the same payload
    LEAVE = auto()  # in doubt, held, questioned or dropped: the entry does not change until that is resolved
    ANSWERED = auto()  # the user has answered that it is the same as another entry
    SHARED = auto()  # a flat row that holds the case of an earlier row
    REPEATED = auto()  # the source holds the same record in an earlier row
    QUESTION = auto()  # it may be the same as an entry: a new entry that is not sent until the user answers
    CHANGED = auto()  # accepted before with another payload: nothing is sent, and it is a reject if the claim grew
    TWICE = auto()  # the source holds the same key twice, and the entry may exist remotely: a reject
    CONTRADICTION = auto()  # the source holds the same key twice with different values: all these rows are rejects


ORIGINS = {
    IntakeDecision.KNOWN: RowOrigin.KNOWN,
    IntakeDecision.ANSWERED: RowOrigin.KNOWN,
    IntakeDecision.SHARED: RowOrigin.SHARED,
    IntakeDecision.REPEATED: RowOrigin.REPEATED,
}
"""Where a row's entry comes from. With any other decision the row is new."""


def decide(known: ExistingEntry | None, batch_id: int, *, same: bool, may_repeat: bool) -> IntakeDecision:
    """Decide on a record that was recognized as ``known``.

    ``same``: they have the same values. ``may_repeat``: the record is the case of a flat row.
    """
    if known is None:
        return IntakeDecision.INSERT
    if known.batch_id == batch_id:
        return _decide_again(known, same=same, may_repeat=may_repeat)
    if known.state is State.ACCEPTED:
        return IntakeDecision.KNOWN if same else IntakeDecision.CHANGED
    if same and _waits_for_the_user(known):
        return IntakeDecision.LEAVE
    if known.state in REPLACEABLE:
        return IntakeDecision.REPLACE
    # With other values, resolving the doubt must not report the new values as accepted.
    return IntakeDecision.LEAVE if same else IntakeDecision.CHANGED


def _waits_for_the_user(known: ExistingEntry) -> bool:
    """Return whether an entry is questioned, or was dropped by an answer; one without an answer was dropped with its case."""
    return known.state is State.QUESTIONED or (known.state is State.DROPPED and known.answer is not None)


def _decide_again(known: ExistingEntry, *, same: bool, may_repeat: bool) -> IntakeDecision:
    """Decide on a record whose entry an earlier row of the source holds."""
    if same:
        return IntakeDecision.SHARED if may_repeat else IntakeDecision.REPEATED
    return IntakeDecision.CONTRADICTION if known.state in REPLACEABLE else IntakeDecision.TWICE


def has_values(known: ExistingEntry, digest: str, payload: bytes, *, of_case: tuple[int | None, str | None]) -> bool:
    """Return whether an entry has the values of a record with this digest and payload, apart from what cannot be seen.

    Personal numbers in the payload of an earlier release are no values: a record has none.

    ``of_case``: a voucher's case, or the id of an existing one.
    """
    if known.digest == digest:
        return True
    return (
        has_other_text(known, payload)
        and (known.case_id, known.target) == of_case
        and same_values(without_numbers(known.payload), payload)
    )


def has_other_text(known: ExistingEntry, payload: bytes) -> bool:
    """Return whether the request of a record differs; else its parent or its attached file does. A sent one may name its file."""
    return known.payload[: len(payload) - 1] != payload[:-1]


def keeps_claim(kind: RecordKind, old: bytes, new: bytes) -> bool:
    """Return whether a record with the payload ``new`` is the claim of ``old``, and no larger one.

    The debtor's name, the currency and the date agree (for a voucher its type, its source, the currency and the date), and
    the debtor does not owe more.
    """
    before, after = orjson.loads(without_numbers(old)), orjson.loads(new)
    if differing_traits(kind, before, after):
        return False
    return _owed(kind, after) <= _owed(kind, before)


def is_same_claim(one: bytes, other: bytes) -> bool:
    """Return whether two requests are of the same day and for the same amount, whatever their texts say."""
    first, second = orjson.loads(one), orjson.loads(other)
    members = ("amountToRecover", "currencyCode", "amount", "currency", "date", "voucherTypeId")
    return all(first.get(name) == second.get(name) for name in members)


def is_another_claim(old: bytes, new: bytes) -> bool:
    """Return whether a case got the reference of another one: both the debtor's name and the date differ."""
    return {"debtor.name", "date"} <= set(differing_traits(RecordKind.CASE, orjson.loads(old), orjson.loads(new)))


def differing_traits(kind: RecordKind, before: Any, after: Any) -> list[str]:
    """Return in which members two requests are different claims."""
    names = _CASE_TRAITS if kind is RecordKind.CASE else _VOUCHER_TRAITS
    return [name for name in names if _trait(before, name) != _trait(after, name)]


_CASE_TRAITS = ("debtor.name", "currencyCode", "date")
_VOUCHER_TRAITS = ("voucherTypeId", "source", "currency", "date")


def _trait(payload: Any, path: str) -> object:
    value = payload
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return match_text(value) if isinstance(value, str) else value


def _owed(kind: RecordKind, payload: Any) -> Decimal:
    """Return what the debtor owes by a payload. The amount of a voucher that counts against the debtor is negative."""
    amount = Decimal(str(payload.get("amountToRecover" if kind is RecordKind.CASE else "amount") or 0))
    return amount if kind is RecordKind.CASE else -amount


def free_key(base: str, taken: Collection[str], suffix: str | None = None) -> str:
    """Return a key for a new entry: its base if that is free, else base-suffix, else the first free one of base-1, base-2, ..."""
    if base not in taken:
        return base
    if suffix and (key := f"{base}-{suffix}") not in taken:
        return key
    ordinal = 1
    while f"{base}-{ordinal}" in taken:
        ordinal += 1
    return f"{base}-{ordinal}"


def may_supersede(old: ExistingEntry, batch_id: int) -> bool:
    """Return whether a corrected row may replace the entry that its error sheet names."""
    return old.state in REPLACEABLE and old.batch_id != batch_id


def voucher_state(case_state: State | None, parent_state: State | None) -> tuple[State, bool]:
    """Return a new voucher's state, and whether it can be sent at once. None: an existing remote case, or no parent."""
    if State.DROPPED in {case_state, parent_state}:
        return State.DROPPED, False
    if case_state in BLOCKING or parent_state in BLOCKING:
        return State.BLOCKED, False
    exists = (State.ACCEPTED, None)
    return State.PENDING, case_state in exists and parent_state in exists


def voucher_digest(owner: str, content: str) -> str:
    """Return the fingerprint by which two payloads of one unique id are compared, including the case."""
    return fingerprint(owner, content)


def most_fitting(cases: Sequence[ExistingEntry], batch_id: int, alike: Sequence[ExistingEntry] = ()) -> list[ExistingEntry]:
    """Choose among the cases with one reference: those of this source, else those that are not test cases, else all.

    ``alike`` are cases whose reference differs in what cannot be seen. They count if no other one is in this source.
    """
    unique = list({case.id: case for case in cases}.values())
    all_of_them = list({case.id: case for case in (*unique, *alike)}.values())
    for found in (unique, all_of_them):
        if here := [case for case in found if case.batch_id == batch_id]:
            return here
    chosen = unique or all_of_them
    return [case for case in chosen if not case.is_test] or chosen


# Which of several entries a record is


class EntryChoice(NamedTuple):
    """The entry that a record is; without one a new entry, with ``suffix`` in its key.

    ``several``: the entries of which it may be any. ``waits``: the rest of the source decides. ``only_by_cells``: it was
    read from a row with the same cells as theirs, but means something else.
    """

    known: ExistingEntry | None = None
    several: tuple[ExistingEntry, ...] = ()
    waits: bool = False
    suffix: str | None = None
    only_by_cells: bool = False


def choose_single(exact: Sequence[ExistingEntry], alike: Sequence[ExistingEntry], batch_id: int) -> EntryChoice:
    """Choose the entry of a record with a key of its own: the exact one, else the only one that is alike."""
    if exact:
        return EntryChoice(exact[0])
    here = [known for known in alike if known.batch_id == batch_id]
    found = here if len(here) == 1 else list(alike)
    return EntryChoice(found[0] if len(found) == 1 else None, tuple(found) if len(found) > 1 else ())


def choose_counted(alike: Sequence[ExistingEntry], digest: str, batch_id: int, *, last: bool) -> EntryChoice:
    """Choose the entry of a record of which a source may hold several: the first that no earlier row of it holds.

    One with exactly its values comes first. If there is none, the record waits until the ``last`` round, since another row
    of the source may have them.
    """
    free = [known for known in alike if known.batch_id != batch_id]
    if equal := _first(known for known in free if known.digest == digest):
        return EntryChoice(equal)
    return EntryChoice(free[0] if free and last else None, waits=bool(free) and not last)


def choose_document(
    alike: Sequence[ExistingEntry],
    digest: str,
    dates: DocumentDates,
    batch_id: int,
    dues: Collection[str | None],
    *,
    last: bool,
) -> EntryChoice:
    """Choose the entry of a document, of which all entries with its number are given.

    One with its values comes first, then one with its dates. Other ones wait until the ``last`` round: if the rows of this
    source have several due days (``dues``), they are instalments.
    """
    free, here = _parted(alike, batch_id)
    if chosen := _of_values(free, here, digest, dates):
        return chosen
    if not alike or not last:
        return EntryChoice(waits=bool(alike), suffix=dates.due)
    if contradicted := _first(known for known in here if not _are_instalments(known, dates)):
        return EntryChoice(contradicted)
    due_days = {*dues, *(VoucherParts.of(known.payload).dates.due for known in here)} - {None}
    return _of_other_dates(free, dates, are_instalments=len(due_days) > 1)


def _of_values(
    free: Sequence[ExistingEntry], here: Sequence[ExistingEntry], digest: str, dates: DocumentDates
) -> EntryChoice | None:
    """Choose the entry with the document's values, else the one with its dates; None if there is none."""
    if equal := _first(known for known in (*free, *here) if known.digest == digest):
        return EntryChoice(equal)
    free_of_dates, here_of_dates = (
        [known for known in entries if VoucherParts.of(known.payload).dates == dates] for entries in (free, here)
    )
    if len(free_of_dates) > 1:
        return EntryChoice(several=tuple(free_of_dates))
    found = _first((*free_of_dates, *here_of_dates))
    return EntryChoice(found) if found else None


def _of_other_dates(free: Sequence[ExistingEntry], dates: DocumentDates, *, are_instalments: bool) -> EntryChoice:
    """Choose among entries with the document's number and other dates, none of which another row of the source holds."""
    if not free:
        return EntryChoice(suffix=dates.due)
    unsent = [known for known in free if known.state in REPLACEABLE]
    of_day = [known for known in free if VoucherParts.of(known.payload).dates.day == dates.day]
    if not are_instalments and len(of_day) == 1:  # the due day has changed
        return EntryChoice(of_day[0])
    if unsent:
        return EntryChoice(unsent[0])
    return EntryChoice(several=tuple(free), suffix=dates.due)


def _are_instalments(known: ExistingEntry, dates: DocumentDates) -> bool:
    due = VoucherParts.of(known.payload).dates.due
    return due is not None and dates.due is not None and due != dates.due


def _parted(entries: Iterable[ExistingEntry], batch_id: int) -> tuple[list[ExistingEntry], list[ExistingEntry]]:
    """Part entries into those that no row of this source holds, and those that one does."""
    free: list[ExistingEntry] = []
    here: list[ExistingEntry] = []
    for known in entries:
        (here if known.batch_id == batch_id else free).append(known)
    return free, here


def _first(entries: Iterable[ExistingEntry]) -> ExistingEntry | None:
    return next(iter(entries), None)
