"""The currency of a row that only the number formats of its amounts show."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from importer.domain.code_lists import case_currencies
from importer.domain.records import Reject
from importer.loader.records.column_readers import ColumnReader
from importer.loader.records.row_values import RowValues
from importer.loader.values.amounts import currencies_meant
from importer.loader.values.shown_currency import ShownCurrency, shown_currency


def take_shown_currency(found: RowValues, amounts: Iterable[ColumnReader]) -> None:
    """Take the currency that a number format shows, as if it were written in the currency column.

    The default of the settings is for lists that name no currency, so that it gives way, unless a sign can mean it too.
    """
    shown = next((one for amount in amounts if (one := _shown(found, amount)) and one.codes), None)
    if shown is None:
        return
    written = found.values.get("currency")
    if written is not None and not _is_default(found):
        return
    if written is None or not _may_mean(written, shown):
        found.values["currency"] = shown.name


def check_shown_currencies(found: RowValues, amounts: Sequence[ColumnReader]) -> None:
    """Reject an amount whose number format shows a currency that is not known, or another one than the row's."""
    currency = found.values.get("currency")
    for amount in amounts:
        shown = _shown(found, amount)
        if shown is None:
            continue
        if not shown.codes:
            message = f"is shown with {shown.sign}, which is no currency that is known. Correct the cell's format"
            found.reject("currency_unknown", message, amount.name)
        elif currency in case_currencies() and currency not in shown.codes:
            message = f"is shown in {shown.name} by the cell's format, but the row's currency is {currency}. Correct one"
            found.reject("currency_differs", message, amount.name)


def is_of_shown(reject: Reject) -> bool:
    """Return whether a row is rejected for what the formats of its cells show, which earlier releases did not read."""
    return bool(_CODES.intersection(reason.code for reason in reject.reasons))


_CODES = frozenset(("currency_unknown", "currency_differs", "amount_unclear", "shown_unclear", "made_a_date"))


def _shown(found: RowValues, amount: ColumnReader) -> ShownCurrency | None:
    return shown_currency(amount.cell(found.cells)) if amount.name in found.values else None


def _is_default(found: RowValues) -> bool:
    return any(reader.name == "currency" and reader.bound.is_default for reader in found.readers)


def _may_mean(written: str, shown: ShownCurrency) -> bool:
    """Return whether a currency that is written as a code or a sign may be the one that is shown."""
    meant = {written} if written in case_currencies() else currencies_meant(written)
    return not shown.codes.isdisjoint(meant)
