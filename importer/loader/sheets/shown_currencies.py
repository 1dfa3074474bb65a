"""Columns of currencies that a sheet does not have, because the number formats of its amounts show the currency."""

from __future__ import annotations

from importer.loader.sheets.amount_names import AMOUNT
from importer.loader.sheets.heading_matches import HeadingMatches, SheetContext
from importer.loader.sheets.shape import Shape
from importer.loader.values.shown_currency import shown_currency

_VOUCHER_AMOUNT = "voucher_amount"


def currencies_shown(matches: HeadingMatches, shape: Shape, around: SheetContext) -> set[str]:
    """Return the names of the currency's column if an amount among the first rows shows its currency by its format."""
    position = matches.position_of(_VOUCHER_AMOUNT if shape is Shape.VOUCHERS else AMOUNT)
    if position is None:
        return set()
    cells = (cells[position] for cells in around.sample if position < len(cells))
    return {"currency"} if any(shown_currency(cell) for cell in cells) else set()
