"""Build the case of a group."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal

import orjson
from pydantic import ValidationError

from importer.domain.case_members import members_of
from importer.domain.document_keys import customer_key, document_key, document_of_case, owner_of_case
from importer.domain.documents import Document
from importer.domain.kinds import RecordKind
from importer.domain.match_keys import case_key, folded_creditor
from importer.domain.models import Case
from importer.domain.money import Money
from importer.domain.reasons import Reason, explain
from importer.domain.records import CaseRecord, Reject
from importer.loader.context import LoadContext
from importer.loader.invoices.debtors import DebtorKey
from importer.loader.invoices.groups import CaseGroup
from importer.loader.invoices.listed import ListedDocument, Standing
from importer.loader.invoices.texts import comments_of, description_of


def case_of_group(group: CaseGroup, context: LoadContext) -> CaseRecord | Reject:
    """Return the case of a group that becomes one, or a reject if it breaks a rule, such as that for the largest amount."""
    anchor, decision, money = group.anchor, group.decision, Money(group.currency, group.decision.cents)
    assert anchor is not None, group.ref
    wire = members_of(anchor.record.payload)
    wire |= {
        "amountToRecover": Decimal(decision.cents) / 100,
        "date": decision.date,
        "dueDate": decision.due,
        "creditorReference": group.reference,
        "comments": comments_of(decision, group.currency),
        "claimDescription": description_of(decision),
    }
    try:
        case = Case.model_validate(wire, context=context.rules, by_alias=True, by_name=False)
    except ValidationError as error:
        return Reject(
            RecordKind.CASE, (Reason("group_case", f"The case of the debtor is not valid: {explain(error)}"),), money, group.ref
        )
    creditor, is_test = folded_creditor(case.creditor_company_name), bool(case.is_test)
    base = case_key(group.ref, creditor, case.creditor_country_alpha2, is_test=is_test)
    disputed = next((one for one in decision.questions if one.code == "disputed"), None)
    return replace(
        anchor.record,
        base=base,
        derived=False,
        ref=group.ref,
        payload=case.wire(),
        money=money,
        hint=group.hint,
        answer=group.answer,
        questions=decision.questions,
        unconfirmed=decision.unconfirmed,
        disputed=disputed,
        former_ref=None,
        former_base=None,
        documents=documents_of(group, case.wire()),
        left_out=_left_out_of(group, case.wire()),
    )


def documents_of(group: CaseGroup, wire: bytes) -> tuple[Document, ...]:
    """Return the documents of a group's case with this request, each once.

    The instalments of an invoice are one document, of which the oldest due day counts.
    """
    debtor, country = _debtor_of(group.key, wire), str(orjson.loads(wire)["debtor"].get("countryAlpha2") or "")
    return documents_among(group.decision.members, group, debtor, country)


def _left_out_of(group: CaseGroup, wire: bytes) -> tuple[Document, ...]:
    """Return the documents of a group that the list shows and leaves out of its case."""
    members = {one.identity for one in group.decision.members}
    out = [one for one in group.documents if one.place in group.decision.out and one.identity not in members]
    return documents_among(out, group, _debtor_of(group.key, wire), "") if out else ()


def documents_among(members: Iterable[ListedDocument], group: CaseGroup, debtor: str, country: str) -> tuple[Document, ...]:
    """Return documents of a group as the ledger has them, each once. ``debtor`` is the key of their debtor."""
    unique: dict[tuple[str, ...], Document] = {}
    for one in {one.identity: one for one in members}.values():
        named = group.decision.parents.get(one.place)
        found = document_in(one, group.key, debtor, group.currency, country, named.number if named else one.named)
        key = (one.kind.value, one.number) if one.number else one.identity
        unique[key] = _together(unique[key], found) if key in unique else found
    return tuple(unique.values())


def document_in(
    one: ListedDocument, key: DebtorKey, debtor: str, currency: str, country: str, names: str | None = None
) -> Document:
    """Return a document of a list as the ledger has it. ``debtor`` is the key of its debtor, ``names`` the invoice it names."""
    number, ordinal = (one.shown, 0) if one.number else (None, one.ordinal)
    facts = (one.date, currency, country, one.booked_cents, one.open_cents, ordinal, one.due)
    texts = (names, one.remark, one.description, one.standing is Standing.QUESTION)
    return Document(one.kind, key.creditor, debtor, number, *facts, *texts)


def document_key_of(one: ListedDocument, key: DebtorKey, record: CaseRecord) -> str:
    """Return the key by which the ledger has a document of a group's case."""
    wire = orjson.loads(record.payload)
    return document_key(owner_of_case(wire), document_in(one, key, record.documents[0].debtor, record.money.currency, ""))


def _debtor_of(key: DebtorKey, wire: bytes) -> str:
    """Return the debtor's key: of the customer number, else of the name, postal code and country of the case."""
    if key.number:
        return customer_key(owner_of_case(orjson.loads(wire)), key.number, key.name)
    return document_of_case(None, wire).debtor


def _together(one: Document, other: Document) -> Document:
    """Return two instalments of an invoice as one document."""
    days = [one.date, other.date], [one.due, other.due]
    date, due = (min((day for day in found if day), default=None) for found in days)
    booked, left = one.booked_cents + other.booked_cents, one.open_cents + other.open_cents
    is_asked = one.is_asked or other.is_asked
    return replace(one, date=date, due=due, booked_cents=booked, open_cents=left, is_asked=is_asked)
