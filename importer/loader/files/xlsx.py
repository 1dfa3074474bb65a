"""The parts of an xlsx besides its sheets: the part of each sheet, number formats, shared texts, the date epoch."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from enum import Enum, auto
from functools import partial
from typing import NamedTuple
from xml.parsers import expat

from importer.domain.cells import MAX_CELL_CHARACTERS
from importer.domain.notes import Note, NoteKind
from importer.errors import FileRefused
from importer.loader.files.cell_references import MAX_COLUMNS, column_letters
from importer.loader.files.corrections import TooManyCorrections
from importer.loader.files.multipliers import may_repeat_cells, most_text
from importer.loader.files.open_package import STYLES, TEXTS, WITHOUT_CELLS, OpenPackage, open_package
from importer.loader.files.xlsx_rewriting import CALAMINE_ERRORS, rewrite_xlsx
from importer.loader.files.xlsx_scan import (
    SheetScan,
    Styles,
    parse_xml,
    scan_every_cell,
    scan_sheet,
    shared_text_bytes,
)
from importer.loader.files.xlsx_styles import read_styles
from importer.loader.files.zip_archive import FETCH_AGAIN, Archive

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


@dataclass(slots=True)
class WorkbookScan:
    """The scans of a workbook's sheets by name, in their order, and the notes on them. ``names`` are those of all its sheets.

    ``hidden`` are those that no tab shows. ``rewrite`` writes the workbook as every reader understands it; a workbook that
    calamine would misread ``must_be_rewritten``.
    """

    sheets: dict[str, SheetScan] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    hidden: set[str] = field(default_factory=set)
    rewrite: Callable[[], bytes] | None = None
    must_be_rewritten: bool = False


class SheetKind(Enum):
    """The kind of a sheet: cells, something else that is shown (a chart, a dialog), or nothing, as an entry of a module."""

    CELLS = auto()
    OTHER = auto()
    NOTHING = auto()


class ListedSheet(NamedTuple):
    """A sheet as the workbook lists it. ``part`` is None if the file does not contain it."""

    name: str
    part: str | None
    hidden: bool
    kind: SheetKind = SheetKind.CELLS


@dataclass(slots=True)
class _XlsxBook:
    sheets: list[ListedSheet] = field(default_factory=list)
    epoch_1904: bool = False


def scan_xlsx(archive: Archive, wanted: Collection[str] = ()) -> WorkbookScan:
    """Check the parts of an xlsx that are read, and find the special cells of its sheets. Raises FileRefused.

    ``wanted`` are the names of the sheets that are read; empty: all of them. What is wrong with a hidden sheet that nobody
    asked for only leaves it out.
    """
    try:
        package = open_package(archive)
        if package is None or package.is_binary:
            raise FileRefused(f"{archive.name} is a zip file but holds no workbook. Save the sheet as .xlsx.")
        book = _read_book(package)
        _refuse_macros(archive)
        styles = read_styles(archive, package.part_of(STYLES))
        texts = package.part_of(TEXTS)
        lengths, has_cdata = _text_lengths(archive, texts)
        result = WorkbookScan(must_be_rewritten=any((has_cdata, not package.is_usual, styles.false_dates)))
        parts = scan_listed(
            archive,
            book.sheets,
            wanted,
            result,
            lambda part: _scan_sheet(archive, part, styles, lengths, epoch_1904=book.epoch_1904),
        )
    except expat.ExpatError as error:
        what = expat.ErrorString(error.code)  # without the position, because ordinary cells were removed before
        raise FileRefused(f"{archive.name} holds damaged XML ({what}). {FETCH_AGAIN}") from error
    odd = [scan for scan in result.sheets.values() if scan.cdata or set(scan.corrections.texts) - CALAMINE_ERRORS]
    result.must_be_rewritten = result.must_be_rewritten or bool(odd)
    result.rewrite = partial(rewrite_xlsx, package, parts, result.hidden, epoch_1904=book.epoch_1904)
    if any("externallinks/" in part.casefold() for part in archive.parts):
        result.notes.append(Note(NoteKind.LINKED_WORKBOOKS))
    return result


def scan_listed(
    archive: Archive,
    listed: Iterable[ListedSheet],
    wanted: Collection[str],
    result: WorkbookScan,
    scan_part: Callable[[str], SheetScan],
) -> dict[str, str]:
    """Scan the listed sheets that are read into ``result``, and return their parts by name. Raises FileRefused.

    A sheet that is hidden, and that ``wanted`` does not name, is left out if something is wrong with it. So is a module.
    """
    parts: dict[str, str] = {}
    for sheet in listed:
        if not _is_read(sheet, wanted, result):
            continue
        try:
            part = _part_of(archive.name, sheet)
            result.sheets[sheet.name] = _checked(archive.name, sheet.name, scan_part(part))
        except (FileRefused, expat.ExpatError, TooManyCorrections):
            if not sheet.hidden or wanted:
                raise
            result.notes.append(Note(NoteKind.HIDDEN_SHEET_NOT_READ, sheet.name))
            continue
        parts[sheet.name] = part
        result.hidden |= {sheet.name} if sheet.hidden else set()
        result.notes += sheet_notes(sheet.name, result.sheets[sheet.name])
    return parts


def _is_read(sheet: ListedSheet, wanted: Collection[str], result: WorkbookScan) -> bool:
    """Return whether a listed sheet has cells and is wanted. An entry that leads nowhere is noted."""
    if sheet.kind is SheetKind.NOTHING and not wanted:
        result.notes.append(Note(NoteKind.NOT_A_SHEET, sheet.name))
    if sheet.kind is not SheetKind.CELLS:
        return False
    result.names.append(sheet.name)
    return not wanted or sheet.name in wanted


def _checked(name: str, sheet: str, scan: SheetScan) -> SheetScan:
    check_size(name, sheet, scan)
    scan.covered.close(name, sheet, scan.rows)
    return scan


def _part_of(name: str, sheet: ListedSheet) -> str:
    if sheet.part is None:
        raise FileRefused(f"{name} lacks the part of its sheet {sheet.name!r}. {FETCH_AGAIN}")
    return sheet.part


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
    if scan.rows > MAX_ROWS or scan.columns > MAX_SHEET_COLUMNS:
        raise FileRefused(f"{name}, sheet {sheet!r}, has a cell {cell}, which lies outside of any sheet. Export it again.")
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
            f"{name}, sheet {sheet!r}, holds {scan.repeated} twice, so that it is not clear which one counts. Export it again "
            "where it comes from: a program that opens it shows one of the two only."
        )


def refuse_equal_names(name: str, sheets: Iterable[str]) -> None:
    """Refuse a workbook in which two sheets have the same name, because sheets are read by their names. Raises FileRefused."""
    for sheet, count in Counter(sheets).items():
        if count > 1:
            raise FileRefused(f"{name} holds two sheets with the name {sheet!r}. Rename one of them and save it again.")


def sheet_notes(name: str, scan: SheetScan) -> list[Note]:
    """Return notes on what is read although a user who looks at the sheet does not see it."""
    notes = []
    if scan.merged:
        merged = (("count", str(scan.merged)), ("first", str(scan.first_merged)))
        notes.append(Note(NoteKind.MERGED_RANGES, name, values=merged))
    if scan.hidden_rows:
        notes.append(Note(NoteKind.HIDDEN_ROWS, name, values=(("count", str(scan.hidden_rows.count)),)))
    if scan.hidden_columns:
        columns = (("columns", columns_text(first, last)) for first, last in sorted(set(scan.hidden_columns)))
        notes.append(Note(NoteKind.HIDDEN_COLUMNS, name, values=tuple(columns)))
    if scan.conditional:
        ranges = (("range", place) for place in dict.fromkeys(scan.conditional))
        notes.append(Note(NoteKind.CONDITIONAL_FORMATS, name, values=tuple(ranges)))
    if scan.filtered:
        notes.append(Note(NoteKind.FILTERED_ROWS, name))
    return notes


def columns_text(first: int, last: int) -> str:
    """Return columns, counted from 1, by their letters: ``C``, ``D–F``."""
    return column_letters(first) if first == last else f"{column_letters(first)}–{column_letters(last)}"


def _refuse_macros(archive: Archive) -> None:
    part = archive.find("[Content_Types].xml")
    if part and b"macroEnabled" in archive.read(part):
        raise FileRefused(f"{archive.name} is a workbook with macros. Save it as .xlsx, without them.")


def _read_book(package: OpenPackage) -> _XlsxBook:
    book = _XlsxBook()

    def start(tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition(":")[2]
        if name == "workbookPr":
            book.epoch_1904 = attributes.get("date1904") in ("1", "true")
        elif name == "sheet":
            relation = next((value for key, value in attributes.items() if key.rpartition(":")[2] == "id"), "")
            hidden = attributes.get("state", "visible") != "visible"
            book.sheets.append(listed_sheet(package, attributes.get("name", ""), relation, hidden=hidden))

    parse_xml(package.archive.blocks(package.book), start=start)
    refuse_equal_names(package.archive.name, (sheet.name for sheet in book.sheets if sheet.kind is SheetKind.CELLS))
    return book


def listed_sheet(package: OpenPackage, name: str, relation: str, *, hidden: bool) -> ListedSheet:
    """Return a sheet of the workbook's list with its part. An entry without a relation is that of a module of macros."""
    found = package.relations.get(relation)
    if not relation:
        return ListedSheet(name, None, hidden, SheetKind.NOTHING)
    kind = SheetKind.OTHER if found is not None and found.kind in WITHOUT_CELLS else SheetKind.CELLS
    return ListedSheet(name, found.part if found else None, hidden, kind)


