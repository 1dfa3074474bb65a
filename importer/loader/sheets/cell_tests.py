"""Tests of cells that support or contradict a guess about the heading of a column. They never decide a value.

There are two kinds. `agreement` tests whether the parser of a column accepts a cell in any of the possible formats. The
``may_be`` functions are for cases where a false negative would do harm: they return False only if no format that a profile
could state makes the cell a number or a date.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import lru_cache

from importer.domain.cells import Cell
from importer.domain.code_lists import VoucherSource, VoucherTypes, case_currencies, find_country, find_debtor_type, is_by_name
from importer.domain.columns import Column, ValueKind
from importer.domain.personal_numbers.texts import mask_text, without_masks
from importer.domain.special_cells import CellError
from importer.domain.text_keys import fold
from importer.loader.values.currency_words import CURRENCY_WORDS
from importer.loader.values.formats import DateOrder
from importer.loader.values.parsers import READERS, Formats, ValueProblem, display_text, is_blank

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.\w+")
_PHONE = re.compile(r"\+?[\d(][\d\s()/.-]{5,20}")
_POSTAL_CODE = re.compile(r"(?=.*\d)[A-Z]{0,3}[ -]?[\dA-Z][\dA-Z -]{1,8}", re.IGNORECASE)
_COMPANY_NUMBER = re.compile(r"[A-Z]{0,3}[ -]?\d[\d .-]{4,18}[A-Z\d]", re.IGNORECASE)
_DIGIT = re.compile(r"\d")
_TWO_LETTERS = re.compile(r"[^\W\d_]{2}")
_LONG_WORDS = re.compile(r"[^\W\d_]{4,}")
_HUNDREDTHS = re.compile(r"[\d.]+,\d\d|[\d,]+\.\d\d")
_DAY_IN_FIGURES = re.compile(r"\d{1,4}([-./])\d{1,2}\1\d{1,4}")
_DIGITS_LIKE_A_DAY = re.compile(r"\d.*[./\- ].*\d|^\s*\d{6,8}\s*$")
_LONGEST_REFERENCE = 50
_REMEMBERED = 4096  # texts of one column, each tested once for each column that it could be
_FEW = 5  # one cell in so many may be anything, such as an error or a note

_ANY_FORMAT = {
    ValueKind.MONEY: (Formats(decimal="."), Formats(decimal=",")),
    ValueKind.DATE: (*(Formats(order=order) for order in DateOrder), Formats(date_format="YYYYMMDD")),
}
_OWN_FORMAT = (Formats(),)


def agreement(column: Column, cells: Sequence[Cell], types: VoucherTypes) -> float | None:
    """Return the share (0 to 1) of the cells that are not blank that the column could hold, or None if all are blank."""
    filled = [cell for cell in cells if not is_blank(cell)]
    fits = _test_of(column, types)
    return sum(map(fits, filled)) / len(filled) if filled else None


def could_be_named(name: str, cell: Cell) -> bool:
    """Return whether a cell has the form that cells of this column have, such as an e-mail address. Texts have any form."""
    return name not in _BY_NAME or _BY_NAME[name](cell)


def is_distinctive(column: Column) -> bool:
    """Return whether the cells of the column identify it without its heading."""
    return column.value_kind in {ValueKind.CURRENCY, ValueKind.COUNTRY} or column.name in {"debtor_email", "voucher_type"}


def could_be_value(column: Column, text: str, types: VoucherTypes) -> bool:
    """Return whether ``text`` can be the value of this column in every row."""
    if column.value_kind in {ValueKind.CURRENCY, ValueKind.CHOICE}:
        return _test_of(column, types)(text)
    return _is_readable(column.value_kind, text, _OWN_FORMAT)


def objection_to(name: str, value_kind: ValueKind, cells: Iterable[Cell]) -> str | None:
    """Return why a column of these cells is unlikely to be ``name``, or None if the cells do not contradict it."""
    filled = [cell for cell in cells if not is_blank(cell) and not isinstance(cell, CellError)]
    contradicting, objection = _OBJECTIONS.get(name) or _OBJECTIONS.get(value_kind) or (_none, None)
    return objection if contradicting(filled) * _FEW > len(filled) else None


def may_be_number(cell: Cell) -> bool:
    """Return whether a cell is a number, or a text of digits with separators, a sign or a unit that is not a date."""
    if isinstance(cell, int | float | Decimal):
        return not isinstance(cell, bool)
    return isinstance(cell, str) and bool(_DIGIT.search(cell)) and _is_figure(cell)


def may_be_date(cell: Cell) -> bool:
    """Return whether a cell is a date, is accepted by the parser of dates, or is a text with digits like those of a date."""
    if isinstance(cell, str):
        return bool(_DIGIT.search(cell)) and (bool(_DIGITS_LIKE_A_DAY.search(cell)) or _is_date(cell))
    return isinstance(cell, date) or _is_date(cell)


def is_day_in_figures(text: str) -> bool:
    """Return whether a text is a day in figures, whichever of them is the day."""
    return _DAY_IN_FIGURES.fullmatch(text.strip()) is not None


def _is_figure(text: str) -> bool:
    """Return whether a text has no separators of dates and times and no words except currencies."""
    is_day = is_day_in_figures(text) or "/" in text or ":" in text
    return not is_day and all(word.casefold() in CURRENCY_WORDS for word in _LONG_WORDS.findall(text))


def _may_be_name(cell: Cell) -> bool:
    text = without_masks(mask_text(display_text(cell)))  # a name may have a personal number beside it
    return isinstance(cell, str) and sum(c.isalpha() for c in text) > sum(c.isdigit() for c in text)


def _test_of(column: Column, types: VoucherTypes) -> Callable[[Cell], bool]:
    if column.name == "voucher_type":
        return lambda cell: types.find(display_text(cell)) is not None
    return _BY_NAME.get(column.name) or _BY_VALUE_KIND.get(column.value_kind) or _readable_as(column.value_kind)


def _readable_as(value_kind: ValueKind) -> Callable[[Cell], bool]:
    formats = _ANY_FORMAT.get(value_kind, _OWN_FORMAT)
    remembered = lru_cache(_REMEMBERED)(lambda text: _is_readable(value_kind, text, formats))
    return lambda cell: remembered(cell) if type(cell) is str else _is_readable(value_kind, cell, formats)


def _is_readable(value_kind: ValueKind, cell: Cell, formats: Iterable[Formats]) -> bool:
    """Return whether the parser of this value kind accepts the cell in one of these formats."""
    for each in formats:
        try:
            READERS[value_kind](cell, each)
        except ValueProblem:
            continue
        return True
    return False


def _matches(pattern: re.Pattern[str]) -> Callable[[Cell], bool]:
    return lambda cell: pattern.fullmatch(display_text(cell).removeprefix("'")) is not None  # Excel marks texts with it


def _is_words(cell: Cell) -> bool:
    text = display_text(cell)
    return bool(_TWO_LETTERS.search(text)) and "@" not in text and not _is_date(cell)


def _is_reference(cell: Cell) -> bool:
    whole = not isinstance(cell, date | bool) and not (isinstance(cell, float) and not cell.is_integer())
    text = display_text(cell)
    return whole and len(text) <= _LONGEST_REFERENCE and "@" not in text and not _HUNDREDTHS.fullmatch(text)


_is_date = _readable_as(ValueKind.DATE)
_BY_NAME: dict[str, Callable[[Cell], bool]] = {
    "debtor_email": _matches(_EMAIL),
    "debtor_phone": _matches(_PHONE),
    "debtor_zip_code": _matches(_POSTAL_CODE),
    "debtor_registration_number": _matches(_COMPANY_NUMBER),
    "debtor_type": lambda cell: find_debtor_type(display_text(cell)) is not None or is_by_name(display_text(cell)),
    "source": lambda cell: fold(display_text(cell)) in {fold(source) for source in VoucherSource},
}
_BY_VALUE_KIND: dict[ValueKind, Callable[[Cell], bool]] = {
    ValueKind.TEXT: _is_words,
    ValueKind.IDENTIFIER: _is_reference,
    ValueKind.MONEY: _readable_as(ValueKind.MONEY),
    ValueKind.DATE: _is_date,
    ValueKind.CURRENCY: lambda cell: display_text(cell).upper() in case_currencies(),
    ValueKind.COUNTRY: lambda cell: find_country(display_text(cell)) is not None,
    ValueKind.FILE: _is_words,
}


def _none(_: Sequence[Cell]) -> int:
    return 0


def _all_but(expected: Callable[[Cell], bool]) -> Callable[[Sequence[Cell]], int]:
    return lambda cells: sum(not expected(cell) for cell in cells)


def _no_references(cells: Sequence[Cell]) -> int:
    """Count the cells that do not identify their row: those without a digit, and each repetition."""
    texts = [display_text(cell) for cell in cells]
    return sum(text in texts[:at] or not _DIGIT.search(text) for at, text in enumerate(texts))


_NO_REFERENCES = (_no_references, "its cells do not tell the rows apart")
_OBJECTIONS: Mapping[str, tuple[Callable[[Sequence[Cell]], int], str | None]] = {  # by column name or value kind
    "debtor_name": (_all_but(_may_be_name), "its cells are numbers, not names"),
    "debtor_type": (
        _all_but(lambda cell: find_debtor_type(display_text(cell)) is not None),
        "its cells are neither Company nor Person",
    ),
    "case_ref": _NO_REFERENCES,
    "creditor_reference": _NO_REFERENCES,
    ValueKind.DATE: (_all_but(may_be_date), "its cells are not dates"),
    ValueKind.MONEY: (_all_but(may_be_number), "its cells are not amounts"),
}
