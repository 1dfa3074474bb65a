"""What the debtors of cases were taken for."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, func

from importer.domain.code_lists import DebtorType
from importer.domain.parties.kinds import Party, PartyKind, PartyRule
from importer.ledger.storage.payload_members import member


def party_column(entries: Any) -> ColumnElement[str]:
    """Return the column with what a debtor was taken for; for a case of an earlier release, the type in its request."""
    return func.coalesce(entries.c.party, member(entries.c.payload, "debtor", "type"))


def party_in(text: str) -> Party:
    """Return what the text of :func:`party_column` says. An earlier release has stored no rule but the type itself."""
    if text.startswith("{"):
        return Party.from_json(text)
    return Party(PartyKind.COMPANY if text == DebtorType.COMPANY else PartyKind.PERSON, PartyRule.EARLIER)
