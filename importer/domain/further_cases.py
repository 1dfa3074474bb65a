"""A further case of some of the documents of a debtor: the others are claimed by an earlier case."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import orjson

from importer.domain.document_keys import CarriedDocument
from importer.domain.documents import Document, DocumentKind
from importer.domain.identity import fingerprint
from importer.domain.money import Money, decimal_text
from importer.domain.next_list import balance_cents
from importer.domain.records import CaseRecord

MOST_COMMENTS = 4000


def further_base(base: str, documents: Sequence[CarriedDocument]) -> str:
    """Return the identity of a further case: that of the debtor's first case with the numbers of its documents."""
    return fingerprint("further", base, *sorted(one.key for one in documents))


def further_case(record: CaseRecord, carried: Sequence[CarriedDocument], reference: str | None) -> CaseRecord | None:
    """Return the case of some of the documents of ``record``, with this creditor reference; None if nothing is open of them."""
    documents = [one.document for one in carried]
    cents = balance_cents(documents)
    invoices = [one for one in documents if one.kind is DocumentKind.INVOICE and one.open_cents]
    if cents <= 0 or not invoices:
        return None
    wire = orjson.loads(record.payload)
    changes = _changes(wire, documents, invoices) | {
        "amountToRecover": cents / 100,
        "creditorReference": reference or wire.get("creditorReference"),
    }
    payload = orjson.dumps({name: value for name, value in (wire | changes).items() if value is not None})
    return replace(
        record,
        base=further_base(record.base, carried),
        ref=reference or record.ref,
        payload=payload,
        money=Money(record.money.currency, cents),
        documents=tuple(documents),
        hint=None,
    )


def _changes(wire: Mapping[str, Any], documents: Sequence[Document], invoices: Sequence[Document]) -> dict[str, Any]:
    """Return the members of a request that follow from its documents."""
    return {
        "date": _oldest(one.date for one in invoices) or wire.get("date"),
        "dueDate": _oldest(one.due for one in invoices),
        "comments": _listed(documents),
        "claimDescription": _described(invoices),
    }


def _oldest(days: Iterable[dt.date | None]) -> str | None:
    known = [day for day in days if day is not None]
    return min(known).isoformat() if known else None


def _listed(documents: Sequence[Document]) -> str:
    lines = [_line(one) for one in documents]
    text = "\n".join(lines)
    if len(text) <= MOST_COMMENTS:
        return text
    more = f"and {len(lines):,} documents in all"
    while lines and len(text := "\n".join((*lines, more))) > MOST_COMMENTS:
        lines.pop()
    return text


def _line(one: Document) -> str:
    number = f" {one.number}" if one.number else ""
    day = f" of {one.date.isoformat()}" if one.date else ""
    return f"{one.kind.value.capitalize()}{number}{day}: {decimal_text(one.open_cents)} {one.currency}"


def _described(invoices: Sequence[Document]) -> str:
    days = sorted(one.date.isoformat() for one in invoices if one.date)
    period = f" of {days[0]}" if days and days[0] == days[-1] else f" from {days[0]} to {days[-1]}" if days else ""
    return f"{len(invoices):,} open {'invoice' if len(invoices) == 1 else 'invoices'}{period}"
