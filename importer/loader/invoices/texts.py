"""The texts of a case that is made from a list: its documents in the comments, and the claim in one sentence."""

from __future__ import annotations

from collections.abc import Iterable

from importer.domain.document_texts import DocumentLine, claim_description, comments_on
from importer.loader.invoices.decide import GroupDecision
from importer.loader.invoices.listed import ListedDocument


def comments_of(decision: GroupDecision, currency: str) -> str:
    """Return the list of the documents of a case."""
    return comments_on([_line(one) for one in _unique(decision.members)], currency, decision.cents)


def _unique(members: Iterable[ListedDocument]) -> list[ListedDocument]:
    return list({one.identity: one for one in members}.values())


def _line(one: ListedDocument) -> DocumentLine:
    due, named = one.due, one.named or ""
    texts = (named, one.remark, one.description)
    return DocumentLine(one.kind, one.shown, one.date, due, one.booked_cents, one.open_cents, *texts)


def description_of(decision: GroupDecision) -> str:
    """Return what the claim is for: what the sheet says, else in one sentence how many invoices of which days."""
    return claim_description(map(_line, _unique(decision.members)))
