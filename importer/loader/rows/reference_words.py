"""References that are a word for something else than an invoice: ``Late fee``, ``Rykker 1003``, ``Payment``, ``Primosaldo``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from importer.domain.cells import Cell
from importer.domain.reasons import Reason
from importer.domain.row_states import CREDITS, IN_WORDS, Meaning, StateColumn, find
from importer.loader.rows.verdict import STATE_UNCLEAR, Role, RowFinding, no_claim
from importer.loader.sheets.labels import is_whole_total
from importer.loader.sheets.plan import Shape, SheetPlan
from importer.loader.values.parsers import display_text, is_blank

_REFERENCES = ("creditor_reference", "case_ref")
_OTHERS = frozenset({*CREDITS, Meaning.FEE, Meaning.BALANCE})
_LEAST_LETTERS = 4
"""Letters of a word. Shorter ones, such as ``K``, ``Cr`` and ``RE``, are what documents are numbered with."""
_NUMBER = re.compile(r"[\s:#/.,-]*(?:(?:nr|no|number|nummer)\b\.?)?[\s:#/.,-]*[0-9][0-9./-]*", re.IGNORECASE)

_DIGIT = re.compile(r"[\d\u00b2\u00b3\u00b9]")
_SHORT_WORDS = (" nr", " no", " nummer", " number")


class ReferenceWords:
    """Finds the words among the references of one sheet."""

    def __init__(self, plan: SheetPlan) -> None:
        columns = () if plan.shape is Shape.FLAT else plan.case  # there a voucher says what the row is
        found = ((one.position, one.heading) for one in columns if one.column.name in _REFERENCES)
        self._references = [(position, heading) for position, heading in found if position is not None]
        self._dates = [place for one in plan.case if one.column.name == "date" for place in one.places]

    def positions(self) -> set[int]:
        """Return the positions of the columns that tell."""
        return {*self.of_documents(), *self._dates}

    def of_documents(self) -> list[int]:
        """Return the positions of the references."""
        return [position for position, _ in self._references]

    def finding(self, cells: Sequence[Cell]) -> RowFinding | None:
        """Return what the reference of a row says; None if it is no such word.

        A row without a date is what the word says. With a date it may be a claim all the same, and is asked about.
        """
        for position, heading in self._references:
            cell = cells[position] if position < len(cells) else None
            if isinstance(cell, str) and (meaning := _meaning_of(cell)) is not None:
                return self._finding_of(meaning, heading, display_text(cell).strip(), cells)
        return None

    def is_credit(self, cells: Sequence[Cell]) -> bool:
        """Return whether the reference of a row is a word for a credit note or a payment."""
        return any(names_credit(cells[position]) for position, _ in self._references if position < len(cells))

    def meaning(self, cells: Sequence[Cell]) -> Meaning | None:
        """Return what a word among the references of a row means; None if there is none."""
        found = (_meaning_of(cell) for at in self.of_documents() if at < len(cells) and isinstance(cell := cells[at], str))
        return next((meaning for meaning in found if meaning is not None), None)

    def _finding_of(self, meaning: Meaning, heading: str, text: str, cells: Sequence[Cell]) -> RowFinding:
        if all(at >= len(cells) or is_blank(cells[at]) for at in self._dates):
            role = Role.CREDIT if meaning in CREDITS else Role.LEFT_OUT
            return RowFinding(role, no_claim(meaning, heading, text))
        message = f"reads as if the row were {IN_WORDS[meaning]}, and no invoice. Answer whether it is sent as a claim"
        return RowFinding(Role.QUESTION, Reason(STATE_UNCLEAR, message, None, heading, text))


def names_credit(cell: Cell) -> bool:
    """Return whether a reference is a word for a credit note or a payment."""
    return isinstance(cell, str) and _meaning_of(cell) in CREDITS


@lru_cache(maxsize=1024)
def _meaning_of(reference: str) -> Meaning | None:
    """Return what a reference means that is a known word, alone or with a number; None if it is no such word."""
    text = reference.strip()
    word = _before_number(text)
    if sum(map(str.isalpha, word)) < _LEAST_LETTERS or is_whole_total(text):
        return None
    found = find(StateColumn.DOCUMENT_TYPE, word, None)
    return found.meaning if found is not None and found.meaning in _OTHERS else None


def _before_number(text: str) -> str:
    """Return the text in front of a number at its end; the whole text if there is none."""
    first = _DIGIT.search(text)
    start = first.start() if first else len(text)
    word = text[:start].rstrip(" :#/.,-")
    if word.casefold().endswith(_SHORT_WORDS):
        for short in _SHORT_WORDS:
            word = word[: -len(short)] if word.casefold().endswith(short) else word
    return word if start == len(text) or _NUMBER.fullmatch(text[len(word) :]) else text
