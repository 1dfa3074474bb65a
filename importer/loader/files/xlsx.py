"""The parts of an xlsx besides its sheets: the part of each sheet, number formats, shared texts, the date epoch."""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from xml.parsers import expat

from importer.domain.cells import MAX_CELL_CHARACTERS
from importer.domain.notes import Note, NoteKind
from importer.domain.number_formats.built_in import kept_built_in
from importer.domain.number_formats.number_format import NumberFormat
from importer.errors import FileRefused
from importer.loader.files.cell_references import MAX_COLUMNS, column_letters
from importer.loader.files.corrections import CorrectionCode
from importer.loader.files.multipliers import may_repeat_cells, most_text
from importer.loader.files.number_formats import keep_format
from importer.loader.files.xlsx_scan import (
    SheetScan,
    Styles,
    parse_xml,
    scan_every_cell,
    scan_sheet,
    shared_text_bytes,
)
from importer.loader.files.zip_archive import Archive

MAX_ROWS, MAX_SHEET_COLUMNS = 1_048_576, 16_384
"""The limits of the format."""

MAX_AREA = 50_000_000
"""Cells of the used rectangle. calamine allocates 32 bytes for each, used or not, so 1.6 GB."""

MAX_TEXT = 1 << 30
"""Bytes of shared texts, counted for each cell that shows one, because calamine copies them."""

MAX_SHARED_TEXT = 16 << 20
"""Bytes of one shared text with its markup. A full cell with a separate font for each character takes 7 MB."""

_END_OF_TEXT = re.compile(rb"</(?:[\w.-]+:)?si\s*>|<(?:[\w.-]+:)?si\s*/>")
_SHARED_TEXTS = re.compile(rb"<(?:[\w.-]+:)?sst\b[^>]*>")
_COUNTS = re.compile(rb"""[cC]ount\s*=\s*["']\s*\+?0*([0-9]+)""")
_CALAMINE_ERRORS = {"#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!"}


@dataclass(slots=True)
class WorkbookScan:
    """The scans of a workbook's sheets by name, and the notes on them."""

    sheets: dict[str, SheetScan] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)


@dataclass(slots=True)
class _XlsxBook:
    sheets: list[tuple[str, str]] = field(default_factory=list)
    epoch_1904: bool = False


def scan_xlsx(archive: Archive) -> WorkbookScan:
    """Check every part of an xlsx and find the special cells of its sheets. Raises FileRefused."""
    try:
        book = _read_book(archive)
        _refuse_macros(archive)
        styles = _read_styles(archive)
        result = WorkbookScan()
        lengths = _text_lengths(archive)
        for name, part in book.sheets:
            result.sheets[name] = _scan_sheet(archive, part, styles, lengths, epoch_1904=book.epoch_1904)
            check_size(archive.name, name, result.sheets[name])
            _check_errors(archive.name, name, result.sheets[name])
        archive.check_all_but({*(part for _, part in book.sheets), archive.find("xl/sharedStrings.xml")})
    except expat.ExpatError as error:
        what = expat.ErrorString(error.code)  # without the position, because ordinary cells were removed before
        raise FileRefused(f"{archive.name} holds damaged XML ({what}). Open it in Excel and save it again.") from error
    if any("externallinks/" in part.casefold() for part in archive.parts):
        result.notes.append(Note(NoteKind.LINKED_WORKBOOKS))
    for name, scan in result.sheets.items():
        result.notes += sheet_notes(name, scan)
    return result


def _scan_sheet(archive: Archive, part: str, styles: Styles, lengths: list[int], *, epoch_1904: bool) -> SheetScan:
    scan = scan_sheet(archive.blocks(part), styles, lengths, epoch_1904=epoch_1904)
    limit = _text_limit(archive.sizes[part])
    if scan and scan.rows * scan.columns * max(lengths, default=0) > limit:
        scan.text_bytes += shared_text_bytes(archive.blocks(part), lengths)
    if scan is None or _is_too_large(scan) or scan.text_bytes > limit:
        # Cells with only a style were counted too; only cells with a value may be a reason to refuse a file.
        scan = scan_every_cell(archive.blocks(part), styles, lengths, epoch_1904=epoch_1904)
    scan.own_bytes = archive.sizes[part]
    return scan


