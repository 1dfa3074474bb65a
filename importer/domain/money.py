"""Amounts in hundredths, for totals."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

MAX_COUNTED = 10**15


UNREAD_CURRENCY = "unknown"


@dataclass(frozen=True, slots=True)
class Money:
    """A row's amount as the sheet has it, in hundredths, for the totals; an unreadable amount counts as zero."""

    currency: str = UNREAD_CURRENCY
    cents: int = 0


def cents_of(amount: Decimal) -> int:
    """Hundredths of ``amount`` for the totals: cut off if it is finer, zero if no amount can be as large (both are rejected)."""
    return int(amount * 100) if abs(amount) < MAX_COUNTED else 0
