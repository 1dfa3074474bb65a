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
from importer.loader.values.currency_words import currencies_meant


@dataclass(frozen=True, slots=True)
class ShownCurrency:
    """A sign that a number format shows, and the currencies that it can mean.

    There are none if the sign is not known or contradicts another; ``fault`` then says so, as a part of a sentence.
    """

    sign: str
    codes: frozenset[str]
    fault: str = ""

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
    meant = [shown for one in signs if (shown := _meant(one)).codes or one.is_marked]
    if not meant:
        return None
    sign = " and ".join(dict.fromkeys(one.sign for one in meant))
    if fault := next((one.fault for one in meant if one.fault), ""):
        return ShownCurrency(sign, frozenset(), fault)
    common = frozenset.intersection(*(one.codes for one in meant))
    return ShownCurrency(sign, common, "" if common else "which are different currencies")


def _meant(one: CurrencySign) -> ShownCurrency:
    """Return what one sign means. A sign of several currencies is decided by its locale, which must have one of them.

    A code, or a sign that a single currency has, counts in any locale: ``[$EUR-409]``.
    """
    codes, own = currencies_meant(one.sign), _currencies_of(one.locale) if one.locale else frozenset()
    found = (codes & own) or (_signed(one.sign, one.locale) if one.locale else frozenset())
    if found or not own or len(codes) == 1:
        found = found or codes
        return ShownCurrency(one.sign, found, "" if found else "which is no currency that is known")
    if not codes:
        return ShownCurrency(one.sign, codes, "which is no currency that is known")
    return ShownCurrency(one.sign, frozenset(), f"in a format of {locale_name(one.locale)}, whose currency has another sign")


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
def _signed(sign: str, locale: str) -> frozenset[str]:
    """Return the currencies that a locale has and writes with this sign. Source: CLDR, and the signs that Windows writes."""
    from babel import Locale, UnknownLocaleError

    bare, own = sign.casefold().rstrip("."), _currencies_of(locale)
    if (code := _SIGNS_OF_WINDOWS.get(bare)) and (code in own or not own):
        return frozenset((code,))
    try:
        signs = Locale.parse(locale_name(locale) or "").currency_symbols
    except (ValueError, UnknownLocaleError):
        return frozenset()
    return frozenset(code for code in own if str(signs.get(code, "")).casefold().rstrip(".") == bare)


_SIGNS_OF_WINDOWS = {
    **dict.fromkeys(("lei", "leu"), "RON"),
    **dict.fromkeys(("din", "дин"), "RSD"),
    **dict.fromkeys(("tl", "ytl"), "TRY"),
    "lek": "ALL",
}
"""Signs that Windows writes beside the locale of a currency, and CLDR does not have, without their points."""
