"""The texts of a case that is made from a list: its documents in the comments, and the claim in one sentence."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from importer.domain.documents import DocumentKind
from importer.domain.money import grouped_text
from importer.loader.invoices.decide import GroupDecision
from importer.loader.invoices.listed import ListedDocument

MOST_CHARACTERS = 4000
"""Characters that Debitura takes as comments, and as the description of a claim."""

_HEADS = {
    DocumentKind.INVOICE: "Invoices",
    DocumentKind.CREDIT_NOTE: "Credit notes",
    DocumentKind.PAYMENT: "Payments",
    DocumentKind.FEE: "Fees and interest, which are not in the amount",
}


def comments_of(decision: GroupDecision, currency: str) -> str:
    """Return the list of the documents of a case, in at most ``MOST_CHARACTERS``.

    If not all of them fit, the oldest of each kind are listed, and the others are counted with their sum.
    """
    unique = _unique(decision.members)
    for most in (len(unique), 60, 40, 25, 15, 8, 3, 1):
        if most <= len(unique) and len(text := _listed(unique, currency, decision.cents, most)) <= MOST_CHARACTERS:
            return text
    return _listed(unique, currency, decision.cents, 0)[:MOST_CHARACTERS]


def _unique(members: Iterable[ListedDocument]) -> list[ListedDocument]:
    return list({one.identity: one for one in members}.values())


def _listed(members: Sequence[ListedDocument], currency: str, cents: int, most: int) -> str:
    lines = []
    for kind, head in _HEADS.items():
        if of_kind := [one for one in members if one.kind is kind]:
            lines += [f"{head} ({currency}):", *map(_line, of_kind[:most])]
            if more := of_kind[most:]:
                lines.append(f"and {len(more):,} more, {grouped_text(sum(one.open_cents for one in more))} together")
    lines.append(f"To be recovered: {currency} {grouped_text(cents)}")
    return "\n".join(lines)


def _line(one: ListedDocument) -> str:
    number = one.shown or "without a number"
    day = f" of {one.date}" if one.date else ""
    due = f", due {one.due}" if one.due and one.kind is DocumentKind.INVOICE else ""
    minus = "-" if one.lowers else ""
    of_all = f" open of {grouped_text(one.booked_cents)}" if one.booked_cents != one.open_cents else ""
    named = f", for {one.named}" if one.named and one.named != number else ""
    remark = f" ({' '.join(one.remark.split())})" if one.remark else ""
    return f"{number}{day}{due}{named}: {minus}{grouped_text(one.open_cents)}{of_all}{remark}"


def description_of(decision: GroupDecision) -> str:
    """Return what the claim is for: what the sheet says, else in one sentence how many invoices of which days."""
    invoices = [one for one in _unique(decision.members) if one.kind is DocumentKind.INVOICE]
    said = list(dict.fromkeys(one.description for one in invoices if one.description))
    if len(said) == 1:
        return said[0]
    what = "1 unpaid invoice" if len(invoices) == 1 else f"{len(invoices):,} unpaid invoices"
    is_lowered = any(one.lowers for one in decision.members)
    less = ", less credits and payments" if is_lowered else ""
    sentence = f"{what} of {_days(invoices)}{less}."
    whole = f"{sentence} {'; '.join(said)}".rstrip()
    return whole if len(whole) <= MOST_CHARACTERS else sentence


def _days(invoices: Iterable[ListedDocument]) -> str:
    days = sorted({one.date for one in invoices if one.date})
    return f"{days[0]}" if len(days) == 1 else f"{days[0]} to {days[-1]}"
