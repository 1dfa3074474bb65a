"""What the heading of an amount says: that it is the claim, that it is what is open, or that it is what was invoiced."""

from __future__ import annotations

from importer.domain.aliases import counter_heading
from importer.domain.columns import index_of, own_index, weak_index
from importer.domain.kinds import RecordKind
from importer.domain.row_states import StateColumn, columns_for, is_unclear_amount
from importer.domain.text_keys import header_key
from importer.loader.sheets.shape import unit_of

AMOUNT = "amount_to_recover"
_REMAINING = ("remaining", "balance", "saldo", "restbe", "gjenst", "kvarst", "resterende")


def is_own_name(heading: str) -> bool:
    """Return whether a heading is the importer's own name of the amount, which says that it is the claim."""
    return own_index(RecordKind.CASE).get(header_key(heading)) == AMOUNT


def is_open_name(heading: str) -> bool:
    """Return whether the heading of an amount says that it is what is open."""
    if is_own_name(heading):
        return True
    key = _key(heading)
    if is_unclear_amount(key) or key in weak_index(RecordKind.CASE):
        return False
    return index_of(RecordKind.CASE).get(key) == AMOUNT or counter_heading(AMOUNT, key) == "open"


def is_invoiced_name(heading: str) -> bool:
    """Return whether the heading of an amount says that it is what was invoiced."""
    key = _key(heading)
    return StateColumn.INVOICED_AMOUNT in columns_for(key) and not is_unclear_amount(key)


def _key(heading: str) -> str:
    return (unit_of(heading) or (header_key(heading), None))[0]


def is_remaining_name(heading: str) -> bool:
    """Return whether the heading of an amount says that it is what is left of it, and not only that it was due."""
    key = _key(heading)
    return key.startswith("rest") or any(part in key for part in _REMAINING)


def is_open_beside(heading: str) -> bool:
    """Return whether a heading may be what is open if another one is the amount of the invoice, such as "Rest"."""
    return counter_heading(AMOUNT, _key(heading)) == "open"
