"""Complete the rows of a list from master data, by customer number."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from importer.domain.cells import Cell
from importer.domain.master_data import MasterCell, MasterData, MasterRow, loose_number
from importer.domain.notes import Note
from importer.domain.personal_numbers.sheet_mask import MaskedRow
from importer.domain.questions import MASTER_DATA_UNCLEAR
from importer.domain.reasons import Reason
from importer.domain.records import CaseRecord, CaseRow, Reject
from importer.loader.master_data.comparison import are_other_countries, is_same_name, is_same_value
from importer.loader.master_data.counts import JoinCounts
from importer.loader.master_data.reading import key_of
from importer.loader.sheets.plan import ColumnBinding, SheetPlan
from importer.loader.values.parsers import display_text, is_blank
from importer.loader.values.placeholders import is_placeholder

MOST_ROWS = 4
"""Rows of master data that a question names."""
_STREET = frozenset({"debtor_address", "debtor_zip_code", "debtor_city"})
_PLACE = frozenset({*_STREET, "debtor_state", "debtor_country"})
"""Columns that are completed together or not at all: parts of two addresses make none."""


@dataclass(frozen=True, slots=True)
class JoinedRow:
    """A row of a list with what master data add to it.

    ``asked`` is the question that it raises: nothing is taken then. ``lacks`` says why nothing is there to be taken.
    ``is_completed``: something was.
    """

    row: MaskedRow
    asked: Reason | None = None
    lacks: Reason | None = None
    is_completed: bool = False

    def applied_to(self, case: CaseRow) -> CaseRow:
        """Return the case of the row with the question, or with what explains the reasons against it."""
        if isinstance(case, CaseRecord):
            questions = (*case.questions, self.asked) if self.asked else case.questions
            return replace(case, questions=questions, is_completed=True) if self.is_completed or self.asked else case
        if isinstance(case, Reject) and not case.is_left_out and (why := self.asked or self.lacks) and _needs(case):
            return replace(case, reasons=(*case.reasons, _without_answer(why)))
        return case


def _without_answer(why: Reason) -> Reason:
    """Return the reason for a row that cannot be sent as it is."""
    return replace(why, message=why.message.replace(_OR_ANSWER, ""), gist=(why.gist or why.message).replace(_OR_ANSWER, ""))


def _needs(case: Reject) -> bool:
    return any(reason.code == "required" and (reason.field or "").startswith("debtor_") for reason in case.reasons)


@dataclass(frozen=True, slots=True)
class _Found:
    """What master data say about one customer number; ``conflicting`` are the columns with several values."""

    cells: Mapping[str, MasterCell]
    rows: tuple[tuple[str, MasterRow], ...]
    conflicting: tuple[str, ...] = ()


class MasterDataJoin:
    """Completes the rows of one sheet. ``notes`` are complete when the last row has been read.

    A cell of the list that is not empty always wins. ``defaults`` are the values of the settings for columns that the list lacks.
    """

    def __init__(self, plan: SheetPlan, data: MasterData, key: int, defaults: Mapping[str, str]) -> None:
        self._data, self._key, self._defaults = data, key, defaults
        self._plan, self._width = plan, len(plan.head.header)
        names = data.headings()
        self._own = {one.column.name: one for one in plan.case if one.column.name in names and not one.is_default}
        self._added = {one.column.name: one.position for one in plan.completed if one.position is not None}
        self._known: dict[str, _Found | None] = {}
        self._counts = JoinCounts()

    def fresh(self) -> MasterDataJoin:
        """Return another one for the same sheet, which has counted nothing."""
        return MasterDataJoin(self._plan, self._data, self._key, self._defaults)

    def complete(self, row: MaskedRow, *, counts: bool = True) -> JoinedRow:
        """Return a row with what master data add to it. ``counts``: it is counted for the notes."""
        key = key_of(row.readable[self._key]) if self._key < len(row.readable) else None
        if key is None:
            return JoinedRow(self._padded(row))
        found = self._find(key)
        if counts:
            self._counts.add_row(key, is_missing=found is None)
        if found is None:
            asked, lacks = self._similar(key, row), self._reason(row, *self._not_there())
            return JoinedRow(self._padded(row), asked, lacks)
        if asked := self._contradiction(found, row):
            return JoinedRow(self._padded(row), asked)
        return JoinedRow(self._filled(found, row, counts=counts), is_completed=True)

    def _find(self, key: str) -> _Found | None:
        if key not in self._known:
            rows = tuple((table.name, row) for table in self._data.tables for row in table.rows.get(key, ()))
            self._known[key] = _found_in(rows) if rows else None
        return self._known[key]

    def _padded(self, row: MaskedRow) -> MaskedRow:
        """Return a row without anything from master data: the columns that it lacks have the values of the settings."""
        added: list[Cell] = [self._defaults.get(name) for name in self._added]
        return _with_cells(row, self._width, added, added)

    def _filled(self, found: _Found, row: MaskedRow, *, counts: bool) -> MaskedRow:
        own = {name: text for name in self._own if (text := self._text(name, row))}
        differing = [name for name, text in own.items() if name in found.cells and not _is_same(found, name, text)]
        passed = own.keys() | (frozenset() if _STREET.isdisjoint(differing) else _PLACE)
        taken = {name: cell for name, cell in found.cells.items() if name not in passed}
        if counts:
            self._counts.add_completed(name for name in taken if name in self._added or name in self._places)
            self._counts.add_differing(differing, is_other_address=not _STREET.isdisjoint(differing))
        return self._in_own_columns(_with_cells(row, self._width, *self._added_cells(taken)), taken)

    def _added_cells(self, taken: Mapping[str, MasterCell]) -> tuple[list[Cell], list[Cell]]:
        """Return the cells of the columns that the list lacks, as they are shown and as they are read."""
        found = [taken.get(name) for name in self._added]
        others = [self._defaults.get(name) for name in self._added]
        shown: list[Cell] = [one.shown if one else other for one, other in zip(found, others, strict=True)]
        return shown, [one.read if one else other for one, other in zip(found, others, strict=True)]

    @cached_property
    def _places(self) -> Mapping[str, int]:
        """The positions of the list's own columns that can be completed."""
        return {name: one.position for name, one in self._own.items() if one.position is not None}

    def _in_own_columns(self, row: MaskedRow, taken: Mapping[str, MasterCell]) -> MaskedRow:
        places = {at: taken[name] for name, at in self._places.items() if name in taken}
        if not places:
            return row
        cells = tuple(places[at].shown if at in places else cell for at, cell in enumerate(row.cells))
        return row._replace(
            cells=cells, readable=tuple(places[at].read if at in places else cell for at, cell in enumerate(row.readable))
        )

    def _text(self, name: str, row: MaskedRow) -> str:
        """Return the list's own value of a column, empty if it has none."""
        return own_text(self._own[name], row.cells)

    # Questions

    def _contradiction(self, found: _Found, row: MaskedRow) -> Reason | None:
        names = self._data.names()
        if found.conflicting:
            places = _places_of(found.rows)
            message = f"is several times in {names} with different values ({', '.join(found.conflicting)})"
            return self._reason(row, f"{message}: {places}", message, asks=True)
        for name, is_other in (("debtor_name", _is_other_name), ("debtor_country", are_other_countries)):
            own = self._text(name, row) if name in self._own else ""
            theirs = display_text(found.cells[name].shown) if name in found.cells else ""
            if own and theirs and is_other(own, theirs):
                what = "debtor" if name == "debtor_name" else "country"
                return self._reason(
                    row, f'has another {what} in {names}: "{theirs}"', f"has another {what} in {names}", asks=True
                )
        return None

    def _similar(self, key: str, row: MaskedRow) -> Reason | None:
        """Return the question whether a number means the customer whose number differs in zeros or letter case alone."""
        other = self._loose.get(loose_number(key))
        if other is None:
            return None
        names = self._data.names()
        message = f"is not in {names}, where a number differs from it in zeros or letter case alone"
        return self._reason(row, f"{message}: {other}", message, asks=True)

    @cached_property
    def _loose(self) -> Mapping[str, str]:
        """The numbers of the master data by their form without leading zeros and letter case."""
        return {loose_number(key): key for table in self._data.tables for key in table.rows}

    def _not_there(self) -> tuple[str, str]:
        message = f"is not in {self._data.names()}, so that nothing could be taken from there"
        return message, message

    def _reason(self, row: MaskedRow, message: str, gist: str, *, asks: bool = False) -> Reason:
        advice = _ASKED if asks else "Add the customer there, or fill in the cells here"
        heading = self._plan.head.header[self._key]
        code = MASTER_DATA_UNCLEAR if asks else "not_in_master_data"
        return Reason(code, f"{message}. {advice}", None, heading, display_text(row.cells[self._key]), gist=f"{gist}. {advice}")

    def notes(self) -> list[Note]:
        """Return what was completed, what was not found, and what of the master data was not used."""
        head = self._plan.head
        return self._counts.notes(head.name, head.header[self._key], self._data)


