"""The currency of a row that is written as a sign or an everyday name: ``kr``, ``Danish kroner``, ``$``.

A sign that several currencies share is decided by the row itself: by the sign of its amount, or by the countries of creditor and
debtor, if exactly one of the currencies is theirs. Else it is an error; it is never guessed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import cache

from importer.domain.code_lists import case_currencies
from importer.loader.records.row_values import RowValues
from importer.loader.values.amounts import currencies_of
from importer.loader.values.currency_words import currencies_meant

_WRITE_CODE = "Write the three-letter ISO code in a currency column"
_COUNTRIES = ("creditor_country", "debtor_country")


def resolve_currency(found: RowValues, amounts: Iterable[str], shown: str = "") -> None:
    """Replace the currency of a row by its code if it is written in another way. ``amounts`` are the row's amounts as texts.

    ``shown`` is the text of the amount if only the format of its cell shows the currency. Adds the reason if the row does not
    say which of several currencies is meant.
    """
    written = found.values.get("currency")
    if written is None or written in case_currencies():
        return
    meant = currencies_meant(written)
    if not meant:
        return  # the models reject it
    proven = _narrowed(meant, amounts) if len(meant) > 1 else meant
    if len(proven) > 1:
        proven = proven & _own_currencies(found)
    if len(proven) == 1:
        found.values["currency"] = next(iter(proven))
        return
    likely = sorted(meant & _own_currencies(found) or meant)[:3]
    message, gist = _unclear_sign(written, shown)
    found.reject("currency", message, "currency", tuple(likely))
    found.reasons[-1] = replace(found.reasons[-1], gist=gist)
    del found.values["currency"]


def _unclear_sign(written: str, shown: str) -> tuple[str, str | None]:
    """Return the message about a sign of several currencies, and the same without the values of the row."""
    if not shown:
        return "is the sign of several currencies, and the row does not show which one. Write the three-letter ISO code", None
    what = f'is only shown as "{written}", a sign of several currencies, by the format of the amount'
    return f'{what} ("{shown}"). {_WRITE_CODE}', f"{what}. {_WRITE_CODE}"


def _narrowed(meant: frozenset[str], amounts: Iterable[str]) -> frozenset[str]:
    """Return those of the currencies that the sign of an amount can mean too."""
    for text in amounts:
        if common := meant & currencies_of(text):
            meant = common
    return meant


def _own_currencies(found: RowValues) -> frozenset[str]:
    return frozenset(code for name in _COUNTRIES for code in _currencies_of(found.values.get(name) or ""))


@cache
def _currencies_of(country: str) -> frozenset[str]:
    """Return the currencies that are legal tender in a country today. Source: CLDR."""
    if not country:
        return frozenset()
    from babel.core import get_global

    found = get_global("territory_currencies").get(country, ())
    return frozenset(code for code, _, until, is_tender in found if until is None and is_tender)
