"""Find out whether the column of the claim is a running balance: the sum of the rows so far, of the sheet or of each debtor.

Such a column says what a debtor owes in all, and sending it for each row would demand the same money again and again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import islice, pairwise, permutations

from importer.domain.cells import Cell
from importer.domain.columns import ValueKind
from importer.loader.files.projection import ReadColumns
from importer.loader.rows.credits import DebtorColumns
from importer.loader.sheets.amount_names import is_invoiced_name
from importer.loader.sheets.labels import names_total
from importer.loader.sheets.plan import ColumnBinding, SheetPlan
from importer.loader.values.formats import Formats
from importer.loader.values.parsers import money_in

LOOKED_THROUGH = 200
"""Rows of a sheet that are examined. A running balance shows itself in the first few."""
FEWEST_STEPS = 2
"""Rows that must be the row above and an amount: of one alone, that may be chance."""
MOST_COLUMNS = 12
"""Other columns of numbers that are tried, alone and in pairs."""

_Amounts = Mapping[int, Decimal]
"""Position of a column → the amount in one row."""


def added_up_in(plan: SheetPlan, amount: ColumnBinding, read_columns: ReadColumns, formats: Formats) -> tuple[str, ...]:
    """Return the headings whose amounts the column of the claim adds up from row to row: one, or what is added and taken off.

    Empty if it does not. The newest row may be the first or the last.
    """
    position = amount.position
    others = [at for at in _free(plan) if at != position]
    if position is None or not others:
        return ()
    groups = _groups(plan, [position, *others], read_columns, formats)
    numbers = [at for at in others if any(at in one for one in groups.every)][:MOST_COLUMNS]
    tried = (*((at,) for at in numbers), *permutations(numbers, 2))
    found = next((added for added in tried if groups.add_up(position, added, plan)), ())
    return tuple(plan.head.header[at] for at in found)


def _free(plan: SheetPlan) -> Iterator[int]:
    """Yield the positions of the columns that may hold the amounts of single rows: those that are used for nothing else."""
    used = {one.position for one in (*plan.case, *plan.voucher) if one.column.value_kind is not ValueKind.MONEY}
    yield from (at for at, heading in enumerate(plan.head.header) if heading and at not in used)


class _Groups:
    """The first rows of a sheet, of which the amounts alone are kept: all of them, and those of each debtor."""

    def __init__(self) -> None:
        self.every: list[_Amounts] = []
        self._of_debtor: dict[str, list[_Amounts]] = defaultdict(list)

    def add(self, debtor: str, row: _Amounts) -> None:
        self.every.append(row)
        self._of_debtor[debtor].append(row)

    def add_up(self, balance: int, added: Sequence[int], plan: SheetPlan) -> bool:
        """Return whether the balances are these amounts added up, in any order of the rows."""
        return any(_adds_up(rows, balance, added, plan) for rows in self.orders())

    def orders(self) -> Iterator[list[list[_Amounts]]]:
        """Yield the ways in which the rows may be added up: of the sheet or of each debtor, from above or from below."""
        for groups in ([self.every], list(self._of_debtor.values())):
            yield groups
            yield [rows[::-1] for rows in groups]


def _groups(plan: SheetPlan, positions: Sequence[int], read_columns: ReadColumns, formats: Formats) -> _Groups:
    debtors = DebtorColumns.of(plan)
    wanted = sorted({*positions, *debtors.numbers, *debtors.names})
    found, width = _Groups(), wanted[-1] + 1
    below = ((row, cells) for row, cells in read_columns(wanted) if row > plan.header_row)
    for _, cells in islice(below, LOOKED_THROUGH):
        whole: list[Cell] = [None] * width
        for at, cell in zip(wanted, cells, strict=True):
            whole[at] = cell
        row = {at: read for at in positions if (read := money_in(whole[at], formats)) is not None}
        if positions[0] in row and not any(map(names_total, whole)):
            found.add(debtors.number(whole) or debtors.name(whole) or "", row)
    return found


def _own_amount(row: _Amounts, added: Sequence[int]) -> Decimal:
    amount, *less = (row.get(at, Decimal(0)) for at in added)
    return amount - sum(less)


def _adds_up(groups: Iterable[Sequence[_Amounts]], balance: int, added: Sequence[int], plan: SheetPlan) -> bool:
    """Return whether every row is the one before it and its own amount, so often that it is no chance."""
    steps: list[Decimal] = []
    for rows in groups:
        for before, row in pairwise(rows):
            amount = _own_amount(row, added)
            if row[balance] != before[balance] + amount:
                return False
            if amount and before[balance]:
                steps.append(amount)
    is_named = is_invoiced_name(plan.head.header[added[0]])
    return len(steps) >= FEWEST_STEPS and (is_named or len(set(steps)) > 1)
