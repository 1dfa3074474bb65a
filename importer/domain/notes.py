"""What a user should know of a source, as data: the reporter puts it into words."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import reduce
from typing import Any

MAX_NAMED = 200
"""Rows that one note names; of the ones after them it keeps the count and the last."""


class NoteKind(StrEnum):
    """What a note is about; behind each the names of its values."""

    SENTENCE = "sentence"
    """``text``: a sentence as it is. Ledgers of earlier versions hold nothing else."""

    # The file
    PROFILE_USED = "profile_used"  # profile, path
    QUOTE_CHARACTER = "quote_character"  # quote
    BACKSLASH_QUOTES = "backslash_quotes"
    LINKED_WORKBOOKS = "linked_workbooks"

    # A sheet of the file
    SHEET_HIDDEN = "sheet_hidden"
    MERGED_RANGES = "merged_ranges"  # count, first
    HIDDEN_ROWS = "hidden_rows"  # count
    HIDDEN_COLUMNS = "hidden_columns"
    FILTERED_ROWS = "filtered_rows"
    SHEET_LEFT_OUT = "sheet_left_out"

    # The headings of a sheet
    ROWS_ABOVE_HEADINGS = "rows_above_headings"  # header_row; its rows
    UNIT_ROWS = "unit_rows"  # its rows
    HEADINGS_READ_AS = "headings_read_as"  # heading, column, for each heading
    HEADINGS_UNUSED = "headings_unused"  # heading, for each
    HEADING_SUPERSEDED = "heading_superseded"  # heading, column, by
    CURRENCY_OF_HEADING = "currency_of_heading"  # currency
    CREDIT_NOTES_REJECTED = "credit_notes_rejected"  # heading
    TYPE_BY_NAME = "type_by_name"
    TYPE_DERIVED = "type_derived"

    # How a column is written: heading, way, and for each cell that proves it row (or earlier_row) and text
    DECIMAL_MARK = "decimal_mark"
    DATE_ORDER = "date_order"

    # Rows that were left out
    DIFFERING_TOTAL = "differing_total"  # total_cents, sum_cents
    CONFIRMED_TOTALS = "confirmed_totals"
    TOTALS = "totals"
    NOTES_BELOW = "notes_below"
    REPEATED_HEADINGS = "repeated_headings"
    TITLES = "titles"
    CELLS_BESIDE = "cells_beside"

    # Rows with unusual values
    DUE_BEFORE_DATE = "due_before_date"


@dataclass(frozen=True, slots=True)
class RowNumbers:
    """Rows of a sheet as ranges (first, last): at most ``MAX_NAMED`` rows, then ``more`` of them up to the row ``last``."""

    ranges: tuple[tuple[int, int], ...] = ()
    more: int = 0
    last: int = 0

    @property
    def count(self) -> int:
        return self.more + sum(last - first + 1 for first, last in self.ranges)

    def plus(self, number: int) -> RowNumbers:
        """These rows and one more behind them."""
        if self.more or self.count == MAX_NAMED:
            return replace(self, more=self.more + 1, last=number)
        if self.ranges and self.ranges[-1][1] == number - 1:
            return RowNumbers((*self.ranges[:-1], (self.ranges[-1][0], number)))
        return RowNumbers((*self.ranges, (number, number)))


def rows_of(numbers: Iterable[int]) -> RowNumbers:
    return reduce(RowNumbers.plus, numbers, RowNumbers())


@dataclass(frozen=True, slots=True)
class Note:
    """One thing to know of a source: of the file as a whole, or of one ``sheet`` and some of its ``rows``.

    ``values`` are named texts; a name may occur several times.
    """

    kind: NoteKind
    sheet: str | None = None
    rows: RowNumbers = RowNumbers()
    values: tuple[tuple[str, str], ...] = ()

    def value(self, name: str) -> str:
        """The first value of this name."""
        return self.all(name)[0]

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.values if key == name]


def notes_to_json(notes: Iterable[Note]) -> str:
    return json.dumps([_to_json(note) for note in notes], ensure_ascii=False, separators=(",", ":"))


def notes_from_json(text: str) -> tuple[Note, ...]:
    return tuple(map(_from_json, json.loads(text)))


def _to_json(note: Note) -> dict[str, Any]:
    members = {
        "kind": note.kind.value,
        "sheet": note.sheet,
        "rows": note.rows.ranges,
        "more": note.rows.more,
        "last": note.rows.last,
        "values": note.values,
    }
    return {name: member for name, member in members.items() if member not in (None, (), 0)}


def _from_json(found: Any) -> Note:
    if isinstance(found, str):  # a ledger of an earlier version
        return Note(NoteKind.SENTENCE, values=(("text", found),))
    ranges = tuple((first, last) for first, last in found.get("rows", ()))
    return Note(
        NoteKind(found["kind"]),
        found.get("sheet"),
        RowNumbers(ranges, found.get("more", 0), found.get("last", 0)),
        tuple((name, value) for name, value in found.get("values", ())),
    )
