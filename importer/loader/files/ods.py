"""Scan OpenDocument sheets (.ods) with an XML parser before calamine reads them.

This format stores the text that each cell shows, so errors and leading zeros are read from that text. Repeated cells
count once for each repetition, because calamine expands them.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import partial
from xml.parsers import expat

from importer.domain.cells import MAX_CELL_CHARACTERS
from importer.errors import FileRefused
from importer.loader.files.cell_references import MAX_COLUMNS
from importer.loader.files.corrections import CellCorrections, CorrectionCode
from importer.loader.files.multipliers import count_in, may_repeat_cells, most_text
from importer.loader.files.ods_formats import OdsStyles, format_shown
from importer.loader.files.ods_nesting import Nesting
from importer.loader.files.ods_rewriting import rewrite_ods
from importer.loader.files.ods_text import CellContent, Event, plain_text
from importer.loader.files.xlsx import (
    MAX_AREA,
    MAX_ROWS,
    MAX_SHEET_COLUMNS,
    MAX_TEXT,
    WorkbookScan,
    check_size,
    refuse_equal_names,
    sheet_notes,
)
from importer.loader.files.xlsx_scan import SheetScan, parse_xml
from importer.loader.files.zip_archive import FETCH_AGAIN, Archive

_ERROR_TEXT = re.compile(r"#(?:N/A|NV|DIV/0!|NAME\?|NULL!|NUM!|REF!|VALUE!|I/T)|(?:Err|Fejl|Fehler|Fel|Feil):\d{3}")
_CONTENTS = frozenset(("value-type", "value", "boolean-value", "date-value", "time-value", "string-value", "formula"))
"""Attributes of a cell that is not empty, by their local names."""
_MOST_REREAD = 1_000  # repetitions of one cell
_MOST_EVENTS = 1_000  # of one cell, kept until it ends
_OF_TEXTS = frozenset(("office:value-type", "calcext:value-type", "table:style-name", "office:string-value"))
"""Attributes of a text that is neither calculated nor an error."""
_TEXT = {"office:value-type": "string"}
_ORDINARY = _OF_TEXTS | {"office:value", "office:date-value", "office:currency"}
"""Attributes of a cell that is not repeated."""
_CELLS = frozenset(("table-cell", "covered-table-cell"))
_INVISIBLE = ("collapse", "filter")


def scan_ods(archive: Archive, wanted: Collection[str] = ()) -> WorkbookScan:
    """Check the parts of an OpenDocument sheet that are read, and find its special cells. Raises FileRefused.

    calamine parses all sheets at once, so that they are all checked, also those that are not ``wanted``.
    """
    content = archive.find("content.xml")
    if content is None:
        raise FileRefused(f"{archive.name} is a zip file but holds no sheet. Save the sheet again as .ods or .xlsx.")
    _refuse_encryption_and_macros(archive)
    calls = _Scan(archive.name, styles := OdsStyles())
    try:
        if common := archive.find("styles.xml"):
            parse_xml(archive.blocks(common), start=styles.start, end=styles.end, data=styles.data)
        parse_xml(archive.blocks(content), start=calls.start, end=calls.end, data=calls.data, cdata=calls.cdata)
    except expat.ExpatError as error:
        raise FileRefused(f"{archive.name} holds damaged XML ({expat.ErrorString(error.code)}). {FETCH_AGAIN}") from error
    if not calls.is_spreadsheet:
        raise FileRefused(f"{archive.name} is an OpenDocument file but not a sheet. Save the sheet as .ods or .xlsx.")
    result = calls.result
    result.names = list(result.sheets)
    for name, scan in result.sheets.items():
        scan.corrections.close()
        scan.hidden_rows.close()
        scan.covered.close(archive.name, name, scan.rows)
        result.notes += sheet_notes(name, scan) if not wanted or name in wanted else []
    result.rewrite = partial(rewrite_ods, archive, content)
    return result


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
        self._row_style = ""
        self._name = name
        self._sheet = ""
        self._scan = SheetScan(CellCorrections())
        self._row = self._column = self._columns = 0
        self._row_repeat = self._repeat = 1
        self._cell: dict[str, str] | None = None
        self._row_cells: list[tuple[int, int, dict[str, str], str]] = []
        self._inside = 0  # elements that are open in the cell
        self._events: list[Event] = []
        self._content: CellContent | None = None  # of a cell that is more than one plain paragraph
        self._row_blanks = 0
        self._cells = self._texts = self._own_cells = self._own_text = self._area = 0  # of all sheets, which are read at once
        self._style, self._hiding_styles = "", set[str]()
        self._nesting = Nesting()
        self.is_spreadsheet = False

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if self._cell is not None:  # what is in a cell waits for its end
            self._inside += 1
            self._events.append((tag, attributes))
            return
        name = tag.rpartition(":")[2]
        if self._nesting.is_skipping or name not in _CELLS:
            self._start_part(tag, name, attributes)
        else:
            self._cell = attributes
            self._repeat = 1 if _ORDINARY.issuperset(attributes) else count_in(attributes, "number-columns-repeated")

    def _start_part(self, tag: str, name: str, attributes: dict[str, str]) -> None:
        """Take the start of an element that is no cell and in no cell."""
        if self._nesting.skips_start(tag):
            self.result.must_be_rewritten = True
        elif name == "table-row":
            self._column, self._row_cells, self._row_blanks = 0, [], 0
            self._row_repeat = count_in(attributes, "number-rows-repeated")
            self._row_style = attributes.get("table:default-cell-style-name", "")
            if attributes.get("table:visibility") in _INVISIBLE:
                self._scan.hidden_rows.add(self._row + 1, self._row + self._row_repeat)
        elif tag == "table:table":
            self._start_sheet(attributes)
        else:
            self._note_feature(name, attributes)
            self._styles.start(tag, attributes)

    def _start_sheet(self, attributes: dict[str, str]) -> None:
        self._sheet, self._row, self._columns = attributes.get("table:name", ""), 0, 0
        if self._sheet in self.result.sheets:
            refuse_equal_names(self._name, (self._sheet, self._sheet))
        self._area += self._scan.rows * self._scan.columns
        self._scan, self._column_styles = SheetScan(CellCorrections()), []
        self.result.sheets[self._sheet] = self._scan
        if attributes.get("table:style-name") in self._hiding_styles:
            self.result.hidden.add(self._sheet)

    def _note_feature(self, name: str, attributes: dict[str, str]) -> None:
        if name == "table-column":
            self._start_column(attributes)
        elif name == "style":
            self._style = attributes.get("style:name", "")
        elif name == "table-properties" and attributes.get("table:display") == "false":
            self._hiding_styles.add(self._style)
        elif name == "spreadsheet":
            self.is_spreadsheet = True

    def _start_column(self, attributes: dict[str, str]) -> None:
        repeat = count_in(attributes, "number-columns-repeated")
        first, self._columns = self._columns + 1, self._columns + repeat
        if len(self._column_styles) < MAX_COLUMNS:
            self._column_styles += [attributes.get("table:default-cell-style-name", "")] * min(repeat, MAX_COLUMNS)
        if attributes.get("table:visibility") in _INVISIBLE:
            self._scan.hidden_columns.append((first, min(self._columns, MAX_SHEET_COLUMNS)))

    def data(self, text: str) -> None:
        if self._cell is not None:
            self._events.append(text)
        elif not self._nesting.is_skipping:
            self._styles.data(text)

    def cdata(self) -> None:
        self.result.must_be_rewritten = True

    def end(self, tag: str) -> None:
        if self._cell is None:
            self._end_part(tag)
        elif self._inside:
            self._inside -= 1
            self._events.append(None)
            if len(self._events) > _MOST_EVENTS:
                self._take_content()
        else:
            self._end_cell(self._cell, is_covered=tag.endswith("covered-table-cell"))

    def _end_part(self, tag: str) -> None:
        """Take the end of an element that is no cell and in no cell."""
        if self._nesting.skips_end():
            return
        if tag.rpartition(":")[2] == "table-row":
            self._end_row()
        else:
            self._styles.end(tag)

    def _take_content(self) -> CellContent:
        """Compose the text of the cell from what has come of it."""
        content = self._content = self._content or CellContent()
        content.take(self._events)
        self._events.clear()
        return content

    def _end_cell(self, cell: dict[str, str], *, is_covered: bool) -> None:
        text, blanks = self._text_and_blanks() if self._events or self._content else ("", 0)
        if (length := len(text) + blanks) > MAX_CELL_CHARACTERS:
            raise FileRefused(
                f"{self._name}, sheet {self._sheet!r}, row {self._row + 1}, holds a cell of {length:,} "
                f"characters; a cell holds at most {MAX_CELL_CHARACTERS:,}. Shorten it."
            )
        self._row_blanks += blanks * self._repeat
        if text or blanks or (cell and any(key.rpartition(":")[2] in _CONTENTS for key in cell)):
            self._row_cells.append((self._column, self._repeat, cell, text))
            if is_covered:
                bottom, right = self._row + self._row_repeat - 1, self._column + self._repeat - 1
                self._scan.covered.rectangles.append((self._row, self._column, bottom, right))
        self._column += self._repeat
        self._cell = None

    def _text_and_blanks(self) -> tuple[str, int]:
        """Return the text of the cell that ends, and the number of the blanks that the file only counts."""
        if self._content is None and (plain := plain_text(self._events)) is not None:
            self._events.clear()
            return plain, 0
        content, self._content = self._take_content(), None
        self.result.must_be_rewritten = self.result.must_be_rewritten or content.holds_table
        text = content.text.close()
        if not content.text.is_plain:
            self._note_better_text(content.text.formerly())
        return text, content.text.blanks

    def _note_better_text(self, formerly: str) -> None:
        """Note a text that calamine would join in another way, as earlier releases did."""
        self.result.must_be_rewritten = True
        if self._row_repeat * self._repeat > _MOST_REREAD:
            return
        for row in range(self._row, self._row + self._row_repeat):
            cells = self._scan.reread.setdefault(row, {})
            cells.update(dict.fromkeys(range(self._column, self._column + self._repeat), formerly))

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
                if cell[2] != _TEXT:  # most cells
                    self._mark(*cell)
        self._row += self._row_repeat

    def _count_contents(self) -> None:
        """Count the cells and texts of a row with all repetitions, and refuse what a few bytes make far too many."""
        self._own_cells += len(self._row_cells)
        cells, texts = 0, self._row_blanks
        for _, repeat, _, text in self._row_cells:
            cells += repeat
            texts += repeat * len(text)
            self._own_text += len(text)
        self._cells += cells * self._row_repeat
        self._texts += texts * self._row_repeat
        if not may_repeat_cells(self._cells, self._own_cells) or self._texts > min(most_text(self._own_text), MAX_TEXT):
            raise FileRefused(
                f"{self._name}, sheet {self._sheet!r}, row {self._row + 1}, repeats cells or blanks far more often than can be "
                "held in memory. Delete what is repeated, and save it again."
            )

    def _mark(self, column: int, repeat: int, attributes: dict[str, str], text: str) -> None:
        if attributes.get("office:value-type") == "string" and _needs_no_mark(attributes):
            return
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
            of_column = self._column_styles[column] if column < len(self._column_styles) else ""
            form = format_shown(attributes, text, self._styles.code_of(attributes, self._row_style or of_column))
            return self._scan.corrections.code_of_format(form) if form else 0
        return 0


def _needs_no_mark(of_text: dict[str, str]) -> bool:
    """Return whether a text is neither calculated nor an error, by its attributes."""
    return _OF_TEXTS.issuperset(of_text) and of_text.get("calcext:value-type") != "error"


def _is_error(attributes: dict[str, str], text: str) -> bool:
    if attributes.get("calcext:value-type") == "error":
        return True
    calculated = "table:formula" in attributes or attributes.get("office:value-type", "") not in ("string", "")
    return calculated and _ERROR_TEXT.fullmatch(text) is not None
