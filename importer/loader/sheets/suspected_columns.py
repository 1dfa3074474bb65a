"""Find the columns that may show whether a row is a claim, although nobody knows their heading: by their cells and its words.

Nothing is decided by such a column. Its values are questions until a person has answered what they mean, or that it says nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from importer.domain.cells import Cell
from importer.domain.row_states import (
    CREDITS,
    Meaning,
    Sort,
    StateColumn,
    Suspicion,
    find,
    is_free_text,
    sort_of,
    suspicion_of,
    truth_of,
)
from importer.loader.sheets.cell_tests import may_be_date, may_be_number
from importer.loader.values.parsers import display_text

_NO_EVIDENCE = frozenset({Meaning.FEE, Meaning.PURCHASE, Meaning.ORDER, Meaning.BALANCE, Meaning.NOT_DUE, Meaning.ON_ITS_WAY})
"""Words that other columns hold as well: the last reminder, where an invoice comes from, how it is paid."""
_SHORTEST = 3
"""Letters of a word that may show a column of states: single letters are used for everything."""
_LONGEST_REFERENCE = 30


def suspected_as(key: str, cells: Sequence[Cell], system: str | None, *, is_flat: bool) -> StateColumn | None:
    """Return as what a column with this folded heading must be asked about, by its first cells that have a value; or None.

    ``is_flat``: the sheet names the vouchers of its cases itself, so that credits and payments are their types.
    """
    suspicion = suspicion_of(key)
    if suspicion is None and is_free_text(key):
        return None
    if _holds_states(cells, system, is_flat=is_flat):
        return StateColumn.ROW_STATE
    return _as_marks(suspicion, cells) if suspicion and suspicion is not Suspicion.STATUS else None


def _as_marks(suspicion: Suspicion, cells: Sequence[Cell]) -> StateColumn | None:
    """Return as what a column of yes and no, of days or of documents must be asked about; None if it is none."""
    if not _are_marks(cells, suspicion):
        return None
    if suspicion is Suspicion.OPEN:
        return StateColumn.IS_OPEN
    is_dated = suspicion is Suspicion.PAID and bool(cells) and _most(may_be_date(cell) for cell in cells)
    return StateColumn.PAID_DATE if is_dated else StateColumn.ON_HOLD


def _holds_states(cells: Iterable[Cell], system: str | None, *, is_flat: bool) -> bool:
    """Return whether most of the distinct texts are states, and one of them says that its row is no claim or is a question."""
    texts = {display_text(cell).strip().casefold() for cell in cells if isinstance(cell, str)}
    words = {text: find(StateColumn.ROW_STATE, text, system) for text in texts if len(text) >= _SHORTEST}
    if not _most(words.get(text) is not None for text in texts):
        return False
    passed_over = _NO_EVIDENCE | CREDITS if is_flat else _NO_EVIDENCE
    return any(word and word.meaning not in passed_over and sort_of(word.meaning) is not Sort.CLAIM for word in words.values())


def _are_marks(cells: Sequence[Cell], suspicion: Suspicion) -> bool:
    """Return whether most cells say yes or no or are days, or name a document below the heading of a credit."""
    return not cells or _most(_is_mark(cell) or (suspicion is Suspicion.CREDITED and _is_reference(cell)) for cell in cells)


def _is_mark(cell: Cell) -> bool:
    return truth_of(display_text(cell)) is not None or (may_be_date(cell) and not may_be_number(cell))


def _is_reference(cell: Cell) -> bool:
    text = display_text(cell).strip()
    return any(map(str.isdigit, text)) and len(text) <= _LONGEST_REFERENCE and "," not in text and "." not in text


def _most(found: Iterable[bool]) -> bool:
    counted = list(found)
    return sum(counted) * 2 > len(counted)
