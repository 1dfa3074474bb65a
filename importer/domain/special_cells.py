"""Cells that are not plain values: errors, missing values, lost digits, false dates; and the text of a cell."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any, Self

MAX_EXACT = 10**15
"""The smallest number of 16 digits: a spreadsheet cell keeps 15."""


class CellError(str):
    """The text that Excel shows in place of a value: ``#N/A``, ``#DIV/0!``. Never data."""

    __slots__ = ()


class MissingValue(CellError):
    """A formula that was saved without its result, because no program has calculated the workbook."""

    __slots__ = ()


class LostDigits(CellError):
    """A number with 16 or more digits before the decimal point, as text: a cell keeps 15, so the last ones are lost."""

    __slots__ = ()


class FalseDate(CellError):
    """A date that does not exist: 29 February 1900, day 60 of Excel's 1900 calendar."""

    __slots__ = ()


class ShownNumber(float):
    """A number whose cell shows something else than the number: ``code`` is its number format, such as ``"INV-"0``.

    It is a number like any other, with at most 15 digits. :mod:`importer.domain.number_formats` renders it.
    """

    __slots__ = ("code",)

    def __new__(cls, value: float, code: str) -> Self:
        """Return the number with the code of its format."""
        made = super().__new__(cls, value)
        made.code = code
        return made

    code: str

    @property
    def held(self) -> int | float:
        """The number alone, which is what the cell holds."""
        whole = int(self)
        return whole if whole == float(self) else float(self)


class ReadBetter(str):
    """A text that earlier releases read otherwise: ``held`` is how. The text is empty for a cell that is not read any more."""

    __slots__ = ("held",)

    def __new__(cls, text: str, held: Any) -> Self:
        """Return the text of a cell with what earlier releases read from it."""
        made = super().__new__(cls, text)
        made.held = held
        return made

    held: Any

    @property
    def text(self) -> str | None:
        """The text alone, None if it is empty."""
        return str(self) or None


# The texts that spreadsheets show in place of a value, by language; a CSV file contains them as text.
# Source: the error values of Excel's function reference in each language, and LibreOffice's list of error codes.
_ERRORS = frozenset(
    (
        *("#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!", "#SPILL!", "#CALC!", "#FIELD!", "#BLOCKED!"),
        *("#CONNECT!", "#BUSY!", "#UNKNOWN!", "#GETTING_DATA", "#EXTERNAL!", "#PYTHON!"),
        *("#I/T", "#REFERENCE!", "#VÆRDI!", "#DIVISION/0!", "#NAVN?", "#NUL!", "#OVERLØB!"),  # Danish
        *("#VERDI!", "#OVERFLYT!"),  # Norwegian
        *("#SAKNAS!", "#REFERENS!", "#VÄRDEFEL!", "#NAMN?", "#OGILTIGT!", "#SKÄRNING!"),  # Swedish
        *("#NV", "#BEZUG!", "#WERT!", "#ZAHL!", "#ÜBERLAUF!"),  # German
        *("#PUUTTUU!", "#VIITTAUS!", "#ARVO!", "#JAKO/0!", "#NIMI?", "#LUKU!", "#TYHJÄ!"),  # Finnish
        *("#N/B", "#VERW!", "#WAARDE!", "#DEEL/0!", "#NAAM?", "#GETAL!", "#LEEG!"),  # Dutch
        *("#VALEUR!", "#NOM?", "#NOMBRE!"),  # French
    )
)
_LIBREOFFICE_ERROR = re.compile(r"Err:[0-9]{3}")


def shows_error(text: str) -> bool:
    """Return whether a text is that of an error: ``#N/A``, ``#VÆRDI!``, ``Err:502``, or ``####`` of a too narrow column."""
    return text in _ERRORS or _LIBREOFFICE_ERROR.fullmatch(text) is not None or (len(text) > 1 and not text.strip("#"))


FORMULA_WITHOUT_VALUE = MissingValue("formula without a value")


def clean_number(value: float) -> int | float | CellError:
    """Convert an integral number to ``int``, one that is too long to be exact to `LostDigits`, and NaN to `CellError`."""
    if not math.isfinite(value):
        return CellError("#NUM!")
    if abs(value) >= MAX_EXACT:
        return LostDigits(number_text(value))
    if value == (whole := int(value)):
        return whole
    return value


def cell_text(value: object) -> str:
    """Format a raw cell as a person would type it: no ``.0``, no exponent, ISO dates, TRUE and FALSE, "" if empty."""
    if value is None:
        return ""
    for kind, show in _SHOWN:
        if isinstance(value, kind):
            return show(value)
    return str(value)


def number_text(value: float) -> str:
    """Format a number with 15 significant digits, as many as a spreadsheet keeps, without an exponent."""
    return format(Decimal(f"{value:.15g}"), "f")


def _duration(value: dt.timedelta) -> str:
    seconds = round(value.total_seconds())
    sign, seconds = "-" * (seconds < 0), abs(seconds)
    return f"{sign}{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"


_SHOWN: tuple[tuple[type, Callable[[Any], str]], ...] = (  # subclasses first: bool is an int, datetime a date
    (bool, lambda value: "TRUE" if value else "FALSE"),
    (float, number_text),
    (dt.datetime, lambda value: value.isoformat(sep=" ")),
    (dt.date, dt.date.isoformat),
    (dt.time, dt.time.isoformat),
    (dt.timedelta, _duration),
)
