"""A worksheet of XlsxWriter that writes a whole row at once, several times faster than cell by cell.

XlsxWriter still writes the workbook, its styles and notes. Only the XML of rows is built here, character for character
as XlsxWriter builds it; a test compares the two. Only :class:`RowSheet` uses internals of XlsxWriter, and
:data:`sheet_writer.KNOWN_VERSIONS` lists the versions that have them. The rows are kept in a file of their own until
:mod:`package` inserts them into the sheet.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from functools import lru_cache
from pathlib import Path
from tempfile import SpooledTemporaryFile

from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.worksheet import Worksheet

from importer.domain.cells import Cell
from importer.domain.special_cells import ShownNumber
from importer.reporter.xlsx.book import FormatOf
from importer.reporter.xlsx.cell_values import NUMBER_FORMATS, stored_value

Style = Callable[[str, int], str]
"""Returns the XML attribute for a number format and a column; empty for the default."""

ROWS_BEGIN = "<sheetData>"
"""The element in a sheet's XML after which the rows are inserted."""

IN_MEMORY = 1_000_000
"""Bytes of rows that are kept in memory before a file is used; most sheets are smaller."""

BLOCK_ROWS = 100

_SHORT = 16_384  # characters of a whole row; each of its texts then fits in a cell
_SUSPECT = re.compile("[&<>_\x00-\x1f\ud800-\udfff\ufffe\uffff]")
_LOOKS_ESCAPED = re.compile("_x[0-9a-fA-F]{4}_")
_NO_CHARACTER = re.compile("[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]")


class RowSheet(Worksheet):  # type: ignore[misc]  # XlsxWriter is not typed
    """A sheet whose rows are written from top to bottom. ``rows`` is a file with the XML of its rows."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        # In the report's folder, since the system's temporary folder may be too small.
        self.rows = SpooledTemporaryFile(IN_MEMORY, dir=str(folder))  # noqa: SIM115 - the book closes it
        self._block: list[str] = []
        self._last_row = self._last_column = self.size = 0

    def write_cells(self, row: int, cells: Sequence[Cell], format_of: FormatOf, coloured: Collection[int] = ()) -> None:
        """Write row ``row`` (counted from 0) after all rows above it. Raises OSError if the disk is full.

        ``format_of`` is called for the ``coloured`` columns; of the others only dates and times have a format.
        """

        def style(kind: str, column: int) -> str:
            wanted = format_of(kind, column)
            return f' s="{wanted._get_xf_index()}"' if wanted else ""  # noqa: SLF001 - as Worksheet does

        self._block.append(row_xml(row + 1, cells, style, coloured))
        self._last_row, self._last_column = row, max(self._last_column, len(cells) - 1)
        if len(self._block) >= BLOCK_ROWS:
            self._flush()

    def finish(self) -> None:
        """Finish the rows: ``rows`` is then complete, rewound, and ``size`` bytes long. Raises OSError if the disk is full."""
        self._flush()
        self.size = self.rows.tell()
        self.rows.seek(0)
        for row, column in ((0, 0), (self._last_row, self._last_column)):
            self._check_dimensions(row, column)

    def _flush(self) -> None:
        self.rows.write("".join(self._block).encode())
        self._block.clear()

    def _write_sheet_data(self) -> None:
        self.fh.write(f"{ROWS_BEGIN}</sheetData>")


def row_xml(number: int, cells: Sequence[Cell], style: Style, coloured: Collection[int] = ()) -> str:
    """Return the XML of row ``number`` (counted from 1)."""
    letters = _letters(len(cells))
    if coloured or not _are_plain([cell for cell in cells if type(cell) is str]):
        xml = [
            f'<c r="{letter}{number}"{_styled(cell, column, style, always=column in coloured)}{_content(cell)}'
            for column, (letter, cell) in enumerate(zip(letters, cells, strict=True))
            if cell is not None or column in coloured
        ]
    else:
        text = f'{number}" t="inlineStr"><is><t>'
        xml = [
            f'<c r="{letter}{text}{cell}</t></is></c>'
            if type(cell) is str
            else f'<c r="{letter}{number}"{_styled(cell, 0, style)}{_content(cell)}'
            for letter, cell in zip(letters, cells, strict=True)
            if cell is not None
        ]
    return f'<row r="{number}">{"".join(xml)}</row>'


def _are_plain(texts: Sequence[str]) -> bool:
    """Return whether no text needs escaping, which is the usual case.

    All texts are tested at once for speed. The result may be False although none needs escaping.
    """
    joined = f"|{'|'.join(texts)}|"
    marked = "&" in joined or "<" in joined or ">" in joined or "_x" in joined
    return joined.isprintable() and not (marked or "| " in joined or " |" in joined or len(joined) >= _SHORT)


def _styled(cell: Cell, column: int, style: Style, *, always: bool = False) -> str:
    """Return the attribute with a cell's format. Dates and times always have one."""
    wanted = cell.code if type(cell) is ShownNumber else NUMBER_FORMATS.get(type(cell))
    return style(wanted or "", column) if wanted or always else ""


@lru_cache(maxsize=64)
def _letters(count: int) -> tuple[str, ...]:
    return tuple(xl_col_to_name(column) for column in range(count))


def _content(cell: Cell) -> str:
    """Return the rest of a cell's element."""
    value = stored_value(cell)
    if isinstance(value, str):
        return _text(value)
    if value is None:
        return "/>"
    return f' t="b"><v>{value:d}</v></c>' if isinstance(value, bool) else f"><v>{value:.16G}</v></c>"


def _text(text: str) -> str:
    """Return the rest of the element of a text cell. Text is never read as a formula, a link or markup."""
    if _SUSPECT.search(text):
        text = _LOOKS_ESCAPED.sub(r"_x005F\g<0>", text)
        text = _NO_CHARACTER.sub(lambda found: f"_x{ord(found[0]):04X}_", text)
        text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    space = ' xml:space="preserve"' if text != text.strip() else ""
    return f' t="inlineStr"><is><t{space}>{text}</t></is></c>'