def _text_lengths(archive: Archive, part: str | None) -> tuple[list[int], bool]:
    """Return the lengths of the shared texts in bytes, and whether CDATA sections are among them.

    The markup is included, so that no length is too small.
    """
    lengths: list[int] = []
    rest = b""
    claimed = 0
    has_cdata = False
    for block in archive.blocks(part) if part else ():
        claimed = claimed or _claimed_texts(block)
        *texts, rest = _END_OF_TEXT.split(rest + block)
        lengths.extend(map(len, texts))
        has_cdata = has_cdata or b"<![CDATA[" in block or b"<![CDATA[" in rest
        if len(rest) > MAX_SHARED_TEXT:
            raise FileRefused(f"{archive.name} holds a cell of more than {MAX_CELL_CHARACTERS:,} characters. Shorten it.")
    if not may_repeat_cells(claimed, len(lengths)):  # calamine allocates memory for as many as are claimed
        raise FileRefused(f"{archive.name} claims {claimed:,} shared texts and holds {len(lengths):,}. {FETCH_AGAIN}")
    return lengths, has_cdata


def _claimed_texts(block: bytes) -> int:
    """Return the largest count in the tag of the shared texts, if the block holds it."""
    tag = _SHARED_TEXTS.search(block)
    return max((int(number[:18]) for number in _COUNTS.findall(tag[0])), default=0) if tag else 0
