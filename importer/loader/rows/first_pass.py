"""A first pass over the columns that show what a row is: what the amounts are, and which debtors have credits.

Both must be known before the first row is read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

from importer.domain.cells import Cell
from importer.domain.row_states import StateColumn
from importer.errors import FileRefused
from importer.loader.files.projection import ReadColumns
from importer.loader.rows.credits import DebtorColumns, DebtorCredits
from importer.loader.rows.document_ranges import DocumentRanges
from importer.loader.rows.judge import RowJudge
from importer.loader.rows.open_amounts import amount_rule
from importer.loader.rows.reference_words import names_credit
from importer.loader.rows.running_balances import added_up_in
from importer.loader.rows.verdict import Role
from importer.loader.sheets.labels import names_total
from importer.loader.sheets.plan import ColumnBinding, Shape, SheetPlan
from importer.loader.values.parsers import money_in

_MINUS = frozenset("-−–‐‑‒—﹣－(")
_Row = tuple[int, Sequence[Cell], Decimal | None]
"""The number of a row, its cells (only those that are looked at), and its amount; None if that is missing or cannot be read."""
_SIGNED_BY = (StateColumn.DOCUMENT_TYPE, StateColumn.DEBIT_CREDIT, StateColumn.IS_CREDIT, StateColumn.ROW_STATE)


def look_through(judge: RowJudge, plan: SheetPlan, read_columns: ReadColumns) -> DebtorCredits | None:
    """Find out what the amounts of a sheet are, which the judge then knows, and return the credits of its debtors.

    None if no debtor has any, or if the sheet names the vouchers of its cases itself. Raises FileRefused if the amounts are a
    running balance.
    """
    amount = next((one for one in plan.case if one.column.name == "amount_to_recover" and one.position is not None), None)
    if amount is None or plan.shape is Shape.VOUCHERS:
        return None
    if added := added_up_in(plan, amount, read_columns, judge.formats):
        raise FileRefused(_running_balance(plan.head.name, amount.heading, added))
    _learn_amounts(judge, plan, amount, read_columns)
    return None if plan.shape is Shape.FLAT else _credits(judge, plan, amount, read_columns)


def _learn_amounts(judge: RowJudge, plan: SheetPlan, amount: ColumnBinding, read_columns: ReadColumns) -> None:
    """Find out from the amounts of all rows what those of the claims are, and whether others prove it."""
    if judge.needs_proof:
        judge.rule = amount_rule(judge.amounts(cells, read) for cells, read in _readable(judge, plan, amount, read_columns))
    if judge.check:
        judge.check.learn(_readable(judge, plan, amount, read_columns))


def _readable(
    judge: RowJudge, plan: SheetPlan, amount: ColumnBinding, read_columns: ReadColumns
) -> Iterator[tuple[Sequence[Cell], Decimal]]:
    """Yield the cells and the amount of each row that has one."""
    rows = _amounts(judge, plan, amount, read_columns)
    return ((cells, read) for _, cells, read in rows if read is not None)


def _running_balance(sheet: str, heading: str, added: tuple[str, ...]) -> str:
    one = len(added) == 1
    own = f'"{added[0]}"' if one else f'"{added[0]}" less "{added[1]}"'
    instead = (
        f', or map the column with the amount of each row in a profile: [columns] "{added[0]}" = "amount_to_recover"'
        if one
        else ""
    )
    return (
        f'Sheet "{sheet}": "{heading}" is a running balance: each row is the one before it and {own} of its own. It is not what '
        f"is open of each invoice, so that the same money would be claimed again and again. Import a list of open items{instead}."
    )


def _credits(judge: RowJudge, plan: SheetPlan, amount: ColumnBinding, read_columns: ReadColumns) -> DebtorCredits | None:
    """Collect the credits of a sheet's debtors, without the totals below zero."""
    ranges = DocumentRanges.of(plan, read_columns)
    found = DebtorCredits(DebtorColumns.of(plan))
    is_signed = plan.states.of(*_SIGNED_BY) or _has_minus(plan, amount, read_columns)
    if is_signed or _names_credit(judge, plan, read_columns):  # most sheets have none of them
        left = list(_signed_credits(judge, ranges, found, _amounts(judge, plan, amount, read_columns), amount.position or 0))
        for row, cells in left:
            if ranges and (said := ranges.finding(cells)) and said.role is Role.CREDIT:
                found.add(row, cells)
    judge.ranges = ranges
    return found or None


def _signed_credits(
    judge: RowJudge, ranges: DocumentRanges | None, found: DebtorCredits, rows: Iterable[_Row], amount: int
) -> Iterator[tuple[int, Sequence[Cell]]]:
    """Collect the rows that are credits whatever their number says, and yield the others that are numbered like credits.

    A credit whose amount is missing or cannot be read is a credit as well. Any other row without an amount is none.
    """
    for row, cells, read in rows:
        role = _role_for_credits(judge, cells, read, amount)
        if role is None:
            continue
        if ranges:
            ranges.count(cells, role)
        if role is Role.CREDIT:
            found.add(row, cells)
        elif role is not Role.LEFT_OUT and ranges and ranges.is_usual(cells):
            yield row, cells


def _role_for_credits(judge: RowJudge, cells: Sequence[Cell], read: Decimal | None, amount: int) -> Role | None:
    """Return what a row is; None if it is a total, or no credit and has no amount that can be read."""
    role = judge.judge(cells, read).role
    is_below = read is None and _begins_with_minus(cells[amount])
    if role is not Role.LEFT_OUT and (is_below or judge.references.is_credit(cells)):
        role = Role.CREDIT
    if role is Role.CREDIT:
        return None if any(map(names_total, cells)) else role
    return None if read is None else role


def _amounts(
    judge: RowJudge,
    plan: SheetPlan,
    amount: ColumnBinding,
    read_columns: ReadColumns,
) -> Iterator[_Row]:
    """Yield the rows below the headings."""
    columns = DebtorColumns.of(plan)
    debtors, documents = {*columns.numbers, *columns.names}, DocumentRanges.positions_in(plan)
    others = {*plan.states.positions(), *debtors, *judge.filtered(), *documents, *judge.references.positions()}
    wanted = sorted({amount.position or 0, *others})
    width, at = max(wanted) + 1, wanted.index(amount.position or 0)
    for row, cells in read_columns(wanted):
        if row > plan.header_row:
            whole: list[Cell] = [None] * width
            for position, cell in zip(wanted, cells, strict=True):
                whole[position] = cell
            yield row, whole, money_in(cells[at], judge.formats)


def _names_credit(judge: RowJudge, plan: SheetPlan, read_columns: ReadColumns) -> bool:
    """Return whether the reference of a row is a word for a credit note or a payment."""
    return any(
        row > plan.header_row and names_credit(cells[0])
        for position in judge.references.of_documents()
        for row, cells in read_columns([position])
    )


def _begins_with_minus(cell: Cell) -> bool:
    """Return whether a text is a number below zero, as far as it can be understood: ``-40,00 kr kredit``."""
    return isinstance(cell, str) and cell.strip()[:1] in _MINUS and any(map(str.isdigit, cell))


def _has_minus(plan: SheetPlan, amount: ColumnBinding, read_columns: ReadColumns) -> bool:
    rows = read_columns([amount.position or 0])
    return any(row > plan.header_row and _may_be_below_zero(cells[0]) for row, cells in rows)


def _may_be_below_zero(cell: Cell) -> bool:
    if isinstance(cell, str):
        return not _MINUS.isdisjoint(cell)
    return isinstance(cell, int | float | Decimal) and cell < 0
