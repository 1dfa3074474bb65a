"""Remove the ordinary cells of an xlsx sheet before its XML is parsed, and check that no cell among them occurs twice."""

from __future__ import annotations

import operator
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from importer.loader.files.cell_references import column_letters, column_number

if TYPE_CHECKING:
    from importer.domain.number_formats.meaning import BareDigits

_ROW = re.compile(rb'<row r="([0-9]{1,9}+)"')
_PLACE = re.compile(rb'<row r="([0-9]{1,9}+)"|<c r="([A-Z]{1,7}+)([0-9]{1,9}+)"')
_ROW_OR_CELL = re.compile(rb"<(?:row|c)[\s/>]")
_PREFIX = re.compile(rb"<([A-Za-z_][\w.-]*):worksheet\b")
_NOTHING = re.compile(rb"(?!)")
_FORMULA = r"(?:<f(?: [^<>]*+)?+(?:/>|(?<!/)>[^<]*+</f>)(?=<v>[^<]))?+"
_MOST_DECIMALS = 3  # with 12 digits before them, as many as a spreadsheet keeps
_LONGEST_CELL = 1 << 20  # bytes from <c to </c>; enough for a full cell and a formula of 8,192 characters
_SORTED_COLUMNS, _SORTED_FROM = 256, 1 << 16
"""Columns of the pattern of sorted rows, and the bytes of a block from which compiling it pays: a millisecond for two columns."""


class OrdinaryCells:
    """Removes ordinary cells from a sheet and records the last row and column that they use.

    ``kept_styles`` are the numbers of the styles that may show something else than the value, ``bare`` the numbers that some of
    them show as they are. ``formatted`` are the cells of the last block with one of them that were removed, but for most of those
    that show their values: letters of the column, row and style of each.
    ``unsorted`` is set if the rows of the sheet, or the cells of a row, are not in ascending order. Otherwise no cell
    occurs twice.
    """

    def __init__(self, kept_styles: Collection[int], bare: Mapping[int, BareDigits] | None = None) -> None:
        self.found = self.unsorted = False
        self.rows = self.columns = 0
        self._last_row = 0
        self._at = (b"", 0)  # the row of the last cell that was not removed with its row, and its column
        attributes = r'(?: (?:cm|vm|t)="[^"<>]*+")*+'
        formatted = rf'<c r="([A-Z]{{1,7}}+)([0-9]{{1,9}}+)"{attributes} s="0*({_noted_styles(kept_styles, bare or {})})"'
        self._formatted = re.compile(formatted.encode()) if kept_styles else _NOTHING
        self.formatted: list[tuple[bytes, bytes, bytes]] = []
        self._cells = re.compile(rf"(?:{self._cell('[A-Z]{1,7}+', '[0-9]{1,9}+')})++".encode())
        self._whole_rows = _NOTHING  # until a column is known

    def _cell(self, letters: str, row: str) -> str:
        attribute = r'(?: s="[0-9]++"| (?:cm|vm)="[0-9]++"| t="(?:s|n|b|inlineStr)")*+'
        number = r"<v>(?!0*+60[.<])(?:-?[0-9.]++|-?[0-9](?:\.[0-9]*+)?+[eE]-[0-9]++)</v>"
        inline = r'<is><t(?: xml:space="preserve")?+>[^<]*+</t></is>'
        text = rf' t="str"{attribute}>{_FORMULA}<v>[^<]*+</v></c>'
        return rf'<c r="(?:{letters}){row}"{attribute}(?:>{_FORMULA}(?:{number}|{inline})?+</c>| ?/>|{text})'

    def _pattern_of_rows(self) -> re.Pattern[bytes]:
        """Return a pattern of whole rows of ordinary cells in ascending columns whose references have the row's number."""
        cells = "".join(f"(?:{self._cell(column_letters(number), chr(92) + '1')})?+" for number in range(1, self.columns + 1))
        row = rf'<row r="([0-9]{{1,9}}+)"(?: (?!hidden="[^0f]|ht="[0.]++")[A-Za-z0-9:]++="[^"<>&]*+")*+(?: ?/>|>{cells}</row>)'
        return re.compile(rf"(?:{row}\s*+)++".encode())

    def cut_out(self, block: bytes) -> bytes:
        """Return whole rows without their ordinary cells."""
        self._note_rows(block)
        rest = self._whole_rows.sub(b"", block)
        if b"<c" in rest or b"<row" in rest:
            self._note_cells(rest, len(block))
            rest = self._cells.sub(b"", rest)
        self._note_formatted(block, rest)
        self.found = self.found or len(rest) < len(block)
        return rest

    def _note_formatted(self, block: bytes, rest: bytes) -> None:
        if self._formatted is _NOTHING:
            return
        self.formatted = self._formatted.findall(block)
        if self.formatted and (left := set(self._formatted.findall(rest))):
            self.formatted = [one for one in self.formatted if one not in left]

    def _note_rows(self, block: bytes) -> None:
        rows = [int(number) for number in _ROW.findall(block)]
        if not all(map(operator.lt, [self._last_row, *rows], rows)):
            self.unsorted = True
        if rows:
            self._last_row = rows[-1]
            self.rows = max(self.rows, *rows)

    def _note_cells(self, rest: bytes, size: int) -> None:
        """Note the places of the cells that were not removed with their rows. ``size`` is that of the whole block."""
        places = _PLACE.findall(rest)
        self._check_order(places, len(_ROW_OR_CELL.findall(rest)))
        self.rows = max(self.rows, 0, *map(int, {number for _, letters, number in places if letters}))
        columns = max(map(number_of_letters, {letters for _, letters, _ in places if letters}), default=0)
        if columns > self.columns:
            self.columns, self._whole_rows = columns, _NOTHING
        if self._whole_rows is _NOTHING and size >= _SORTED_FROM and self.columns <= _SORTED_COLUMNS:
            self._whole_rows = self._pattern_of_rows()

    def _check_order(self, places: Sequence[tuple[bytes, bytes, bytes]], tags: int) -> None:
        """Set ``unsorted`` unless each cell lies in its row, behind the one before. ``tags`` also counts odd references."""
        self.unsorted = self.unsorted or tags > len(places)
        row, last = self._at
        for begun, letters, number in places:
            if begun:
                row, last = begun, 0
                continue
            column = number_of_letters(letters)
            if column <= last or number != row:
                self.unsorted = True
                return
            last = column
        self._at = (row, last)


