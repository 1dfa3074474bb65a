"""Notes for the user about a source, as data. ``reporter.notes`` turns them into sentences."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import reduce
from typing import Any

MAX_NAMED = 200
"""The most rows that one note lists. Of further rows it has the count and the last one."""


class NoteKind(StrEnum):
    """The subject of a note. The comments name its values."""

    SENTENCE = "sentence"
    """``text``: a sentence as it is. Ledgers of earlier versions hold nothing else."""

    # The file
    PROFILE_USED = "profile_used"  # profile, path
    QUOTE_CHARACTER = "quote_character"  # quote
    BACKSLASH_QUOTES = "backslash_quotes"
    QUOTES_AS_TEXT = "quotes_as_text"
    LINES_READ = "lines_read"  # lines, and of how many of them became what
    LINKED_WORKBOOKS = "linked_workbooks"
    EXAMPLE_WORKBOOK = "example_workbook"
    SAME_FILE_AGAIN = "same_file_again"  # name, for each file that holds the same bytes
    LIST_DOES_NOT_COUNT = "list_does_not_count"  # why, missing, known, last
    DOCUMENTS_ADDED = "documents_added"  # case, ref, count, claimed, more, currency
    DOCUMENTS_GONE = "documents_gone"  # count; gone, for each that is named
    DEPOSITS = "deposits"  # count; currency and cents, for each currency

    # A sheet of the file
    GUARDS_TAKEN_OFF = "guards_taken_off"  # its rows
    SHEET_HIDDEN = "sheet_hidden"
    HIDDEN_SHEET_NOT_READ = "hidden_sheet_not_read"
    MERGED_RANGES = "merged_ranges"  # count, first
    HIDDEN_ROWS = "hidden_rows"  # count
    HIDDEN_COLUMNS = "hidden_columns"  # columns, for each range of them
    FILTERED_ROWS = "filtered_rows"
    CONDITIONAL_FORMATS = "conditional_formats"  # range, for each; "" if it is not known
    HIDDEN_ROWS_READ = "hidden_rows_read"  # currency and cents, for each currency; its rows
    HIDDEN_ROWS_SKIPPED = "hidden_rows_skipped"  # the same
    HIDDEN_COLUMN_READ = "hidden_column_read"  # heading, column; of the claim: currency and cents, for each currency
    COVERED_CELLS = "covered_cells"  # its rows
    NOT_A_SHEET = "not_a_sheet"
    SHEET_LEFT_OUT = "sheet_left_out"

    # The headings of a sheet
    ROWS_ABOVE_HEADINGS = "rows_above_headings"  # header_row; its rows
    UNIT_ROWS = "unit_rows"  # its rows
    HEADINGS_READ_AS = "headings_read_as"  # heading, column, for each heading
    HEADINGS_UNUSED = "headings_unused"  # heading, for each
    HEADING_SUPERSEDED = "heading_superseded"  # heading, column, by
    HEADINGS_JOINED = "headings_joined"  # heading, for each of a column's cells; column
    COMPANY_OR_PERSON = "company_or_person"  # heading, of the company and then of each of a person's names
    HEADING_SPLIT = "heading_split"  # heading, and column for each that it is split into
    JOIN_IN_DOUBT = "join_in_doubt"  # heading, for each; column, for each; why
    INVOICED_LESS_SETTLED = "invoiced_less_settled"  # heading, and settled for each column that is taken off
    CURRENCY_OF_HEADING = "currency_of_heading"  # currency
    CREDIT_NOTES_REJECTED = "credit_notes_rejected"  # heading
    TYPE_BY_NAME = "type_by_name"
    TYPE_DERIVED = "type_derived"

    # A report that is read as a flat list, and the day of a list
    REPORT_READ = "report_read"  # grouping, documents, debtors; gained for each column that is filled
    TWO_LINE_HEADINGS = "two_line_headings"  # first, last
    OPEN_FROM_AGES = "open_from_ages"  # heading, for each column of ages
    OPEN_IS_SUM_OF_AGES = "open_is_sum_of_ages"  # heading
    OPEN_FROM_DEBIT = "open_from_debit"  # heading of the debit, then of the credit
    OPEN_BY_SIDE = "open_by_side"  # heading of the amount, then of its mark unless it is in the same cell
    LISTED_ON = "listed_on"  # day
    OLD_LIST = "old_list"  # day, days

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
    AGE_GROUPS = "age_groups"
    FURTHER_LINES = "further_lines"
    GROUP_HEADS = "group_heads"

    # Master data of debtors: name
    MASTER_DATA_USED = "master_data_used"  # heading, rows, and for each column that was completed: column, count
    MASTER_DATA_MISSING = "master_data_missing"  # rows, count of their customer numbers, number for some of them
    MASTER_DATA_DIFFERS = "master_data_differs"  # column, count, for each column; addresses
    MASTER_DATA_UNUSED = "master_data_unused"  # count of customer numbers, number for some of them; unnumbered
    MASTER_DATA_WITHOUT_NUMBERS = "master_data_without_numbers"

    # Documents in a folder or a ZIP: name, count, file for some of them
    DOCUMENTS_ASSIGNED = "documents_assigned"  # name, count
    DOCUMENTS_IN_DOUBT = "documents_in_doubt"  # why
    DOCUMENTS_WITHOUT_VOUCHER = "documents_without_voucher"
    DOCUMENTS_LEFT = "documents_left"

    # A list of which several rows make a case: the sheet is the first one of the list
    CASES_OF_ROWS = "cases_of_rows"  # cases, rows, by
    CREDITS_TAKEN_OFF = "credits_taken_off"  # count; currency and cents, for each; unnamed; the rows that name no invoice
    CREDITS_OF_NOBODY = "credits_of_nobody"  # count, currency, cents; its rows
    FEES_APART = "fees_apart"  # count; currency and cents, for each; its rows
    NOT_DUE_APART = "not_due_apart"  # the same
    SEVERAL_NAMES = "several_names"  # count; number, for the first ones
    SEVERAL_NUMBERS = "several_numbers"  # count; numbers, for the first ones
    NO_CREDITS = "no_credits"  # count
    MOSTLY_YOUNGER = "mostly_younger"  # count; reference, for the first ones
    NO_VOUCHERS = "no_vouchers"  # why; currency, for each
    ROWS_OF_DEBTORS = "rows_of_debtors"  # rows, debtors

    # Rows with unusual values
    DUE_BEFORE_DATE = "due_before_date"
    PERSONAL_NUMBERS = "personal_numbers"  # heading, count, for each heading; dropped

    # The values of a column: heading, column, and for each of them value, taken, sure, count
    VALUES_READ = "values_read"
    # Values that were dropped or cleaned, of one column: heading, column, why; its rows
    OPTIONAL_LEFT_OUT = "optional_left_out"
    UNPROVEN_NUMBER = "unproven_number"
    INVISIBLE_TAKEN_OUT = "invisible_taken_out"
    APOSTROPHE_TAKEN_OFF = "apostrophe_taken_off"
    FURTHER_EMAILS = "further_emails"


NO_DATA = frozenset(
    {
        NoteKind.DIFFERING_TOTAL,
        NoteKind.CONFIRMED_TOTALS,
        NoteKind.TOTALS,
        NoteKind.NOTES_BELOW,
        NoteKind.CELLS_BESIDE,
        NoteKind.AGE_GROUPS,
        NoteKind.GROUP_HEADS,
        NoteKind.FURTHER_LINES,
    }
)
"""Rows that are listed as left out although they hold no data. Their values are the codes of the reasons."""


@dataclass(frozen=True, slots=True)
class RowNumbers:
    """Rows of a sheet as ranges (first, last): at most ``MAX_NAMED`` rows, then ``more`` of them up to the row ``last``."""

    ranges: tuple[tuple[int, int], ...] = ()
    more: int = 0
    last: int = 0

    @property
    def count(self) -> int:
        """The number of all these rows."""
        return self.more + sum(last - first + 1 for first, last in self.ranges)

    def plus(self, number: int) -> RowNumbers:
        """Return these rows and one more, which is below them."""
        if self.more or self.count == MAX_NAMED:
            return replace(self, more=self.more + 1, last=number)
        if self.ranges and self.ranges[-1][1] == number - 1:
            return RowNumbers((*self.ranges[:-1], (self.ranges[-1][0], number)))
        return RowNumbers((*self.ranges, (number, number)))


def rows_of(numbers: Iterable[int]) -> RowNumbers:
    """Return ascending row numbers as ranges."""
    return reduce(RowNumbers.plus, numbers, RowNumbers())


@dataclass(frozen=True, slots=True)
class Note:
    """A note about a source: about the file as a whole, or about one ``sheet`` and some of its ``rows``.

    ``values`` are named texts; a name may occur several times.
    """

    kind: NoteKind
    sheet: str | None = None
    rows: RowNumbers = RowNumbers()
    values: tuple[tuple[str, str], ...] = ()

    def value(self, name: str) -> str:
        """Return the first value of this name. Raises IndexError if there is none."""
        return self.all(name)[0]

    def all(self, name: str) -> list[str]:
        """Return all values of this name, in order."""
        return [value for key, value in self.values if key == name]


def notes_to_json(notes: Iterable[Note]) -> str:
    """Encode notes as the ledger stores them."""
    return json.dumps([_to_json(note) for note in notes], ensure_ascii=False, separators=(",", ":"))


def notes_from_json(text: str) -> tuple[Note, ...]:
    """Decode notes of this or an earlier version of the ledger."""
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
