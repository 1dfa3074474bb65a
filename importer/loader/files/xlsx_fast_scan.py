"""The sheets of an xlsx, scanned before calamine sees them: how large they really are, and their special cells.

Two scans give the same answer. This one works on bytes with regular expressions and holds only for tags as Excel and
every common library write them; the first tag that is written otherwise hands the sheet to the exact one
(`sheetparser`), which is ten times slower.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from importer.loader.files.corrections import Mark, Marks

if TYPE_CHECKING:
    from importer.loader.files.number_formats import ZeroFormat

_REF = rb"([A-Z]{1,7})([0-9]{1,9})"
_PLAIN_TAG = re.compile(rb'<c r="([A-Z]{1,7}+)[0-9]{1,9}+"(?: (?:s|t|cm|vm)="[a-zA-Z0-9]++")*+/?>')
_ROW = re.compile(rb'<row r="([0-9]{1,9}+)"')
_ROW_OF_CELL = re.compile(rb'<c r="[A-Z]++([0-9]++)"')
_ANY_CELL = re.compile(rb"<c[\s/>]")
_ERROR = re.compile(rb'<c r="' + _REF + rb'"[^>]* t="e"[^>]*?(?:/>|>(?:<f(?:\s[^>]*)?(?:/>|>[^<]*</f>))?(?:<v>([^<]*)</v>)?)')
_FORMULA = re.compile(rb'<c r="' + _REF + rb'"([^>]*)><f(?:\s[^>]*)?(?:/>|>[^<]*</f>)\s*(<v\s*/>|<v>\s*</v>)?\s*</c>')
_DAY_60 = re.compile(rb'<c r="' + _REF + rb'"[^>]*>(?:<f(?:\s[^>]*)?(?:/>|>[^<]*</f>))?<v>60(?:\.[0-9]*)?</v>')
_MERGED = re.compile(rb'<mergeCell ref="([A-Z0-9:]+)"')
_HIDDEN_ROW = re.compile(rb'<row [^>]*\bhidden="(?:1|true)"')
_HIDDEN_COLUMN = re.compile(rb'<col [^>]*\bhidden="(?:1|true)"')
_FOREIGN = re.compile(rb"<[^\s<>/!?\"'=]+:c[\s/>]")
_PREFIX = re.compile(rb"<([A-Za-z_][\w.-]*):worksheet\b")
_SHARED = re.compile(rb' t="s"[^<>]*+><v>([0-9]{1,9})</v>')
_LONGEST_CELL = 1 << 20  # bytes from <c to </c>: 32,767 characters and a formula of 8,192


@dataclass(slots=True)
class SheetScan:
    """What a scan found. ``rows`` and ``columns`` reach from A1 to the last cell (fast scan: also an empty one)."""

    marks: Marks
    rows: int = 0
    columns: int = 0
    first_row: int = 0
    first_column: int = 0
    last_cell: str = ""
    text_bytes: int | None = None
    merged: int = 0
    first_merged: str = ""
    hidden_rows: int = 0
    hidden_columns: int = 0
    filtered: bool = False
    cdata: bool = False
    exact: bool = False


@dataclass(frozen=True, slots=True)
class Styles:
    """Which cell styles (``s="7"``) show leading zeros: style number to index in ``formats``."""

    formats: tuple[ZeroFormat, ...] = ()
    of_style: dict[int, int] = field(default_factory=dict)


def column_number(letters: str) -> int:
    """Give the number of a column, A = 1."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - 64
    return number


def column_letters(number: int) -> str:
    """Give the letters of a column, 1 = A."""
    letters = ""
    while number > 0:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def scan_fast(blocks: Iterable[bytes], styles: Styles, *, epoch_1904: bool) -> SheetScan | None:
    """Scan a sheet by its bytes. None: it holds tags that only `sheetparser.scan_exact` reads for certain."""
    scan = SheetScan(Marks(styles.formats))
    styled = _styled(styles)
    plain = _plain_rows(scan.columns, styles)
    for block in whole_rows(blocks):
        if plain.fullmatch(block):
            scan.rows = max(scan.rows, *map(int, _ROW.findall(block)))
            continue
        found = _PLAIN_TAG.findall(block)
        if _is_unusual(block, len(found)):
            return None
        columns = max(map(column_number, {letters.decode() for letters in found}), default=0)
        if columns > scan.columns:
            scan.columns = columns
            plain = _plain_rows(columns, styles)
        scan.rows = max(scan.rows, 0, *map(int, set(_ROW_OF_CELL.findall(block))))
        _note_features(scan, block)
        _mark_special(scan.marks, block, styled, styles, epoch_1904=epoch_1904)
    scan.marks.close()
    return scan


