"""Parse amounts and rates: one cell to one exact decimal, or the reason against it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time, timedelta
from decimal import Decimal

from importer.domain.cells import Cell
from importer.domain.special_cells import ShownNumber
from importer.loader.values.currency_words import currencies_of_unit
from importer.loader.values.formats import LONGEST, DecimalMark, Formats
from importer.loader.values.shown_amounts import may_be_unclear, unclear_amount
from importer.loader.values.text import ValueProblem, read_text

_TIDY = str.maketrans(
    {
        **dict.fromkeys(
            "\t\n\r\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000", " "
        ),
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212\ufe63\uff0d", "-"),
        **dict.fromkeys("\u2018\u2019\u02bc\u00b4`\uff07", "'"),
        **dict.fromkeys("\u061c\u200b\u200e\u200f\u2060\ufeff", ""),
    }
)
_NUMBERS = (int, float, Decimal)
_NO_NUMBERS = (bool, float, Decimal)
_PARTS = re.compile(r"([^0-9]*)([0-9](?:[0-9.,' ]*[0-9])?)(?:([.,])-{1,2})?([^0-9]*)")
_BEFORE = re.compile(r" *([-+(]?) *([^-+() ]*) *([-+(]?) *")
_AFTER = re.compile(r" *([-+)]?) *([^-+() ]*) *([-+)]?) *")
_SIGNS = {("", ""): 1, ("+", ""): 1, ("", "+"): 1, ("-", ""): -1, ("", "-"): -1, ("(", ")"): -1}
_DIGITS_ALONE = re.compile(r"-?[0-9]+(?:[.,][0-9]+)*")
_ONE_GROUP = re.compile(r"[1-9][0-9]{0,2}[.,][0-9]{3}")


def _shape(mark: str, group: str) -> re.Pattern[str]:
    """Return the pattern of numbers with this decimal mark: without groups, or in groups by ``group``, spaces or apostrophes."""
    return re.compile(
        rf"(?:[0-9]+|[1-9][0-9]{{0,2}}(?:{group}[0-9]{{3}})+|[1-9][0-9]{{0,2}}([ '])[0-9]{{3}}(?:\1[0-9]{{3}})*)(?:{mark}[0-9]+)?"
    )


_SHAPES: dict[DecimalMark, re.Pattern[str]] = {".": _shape(r"\.", ","), ",": _shape(",", r"\.")}
_GROUPS: dict[DecimalMark, Mapping[int, int | None]] = {
    ".": str.maketrans("", "", ", '"),
    ",": str.maketrans(",", ".", ". '"),
}


@dataclass(frozen=True, slots=True)
class Written:
    """The parts of a text that shows a number: sign, digits with their marks, and unit.

    ``dash`` is the mark before a dash that means zero hundredths (``1.234,-``), or None.
    """

    sign: int
    digits: str
    dash: str | None
    unit: str

    def marks(self) -> tuple[DecimalMark, ...]:
        """Return the decimal marks with which this is a number. A single one is proof; without any it is not a number."""
        fitting = [mark for mark, shape in _SHAPES.items() if shape.fullmatch(self.digits)]
        return tuple(m for m in fitting if self.dash is None or (m == self.dash and m not in self.digits))

    @property
    def ambiguous(self) -> bool:
        """Return whether the two marks give different numbers."""
        return self.dash is None and _ONE_GROUP.fullmatch(self.digits) is not None

    @property
    def marked(self) -> bool:
        """Return whether the text has a mark, or a dash after one, that can prove the decimal mark."""
        return self.dash is not None or "." in self.digits or "," in self.digits

    def number(self, mark: DecimalMark) -> Decimal:
        """Return the number, read with this decimal mark."""
        return self.sign * Decimal(self.digits.translate(_GROUPS[mark]))


def written(text: str) -> Written | None:
    """Split a text that shows one number into its parts, or return None. The unit is not checked."""
    parts = _PARTS.fullmatch(text.translate(_TIDY)) if len(text) <= LONGEST else None
    if not parts:
        return None
    before, after = _BEFORE.fullmatch(parts[1]), _AFTER.fullmatch(parts[4])
    if not before or not after or (before[2] and after[2]):
        return None
    sign = _SIGNS.get((before[1] + before[3], after[1] + after[3]))
    return Written(sign, parts[2], parts[3], before[2] or after[2]) if sign else None


_QUICK = {
    None: re.compile(r"-?[0-9]+(?:\.[0-9]{1,2})?"),
    ".": re.compile(r"-?(?:[0-9]+|[1-9][0-9]{0,2}(?:,[0-9]{3})+)(?:\.[0-9]{1,2})?"),
    ",": re.compile(r"-?(?:[0-9]+|[1-9][0-9]{0,2}(?:\.[0-9]{3})+)(?:,[0-9]{1,2})?"),
}


def read_number(cell: Cell, formats: Formats) -> Decimal:
    """Return the exact decimal that a cell shows. A unit is not allowed.

    A numeric cell is rounded to the 15 digits that a spreadsheet keeps. A text is read with the decimal mark that the
    profile states or the column proves; without one, only an unambiguous text is read. Raises ValueProblem otherwise.
    """
    number, unit = _read(cell, formats)
    if unit:
        raise _not_a_number()
    return number


def read_money(cell: Cell, formats: Formats) -> Decimal:
    """Return the exact decimal as :func:`read_number` does. A currency sign or code is allowed, see `currencies_of`."""
    if isinstance(cell, ShownNumber) and may_be_unclear(cell.code) and (unclear := unclear_amount(cell)):
        what, gist = (f"{words}, so that it is not clear which amount is meant. {_WRITE_PLAIN}" for words in unclear)
        raise ValueProblem("amount_unclear", what, gist)
    number, unit = _read(cell, formats)
    if unit and not currencies_of_unit(unit):
        raise _not_a_number()
    return number


_WRITE_PLAIN = "Format the cell as a number that shows it, or give the amount in the profile, under [values]"


def currencies_of(text: str) -> frozenset[str]:
    """Return the currencies that the sign of an amount can mean: DKK, SEK, NOK and ISK for ``kr``; none without a sign."""
    found = written(text) if not _DIGITS_ALONE.fullmatch(text) else None
    return currencies_of_unit(found.unit) if found and found.unit else frozenset()


def _read(cell: Cell, formats: Formats) -> tuple[Decimal, str]:
    if isinstance(cell, _NUMBERS) and not isinstance(cell, bool):
        number = Decimal(f"{cell:.15g}") if isinstance(cell, float) else Decimal(cell)
        if number.is_finite():
            return number, ""
    if isinstance(cell, date | time | timedelta):
        message = (
            "is a date or a time by the format of its cell. Format the cell as a number, and write an amount such as 1234.50"
        )
        raise ValueProblem("not_a_number", message)
    if isinstance(cell, _NO_NUMBERS):
        raise ValueProblem("not_a_number", "is not a number. Write an amount such as 1234.50")
    return _number_in(read_text(cell).removeprefix("'"), formats)  # an apostrophe in front marks a cell as text


def _number_in(text: str, formats: Formats) -> tuple[Decimal, str]:
    """Return the number in a text and its unit."""
    if formats.text_doubt:
        raise ValueProblem("decimal_marks_differ", formats.text_doubt)
    mark = formats.decimal or formats.proven_decimal
    if _QUICK[mark].fullmatch(text):
        return Decimal(text.translate(_GROUPS[mark or "."])), ""
    found = written(text)
    if found is None or not found.marks():
        raise _not_a_number()
    return found.number(_mark_for(found, formats)), found.unit


def _mark_for(found: Written, formats: Formats) -> DecimalMark:
    """Return the decimal mark of a text. Raises ValueProblem if it is ambiguous, or if the known mark does not fit."""
    marks, mark = found.marks(), formats.decimal or formats.proven_decimal
    if mark is None and found.ambiguous:
        raise ValueProblem(
            "decimal_mark_unknown",
            "could be in thousands or have three decimals, and nothing in its column decides which. "
            'Say it in the profile: decimal = "," or decimal = "."',
        )
    if mark is None:
        return marks[0]
    if mark not in marks:
        raise ValueProblem("not_a_number", f'is not a number with the decimal mark "{mark}". Correct the cell, or the profile')
    if mark == formats.proven_decimal and found.ambiguous and mark in found.digits:
        raise ValueProblem(
            "three_decimals",
            f'has three decimals, as other rows of the column prove the decimal mark "{mark}". '
            f'Write it with two, or say in the profile that it is so: decimal = "{mark}"',
        )
    return mark


def _not_a_number() -> ValueProblem:
    return ValueProblem("not_a_number", "is not a number. Write digits only, such as 1234.50")


def read_rate(cell: Cell, formats: Formats) -> Decimal:
    """Return a yearly rate as a fraction: ``8.05 %`` is 0.0805.

    Raises ValueProblem for a number of one or more without ``%``: it could be a percentage or a factor.
    """
    if isinstance(cell, str) and (text := read_text(cell)).endswith("%"):
        return read_number(text[:-1], formats) / 100
    rate = read_number(cell, formats)
    if abs(rate) >= 1:
        raise ValueProblem("rate", "could be a percentage or a factor. Write 8.05 % or 0.0805")
    return rate
