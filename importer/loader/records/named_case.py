"""What a row that is no claim says about the case that it is about, from the values that could be read."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from importer.domain.later_words import NamedCase
from importer.loader.records.row_values import RowValues


def named_case(found: RowValues, amount: Decimal | None = None) -> NamedCase:
    """Return the case that a row is about. Its values need not be those of a valid case.

    ``amount`` is what the invoice came to in major units, if another column than the claim's shows it.
    """
    values = found.values
    day = values.get("date")
    owed = values.get("amount_to_recover") if amount is None else amount
    return NamedCase(
        reference=values.get("case_ref") or values.get("creditor_reference"),
        creditor=values.get("creditor_company_name"),
        creditor_country=values.get("creditor_country"),
        debtor=values.get("debtor_name"),
        debtor_country=values.get("debtor_country"),
        day=day.isoformat() if isinstance(day, date) else None,
        currency=values.get("currency"),
        amount=owed if isinstance(owed, Decimal) and owed > 0 else None,
        is_test=bool(values.get("is_test")),
    )
