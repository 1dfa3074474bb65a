"""Read a cell as the text that a user sees, or raise the problem of a cell without a value."""

from __future__ import annotations

import unicodedata
from datetime import date, datetime, time

from importer.domain.cells import MAX_CELL_CHARACTERS, Cell
from importer.domain.number_formats.meaning import shown_text
from importer.domain.special_cells import CellError, FalseDate, LostDigits, MissingValue, ShownNumber, number_text
from importer.loader.values.damage import READ_TWICE, damage_in

DAMAGED = "damaged"
"""The code of a text that was read or saved with the wrong encoding."""


_CORRECT = "Save the file again with the right encoding, or correct the cell"
_ADVICE = {
    f"looks like {READ_TWICE}": f'{_CORRECT}; for all cells of a CSV, write encoding = "utf-8-twice" into the profile',
}
"""What to do about a damage, if there is more to do than usual."""


class ValueProblem(Exception):
    """A cell that cannot be read as its column requires. The message states what is wrong and what to do.

    ``gist`` is the message without the values of the cell, if it has any.
    """

    def __init__(self, code: str, message: str, gist: str | None = None) -> None:
        super().__init__(message)
        self.code, self.gist = code, gist


def is_blank(cell: Cell) -> bool:
    """Return whether a cell is empty or has only white space."""
    return cell is None or (isinstance(cell, str) and (not cell or cell.isspace()))


def read_text(cell: Cell, _: object = None) -> str:
    """Return the cell as the user sees it, as :func:`display_text` does, if it is not damaged. The formats are not used.

    Raises ValueProblem for error cells such as ``#N/A``, for text that proves its own damage, and for text longer than a cell
    can hold.
    """
    text = read_path(cell)
    if not (text.isascii() and text.isprintable()) and (damage := damage_in(text)):
        raise ValueProblem(DAMAGED, f"{damage}. {_ADVICE.get(damage.partition(':')[0], _CORRECT)}")
    return text


def read_path(cell: Cell, _: object = None) -> str:
    """Return the cell as the user sees it, whatever its characters: the name of a file may have any.

    Raises ValueProblem for error cells, and for text longer than a cell can hold.
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
    """Return a cell as text: trimmed, in composed Unicode, whole numbers without a decimal point, an error as its text."""
    if isinstance(cell, str):
        return unicodedata.normalize("NFC", str(cell)).strip()
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, float):
        return (isinstance(cell, ShownNumber) and shown_text(cell.code, cell)) or number_text(cell)
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat(" ")
    if isinstance(cell, date | time):
        return cell.isoformat()
    return str(cell)


_MARKED: tuple[tuple[type[CellError], str, str], ...] = (  # subclasses first: each has its own advice
    (MissingValue, "formula_not_calculated", "is a formula without its result. Open the file in Excel, save it, and try again"),
    (LostDigits, "digits_lost", "has more than 15 digits, and a spreadsheet has lost the last ones. Write it again, as text"),
    (FalseDate, "not_a_date", "is a day that does not exist: 1900 had no 29 February. Write the date that is meant"),
    (CellError, "error_cell", "is an error in the sheet, not a value. Correct the formula or the cell"),
)


def _problem_of(cell: CellError) -> ValueProblem:
    return next(ValueProblem(code, message) for kind, code, message in _MARKED if isinstance(cell, kind))
