"""Check the totals of a report against their documents: of a part, of a group, of an outer group, and of all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from importer.domain.notes import Note, NoteKind, rows_of
from importer.loader.sheets.grouped.ages import is_age
from importer.loader.sheets.grouped.columns import ReportColumns
from importer.loader.sheets.grouped.marks import AskedRows, differing_question, missing_end_question
from importer.loader.sheets.grouped.row_kinds import ReportLine
from importer.loader.sheets.grouped.sums import Comparison, Level, TotalDifference, without_odd_columns
from importer.loader.sheets.labels import is_whole_total, summed_up_in

MOST_NOTED = 20
"""Totals that differ and get a note each."""

_CARRIED = ("carried forward", "brought forward", "overført", "overførsel", "transport", "übertrag", "carry forward")
_ENOUGH = 2


@dataclass(frozen=True)
class _Checked:
    """A total, its comparison, and the documents that it is about. ``asks``: they are questions if it differs."""

    row: int
    comparison: Comparison
    first: int
    last: int
    asks: bool


class TotalsCheck:
    """Compares every total with the sums of the documents since the total before it, and with the sums of whole groups."""

    def __init__(self, columns: ReportColumns) -> None:
        self._columns = columns
        self._part, self._group, self._outer, self._all = (Level(columns) for _ in range(4))
        self._checked: list[_Checked] = []
        self._expected: ReportLine | None = None
        self._closing = 0
        self.labels: list[str] = []
        """The texts by which rows are totals."""
        self._has_subtotals = self._ends_closed = False

    @property
    def _levels(self) -> tuple[Level, ...]:
        return self._part, self._group, self._outer, self._all

    def add(self, row: ReportLine) -> None:
        """Add a document to all sums."""
        for level in self._levels:
            level.add(row.number, row.cells)
        self._ends_closed = False

    def begin(self) -> None:
        """Begin another group."""
        if self._group.documents:
            self._group.clear()
        self.begin_part()

    def begin_part(self) -> None:
        """Begin a part of a group, below the head of an age."""
        self._part.clear()

    def expect(self, row: ReportLine) -> None:
        """Note a total above the documents that begin now, when those of the one before it are complete."""
        self._settle_expected()
        self._expected, self._has_subtotals = row, True
        self._group.clear()
        self._part.clear()

    def _settle_expected(self) -> None:
        if self._expected is not None:
            comparison = self._group.compare(self._expected.cells)
            self._note(self._expected.number, comparison, self._group, asks=True)
        self._expected = None

    def total(self, row: ReportLine, *, of_group: bool) -> bool:
        """Compare a total with the sums, and return whether it ends its group. ``of_group``: it can be that of its group only."""
        self._settle_expected()
        self.labels.append(row.label)
        possible = (self._part, self._group) if of_group and self._part.documents else self._levels
        levels = [level for level in possible if level.documents]
        level = next((level for level in levels if level.compare(row.cells).agrees), None)
        if _is_carried(row):
            self._note(row.number, level.compare(row.cells) if level else Comparison(), self._all, asks=False)
            return False
        if level is None:
            return self._differing(row)
        self._note(row.number, level.compare(row.cells), level, asks=False)
        return self._close(row, level)

    def _differing(self, row: ReportLine) -> bool:
        """Note a total that agrees with nothing: the documents since the last total are asked about, if there are any."""
        is_of_all = not self._part.documents or (self._has_subtotals and is_whole_total(row.label))
        level = self._all if is_of_all else self._part
        self._note(row.number, level.compare(row.cells), level, asks=not is_of_all)
        return self._close(row, self._all if is_of_all else self._group)

    def _close(self, row: ReportLine, level: Level) -> bool:
        """Begin again below a total, and return whether the group ends with it, and not only a part of it."""
        is_part = any(is_age(text) for text in (row.label, *_summed_up(row)))
        self._has_subtotals = self._has_subtotals or not is_whole_total(row.label)
        self._closing += bool(self._part.documents)
        self._part.clear()
        if level is self._outer or (level is self._all and not is_part):
            self._outer.clear()
        self._ends_closed = True
        return not is_part

    def _note(self, row: int, comparison: Comparison, level: Level, *, asks: bool) -> None:
        self._checked.append(_Checked(row, comparison, level.first, level.last, asks))

    def end(self) -> None:
        """Ask about the documents at the end if all others have a total below them, and those have none."""
        self._settle_expected()
        if not self._ends_closed and self._part.documents and self._closing >= _ENOUGH and self._closing == self._groups():
            self._checked.append(_Checked(0, Comparison(), self._part.first, self._part.last, asks=True))

    def _groups(self) -> int:
        return sum(not one.comparison.is_open for one in self._checked)

    def settled(self, sheet: str) -> tuple[list[AskedRows], list[Note], dict[int, NoteKind]]:
        """Return the questions about documents, the notes on totals that differ, and what each row of a total is."""
        found = without_odd_columns({one.row: one.comparison for one in self._checked if one.row})
        kinds = {row: _kind(comparison) for row, comparison in found.items()}
        differing = [(one, found[one.row].differing) for one in self._checked if one.row and found[one.row].differing]
        notes = [_note(sheet, one.row, differences[0]) for one, differences in differing[:MOST_NOTED]]
        asked = list(self._asked(differing))
        asked += [AskedRows(one.first, one.last, missing_end_question()) for one in self._checked if not one.row]
        return sorted(asked, key=lambda one: one.first), notes, kinds

    def _asked(self, differing: list[tuple[_Checked, tuple[TotalDifference, ...]]]) -> Iterator[AskedRows]:
        for one, differences in differing:
            if one.asks:
                first = differences[0]
                heading = self._columns.header[first.column]
                question = differing_question(one.row, heading, f"{first.total:,.2f}", f"{first.sum:,.2f}")
                yield AskedRows(one.first, one.last, question)


def _kind(comparison: Comparison) -> NoteKind:
    if comparison.differing:
        return NoteKind.DIFFERING_TOTAL
    return NoteKind.CONFIRMED_TOTALS if comparison.agreeing else NoteKind.TOTALS


def _note(sheet: str, row: int, difference: TotalDifference) -> Note:
    cents = (("total_cents", str(int(difference.total * 100))), ("sum_cents", str(int(difference.sum * 100))))
    return Note(NoteKind.DIFFERING_TOTAL, sheet, rows_of([row]), cents)


def _is_carried(row: ReportLine) -> bool:
    return any(row.label.casefold().startswith(word) for word in _CARRIED)


def _summed_up(row: ReportLine) -> list[str]:
    """Return the texts beside the word for a total as they are written, such as the age in ``Total for 1 - 30 days``."""
    label = " ".join(row.label.split())
    words = label.split(" ")
    tails = [" ".join(words[at:]) for at in range(1, min(len(words), 4))]
    return [*tails, *summed_up_in(label)]
