"""The documents of a debtor of whom a list makes no case, such as an invoice that a payment settles."""

from __future__ import annotations

from collections.abc import Iterable

import orjson

from importer.domain.document_keys import Owner, customer_key, debtor_key, owner_of_case
from importer.domain.identity import match_text
from importer.domain.match_keys import case_key, folded_creditor, name_key
from importer.domain.unclaimed import UnclaimedGroup
from importer.loader.context import LoadContext
from importer.loader.invoices.cases import documents_among
from importer.loader.invoices.debtors import folded
from importer.loader.invoices.groups import CaseGroup
from importer.loader.invoices.listed import ListedDocument, Place
from importer.loader.invoices.sights import RowSight


def place_of_unclaimed(group: CaseGroup) -> Place:
    """Return the row of a group without a case that shows its documents: the first one that counts, else the first one."""
    return min((one.place for one in _counted(group)), default=min(one.place for one in group.documents))


def unclaimed_in(group: CaseGroup, sight: RowSight, context: LoadContext) -> UnclaimedGroup:
    """Return the documents of a group without a case. ``sight`` is one of its rows as it was read."""
    key, owner = group.key, _owner(group, sight, context)
    debtor = (
        customer_key(owner, key.number, key.name)
        if key.number
        else debtor_key(owner, key.name, key.zip_code, key.country or None)
    )
    creditor = folded_creditor(str(sight.values.get("creditor_company_name") or ""))
    name = folded(sight.values.get("debtor_name")) or key.name
    counted = _counted(group)
    places = {one.place for one in counted}
    return UnclaimedGroup(
        base=case_key(group.ref, creditor, owner.country, is_test=owner.is_test),
        owner=owner,
        debtor=debtor,
        name=name_key(name, owner.creditor, owner.country, is_test=owner.is_test) if name else "",
        is_by_name=not key.number,
        currency=group.currency,
        documents=documents_among(counted, group, debtor, key.country),
        left_out=documents_among((one for one in group.documents if one.place not in places), group, debtor, key.country),
        named=_named(counted),
    )


def _counted(group: CaseGroup) -> list[ListedDocument]:
    return [one for one in group.documents if one.place not in group.decision.out]


def _owner(group: CaseGroup, sight: RowSight, context: LoadContext) -> Owner:
    if group.anchor is not None:
        return owner_of_case(orjson.loads(group.anchor.record.payload))
    is_test = context.test_cases or bool(sight.values.get("is_test"))
    return Owner(group.key.creditor, group.key.creditor_country or None, is_test)


def _named(counted: Iterable[ListedDocument]) -> tuple[str, ...]:
    """Return the numbers that credits and payments name: in their column for it, or as their own."""
    found = {number for one in counted if one.lowers for number in (one.named, one.number) if number}
    return tuple(sorted(map(match_text, found)))
