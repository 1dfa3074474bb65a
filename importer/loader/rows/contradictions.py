"""Rows whose open amount is contradicted by what was invoiced and paid, in a list whose heading says that the amount is open."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

from importer.domain.cells import Cell
from importer.domain.columns import ValueKind
from importer.domain.row_states import SETTLING, StateColumn, truth_of
from importer.loader.rows.verdict import Role, RowFinding, contradicted, part_paid
from importer.loader.sheets.state_columns import StateBinding
from importer.loader.values.formats import Formats
from importer.loader.values.parsers import READERS, ValueProblem


class _Beside(NamedTuple):
    """What was invoiced of a row, and what was settled, a positive amount."""

    invoiced: Decimal
    settled: Decimal


@dataclass
class OpenAmountCheck:
    """Compares open amounts with the amounts ``beside`` them. ``formats`` are those of the amount.

    ``is_proved``: in most rows of which something was settled the open amount is what was invoiced less what was settled.
    """

    beside: Sequence[StateBinding]
    formats: Formats = field(default_factory=Formats)
    is_proved: bool = False

    def learn(self, rows: Iterable[tuple[Sequence[Cell], Decimal]]) -> None:
        """Find out from the rows, each with its open amount, whether they prove what the open amount is."""
        found = [(amount, beside) for cells, amount in rows if (beside := self._beside(cells)) and beside.settled]
        fitting = sum(amount == beside.invoiced - beside.settled for amount, beside in found)
        self.is_proved = fitting * 2 > len(found)

    def findings(self, cells: Sequence[Cell], amount: Decimal | None) -> list[RowFinding]:
        """Return the question about a row of which more is called open than can be, or of which a payment cannot be read."""
        if amount is None or amount <= 0:
            return []
        for one in self.beside:
            if one.column in SETTLING and self._settled(one, cells) is None:
                return [RowFinding(Role.QUESTION, part_paid(one.heading, one.text(cells)))]
        beside = self._beside(cells)
        if beside is None or not self._is_too_much(amount, beside):
            return []
        paid = next(one for one in self.beside if one.column in SETTLING and self._settled(one, cells))
        return [RowFinding(Role.QUESTION, contradicted(paid.heading, paid.text(cells)))]

    def _is_too_much(self, amount: Decimal, beside: _Beside) -> bool:
        if not beside.settled:
            return False
        if self.is_proved:
            return amount > beside.invoiced - beside.settled
        return amount == beside.invoiced and beside.settled >= amount

    def _beside(self, cells: Sequence[Cell]) -> _Beside | None:
        """Return the amounts of a row; None if it has no amount of the invoice, or one that cannot be read."""
        totals = (self._money(one, cells) for one in self.beside if one.column is StateColumn.INVOICED_AMOUNT)
        invoiced = next((total for total in totals if total is not None), None)
        settled = [self._settled(one, cells) for one in self.beside if one.column in SETTLING]
        if invoiced is None or None in settled:
            return None
        return _Beside(invoiced, sum((abs(one) for one in settled if one is not None), Decimal(0)))

    def _settled(self, one: StateBinding, cells: Sequence[Cell]) -> Decimal | None:
        """Return an amount that was settled; 0 if the cell is blank or says no, None if it cannot be read."""
        read = self._money(one, cells)
        return Decimal(0) if read is None and truth_of(one.text(cells)) is False else read

    def _money(self, one: StateBinding, cells: Sequence[Cell]) -> Decimal | None:
        try:
            return Decimal(READERS[ValueKind.MONEY](one.cell(cells), self.formats)) if one.text(cells) else None
        except ValueProblem:
            return None
