"""Whether the amounts of a sheet are what is open or what was invoiced, as its rows prove it."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from enum import Enum, auto
from typing import NamedTuple


class AmountRule(Enum):
    """What the column of the claim holds, if other columns show what was paid."""

    OPEN = auto()
    """What is open."""
    INVOICED = auto()
    """What was invoiced: what was settled is taken off."""
    UNCLEAR = auto()
    """One or the other: a row of which something was settled is a question."""


class RowAmounts(NamedTuple):
    """The amounts of one row: of the claim, of the invoice if a column tells it, and what was settled, a positive amount."""

    amount: Decimal
    invoiced: Decimal | None
    settled: Decimal


def amount_rule(rows: Iterable[RowAmounts]) -> AmountRule:
    """Return what the amounts are, which every row of which something was settled must prove.

    Without such a row both are the same, and the amounts are open.
    """
    found = {_proved(row) for row in rows if row.settled}
    if not found or found == {AmountRule.OPEN}:
        return AmountRule.OPEN
    return AmountRule.INVOICED if found == {AmountRule.INVOICED} else AmountRule.UNCLEAR


def _proved(row: RowAmounts) -> AmountRule:
    if row.invoiced is None:
        return AmountRule.UNCLEAR
    if row.amount == row.invoiced:
        return AmountRule.INVOICED
    return AmountRule.OPEN if row.amount == row.invoiced - row.settled else AmountRule.UNCLEAR
