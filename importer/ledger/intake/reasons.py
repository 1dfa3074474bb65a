"""The reasons why a valid record is rejected while it is staged, written for the user."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any

import orjson

from importer.domain.columns import name_of_path
from importer.domain.identity import TEST_PREFIX, EntryLabel, match_text
from importer.domain.kinds import RecordKind
from importer.domain.later_words import PAID_IN_PART
from importer.domain.match_keys import in_one_form
from importer.domain.money import Money, cents_of, decimal_text
from importer.domain.personal_numbers.payloads import without_numbers
from importer.domain.reasons import Reason
from importer.domain.records import VoucherRecord, describe_wire
from importer.domain.shown_references import shown_reference
from importer.domain.states import RejectStatus, State
from importer.ledger.intake.decisions import ExistingEntry
from importer.ledger.queries.earlier_imports import EarlierImport


def no_parent(
    voucher: VoucherRecord, waiting: Mapping[str, str], *, is_rejected: bool, is_left_out: bool = False
) -> tuple[Reason, RejectStatus]:
    """Explain why a voucher's parent is missing after the last round.

    ``waiting`` holds the parents of all vouchers whose parent is missing, by the vouchers' unique ids. ``is_rejected``: a
    voucher with the parent's unique id was rejected; ``is_left_out``: it was left out with its case.
    """
    parent = (voucher.parent or "").removeprefix(TEST_PREFIX)
    field, status = "parent_unique_id", RejectStatus.REJECTED
    if circle := _circle(voucher.unique_id, waiting):
        way = " → ".join(name.removeprefix(TEST_PREFIX) for name in circle)
        problem, fix = "leads back to the voucher itself", "Correct one of the parents"
        reason = Reason("parent_circle", f"{problem}: {way}. {fix}", field, value=parent, gist=f"{problem}. {fix}")
    elif voucher.parent in waiting or is_rejected:
        message = "is the unique_id of a voucher that was rejected. Correct that one first; then this one is sent"
        reason, status = Reason("parent_rejected", message, field, value=parent), RejectStatus.BLOCKED
    elif is_left_out:
        message = "is the unique_id of a voucher that was left out. This one comes with it"
        reason, status = Reason("parent_left_out", message, field, value=parent), RejectStatus.LEFT_OUT
    else:
        message = "is not the unique_id of a voucher in this file or of one imported before. Correct it, or add that voucher"
        reason = Reason("parent_unknown", message, field, value=parent)
    return reason, status


def _circle(start: str | None, parents: Mapping[str, str]) -> list[str]:
    """Return the path from ``start`` along the parents back to it; empty if they do not lead back."""
    way = [start] if start else []
    while way and (following := parents.get(way[-1])) is not None:
        way.append(following)
        if following == start:
            return way
        if following in way[:-1]:
            break  # a circle further up, of which this voucher is not a part
    return []


_ADDED_LATER = frozenset({"uniqueId", "referenceCaseVoucherId", "appendix.fileName", "appendix.contentType", "appendix.fileId"})


def differences(kind: RecordKind, old: bytes, new: bytes, limit: int = 3) -> str:
    """Describe up to ``limit`` members in which two payloads differ: ``amount was 10.00, is now 12.00; ...``.

    A payload of an earlier release may hold personal numbers, which are not shown.
    """
    before, after = (describe_wire(in_one_form(without_numbers(payload))) for payload in (old, new))
    found = []
    for path in sorted(before.keys() | after.keys()):
        if path in _ADDED_LATER and path not in after.keys() & before.keys():
            continue
        if path != "uniqueId" and _visible(before.get(path)) != _visible(after.get(path)):
            name = name_of_path(kind, path) or path
            was, now = (_as_written(path, values.get(path)) for values in (before, after))
            found.append(f"{name} was {was}, is now {now}")
    return "; ".join(found[:limit]) + ("; and more" if len(found) > limit else "")


def _visible(value: object) -> object:
    return match_text(value) if isinstance(value, str) else value


def _as_written(path: str, value: object) -> str:
    """Format a member of a payload as in a sheet: amounts in major units, also where the API takes hundredths."""
    if path == "amountToRecover" and isinstance(value, int | float):
        return decimal_text(cents_of(Decimal(str(value))))
    if path == "amount" and isinstance(value, int):
        return f"{decimal_text(abs(value))}{' (credit)' if value > 0 else ''}"
    return "empty" if value is None else str(value)


def reused_while_waiting(known: ExistingEntry, payload: bytes, imported: str) -> Reason:
    """Reject a case with the reference of another claim that was not sent yet: taking its place would lose that claim."""
    label = EntryLabel.of(RecordKind.CASE, known.id, known.key).text()
    what = differences(RecordKind.CASE, known.payload, payload)
    fix = (
        "Give the row a reference of its own; if it replaces that claim, correct the row in errors.xlsx, "
        "or take the claim out first"
    )
    is_one = f"is the reference of another claim that is {known.state.value}"
    message = f"{is_one}: {label}, {imported} ({what}). {fix}"
    named = shown_reference(known.ref, known.payload)
    return Reason("reused_while_waiting", message, "case_ref", value=named, gist=f"{is_one}. {fix}", entries=(label,))


def reused(kind: RecordKind, known: ExistingEntry, payload: bytes, imported: str) -> Reason:
    """Reject a record that was imported before and is another or a larger claim now: see ``decisions.keeps_claim``."""
    if known.state is not State.ACCEPTED:
        return changed(kind, known, payload, imported)
    what = differences(kind, known.payload, payload) or "it belongs to another case now"
    fix = f"Nothing was sent. If it is another {kind}, give the row a reference of its own; else tell the collection partner"
    label = EntryLabel.of(kind, known.id, known.key).text()
    message = f"This {kind} was imported {imported} ({label}), with other values: {what}. {fix}"
    gist = f"This {kind} was imported before with other values. {fix}"
    return Reason("reused_after_import", message, gist=gist, entries=(label,))


def changed(kind: RecordKind, known: ExistingEntry, payload: bytes, imported: str) -> Reason:
    """Reject a record that was imported before with other values. ``imported`` describes that import."""
    what = differences(kind, known.payload, payload) or "it belongs to another case now"
    if known.state is not State.ACCEPTED:
        state, rest = known.state.replace("_", " "), "Import the row again when that is settled"
        message = f"This {kind}, {imported}, is {state} with other values: {what}. {rest}"
        return Reason("changed_in_doubt", message, gist=f"This {kind} is {state} with other values. {rest}")
    if fallen := _fallen_amount(kind, known.payload, payload):
        fix = "Tell the collection partner in the chat of the case; the importer cannot change it"
        also = f" ({what})" if ";" in what else ""
        message = f"This case was imported {imported}, and less is open now: amount_to_recover {fallen}{also}. {fix}"
        return Reason(PAID_IN_PART, message, gist=f"This case was imported before, and less is open now. {fix}")
    message = f"This {kind} was imported {imported}, with other values: {what}. It was left unchanged"
    gist = f"This {kind} was imported before with other values. It was left unchanged"
    return Reason("changed_after_import", message, gist=gist)


def _fallen_amount(kind: RecordKind, old: bytes, new: bytes) -> str:
    """Return ``was 200.00, is now 50.00`` if less of a case is open than before, else nothing."""
    if kind is not RecordKind.CASE:
        return ""
    was, now = (orjson.loads(payload).get("amountToRecover") for payload in (old, new))
    if was is None or now is None or Decimal(str(now)) >= Decimal(str(was)):
        return ""
    return f"was {_as_written('amountToRecover', was)}, is now {_as_written('amountToRecover', now)}"


def twice(kind: RecordKind, known: ExistingEntry, payload: bytes, where: str, *, named: str | None) -> Reason:
    """Reject a record whose key is in ``where`` already with other values; what that row holds was or may have been sent."""
    what = differences(kind, known.payload, payload) or "they belong to different cases"
    fix = "Remove one of the rows, or give it a key of its own"
    message, gist = f"appears in {where} too, with other values ({what}). {fix}", f"appears in another row too. {fix}"
    if named is None:
        return Reason("duplicate_in_file", f"The row {message}", gist=f"The row {gist}")
    return Reason("duplicate_in_file", message, _NAMED_BY[kind], value=named.removeprefix(TEST_PREFIX), gist=gist)


_NAMED_BY = {RecordKind.CASE: "case_ref", RecordKind.VOUCHER: "unique_id"}


@dataclass(slots=True)
class Contradiction:
    """The rows of a source that hold the same case or voucher with different values."""

    kind: RecordKind
    named: str | None
    what: str
    """How two of the rows differ."""
    is_flat: bool
    is_document: bool
    rejected: list[tuple[int, Money]] = field(default_factory=list)
    """The rows that are not linked to the entry, with their money."""


def contradiction(found: Contradiction, rows: str) -> Reason:
    """Reject all ``rows`` of a source that hold the same case or voucher with different values."""
    code, fix = "duplicate_in_file", "give each of them a key of its own"
    if found.is_flat:
        code, fix = "repeat_differs", "give each case a reference of its own"
    elif found.is_document:
        fix = "give each of them a unique_id, if they are instalments or different documents"
    what = f"the same {found.kind} with different values"
    rest = f"None of them was sent: make the rows equal, or {fix}"
    if found.named is None or found.is_document:
        return Reason(code, f"{_upper(rows)} hold {what} ({found.what}). {rest}", gist=f"Several rows hold {what}. {rest}")
    named = found.named.removeprefix(TEST_PREFIX)
    message = f"is in {rows}: {what} ({found.what}). {rest}"
    return Reason(code, message, _NAMED_BY[found.kind], value=named, gist=f"is in several rows: {what}. {rest}")


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]


@dataclass(frozen=True, slots=True)
class Twin:
    """An entry that a record may be the same as: its label, and where it comes from in words."""

    label: str
    place: str

    @classmethod
    def of(cls, kind: RecordKind, found: ExistingEntry | Any, imported: EarlierImport | None) -> Twin:
        """Describe an entry. ``imported`` is the file and row that it comes from."""
        label = EntryLabel.of(kind, found.id, found.key).text()
        named = shown_reference(found.ref, found.payload) if kind is RecordKind.CASE else None
        reference = f"reference {named}" if named else ""
        remote = f"{kind} {imported.remote_id}" if imported and imported.remote_id else ""
        return cls(label, ", ".join(filter(None, (imported.place if imported else "", reference, remote))))

    def in_words(self) -> str:
        """Return the label with its place in brackets."""
        return f"{self.label} ({self.place})" if self.place else self.label


class TwinLikeness(StrEnum):
    """What two cases have in common that may be the same one, in words."""

    REFERENCE = "the same debtor, date, amount and currency, under a reference that differs in letter case or zeros only"
    DEBTOR = "the same debtor, date and currency, and one of them has no reference"
    NUMBER = "the same creditor reference, under another key"
    NAME = "the same date, amount and currency, and the debtor's name of one continues that of the other; neither has a reference"
    PERSONAL = "the same debtor, date, amount and currency, under a reference that was a personal number"
    VALUES = "all values are the same, and neither has a reference to tell them apart"


def suspected_twin(known: ExistingEntry, twins: Sequence[Twin], likeness: TwinLikeness) -> Reason:
    """Question a case that may be one of the ``twins``."""
    label = EntryLabel.of(RecordKind.CASE, known.id, known.key).text()
    what = f"may be the same case as {{}}: {likeness}"
    return _question("suspected_twin", what, label, twins, RecordKind.CASE, shown_reference(known.ref, known.payload))


def several_alike(
    kind: RecordKind, label: str, named: str | None, twins: Sequence[Twin], *, only_by_cells: bool = False
) -> Reason:
    """Question a record of which it cannot be decided which of several entries it is, or whether it is one of them.

    ``only_by_cells``: it has the cells of that entry's row, and means something else.
    """
    code, what = "several_alike", f"may be the same {kind} as {{}}, but does not agree with it"
    if only_by_cells:
        code, what = "same_cells", f"may be the same {kind} as {{}}: it has the same cells, but means something else now"
    return _question(code, what, label, twins, kind, named)


def _question(code: str, what: str, label: str, twins: Sequence[Twin], kind: RecordKind, named: str | None) -> Reason:
    resolve = (
        "If it is another claim, write send in #answer or run `importer resolve {} --send`; "
        "if it is the same, same as ID or `importer resolve {} --same-as {}`"
    )
    places = " or ".join(twin.in_words() for twin in twins)
    message = f"{what.format(places)}. {resolve.format(label, label, twins[0].label)}"
    gist = f"{what.format(f'another {kind}')}. {resolve.format('#entry', '#entry', 'ENTRY')}"
    entries = tuple(twin.label for twin in twins)
    if named is None:
        return Reason(code, f"The row {message}", gist=f"The row {gist}", entries=entries)
    return Reason(code, message, _NAMED_BY[kind], value=named.removeprefix(TEST_PREFIX), gist=gist, entries=entries)


def ambiguous_equal_rows(where: str) -> Reason:
    """Reject a flat row without a reference whose case equals that of ``where``: it may be the same case or a second one."""
    rest = "without a reference. Add case_ref to show whether it is one case"
    gist = f"The row holds the same case as an earlier one, {rest}"
    return Reason("case_ref_needed", f"The row holds the same case as {where}, {rest}", gist=gist)


def differs_from_left_out(kind: RecordKind, left_out: bytes, payload: bytes, where: str, *, named: str | None) -> Reason:
    """Reject a case that ``where``, a row that is left out, holds with other values: it is not clear which of them counts."""
    fix = "Make them equal, or remove one of the rows"
    message = f"appears in {where} too, with other values ({differences(kind, left_out, payload)}), and is left out there"
    gist = "appears in another row too, with other values, and is left out there"
    return Reason("left_out_in_file", f"{message}. {fix}", _NAMED_BY[kind], value=named, gist=f"{gist}. {fix}")


def case_left_out(voucher: VoucherRecord) -> Reason:
    """Explain that a voucher is left out with its case."""
    if voucher.case_ref is None:
        return Reason("case_left_out", "Its case, in the same row, is left out. The voucher comes with the case")
    message = "is the reference of a case that is left out. The voucher comes with the case"
    return Reason("case_left_out", message, "case_ref", value=voucher.case_ref)


def not_to_be_replaced(kind: RecordKind, old: ExistingEntry) -> Reason:
    """Reject a correction of an entry whose state does not allow it."""
    state = old.state.replace("_", " ")
    label = EntryLabel.of(kind, old.id, old.key).text()
    rest = f"which is {state}: it cannot be changed now"
    return Reason("entry_not_open", f"The row belongs to entry {label}, {rest}", gist=f"The row belongs to an entry {rest}")


def link_problem(
    voucher: VoucherRecord, found: int, *, row_rejected: bool, rejected: Collection[str]
) -> tuple[Reason, RejectStatus] | None:
    """Explain why a voucher has no case; None if it has one.

    ``found`` is the number of cases with its ``case_ref``; ``rejected`` are the references of rejected cases.
    """
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
    return Reason(code, message, "case_ref", value=voucher.case_ref), status
