"""Amounts that their cells show otherwise than they hold them: with a minus, beside words, in thousands, or not at all."""

from __future__ import annotations

from functools import lru_cache

from importer.domain.number_formats.meaning import may_be_odd, odd_amount, shown_text
from importer.domain.number_formats.number_format import exact, number_format
from importer.domain.number_formats.section import FormatSection
from importer.domain.special_cells import ShownNumber, number_text
from importer.loader.values.currency_words import currencies_meant

_BLANKS = " \u00a0\u202f"
_APART = _BLANKS + "'"


def unclear_amount(cell: ShownNumber) -> tuple[str, str] | None:
    """Return the words for what makes it unclear which amount a cell means, with its values and without them.

    None if the cell shows what it holds.

    Beside its digits an amount may show its currency. Any other text may say that it is a credit, a price for something, or an
    amount in thousands (``Cr``, ``EUR/md.``, ``TEUR``), so that none is passed over.
    """
    if odd := odd_amount(cell.code, cell):
        return odd.value, odd.value
    choice = number_format(cell.code).choose(exact(cell))
    if choice is None or not cell:
        return None
    if not _is_unclear(choice.section) and not (cell > 0 and choice.section.shows_minus):
        return None
    shown = shown_text(cell.code, cell)
    if shown and not shown.strip("#"):  # of a column that is too narrow
        return None
    what = f'is shown as "{shown}"' if shown else "is not shown at all"
    return f"{what}, but the cell holds {number_text(cell)}", "is shown in another way than its cell holds it"


@lru_cache(maxsize=4096)
def may_be_unclear(code: str) -> bool:
    """Return whether it is unclear of some numbers in this format which amount is meant."""
    form = number_format(code)
    shown = (*form.of_positives, *form.sections[:2])
    return may_be_odd(code) or any(map(_is_unclear, shown)) or any(section.shows_minus for section in form.of_positives)


@lru_cache(maxsize=4096)
def _is_unclear(section: FormatSection) -> bool:
    """Return whether a section shows no number, or a text that is no currency beside or between its digits."""
    if section.is_date:
        return False
    texts = (one.sign for one in section.signs if not one.is_marked)
    return section.is_without_number or bool(section.literals.between.strip(_APART)) or not all(map(currencies_meant, texts))
