"""The headings of a file's sheets, with cells from below each."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from importer.loader.profile import NO_PROFILE
from importer.loader.proposal import Heading
from importer.loader.source import Sheet, first_rows, header_of, laid_out
from importer.loader.values import is_blank
from importer.rows import Cell

SAMPLED_ROWS = 500


@dataclass(frozen=True, slots=True)
class SheetSample:
    """A sheet that has a header and rows below it. Its cells are somebody's data: for the terminal, never for a file or log."""

    name: str
    header_row: int
    header: tuple[str, ...]
    headings: tuple[Heading, ...]


def sample_file(path: Path) -> list[SheetSample]:
    """The sheets of a file that hold rows. Raises FileRefused if it cannot be read."""
    from importer.loader.reader import open_source

    with open_source(path) as raw:
        return [sample for sheet in raw.sheets if (sample := _sample(sheet)) and sample.header]


def _sample(sheet: Sheet) -> SheetSample | None:
    rows = first_rows(sheet, SAMPLED_ROWS)
    header_row, header = header_of(sheet.name, iter(rows), laid_out(rows, NO_PROFILE))
    left = [row for row in rows if row[0] > header_row]
    if not left:
        return None
    headings = tuple(Heading(text, _filled(at, left)) for at, text in enumerate(header))
    return SheetSample(sheet.name, header_row, header, headings)


def _filled(column: int, rows: list[tuple[int, tuple[Cell, ...]]]) -> tuple[Cell, ...]:
    return tuple(cells[column] for _, cells in rows if column < len(cells) and not is_blank(cells[column]))
