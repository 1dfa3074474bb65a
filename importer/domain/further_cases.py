"""A further case of some of the documents of a debtor: the others are claimed by an earlier case."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import orjson

from importer.domain.document_keys import CarriedDocument
from importer.domain.document_texts import DocumentLine, claim_description, comments_on
from importer.domain.documents import LOWERING, Document, DocumentKind
from importer.domain.identity import fingerprint, match_text
from importer.domain.money import Money
from importer.domain.next_list import balance_cents
from importer.domain.records import CaseRecord


def further_base(base: str, documents: Sequence[CarriedDocument]) -> str:
    """Return the identity of a further case: that of the debtor's first case with the numbers of its documents."""
    return fingerprint("further", base, *sorted(one.key for one in documents))


def further_case(record: CaseRecord, carried: Sequence[CarriedDocument], ending: str = "") -> CaseRecord | None:
    """Return the case of some of the documents of ``record``, None if nothing is open of them.

    ``ending`` ends its references, which are otherwise those of the debtor's first case.
    """
    documents = [one.document for one in carried]
    cents = balance_cents(documents)
    invoices = [one for one in documents if one.kind is DocumentKind.INVOICE and one.open_cents]
    if cents <= 0 or not invoices:
        return None
    wire = orjson.loads(record.payload)
    changes = _changes(wire, documents, still_open(documents)) | {
        "amountToRecover": cents / 100,
        "creditorReference": _ended(wire.get("creditorReference"), ending),
    }
    payload = orjson.dumps({name: value for name, value in (wire | changes).items() if value is not None})
    return replace(
        record,
        base=further_base(record.base, carried),
        ref=_ended(record.ref, ending),
        payload=payload,
        money=Money(record.money.currency, cents),
        documents=tuple(documents),
        hint=None,
    )


def _ended(reference: str | None, ending: str) -> str | None:
    return f"{reference}{ending}" if reference else reference


def _changes(wire: Mapping[str, Any], documents: Sequence[Document], invoices: Sequence[Document]) -> dict[str, Any]:
    """Return the members of a request that follow from its documents."""
    lines = [DocumentLine.of(one) for one in sorted(documents, key=_by_day)]
    currency = str(wire.get("currencyCode") or "")
    return {
        "date": _oldest(one.date for one in invoices) or wire.get("date"),
        "dueDate": _oldest(one.due for one in invoices),
        "comments": comments_on(lines, currency, balance_cents(documents)),
        "claimDescription": claim_description(lines),
    }


def still_open(documents: Sequence[Document]) -> list[Document]:
    """Return the invoices of which something is left: credits count against the invoice that they name, then the oldest."""
    invoices = sorted((one for one in documents if one.kind is DocumentKind.INVOICE), key=_by_day)
    left, pool = {index: one.open_cents for index, one in enumerate(invoices)}, 0
    by_number = {match_text(one.number): index for index, one in enumerate(invoices) if one.number}
    for credit in (one for one in documents if one.kind in LOWERING):
        index = by_number.get(match_text(credit.names or ""), -1)
        taken = min(credit.open_cents, left.get(index, 0))
        left |= {index: left[index] - taken} if taken else {}
        pool += credit.open_cents - taken
    for index in left:
        taken = min(pool, left[index])
        left[index] -= taken
        pool -= taken
    return [one for index, one in enumerate(invoices) if left[index]]


def _by_day(one: Document) -> tuple[str, str, str]:
    return (str(one.due or one.date or ""), str(one.date or ""), one.number or "")


def _oldest(days: Iterable[dt.date | None]) -> str | None:
    known = [day for day in days if day is not None]
    return min(known).isoformat() if known else None
