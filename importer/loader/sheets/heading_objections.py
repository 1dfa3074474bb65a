"""The objections to reading a heading that may also mean something else: by another heading, or by its own first cells."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from importer.domain.aliases import counter_heading
from importer.domain.cells import Cell
from importer.domain.columns import column, index_of
from importer.domain.kinds import RecordKind
from importer.domain.row_states import truth_of
from importer.domain.text_keys import header_key
from importer.loader.sheets.amount_names import AMOUNT, is_open_beside, is_remaining_name
from importer.loader.sheets.cell_tests import may_be_date, may_be_number, objection_to
from importer.loader.sheets.heading_matches import HeadingMatches, HeadingObjection, SheetHeadings
from importer.loader.sheets.shape import unit_of
from importer.loader.sheets.state_columns import AMOUNTS, state_of
from importer.loader.values.parsers import display_text, is_blank

_PLAIN_AMOUNTS = frozenset(("amount", "beloeb", "belob", "belopp", "beloep", "belop", "betrag"))  # may be with or without tax
_AGAINST = {
    "paid": "says that part of it may be paid",
    "tax": "leaves open whether it includes the tax",
    "sign": "says whether it is a debit or a credit",
    "open": "may be what is still open",
}


def objection_against(headings: SheetHeadings, matches: HeadingMatches, name: str, position: int) -> HeadingObjection | None:
    """Return the objection to reading a weak heading as ``name``, from another heading or its own first cells, or None."""
    return _by_another_heading(headings, matches, name, position) or _by_its_cells(headings, name, position)


def naming_open(objections: Mapping[str, HeadingObjection], free: Iterable[str]) -> Mapping[str, HeadingObjection]:
    """Return the objections; that to the amount names the heading among the ``free`` ones that says that it is what is left."""
    objection = objections.get(AMOUNT)
    left = [heading for heading in free if is_open_beside(heading) and is_remaining_name(heading)]
    if objection is None or objection.answer is not None or len(left) != 1 or left[0] == objection.heading:
        return objections
    reason = f'{objection.reason}, and "{left[0]}" {_AGAINST["open"]}'
    return {**objections, AMOUNT: replace(objection, reason=reason, answer=left[0])}


def _by_another_heading(headings: SheetHeadings, matches: HeadingMatches, name: str, position: int) -> HeadingObjection | None:
    heading = headings.header[position]
    bare = (unit_of(heading) or (header_key(heading), None))[0]
    unmatched = (at for at, found in enumerate(matches.names) if not found and headings.header[at] != heading)
    for at in unmatched:
        other = headings.header[at]
        reason = _counter(headings, name, at)
        if reason and (reason != "tax" or bare in _PLAIN_AMOUNTS):
            return HeadingObjection(heading, f'"{other}" {_AGAINST[reason]}', other if reason == "open" else None)
    return None


def _counter(headings: SheetHeadings, name: str, position: int) -> str | None:
    """Return why a heading contradicts another one as ``name``. One that only shows which rows are paid or open does not.

    The profile may leave such a column out.
    """
    reason = counter_heading(name, header_key(headings.header[position]))
    if reason not in ("paid", "open"):
        return reason
    if headings.free(position):
        state = state_of(headings, position)
        return reason if state is None or state in AMOUNTS else None
    return None if reason == "paid" and _is_yes_or_day(headings.cells(position)) else reason


def _is_yes_or_day(cells: Iterable[Cell]) -> bool:
    """Return whether the cells below a heading say yes or no, or are days, and are no amounts."""
    filled = [cell for cell in cells if not is_blank(cell)]
    if not filled or any(map(may_be_number, filled)):
        return False
    return all(truth_of(display_text(cell)) is not None or may_be_date(cell) for cell in filled)


def _by_its_cells(headings: SheetHeadings, name: str, position: int) -> HeadingObjection | None:
    kind = RecordKind.VOUCHER if name == "voucher_amount" or name not in index_of(RecordKind.CASE).values() else RecordKind.CASE
    reason = objection_to(name, column(kind, name).value_kind, headings.cells(position))
    return HeadingObjection(headings.header[position], reason) if reason else None
