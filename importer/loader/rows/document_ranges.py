"""Credit notes that only the number of their document shows: lists often number them in a range of their own.

A range is what a number begins with: its letters, or its first digit and how many digits it has. That a range is one of credit
notes the list itself must prove, by rows in it that a sign, a type or a state calls credits. A usual prefix of credit notes
without such a proof, or a range without such a prefix, is a question.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from itertools import islice

from importer.domain.cells import Cell
from importer.domain.reasons import Reason
from importer.domain.text_keys import fold
from importer.loader.files.projection import ReadColumns
from importer.loader.rows.verdict import CREDIT, STATE_UNCLEAR, Role, RowFinding
from importer.loader.sheets.plan import SheetPlan
from importer.loader.values.parsers import display_text, is_blank

FEWEST_CREDITS = 2
"""Credits that a range must have to be one of credit notes."""
LOOKED_THROUGH = 1_000
"""Rows from which it is known how a list numbers its documents."""
USUAL = frozenset(
    (
        *(
            "cn",
            "crn",
            "cr",
            "cm",
            "cred",
            "credit",
            "creditnote",
            "creditmemo",
            "kn",
            "kred",
            "kredit",
            "kreditnota",
            "kreditfaktura",
        ),
        *("gs", "gut", "gutschrift", "rk", "stornorechnung"),
    )
)
"""Prefixes, folded, by which credit notes are numbered."""
_AMBIGUOUS = 3
"""Letters of a prefix that means something else in a list that numbers everything so: ``KN-`` for customer numbers."""
_DOCUMENT = "creditor_reference"
_RANGE = re.compile(r"([^\W\d_]*)[\W_]*(\d*)")


def range_of(number: str) -> str:
    """Return the range of a document's number: its letters folded, or its first digit and its length; empty without digits."""
    found = _RANGE.match(number.strip().lstrip("#"))
    assert found is not None
    letters, digits = fold(found[1]), found[2]
    if not digits:
        return ""
    return letters or f"{digits[0]}{'#' * (len(digits) - 1)}"


@dataclass
class DocumentRanges:
    """The ranges of the documents of one sheet, as its rows show them."""

    position: int
    heading: str
    usual: Collection[str] = ()
    """The usual prefixes of credit notes that mean it in this list."""
    credits: Counter[str] = field(default_factory=Counter)
    claims: Counter[str] = field(default_factory=Counter)

    @classmethod
    def of(cls, plan: SheetPlan, read_columns: ReadColumns) -> DocumentRanges | None:
        """Return the ranges of a sheet, of which the prefixes are known; None if it has no numbers of documents."""
        position = next(iter(cls.positions_in(plan)), None)
        if position is None:
            return None
        heading = plan.head.header[position]
        rows = (cells[0] for row, cells in read_columns([position]) if row > plan.header_row)
        seen = {_range_in(cell) for cell in islice(rows, LOOKED_THROUGH)} - {""}
        is_mixed = bool(seen - USUAL)
        return cls(position, heading, {one for one in USUAL if is_mixed or one not in seen or len(one) > _AMBIGUOUS})

    @staticmethod
    def positions_in(plan: SheetPlan) -> list[int]:
        """Return the position of the column with the numbers of documents, if there is one."""
        return [one.position for one in plan.case if one.column.name == _DOCUMENT and one.position is not None]

    def count(self, cells: Sequence[Cell], role: Role) -> None:
        """Count a row in its range, as a credit or as a claim."""
        if found := _range_in(cells[self.position]):
            (self.credits if role is Role.CREDIT else self.claims)[found] += role is not Role.LEFT_OUT

    def is_usual(self, cells: Sequence[Cell]) -> bool:
        """Return whether the number of a row has a usual prefix of credit notes."""
        return self.position < len(cells) and _range_in(cells[self.position]) in self.usual

    def finding(self, cells: Sequence[Cell]) -> RowFinding | None:
        """Return what the number of a row that nothing calls a credit says; None if it says nothing."""
        cell = cells[self.position] if self.position < len(cells) else None
        found = _range_in(cell)
        if not found or (found not in self.usual and not self.credits):  # most rows
            return None
        is_proved, text = self._is_of_credits(found), display_text(cell).strip()
        if is_proved and found in self.usual:
            return RowFinding(Role.CREDIT, Reason(CREDIT, _IS_CREDIT, None, self.heading, text))
        if is_proved or found in self.usual:
            return RowFinding(Role.QUESTION, Reason(STATE_UNCLEAR, _MAY_BE_CREDIT, None, self.heading, text))
        return None

    def _is_of_credits(self, found: str) -> bool:
        """Return whether the credits of the list have this range, most of its rows are credits, and other rows have another."""
        enough = self.credits[found] >= FEWEST_CREDITS and self.credits[found] > self.claims[found]
        return enough and self.credits.total() == self.credits[found] and self.claims.total() > self.claims[found]


def _range_in(cell: Cell) -> str:
    return "" if is_blank(cell) else range_of(display_text(cell))


_IS_CREDIT = "is a number of this list's credit notes: it lowers what the debtor owes and is not sent as a claim"
_MAY_BE_CREDIT = "is numbered like a credit note, which nothing else in the row says. Answer whether it is sent as a claim"
