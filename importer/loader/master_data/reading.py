"""Read sheets and files of master data."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from importer.domain.cells import Cell
from importer.domain.code_lists import find_country
from importer.domain.columns import column
from importer.domain.kinds import RecordKind
from importer.domain.master_data import MasterCell, MasterData, MasterRow, MasterTable, number_key
from importer.domain.personal_numbers.names import shown_name
from importer.domain.personal_numbers.sheet_mask import SheetMask
from importer.domain.personal_numbers.texts import mask_text
from importer.domain.records import SheetHead
from importer.errors import FileRefused
from importer.loader.files.projection import PeekableRows
from importer.loader.master_data.recognition import NO_RULES, MasterColumns, master_columns
from importer.loader.profile import NO_PROFILE, MasterDataRules
from importer.loader.sheets.header import find_header, known_headings
from importer.loader.sheets.sheet import Sheet
from importer.loader.sheets.visibility import sheets_to_read
from importer.loader.values.formats import Formats
from importer.loader.values.identifiers import read_identifier
from importer.loader.values.parsers import ValueProblem, display_text, is_blank
from importer.loader.values.placeholders import is_placeholder


def read_file(path: Path, rules: MasterDataRules = NO_RULES, *, is_named: bool = False) -> MasterData:
    """Return the master data of a file; none if a sheet of it holds anything else. Raises FileRefused if it cannot be read.

    ``is_named``: a person has said that the file holds them.
    """
    from importer.loader.files.reader import ReadOptions, open_source

    with open_source(path, ReadOptions()) as raw:
        sheets = [sheet for sheet in sheets_to_read(raw.sheets, NO_PROFILE) if not rules.sheet or sheet.name == rules.sheet]
        name = shown_name(path.name)
        found: list[MasterTable] = []
        for sheet in sheets:
            label = name if len(sheets) == 1 else f'{name}, sheet "{shown_name(sheet.name)}"'
            if (table := read_sheet(sheet, label, raw.sha256, rules, is_named=is_named)) is not None:
                found.append(table)
            elif _is_a_table(sheet):
                return MasterData()
        return MasterData(tuple(found))


def read_sheet(
    sheet: Sheet, name: str, sha256: str, rules: MasterDataRules = NO_RULES, *, is_named: bool = False
) -> MasterTable | None:
    """Return the master data on a sheet, None if it holds none. ``name`` is what people find it by."""
    rows = PeekableRows(sheet.rows())
    columns = master_columns(sheet, rows, rules, is_named=is_named)
    if columns is None:
        return None
    found: dict[str, list[MasterRow]] = {}
    unnumbered = 0
    for key, row in _rows(sheet.name, columns, rows):
        if key is None:
            unnumbered += 1
        else:
            found.setdefault(key, []).append(row)
    headings = {name: mask_text(heading) for name, heading in columns.headings().items()}
    by_key = {key: tuple(rows) for key, rows in found.items()}
    return MasterTable(name, sha256, mask_text(columns.top.header[columns.key]), headings, by_key, unnumbered)


def _is_a_table(sheet: Sheet) -> bool:
    """Return whether a sheet has headings that are known, so that it may be a list."""
    rows = PeekableRows(sheet.rows())
    try:
        return known_headings(find_header(sheet.name, rows, NO_PROFILE).header) > 0
    except FileRefused:
        return True


def _rows(sheet: str, columns: MasterColumns, rows: PeekableRows) -> Iterator[tuple[str | None, MasterRow]]:
    """Yield the folded customer number of each row that is not blank, and its cells."""
    header = columns.top.header
    mask = SheetMask(SheetHead(sheet, header, _names(columns)))
    for number, cells in rows:
        if all(map(is_blank, cells)):
            continue
        row = mask.row(tuple(cells) + (None,) * (len(header) - len(cells)))
        found = {name: MasterCell(row.cells[at], row.readable[at]) for name, at in columns.places.items()}
        country = _country(found.get("debtor_country"))
        found |= {name: MasterCell(value, value) for name, value in _composed(columns, row.readable, country).items()}
        yield (
            key_of(row.readable[columns.key]),
            MasterRow(number, {name: one for name, one in found.items() if _is_value(name, one)}),
        )


def _names(columns: MasterColumns) -> tuple[str | None, ...]:
    """Return the canonical names at each position, by which personal numbers are found."""
    names: list[str | None] = [None] * len(columns.top.header)
    for name, at in columns.places.items():
        names[at] = f"{names[at]} {name}" if names[at] else name
    return tuple(names)


def _composed(columns: MasterColumns, cells: Sequence[Cell], country: str | None) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, one in columns.composed.items():
        try:
            value = one.value(cells, column(RecordKind.CASE, name), country)
        except ValueProblem:  # the cell completes nothing
            continue
        if value:
            found[name] = value
    return found


def _country(cell: MasterCell | None) -> str | None:
    return find_country(display_text(cell.read)) if cell and isinstance(cell.read, str) else None


def _is_value(name: str, cell: MasterCell) -> bool:
    """Return whether a cell says something: it is neither blank nor a placeholder for a missing value."""
    shown = cell.shown
    return not is_blank(shown) and not (isinstance(shown, str) and is_placeholder(shown, column(RecordKind.CASE, name)))


def key_of(cell: Cell) -> str | None:
    """Return the folded customer number in a cell, None if there is none that can be read."""
    if is_blank(cell):
        return None
    try:
        return number_key(read_identifier(cell, Formats()))
    except ValueProblem:
        return None
