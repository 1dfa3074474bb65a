"""The words and signs of currencies: which of them a text can mean."""

from __future__ import annotations

import unicodedata
from functools import cache

from importer.domain.code_lists import case_currencies

_KRONER = frozenset(("DKK", "SEK", "NOK", "ISK"))
_FRANCS = frozenset(("CHF",))
_SIGNS_IN_USE = {  # currency words in use that CLDR does not have
    **dict.fromkeys(("kr", "krone", "kroner", "krona", "kronor"), _KRONER),
    **dict.fromkeys(("fr", "sfr"), _FRANCS),
    **dict.fromkeys(("euro", "euros"), frozenset(("EUR",))),
}
CURRENCY_WORDS = frozenset(_SIGNS_IN_USE)
"""Folded words for currencies that are in use besides the codes and the signs of CLDR."""
_SIGN_LOCALES = ("da", "sv", "nb", "de", "en", "is", "pl", "cs", "hu", "tr", "ja")


def currencies_meant(text: str) -> frozenset[str]:
    """Return the currencies that a sign or an everyday name can mean: ``kr``, ``US$``, ``Danish kroner``; none for others."""
    return currencies_of_unit(text.strip()) or _named_currencies().get(_words(text), frozenset())


@cache
def _named_currencies() -> dict[str, frozenset[str]]:
    """Map names of currencies to those that they can mean. Source: CLDR, for the languages of the sheets; and usual words."""
    from babel import Locale

    found: dict[str, set[str]] = {}
    for name in ("en", "da", "sv", "nb", "nn", "de"):
        locale = Locale.parse(name)
        for code in case_currencies():
            plural = dict(locale._data["currency_names_plural"].get(code, {}))  # noqa: SLF001  (Babel has no other way to the forms)
            for text in (locale.currencies.get(code, ""), *plural.values()):
                found.setdefault(_words(str(text)), set()).add(code)
    usual = {"danske kr": "DKK", "svenske kr": "SEK", "norske kr": "NOK", "svenska kr": "SEK", "pund": "GBP", "us dollar": "USD"}
    for text, code in usual.items():
        found.setdefault(_words(text), set()).add(code)
    return {text: frozenset(codes) for text, codes in found.items() if text}


def _words(text: str) -> str:
    return " ".join(text.casefold().replace("-", " ").rstrip(".").split())


def currencies_of_unit(unit: str) -> frozenset[str]:
    """Return the currencies that the unit of an amount can mean: a code, a sign, or a word such as ``kr.``."""
    return _units().get(_bare(unit), frozenset())


def _bare(unit: str) -> str:
    """Return a sign in one form: the wide ``￥`` is ``¥``."""
    return unicodedata.normalize("NFKC", unit).casefold().rstrip(".")


@cache
def _units() -> dict[str, frozenset[str]]:
    """Map folded signs to the currencies that they can mean: ISO codes, CLDR's signs in some languages, and common words."""
    from babel import Locale

    found: dict[str, set[str]] = {code.casefold(): {code} for code in case_currencies()}
    english = Locale.parse("en").currencies
    for name in _SIGN_LOCALES:
        for code, sign in Locale.parse(name).currency_symbols.items():
            if code in case_currencies():
                found.setdefault(_bare(sign), set()).add(code)
    for sign, word in (("$", "Dollar"), ("£", "Pound"), ("¥", "Yen"), ("¥", "Yuan")):
        found[sign] |= {code for code, name in english.items() if word in str(name) and code in case_currencies()}
    return {sign: frozenset(codes) for sign, codes in found.items()} | _SIGNS_IN_USE
