"""The currency that the number format of an amount shows: ``[$€-407]``, ``[$SEK]``, ``"kr."``.

A sign that several currencies share is decided by the locale beside it, if the format has one. What words and signs mean is
decided as for amounts that are written as texts.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache

from importer.domain.cells import Cell
from importer.domain.code_lists import case_currencies
from importer.domain.number_formats.meaning import locale_name
from importer.domain.number_formats.number_format import exact, number_format
from importer.domain.number_formats.section import CurrencySign
from importer.domain.special_cells import ShownNumber
from importer.loader.values.amounts import currencies_meant


@dataclass(frozen=True, slots=True)
class ShownCurrency:
    """A sign that a number format shows, and the currencies that it can mean: none if it is not known, or contradicts another."""

    sign: str
    codes: frozenset[str]

    @property
    def name(self) -> str:
        """The code of the currency, or the sign if that is not sure."""
        return next(iter(self.codes)) if len(self.codes) == 1 else self.sign


def shown_currency(cell: Cell) -> ShownCurrency | None:
    """Return the currency that the format of a cell shows; None if it shows none."""
    if not isinstance(cell, ShownNumber):
        return None
    every = _of_sections(cell.code)
    if len(every) == 1:  # most formats
        return next(iter(every))
    signs = number_format(cell.code).signs(exact(cell))
    return _combined(signs) if signs else None


@lru_cache(maxsize=4096)
def _of_sections(code: str) -> frozenset[ShownCurrency | None]:
    """Return what the sections of a format show."""
    return frozenset(_combined(section.signs) for section in number_format(code).sections)


@lru_cache(maxsize=4096)
def shows_currency(code: str) -> bool:
    """Return whether a format shows a currency for some numbers."""
    return any(shown is not None for shown in _of_sections(code))


@lru_cache(maxsize=4096)
def _combined(signs: tuple[CurrencySign, ...]) -> ShownCurrency | None:
    """Return what the signs of one section mean together. A text that is no currency is none of them."""
    meant = [(one.sign, codes) for one in signs if (codes := _meant(one)) or one.is_marked]
    if not meant:
        return None
    common = frozenset.intersection(*(codes for _, codes in meant))
    return ShownCurrency(" and ".join(dict.fromkeys(sign for sign, _ in meant)), common)


def _meant(one: CurrencySign) -> frozenset[str]:
    codes, own = currencies_meant(one.sign), _currencies_of(one.locale) if one.locale else frozenset()
    if not codes:
        return own if one.locale and _is_sign_of(one.sign, one.locale) else frozenset()
    return (codes & own) or codes


@cache
def _currencies_of(locale: str) -> frozenset[str]:
    """Return the currencies that are legal tender in the country of a locale. Source: CLDR."""
    name = locale_name(locale)
    country = name.rpartition("_")[2] if name and "_" in name else ""
    if not country:
        return frozenset()
    from babel.core import get_global

    found = get_global("territory_currencies").get(country, ())
    current = {code for code, _, until, is_tender in found if until is None and is_tender}
    return frozenset(current & set(case_currencies()))


@cache
def _is_sign_of(sign: str, locale: str) -> bool:
    """Return whether a locale writes its own currency with this sign. Source: CLDR."""
    from babel import Locale, UnknownLocaleError

    try:
        signs = Locale.parse(locale_name(locale) or "").currency_symbols
    except (ValueError, UnknownLocaleError):
        return False
    bare = sign.casefold().rstrip(".")
    return any(str(signs.get(code, "")).casefold().rstrip(".") == bare for code in _currencies_of(locale))
