"""Recognise how a report is laid out, from its first rows alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from itertools import pairwise, takewhile

from importer.domain.cells import Cell
from importer.domain.row_states import StateColumn, find
from importer.loader.files.projection import NumberedRow
from importer.loader.profile import Profile
from importer.loader.sheets.grouped.columns import ReportColumns, report_columns
from importer.loader.sheets.grouped.header_rows import HeadingRows, find_headings
from importer.loader.sheets.grouped.open_amounts import OpenAmount, open_amount_of
from importer.loader.sheets.grouped.row_kinds import ReportLine, RowKind, RowTests, is_age_head, is_period_head
from importer.loader.sheets.grouped.sums import Level
from importer.loader.sheets.labels import is_whole_total
from importer.loader.values.parsers import is_blank

RECOGNISED_ROWS = 200
"""Rows at the top of a sheet by which a report is recognised."""

_FILLED, _RARELY = 0.6, 0.1
_FEWEST_BELOW, _SHARE_BELOW = 3, 0.4
_FEWEST_TOTALS = 2


class Grouping(Enum):
    """How a report groups its documents."""

    HEADS = auto()
    """The debtor is in a row of its own above his documents."""
    HEADS_WITH_TOTALS = auto()
    """The same, and that row has the total of the documents below it."""
    FIRST_ROW = auto()
    """The debtor is in the row of his first document, and the cells below are empty."""
    AGES = auto()
    """The heads are ages or periods; each document names its debtor."""
    STATES = auto()
    """The heads are states of the documents; each document names its debtor."""
    TOTALS = auto()
    """Each document names its debtor, and totals are between them."""
    NONE = auto()
    """A flat list whose headings or amounts must be put together."""


@dataclass(frozen=True)
class ReportLayout:
    """How a report is laid out: its headings, what its columns hold, how it is grouped, and how its open amount is read.

    ``is_proven``: totals are the sums of the documents above them, of which only the first names the debtor.
    """

    headings: HeadingRows
    columns: ReportColumns
    grouping: Grouping
    above: tuple[NumberedRow, ...] = ()
    open_amount: OpenAmount | None = None
    lines: tuple[tuple[Cell, ...], ...] = field(default=(), repr=False)
    is_proven: bool = False

    @property
    def carries_debtor(self) -> bool:
        """Return whether the debtor is written into the rows below his head."""
        return self.grouping in (Grouping.HEADS, Grouping.HEADS_WITH_TOTALS, Grouping.FIRST_ROW)

    def tests(self) -> RowTests:
        """Return what tells the kinds of the rows."""
        return RowTests(self.columns, titles_in(self.above), self.lines)


def titles_in(above: Iterable[NumberedRow]) -> set[str]:
    """Return the texts above the headings."""
    return {" ".join(str(cell).split()) for _, cells in above for cell in cells if not is_blank(cell)}


def recognise(rows: Sequence[NumberedRow], profile: Profile) -> ReportLayout | None:
    """Return the layout of a report that begins with these rows; None if they are those of an ordinary list, or of no list."""
    headings = find_headings(rows, profile.header_row)
    if headings is None:
        return None
    columns = report_columns(headings.header, profile)
    if not columns.amounts or not (columns.dates or columns.documents):
        return None
    return _laid_out(rows, headings, columns)


def _laid_out(rows: Sequence[NumberedRow], headings: HeadingRows, columns: ReportColumns) -> ReportLayout | None:
    above = tuple(row for row in rows if row[0] < headings.first)
    lines = tuple(cells for number, cells in rows if headings.first <= number <= headings.last)
    tests = RowTests(columns, titles_in(above), lines)
    found = _rows_below(tests, rows, headings.last)
    documents = [row for row in found if row.kind is RowKind.DOCUMENT]
    if not documents:
        return None
    grouping = _grouping(columns, found, documents)
    opened = open_amount_of(columns, [row.cells for row in documents])
    if grouping is Grouping.NONE and opened is None and headings.first == headings.last:
        return None
    return ReportLayout(headings, columns, grouping, above, opened, lines, _has_totals_of_carried(columns, found))


def _rows_below(tests: RowTests, rows: Sequence[NumberedRow], header_row: int) -> list[ReportLine]:
    read = (tests.row(number, cells) for number, cells in rows if number > header_row)
    return [row for row in read if row.kind not in _NO_ROWS]


_NO_ROWS = (RowKind.BLANK, RowKind.HEADINGS, RowKind.PAGE)


def _grouping(columns: ReportColumns, rows: Sequence[ReportLine], documents: Sequence[ReportLine]) -> Grouping:
    heads = [row for row, below in pairwise(rows) if _is_head_above(row, below)]
    own = _share_with_debtor(columns, documents)
    if own > _FILLED and not _is_first_row_only(columns, rows):
        return _with_own_debtors(columns, rows, heads)
    if own <= _RARELY and not all(map(_is_time, heads)):
        return Grouping.HEADS
    if own <= _RARELY and _has_totals_above(columns, rows):
        return Grouping.HEADS_WITH_TOTALS
    return Grouping.FIRST_ROW if _is_first_row_only(columns, rows) else Grouping.NONE


def _is_head_above(row: ReportLine, below: ReportLine) -> bool:
    return row.kind is RowKind.HEAD and below.kind in (RowKind.DOCUMENT, RowKind.HEAD)


def _share_with_debtor(columns: ReportColumns, documents: Sequence[ReportLine]) -> float:
    return sum(any(_texts(columns.debtors, row.cells)) for row in documents) / len(documents)


def _texts(positions: Iterable[int], cells: Sequence[Cell]) -> list[str]:
    return [str(cells[at]).strip() if at < len(cells) and not is_blank(cells[at]) else "" for at in positions]


def _with_own_debtors(columns: ReportColumns, rows: Sequence[ReportLine], heads: Sequence[ReportLine]) -> Grouping:
    """Return the grouping of a list whose documents name their debtors: by ages, by states, by totals, or none."""
    if heads and all(map(_is_time, heads)):
        return Grouping.AGES
    if heads and all(map(_is_state, heads)):
        return Grouping.STATES
    return Grouping.TOTALS if _has_totals_of_debtors(columns, rows) else Grouping.NONE


def _is_time(row: ReportLine) -> bool:
    return is_age_head(row) or is_period_head(row)


def _is_state(row: ReportLine) -> bool:
    return find(StateColumn.ROW_STATE, row.text, "Xero") is not None


def _has_totals_of_debtors(columns: ReportColumns, rows: Sequence[ReportLine]) -> bool:
    """Return whether totals are between the documents, each of them below those of one debtor."""
    totals = [at for at, row in enumerate(rows) if row.kind is RowKind.TOTAL]
    between = [at for at in totals if at + 1 < len(rows) and rows[at + 1].kind is RowKind.DOCUMENT]
    return bool(between) and len(totals) >= _FEWEST_TOTALS and all(_is_of_one_debtor(columns, rows, at) for at in between)


def _is_of_one_debtor(columns: ReportColumns, rows: Sequence[ReportLine], total: int) -> bool:
    """Return whether the documents above a total, up to the total before it, are of one debtor."""
    found: set[tuple[str, ...]] = set()
    for row in reversed(rows[:total]):
        if row.kind is not RowKind.DOCUMENT:
            break
        found.add(tuple(_texts(columns.debtors, row.cells)))
    return len(found) == 1


def _is_first_row_only(columns: ReportColumns, rows: Sequence[ReportLine]) -> bool:
    """Return whether only the first document of each debtor names him.

    A name that is repeated in the next row shows that every row has one, so that an empty cell is a name that is missing.
    Totals of the debtors prove it, if they are the sums of their documents; without them most cells must be empty.
    """
    named = [tuple(filter(None, _texts(columns.debtors, row.cells))) for row in rows if row.kind is RowKind.DOCUMENT]
    below = named.count(())
    is_repeated = any(one and one == other for one, other in pairwise(named))
    if not below or is_repeated or not named[0]:
        return False
    if _has_totals_of_carried(columns, rows):
        return True
    return below >= max(_FEWEST_BELOW, len(named) * _SHARE_BELOW) and len(set(named)) > _FEWEST_TOTALS


def _has_totals_of_carried(columns: ReportColumns, rows: Sequence[ReportLine]) -> bool:
    """Return whether totals between the documents are the sums of those above them, of which only the first names the debtor.

    A total below all documents says nothing of one debtor.
    """
    tried = agreeing = 0
    for at, (row, below) in enumerate(pairwise(rows)):
        if row.kind is not RowKind.TOTAL or below.kind is not RowKind.DOCUMENT:
            continue
        documents = _directly_above(rows, at)
        level = Level(columns)
        for one in documents:
            level.add(one.number, one.cells)
        named = [any(_texts(columns.debtors, one.cells)) for one in documents]
        tried += 1
        agreeing += named[:1] == [True] and not any(named[1:]) and level.compare(row.cells).agrees
    return agreeing * 2 >= tried > 0


def _directly_above(rows: Sequence[ReportLine], total: int) -> list[ReportLine]:
    """Return the documents above a total, up to whatever else is above them, in their order."""
    above = takewhile(lambda row: row.kind is RowKind.DOCUMENT, reversed(rows[:total]))
    return [*above][::-1]


def may_be_named(row: ReportLine) -> bool:
    """Return whether a row with amounts may name a debtor, whose name may begin like a total."""
    return row.kind is RowKind.NAMED or (row.kind is RowKind.TOTAL and bool(row.label) and not is_whole_total(row.label))


def _has_totals_above(columns: ReportColumns, rows: Sequence[ReportLine]) -> bool:
    """Return whether names with amounts are directly above documents, and these amounts are the sums of the documents."""
    tried = agreeing = 0
    for at, row in enumerate(rows[:-1]):
        if not may_be_named(row) or rows[at + 1].kind is not RowKind.DOCUMENT:
            continue
        level, end = Level(columns), at + 1
        while end < len(rows) and rows[end].kind is RowKind.DOCUMENT:
            level.add(rows[end].number, rows[end].cells)
            end += 1
        tried += 1
        agreeing += level.compare(row.cells).agrees
    return agreeing * 2 >= tried > 0
