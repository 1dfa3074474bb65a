"""What the cells of a column look like: evidence for or against a guess about its heading. Nothing is read by it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from decimal import Decimal

from importer.domain.cells import Cell
from importer.domain.code_lists import VoucherSource, VoucherTypes, case_currencies, find_country, find_debtor_type, is_by_name
from importer.domain.columns import Column, Holds
from importer.domain.special_cells import CellError
from importer.domain.text_keys import fold
from importer.loader.values.parsers import READERS, Formats, ValueProblem, is_blank, shown

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.\w+")
_PHONE = re.compile(r"\+?[\d(][\d\s()/.-]{5,20}")
_POSTAL_CODE = re.compile(r"(?=.*\d)[A-Z]{0,3}[ -]?[\dA-Z][\dA-Z -]{1,8}", re.IGNORECASE)
_COMPANY_NUMBER = re.compile(r"[A-Z]{0,3}[ -]?\d[\d .-]{4,18}[A-Z\d]", re.IGNORECASE)
_DATE = re.compile(
    r"\d{1,4}([./ -])\d{1,2}\1\d{1,4}\.?|\d{4}-\d{2}-\d{2}[T ].*|\d{1,2}[. -]*[^\W\d]{3,}[. -]*\d{2,4}|(19|20)\d{6}"
)
_NUMBER = re.compile(r"(?:[A-Z]{3}|kr\.?|[€$£])?\s*[+-]?\d[\d.,' \u00a0\u202f]*-?\s*(?:[A-Z]{3}|kr\.?|[€$£])?", re.IGNORECASE)
_LETTERS = re.compile(r"[^\W\d_]{2}")
_LONGEST_REFERENCE = 50


def agreement(column: Column, cells: Sequence[Cell], types: VoucherTypes) -> float | None:
    """The share (0 to 1) of these cells, blank ones aside, that the column could hold; None if all are blank."""
    filled = [cell for cell in cells if not is_blank(cell)]
    fits = _test_of(column, types)
    return sum(map(fits, filled)) / len(filled) if filled else None


def is_distinctive(column: Column) -> bool:
    """Whether what the column holds says by itself which column it is, whatever its heading."""
    return column.holds in {Holds.CURRENCY, Holds.COUNTRY} or column.name in {"debtor_email", "voucher_type"}


def could_be_value(column: Column, text: str, types: VoucherTypes) -> bool:
    """Whether ``text`` can stand in this column in every row."""
    if column.holds in {Holds.CURRENCY, Holds.CHOICE}:
        return _test_of(column, types)(text)
    try:
        READERS[column.holds](text, Formats())
    except ValueProblem:
        return False
    return True


def _test_of(column: Column, types: VoucherTypes) -> Callable[[Cell], bool]:
    if column.name == "voucher_type":
        return lambda cell: types.find(shown(cell)) is not None
    return _BY_NAME.get(column.name) or _BY_HOLDS.get(column.holds) or (lambda cell: _readable(column, cell))


def _matches(pattern: re.Pattern[str]) -> Callable[[Cell], bool]:
    return lambda cell: pattern.fullmatch(shown(cell)) is not None


def _is_date(cell: Cell) -> bool:
    return isinstance(cell, date) or (not isinstance(cell, float | bool) and _matches(_DATE)(cell))


def _is_number(cell: Cell) -> bool:
    if isinstance(cell, int | float | Decimal):
        return not isinstance(cell, bool)
    return _matches(_NUMBER)(cell) and not _is_date(cell)


def _is_words(cell: Cell) -> bool:
    text = shown(cell)
    return bool(_LETTERS.search(text)) and "@" not in text and not _is_date(cell)


def _is_reference(cell: Cell) -> bool:
    whole = not isinstance(cell, date | bool) and not (isinstance(cell, float) and not cell.is_integer())
    text = shown(cell)
    return whole and len(text) <= _LONGEST_REFERENCE and "@" not in text and not re.fullmatch(r"[\d.]+,\d\d|[\d,]+\.\d\d", text)


def _readable(column: Column, cell: Cell) -> bool:
    try:
        READERS[column.holds](cell, Formats())
    except ValueProblem:
        return False
    return True


_BY_NAME: dict[str, Callable[[Cell], bool]] = {
    "debtor_email": _matches(_EMAIL),
    "debtor_phone": _matches(_PHONE),
    "debtor_zip_code": _matches(_POSTAL_CODE),
    "debtor_registration_number": _matches(_COMPANY_NUMBER),
    "debtor_type": lambda cell: find_debtor_type(shown(cell)) is not None or is_by_name(shown(cell)),
    "source": lambda cell: fold(shown(cell)) in {fold(source) for source in VoucherSource},
}
_BY_HOLDS: dict[Holds, Callable[[Cell], bool]] = {
    Holds.TEXT: _is_words,
    Holds.IDENTIFIER: _is_reference,
    Holds.MONEY: _is_number,
    Holds.DATE: _is_date,
    Holds.CURRENCY: lambda cell: shown(cell).upper() in case_currencies(),
    Holds.COUNTRY: lambda cell: find_country(shown(cell)) is not None,
    Holds.FILE: _is_words,
}


_DAY = re.compile(r"\d{1,4}([-./])\d{1,2}\1\d{1,4}")


_FEW = 5  # one cell in so many may be anything: an error, a note


def speaks_against(name: str, holds: Holds, cells: Iterable[Cell]) -> str | None:
    """Why a column of these cells is hardly ``name``, or None if they do not say so."""
    filled = [cell for cell in cells if not is_blank(cell) and not isinstance(cell, CellError)]
    if name == "debtor_name" and _many(filled, [not _is_like_a_name(cell) for cell in filled]):
        return "its cells are numbers, not names"
    if name == "debtor_type" and _many(filled, [find_debtor_type(shown(cell)) is None for cell in filled]):
        return "its cells are neither Company nor Person"
    if holds is Holds.DATE and _many(filled, [not is_like_a_date(cell) for cell in filled]):
        return "its cells are no dates"
    if holds is Holds.MONEY and _many(filled, [not is_like_a_number(cell) for cell in filled]):
        return "its cells are no amounts"
    if name in {"case_ref", "creditor_reference"}:
        texts = [shown(cell) for cell in filled]
        repeated = [text in texts[:at] for at, text in enumerate(texts)]
        if _many(filled, [again or not re.search(r"\d", text) for again, text in zip(repeated, texts, strict=True)]):
            return "its cells do not tell the rows apart"
    return None


def _many(filled: Sequence[Cell], wrong: Sequence[bool]) -> bool:
    return sum(wrong) * _FEW > len(filled)


def _is_like_a_name(cell: Cell) -> bool:
    text = shown(cell)
    return isinstance(cell, str) and sum(c.isalpha() for c in text) > sum(c.isdigit() for c in text)


def is_like_a_date(cell: Cell) -> bool:
    """A date, or a text with digits as dates have them."""
    return isinstance(cell, date) or (isinstance(cell, str) and bool(re.search(r"\d.*[./\- ].*\d|^\s*\d{6,8}\s*$", cell)))


def is_like_a_number(cell: Cell) -> bool:
    """A number, or a text of digits with marks, a sign or a currency around it."""
    if isinstance(cell, int | float | Decimal) and not isinstance(cell, bool):
        return True
    text = cell if isinstance(cell, str) and not _DAY.fullmatch(cell.strip()) else ""
    return bool(re.search(r"\d", text)) and not re.search(r"[^\W\d_]{4}", text) and bool(re.fullmatch(r"[^/:]*", text))
