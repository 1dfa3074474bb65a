"""Find the header of the table on a sheet: titles above the headings, the headings, and a row of units below them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from importer.domain.cells import Cell
from importer.domain.own_headings import is_own_heading
from importer.domain.text_keys import header_key
from importer.errors import FileRefused
from importer.loader.files.projection import NumberedRow, PeekableRows
from importer.loader.profile import Profile
from importer.loader.sheets.cell_tests import may_be_date, may_be_number
from importer.loader.sheets.headings import SheetContext
from importer.loader.sheets.labels import is_currency_code, is_total_label, is_unit
from importer.loader.sheets.shape import currency_said, holds_money, is_heading, known_key
from importer.loader.values.parsers import is_blank

LOOK_AHEAD = 50
"""Rows at the top of a sheet that are searched for the headings, and rows below them that serve as a sample."""

HEADINGS_ENOUGH = 3
"""Known headings that a header row must have. Data rows have none, a line of details above the table has one or two."""

_TABLE_CELLS, _TABLE_ROWS = 4, 3


@dataclass(frozen=True)
class SheetHeader:
    """The top of a sheet.

    ``row`` is the row number of the headings, ``header`` the trimmed headings. ``above`` are the rows above them that are
    not blank. ``below`` are the numbers of the rows of units, or of repeated headings, between the headings and the data.
    ``around`` is the information about the columns from these rows and the first rows of data. ``cells`` is the number of cells
    in the row of the headings, empty ones included.
    """

    row: int
    header: tuple[str, ...]
    above: tuple[NumberedRow, ...] = ()
    below: tuple[int, ...] = ()
    around: SheetContext = field(default_factory=SheetContext)
    cells: int = 0


def find_header(sheet: str, rows: PeekableRows, profile: Profile) -> SheetHeader:
    """Find the headings. The next row of ``rows`` is then the first row of data.

    Raises FileRefused if the profile's ``header_row`` is empty, or if two rows could be the headings.
    """
    first = [(number, cells) for number, cells in rows.peek(LOOK_AHEAD) if not all(map(is_blank, cells))]
    row = profile.header_row or _header_row(sheet, first, profile)
    above = [(number, cells) for number, cells in _rows_before(row, rows) if not all(map(is_blank, cells))]
    found, cells = next(rows, (0, ()))
    header = headings_in(cells)
    if header and profile.header_row and found != profile.header_row:
        raise FileRefused(f'Sheet "{sheet}": row {profile.header_row}, the profile\'s header_row, is empty. Correct it.')
    below = _below(header, rows)
    titles = () if profile.header_row else tuple(above)
    around = _around(above, below, rows)
    return SheetHeader(found, header, titles, tuple(number for number, _ in below), around, len(cells))


def _rows_before(row: int, rows: PeekableRows) -> Iterator[NumberedRow]:
    """Consume and yield the rows before the one with this number."""
    while (following := rows.peek(1)) and following[0][0] < row:
        yield next(rows)


def _around(above: Iterable[NumberedRow], below: Iterable[NumberedRow], rows: PeekableRows) -> SheetContext:
    """Collect what titles, units and the first rows of data show about the columns."""
    currencies = (currency_said(str(cell)) for _, cells in above for cell in cells)
    return SheetContext(
        sample=[cells for _, cells in rows.peek(LOOK_AHEAD) if not any(map(is_total_label, cells))],
        units={at: str(cell) for _, cells in below for at, cell in enumerate(cells) if is_unit(cell)},
        currency=next(filter(None, currencies), None),
    )


def headings_in(cells: Sequence[Cell]) -> tuple[str, ...]:
    """Return a row's cells as headings: trimmed texts without quotes, and without the empty ones at the end."""
    header = tuple("" if is_blank(cell) else heading_text(str(cell)) for cell in cells)
    while header and not header[-1]:
        header = header[:-1]
    return header


def heading_text(text: str) -> str:
    """Return a heading without quotes: a stray one, or some that a file is said not to have, would make it another heading."""
    text = text.replace('"', "").strip() if '"' in text else text.strip()
    return text[1:-1].strip() if len(text) > 1 and text[0] == text[-1] == "'" else text


@dataclass(frozen=True)
class _HeaderCandidate:
    row: int
    keys: tuple[str, ...]
    score: int


def known_headings(cells: Sequence[Cell], also: frozenset[str] = frozenset()) -> int:
    """Count the cells of a row that are known headings; 0 if the row cannot be a header row.

    ``also`` are headings that the profile maps.
    """
    filled = [cell for cell in cells if not is_blank(cell)]
    texts = [heading_text(cell) for cell in filled if isinstance(cell, str)]
    known = {key for text in texts if (key := header_key(text)) in also or is_heading(text)}
    has_data = any(may_be_number(cell) or may_be_date(cell) for cell in filled)
    if len(known) < HEADINGS_ENOUGH or (has_data and len(known) * 2 <= len(filled)):
        return 0
    return len(known)


