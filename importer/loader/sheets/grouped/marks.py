"""What is known of the rows of a report beside their cells: which are no documents, and which are questions."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field

from importer.domain.notes import Note, NoteKind
from importer.domain.reasons import Reason

SUBTOTAL_DIFFERS = "subtotal_differs"
"""The code of the question about the documents of a group whose total is not their sum."""


@dataclass(frozen=True, slots=True)
class AskedRows:
    """Documents from one row to another, about which the same is asked."""

    first: int
    last: int
    question: Reason


@dataclass(frozen=True)
class RowMarks:
    """The rows of a report that are no documents, with what they are, and the documents that are questions.

    ``notes`` are those on totals that differ.
    """

    left_out: dict[int, NoteKind] = field(default_factory=dict)
    asked: Sequence[AskedRows] = ()
    notes: Sequence[Note] = ()

    def question(self, row: int) -> Reason | None:
        """Return the question about the document in a row; None if there is none."""
        at = bisect_right(self.asked, row, key=lambda one: one.first) - 1
        return self.asked[at].question if at >= 0 and row <= self.asked[at].last else None


def differing_question(row: int, column: str, total: str, added: str) -> Reason:
    """Return the question about the documents above or below a total that is not their sum."""
    gist = "A subtotal of the list is not the sum of its rows, so that a row may be missing"
    return Reason(
        SUBTOTAL_DIFFERS,
        f'{gist}. Row {row:,} shows {total} in the column "{column}", and its rows add up to {added}: compare them with the '
        "report in your bookkeeping. Answer whether the row is sent",
        gist=gist,
    )


def missing_end_question() -> Reason:
    """Return the question about the documents at the end of a report that ends without their total."""
    gist = "The list ends before the subtotal of these rows, so that rows may be missing"
    return Reason(
        SUBTOTAL_DIFFERS, f"{gist}. Compare them with the report in your bookkeeping. Answer whether the row is sent", gist=gist
    )
