"""Read the rows below the headings: data, totals, repeated headings, page marks and notes.

A row that makes a valid record is data. Only other rows may be left out, and every row left out is named in a note.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from importer.domain.aliases import non_claim_words
from importer.domain.cells import Cell
from importer.domain.kinds import RecordKind
from importer.domain.notes import Note, NoteKind, RowNumbers, rows_of
from importer.domain.reasons import Reason
from importer.domain.records import CaseRecord, LeftOut, LoadedRow, Reject
from importer.domain.text_keys import fold
from importer.loader.files.projection import PeekableRows
from importer.loader.records.row_reader import RowReader
from importer.loader.sheets.cell_tests import may_be_number
from importer.loader.sheets.header import SheetHeader, two_tables
from importer.loader.sheets.plan import SheetPlan
from importer.loader.sheets.row_roles import RowRole, RowRoles
from importer.loader.values.parsers import display_text, is_blank

MAX_HELD = 1_000
"""Lone texts held back as possible notes below the table. A longer run of them is data."""

MAX_DIFFERING = 20
"""Totals that differ from the rows above them and get a note each."""

_LEFT_OUT = {
    RowRole.HEADINGS: NoteKind.REPEATED_HEADINGS,
    RowRole.TITLE: NoteKind.TITLES,
    RowRole.BESIDE: NoteKind.CELLS_BESIDE,
}
_NOTED = (NoteKind.CONFIRMED_TOTALS, NoteKind.TOTALS, NoteKind.NOTES_BELOW, *_LEFT_OUT.values())
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

    def check(self, cents: int) -> NoteKind:
        """Compare a total with the rows above it. If they differ, a row may be missing."""
        if not self.rows:
            return NoteKind.TOTALS
        if self.agrees(cents):
            return NoteKind.CONFIRMED_TOTALS
        self.differing += 1
        return NoteKind.DIFFERING_TOTAL if self.differing <= MAX_DIFFERING else NoteKind.TOTALS

    def close(self) -> None:
        self.part = 0


class TableReader:
    """Reads the rows of one sheet into records. ``notes`` are complete when the last row has been read."""

    def __init__(self, top: SheetHeader, plan: SheetPlan, reader: RowReader, notes: list[Note]) -> None:
        self._plan, self._reader, self._notes = plan, reader, notes
        self._roles = RowRoles(top, plan)
        self._sums = _Sums()
        self._left: dict[NoteKind, RowNumbers] = {}
        self._remarks: dict[NoteKind, RowNumbers] = {}
        self._header_row = self._last = top.row
        self._after_total = False

    def rows(self, rows: PeekableRows) -> Iterator[LoadedRow]:
        """Yield every record and reject. Raises FileRefused where another table begins."""
        width = len(self._plan.head.header)
        held: list[LoadedRow] = []
        for number, cells in rows:
            if all(map(is_blank, cells)):
                continue
            loaded = self._reader.read(number, trimmed(cells, width))
            role = self._role(loaded)
            if role is RowRole.LONE_TEXT and len(held) < MAX_HELD:
                held.append(loaded)
            elif role in (RowRole.DATA, RowRole.LONE_TEXT):
                yield from map(self._data, held)
                held.clear()
                yield self._data(loaded)
            else:
                self._leave_out(self._checked_total(loaded) if role is RowRole.TOTAL else _LEFT_OUT[role], loaded)
        yield from self._rows_at_the_end(held)
        self._notes += [Note(kind, self._plan.head.name, self._left[kind]) for kind in _NOTED if kind in self._left]
        self._notes += [Note(kind, self._plan.head.name, rows) for kind, rows in self._remarks.items()]

    def _role(self, loaded: LoadedRow) -> RowRole:
        cells = loaded.row.cells
        if not isinstance(loaded.case, Reject) and not isinstance(loaded.voucher, Reject):
            return self._roles.of_record(cells)
        role = self._roles.of_reject(cells, adds_up=self._sums.rows > 1 and self._sums.agrees(_cents(loaded)))
        if role is RowRole.OTHER_HEADINGS:
            raise two_tables(self._plan.head.name, self._header_row, loaded.row.number)
        return role

    def _rows_at_the_end(self, held: Iterable[LoadedRow]) -> Iterator[LoadedRow]:
        """Yield the lone texts below the last row of data, without those that are notes."""
        for loaded in held:
            apart = self._after_total or loaded.row.number > self._last + 1
            if self._roles.is_note(loaded.row.cells, apart=apart):
                self._leave_out(NoteKind.NOTES_BELOW, loaded)
            else:
                yield self._data(loaded)

    def _data(self, loaded: LoadedRow) -> LoadedRow:
        loaded = _without_credit(loaded, self._plan)
        self._last, self._after_total = loaded.row.number, False
        self._sums.add(_cents(loaded))
        for kind in loaded.case.remarks if isinstance(loaded.case, CaseRecord) else ():
            self._remarks[kind] = self._remarks.get(kind, RowNumbers()).plus(loaded.row.number)
        return loaded

    def _checked_total(self, loaded: LoadedRow) -> NoteKind:
        """Compare a total with the rows above it. The rows below it start a new part of the table."""
        amount, cells = self._roles.amount, loaded.row.cells
        stated = amount is not None and amount < len(cells) and may_be_number(cells[amount])
        kind = self._sums.check(_cents(loaded)) if stated else NoteKind.TOTALS
        if kind is NoteKind.DIFFERING_TOTAL:
            sums = (("total_cents", str(_cents(loaded))), ("sum_cents", str(self._sums.all)))
            self._notes.append(Note(kind, self._plan.head.name, rows_of([loaded.row.number]), sums))
        self._sums.close()
        self._after_total = True
        return kind

    def _leave_out(self, kind: NoteKind, loaded: LoadedRow) -> None:
        self._left[kind] = self._left.get(kind, RowNumbers()).plus(loaded.row.number)


def _without_credit(loaded: LoadedRow, plan: SheetPlan) -> LoadedRow:
    """Reject a case whose document type is a credit note or a payment, whatever the sign of its amount."""
    position = plan.document_position
    if position is None or position >= len(loaded.row.cells) or not isinstance(loaded.case, CaseRecord | LeftOut):
        return loaded
    text = display_text(loaded.row.cells[position])
    if fold(text) not in non_claim_words():
        return loaded
    reason = Reason(
        "no_claim",
        "is a credit note or a payment, not a claim. Take the row out, or correct the cell",
        None,
        plan.head.header[position],
        text,
    )
    return replace(loaded, case=Reject(RecordKind.CASE, (reason,), loaded.case.money, loaded.case.ref))


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
