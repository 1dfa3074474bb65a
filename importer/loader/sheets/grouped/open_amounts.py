"""What is open of a document, where the report has it in columns of ages, or in one column for debit and one for credit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum, auto

from importer.domain.cells import Cell
from importer.loader.sheets.grouped.amounts import (
    ZERO,
    Sum,
    is_amount,
    is_credit_side,
    is_empty,
    read_both,
    split_side,
)
from importer.loader.sheets.grouped.columns import ReportColumns

_MINUS = "-"
_MOST = 0.8
_DATES_OF_DEBTS = 2
"""A list of debts has the day of the invoice and the due date, one of bookings has one day."""


class OpenFrom(Enum):
    """Where the open amount of a document is."""

    AGES = auto()
    """In one of the columns of ages, or in several that are added up."""
    TOTAL = auto()
    """In the column that is the sum of the columns of ages in every document."""
    DEBIT_CREDIT = auto()
    """In the column of debit less that of credit."""
    SIDE = auto()
    """In an amount whose sign a mark such as S or H gives, beside it or in the same cell."""


@dataclass(frozen=True)
class OpenAmount:
    """How the open amount of a document is read: from which columns, by position.

    ``is_signed``: the amounts beside marks have signs of their own, which the marks confirm.
    """

    source: OpenFrom
    columns: tuple[int, ...]
    is_signed: bool = False

    def cells_of(self, cells: Sequence[Cell]) -> tuple[Cell, Cell]:
        """Return the amount of a document and the mark beside it; None for a mark in the same cell."""
        found = [cells[at] if at < len(cells) else None for at in self.columns]
        return found[0], found[1] if len(found) > 1 else None

    def of(self, cells: Sequence[Cell]) -> Cell:
        """Return the open amount of a document as a cell: one of its own cells where that is possible, with its sign."""
        found = [cells[at] if at < len(cells) else None for at in self.columns]
        if self.source is OpenFrom.TOTAL:
            return found[0]
        if self.source is OpenFrom.SIDE:
            return _signed(*self.cells_of(cells), is_signed=self.is_signed)
        if self.source is OpenFrom.DEBIT_CREDIT:
            found[1] = _negative(found[1])
        return _of_parts(found)


def _of_parts(cells: Sequence[Cell]) -> Cell:
    """Return the only amount among cells, or the sum of several."""
    present = [cell for cell in cells if not is_empty(cell)]
    filled = [cell for cell in present if not _is_zero(cell)]
    if len(filled) > 1:
        return _added(filled)
    return next(iter(filled or present), None)


def open_amount_of(columns: ReportColumns, documents: Sequence[Sequence[Cell]]) -> OpenAmount | None:
    """Return how the open amount is read, if the report needs that; None if a column is certain to have it.

    The profile does not count: the report has the same headings with it and without it.
    """
    if columns.opens:
        return None
    if columns.ages:
        totals = [at for at in reversed(columns.amounts) if at not in columns.ages and _is_sum_of_ages(columns, at, documents)]
        return OpenAmount(OpenFrom.TOTAL, (totals[0],)) if totals else OpenAmount(OpenFrom.AGES, columns.ages)
    if not columns.dates:
        return None
    if columns.debit is not None and columns.credit is not None:
        return OpenAmount(OpenFrom.DEBIT_CREDIT, (columns.debit, columns.credit))
    return _by_side(columns, documents)


def _is_sum_of_ages(columns: ReportColumns, at: int, documents: Sequence[Sequence[Cell]]) -> bool:
    with_amount = [cells for cells in documents if at < len(cells) and is_amount(cells[at])]
    return bool(with_amount) and all(_sum(columns.ages, cells).agrees(cells[at]) for cells in with_amount)


def _sum(positions: Sequence[int], cells: Sequence[Cell]) -> Sum:
    total = Sum()
    for at in positions:
        total.add(cells[at] if at < len(cells) else None)
    return total


def _by_side(columns: ReportColumns, documents: Sequence[Sequence[Cell]]) -> OpenAmount | None:
    """Return the amount whose sign is given by a mark: in the only column of amounts, or the last one with marks in its cells."""
    amounts = _amounts_of_documents(columns)
    marked = next((at for at in reversed(amounts) if _are_marked(_filled(at, documents))), None)
    if marked is not None:
        return OpenAmount(OpenFrom.SIDE, (marked,))
    if columns.side is None or len(columns.dates) < _DATES_OF_DEBTS or not amounts:
        return None
    marks = _filled(columns.side, documents)
    if not marks or None in map(is_credit_side, map(str, marks)):
        return None
    before = [at for at in amounts if at < columns.side]
    return OpenAmount(OpenFrom.SIDE, ((before or amounts)[-1], columns.side))


def _amounts_of_documents(columns: ReportColumns) -> list[int]:
    return [at for at in columns.amounts if columns.meanings[at] or at in columns.balances]


def _are_marked(cells: Sequence[Cell]) -> bool:
    return bool(cells) and sum(split_side(cell) is not None for cell in cells) >= _MOST * len(cells)


def _filled(at: int, documents: Sequence[Sequence[Cell]]) -> list[Cell]:
    return [row[at] for row in documents if at < len(row) and not is_empty(row[at])]


def amount_and_side(cell: Cell, mark: Cell) -> tuple[Cell, bool | None]:
    """Return an amount without its mark, and whether the mark says that it is a credit; None without a mark that is known."""
    parted = split_side(cell)
    if parted is not None:
        return parted
    return cell, None if is_empty(mark) else is_credit_side(str(mark))


def _signed(cell: Cell, mark: Cell, *, is_signed: bool) -> Cell:
    """Return an amount with the sign that its mark gives; the cell itself without a mark, and None if the mark is not known.

    ``is_signed``: the amount has that sign already.
    """
    amount, side = amount_and_side(cell, mark)
    if side is None:
        return cell if is_empty(mark) else None
    return _negative(amount) if side and not is_signed else amount


def _negative(cell: Cell) -> Cell:
    """Return an amount with the other sign, written as it was."""
    if isinstance(cell, int | float | Decimal) and not isinstance(cell, bool):
        return -cell
    if not isinstance(cell, str) or is_empty(cell):
        return cell
    text = cell.strip()
    for sign in ("-", "−"):
        if text.startswith(sign) or text.endswith(sign):
            return text.strip(sign).strip()
    return _MINUS + text


def _is_zero(cell: Cell) -> bool:
    both = read_both(cell)
    return both is not None and all(one in (None, ZERO) for one in both)


def _added(cells: Sequence[Cell]) -> Cell:
    """Return the sum of several cells, if every way in which they can be read gives the same; else their texts, unread."""
    total = Sum()
    for cell in cells:
        total.add(cell)
    found = {value for value in total.values if value is not None}
    if total.is_whole and len(found) == 1:
        return found.pop()
    return " + ".join(map(str, cells))
