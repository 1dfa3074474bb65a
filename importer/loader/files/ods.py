"""Scan OpenDocument sheets (.ods) with an XML parser before calamine reads them.

This format stores the text that each cell shows, so errors and leading zeros are read from that text. Repeated cells
count once for each repetition, because calamine expands them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from xml.parsers import expat

from importer.domain.cells import MAX_CELL_CHARACTERS
from importer.errors import FileRefused
from importer.loader.files.cell_references import MAX_COLUMNS
from importer.loader.files.corrections import CellCorrections, CorrectionCode
from importer.loader.files.multipliers import may_repeat_cells, most_text
from importer.loader.files.ods_formats import OdsStyles, format_shown
from importer.loader.files.xlsx import MAX_AREA, MAX_ROWS, MAX_TEXT, WorkbookScan, check_size, refuse_equal_names, sheet_notes
from importer.loader.files.xlsx_scan import SheetScan, parse_xml
from importer.loader.files.zip_archive import Archive

_ERROR_TEXT = re.compile(r"#(?:N/A|NV|DIV/0!|NAME\?|NULL!|NUM!|REF!|VALUE!|I/T)|(?:Err|Fejl|Fehler|Fel|Feil):\d{3}")
_CONTENTS = frozenset(("value-type", "value", "boolean-value", "date-value", "time-value", "string-value", "formula"))
"""Attributes of a cell that is not empty, by their local names."""


def scan_ods(archive: Archive) -> WorkbookScan:
    """Check every part of an OpenDocument sheet and find its special cells. Raises FileRefused."""
    content = archive.find("content.xml")
    if content is None:
        raise FileRefused(f"{archive.name} is a zip file but holds no sheet. Save the sheet again as .ods or .xlsx.")
    _refuse_encryption_and_macros(archive)
    calls = _Scan(archive.name, styles := OdsStyles())
    try:
        if common := archive.find("styles.xml"):
            parse_xml(archive.blocks(common), start=styles.start, end=styles.end, data=styles.data)
        parse_xml(archive.blocks(content), start=calls.start, end=calls.end, data=calls.data)
    except expat.ExpatError as error:
        raise FileRefused(f"{archive.name} holds damaged XML ({error}). Open it and save it again.") from error
    archive.check_all_but({content})
    for name, scan in calls.result.sheets.items():
        scan.corrections.close()
        calls.result.notes += sheet_notes(name, scan)
    return calls.result


def _refuse_encryption_and_macros(archive: Archive) -> None:
    manifest = archive.find("META-INF/manifest.xml")
    if manifest and b"encryption-data" in archive.read(manifest):
        raise FileRefused(f"{archive.name} is encrypted. Save it without a password.")
    if any(part.casefold().startswith("basic/") for part in archive.parts):
        raise FileRefused(f"{archive.name} is a workbook with macros. Save it without them.")


class _Scan:
    """Handlers of the XML parser, and the result of the scan."""

    def __init__(self, name: str, styles: OdsStyles) -> None:
        self.result = WorkbookScan()
        self._styles = styles
        self._column_styles: list[str] = []
        self._name = name
        self._sheet = ""
        self._scan = SheetScan(CellCorrections())
        self._row = self._column = 0
        self._row_repeat = self._repeat = 1
        self._cell: dict[str, str] | None = None
        self._row_cells: list[tuple[int, int, dict[str, str], str]] = []
        self._text: list[str] = []
        self._blanks = self._row_blanks = 0
        self._cells = self._texts = self._own_cells = self._own_text = self._area = 0  # of all sheets, which are read at once
        self._annotation = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition(":")[2]
        if name in ("table-cell", "covered-table-cell"):
            self._cell, self._text, self._blanks = attributes, [], 0
            self._repeat = _count(attributes, "number-columns-repeated")
        elif name == "s":
            self._blanks += _count(attributes, "c")
        elif name == "table-row":
            self._column, self._row_cells, self._row_blanks = 0, [], 0
            self._row_repeat = _count(attributes, "number-rows-repeated")
            if attributes.get("table:visibility") in ("collapse", "filter"):
                self._scan.hidden_rows += self._row_repeat
        elif tag == "table:table":
            self._sheet, self._row = attributes.get("table:name", ""), 0
            if self._sheet in self.result.sheets:
                refuse_equal_names(self._name, (self._sheet, self._sheet))
            self._area += self._scan.rows * self._scan.columns
            self._scan, self._column_styles = SheetScan(CellCorrections()), []
            self.result.sheets[self._sheet] = self._scan
        elif name == "annotation":
            self._annotation += 1
        elif name == "table-column":
            self._start_column(attributes)
        else:
            self._styles.start(tag, attributes)

    def _start_column(self, attributes: dict[str, str]) -> None:
        repeat = min(_count(attributes, "number-columns-repeated"), MAX_COLUMNS)
        if len(self._column_styles) < MAX_COLUMNS:
            self._column_styles += [attributes.get("table:default-cell-style-name", "")] * repeat
        if attributes.get("table:visibility") in ("collapse", "filter"):
            self._scan.hidden_columns += 1

    def data(self, text: str) -> None:
        if self._cell is not None and not self._annotation:
            self._text.append(text)
        else:
            self._styles.data(text)

    def end(self, tag: str) -> None:
        name = tag.rpartition(":")[2]
        if name in ("table-cell", "covered-table-cell") and self._cell is not None:
            text = "".join(self._text)
            if (length := len(text) + self._blanks) > MAX_CELL_CHARACTERS:
                raise FileRefused(
                    f"{self._name}, sheet {self._sheet!r}, row {self._row + 1}, holds a cell of {length:,} "
                    f"characters; a cell holds at most {MAX_CELL_CHARACTERS:,}. Shorten it."
                )
            self._row_blanks += self._blanks * self._repeat
            if text or self._blanks or any(key.rpartition(":")[2] in _CONTENTS for key in self._cell):
                self._row_cells.append((self._column, self._repeat, self._cell, text))
            self._column += self._repeat
            self._cell = None
        elif name == "table-row":
            self._end_row()
        elif name == "annotation":
            self._annotation -= 1
        else:
            self._styles.end(tag)

    def _end_row(self) -> None:
        scan = self._scan
        if self._row_cells:
            column, repeat, _, _ = self._row_cells[-1]
            scan.rows, scan.columns = self._row + self._row_repeat, max(scan.columns, column + repeat)
            self._count_contents()
            # Checked at every row, because the cells of a repeated row are added one by one.
            if scan.columns > MAX_COLUMNS or scan.rows > MAX_ROWS or self._area + scan.rows * scan.columns > MAX_AREA:
                check_size(self._name, self._sheet, scan)
                raise FileRefused(f"{self._name} holds more cells than can be held in memory. Split it into smaller files.")
            for cell in self._row_cells:
                self._mark(*cell)
        self._row += self._row_repeat

    def _count_contents(self) -> None:
        """Count the cells and texts of a row with all repetitions, and refuse what a few bytes make far too many."""
        self._cells += sum(repeat for _, repeat, _, _ in self._row_cells) * self._row_repeat
        texts = sum(repeat * len(text) for _, repeat, _, text in self._row_cells) + self._row_blanks
        self._texts += texts * self._row_repeat
        self._own_cells += len(self._row_cells)
        self._own_text += sum(len(text) for _, _, _, text in self._row_cells)
        if not may_repeat_cells(self._cells, self._own_cells) or self._texts > min(most_text(self._own_text), MAX_TEXT):
            raise FileRefused(
                f"{self._name}, sheet {self._sheet!r}, row {self._row + 1}, repeats cells or blanks far more often than can be "
                "held in memory. Delete what is repeated, and save it again."
            )

    def _mark(self, column: int, repeat: int, attributes: dict[str, str], text: str) -> None:
        corrections = self._scan.corrections
        error = _is_error(attributes, text)
        code = 0 if error else self._code(attributes, text, column)
        if not error and not code:
            return
        for row in range(self._row, self._row + self._row_repeat):
            for at in range(column, column + repeat):
                if error:
                    corrections.add_error(row, at, text or "#VALUE!")
                else:
                    corrections.add(row, at, code)

    def _code(self, attributes: dict[str, str], text: str, column: int) -> int:
        kind = attributes.get("office:value-type", "")
        if "table:formula" in attributes and not kind and not text:
            return CorrectionCode.MISSING
        if kind == "time":
            return CorrectionCode.DURATION
        if kind in ("float", "currency", "percentage"):
            form = format_shown(attributes, text, self._styles.code_of(attributes, self._column_styles, column))
            return self._scan.corrections.code_of_format(form) if form else 0
        return 0


def _is_error(attributes: dict[str, str], text: str) -> bool:
    if attributes.get("calcext:value-type") == "error":
        return True
    calculated = "table:formula" in attributes or attributes.get("office:value-type", "") not in ("string", "")
    return calculated and _ERROR_TEXT.fullmatch(text) is not None


def _count(attributes: Mapping[str, str], name: str) -> int:
    """Return a count in an attribute of this name, with any prefix; 1 without it. A plus sign is read as a parser may read it."""
    counts = [1]
    for key, value in attributes.items():
        digits = value.strip().removeprefix("+")
        if key.rpartition(":")[2] == name and digits.isascii() and digits.isdecimal():
            counts.append(int(digits.lstrip("0")[:18] or 0))  # 18 digits are above every limit
    return max(counts)
