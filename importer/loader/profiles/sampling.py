"""Sample the sheets of a file: their headings, with cells from below each."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from importer.domain.cells import Cell
from importer.domain.master_data import NO_MASTER_DATA, MasterData
from importer.domain.notes import Note
from importer.domain.personal_numbers.sheet_mask import SheetMask, masked_cells
from importer.domain.records import SheetHead
from importer.loader.files.projection import NumberedRow, PeekableRows
from importer.loader.master_data.apart import columns_to_complete, parted
from importer.loader.profile import NO_PROFILE
from importer.loader.profiles.proposal import Heading
from importer.loader.sheets.grouped.flat_list import RECOGNISED_ROWS, as_flat_list, below_headings, marks_of, with_documents
from importer.loader.sheets.grouped.report_notes import notes_on_report
from importer.loader.sheets.grouped.summaries import is_summary, raise_for_summary
from importer.loader.sheets.header import find_header
from importer.loader.sheets.heading_matches import SheetContext
from importer.loader.sheets.labels import is_total_label
from importer.loader.sheets.reading import HeadingReading, read_alone
from importer.loader.sheets.shape import Shape
from importer.loader.sheets.sheet import Sheet, first_rows, with_report_layout
from importer.loader.sheets.visibility import sheets_to_read
from importer.loader.values.parsers import is_blank

SAMPLED_ROWS = 500


@dataclass(frozen=True, slots=True)
class SheetSample:
    """A sheet that has a header and rows below it. Its cells are personal data: never write them to a file or log.

    ``rows`` are the sampled rows without those that a label shows to be totals. ``notes`` say how a report is read as a flat
    list.
    """

    name: str
    header_row: int
    header: tuple[str, ...]
    headings: tuple[Heading, ...]
    around: SheetContext = field(default_factory=SheetContext)
    rows: tuple[tuple[Cell, ...], ...] = ()
    notes: tuple[Note, ...] = ()

    def reading(self, shape: Shape) -> HeadingReading:
        """Return how the sheet is read without a profile."""
        return read_alone(self.name, self.header, self.around, shape)


def sample_file(path: Path, encoding: str | None = None, master_data: MasterData = NO_MASTER_DATA) -> list[SheetSample]:
    """Return samples of the sheets of a file that have rows. Raises FileRefused if the file cannot be read.

    ``encoding`` is that of a text; without it, it is found by the bytes. Raises EncodingUnclear if they leave it open. Sheets of
    master data are none of them: like the ``master_data`` that are given, they only complete the others.
    """
    from importer.loader.files.reader import ReadOptions, open_source

    with open_source(path, ReadOptions(encoding=encoding)) as raw:
        sheets, found = parted(sheets_to_read(raw.sheets, NO_PROFILE), NO_PROFILE)
        samples = [sample for sheet in sheets if (sample := _sample(sheet, master_data + found)) and sample.header]
        if not samples:
            raise_for_summary(sheets, NO_PROFILE)
        return samples


def _sample(sheet: Sheet, master_data: MasterData) -> SheetSample | None:
    top_rows = first_rows(sheet, RECOGNISED_ROWS)
    if is_summary(top_rows, NO_PROFILE):
        return None
    sheet = as_flat_list(sheet, top_rows, NO_PROFILE)
    first = [(number, masked_cells(cells)) for number, cells in first_rows(sheet, SAMPLED_ROWS)]
    rows = PeekableRows(iter(first))
    top = find_header(sheet.name, rows, below_headings(sheet, with_report_layout(first, NO_PROFILE)))
    top = with_documents(sheet, top, rows)
    marks = marks_of(sheet)
    left = [row for row in rows if marks is None or row[0] not in marks.left_out]
    if not left:
        return None
    mask = SheetMask(SheetHead(sheet.name, top.header, (None,) * len(top.header)))
    left = [(number, mask.row(cells).cells) for number, cells in left]
    headings = tuple(Heading(text, _filled(at, left)) for at, text in enumerate(top.header))
    untotalled = tuple(tuple(cells) for _, cells in left if not any(map(is_total_label, cells)))
    around = replace(top.around, completed=columns_to_complete(top.header, master_data, NO_PROFILE))
    notes = tuple(notes_on_report(sheet, None, date.min))
    return SheetSample(sheet.name, top.row, top.header, headings, around, untotalled, notes)


def _filled(column: int, rows: list[NumberedRow]) -> tuple[Cell, ...]:
    return tuple(cells[column] for _, cells in rows if column < len(cells) and not is_blank(cells[column]))
