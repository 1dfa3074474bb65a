"""Whether the amounts beside marks such as S and H have signs of their own, so that the marks only confirm these."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from importer.domain.cells import Cell
from importer.errors import FileRefused
from importer.loader.files.projection import NumberedRow
from importer.loader.sheets.grouped.amounts import ZERO, read_both
from importer.loader.sheets.grouped.open_amounts import OpenAmount, OpenFrom, amount_and_side

_MOST_NAMED = 5


@dataclass
class _Signs:
    """The rows whose marks and signs say something: credits below and above zero, and debits below zero."""

    credits_below: list[int] = field(default_factory=list)
    credits_above: list[int] = field(default_factory=list)
    debits_below: list[int] = field(default_factory=list)

    def add(self, number: int, cell: Cell, *, is_credit: bool) -> None:
        """Add an amount without its mark, and whether the mark says that it is a credit."""
        sign = _sign(cell)
        if sign < 0:
            (self.credits_below if is_credit else self.debits_below).append(number)
        elif sign > 0 and is_credit:
            self.credits_above.append(number)

    @property
    def contradict(self) -> bool:
        """Whether it cannot be known if the amounts have signs of their own."""
        return bool(self.debits_below or (self.credits_below and self.credits_above))


def with_signs(
    opened: OpenAmount | None, documents: Iterable[NumberedRow], header: Sequence[str], sheet: str
) -> OpenAmount | None:
    """Return how the open amount is read, now that it is known whether the amounts have signs of their own.

    ``documents`` are all rows with documents. Raises FileRefused if signs and marks contradict each other: an amount would be
    claimed that is a credit.
    """
    if opened is None or opened.source is not OpenFrom.SIDE:
        return opened
    signs = _Signs()
    for number, cells in documents:
        cell, side = amount_and_side(*opened.cells_of(cells))
        if side is not None:
            signs.add(number, cell, is_credit=side)
    if signs.contradict:
        raise FileRefused(_contradiction(signs, opened, header, sheet))
    return replace(opened, is_signed=bool(signs.credits_below))


def _sign(cell: Cell) -> int:
    """Return -1, 0 or 1 as the sign of an amount, and 0 for what is none."""
    value = next((one for one in read_both(cell) or () if one is not None), ZERO)
    return (value > 0) - (value < 0)


def _contradiction(signs: _Signs, opened: OpenAmount, header: Sequence[str], sheet: str) -> str:
    amount, mark = header[opened.columns[0]], header[opened.columns[-1]]
    found = (
        ("debits are below zero", signs.debits_below),
        ("credits are below zero", signs.credits_below),
        ("credits are above zero", signs.credits_above if signs.credits_below else []),
    )
    listed = ", and ".join(f"{what} ({_rows(rows)})" for what, rows in found if rows)
    place = f'the marks in "{mark}"' if mark != amount else "the marks beside them"
    return (
        f'Sheet "{sheet}": the signs of the amounts in "{amount}" and {place} contradict each other: {listed}. Nothing shows '
        f"which of these amounts are credits. Correct these rows, or export the list with amounts that have no sign, or with the "
        f"open amount in a column of its own."
    )


def _rows(numbers: Sequence[int]) -> str:
    named = ", ".join(str(one) for one in numbers[:_MOST_NAMED])
    more = len(numbers) - _MOST_NAMED
    return f"row{'s' if len(numbers) > 1 else ''} {named}" + (f" and {more:,} more" if more > 0 else "")
