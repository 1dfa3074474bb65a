"""Amounts in hundredths, for totals, and their texts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from importer.domain.special_cells import MAX_EXACT

MAX_COUNTED = 10**15
UNREAD_CURRENCY = "unknown"


@dataclass(frozen=True, slots=True)
class Money:
    """A row's amount as in the sheet, in hundredths, for the totals. An unreadable amount counts as zero."""

    currency: str = UNREAD_CURRENCY
    cents: int = 0


def cents_of(amount: Decimal) -> int:
    """Return the hundredths of ``amount`` for the totals. Finer amounts are truncated and too large ones count as zero.

    Rows with such amounts are rejected elsewhere.
    """
    return int(amount * 100) if abs(amount) < MAX_COUNTED else 0


def decimal_text(cents: int, grouping: str = "") -> str:
    """Format hundredths as decimal text in major units, for programs: ``-123450`` is ``-1234.50``."""
    units, hundredths = divmod(abs(cents), 100)
    return f"{'-' if cents < 0 else ''}{units:{grouping}}.{hundredths:02}"


def grouped_text(cents: int) -> str:
    """Format hundredths in major units, for people: ``-123450`` is ``-1,234.50``."""
    return decimal_text(cents, ",")


def totals_text(cents_by_currency: Mapping[str, int]) -> str:
    """Format totals for people, without those that are zero: ``DKK 1,234.50  EUR 10.00``."""
    return "  ".join(f"{currency} {grouped_text(cents)}" for currency, cents in cents_by_currency.items() if cents)


def amount_cell(cents: int) -> float | str:
    """Convert hundredths to a cell in major units: a number, or text if it has more digits than a spreadsheet keeps."""
    return cents / 100 if abs(cents) < MAX_EXACT else decimal_text(cents)