def _text_limit(own_bytes: int) -> int:
    return min(most_text(own_bytes), MAX_TEXT)


def _is_too_large(scan: SheetScan) -> bool:
    area = (scan.rows - scan.first_row) * (scan.columns - scan.first_column)
    return scan.rows > MAX_ROWS or scan.columns > MAX_COLUMNS or area > MAX_AREA


def check_size(name: str, sheet: str, scan: SheetScan) -> None:
    """Refuse a sheet above the limits. Raises FileRefused for far cells, thousands of columns or gigabytes of text.

    A sheet that holds a cell twice is refused too: a reader would take one of them without a word.
    """
    refuse_repeated(name, sheet, scan)
    cell = scan.last_cell or f"{column_letters(scan.columns)}{scan.rows}"
    if scan.cdata:
        raise FileRefused(
            f"{name}, sheet {sheet!r}, contains CDATA sections, which cannot be read reliably. Save it again in Excel."
        )
    if scan.rows > MAX_ROWS or scan.columns > MAX_SHEET_COLUMNS:
        raise FileRefused(f"{name}, sheet {sheet!r}, has a cell {cell}, which lies outside of any sheet. Save it again in Excel.")
    if scan.columns - scan.first_column > MAX_COLUMNS:
        raise FileRefused(
            f"{name}, sheet {sheet!r}, uses {scan.columns - scan.first_column:,} columns (up to {cell}); at most "
            f"{MAX_COLUMNS:,} are read. Delete the columns that are not needed."
        )
    if scan.text_bytes > _text_limit(scan.own_bytes):
        raise FileRefused(
            f"{name}, sheet {sheet!r}, shows {scan.text_bytes >> 20:,} MB of texts that many cells share, which is more than can "
            "be held in memory. Shorten the texts, or split the sheet."
        )
    if _is_too_large(scan):
        raise FileRefused(
            f"{name}, sheet {sheet!r}, reaches to cell {cell}, which is more than can be held in memory. "
            "Delete cells that lie far off, or split the sheet."
        )


def refuse_repeated(name: str, sheet: str, scan: SheetScan) -> None:
    """Refuse a sheet that holds a cell or a row twice. Raises FileRefused."""
    if scan.repeated:
        raise FileRefused(
            f"{name}, sheet {sheet!r}, holds {scan.repeated} twice, so that it is not clear which one counts. "
            "Open it in Excel, check it there, and save it again."
        )


def refuse_equal_names(name: str, sheets: Iterable[str]) -> None:
    """Refuse a workbook in which two sheets have the same name, because sheets are read by their names. Raises FileRefused."""
    for sheet, count in Counter(sheets).items():
        if count > 1:
            raise FileRefused(f"{name} holds two sheets with the name {sheet!r}. Rename one of them and save it again.")


def _check_errors(name: str, sheet: str, scan: SheetScan) -> None:
    """Refuse a sheet with an error text on which calamine would fail. Raises FileRefused that names the cell."""
    for index, text in enumerate(scan.corrections.texts):
        if text not in _CALAMINE_ERRORS:
            code = CorrectionCode.TEXT + index
            key = next(cell for cell in scan.corrections.cells if cell & 0xFFFF == code) >> 16
            cell = f"{column_letters((key & 0x7FFF) + 1)}{(key >> 15) + 1}"
            raise FileRefused(
                f"{name}, sheet {sheet!r}, cell {cell} holds the error {text!r}. Correct the formula and save it again."
            )


def sheet_notes(name: str, scan: SheetScan) -> list[Note]:
    """Return notes on what is read although a user who looks at the sheet does not see it."""
    notes = []
    if scan.merged:
        merged = (("count", str(scan.merged)), ("first", str(scan.first_merged)))
        notes.append(Note(NoteKind.MERGED_RANGES, name, values=merged))
    if scan.hidden_rows:
        notes.append(Note(NoteKind.HIDDEN_ROWS, name, values=(("count", str(scan.hidden_rows)),)))
    if scan.hidden_columns:
        notes.append(Note(NoteKind.HIDDEN_COLUMNS, name))
    if scan.filtered:
        notes.append(Note(NoteKind.FILTERED_ROWS, name))
    return notes


