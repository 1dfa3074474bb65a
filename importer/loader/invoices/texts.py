"""The texts of a case that is made from a list: its documents in the comments, and the claim in one sentence."""

from __future__ import annotations

from collections.abc import Iterable

from importer.domain.document_texts import MOST_CHARACTERS, DocumentLine, claim_sentence, comments_on
from importer.domain.documents import DocumentKind
from importer.loader.invoices.decide import GroupDecision
from importer.loader.invoices.listed import ListedDocument


def comments_of(decision: GroupDecision, currency: str) -> str:
    """Return the list of the documents of a case."""
    return comments_on([_line(one) for one in _unique(decision.members)], currency, decision.cents)


def _unique(members: Iterable[ListedDocument]) -> list[ListedDocument]:
    return list({one.identity: one for one in members}.values())


def _line(one: ListedDocument) -> DocumentLine:
    due, named = one.due, one.named or ""
    return DocumentLine(one.kind, one.shown, one.date, due, one.booked_cents, one.open_cents, named, one.remark)


def description_of(decision: GroupDecision) -> str:
    """Return what the claim is for: what the sheet says, else in one sentence how many invoices of which days."""
    members = _unique(decision.members)
    invoices = [one for one in members if one.kind is DocumentKind.INVOICE]
    said = list(dict.fromkeys(one.description for one in invoices if one.description))
    if len(said) == 1:
        return said[0]
    sentence = claim_sentence(map(_line, members))
    whole = f"{sentence} {'; '.join(said)}".rstrip()
    return whole if len(whole) <= MOST_CHARACTERS else sentence
