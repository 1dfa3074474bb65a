"""What may fill a column: a heading whose cells it could hold, or one value for all rows where that makes sense."""

from __future__ import annotations

from importer.domain.cells import Cell
from importer.domain.columns import FLAT_PREFIX, Column, Requirement, ValueKind
from importer.domain.text_keys import header_key
from importer.loader.profiles.draft import CONTACT, FromHeading, ProfileDraft
from importer.loader.profiles.joins import joined_headings
from importer.loader.profiles.proposal import Heading
from importer.loader.sheets.cell_tests import may_be_date, may_be_number
from importer.loader.sheets.plan import column_in
from importer.loader.sheets.shape import Shape
from importer.loader.values.parsers import display_text

_BY_ROW = (ValueKind.MONEY, ValueKind.DATE, ValueKind.IDENTIFIER)
_ALIKE_IN_ALL_ROWS = frozenset(("debtor_type", "debtor_country", CONTACT))


def may_be_constant(name: str, shape: Shape) -> bool:
    """Return whether one value for all rows makes sense: not for the debtor, nor for a reference, an amount or a date.

    All vouchers of a sheet may belong to one case, but each has an amount and a date of its own.
    """
    if name in {"case_ref", "case_id"} and shape is Shape.VOUCHERS:
        return True
    plain = name.removeprefix(FLAT_PREFIX)
    if plain.startswith("debtor_"):
        return plain in _ALIKE_IN_ALL_ROWS
    return plain.startswith("creditor_c") or column_in(shape, name).value_kind not in _BY_ROW


def could_hold(column: Column, heading: Heading, share: float) -> bool:
    """Return whether a column could hold the cells below a heading. ``share`` (0 to 1) is that of the cells that it accepts.

    Names, countries and currencies are written in too many ways to be refused, unless the cells are amounts or dates.
    """
    if column.value_kind in _BY_ROW:
        return share > 0
    return sum(map(_is_amount_or_date, heading.cells)) * 2 <= len(heading.cells)


def _is_amount_or_date(cell: Cell) -> bool:
    """Return whether a cell is an amount or a date. Figures alone may be a code of something."""
    return not display_text(cell).strip().isdigit() and (may_be_number(cell) or may_be_date(cell))


def heading_named(draft: ProfileDraft, text: str) -> str | None:
    """Return the heading of the sheet that a typed text is, in whatever letter case, or None."""
    return next((heading for heading in draft.headings() if header_key(heading) == header_key(text)), None)


def refusal_of_heading(draft: ProfileDraft, name: str, heading: str) -> str | None:
    """Return why a heading cannot fill a column, or None if it can, also instead of an optional column that it fills now."""
    shape = draft.proposal.shape
    guess = next((one for one in draft.proposal.guesses if one.heading.text == heading and not one.repeated), None)
    if guess is None or heading in joined_headings(draft.joined):
        return f'There is no heading "{heading}" that could still fill {name}.'
    if refusal := _refusal_of_reuse(draft, name, heading):
        return refusal
    if not could_hold(column_in(shape, name), guess.heading, draft.sheet.agreement(shape, name, guess.heading)):
        return f'The values below "{heading}" cannot be {name}.'
    return None


def _refusal_of_reuse(draft: ProfileDraft, name: str, heading: str) -> str | None:
    used = draft.columns.get(heading)
    if used is None or used == name:
        return None
    is_answer = any(isinstance(fill, FromHeading) and fill.heading == heading for fill in draft.column_answers.values())
    if is_answer or column_in(draft.proposal.shape, used).requirement is Requirement.REQUIRED:
        return f'There is no heading "{heading}" that could still fill {name}: it fills {used}.'
    return None
