"""What a column's first cells say of a heading that may mean two things, such as a customer's name or number."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal

from importer.domain.code_lists import find_debtor_type
from importer.domain.columns import Holds
from importer.domain.records import Cell
from importer.loader.files.number_formats import CellError
from importer.loader.values.parsers import is_blank, shown

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