def _noted_styles(kept: Collection[int], bare: Mapping[int, BareDigits]) -> str:
    """Return the pattern of the numbers of styles, without cells that are empty or show their values."""
    by_values: dict[str, list[str]] = {}
    for style in kept:
        by_values.setdefault(_values_shown(bare.get(style)), []).append(str(style))
    return "|".join(f'(?:{"|".join(styles)})(?="{values})' for values, styles in by_values.items())


def _values_shown(bare: BareDigits | None) -> str:
    """Return the pattern of what follows the style of a cell that is noted. Some that show their values are noted as well."""
    if bare is None or bare.most > _MOST_DECIMALS:
        return ""
    decimals = rf"\.[0-9]{{{max(bare.fewest, 1) - 1},{bare.most - 1}}}[1-9]" if bare.most else ""
    decimals = f"(?:{decimals})?" if not bare.fewest else decimals
    minus = "-?+" if bare.below_zero else ""
    return rf"(?![^<>/]*+(?:/>|>{_FORMULA}<v>{minus}[1-9][0-9]{{0,11}}+{decimals}</v>))"


@lru_cache(maxsize=1 << 15)
def number_of_letters(letters: bytes) -> int:
    """Return the number of a column, A = 1."""
    return column_number(letters.decode())


def whole_rows(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Split a stream after the last row of each block, or the last cell of a long row, so that no cell is split.

    A namespace prefix that the whole sheet uses (``<x:c>``, as written by the Open XML SDK) is removed.
    """
    rest, prefix = b"", None
    for block in blocks:
        if prefix is None:
            found = _PREFIX.search(block)
            prefix = found[1] + b":" if found else b""
        rest += block
        cut = rest.rfind(b"<" + prefix + b"row")
        if cut <= 0:
            cut = rest.rfind(b"<" + prefix + b"c ")
        if cut > 0:
            yield _without(prefix, rest[:cut])
            rest = rest[cut:]
        elif len(rest) > _LONGEST_CELL:
            yield _without(prefix, rest)
            rest = b""
    if rest:
        yield _without(prefix or b"", rest)


def _without(prefix: bytes, block: bytes) -> bytes:
    return block.replace(b"<" + prefix, b"<").replace(b"</" + prefix, b"</") if prefix else block