def _refuse_macros(archive: Archive) -> None:
    part = archive.find("[Content_Types].xml")
    if part and b"macroEnabled" in archive.read(part):
        raise FileRefused(f"{archive.name} is a workbook with macros. Save it as .xlsx, without them.")


def _read_book(archive: Archive) -> _XlsxBook:
    book_part = archive.find("xl/workbook.xml")
    if book_part is None:
        raise FileRefused(f"{archive.name} is a zip file but holds no workbook. Save the sheet as .xlsx.")
    targets = read_targets(archive, book_part)
    book = _XlsxBook()

    def start(tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition(":")[2]
        if name == "workbookPr":
            book.epoch_1904 = attributes.get("date1904") in ("1", "true")
        elif name == "sheet":
            relation = next((value for key, value in attributes.items() if key.rpartition(":")[2] == "id"), "")
            part = archive.find(targets.get(relation, ""))
            if part is None:
                raise FileRefused(
                    f"{archive.name} lacks the part of its sheet {attributes.get('name')!r}. Save it again in Excel."
                )
            book.sheets.append((attributes.get("name", ""), part))

    parse_xml(archive.blocks(book_part), start=start)
    refuse_equal_names(archive.name, (name for name, _ in book.sheets))
    book.sheets = [(name, part) for name, part in book.sheets if "chartsheets/" not in part.casefold()]
    return book


def read_targets(archive: Archive, book_part: str) -> dict[str, str]:
    """Return the target part of each relation of a workbook, by the id of the relation."""
    targets: dict[str, str] = {}

    def start(tag: str, attributes: dict[str, str]) -> None:
        if tag.rpartition(":")[2] == "Relationship":
            target = attributes.get("Target", "")
            path = target.lstrip("/") if target.startswith(("/", "xl/")) else posixpath.join("xl", target)
            targets[attributes.get("Id", "")] = posixpath.normpath(path)

    folder, _, file = book_part.rpartition("/")
    if part := archive.find(f"{folder}/_rels/{file}.rels"):
        parse_xml(archive.blocks(part), start=start)
    return targets


def _read_styles(archive: Archive) -> Styles:
    part = archive.find("xl/styles.xml")
    codes: dict[str, NumberFormat] = kept_built_in()
    cells: list[str] = []
    inside: list[str] = []

    def start(tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition(":")[2]
        inside.append(name)
        if name == "numFmt":
            keep_format(codes, attributes.get("numFmtId", ""), attributes.get("formatCode", ""))
        elif name == "xf" and "cellXfs" in inside:
            cells.append(attributes.get("numFmtId", ""))

    if part is None:
        return Styles()
    parse_xml(archive.blocks(part), start=start, end=lambda _tag: _pop(inside))
    return Styles.of(codes, cells)


def _pop(names: list[str]) -> None:
    names.pop()


def _text_lengths(archive: Archive) -> list[int]:
    """Return the lengths of the shared texts in bytes. The markup is included, so that no length is too small."""
    part = archive.find("xl/sharedStrings.xml")
    lengths: list[int] = []
    rest = b""
    claimed = 0
    for block in archive.blocks(part) if part else ():
        claimed = claimed or _claimed_texts(block)
        *texts, rest = _END_OF_TEXT.split(rest + block)
        lengths.extend(map(len, texts))
        if b"<![CDATA[" in block or b"<![CDATA[" in rest:
            raise FileRefused(f"{archive.name} contains CDATA sections, which cannot be read reliably. Save it again in Excel.")
        if len(rest) > MAX_SHARED_TEXT:
            raise FileRefused(
                f"{archive.name} holds a cell of more than {MAX_CELL_CHARACTERS:,} characters. Shorten it in Excel."
            )
    if not may_repeat_cells(claimed, len(lengths)):  # calamine allocates memory for as many as are claimed
        raise FileRefused(f"{archive.name} claims {claimed:,} shared texts and holds {len(lengths):,}. Save it again in Excel.")
    return lengths


def _claimed_texts(block: bytes) -> int:
    """Return the largest count in the tag of the shared texts, if the block holds it."""
    tag = _SHARED_TEXTS.search(block)
    return max((int(number[:18]) for number in _COUNTS.findall(tag[0])), default=0) if tag else 0
