"""Scan the sheets of an xlsx for their real size and their special cells before calamine reads them.

An XML parser reads every valid way to write a sheet, but takes 2 µs for a cell. Ordinary cells are therefore removed
before, by a pattern that takes a fiftieth of that time. A cell is ordinary if it is written as every common library does,
without an error, a formula that lacks its value, a style that shows something else than the value, or the number 60.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar
from xml.parsers import expat

from importer.domain.number_formats.meaning import BareDigits, bare_digits
from importer.loader.files.cell_references import SeenCells, column_letters, column_number
from importer.loader.files.corrections import CellCorrections, CorrectionCode
from importer.loader.files.covered_cells import CoveredCells
from importer.loader.files.number_formats import shows_more
from importer.loader.files.ordinary_cells import OrdinaryCells, number_of_letters, whole_rows
from importer.loader.files.row_ranges import RowRanges

if TYPE_CHECKING:
    from importer.domain.number_formats.number_format import NumberFormat

_ANY_REFERENCE = re.compile(r"([A-Za-z]+)([0-9]+)")
_SHARED = re.compile(rb' t="s"[^<>]*+><v>([0-9]{1,9})</v>')
_YES, _SIXTIES = ("1", "true"), ("0", "6", "+", ".")
_Code = TypeVar("_Code", int, str)


@dataclass(slots=True)
class SheetScan:
    """The result of a scan. ``rows`` and ``columns`` are counted from A1 to the last cell.

    If ordinary cells were removed, cells with only a style count too, and ``text_bytes`` leaves out all ordinary cells.
    ``own_bytes`` are those of the sheet in the file, while ``text_bytes`` count a shared text for each cell that shows it.
    """

    corrections: CellCorrections
    rows: int = 0
    columns: int = 0
    first_row: int = 0
    first_column: int = 0
    last_cell: str = ""
    text_bytes: int = 0
    own_bytes: int = 0
    merged: int = 0
    first_merged: str = ""
    reread: dict[int, dict[int, str]] = field(default_factory=dict)
    """Row → column → the text of a cell as earlier releases read it, where it is read better now. Both count from 0."""
    covered: CoveredCells = field(default_factory=CoveredCells)
    hidden_rows: RowRanges = field(default_factory=RowRanges)
    hidden_columns: list[tuple[int, int]] = field(default_factory=list)
    """First and last of each range, counted from 1."""
    conditional: list[str] = field(default_factory=list)
    """Ranges with a number format that applies on a condition, "" for a range that is not known."""
    filtered: bool = False
    cdata: bool = False
    repeated: str = ""


@dataclass(frozen=True, slots=True)
class Styles:
    """The cell styles (``s="7"``) that show something else than the value.

    ``of_style`` maps a style number to an index in ``formats``. ``conditional`` are the numbers of the formats for conditions
    that show something else than the value. ``false_dates``: letters in a format make a reader take its numbers for dates.
    """

    formats: tuple[NumberFormat, ...] = ()
    of_style: dict[int, int] = field(default_factory=dict)
    conditional: frozenset[str] = frozenset()
    false_dates: bool = False

    @classmethod
    def of(cls, codes: dict[_Code, NumberFormat], styles: list[_Code]) -> Styles:
        """Combine the formats by code with the codes of all styles, in the order of the style numbers."""
        order = list(codes)
        return cls(tuple(codes.values()), {at: order.index(code) for at, code in enumerate(styles) if code in codes})

    def bare(self) -> dict[int, BareDigits]:
        """Return the numbers that the styles show as they are, by style number."""
        found = ((style, bare_digits(self.formats[at])) for style, at in self.of_style.items())
        return {style: bare for style, bare in found if bare is not None}


def scan_sheet(blocks: Iterable[bytes], styles: Styles, lengths: list[int], *, epoch_1904: bool) -> SheetScan | None:
    """Scan a sheet without its ordinary cells. Raises expat.ExpatError for broken XML.

    Returns None if `scan_every_cell` is needed: if ordinary cells were removed and other cells have no reference, so that
    their positions depend on the removed cells, or if the cells are not in ascending order, so that one may occur twice.
    """
    ordinary = OrdinaryCells(styles.of_style, styles.bare())
    calls = _Calls(styles, lengths, epoch_1904=epoch_1904)
    scan = calls.scan_of(_without_ordinary(blocks, ordinary, calls))
    scan.rows, scan.columns = max(scan.rows, ordinary.rows), max(scan.columns, ordinary.columns)
    scan.first_row = scan.first_column = 0
    return None if ordinary.unsorted or (ordinary.found and calls.lacks_references) else scan


def _without_ordinary(blocks: Iterable[bytes], ordinary: OrdinaryCells, calls: _Calls) -> Iterator[bytes]:
    """Yield a sheet without its ordinary cells, of which those with a format that is kept are noted."""
    for block in whole_rows(blocks):
        rest = ordinary.cut_out(block)
        for letters, row, style in ordinary.formatted:
            calls.note_style(int(row) - 1, number_of_letters(letters) - 1, int(style))
        yield rest


def scan_every_cell(blocks: Iterable[bytes], styles: Styles, lengths: list[int], *, epoch_1904: bool) -> SheetScan:
    """Scan all cells of a sheet. ``lengths`` are those of the shared texts in bytes. Raises expat.ExpatError for broken XML."""
    return _Calls(styles, lengths, epoch_1904=epoch_1904).scan_of(blocks)


def shared_text_bytes(blocks: Iterable[bytes], lengths: list[int]) -> int:
    """Return the bytes of all shared texts, counted for every ordinary cell that shows one."""
    count = len(lengths)
    return sum(lengths[index] for block in whole_rows(blocks) for index in map(int, _SHARED.findall(block)) if index < count)


class _Calls:
    """Handlers of the XML parser. A cell without ``r`` is the next one in its row, as calamine reads it."""

    def __init__(self, styles: Styles, lengths: list[int], *, epoch_1904: bool) -> None:
        self.scan = SheetScan(CellCorrections(styles.formats))
        self.lacks_references = False
        self._styles, self._lengths, self._epoch_1904 = styles, lengths, epoch_1904
        self._at = (-1, -1)
        self._seen = SeenCells()
        self._range = ""
        self._cell: dict[str, str] | None = None
        self._inside: set[str] = set()
        self._text: list[str] = []
        self._value = ""

    def scan_of(self, blocks: Iterable[bytes]) -> SheetScan:
        """Parse a sheet and return its scan."""
        parse_xml(blocks, start=self._start, end=self._end, data=self._data, cdata=self._cdata)
        self.scan.corrections.close()
        self.scan.hidden_rows.close()
        self.scan.repeated = self._seen.repeated
        return self.scan

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition(":")[2]
        if name == "c":
            self._start_cell(attributes)
        elif self._cell is not None:
            self._inside.add(name)
            self._text = []
        elif name == "row":
            self._at = ((_number(attributes.get("r", "")) or self._at[0] + 2) - 1, -1)
            self._seen.enter_row(self._at[0])
            if attributes.get("hidden") in _YES or _is_zero(attributes.get("ht", "")):
                self.scan.hidden_rows.add(self._at[0] + 1)
        else:
            self._note_feature(name, attributes)

    def _start_cell(self, attributes: dict[str, str]) -> None:
        if found := _ANY_REFERENCE.fullmatch(attributes.get("r", "")):
            self._at = (max(_number(found[2]) - 1, 0), column_number(found[1][:8]) - 1)
        else:
            self.lacks_references = True
            self._at = (self._at[0], self._at[1] + 1)
        self._seen.enter(*self._at)
        self._cell, self._inside, self._value = attributes, set(), ""

    def _note_feature(self, name: str, attributes: dict[str, str]) -> None:
        if name == "mergeCell":
            self.scan.merged += 1
            self.scan.first_merged = self.scan.first_merged or attributes.get("ref", "")
            self.scan.covered.add_reference(attributes.get("ref", ""))
        elif name == "col" and (attributes.get("hidden") in _YES or _is_zero(attributes.get("width", ""))):
            first = max(_number(attributes.get("min", "")), 1)
            self.scan.hidden_columns.append((first, max(_number(attributes.get("max", "")), first)))
        elif name == "autoFilter":
            self.scan.filtered = True
        else:
            self._note_condition(name, attributes)

    def _note_condition(self, name: str, attributes: dict[str, str]) -> None:
        """Note a number format that applies on a condition, by its number or, in an extension of the sheet, by itself."""
        if name == "conditionalFormatting":
            self._range = attributes.get("sqref", "")
        elif name == "cfRule" and attributes.get("dxfId", "") in self._styles.conditional:
            self.scan.conditional.append(self._range)
        elif name == "numFmt" and shows_more(attributes.get("formatCode", "")):
            self.scan.conditional.append("")

    def _data(self, text: str) -> None:
        if self._cell is not None:
            self._text.append(text)

    def _cdata(self) -> None:
        self.scan.cdata = True

    def _end(self, tag: str) -> None:
        name, cell = tag.rpartition(":")[2], self._cell
        if name == "v":
            self._value = "".join(self._text).strip()
        elif name == "c" and cell is not None:
            kind = cell.get("t", "n")
            self._note_value(kind, self._value)
            self.note_style(*self._at, _number(cell["s"]) if cell.get("s") else -1)
            self._note_content(kind, self._value)
            self._cell = None

    def _note_value(self, kind: str, value: str) -> None:
        # Excel writes ="" as a text with an empty value.
        has_value = bool(value) or kind == "e" or (kind == "str" and "v" in self._inside)
        if has_value or "is" in self._inside:
            self._stretch(*self._at)
        if kind == "e":
            self.scan.corrections.add_error(*self._at, value or "#VALUE!")
        elif "f" in self._inside and not has_value:
            self.scan.corrections.add(*self._at, CorrectionCode.MISSING)

    def note_style(self, row: int, column: int, style: int) -> None:
        """Note a cell whose style shows something else than its value."""
        form = self._styles.of_style.get(style)
        if form is not None:
            self.scan.corrections.add_format(row, column, form)

    def _note_content(self, kind: str, value: str) -> None:
        if kind == "s":
            self.scan.text_bytes += self._lengths[index] if (index := _number(value)) < len(self._lengths) else 0
        elif kind == "n" and not self._epoch_1904 and _is_day_60(value):
            self.scan.corrections.add(*self._at, CorrectionCode.DAY_60)

    def _stretch(self, row: int, column: int) -> None:
        scan = self.scan
        if not scan.last_cell:
            scan.first_row, scan.first_column = row, column
        if row >= scan.rows or column >= scan.columns:
            scan.last_cell = f"{column_letters(column + 1)}{row + 1}"
        scan.first_row, scan.first_column = min(row, scan.first_row), min(column, scan.first_column)
        scan.rows, scan.columns = max(scan.rows, row + 1), max(scan.columns, column + 1)


def _number(text: str) -> int:
    """Give a whole number, or its first ten digits, which are more than a sheet has of anything; 0 for what is none."""
    return int(text.lstrip("0")[:10] or 0) if text.isdecimal() else 0


def _is_zero(size: str) -> bool:
    """Return whether a height or a width is zero, by which a row or a column is hidden."""
    return bool(size) and not size.strip("0.")


def _is_day_60(value: str) -> bool:
    """Return whether Excel would show the number as its 29 February 1900, a day that does not exist."""
    try:
        return value[:1] in _SIXTIES and int(float(value)) == 60  # noqa: PLR2004
    except (ValueError, OverflowError):
        return False


def parse_xml(
    blocks: Iterable[bytes],
    *,
    start: Callable[[str, dict[str, str]], None],
    end: Callable[[str], None] | None = None,
    data: Callable[[str], None] | None = None,
    cdata: Callable[[], None] | None = None,
) -> None:
    """Parse XML with expat, block by block. Raises expat.ExpatError. `Archive.blocks` has already refused DTDs."""
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = data
    parser.StartCdataSectionHandler = cdata
    for block in blocks:
        parser.Parse(block, False)
    parser.Parse(b"", True)
