"""Build the case of a group."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from pydantic import ValidationError

from importer.domain.case_members import members_of
from importer.domain.documents import Document
from importer.domain.kinds import RecordKind
from importer.domain.match_keys import case_key, folded_creditor
from importer.domain.models import Case
from importer.domain.money import Money
from importer.domain.reasons import Reason, explain
from importer.domain.records import CaseRecord, Reject
from importer.loader.context import LoadContext
from importer.loader.invoices.groups import Group
from importer.loader.invoices.texts import comments_of, description_of


def case_of_group(group: Group, context: LoadContext) -> CaseRecord | Reject:
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
        answer=next(iter(group.answers)) if len(group.answers) == 1 else None,
        questions=decision.questions,
        unconfirmed=decision.unconfirmed,
        disputed=disputed,
        former_ref=None,
        former_base=None,
        documents=documents_of(group, str(wire["debtor"].get("countryAlpha2") or "")),
    )


def documents_of(group: Group, country: str) -> tuple[Document, ...]:
    """Return the documents of a group's case, each once."""
    unique = {one.identity: one for one in group.decision.members}
    return tuple(
        Document(
            one.kind,
            group.key.creditor,
            group.key.text,
            one.shown if one.number else None,
            one.date,
            group.currency,
            country,
            one.booked_cents,
            one.open_cents,
            one.ordinal,
        )
        for one in unique.values()
    )
