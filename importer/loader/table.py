"""Read the rows below the headings: data, totals, repeated headings, page marks and notes.

A row that makes a valid record is data. Only other rows may be left out, and every row left out is named in a note.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from importer.domain.cells import Cell
from importer.domain.kinds import RecordKind
from importer.domain.money import Money
from importer.domain.notes import Note, NoteKind, RowNumbers, rows_of
from importer.domain.reasons import Reason
from importer.domain.records import CaseRecord, LoadedRow, Reject, ValueNote, VoucherRecord
from importer.domain.states import RejectStatus
from importer.loader.files.projection import PeekableRows
from importer.loader.files.text_layout import LinesRead, TextLayout
from importer.loader.records.personal_numbers import masked_numbers_note
from importer.loader.records.row_reader import RowReader
from importer.loader.rows.hidden_rows import HiddenRows
from importer.loader.rows.values_read import ValuesRead
from importer.loader.sheets.cell_tests import may_be_number
from importer.loader.sheets.grouped.marks import RowMarks
from importer.loader.sheets.header import SheetHeader, two_tables
from importer.loader.sheets.plan import Shape, SheetPlan
from importer.loader.sheets.row_roles import RowRole, RowRoles
from importer.loader.values.parsers import is_blank

MAX_HELD = 1_000
"""Lone texts held back as possible notes below the table. A longer run of them is data."""

ROWS_OF_A_SUM = 3
"""Rows from which on the last row of a sheet that is their sum is a question. Of two, a third is the sum by chance."""

FEWEST_OF_A_LIST = 4
"""Rows from which on it is said that one debtor has several of them."""

MAX_DIFFERING = 20
"""Totals that differ from the rows above them and get a note each."""

_MAY_BE_DATA = (RowRole.DATA, RowRole.DOUBTED, RowRole.LONE_TEXT)
_LEFT_OUT = {
    RowRole.HEADINGS: NoteKind.REPEATED_HEADINGS,
    RowRole.TITLE: NoteKind.TITLES,
    RowRole.BESIDE: NoteKind.CELLS_BESIDE,
    RowRole.GROUP: NoteKind.AGE_GROUPS,
    RowRole.FURTHER_LINE: NoteKind.FURTHER_LINES,
}
_WHY_LEFT_OUT = {
    NoteKind.CONFIRMED_TOTALS: "The row is a total of the rows above",
    NoteKind.TOTALS: "The row is a total of the rows above",
    NoteKind.DIFFERING_TOTAL: "The row is a total, but not the sum of the rows above. A row may be missing",
    NoteKind.NOTES_BELOW: "The row is a note below the table",
    NoteKind.CELLS_BESIDE: "The row has cells beside the table only",
    NoteKind.AGE_GROUPS: "The row is the head of a group of ages",
    NoteKind.GROUP_HEADS: "The row is the head of a group of documents",
    NoteKind.FURTHER_LINES: "The row is a further line of the document above, without an amount or a debtor",
}
"""Why a row is left out, if it could be taken for a claim: it is then listed with the rows that are left out."""
_NOTED = (
    *(NoteKind.CONFIRMED_TOTALS, NoteKind.TOTALS, NoteKind.NOTES_BELOW, NoteKind.GROUP_HEADS),
    *_LEFT_OUT.values(),
)
"""Kinds of rows that are left out, in the order of their notes."""


@dataclass
class _Sums:
    """Sums of the amounts of the data rows in hundredths: of all rows, and of those since the last total (``part``)."""

    rows: int = 0
    all: int = 0
    part: int = 0
    differing: int = 0

    def add(self, cents: int) -> None:
        self.rows += 1
        self.all += cents
        self.part += cents

    def agrees(self, cents: int) -> bool:
        return cents in (self.all, self.part)

    def check(self, cents: int, *, of_debtor: bool) -> NoteKind:
        """Compare a total with the rows above it. If they differ, and it is not ``of_debtor`` alone, a row may be missing."""
        if not self.rows:
            return NoteKind.TOTALS
        if self.agrees(cents) or of_debtor:
            return NoteKind.CONFIRMED_TOTALS
        self.differing += 1
        return NoteKind.DIFFERING_TOTAL if self.differing <= MAX_DIFFERING else NoteKind.TOTALS

    def close(self) -> None:
        self.part = 0


class TableReader:
    """Reads the rows of one sheet into records. ``notes`` are complete when the last row has been read."""

    def __init__(
        self,
        top: SheetHeader,
        plan: SheetPlan,
        reader: RowReader,
        notes: list[Note],
        layout: TextLayout | None = None,
        hidden: HiddenRows | None = None,
        marks: RowMarks | None = None,
    ) -> None:
        self._marks = marks
        self._layout, self._lines = layout, LinesRead()
        self._plan, self._reader, self._notes = plan, reader, notes
        self._hidden = hidden or HiddenRows(plan)
        self._roles = RowRoles(top, plan)
        self._values = ValuesRead(plan, reader.context.voucher_types, reader.confirmed)
        self._sums = _Sums()
        self._left: dict[NoteKind, RowNumbers] = {}
        self._remarks: dict[NoteKind, RowNumbers] = {}
        self._value_notes: dict[ValueNote, RowNumbers] = {}
        self._header_row = self._last = top.row
        self._after_total = self._is_sum = self._is_long_sum = False
        self._waiting: LoadedRow | None = None

    def rows(self, rows: PeekableRows) -> Iterator[LoadedRow]:
        """Yield every record and reject. Raises FileRefused where another table begins."""
        self._lines.above = rows.taken
        for loaded in self._rows(rows) if self._marks is None else self._report_rows(rows, self._marks):
            self._lines.rows += 1
            yield loaded
        self._note_rows()
        if self._layout:
            self._notes.append(self._lines.note(self._layout))

    def rows_of_debtors(self) -> list[Note]:
        """Return the note that some debtors have several rows, if each row makes a case.

        One debtor with several rows is no list of invoices, unless most of its rows are of that debtor.
        """
        rows, debtors = self._sums.rows, self._roles.debtors
        if self._roles.debtors_with_several <= 1 and 2 * debtors > rows:
            return []
        if self._plan.shape is not Shape.CASES or rows < FEWEST_OF_A_LIST or not 0 < debtors < rows:
            return []
        return [Note(NoteKind.ROWS_OF_DEBTORS, self._plan.head.name, values=(("rows", str(rows)), ("debtors", str(debtors))))]

    def _rows(self, rows: PeekableRows) -> Iterator[LoadedRow]:
        width = len(self._plan.head.header)
        held: list[LoadedRow] = []
        for number, cells in rows:
            if all(map(is_blank, cells)):
                self._lines.blank += 1
                continue
            loaded = self._reader.read(number, trimmed(cells, width), len(cells))
            role = self._role(loaded, len(cells))
            if self._may_be_note(role, loaded, held):
                held.append(loaded)
            elif role in _MAY_BE_DATA:
                yield from self._last_checked(is_last=False)
                yield from map(self._data, held)
                held.clear()
                yield from self._next(role, loaded)
            else:
                yield from self._last_checked(is_last=False)
                yield from self._leave_out(self._checked_total(loaded) if role is RowRole.TOTAL else _LEFT_OUT[role], loaded)
        yield from self._last_checked(is_last=True)
        yield from self._rows_at_the_end(held)

    def _report_rows(self, rows: PeekableRows, marks: RowMarks) -> Iterator[LoadedRow]:
        """Yield the rows of a report, of which it is known what they are."""
        for number, cells in rows:
            if all(map(is_blank, cells)):
                self._lines.blank += 1
            else:
                yield from self._marked(marks, self._reader.read(number, trimmed(cells, len(self._plan.head.header)), len(cells)))
        self._notes += marks.notes

    def _note_rows(self) -> None:
        """Note which rows were left out, and what is to be said of the others."""
        self._notes += [Note(kind, self._plan.head.name, self._left[kind]) for kind in _NOTED if kind in self._left]
        self._notes += [Note(kind, self._plan.head.name, rows) for kind, rows in self._remarks.items()]
        self._notes += self._values.notes()
        self._notes += [_note_of(one, self._plan.head.name, rows) for one, rows in self._value_notes.items()]
        self._notes += masked_numbers_note(self._plan.head, self._reader.masked)

    def _may_be_note(self, role: RowRole, loaded: LoadedRow, held: Sequence[LoadedRow]) -> bool:
        """Return whether a lone text waits for the rows below it, which decide what it is."""
        return role is RowRole.LONE_TEXT and len(held) < MAX_HELD and not self._hidden.skips(loaded.row.number)

    def _marked(self, marks: RowMarks, loaded: LoadedRow) -> Iterator[LoadedRow]:
        """Yield a row of a report, of which it is known whether it is a document, and whether it is asked about."""
        number = loaded.row.number
        if (kind := marks.left_out.get(number)) is not None:
            yield from self._leave_out(kind, loaded)
        elif self._hidden.skips(number):
            yield self._hidden.leave_out(loaded)
        else:
            question = marks.question(number)
            yield self._data(loaded) if question is None else _asked(self._data(loaded), question)

    def _next(self, role: RowRole, loaded: LoadedRow) -> Iterator[LoadedRow]:
        """Yield a hidden row that is left out; any other row of data waits for the next one."""
        if self._hidden.skips(loaded.row.number):
            yield self._hidden.leave_out(loaded)
        else:
            self._waiting = self._read_as(role, loaded)

    def _role(self, loaded: LoadedRow, count: int) -> RowRole:
        cells, cents = loaded.row.cells, _cents(loaded)
        adds_up = self._sums.rows > 1 and self._sums.agrees(cents)
        if not isinstance(loaded.case, Reject) and not isinstance(loaded.voucher, Reject):
            return self._roles.of_record(cells, cents=cents, adds_up=adds_up)
        if self._reader.is_glued(cells, count):
            return RowRole.DATA
        role = self._roles.of_reject(cells, cents=cents, adds_up=adds_up)
        if role is RowRole.OTHER_HEADINGS:
            raise two_tables(self._plan.head.name, self._header_row, loaded.row.number)
        return role

    def _rows_at_the_end(self, held: Iterable[LoadedRow]) -> Iterator[LoadedRow]:
        """Yield the lone texts below the last row of data, without those that are notes."""
        for loaded in held:
            apart = self._after_total or loaded.row.number > self._last + 1
            if self._roles.is_note(loaded.row.cells, apart=apart):
                yield from self._leave_out(NoteKind.NOTES_BELOW, loaded)
            else:
                yield self._data(loaded)

    def _data(self, loaded: LoadedRow) -> LoadedRow:
        self._roles.note_debtor(loaded.row.cells, _cents(loaded))
        self._is_sum = self._sums.rows > 1 and self._sums.agrees(_cents(loaded))
        self._is_long_sum = self._is_sum and self._sums.rows >= ROWS_OF_A_SUM
        self._sums.add(_cents(loaded))
        return self._noted(loaded)

    def _read_as(self, role: RowRole, loaded: LoadedRow) -> LoadedRow:
        return self._doubted(loaded) if role is RowRole.DOUBTED else self._data(loaded)

    def _doubted(self, loaded: LoadedRow) -> LoadedRow:
        """Return a row that may be a total as a question. It counts neither among the rows above a total nor as a debtor's."""
        self._is_sum = self._is_long_sum = False
        return _asked(self._noted(loaded), _NAMED_LIKE_A_TOTAL)

    def _noted(self, loaded: LoadedRow) -> LoadedRow:
        self._last, self._after_total = loaded.row.number, False
        self._values.add(loaded.row.cells)
        self._hidden.note(loaded)
        for kind in loaded.case.remarks if isinstance(loaded.case, CaseRecord) else ():
            self._remarks[kind] = self._remarks.get(kind, RowNumbers()).plus(loaded.row.number)
        for one in _value_notes(loaded):
            self._value_notes[one] = self._value_notes.get(one, RowNumbers()).plus(loaded.row.number)
        return loaded

    def _checked_total(self, loaded: LoadedRow) -> NoteKind:
        """Compare a total with the rows above it. The rows below it start a new part of the table."""
        amount, cells = self._roles.amount, loaded.row.cells
        is_of_debtor = self._roles.is_sum_of_debtor(cells, _cents(loaded))
        stated = amount is not None and amount < len(cells) and may_be_number(cells[amount])
        kind = self._sums.check(_cents(loaded), of_debtor=is_of_debtor) if stated else NoteKind.TOTALS
        if kind is NoteKind.DIFFERING_TOTAL:
            sums = (("total_cents", str(_cents(loaded))), ("sum_cents", str(self._sums.all)))
            self._notes.append(Note(kind, self._plan.head.name, rows_of([loaded.row.number]), sums))
        self._sums.close()
        self._after_total = True
        return kind

    def _leave_out(self, kind: NoteKind, loaded: LoadedRow) -> Iterator[LoadedRow]:
        """Note a row that is left out, and yield it if it could be taken for a claim. Its amount counts for nothing."""
        if kind in _NOTED:
            self._left[kind] = self._left.get(kind, RowNumbers()).plus(loaded.row.number)
        if (why := _WHY_LEFT_OUT.get(kind)) is not None:
            yield _left_out_row(loaded, Reason(kind.value, why))
        else:
            self._lines.passed += 1

    def _last_checked(self, *, is_last: bool) -> Iterator[LoadedRow]:
        """Yield the row of data that was read last, as a question if it could be a claim or the sum of those above it."""
        loaded, self._waiting = self._waiting, None
        if loaded is not None:
            is_odd = self._roles.lacks_reference(loaded.row.cells) or self._roles.is_named_like_a_total(loaded.row.cells)
            asks = (self._is_sum and is_odd) or (self._is_long_sum and is_last)
            yield _asked(loaded, SUM_OF_OTHERS) if asks else loaded


