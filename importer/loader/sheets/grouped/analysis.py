"""Read a report once from its top: whose documents are in which rows, and whether its totals are the sums of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from importer.domain.cells import Cell
from importer.domain.notes import NoteKind
from importer.domain.row_states import CREDITS, StateColumn, find
from importer.domain.text_keys import fold
from importer.loader.files.projection import NumberedRow
from importer.loader.sheets.grouped.amounts import is_amount, read_both
from importer.loader.sheets.grouped.heads import Head, head_in
from importer.loader.sheets.grouped.layout import Grouping, ReportLayout, may_be_named
from importer.loader.sheets.grouped.marks import RowMarks
from importer.loader.sheets.grouped.open_amounts import OpenFrom
from importer.loader.sheets.grouped.row_kinds import ReportLine, RowKind, is_age_head, is_detail, is_period_head
from importer.loader.sheets.grouped.totals import TotalsCheck
from importer.loader.sheets.labels import summed_up_in
from importer.loader.values.parsers import is_blank


@dataclass
class Span:
    """Documents of one debtor in rows that follow each other. ``heads`` are his, the outermost first; none if he is unknown."""

    first: int
    last: int
    heads: tuple[Head, ...] = ()
    currency: str | None = None
    state: str | None = None


@dataclass
class Analysis:
    """What a report holds. ``heading_rows`` are the rows in which its headings are repeated."""

    spans: list[Span] = field(default_factory=list)
    left_out: dict[int, NoteKind] = field(default_factory=dict)
    heading_rows: set[int] = field(default_factory=set)
    documents: int = 0
    credits: int = 0
    totals: TotalsCheck | None = None
    widths: dict[int, int] = field(default_factory=dict)

    def marks(self, sheet: str) -> RowMarks:
        """Return what is known of the rows of the sheet of this name."""
        if self.totals is None:
            return RowMarks(self.left_out)
        asked, notes, kinds = self.totals.settled(sheet)
        return RowMarks({**self.left_out, **kinds}, asked, notes)


class ReportReader:
    """Reads the rows of a report below its headings, one after the other.

    ``is_glued``: one cell of a row holds the delimiters of a whole row.
    """

    def __init__(self, layout: ReportLayout, is_glued: Callable[[Sequence[Cell]], bool] = lambda _: False) -> None:
        self._layout, self._tests, self._is_glued = layout, layout.tests(), is_glued
        self._shapes: set[str] = set()
        self._found = Analysis(totals=TotalsCheck(layout.columns))
        self._pending: list[ReportLine] = []
        self._heads: tuple[Head, ...] = ()
        self._currency: str | None = None
        self._is_currency_of_group = False
        self._state: str | None = None
        self._is_closed = True
        self._begins = True

    def read(self, rows: Iterable[NumberedRow]) -> Analysis:
        """Return what the rows hold."""
        for number, cells in rows:
            if number > self._layout.headings.last:
                self._row(self._tests.row(number, cells))
        self._end()
        return self._found

    def _row(self, row: ReportLine) -> None:
        row = self._in_its_group(self._signed(row))
        if row.kind is RowKind.HEADINGS:
            self._found.left_out[row.number] = NoteKind.REPEATED_HEADINGS
            self._found.heading_rows.add(row.number)
        elif row.kind is RowKind.PAGE:
            self._found.left_out[row.number] = NoteKind.TITLES
        elif row.kind is RowKind.HEAD:
            self._pending.append(row)
        elif row.kind is RowKind.TOTAL:
            self._total(row)
        elif row.kind is RowKind.DOCUMENT:
            self._document(row)

    def _in_its_group(self, row: ReportLine) -> ReportLine:
        """Return a row with its kind, if the rows above it show another one than its own cells."""
        if may_be_named(row) and (row.kind is RowKind.NAMED or self._layout.grouping is Grouping.HEADS_WITH_TOTALS):
            return self._named(row)
        if row.kind is not RowKind.HEAD:
            return row
        if self._is_glued(row.cells) or self._is_number_alone(row):
            return ReportLine(row.number, row.cells, RowKind.DOCUMENT)
        is_of_group = not self._own_texts().isdisjoint(summed_up_in(row.label))
        return replace(row, kind=RowKind.TOTAL) if is_of_group else row

    def _signed(self, row: ReportLine) -> ReportLine:
        """Return a row with its amount as its mark is understood: with the sign that the mark gives, or with its own."""
        opened = self._layout.open_amount
        if opened is None or opened.source is not OpenFrom.SIDE:
            return row
        at, cells = opened.columns[0], list(row.cells)
        if at < len(cells) and row.kind in (RowKind.DOCUMENT, RowKind.TOTAL):
            cells[at] = opened.of(cells)
        return replace(row, cells=tuple(cells))

    @property
    def _totals(self) -> TotalsCheck:
        assert self._found.totals is not None
        return self._found.totals

    def _named(self, row: ReportLine) -> ReportLine:
        """Decide what a name with amounts is: a head with its total, the total of the group of that name, or a document."""
        kind = RowKind.DOCUMENT
        if self._layout.grouping is Grouping.HEADS_WITH_TOTALS:
            self._flush()
            self._begin((head_in(replace(row, texts=row.texts or (row.label_at or 0,))),))
            self._totals.expect(row)
            self._found.left_out[row.number] = NoteKind.GROUP_HEADS
            kind = RowKind.BLANK
        elif self._names_group(row):
            kind = RowKind.TOTAL
        return replace(row, kind=kind, label=row.label or row.text)

    def _is_number_alone(self, row: ReportLine) -> bool:
        """Return whether the only text of a row is the number of a document, such as ``INV-2041``, all else of it missing."""
        if len(row.texts) != 1 or row.texts[0] not in self._layout.columns.documents:
            return False
        return _shape(row.text) in self._shapes

    def _names_group(self, row: ReportLine) -> bool:
        own = self._own_texts()
        return bool(row.texts) and all(fold(str(row.cells[at])) in own for at in row.texts)

    def _own_texts(self) -> set[str]:
        """Return the folded texts of the heads of the group."""
        own = {fold(str(cell)) for head in self._heads for cell in (head.name, head.number) if not is_blank(cell)}
        return own | {head.key for head in self._heads}

    def _total(self, row: ReportLine) -> None:
        self._flush(of_total=True)
        names_group = not self._own_texts().isdisjoint(summed_up_in(row.label))
        closed = self._totals.total(row, of_group=names_group or not row.label)
        self._is_closed = self._is_closed or closed

    def _document(self, row: ReportLine) -> None:
        has_ages = self._flush()
        grouping = self._layout.grouping
        if grouping is Grouping.FIRST_ROW:
            self._take_own(row)
        elif grouping in (Grouping.HEADS, Grouping.HEADS_WITH_TOTALS) and self._is_closed and not has_ages:
            self._heads = ()
        if self._begins or (self._is_closed and not has_ages):
            self._totals.begin()
        self._is_closed = self._begins = False
        self._count(row)
        self._extend(row.number)

    def _take_own(self, row: ReportLine) -> None:
        """Take the debtor from the row of his first document."""
        at_debtor = [at for at in self._layout.columns.debtors if at < len(row.cells) and not is_blank(row.cells[at])]
        if at_debtor:
            names = [row.cells[at] for at in at_debtor if at in self._layout.columns.names]
            numbers = [row.cells[at] for at in at_debtor if at in self._layout.columns.numbers]
            self._begin((Head(row.number, next(iter(names), None), next(iter(numbers), None)),))
        elif self._is_closed:
            self._heads = ()

    def _begin(self, heads: tuple[Head, ...]) -> None:
        """Begin the group of these heads. A head that is only repeated on the next page continues its group."""
        is_same = not self._is_closed and heads and self._heads and heads[-1].key == self._heads[-1].key
        if not is_same:
            self._heads = (*self._heads[:1], *heads) if len(self._heads) > 1 and len(heads) == 1 else heads
            self._begins = True
        self._is_closed = False

    def _flush(self, *, of_total: bool = False) -> bool:
        """Take the heads above a row, and return whether there are ages among them and no debtor."""
        pending, self._pending = self._pending, []
        kinds = [self._kind_of_head(row) for row in pending]
        self._found.left_out.update(zip((row.number for row in pending), kinds, strict=True))
        names = self._debtors_in(row for row, kind in zip(pending, kinds, strict=True) if kind is NoteKind.GROUP_HEADS)
        is_part = NoteKind.AGE_GROUPS in kinds and not names
        if is_part:
            self._totals.begin_part()
        if names and (self._is_closed or not of_total):
            self._begin(names)
        return is_part

    def _debtors_in(self, rows: Iterable[ReportLine]) -> tuple[Head, ...]:
        """Return the debtors in heads that are above each other."""
        heads = list(rows)
        names: list[Head] = []
        for at, row in enumerate(heads):
            names += self._of_head(row, is_above=not names and at + 1 < len(heads))
        return tuple(names)

    def _kind_of_head(self, row: ReportLine) -> NoteKind:
        if is_age_head(row):
            return NoteKind.AGE_GROUPS
        return NoteKind.FURTHER_LINES if is_detail(row) else NoteKind.GROUP_HEADS

    def _of_head(self, row: ReportLine, *, is_above: bool) -> Iterator[Head]:
        """Yield the debtor whom a head names. It may name a currency or a state instead. ``is_above``: debtors are below it."""
        head = Head(row.number) if is_period_head(row) else head_in(row)
        if self._layout.grouping is Grouping.STATES:
            self._state = row.text
            return
        is_debtor = not head.is_empty or is_period_head(row)
        if is_debtor and self._is_currency_of_group:  # the currency of the group before, and not of all groups below it
            self._currency = None
        if head.currency:
            self._currency, self._is_currency_of_group = head.currency, is_debtor or not is_above
        if is_debtor:
            yield head

    def _count(self, row: ReportLine) -> None:
        self._found.documents += 1
        if any(map(str.isalpha, number := self._tests.number_of(row.cells))):
            self._shapes.add(_shape(number))
        self._found.widths[len(row.cells)] = self._found.widths.get(len(row.cells), 0) + 1
        self._found.credits += self._is_credit(row)
        self._totals.add(row)

    def _is_credit(self, row: ReportLine) -> bool:
        """Return whether a document lowers what is owed: by its kind, or by an amount below zero."""
        words = (find(StateColumn.DOCUMENT_TYPE, str(cell), None) for cell in _at(self._layout.columns.types, row))
        if any(word is not None and word.meaning in CREDITS for word in words):
            return True
        opened = self._layout.open_amount
        if opened is None or opened.source is OpenFrom.SIDE:  # the row has the sign already
            return any(map(_is_below_zero, _at(opened.columns[:1] if opened else self._layout.columns.amounts, row)))
        return _is_below_zero(opened.of(row.cells))

    def _extend(self, number: int) -> None:
        span = self._found.spans[-1] if self._found.spans else None
        if span and (span.heads, span.currency, span.state) == (self._heads, self._currency, self._state):
            span.last = number
        else:
            self._found.spans.append(Span(number, number, self._heads, self._currency, self._state))

    def _end(self) -> None:
        """Take the texts below the last document: notes below a total, or heads without documents."""
        kind = NoteKind.NOTES_BELOW if self._is_closed else NoteKind.GROUP_HEADS
        for row in self._pending:
            self._found.left_out[row.number] = NoteKind.AGE_GROUPS if is_age_head(row) else kind
        self._pending = []
        self._totals.end()


def _shape(number: str) -> str:
    return re.sub("[0-9]+", "9", number)


def _at(positions: Iterable[int], row: ReportLine) -> list[Cell]:
    return [row.cells[at] for at in positions if at < len(row.cells)]


def _is_below_zero(cell: Cell) -> bool:
    return is_amount(cell) and any(value is not None and value < 0 for value in read_both(cell) or ())