_OR_ANSWER = ", or answer whether the row is sent as it is"
_ASKED = f"Nothing was taken from there. Correct it there or here and import the list again{_OR_ANSWER}"


def _found_in(rows: tuple[tuple[str, MasterRow], ...]) -> _Found:
    """Return what the rows of one customer number say together. The order of the rows does not matter."""
    cells: dict[str, MasterCell] = {}
    conflicting: dict[str, None] = {}
    for name in sorted({name for _, row in rows for name in row.cells}):
        values = [row.cells[name] for _, row in rows if name in row.cells]
        texts = sorted({display_text(one.shown) for one in values})
        if any(not _is_alike(name, texts[0], other) for other in texts[1:]):
            conflicting[name] = None
        cells[name] = min(values, key=lambda one: display_text(one.shown))
    return _Found(cells, rows, tuple(conflicting))


def _is_alike(name: str, one: str, other: str) -> bool:
    return is_same_value(one, other) if name != "debtor_email" else one.casefold() == other.casefold()


def _is_same(found: _Found, name: str, text: str) -> bool:
    theirs = display_text(found.cells[name].shown)
    if name == "debtor_name":
        return is_same_name(text, theirs)
    if name == "debtor_country":
        return not are_other_countries(text, theirs)
    return _is_alike(name, text, theirs)


