"""The currency of a row that only the number formats of its amounts show."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from importer.domain.code_lists import case_currencies
from importer.domain.columns import ValueKind
from importer.domain.records import Reject
from importer.domain.special_cells import ShownNumber
from importer.loader.records.column_readers import ColumnReader
from importer.loader.records.row_values import RowValues
from importer.loader.sheets.plan import SheetPlan
from importer.loader.values.amounts import currencies_of
from importer.loader.values.currency_words import currencies_meant
from importer.loader.values.shown_currency import ShownCurrency, shown_currency, shows_currency

Shown = Sequence[tuple[str, ShownCurrency]]
"""The amounts of a row whose formats show a currency: their columns, and what is shown."""


def currencies_shown_in(found: RowValues, amounts: Iterable[ColumnReader]) -> Shown:
    """Return the currencies that the formats of a row's amounts show, if those could be read."""
    return [
        (amount.name, shown)
        for amount in amounts
        if type(cell := amount.cell(found.cells)) is ShownNumber and amount.name in found.values
        if (shown := shown_currency(cell))
    ]


def take_shown_currency(found: RowValues, shown: Shown) -> str:
    """Take the currency that a number format shows, as if it were written in the currency column.

    Returns the text of the amount that shows it, "" if it is not taken. The default of the settings is for lists that name no
    currency, so that it gives way, unless a sign can mean it too.
    """
    name, first = next(((name, one) for name, one in shown if one.codes), ("", None))
    if first is None:
        return ""
    written = found.values.get("currency")
    if written is not None and (not found.defaults_currency or _may_mean(written, first)):
        return ""
    found.values["currency"] = first.name
    return found.text_in(name) or ""


def is_shown_by_some(plan: SheetPlan, formats_in: Callable[[int], frozenset[str]]) -> bool:
    """Return whether amounts of a sheet show their currency, and else only the settings would name it.

    A title that names the currency names it for all rows.
    """
    columns = (*plan.case, *plan.voucher)
    by_default = any(one.column.name == "currency" and one.is_default for one in columns)
    if not by_default or plan.matches.currency_in_title:
        return False
    amounts = {one.position for one in columns if one.column.value_kind is ValueKind.MONEY and one.position is not None}
    return any(shows_currency(code) for position in amounts for code in formats_in(position))


def leave_default(found: RowValues, shown: Shown, amounts: Sequence[ColumnReader]) -> None:
    """Leave the currency of the settings out of a row whose amounts show none, where other rows of the sheet show theirs."""
    if found.defaults_currency and not shown and not any(map(currencies_of, found.texts_of(amounts))):
        found.values.pop("currency", None)


def reject_unshown(found: RowValues, amounts: Sequence[ColumnReader]) -> None:
    """Reject a row that was left without a currency, with what to do."""
    if "currency" not in found.values and found.defaults_currency:
        name = next((amount.name for amount in amounts if amount.name in found.values), "currency")
        found.reject("currency_not_shown", _NOT_SHOWN, name)


_NOT_SHOWN = (
    "shows no currency, and other amounts of the sheet show theirs by the formats of their cells. Add a currency column, or name "
    "the currency of all rows in the profile ([constants])"
)


def check_shown_currencies(found: RowValues, shown: Shown) -> None:
    """Reject an amount whose number format shows a currency that is not known, or another one than the row's."""
    if not shown:  # most rows
        return
    currency = found.values.get("currency")
    for name, one in shown:
        if not one.codes:
            message = f"is shown with {one.sign}, {one.fault}. Correct the cell's format"
            found.reject("currency_unknown", message, name)
        elif currency in case_currencies() and currency not in one.codes:
            message = f"is shown in {one.name} by the cell's format, but the row's currency is {currency}. Correct one"
            found.reject("currency_differs", message, name)


def is_of_shown(reject: Reject) -> bool:
    """Return whether a row is rejected for what the formats of its cells show, which earlier releases did not read."""
    return bool(_CODES.intersection(reason.code for reason in reject.reasons))


_CODES = frozenset(
    ("currency_unknown", "currency_differs", "amount_unclear", "shown_unclear", "made_a_date", "currency_not_shown")
)


def _may_mean(written: str, shown: ShownCurrency) -> bool:
    """Return whether a currency that is written as a code or a sign may be the one that is shown."""
    meant = {written} if written in case_currencies() else currencies_meant(written)
    return not shown.codes.isdisjoint(meant)
