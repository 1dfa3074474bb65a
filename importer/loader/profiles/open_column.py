"""Find the column of what is open: what was invoiced less all that settles, if every row of the sample proves it."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from importer.domain.cells import Cell
from importer.domain.row_states import StateColumn
from importer.loader.rows.open_amounts import AmountRule, RowAmounts, amount_rule
from importer.loader.sheets.amount_names import AMOUNT, is_invoiced_name
from importer.loader.sheets.reading import HeadingReading
from importer.loader.values.formats import Formats
from importer.loader.values.parsers import is_blank, money_in

_DECIMALS = (Formats(decimal="."), Formats(decimal=","))


@dataclass(frozen=True, slots=True)
class OpenColumn:
    """The heading of what is open, of what was invoiced, and of what was taken off."""

    heading: str
    invoiced: str
    settled: tuple[str, ...]

    def proof(self) -> str:
        """Return in words what proves it."""
        taken_off = ", ".join(f'"{heading}"' for heading in self.settled)
        return f'in every row it is "{self.invoiced}" less {taken_off}'


def open_column(header: Sequence[str], rows: Sequence[Sequence[Cell]], reading: HeadingReading) -> OpenColumn | None:
    """Return the one column that is what is open in every row; None if none is proved to be, or more than one.

    A row without an amount in any of the columns, such as a heading in between, proves nothing. At least one row must show
    that something was settled: without it the amounts are the same.
    """
    settled = tuple(reading.settling())
    if not settled or any(header.count(heading) > 1 for heading in settled):
        return None
    left = _free_headings(header, {*reading.columns, *settled})
    found = [
        OpenColumn(heading, invoiced, settled)
        for invoiced in (one for one in left if _is_invoiced(one, reading))
        for heading in left
        if heading != invoiced and _is_proved(header, rows, (heading, invoiced, *settled))
    ]
    return found[0] if len(found) == 1 else None


def _free_headings(header: Sequence[str], taken: Container[str]) -> list[str]:
    return [heading for heading in header if heading and header.count(heading) == 1 and heading not in taken]


def _is_invoiced(heading: str, reading: HeadingReading) -> bool:
    objected = reading.objected.get(heading)
    is_amount = objected is not None and objected.name == AMOUNT
    return reading.states.get(heading) is StateColumn.INVOICED_AMOUNT or is_invoiced_name(heading) or is_amount


def _is_proved(header: Sequence[str], rows: Sequence[Sequence[Cell]], headings: Sequence[str]) -> bool:
    """Return whether the first column is the second less the others in every row, in one way of writing amounts."""
    positions = [header.index(heading) for heading in headings]
    picked = [[row[at] if at < len(row) else None for at in positions] for row in rows]
    return any(_holds(_amounts(picked, formats)) for formats in _DECIMALS)


def _holds(amounts: Iterable[RowAmounts | None]) -> bool:
    found = list(amounts)
    if None in found or not any(one.settled for one in found if one):
        return False
    rows = [one for one in found if one]
    return amount_rule(rows) is AmountRule.OPEN and all(one.amount == (one.invoiced or 0) - one.settled for one in rows)


def _amounts(rows: Iterable[Sequence[Cell]], formats: Formats) -> Iterable[RowAmounts | None]:
    """Yield the amounts of each row that has one; None for a row in which one is missing or cannot be read."""
    for open_cell, invoiced_cell, *settled_cells in rows:
        if all(map(is_blank, (open_cell, invoiced_cell, *settled_cells))):
            continue
        amount, invoiced = money_in(open_cell, formats), money_in(invoiced_cell, formats)
        settled = [money_in(cell, formats) for cell in settled_cells if not is_blank(cell)]
        if amount is None or invoiced is None or None in settled:
            yield None
        else:
            yield RowAmounts(amount, invoiced, sum((abs(one) for one in settled if one is not None), Decimal(0)))
