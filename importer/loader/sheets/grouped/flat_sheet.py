"""A grouped report as a sheet with one document a row, as an ordinary list has them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from importer.domain.cells import Cell
from importer.domain.columns import index_of
from importer.domain.kinds import RecordKind
from importer.domain.text_keys import header_key
from importer.loader.files.hidden_parts import HiddenParts
from importer.loader.files.projection import NumberedRow, ProjectedRows, project
from importer.loader.files.text_layout import TextLayout
from importer.loader.sheets.grouped.analysis import Analysis, ReportReader, Span
from importer.loader.sheets.grouped.heads import Head
from importer.loader.sheets.grouped.layout import Grouping, ReportLayout
from importer.loader.sheets.grouped.marks import RowMarks
from importer.loader.sheets.grouped.nesting import are_unclear, debtor_heads
from importer.loader.sheets.grouped.open_amounts import OpenAmount
from importer.loader.sheets.grouped.row_kinds import RowKind
from importer.loader.sheets.grouped.signs import with_signs
from importer.loader.sheets.sheet import Sheet
from importer.loader.values.parsers import is_blank

NUMBER, NAME, CURRENCY, COUNTRY, STATE, OPEN = (
    "Customer number",
    "Customer name",
    "Currency",
    "Customer country",
    "Status",
    "Open amount",
)
"""The headings of the columns that a report gains, in their order."""

_USUAL = 0.9


@dataclass(frozen=True)
class FlatSheet:
    """A sheet whose rows keep their numbers and cells, and gain the columns that the report gives by position.

    The debtor of a group is written into its documents. Heads, totals and the like keep their rows; ``marks`` tells them
    apart. The report is read once when the first row is asked for.
    """

    sheet: Sheet
    report: ReportLayout

    @property
    def name(self) -> str:
        """The name of the sheet."""
        return self.sheet.name

    @property
    def hides(self) -> HiddenParts:
        """The rows and columns of the sheet that a user does not see."""
        return self.sheet.hides

    @cached_property
    def layout(self) -> TextLayout | None:
        """The layout of the sheet, whose rows have the columns that are gained as well."""
        own = self.sheet.layout
        return None if own is None else replace(own, widths=Counter({self._width + len(self.gained): own.filled}), open_ended=0)

    def covered(self) -> Collection[int]:
        """Return the rows of the sheet with a value below a merge."""
        return self.sheet.covered()

    def formats_in(self, column: int) -> frozenset[str]:
        """Return the number formats of a column of the sheet; those of the open amount are those of its parts."""
        if column < self._width:
            return self.sheet.formats_in(column)
        parts = self.report.open_amount.columns if self.report.open_amount else ()
        return frozenset().union(*map(self.sheet.formats_in, parts))

    @cached_property
    def analysis(self) -> Analysis:
        """What the rows of the report hold."""
        return ReportReader(replace(self.report, open_amount=self._open_amount), self._is_glued).read(self.sheet.rows())

    @cached_property
    def _open_amount(self) -> OpenAmount | None:
        """How the open amount is read, after a look at the signs of all amounts."""
        tests, last = self.report.tests(), self.report.headings.last
        below = (tests.row(number, cells) for number, cells in self.sheet.rows() if number > last)
        documents = ((row.number, row.cells) for row in below if row.kind is RowKind.DOCUMENT)
        return with_signs(self.report.open_amount, documents, self.report.headings.header, self.name)

    @cached_property
    def marks(self) -> RowMarks:
        """What is known of the rows beside their cells."""
        return self.analysis.marks(self.name)

    @cached_property
    def debtors(self) -> Mapping[int, Head]:
        """The head that names the debtor of each span, by the first row of the span."""
        labels = self.analysis.totals.labels if self.analysis.totals else ()
        return debtor_heads(self.name, self.analysis.spans, labels) if self.report.carries_debtor else {}

    @cached_property
    def is_doubtful(self) -> bool:
        """Whether the sheet may be an ordinary list in which names are missing, and texts are above each other.

        Nothing proves that a name counts for the rows below it, and such texts would name a debtor, or leave him unknown.
        """
        if self.report.grouping is not Grouping.FIRST_ROW or self.report.is_proven:
            return False
        found = self.analysis
        is_named_above = any(len(span.heads) > 1 and span.heads[-1].row in found.left_out for span in found.spans)
        return is_named_above or are_unclear(found.spans, found.totals.labels if found.totals else ())

    @cached_property
    def gained(self) -> tuple[str, ...]:
        """The headings of the columns that are added, each once, none that the report has and that is filled in place."""
        spans, heads = self.analysis.spans, self.debtors.values()
        is_by_heads = self.report.grouping in (Grouping.HEADS, Grouping.HEADS_WITH_TOTALS)
        wanted = (
            (NUMBER, is_by_heads),
            (NAME, is_by_heads),
            (CURRENCY, any(span.currency for span in spans) and not self.report.columns.currencies),
            (COUNTRY, any(head.country for head in heads)),
            (STATE, any(span.state for span in spans)),
            (OPEN, self.report.open_amount is not None),
        )
        return tuple(heading for heading, is_wanted in wanted if is_wanted and heading not in self.filled_in_place)

    @cached_property
    def filled_in_place(self) -> Mapping[str, int]:
        """The columns of the report that are filled in the rows in which they are empty: what they hold, and their positions."""
        columns = self.report.columns
        if self.report.grouping is Grouping.FIRST_ROW:
            numbers = tuple(at for at in columns.numbers if at not in columns.names)
            places = ((NAME, columns.names[:1]), (NUMBER, numbers[:1]))
            return {heading: at[0] for heading, at in places if at}
        sure = index_of(RecordKind.CASE)
        named = [at for at in columns.names if sure.get(header_key(columns.header[at])) == "debtor_name"]
        numbers = tuple(at for at in columns.numbers if at not in columns.names)
        places = ((NAME, tuple(named[:1])), (NUMBER, numbers[:1]))
        return {heading: at[0] for heading, at in places if at} if self.report.carries_debtor else {}

    @cached_property
    def header(self) -> tuple[str, ...]:
        """The headings of the report at their positions, and those that are gained.

        A column for names in which only the heads have some has no heading: it is empty in the documents.
        """
        gained = dict(zip(self.gained, self.gained, strict=True))
        own = ["" if at in self._columns_of_heads else text for at, text in enumerate(self.report.headings.header)]
        return tuple(str(cell or "") for cell in self._with(own, gained))

    @property
    def _columns_of_heads(self) -> tuple[int, ...]:
        is_by_heads = self.report.grouping in (Grouping.HEADS, Grouping.HEADS_WITH_TOTALS)
        filled = self.filled_in_place.values()
        return tuple(at for at in self.report.columns.names if at not in filled) if is_by_heads else ()

    @property
    def filled_headings(self) -> tuple[str, ...]:
        """The headings of the report's own columns that are filled where they are empty."""
        return tuple(self.report.headings.header[at] for at in self.filled_in_place.values())

    @property
    def _width(self) -> int:
        return max(self.report.headings.width, len(self.report.headings.header))

    def rows(self) -> Iterator[NumberedRow]:
        """Yield all rows of the sheet: the headings and the documents with the columns that are gained."""
        headings, lines = self.report.headings, self.analysis.heading_rows
        for number, cells in self.sheet.rows():
            if number < headings.first:
                yield number, cells
            elif number < headings.last:
                yield number, ()
            elif number == headings.last or number in lines:
                yield number, self.header
            elif number in self.marks.left_out:
                yield number, cells
            else:
                yield number, self._document(number, cells)

    def read_columns(self, positions: Sequence[int]) -> ProjectedRows:
        """Return the headings and the documents with the cells at these ``positions`` only: other rows prove nothing."""
        left_out = self.marks.left_out
        return project(((number, cells) for number, cells in self.rows() if number not in left_out), positions)

    def _document(self, number: int, cells: tuple[Cell, ...]) -> tuple[Cell, ...]:
        if self._is_glued(cells) or all(map(is_blank, cells)):
            return cells
        values = self._values(number, cells)
        filled = list(cells)
        for heading, at in self.filled_in_place.items():
            if at < len(filled) and is_blank(filled[at]):
                filled[at] = values.get(heading)
        return self._as_wide(cells, self._with(filled, values))

    def _values(self, number: int, cells: tuple[Cell, ...]) -> dict[str, Cell]:
        """Return the values that a document gains, by heading."""
        span = self._span_of(number)
        head = self.debtors.get(span.first) if span else None
        opened = self._open_amount
        found: dict[str, Cell] = {OPEN: opened.of(cells) if opened else None}
        if span is not None:
            found |= {CURRENCY: span.currency, STATE: span.state}
        if head is not None:
            found |= {NUMBER: head.number, NAME: head.name, COUNTRY: head.country}
        return found

    def _span_of(self, number: int) -> Span | None:
        spans = self.analysis.spans
        low, high = 0, len(spans)
        while low < high:
            middle = (low + high) // 2
            low, high = (middle + 1, high) if spans[middle].last < number else (low, middle)
        return spans[low] if low < len(spans) and spans[low].first <= number else None

    def _with(self, cells: Sequence[Cell], values: Mapping[str, Cell]) -> tuple[Cell, ...]:
        """Return cells with the columns that are gained at their places, and cells beyond the headings behind them."""
        width = self._width
        own = [*cells[:width], *[None] * (width - len(cells))]
        beyond = cells[width:] if any(not is_blank(cell) for cell in cells[width:]) else ()
        return (*own, *(values.get(heading) for heading in self.gained), *beyond)

    def _as_wide(self, cells: Sequence[Cell], row: tuple[Cell, ...]) -> tuple[Cell, ...]:
        """Return a row of a text with as many cells more or less as it has in the file, compared with the other documents.

        So it is rejected as any row with a delimiter too many or too few.
        """
        usual = self._usual_width
        if usual is None or len(cells) == usual:
            return row
        return row[: len(cells) - usual] if len(cells) < usual else (*row, *[None] * (len(cells) - usual))

    @cached_property
    def _usual_width(self) -> int | None:
        """The number of cells of nearly all documents of a text; None in a workbook, or if they differ."""
        widths = self.analysis.widths
        if self.sheet.layout is None or not widths:
            return None
        width, count = max(widths.items(), key=lambda one: one[1])
        return width if count >= _USUAL * sum(widths.values()) else None

    def _is_glued(self, cells: Sequence[Cell]) -> bool:
        """Return whether a row of a text is one cell that holds the delimiters of a row. It gains nothing, and is rejected."""
        layout = self.sheet.layout
        filled = [cell for cell in cells if not is_blank(cell)]
        if layout is None or not layout.delimiter or len(filled) != 1 or not isinstance(filled[0], str):
            return False
        return filled[0].count(layout.delimiter) + 1 >= len(self.report.headings.header)