def _is_other_name(own: str, theirs: str) -> bool:
    return not is_same_name(own, theirs)


def _places_of(rows: tuple[tuple[str, MasterRow], ...]) -> str:
    """Return where the rows of a number are: ``rows 4 and 9 of customers.xlsx``."""
    places = [f"row {row.number} of {name}" for name, row in rows[:MOST_ROWS]]
    more = len(rows) - len(places)
    return ", ".join(places) + (f" and {more} more" if more else "")


def own_text(bound: ColumnBinding, cells: tuple[Cell, ...]) -> str:
    """Return a list's own value in a row, empty if the cell is blank or a placeholder for a missing value."""
    if bound.composed is not None:
        return bound.composed.display(cells) or ""
    if bound.position is None:
        return bound.constant or ""
    cell = cells[bound.position] if bound.position < len(cells) else None
    if is_blank(cell) or (isinstance(cell, str) and is_placeholder(cell, bound.column)):
        return ""
    return display_text(cell)


def _with_cells(row: MaskedRow, width: int, shown: list[Cell], read: list[Cell]) -> MaskedRow:
    """Return a row of the list's own width with further cells behind it."""
    own = row.cells[:width] + (None,) * (width - len(row.cells))
    readable = row.readable[:width] + (None,) * (width - len(row.readable))
    return row._replace(cells=own + tuple(shown), readable=readable + tuple(read))
