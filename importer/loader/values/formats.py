"""How a column writes its numbers and dates: what a profile says of it, or what its own cells prove."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

DecimalMark = Literal[".", ","]
LONGEST = 60
"""Characters of a text that can be an amount or a date, however it is written."""
YEARS_AHEAD = 10
"""How far ahead a year of two digits may lie: invoices and due dates are of the past or the near future."""


class DateOrder(StrEnum):
    """In which order a date of figures is written; the value is what a person calls it."""

    DAY_FIRST = "the day first"
    MONTH_FIRST = "the month first"
    YEAR_FIRST = "the year first"


@dataclass(frozen=True, slots=True)
class Formats:
    """How a column writes numbers and dates, where a text alone does not say it.

    ``decimal`` and ``date_format`` are the profile's; ``proven_decimal`` and ``order`` stand for them where the column's
    own cells prove it. ``text_doubt`` and ``date_cell_doubt`` say why no text, or no date cell, of the column is read.
    ``last_year`` is the latest that a year of two digits can mean.
    """

    decimal: DecimalMark | None = None
    date_format: str | None = None
    proven_decimal: DecimalMark | None = None
    order: DateOrder | None = None
    text_doubt: str | None = None
    date_cell_doubt: str | None = None
    last_year: int = 2068
