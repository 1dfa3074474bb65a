"""How the lines of a delimited text make up its rows: counts, widths, and rows that need a closer look."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property

from importer.domain.notes import Note, NoteKind, RowNumbers

LineRange = tuple[int, int]
"""The numbers of the first and the last line of a row, counted from 1."""


@dataclass(frozen=True)
class TextLayout:
    """The rows of a text file, as found before any of them is read.

    ``lines`` is the number of its lines, ``rows`` of its rows with blank ones, ``filled`` of those with a cell that is not
    empty, ``further`` of the lines within rows after their first, and ``apart`` of those that are no rows: the hint ``sep=;`` and
    the end mark of DOS. ``widths`` counts the filled rows by their number of cells, and ``open_ended`` those of them whose last
    cell is empty. ``swallowing`` has the lines of rows with a cell that may hold other rows, ``torn`` are the rows in which a
    quote opens within a cell and closes at the end of a later one, ``guarded`` those with a guard of Excel (``="00123"``).
    ``by_csv``: the csv module reads every row. ``delimiter`` is None for a file of one column.
    ``quotes_are_text``: quotes enclose no cells.
    """

    lines: int
    rows: int
    filled: int
    further: int = 0
    apart: int = 0
    widths: Counter[int] = field(default_factory=Counter)
    open_ended: int = 0
    swallowing: dict[int, LineRange] = field(default_factory=dict)
    torn: frozenset[int] = frozenset()
    guarded: RowNumbers = field(default_factory=RowNumbers)
    by_csv: bool = True
    delimiter: str | None = None
    quotes_are_text: bool = False

    @cached_property
    def usual_width(self) -> int:
        """The number of cells that most rows have, the larger one of two; 0 if none has more than one."""
        return max(((count, width) for width, count in self.widths.items() if width > 1), default=(0, 0))[1]


@dataclass
class LinesRead:
    """What became of the rows of a text file when they were read, beside those that are blank from the start.

    ``rows`` are those that became records, rejects and rows that are left out; ``above`` the headings and what is above them,
    and units below; ``passed`` repeated headings, page marks and the like; ``blank`` those with spaces alone.
    """

    rows: int = 0
    above: int = 0
    passed: int = 0
    blank: int = 0

    def note(self, layout: TextLayout) -> Note:
        """Return the note by which every line of the file is accounted for."""
        lines = {
            "lines": layout.lines,
            "rows": self.rows,
            "further": layout.further,
            "headings": self.above,
            "passed": self.passed,
            "blank": self.blank + layout.rows - layout.filled,
            "marks": layout.apart,
        }
        return Note(NoteKind.LINES_READ, values=tuple((name, str(count)) for name, count in lines.items()))
