"""The sheets of an xlsx, scanned by a streaming XML parser: exact for every way to write them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from xml.parsers import expat

from importer.loader.files.corrections import Mark, Marks
from importer.loader.files.xlsx_fast_scan import SheetScan, Styles, column_letters, column_number


class _ExactScan:
    """Calls of the XML parser; keeps the position as calamine does: a missing ``r`` means the next cell."""

    def __init__(self, styles: Styles, lengths: list[int], *, epoch_1904: bool) -> None:
        self.scan = SheetScan(Marks(styles.formats), exact=True, text_bytes=0)
        self._styles, self._lengths, self._epoch_1904 = styles, lengths, epoch_1904
        self._row = self._column = -1
        self._first: tuple[int, int] | None = None
        self._attributes: dict[str, str] | None = None
        self._formula = self._value = self._inline = False
        self._text: list[str] | None = None
        self._value_text = ""

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition(":")[2]
        if name == "c":
            self._start_cell(attributes)
        elif name == "row":
            row = attributes.get("r", "")
            self._row = int(row) - 1 if row.isdecimal() else self._row + 1
            self._column = -1
            self.scan.hidden_rows += attributes.get("hidden") in ("1", "true")
        elif name == "col":
            self.scan.hidden_columns += attributes.get("hidden") in ("1", "true")
        elif name == "mergeCell":
            self.scan.merged += 1
            self.scan.first_merged = self.scan.first_merged or attributes.get("ref", "")
        elif name == "autoFilter":
            self.scan.filtered = True
        elif self._attributes is not None:
            self._formula = self._formula or name == "f"
            self._inline = self._inline or name == "is"
            if name == "v":
                self._value, self._text = True, []

    def _start_cell(self, attributes: dict[str, str]) -> None:
        found = re.fullmatch(r"([A-Za-z]{1,7})([0-9]{1,9})", attributes.get("r", ""))
        if found:
            self._row, self._column = int(found[2]) - 1, column_number(found[1]) - 1
        else:
            self._column += 1
        self._attributes, self._value_text = attributes, ""
        self._formula = self._value = self._inline = False

    def data(self, text: str) -> None:
        if self._text is not None:
            self._text.append(text)

    def cdata(self) -> None:
        self.scan.cdata = True

    def end(self, tag: str) -> None:
        name = tag.rpartition(":")[2]
        if name == "v" and self._text is not None:
            self._value_text, self._text = "".join(self._text), None
        elif name == "c" and self._attributes is not None:
            self._end_cell(self._attributes)
            self._attributes = None

    def _end_cell(self, attributes: dict[str, str]) -> None:
        kind, text, at = attributes.get("t", "n"), self._value_text.strip(), (self._row, self._column)
        if text or self._inline or kind == "e" or (kind == "str" and self._value):
            self._stretch(*at)
        if kind == "e":
            self.scan.marks.add_error(*at, text or "#VALUE!")
        elif self._formula and not text and not (kind == "str" and self._value):
            self.scan.marks.add(*at, Mark.MISSING)
        style = self._styles.of_style.get(int(attributes["s"])) if attributes.get("s", "").isdecimal() else None
        if style is not None:
            self.scan.marks.add_format(*at, style)
        if kind == "s" and text.isdecimal():
            self.scan.text_bytes = (self.scan.text_bytes or 0) + (
                self._lengths[int(text)] if int(text) < len(self._lengths) else 0
            )
        elif kind == "n" and not self._epoch_1904 and text.startswith(("6", "+6", "0")) and _is_day_60(text):
            self.scan.marks.add(*at, Mark.DAY_60)

    def _stretch(self, row: int, column: int) -> None:
        scan = self.scan
        if self._first is None:
            self._first = (row, column)
        self._first = (min(row, self._first[0]), min(column, self._first[1]))
        if row >= scan.rows or column >= scan.columns:
            scan.last_cell = f"{column_letters(column + 1)}{row + 1}"
        scan.rows, scan.columns = max(scan.rows, row + 1), max(scan.columns, column + 1)
        scan.first_row, scan.first_column = self._first


def _is_day_60(text: str) -> bool:
    try:
        return int(float(text)) == 60  # noqa: PLR2004 - Excel's 29 February 1900
    except (ValueError, OverflowError):
        return False


def scan_exact(blocks: Iterable[bytes], styles: Styles, lengths: list[int], *, epoch_1904: bool) -> SheetScan:
    """Scan a sheet with an XML parser. ``lengths``: of the shared texts. Raises expat.ExpatError for broken XML."""
    calls = _ExactScan(styles, lengths, epoch_1904=epoch_1904)
    parse_xml(blocks, start=calls.start, end=calls.end, data=calls.data, cdata=calls.cdata)
    calls.scan.marks.close()
    return calls.scan


def parse_xml(
    blocks: Iterable[bytes],
    *,
    start: Callable[[str, dict[str, str]], None],
    end: Callable[[str], None] | None = None,
    data: Callable[[str], None] | None = None,
    cdata: Callable[[], None] | None = None,
) -> None:
    """Stream XML through expat. Raises expat.ExpatError; DTDs are refused before by the archive."""
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = data
    parser.StartCdataSectionHandler = cdata
    for block in blocks:
        parser.Parse(block, False)
    parser.Parse(b"", True)
