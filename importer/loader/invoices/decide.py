"""What becomes of one debtor's documents in one currency: a case with its vouchers, nothing, or a reject. A pure function."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum, auto

from importer.domain.documents import DocumentKind
from importer.domain.reasons import Reason
from importer.loader.invoices import reasons
from importer.loader.invoices.doubts import doubts_about, with_left_out
from importer.loader.invoices.listed import ListedDocument, Place, Standing, number_equal, own_numbers
from importer.loader.invoices.set_off import Links, left_after, links_between
from importer.loader.rows.verdict import HELD


@dataclass(frozen=True, slots=True)
class GroupRules:
    """What the profile says about the documents of a list."""

    payments_count: bool = True
    leaves_out_disputed: bool = False


class GroupOutcome(Enum):
    """What becomes of a group."""

    CASE = auto()
    LEFT_OUT = auto()
    REJECTED = auto()


@dataclass(frozen=True)
class GroupDecision:
    """What becomes of a group. ``reason`` says why it is no case, or is rejected.

    ``members`` are the documents of the case, the oldest first; ``out`` are the others, each with the reason. ``cents`` is the
    principal that is open and due, ``unassigned_cents`` what of the credits and payments names no invoice, ``fee_cents`` what is
    not in the principal. ``date`` and ``due`` are the oldest of the invoices of which something is left.
    """

    outcome: GroupOutcome
    reason: Reason | None = None
    cents: int = 0
    date: dt.date | None = None
    due: dt.date | None = None
    members: tuple[ListedDocument, ...] = ()
    parents: Mapping[Place, ListedDocument] = field(default_factory=dict)
    out: Mapping[Place, Reason] = field(default_factory=dict)
    questions: tuple[Reason, ...] = ()
    unconfirmed: Reason | None = None
    unassigned_cents: int = 0
    fee_cents: int = 0
    mostly_younger: int = 0
    """12, 24 or 6: the months that most of the money is younger than, although the due date is not; 0 if that is not so."""


def decide(documents: Sequence[ListedDocument], rules: GroupRules, today: dt.date, asked: Iterable[Reason] = ()) -> GroupDecision:
    """Decide on the documents of one debtor in one currency.

    ``asked`` are questions that documents elsewhere ask about this debtor, such as a credit in another currency.
    """
    own_numbers(documents)
    number_equal(documents)
    if wrong := _objection(documents):
        return GroupDecision(GroupOutcome.REJECTED, wrong)
    unique = list({(one.identity, one.values): one for one in sorted(documents, key=_by_place, reverse=True)}.values())
    out = _left_out(unique, rules)
    invoices = [one for one in unique if one.kind is DocumentKind.INVOICE]
    lowering = [one for one in unique if one.lowers and one.place not in out]
    links = links_between(invoices, lowering)
    with_named, links, exceeding = with_left_out(lowering, links, out)
    out |= with_named
    out |= _as_first(documents, unique, out)
    counted = [one for one in unique if one.place not in out]
    questions = (*asked, *exceeding, *doubts_about(documents, counted))
    return _of_counted(counted, documents, links, out, today, questions)


def _by_place(one: ListedDocument) -> Place:
    return one.place


def _objection(documents: Sequence[ListedDocument]) -> Reason | None:
    """Return why no case can be made: a bad row, or two rows that contradict each other."""
    bad = sorted((one for one in documents if one.standing is Standing.REJECTED), key=_by_place)
    if bad:
        return reasons.bad_rows(bad)
    seen: dict[tuple[str, ...], ListedDocument] = {}
    for one in sorted(documents, key=_by_place):
        first = seen.setdefault(one.identity, one)
        if first.values != one.values:
            return reasons.contradiction(first, one)
    return None


def _left_out(documents: Iterable[ListedDocument], rules: GroupRules) -> dict[Place, Reason]:
    out = {}
    for one in documents:
        if one.standing in (Standing.LEFT_OUT, Standing.NOT_DUE):
            out[one.place] = one.reasons[0] if one.reasons else reasons.NOT_CLAIMED
        elif one.kind is DocumentKind.PAYMENT and not rules.payments_count:
            out[one.place] = reasons.PAYMENT_IGNORED
        elif rules.leaves_out_disputed and _is_disputed(one):
            out[one.place] = reasons.disputed(one)
    return out


def _is_disputed(one: ListedDocument) -> bool:
    """Return whether a document can be left out as disputed. A credit cannot: without it more would be claimed."""
    return not one.lowers and one.standing is Standing.QUESTION and all(r.code == HELD for r in one.reasons)


def _as_first(
    documents: Iterable[ListedDocument], unique: Iterable[ListedDocument], out: Mapping[Place, Reason]
) -> dict[Place, Reason]:
    """Return the rows that repeat one that is left out."""
    why = {(one.identity, one.values): out[one.place] for one in unique if one.place in out}
    return {one.place: why[key] for one in documents if (key := (one.identity, one.values)) in why}


def _of_counted(
    counted: Sequence[ListedDocument],
    documents: Sequence[ListedDocument],
    links: Links,
    out: dict[Place, Reason],
    today: dt.date,
    asked: tuple[Reason, ...],
) -> GroupDecision:
    unread = [one for one in counted if one.standing is Standing.UNREAD]
    invoices, lowering, fees = _by_effect(counted)
    invoiced, credited = _sum(invoices), _sum(lowering)
    remaining, unassigned = left_after(invoices, lowering, links)
    questions = (*asked, *reasons.of_rows(unread), *_questions(counted))
    out |= {one.place: next(iter(one.reasons), reasons.NOT_CLAIMED) for one in unread}
    if not invoices:
        why = reasons.FEES_ONLY if fees and not lowering else reasons.NOTHING_TO_CLAIM
        return GroupDecision(GroupOutcome.LEFT_OUT, why, out=out, fee_cents=_sum(fees), unassigned_cents=unassigned)
    if invoiced <= credited:
        if unassigned and invoiced > credited - unassigned:
            return _swallowed(counted, documents, links, out, today, questions)
        return GroupDecision(GroupOutcome.LEFT_OUT, reasons.balance(invoiced - credited), out=out, unassigned_cents=unassigned)
    found = GroupDecision(
        GroupOutcome.CASE,
        cents=invoiced - credited,
        members=_members(counted, out),
        parents=links.without(out),
        out=out | _repeats(counted, documents, out),
        questions=tuple(dict.fromkeys((*questions, *_large(unassigned, invoiced)))),
        unconfirmed=_unconfirmed(documents),
        unassigned_cents=unassigned,
        fee_cents=_sum(fees),
    )
    return _dated(found, remaining, today)


def _by_effect(counted: Sequence[ListedDocument]) -> tuple[list[ListedDocument], ...]:
    """Return the invoices, the credits and payments, and the fees among the documents that can be read."""
    read = [one for one in counted if one.standing is not Standing.UNREAD]
    invoices, fees = ([one for one in read if one.kind is kind] for kind in (DocumentKind.INVOICE, DocumentKind.FEE))
    return invoices, [one for one in read if one.lowers], fees


def _large(unassigned: int, invoiced: int) -> Iterable[Reason]:
    return [reasons.large_credits(unassigned, invoiced)] if 2 * unassigned > invoiced else []


def _unconfirmed(documents: Iterable[ListedDocument]) -> Reason | None:
    """Return what is asked about a value of the first row that nobody has confirmed; None if there is none."""
    found = sorted((one for one in documents if one.unconfirmed), key=_by_place)
    return found[0].unconfirmed if found else None


def _dated(found: GroupDecision, remaining: Sequence[ListedDocument], today: dt.date) -> GroupDecision:
    """Return a case with the oldest dates of the invoices of which something is left."""
    due = min((one.due for one in remaining if one.due), default=None)
    day = min(one.date for one in remaining if one.date)
    return replace(found, date=day, due=due, mostly_younger=_mostly_younger(remaining, due, today))


def _swallowed(
    counted: Sequence[ListedDocument],
    documents: Sequence[ListedDocument],
    links: Links,
    out: dict[Place, Reason],
    today: dt.date,
    questions: tuple[Reason, ...],
) -> GroupDecision:
    """Ask about a debtor of whom unassigned credits leave nothing to claim. What is sent if a person says so is without them."""
    unassigned = [one for one in counted if one.lowers and one.place not in links.named and one.standing is not Standing.UNREAD]
    credited = _sum(unassigned)
    invoiced = sum(one.open_cents for one in counted if one.kind is DocumentKind.INVOICE)
    asked = (*questions, reasons.swallowing(credited, invoiced))
    left = dict.fromkeys((one.place for one in unassigned), reasons.NOT_TAKEN_OFF)
    left |= _as_first(documents, unassigned, left)
    rest = [one for one in counted if one.place not in left]
    found = _of_counted(rest, documents, links, out | left, today, asked)
    return replace(found, unassigned_cents=credited)


def _members(counted: Iterable[ListedDocument], out: Mapping[Place, Reason]) -> tuple[ListedDocument, ...]:
    """Return the documents of the case, each once, the oldest first."""
    return tuple(sorted((one for one in counted if one.place not in out), key=lambda one: (one.order, one.place)))


def _repeats(
    counted: Iterable[ListedDocument], documents: Iterable[ListedDocument], out: Mapping[Place, Reason]
) -> dict[Place, Reason]:
    """Return the rows that repeat a document of the case in full, which count and are booked once."""
    first = {(one.identity, one.values): one for one in counted if one.place not in out}
    found = ((one, first.get((one.identity, one.values))) for one in documents)
    return {one.place: reasons.repeats(known) for one, known in found if known is not None and known.place != one.place}


def _questions(counted: Iterable[ListedDocument]) -> Iterable[Reason]:
    return reasons.of_rows(sorted((one for one in counted if one.standing is Standing.QUESTION), key=_by_place))


def _sum(documents: Iterable[ListedDocument]) -> int:
    return sum(one.open_cents for one in documents)


_AGES = (24, 12, 6)
"""Months that decide what a collection costs, the most first."""


def _mostly_younger(remaining: Sequence[ListedDocument], due: dt.date | None, today: dt.date) -> int:
    """Return the months than which the due date is older although more than half of the money is not; 0 if there are none."""
    if due is None:
        return 0
    for months in _AGES:
        limit = _months_before(today, months)
        young = sum(one.open_cents for one in remaining if (one.due or one.date or today) > limit)
        if due <= limit and 2 * young > _sum(remaining):
            return months
    return 0


def _months_before(day: dt.date, months: int) -> dt.date:
    years, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return dt.date(years, month + 1, min(day.day, 28))
