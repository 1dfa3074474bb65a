"""The formats of a column's numbers and dates, stated by a profile or proved by its own cells."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

DecimalMark = Literal[".", ","]
LONGEST = 60
"""Longest text in characters that can be an amount or a date."""
YEARS_AHEAD = 10
"""Years in the future that a year of two digits may mean. Dates of claims are past or in the near future."""


class DateOrder(StrEnum):
    """The order of day, month and year in a date of figures. The value is used in messages."""

    DAY_FIRST = "the day first"
    MONTH_FIRST = "the month first"
    YEAR_FIRST = "the year first"


@dataclass(frozen=True, slots=True)
class Formats:
    """The formats of a column, for texts that are ambiguous on their own.

    ``decimal`` and ``date_format`` are stated by the profile; ``proven_decimal`` and ``order`` are proved by the column's
    own cells. ``text_doubt`` and ``date_cell_doubt`` are the reasons to reject all texts, or all date cells, of the column.
    ``last_year`` is the latest year that two digits can mean.
    """

    decimal: DecimalMark | None = None
    date_format: str | None = None
    proven_decimal: DecimalMark | None = None
    order: DateOrder | None = None
    text_doubt: str | None = None
    date_cell_doubt: str | None = None
    last_year: int = 2068
