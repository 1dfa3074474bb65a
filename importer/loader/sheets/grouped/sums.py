"""Sums of the amount columns of a report since some row, and their comparison with a total."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from importer.domain.cells import Cell
from importer.loader.sheets.grouped.amounts import Sum, is_amount, is_empty, read_both, shown_amount
from importer.loader.sheets.grouped.columns import ReportColumns


@dataclass(frozen=True, slots=True)
class TotalDifference:
    """An amount column in which a total is not the sum of its rows: its position, the total and the sum."""

    column: int
    total: Decimal
    sum: Decimal


@dataclass(frozen=True, slots=True)
class Comparison:
    """A total beside its rows: the columns that agree and those that do not. Without any of them it could not be compared."""

    agreeing: tuple[int, ...] = ()
    differing: tuple[TotalDifference, ...] = ()

    @property
    def agrees(self) -> bool:
        """Return whether all columns that can be compared agree, and there is one."""
        return bool(self.agreeing) and not self.differing

    @property
    def is_open(self) -> bool:
        """Return whether nothing could be compared."""
        return not self.agreeing and not self.differing


@dataclass
class Level:
    """The documents of a part of the report: their number, first and last row, and the sums of the amount columns."""

    columns: ReportColumns
    documents: int = 0
    first: int = 0
    last: int = 0
    sums: dict[int, Sum] = field(default_factory=dict)
    last_cells: dict[int, Cell] = field(default_factory=dict)
    filled: set[int] = field(default_factory=set)
    of_currency: dict[str, Level] = field(default_factory=dict)

    def add(self, number: int, cells: Sequence[Cell], *, apart: bool = True) -> None:
        """Add a document. ``apart``: also to the sums of its currency."""
        self.documents += 1
        self.first, self.last = self.first or number, number
        for at in self.columns.amounts:
            cell = cells[at] if at < len(cells) else None
            self.sums.setdefault(at, Sum()).add(cell)
            if not is_empty(cell):
                self.filled.add(at)
                self.last_cells[at] = cell
        if apart and (currency := self.currency_of(cells)):
            self.of_currency.setdefault(currency, Level(self.columns)).add(number, cells, apart=False)

    def currency_of(self, cells: Sequence[Cell]) -> str:
        """Return the currency that a row names; empty if it names none."""
        found = (str(cells[at]).strip() for at in self.columns.currencies if at < len(cells) and cells[at] is not None)
        return next(found, "")

    def clear(self) -> None:
        """Begin again below a total."""
        self.documents = self.first = self.last = 0
        for part in (self.sums, self.last_cells, self.filled, self.of_currency):
            part.clear()

    def compare(self, cells: Sequence[Cell]) -> Comparison:
        """Compare the amounts of a total with the sums, in its currency if it names one and the documents have several."""
        own = self.of_currency.get(self.currency_of(cells)) if len(self.of_currency) > 1 else None
        if own is not None:
            return own.compare(cells)
        found = dict(self._compared(cells))
        if len(self.of_currency) > 1 and not all(found.values()):
            return Comparison()  # amounts of several currencies, whose total is in another one
        differing = tuple(self._difference(at, cells[at]) for at, agrees in found.items() if not agrees)
        return Comparison(tuple(at for at, agrees in found.items() if agrees), differing)

    def _compared(self, cells: Sequence[Cell]) -> Iterator[tuple[int, bool]]:
        for at in self.columns.amounts:
            cell = cells[at] if at < len(cells) else None
            if not is_amount(cell) or not self.documents:
                continue
            agrees = self._agrees(at, cell)
            if agrees or at in self.filled or self._is_net(at):
                yield at, agrees

    def _is_net(self, at: int) -> bool:
        return at in self.columns.balances and self.columns.debit is not None

    def _agrees(self, at: int, cell: Cell) -> bool:
        if at in self.filled and self.sums[at].agrees(cell):
            return True
        if at in self.columns.balances and at in self.last_cells and _alike(self.last_cells[at], cell):
            return True
        if at not in self.filled and not any(read_both(cell) or ()):
            return True
        return self._agrees_net(at, cell)

    def _agrees_net(self, at: int, cell: Cell) -> bool:
        """Return whether a total is the balance of debit and credit: below the balance, or on the side where it is."""
        debit, credit = self.columns.debit, self.columns.credit
        if debit is None or credit is None:
            return False
        net = self.sums[debit].less(self.sums[credit])
        if at == credit:
            return Sum().less(net).agrees(cell)
        return (at == debit or at in self.columns.balances) and net.agrees(cell)

    def _difference(self, at: int, cell: Cell) -> TotalDifference:
        return TotalDifference(at, shown_amount(cell), self.sums[at].shown() if at in self.sums else Decimal(0))


def _alike(one: Cell, other: Cell) -> bool:
    return read_both(one) == read_both(other) is not None


def without_odd_columns(found: Mapping[int, Comparison]) -> dict[int, Comparison]:
    """Return the comparisons without the columns in which no total of the report agrees: they are not added up.

    ``found`` is by row. A column counts if it is the only one, or if a total agrees in it.
    """
    agreeing = {at for one in found.values() for at in one.agreeing}
    several = sum(not one.is_open for one in found.values()) > 1
    return {
        row: Comparison(one.agreeing, tuple(d for d in one.differing if d.column in agreeing or not (several and one.agreeing)))
        for row, one in found.items()
    }
