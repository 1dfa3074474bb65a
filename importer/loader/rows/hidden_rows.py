"""The hidden rows and columns of a sheet that is read: counted with their money, or left out if the profile says so."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field, replace

from importer.domain.kinds import RecordKind
from importer.domain.money import Money
from importer.domain.notes import Note, NoteKind, RowNumbers, rows_of
from importer.domain.reasons import Reason
from importer.domain.records import LoadedRow, Reject
from importer.domain.states import RejectStatus
from importer.loader.files.hidden_parts import NOTHING_HIDDEN, HiddenParts
from importer.loader.sheets.plan import SheetPlan

HIDDEN_ROW = "hidden_row"
"""The code of the reason for which a hidden row is left out."""

_WHY = 'The row is hidden in the sheet, and the profile leaves hidden rows out (hidden_rows = "skip")'


@dataclass
class HiddenRows:
    """Counts the hidden rows of one table while they are read. ``skips_them``: they are left out instead."""

    plan: SheetPlan
    hides: HiddenParts = NOTHING_HIDDEN
    skips_them: bool = False
    _rows: RowNumbers = field(default_factory=RowNumbers)
    _money: Counter[str] = field(default_factory=Counter)
    _all_money: Counter[str] = field(default_factory=Counter)

    def skips(self, number: int) -> bool:
        """Return whether a row is left out because it is hidden."""
        return self.skips_them and number in self.hides.rows

    def leave_out(self, loaded: LoadedRow) -> LoadedRow:
        """Return a hidden row as one that is left out, with its money."""
        self._count(loaded)
        case = None if loaded.case is None else _left_out(RecordKind.CASE, loaded.case.money, loaded.case.ref)
        voucher = None if loaded.voucher is None else _left_out(RecordKind.VOUCHER, loaded.voucher.money, None)
        return replace(loaded, case=case, voucher=voucher)

    def note(self, loaded: LoadedRow) -> None:
        """Count a row that is read."""
        if self.hides.columns:
            money = _money_of(loaded)
            self._all_money[money.currency] += money.cents
        if self.hides.rows and loaded.row.number in self.hides.rows:
            self._count(loaded)

    def _count(self, loaded: LoadedRow) -> None:
        money = _money_of(loaded)
        self._rows = self._rows.plus(loaded.row.number)
        self._money[money.currency] += money.cents

    def notes(self, covered: Collection[int]) -> list[Note]:
        """Return the notes on what was hidden, after the last row; ``covered`` are the rows with values below a merge."""
        sheet, found = self.plan.head.name, []
        if self._rows.count:
            kind = NoteKind.HIDDEN_ROWS_SKIPPED if self.skips_them else NoteKind.HIDDEN_ROWS_READ
            found.append(Note(kind, sheet, self._rows, _values_of(self._money)))
        found += [Note(NoteKind.HIDDEN_COLUMN_READ, sheet, values=values) for values in self._hidden_columns()]
        if covered:
            found.append(Note(NoteKind.COVERED_CELLS, sheet, rows_of(sorted(covered))))
        return found

    def _hidden_columns(self) -> list[tuple[tuple[str, str], ...]]:
        """Return of each hidden column that is used its heading, what it is read as, and the money in the amount of the claim."""
        bound = [one for one in (*self.plan.case, *self.plan.voucher) if one.position is not None]
        amounts = ("amount_to_recover",) if self.plan.case else ("voucher_amount",)
        found = []
        for one in bound:
            if one.position is not None and self.hides.hides_column(one.position):
                money = _values_of(self._all_money) if one.column.name in amounts else ()
                found.append((("heading", one.heading), ("column", one.column.name), *money))
        return found


def _left_out(kind: RecordKind, money: Money, ref: str | None) -> Reject:
    return Reject(kind, (Reason(HIDDEN_ROW, _WHY),), money, ref, status=RejectStatus.LEFT_OUT)


def _money_of(loaded: LoadedRow) -> Money:
    record = loaded.case or loaded.voucher
    return record.money if record is not None else Money()


def _values_of(money: Counter[str]) -> tuple[tuple[str, str], ...]:
    pairs = ((("currency", currency), ("cents", str(cents))) for currency, cents in sorted(money.items()) if cents)
    return tuple(value for pair in pairs for value in pair)
