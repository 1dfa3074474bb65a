"""Find texts in quotes that a delimiter or a line end tears apart, because a quote is in the wrong place."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from importer.loader.files.dialect import Dialect


def torn_cells(dialect: Dialect) -> re.Pattern[str]:
    """Return what finds a quote within a cell without quotes and one at the end of a later cell of the same line.

    A quote in a cell with quotes is doubled, or has a delimiter beside it. The time of a search is in proportion to the text,
    however long its lines are: what is between the two quotes is matched once, without going back.
    """
    quote, delimiter = re.escape(dialect.quote or '"'), re.escape(dialect.delimiter or "\x1f")
    inner = rf"[^{delimiter}{quote}\r\n]"
    opens = rf"(?<={inner}){quote}(?={inner}++{delimiter})"
    closes = rf"(?<={inner}){quote}(?=[{delimiter}\r\n]|\Z)"
    return re.compile(rf"{opens}[^{quote}\r\n]*+{closes}")


class TextEnds:
    """Recognises lines that begin within a text of the line above, although its quotes were closed there."""

    def __init__(self, dialect: Dialect) -> None:
        self._quote = dialect.quote or '"'
        quote, delimiter = re.escape(self._quote), re.escape(dialect.delimiter or "\x1f")
        self._inside = re.compile(rf"[^{delimiter}{quote}\r\n]++{quote}[^{delimiter}\r\n]*+{delimiter}{quote}")

    def may_be_in(self, records: Iterable[Sequence[str]]) -> bool:
        """Return whether the first cell of one of these rows holds a quote, so that the lines need a closer look."""
        return any(self._quote in cells[0] for cells in records if cells)

    def is_in(self, line: str, cells: Sequence[str], width: int) -> bool:
        """Return whether a text ends in a line with these cells: a short one by itself, or one whose other cells are in quotes.

        ``width`` is the number of cells of the table.
        """
        if self._quote not in line:
            return False
        if len(cells) * 2 >= width:
            return self._inside.match(line) is not None
        text = "".join(cells)
        return bool(text.count(self._quote) % 2) or (text.endswith(self._quote) and self._quote not in text.rstrip(self._quote))
