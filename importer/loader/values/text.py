"""A cell as text: what a person sees in it, and the problem when there is no value to see."""

from __future__ import annotations

import unicodedata
from datetime import date, datetime, time

from importer.domain.cells import MAX_CELL_CHARACTERS, Cell
from importer.domain.special_cells import CellError, FalseDate, LostDigits, MissingValue, number_text


class ValueProblem(Exception):
    """A cell that cannot be read as its column needs; ``str()`` says what is wrong and what to do."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def is_blank(cell: Cell) -> bool:
    return cell is None or (isinstance(cell, str) and not cell.strip())


def read_text(cell: Cell, _: object = None) -> str:
    """The cell as the user sees it, as :func:`display_text` gives it, whatever the column's formats.

    Raises ValueProblem for what the reader marks as no value (``#N/A`` and its kin) and for text that no cell can hold.
    """
    if type(cell) is str:  # most cells
        text = unicodedata.normalize("NFC", cell).strip()
    elif isinstance(cell, CellError):
        raise _problem_of(cell)
    else:
        text = display_text(cell)
    if len(text) > MAX_CELL_CHARACTERS:
        raise ValueProblem("cell_too_long", f"is longer than the {MAX_CELL_CHARACTERS:,} characters of a cell. Shorten it")
    return text


def display_text(cell: Cell) -> str:
    """A cell for a person: trimmed, in composed Unicode, whole numbers without a decimal point, an error as its text."""
    if isinstance(cell, str):
        return unicodedata.normalize("NFC", str(cell)).strip()
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, float):
        return number_text(cell)
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat(" ")
    if isinstance(cell, date | time):
        return cell.isoformat()
    return str(cell)


_MARKED: tuple[tuple[type[CellError], str, str], ...] = (  # subclasses first: each has its own way out
    (MissingValue, "formula_not_calculated", "is a formula without its result. Open the file in Excel, save it, and try again"),
    (LostDigits, "digits_lost", "has more than 15 digits, and a spreadsheet has lost the last ones. Write it again, as text"),
    (FalseDate, "not_a_date", "is a day that never was: 1900 had no 29 February. Write the date that is meant"),
    (CellError, "error_cell", "is an error in the sheet, not a value. Correct the formula or the cell"),
)


def _problem_of(cell: CellError) -> ValueProblem:
    return next(ValueProblem(code, message) for kind, code, message in _MARKED if isinstance(cell, kind))
