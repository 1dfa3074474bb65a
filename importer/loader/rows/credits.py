"""Debtors who have both claims and credits in a sheet with a case a row: their claims are questions.

Sent gross, they would demand too much. Which claim a credit belongs to the sheet does not tell.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from importer.domain.cells import Cell
from importer.domain.identity import match_text
from importer.domain.notes import RowNumbers
from importer.domain.reasons import Reason
from importer.domain.row_states import StateColumn
from importer.loader.rows.verdict import Role, RowVerdict
from importer.loader.sheets.plan import SheetPlan
from importer.loader.values.parsers import display_text, is_blank

CREDITS = "credits"
_MOST_NAMED = 5


@dataclass(frozen=True)
class DebtorColumns:
    """The columns that tell whose row it is: the customer's number, and those of which the debtor's name is made."""

    numbers: tuple[int, ...]
    names: tuple[int, ...]

    @classmethod
    def of(cls, plan: SheetPlan) -> DebtorColumns:
        """Return these columns of a sheet."""
        names = next((one.places for one in plan.case if one.column.name == "debtor_name" and one.places), ())
        numbers = [one.position for one in plan.states.of(StateColumn.CUSTOMER_NUMBER)]
        return cls(tuple(numbers[:1]), names)

    def number(self, cells: Sequence[Cell]) -> str | None:
        """Return the customer's number in a row, folded; None if there is none."""
        return _text(cells, self.numbers)

    def name(self, cells: Sequence[Cell]) -> str | None:
        """Return the debtor's name in a row, folded; None if there is none."""
        return _text(cells, self.names)


def _text(cells: Sequence[Cell], positions: Iterable[int]) -> str | None:
    filled = (cells[position] for position in positions if position < len(cells) and not is_blank(cells[position]))
    return match_text(" ".join(map(display_text, filled))).casefold() or None


@dataclass
class DebtorCredits:
    """The credits of each debtor of a sheet, collected before its rows are read.

    Two rows belong to one debtor if they have the same customer number or, where one of them has none, the same name.
    """

    columns: DebtorColumns
    by_number: dict[str, RowNumbers] = field(default_factory=dict)
    by_name: dict[str, RowNumbers] = field(default_factory=dict)
    nameless: dict[str, RowNumbers] = field(default_factory=dict)
    """The credits without a customer number, by the debtor's name."""

    def add(self, row: int, cells: Sequence[Cell]) -> None:
        """Add a row with a credit."""
        number, name = self.columns.number(cells), self.columns.name(cells)
        if number is not None:
            self.by_number[number] = self.by_number.get(number, RowNumbers()).plus(row)
        elif name is not None:
            self.nameless[name] = self.nameless.get(name, RowNumbers()).plus(row)
        if name is not None:
            self.by_name[name] = self.by_name.get(name, RowNumbers()).plus(row)

    def __bool__(self) -> bool:
        return bool(self.by_number or self.by_name)

    def question(self, cells: Sequence[Cell]) -> Reason | None:
        """Return the question about a claim whose debtor also has credits, None if there are none."""
        number, name = self.columns.number(cells), self.columns.name(cells)
        rows = self.by_number.get(number) if number is not None else self.by_name.get(name or "")
        rows = rows or self.nameless.get(name or "")
        return _question(rows) if rows else None

    def hold(self, cells: Sequence[Cell], verdict: RowVerdict) -> RowVerdict:
        """Return the verdict on a row, which is a question if it is a claim of a debtor with credits."""
        if verdict.role in (Role.LEFT_OUT, Role.CREDIT) or not (asked := self.question(cells)):
            return verdict
        return RowVerdict(Role.QUESTION, (*verdict.reasons, asked), verdict.unconfirmed, verdict.amount, verdict.word)


def _question(rows: RowNumbers) -> Reason:
    named = [f"{number:,}" for first, last in rows.ranges for number in range(first, last + 1)][:_MOST_NAMED]
    more = rows.count - len(named)
    where = f"rows {', '.join(named)} and {more:,} more" if more else f"row{'s' * (len(named) > 1)} {' and '.join(named)}"
    what = "The debtor also has credits or payments in this list, which are not taken off: "
    advice = "Send the claim only if they belong to another one; else write what is left of it as its amount, or drop it"
    return Reason(CREDITS, f"{what}{where}. {advice}", gist=f"{what.rstrip(': ')}. {advice}")