SUM_OF_OTHERS = Reason(
    "sum_of_others",
    "The amount is the sum of the rows above, so that the row may be a total and no claim. Answer whether it is sent",
)


_NAMED_LIKE_A_TOTAL = Reason(
    "sum_of_others",
    "The row is named like a total, but its amount is not the sum of the rows above, or it has a number or a debtor of its own. "
    "Answer whether it is sent",
)


def _left_out_row(loaded: LoadedRow, reason: Reason) -> LoadedRow:
    """Return a row that is no record as one that is left out. Its amount is contained in other rows, and counts as zero."""
    kind = RecordKind.CASE if loaded.case is not None else RecordKind.VOUCHER
    currency = loaded.case.money.currency if loaded.case else loaded.voucher.money.currency if loaded.voucher else ""
    record = Reject(kind, (reason,), Money(currency, 0), status=RejectStatus.LEFT_OUT)
    return LoadedRow(loaded.row, record if kind is RecordKind.CASE else None, record if kind is RecordKind.VOUCHER else None)


def _asked(loaded: LoadedRow, question: Reason) -> LoadedRow:
    """Return a row with one more question, if it could be sent."""
    if not isinstance(loaded.case, CaseRecord):
        return loaded
    return replace(loaded, case=replace(loaded.case, questions=(*loaded.case.questions, question)))


def _value_notes(loaded: LoadedRow) -> tuple[ValueNote, ...]:
    """Return what is said of values of the row; a column that its case and its voucher share is said once."""
    records = (one for one in (loaded.case, loaded.voucher) if isinstance(one, CaseRecord | VoucherRecord))
    return tuple(dict.fromkeys(note for record in records for note in record.value_notes))


def _note_of(one: ValueNote, sheet: str, rows: RowNumbers) -> Note:
    values = (("heading", one.heading), ("why", one.why)) if one.why else (("heading", one.heading),)
    return Note(one.kind, sheet, rows, values)


def _cents(loaded: LoadedRow) -> int:
    record = loaded.case or loaded.voucher
    assert record is not None
    return record.money.cents


def trimmed(cells: tuple[Cell, ...], width: int) -> tuple[Cell, ...]:
    """Return one cell for each heading, and the cells beyond the header up to the last one that is not blank."""
    end = len(cells)
    if end < width:
        return cells + (None,) * (width - end)
    while end > width and is_blank(cells[end - 1]):
        end -= 1
    return cells[:end]