def _plain_rows(columns: int, styles: Styles) -> re.Pattern[bytes]:
    """Give what matches rows without anything special: one match takes a fifth of the time of all the searches.

    Every cell names its row's number and a column that is known already; there are no errors, no formulas without a
    value, no styles with leading zeros, no value 60, no hidden rows, no comments and nothing foreign.
    """
    special = "|".join(map(str, styles.of_style))
    style = rf'(?!(?:{special})")[0-9]++' if special else "[0-9]++"
    formula = r"(?:<f(?: [^<>]*+)?+(?:/>|(?<!/)>[^<]*+</f>)(?=<v>[^<]))?+"
    value = r"<v>(?!60[.<])[^<]*+</v>|<is><t(?: xml:space=\"preserve\")?+>[^<]*+</t></is>"
    attributes = rf'(?: s="{style}"| (?:cm|vm)="[0-9]++"| t="(?:s|n|b|str|inlineStr)")*+'
    cell = rf'<c r="{_columns_up_to(columns)}\1"{attributes}(?:/>|>{formula}(?:{value})?+</c>)'
    row = rf'<row r="([0-9]{{1,9}}+)"(?: (?!hidden)[A-Za-z0-9:]++="[^"<>&]*+")*+(?:/>|>(?:{cell})*+</row>)'
    return re.compile(rf"(?:\s*+{row})++\s*+".encode())


def _columns_up_to(number: int) -> str:
    """Give a pattern for the letters of the columns from A to this one."""
    letters = column_letters(max(number, 1))
    shorter = ["[A-Z]" * length for length in range(1, len(letters))]
    same = [
        letters[:at] + f"[A-{chr(ord(letter) - (at + 1 < len(letters)))}]" + "[A-Z]" * (len(letters) - at - 1)
        for at, letter in enumerate(letters)
        if letter != "A" or at + 1 == len(letters)
    ]
    return f"(?:{'|'.join(same + shorter)})"


def _is_unusual(block: bytes, plain_cells: int) -> bool:
    if block.count(b"<c") != plain_cells and len(_ANY_CELL.findall(block)) != plain_cells:
        return True
    return b"<!" in block or (b":c" in block and _FOREIGN.search(block) is not None)


def _styled(styles: Styles) -> re.Pattern[bytes] | None:
    if not styles.of_style:
        return None
    numbers = b"|".join(str(number).encode() for number in styles.of_style)
    return re.compile(rb'<c r="' + _REF + rb'"[^>]*? s="(' + numbers + rb')"')


def whole_rows(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Cut a stream behind the last row of each block, or the last cell of a long row, so that no cell is in two pieces.

    A namespace prefix that the whole sheet uses (``<x:c>``, as the Open XML SDK writes it) is taken off.
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


def _note_features(scan: SheetScan, block: bytes) -> None:
    if b" hidden=" in block:
        scan.hidden_rows += len(_HIDDEN_ROW.findall(block))
        scan.hidden_columns += len(_HIDDEN_COLUMN.findall(block))
    if b"<mergeCell " in block:
        merged = _MERGED.findall(block)
        scan.merged += len(merged)
        scan.first_merged = scan.first_merged or b"".join(merged[:1]).decode()
    scan.filtered = scan.filtered or b"<autoFilter" in block


def _mark_special(marks: Marks, block: bytes, styled: re.Pattern[bytes] | None, styles: Styles, *, epoch_1904: bool) -> None:
    if b' t="e"' in block:
        for letters, row, text in _ERROR.findall(block):
            marks.add_error(*_position(letters, row), text.decode("utf-8", "replace") or "#VALUE!")
    if b"<f" in block:
        for letters, row, attributes, value in _FORMULA.findall(block):
            # Excel writes ="" as t="str" with an empty value: that is a value.
            if b' t="e"' not in attributes and not (value and b' t="str"' in attributes):
                marks.add(*_position(letters, row), Mark.MISSING)
    if styled and styled.search(block):
        for letters, row, style in styled.findall(block):
            marks.add_format(*_position(letters, row), styles.of_style[int(style)])
    if not epoch_1904 and b"<v>60" in block:
        for letters, row in _DAY_60.findall(block):
            marks.add(*_position(letters, row), Mark.DAY_60)


def _position(letters: bytes, row: bytes) -> tuple[int, int]:
    return int(row) - 1, column_number(letters.decode()) - 1


def shared_text_bytes(blocks: Iterable[bytes], lengths: list[int]) -> int:
    """Give the bytes of all shared texts, counted for every cell that shows one."""
    count = len(lengths)
    return sum(lengths[index] for block in whole_rows(blocks) for index in map(int, _SHARED.findall(block)) if index < count)