def _header_row(sheet: str, first: Sequence[NumberedRow], profile: Profile) -> int:
    """Return the number of the header row among the first rows, or of the first row if no row has known headings."""
    if not first:
        return 1
    start, cells = first[0]
    if cells and is_own_heading(cells[0]):
        return start  # a report or template of the importer
    also = frozenset(map(header_key, profile.columns))
    candidates = [
        _HeaderCandidate(number, tuple(map(header_key, headings_in(cells))), score)
        for number, cells in first
        if (score := known_headings(cells, also))
    ]
    best = _best(sheet, first, candidates)
    if best is None:
        return start
    if best.row != candidates[0].row:
        return best.row
    _refuse_table_above(sheet, first, best.row)
    return best.row


def _best(sheet: str, first: Sequence[NumberedRow], candidates: Sequence[_HeaderCandidate]) -> _HeaderCandidate | None:
    """Return the best of the rows that look like headings, which must be adjacent or repeat each other.

    Raises FileRefused if two tables are found, or if two rows could be the headings.
    """
    best: _HeaderCandidate | None = None
    for candidate in candidates:
        if best is None:
            best = candidate
        elif candidate.keys == best.keys:
            continue
        elif any(best.row < number < candidate.row for number, _ in first):
            raise two_tables(sheet, best.row, candidate.row)
        elif candidate.score >= 2 * best.score:
            best = candidate  # the row above only groups the headings
        elif best.score < 2 * candidate.score and not _same_meaning(best, candidate):
            raise FileRefused(
                f'Sheet "{sheet}": rows {best.row} and {candidate.row} could both be the headings. Say in a profile which one '
                f"it is: header_row = {best.row} or header_row = {candidate.row}."
            )
    return best


def two_tables(sheet: str, first: int, second: int) -> FileRefused:
    """Return the error for a sheet with a second table below the first one."""
    return FileRefused(
        f'Sheet "{sheet}" holds two tables: row {first} has headings, and row {second} has others. Put each table on a sheet '
        f"(or in a file) of its own. If only the second one counts, say so in a profile: header_row = {second}."
    )


def _same_meaning(one: _HeaderCandidate, other: _HeaderCandidate) -> bool:
    """Return whether two rows are the same headings in two languages."""
    from importer.domain.columns import index_of
    from importer.domain.kinds import RecordKind

    index = index_of(RecordKind.CASE)
    pairs = [(index.get(a), index.get(b)) for a, b in zip(one.keys, other.keys, strict=False)]
    return len(one.keys) == len(other.keys) and all(a == b for a, b in pairs if a and b) and any(a for a, _ in pairs)


def _refuse_table_above(sheet: str, first: Sequence[NumberedRow], row: int) -> None:
    """Refuse several full rows of figures above the headings, a table that would be lost. Titles have one or two cells."""
    full = [
        number
        for number, cells in first
        if number < row
        and sum(not is_blank(cell) for cell in cells) >= _TABLE_CELLS
        and any(may_be_number(cell) for cell in cells)
    ]
    if len(full) >= _TABLE_ROWS:
        raise FileRefused(
            f'Sheet "{sheet}": row {row} looks like the headings, but rows {full[0]} to {full[-1]} above it look like a table. '
            f"Say in a profile where the headings are, header_row = {row} for instance, or delete what does not belong here."
        )


def _below(header: tuple[str, ...], rows: PeekableRows) -> list[NumberedRow]:
    """Consume and return the rows directly below the headings that hold units, or the headings in another language."""
    found: list[NumberedRow] = []
    while header and (following := rows.peek(1)):
        number, cells = following[0]
        if not (_is_units(header, cells) or (not found and _is_heading_again(header, cells))):
            break
        found.append((number, cells))
        next(rows)
    return found


def _is_units(header: tuple[str, ...], cells: Sequence[Cell]) -> bool:
    """Return whether all cells are units. A single currency code counts only below an amount; else the row may be data."""
    filled = [at for at, cell in enumerate(cells) if not is_blank(cell)]
    if not filled or not all(is_unit(cells[at]) for at in filled):
        return False
    lone = len(filled) == 1 and is_currency_code(cells[filled[0]])
    return not lone or (filled[0] < len(header) and holds_money(known_key(header[filled[0]])))


def _is_heading_again(header: tuple[str, ...], cells: Sequence[Cell]) -> bool:
    again = headings_in(cells)
    return again != header and known_headings(cells) > 0
