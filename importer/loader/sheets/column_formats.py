"""A first pass over the amounts, rates and dates of a sheet, which detects the formats of each column."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import islice
from typing import Literal

from importer.domain.cells import Cell
from importer.domain.columns import ValueKind
from importer.domain.kinds import RecordKind
from importer.domain.notes import Note, NoteKind
from importer.domain.records import FormatProof
from importer.loader.files.projection import ReadColumns
from importer.loader.profile import Profile
from importer.loader.sheets.orders_beside import ProvedOrders, orders_proved_beside, with_order_beside
from importer.loader.sheets.plan import ColumnBinding, SheetPlan
from importer.loader.values.dates import answers
from importer.loader.values.evidence import Certainty, FormatDecision, MarkEvidence, OrderEvidence, Sighting
from importer.loader.values.formats import LONGEST, YEARS_AHEAD, DateOrder, DecimalMark, Formats

_AT_ONCE = 1000
"""Rows that are examined together, column by column. Columns without text, which are most, are then skipped quickly."""

_NUMBERS = (ValueKind.MONEY, ValueKind.RATE)


@dataclass(frozen=True)
class SheetFormats:
    """The formats of a sheet: of each column that the first pass examined, and of all others.

    ``notes`` report the ``proofs`` that decided an open question.
    """

    others: Formats = field(default_factory=Formats)
    by_column: Mapping[tuple[RecordKind, str], Formats] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()
    proofs: tuple[FormatProof, ...] = ()

    def of(self, bound: ColumnBinding) -> Formats:
        """Return the formats of the cells of ``bound``."""
        if bound.position is None:
            return self.others
        return self.by_column.get((bound.column.kind, bound.column.name), self.others)


@dataclass(frozen=True)
class _Watched:
    """An examined column and the evidence that it gave so far."""

    bound: ColumnBinding
    position: int
    evidence: MarkEvidence | OrderEvidence


def profile_formats(profile: Profile, today: date) -> Formats:
    """Return the formats that a profile states for every column."""
    return replace(profile.formats(), last_year=today.year + YEARS_AHEAD)


def formats_of(
    plan: SheetPlan,
    read_columns: ReadColumns,
    profile: Profile,
    today: date,
    *,
    delimited: bool,
    carried: Iterable[FormatProof] = (),
) -> SheetFormats:
    """Detect how the columns of a sheet write numbers and dates. No rows are read if the profile states everything.

    ``delimited``: the sheet is a CSV, which has no date cells. ``carried``: the proofs of the original file, if this is
    its error sheet.
    """
    others = profile_formats(profile, today)
    wanted = _wanted(profile, delimited=delimited)
    watched = [
        _Watched(bound, bound.position, _evidence(bound, others))
        for bound in (*plan.case, *plan.voucher)
        if bound.position is not None and bound.column.value_kind in wanted
    ]
    if not watched:
        return SheetFormats(others)
    _recall(watched, carried)
    _watch(watched, plan.header_row, read_columns)
    lent = orders_proved_beside(w.evidence for w in watched if isinstance(w.evidence, OrderEvidence))
    found = [(w, _found(w, others, profile.date_cells, lent)) for w in watched]
    by_column = {(w.bound.column.kind, w.bound.column.name): formats for w, (formats, _) in found}
    notes = [_note(plan.head.name, w, kind, lent) for w, (_, kind) in found if kind]
    return SheetFormats(others, by_column, tuple(dict.fromkeys(notes)), tuple(_proofs(watched, lent)))


def _wanted(profile: Profile, *, delimited: bool) -> set[ValueKind]:
    """Return the value kinds whose formats the profile leaves open."""
    wanted = set() if profile.decimal else set(_NUMBERS)
    if not profile.date_format or not (delimited or profile.date_cells):
        wanted.add(ValueKind.DATE)
    return wanted


def _evidence(bound: ColumnBinding, formats: Formats) -> MarkEvidence | OrderEvidence:
    return MarkEvidence() if bound.column.value_kind in _NUMBERS else OrderEvidence(formats.last_year)


def _recall(watched: list[_Watched], carried: Iterable[FormatProof]) -> None:
    for proof in carried:
        for w in watched:
            if w.bound.heading == proof.heading:
                w.evidence.recall(proof.row, proof.text)


def _proofs(watched: list[_Watched], lent: ProvedOrders) -> Iterable[FormatProof]:
    """Yield the proofs that decided each column, for the next error sheet."""
    for w in watched:
        decision = _decision(w.evidence, lent)
        if decision.certainty is Certainty.DECIDED and decision.question:  # without an open question the proof is not needed
            yield from (FormatProof(w.bound.heading, sighting.row, sighting.text) for sighting in decision.proof)


def _watch(watched: list[_Watched], header_row: int, read_columns: ReadColumns) -> None:
    positions = sorted({w.position for w in watched})
    looked = read_columns(positions)
    while batch := list(islice(looked, _AT_ONCE)):
        rows = [row for row, _ in batch]
        columns = list(zip(*(cells for _, cells in batch), strict=True))
        below = bisect_right(rows, header_row)
        for w in watched:
            column = columns[positions.index(w.position)]
            _see(w, rows[below:], column[below:])


def _see(watched: _Watched, rows: Sequence[int], cells: Sequence[Cell]) -> None:
    """Add the cells of one column to its evidence, each with the number of its row."""
    evidence, table = watched.evidence, watched.bound.values
    if str in set(map(type, cells)):
        for row, cell in zip(rows, cells, strict=True):
            if cell and type(cell) is str:  # cells without a value, such as CellError, are subclasses of str
                text = cell.strip()
                if len(text := table.get(text, text)) <= LONGEST:
                    evidence.see(row, text)
    if isinstance(evidence, OrderEvidence) and not evidence.is_complete_for_days:
        for cell in cells:
            if isinstance(cell, date):
                evidence.see_day(cell)


def _note(sheet: str, watched: _Watched, kind: NoteKind, lent: ProvedOrders) -> Note:
    """Return a note on how a column is written, with the cells that prove it."""
    decision = _decision(watched.evidence, lent)
    way = decision.way.name.lower() if isinstance(decision.way, DateOrder) else str(decision.way)
    cells = (
        pair for sighting in decision.proof for pair in ((_place_name(sighting), str(sighting.row)), ("text", sighting.text))
    )
    return Note(kind, sheet, values=(("heading", watched.bound.heading), ("way", way), *cells))


def _place_name(sighting: Sighting) -> str:
    return "earlier_row" if sighting.earlier else "row"


def _decision(
    evidence: MarkEvidence | OrderEvidence, lent: ProvedOrders
) -> FormatDecision[DecimalMark] | FormatDecision[DateOrder]:
    """Return the decision of a column by its own cells or, for dates, by those of a column that is written the same way."""
    return with_order_beside(evidence, lent) if isinstance(evidence, OrderEvidence) else evidence.decision()


def _found(
    watched: _Watched, others: Formats, date_cells: Literal["trusted"] | None, lent: ProvedOrders
) -> tuple[Formats, NoteKind | None]:
    """Return the formats of one column, and the kind of note if its own cells decided an open question."""
    if isinstance(watched.evidence, MarkEvidence):
        return _marks(watched.evidence.decision(), others, watched.bound.column.value_kind)
    decision = with_order_beside(watched.evidence, lent)
    formats, kind = (others, None) if others.date_format else _orders(decision, others)
    if date_cells is None and (beside := watched.evidence.swapped_beside()):
        # The texts are rejected too: an error sheet with only the date cells would show no sign of this when imported.
        return replace(others, text_doubt=_swapped(beside), date_cell_doubt=_swapped(beside)), None
    return formats, kind


def _marks(decision: FormatDecision[DecimalMark], others: Formats, value_kind: ValueKind) -> tuple[Formats, NoteKind | None]:
    if decision.certainty is Certainty.CONTRADICTORY:
        what = f"is in a column with two decimal marks: {_describe(decision.proof)}"
        answer = 'decimal = "," or decimal = "."'
        return replace(others, text_doubt=f"{what}. Make them alike, or say in the profile which one counts: {answer}"), None
    if decision.way is None:
        return others, None
    # A rate may have three decimals, so the proven mark counts as if the profile had stated it.
    proven = (
        replace(others, decimal=decision.way) if value_kind is ValueKind.RATE else replace(others, proven_decimal=decision.way)
    )
    return proven, NoteKind.DECIMAL_MARK if decision.question else None


def _orders(decision: FormatDecision[DateOrder], others: Formats) -> tuple[Formats, NoteKind | None]:
    if decision.certainty is Certainty.CONTRADICTORY:
        what = f"is in a column with two orders of day and month: {_describe(decision.proof)}"
        orders = (DateOrder.DAY_FIRST, DateOrder.MONTH_FIRST)
        answer = next(filter(None, (answers(sighting.text, orders) for sighting in decision.proof)), 'date_format = "DD/MM/YYYY"')
        return replace(others, text_doubt=f"{what}. Make them alike, or say in the profile which one counts: {answer}"), None
    if decision.way is None:
        return others, None
    return replace(others, order=decision.way), NoteKind.DATE_ORDER if decision.question else None


def _describe(proof: tuple[Sighting, ...]) -> str:
    return " and ".join(f'row {sighting.place} has "{sighting.text}"' for sighting in proof)


def _swapped(beside: Sighting) -> str:
    return (
        "is in a column of texts and date cells, in which a spreadsheet may have swapped day and month: every text has a day "
        f'after the 12th (row {beside.row}: "{beside.text}"), no date cell has one. Compare them with where they come from and '
        'write all as text, 2026-01-31; or, if the date cells are right, say so in the profile: date_cells = "trusted"'
    )
