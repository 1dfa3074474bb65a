"""The rows below the headings: which are data, and which are totals, repeated headings, page marks and notes.

Only a row that is no record is looked at: whatever could be sent is data. What is left out is named in a note.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from enum import Enum, auto

from importer.domain.aliases import non_claim_words
from importer.domain.cells import Cell
from importer.domain.columns import Holds
from importer.domain.kinds import Kind
from importer.domain.money import Money, grouped_text
from importer.domain.reasons import Reason
from importer.domain.records import CaseRecord, LoadedRow, Reject
from importer.domain.text_keys import fold
from importer.loader.files.projection import Ahead, picker
from importer.loader.notes import rows_named
from importer.loader.records.row_reader import RowReader
from importer.loader.sheets.cell_tests import is_like_a_number
from importer.loader.sheets.header import Top, headings_in, known_headings, two_tables
from importer.loader.sheets.labels import begins_like_a_total, is_currency_code, is_page_mark, is_total_label
from importer.loader.sheets.plan import SheetPlan
from importer.loader.values.parsers import is_blank, shown

MAX_HELD = 1_000
"""Lone texts that wait to be known as notes below the table; more are no notes."""

MAX_DIFFERING = 20
"""Totals that differ from the rows above them and are told one by one."""

_IDENTITY = frozenset(("debtor_name", "creditor_reference", "case_ref", "case_id", "reference_id"))
_WORDS = 3


class Sort(Enum):
    """What a row below the headings is."""

    DATA = auto()
    TOTAL = auto()
    SUM = auto()
    WRONG_SUM = auto()
    HEADINGS = auto()
    TITLE = auto()
    LONE_TEXT = auto()
    BESIDE = auto()
    NOTE = auto()


_TOLD = {  # of one row, of several
    Sort.SUM: ("is the total of the rows above and was left out", "are totals of the rows above and were left out"),
    Sort.TOTAL: ("is a total and was left out", "are totals and were left out"),
    Sort.NOTE: ("is a note below the table and was left out", "are notes below the table and were left out"),
    Sort.HEADINGS: ("holds the headings once more and was left out", "hold the headings once more and were left out"),
    Sort.TITLE: ("is a title or a page number and was left out", "are titles or page numbers and were left out"),
    Sort.BESIDE: ("has cells beside the table only and was left out", "have cells beside the table only and were left out"),
}


@dataclass
class _Sums:
    """Amounts of the data rows in hundredths: all of them, and those since the last total."""

    rows: int = 0
    all: int = 0
    part: int = 0

    def add(self, loaded: LoadedRow) -> None:
        cents = _money(loaded).cents
        self.rows += 1
        self.all += cents
        self.part += cents

    def agrees(self, cents: int) -> bool:
        return cents in (self.all, self.part)

    def close(self) -> None:
        self.part = 0


@dataclass
class Body:
    """The rows of one sheet on their way from cells to records; ``notes`` are whole when the last row was read."""

    top: Top
    plan: SheetPlan
    reader: RowReader
    notes: list[str]
    _sums: _Sums = field(default_factory=_Sums)
    _left: dict[Sort, list[int]] = field(default_factory=dict)
    _last: int = 0
    _differing: int = 0
    _after_total: bool = False

    def __post_init__(self) -> None:
        bounds = (*self.plan.case, *self.plan.voucher)
        self._bound = {b.position for b in bounds if b.position is not None}
        self._identity = {b.position for b in bounds if b.position is not None and b.column.name in _IDENTITY}
        self._names = picker(sorted(self._identity))
        self._texts = {b.position for b in bounds if b.position is not None and b.column.holds is Holds.TEXT}
        self._dates = {b.position for b in bounds if b.position is not None and b.column.holds is Holds.DATE}
        self._name = next((b.position for b in bounds if b.column.name == "debtor_name"), None)
        self._amount = next((b.position for b in bounds if b.position is not None and b.column.holds is Holds.MONEY), None)
        self._titles = {_lone_text(cells) for _, cells in self.top.above} - {None}
        self._last = self.top.row

    def rows(self, rows: Ahead) -> Iterator[LoadedRow]:
        """Every record and reject. Raises FileRefused where another table begins."""
        width = len(self.plan.head.header)
        held: list[tuple[Sort, LoadedRow]] = []
        for number, cells in rows:
            if all(map(is_blank, cells)):
                continue
            loaded = self.reader.read(number, trimmed(cells, width))
            sort = self._sort(loaded)
            if sort is Sort.LONE_TEXT and len(held) < MAX_HELD:
                held.append((sort, loaded))
            elif sort in (Sort.DATA, Sort.LONE_TEXT):
                for _, waiting in held:
                    yield self._data(waiting)
                held.clear()
                yield self._data(loaded)
            else:
                self._leave_out(sort, loaded)
        for _, waiting in held:
            if self._is_note(waiting):
                self._left.setdefault(Sort.NOTE, []).append(waiting.row.number)
            else:
                yield self._data(waiting)
        self._tell()

    def _sort(self, loaded: LoadedRow) -> Sort:
        """What the row is. A valid record is data, but for one whose only name is the word for a total."""
        cells = loaded.row.cells
        if not isinstance(loaded.case, Reject) and not isinstance(loaded.voucher, Reject):
            named = any(map(is_total_label, self._names(cells)))
            return Sort.TOTAL if named and self._is_total(loaded) else Sort.DATA
        if self._is_total(loaded):
            return Sort.TOTAL
        if headings_in(cells) == self.top.header:
            return Sort.HEADINGS
        if known_headings(cells):
            raise two_tables(self.plan.head.name, self.top.row, loaded.row.number)
        if self._stands_beside(cells):
            return Sort.BESIDE
        text = _lone_text(cells)
        if text is None:
            return Sort.DATA
        return Sort.TITLE if text in self._titles or is_page_mark(text) else Sort.LONE_TEXT

    def _is_total(self, loaded: LoadedRow) -> bool:
        """A label or nothing but the sum of the rows above; and no name, date or text besides figures."""
        cells = loaded.row.cells
        labelled = False
        figures = 0
        for position, cell in enumerate(cells):
            if is_blank(cell):
                continue
            label = is_total_label(cell) or (begins_like_a_total(cell) and position != self._name)
            if label:
                labelled = True
            elif is_like_a_number(cell) and position not in self._identity | self._dates:
                figures += 1
            elif not is_currency_code(cell):
                return False
        return labelled or (figures > 0 and self._is_the_sum(loaded))

    def _is_the_sum(self, loaded: LoadedRow) -> bool:
        filled = [position for position, cell in enumerate(loaded.row.cells) if not is_blank(cell)]
        return filled == [self._amount] and self._sums.rows > 1 and self._sums.agrees(_money(loaded).cents)

    def _stands_beside(self, cells: tuple[Cell, ...]) -> bool:
        """Whether all cells lie behind a column without a heading that has none of the table's columns after it."""
        header = self.plan.head.header
        filled = [position for position, cell in enumerate(cells) if not is_blank(cell)]
        last = max(self._bound, default=0)
        return bool(filled) and filled[0] > last and any(not h for h in (*header, "")[last + 1 : filled[0] + 1])

    def _data(self, loaded: LoadedRow) -> LoadedRow:
        loaded = self._without_credit(loaded)
        self._last, self._after_total = loaded.row.number, False
        self._sums.add(loaded)
        return loaded

    def _without_credit(self, loaded: LoadedRow) -> LoadedRow:
        """A case whose line calls itself a credit note or a payment is no claim, whatever its amount's sign."""
        position = self.plan.document_position
        if position is None or position >= len(loaded.row.cells) or not isinstance(loaded.case, CaseRecord):
            return loaded
        text = shown(loaded.row.cells[position])
        if fold(text) not in non_claim_words():
            return loaded
        reason = Reason(
            "no_claim",
            "is a credit note or a payment, not a claim. Take the row out, or correct the cell",
            None,
            self.plan.head.header[position],
            text,
        )
        return replace(loaded, case=Reject(Kind.CASE, (reason,), loaded.case.money, loaded.case.ref))

    def _leave_out(self, sort: Sort, loaded: LoadedRow) -> None:
        if sort is Sort.TOTAL:
            self._after_total = True
            sort = self._checked(loaded)
            self._sums.close()
        self._left.setdefault(sort, []).append(loaded.row.number)

    def _checked(self, loaded: LoadedRow) -> Sort:
        """What a total says of the rows above it. One that differs from their sum may mean that a row is missing."""
        cells = loaded.row.cells
        if self._amount is None or self._amount >= len(cells) or not is_like_a_number(cells[self._amount]) or not self._sums.rows:
            return Sort.TOTAL
        cents = _money(loaded).cents
        if self._sums.agrees(cents):
            return Sort.SUM
        self._differing += 1
        if self._differing > MAX_DIFFERING:
            return Sort.TOTAL
        self.notes.append(
            f"{self._where(loaded.row.number)} is a total of {grouped_text(cents)} and was left out, but the rows above it "
            f"add up to {grouped_text(self._sums.all)}. Is a row missing, or was an amount not read?"
        )
        return Sort.WRONG_SUM

    def _is_note(self, waiting: LoadedRow) -> bool:
        """Whether a lone text behind the last row of data is a note, and not a row that lacks everything else."""
        position = next(p for p, cell in enumerate(waiting.row.cells) if not is_blank(cell))
        words = len(str(waiting.row.cells[position]).split())
        apart = self._after_total or waiting.row.number > self._last + 1
        return apart or position not in self._bound or (position not in self._texts and words >= _WORDS)

    def _where(self, number: int) -> str:
        return f'Sheet "{self.plan.head.name}": row {number}'

    def _tell(self) -> None:
        for sort, (one, several) in _TOLD.items():
            if numbers := self._left.get(sort):
                what = one if len(numbers) == 1 else several
                self.notes.append(f'Sheet "{self.plan.head.name}": {rows_named(numbers)} {what}.')


def _money(loaded: LoadedRow) -> Money:
    record = loaded.case or loaded.voucher
    assert record is not None
    return record.money


def _lone_text(cells: Iterable[Cell]) -> str | None:
    filled = [cell for cell in cells if not is_blank(cell)]
    return filled[0].strip() if len(filled) == 1 and isinstance(filled[0], str) and not is_like_a_number(filled[0]) else None


def trimmed(cells: tuple[Cell, ...], width: int) -> tuple[Cell, ...]:
    """The cells below the header, each one there, and what stands beyond it up to the last cell with something in it."""
    end = len(cells)
    if end < width:
        return cells + (None,) * (width - end)
    while end > width and is_blank(cells[end - 1]):
        end -= 1
    return cells[:end]
