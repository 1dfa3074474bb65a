"""References of cells, such as ``B12``, and the cells of a sheet that were seen already."""

from __future__ import annotations

from dataclasses import dataclass, field

MAX_COLUMNS = 2_000
"""Used columns. The widest export of a ledger has some hundreds; each one costs memory in every row."""

_SHEET_COLUMNS = 16_384


def column_number(letters: str) -> int:
    """Return the number of a column, A = 1."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - 64
    return number


def column_letters(number: int) -> str:
    """Return the letters of a column, 1 = A."""
    letters = ""
    while number > 0:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


@dataclass(slots=True)
class SeenCells:
    """The rows and cells of a sheet so far, to find one that the file holds twice. Rows and columns count from 0.

    ``repeated`` is the first such cell or row: ``cell A2`` or ``row 2``. A reader takes one of the two without a word.
    """

    repeated: str = ""
    _rows: set[int] = field(default_factory=set)
    _columns: dict[int, int] = field(default_factory=dict)  # row → a bit for each column

    def enter_row(self, row: int) -> None:
        """Note the beginning of a row."""
        if row in self._rows:
            self.repeated = self.repeated or f"row {row + 1}"
        self._rows.add(row)

    def enter(self, row: int, column: int, count: int = 1) -> None:
        """Note a cell, or ``count`` cells beside each other. A cell outside of any sheet is not noted: it is refused for that."""
        if column + count > _SHEET_COLUMNS:
            return
        bits = ((1 << count) - 1) << column
        present = self._columns.get(row, 0)
        if present & bits:
            first = ((present & bits) & -(present & bits)).bit_length()
            self.repeated = self.repeated or f"cell {column_letters(first)}{row + 1}"
        self._columns[row] = present | bits

    def close_rows(self) -> None:
        """Forget the cells so far, in a format whose cells always lie in the row that was begun last."""
        self._columns.clear()
