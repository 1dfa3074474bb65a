"""Notes on the sheets of a source before their rows are read: what was recognised, used and left out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from importer.domain.code_lists import is_by_name
from importer.domain.notes import Note, NoteKind, rows_of
from importer.domain.part_headings import looks_like
from importer.loader.sheets.compositions import Composition
from importer.loader.sheets.header import SheetHeader
from importer.loader.sheets.plan import SheetPlan


def sheet_notes(opened: Iterable[tuple[SheetHeader, SheetPlan]], passed: Iterable[str]) -> list[Note]:
    """Return the notes on the sheets that are read, and on the sheets in ``passed``, which are not."""
    notes = [Note(NoteKind.SHEET_LEFT_OUT, sheet) for sheet in passed]
    for top, plan in opened:
        notes += _of_layout(top, plan.head.name)
        notes += _of_headings(plan)
        notes += _of_compositions(plan)
        notes += _of_records(plan)
    return notes


def _of_layout(top: SheetHeader, sheet: str) -> Iterator[Note]:
    if top.above:
        above = rows_of(number for number, _ in top.above)
        yield Note(NoteKind.ROWS_ABOVE_HEADINGS, sheet, above, (("header_row", str(top.row)),))
    if top.below:
        yield Note(NoteKind.UNIT_ROWS, sheet, rows_of(top.below))


def _of_headings(plan: SheetPlan) -> Iterator[Note]:
    sheet, matches = plan.head.name, plan.matches
    if matches.matched_by_alias:
        pairs = (pair for heading, name in matches.matched_by_alias.items() for pair in (("heading", heading), ("column", name)))
        yield Note(NoteKind.HEADINGS_READ_AS, sheet, values=tuple(pairs))
    if matches.currency:
        yield Note(NoteKind.CURRENCY_OF_HEADING, sheet, values=(("currency", matches.currency),))
    shown = {one.heading for one in (*plan.states.bound, *plan.states.beside)}  # a customer number is used as well
    for heading, (name, by) in matches.superseded_by.items():
        if heading in shown:
            continue
        yield Note(NoteKind.HEADING_SUPERSEDED, sheet, values=(("heading", heading), ("column", name), ("by", by)))


def _of_compositions(plan: SheetPlan) -> Iterator[Note]:
    sheet = plan.head.name
    for one in plan.compositions.used:
        kind = NoteKind.HEADING_SPLIT if one.is_split else NoteKind.HEADINGS_JOINED
        kind = NoteKind.COMPANY_OR_PERSON if one.has_company else kind
        yield Note(kind, sheet, values=_of_columns(one))
    for one in plan.compositions.in_doubt:
        yield Note(NoteKind.JOIN_IN_DOUBT, sheet, values=(*_of_columns(one), ("why", one.doubt)))


def _of_columns(one: Composition) -> tuple[tuple[str, str], ...]:
    return (*(("heading", heading) for heading in one.headings), *(("column", name) for name in one.fills))


def _of_records(plan: SheetPlan) -> Iterator[Note]:
    sheet = plan.head.name
    if plan.unknown:
        known_first = sorted(plan.unknown, key=lambda heading: looks_like(heading) is None)
        yield Note(NoteKind.HEADINGS_UNUSED, sheet, values=tuple(("heading", heading) for heading in known_first))
    if any(b.column.name == "debtor_type" and b.constant and is_by_name(b.constant) for b in plan.case):
        yield Note(NoteKind.TYPE_BY_NAME, sheet)
    if plan.derive_debtor_type:
        yield Note(NoteKind.TYPE_DERIVED, sheet)
