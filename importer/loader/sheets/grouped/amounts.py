"""Amounts of a report whose decimal mark is not known yet: each is read both ways, and sums are kept of both."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache

from importer.domain.cells import Cell
from importer.loader.values.amounts import written
from importer.loader.values.currency_words import currencies_of_unit
from importer.loader.values.formats import DecimalMark, Formats
from importer.loader.values.parsers import ValueProblem, is_blank, read_money

MARKS: tuple[DecimalMark, DecimalMark] = (".", ",")
Both = tuple[Decimal | None, Decimal | None]
"""An amount read with a point and with a comma as the decimal mark; None where it cannot be read so."""

ZERO = Decimal(0)
NOTHING: Both = (ZERO, ZERO)
_DASHES = frozenset("-–—−")
_SIDE = re.compile(r"(.*[0-9).,-])\s*(S|H|Soll|Haben|Dr\.?|Cr\.?|Debit|Credit|D|K|C|Debet|Kredit)", re.IGNORECASE | re.DOTALL)
_CREDIT_SIDES = frozenset(("h", "haben", "cr", "credit", "c", "k", "kredit"))
_DEBIT_SIDES = frozenset(("s", "soll", "dr", "debit", "d", "debet"))


def is_credit_side(text: str) -> bool | None:
    """Return whether a mark means the credit side: True for ``H`` or ``Cr``, False for ``S`` or ``Dr``, None for others."""
    word = text.strip().strip(".").casefold()
    return True if word in _CREDIT_SIDES else False if word in _DEBIT_SIDES else None


def split_side(cell: Cell) -> tuple[str, bool] | None:
    """Split ``1.190,00 H`` into its number and whether it is a credit; None if the cell has no such mark."""
    found = _SIDE.fullmatch(cell.strip()) if isinstance(cell, str) else None
    side = is_credit_side(found[2]) if found else None
    return None if found is None or side is None else (found[1].strip(), side)


def is_empty(cell: Cell) -> bool:
    """Return whether a cell below a heading of amounts holds none: it is blank or a dash."""
    return is_blank(cell) or (isinstance(cell, str) and cell.strip() in _DASHES)


def read_both(cell: Cell) -> Both | None:
    """Return an amount read with either decimal mark; None if it cannot be read with any, zero twice if the cell is empty."""
    if is_empty(cell):
        return NOTHING
    if isinstance(cell, str):
        return _both_in(cell)
    try:
        number = read_money(cell, Formats())
    except ValueProblem:
        return None
    return number, number


@lru_cache(maxsize=8192)
def _both_in(text: str) -> Both | None:
    parted = split_side(text)
    found = written((parted[0] if parted else text).removeprefix("'"))
    if found is None or not (marks := found.marks()) or (found.unit and not currencies_of_unit(found.unit)):
        return None
    sign = -1 if parted and parted[1] else 1
    first, second = (sign * found.number(mark) if mark in marks else None for mark in MARKS)
    return first, second


def is_amount(cell: Cell) -> bool:
    """Return whether a cell that is not empty shows an amount."""
    return not is_empty(cell) and read_both(cell) is not None


@dataclass
class Sum:
    """The sum of some amounts, read with either decimal mark. A way in which one of them cannot be read counts no more."""

    values: list[Decimal | None] = field(default_factory=lambda: [ZERO, ZERO])
    is_whole: bool = True
    """Whether every cell could be read in some way."""

    def add(self, cell: Cell) -> None:
        """Add the amount of a cell."""
        both = read_both(cell)
        if both is None:
            self.is_whole = False
            return
        self.values = [
            None if one is None or other is None else one + other for one, other in zip(self.values, both, strict=True)
        ]

    def include(self, other: Sum) -> None:
        """Add the amounts of another sum."""
        pairs = zip(self.values, other.values, strict=True)
        self.values = [None if one is None or another is None else one + another for one, another in pairs]
        self.is_whole = self.is_whole and other.is_whole

    def less(self, other: Sum) -> Sum:
        """Return this sum less another one."""
        pairs = zip(self.values, other.values, strict=True)
        left = [None if one is None or another is None else one - another for one, another in pairs]
        return Sum(left, self.is_whole and other.is_whole)

    def agrees(self, cell: Cell) -> bool:
        """Return whether the amount of a cell is this sum, in one of the ways in which all of them can be read."""
        both = read_both(cell)
        if both is None or not self.is_whole:
            return False
        return any(one is not None and one == other for one, other in zip(both, self.values, strict=True))

    def shown(self) -> Decimal:
        """Return the sum to be shown, read with the mark that fits."""
        return next((value for value in self.values if value is not None), ZERO)


def shown_amount(cell: Cell) -> Decimal:
    """Return the amount of a cell to be shown beside a sum."""
    return next((value for value in read_both(cell) or () if value is not None), ZERO)
