"""A postal code and a town in one text: ``5000 Odense C``, ``SE-111 22 Stockholm``, ``London SW1A 1AA``.

A text is parted only if the country's own form of postal codes shows where the code ends, or if the text is only one of both.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple


class PostalTown(NamedTuple):
    """The postal code and the town of a text; None if the text lacks it."""

    code: str | None
    town: str | None


class PostalAddress(NamedTuple):
    """The street of an address in one text, with its postal code and town."""

    street: str
    place: PostalTown


_OF_DIGITS = {  # Source: UPU, addressing systems
    3: ("FO", "IS"),
    4: ("AT", "BE", "BG", "CH", "CY", "DK", "GE", "GL", "HU", "LI", "LU", "LV", "MK", "NO", "NZ", "SI", "TN", "ZA"),
    5: ("AX", "DE", "EE", "ES", "FI", "FR", "HR", "IT", "KR", "LT", "MC", "ME", "MX", "MY", "RS", "SM", "TR", "UA", "VA"),
    6: ("CN", "RO", "SG"),
}
_BRITISH = "(?i:[A-Z]{1,2}[0-9][A-Z0-9]? ?[0-9][A-Z]{2})"
_FORMS = {
    **{country: f"[0-9]{{{count}}}" for count, countries in _OF_DIGITS.items() for country in countries},
    **dict.fromkeys(("SE", "CZ", "SK", "GR"), "[0-9]{3} ?[0-9]{2}"),
    **dict.fromkeys(("GB", "GG", "IM", "JE", "GI"), _BRITISH),
    "NL": "[0-9]{4}(?: ?[A-Z]{2}(?![A-Za-z]))?",
    "PL": "[0-9]{2}-?[0-9]{3}",
    "PT": "[0-9]{4}(?:-[0-9]{3})?",
    "BR": "[0-9]{5}-?[0-9]{3}",
    "JP": "[0-9]{3}-[0-9]{4}",
    "IN": "[0-9]{3} ?[0-9]{3}",
    "IE": "(?i:[AC-FHKNPRTV-Y][0-9][0-9W] ?[0-9A-Z]{4})",
}
_ANY_DIGITS = "[0-9]{3,6}"
_WITH_STATE = frozenset(("US", "CA", "AU"))
"""Countries whose addresses have a state between the town and the code, so that a text has three parts."""

_VEHICLE_SIGNS = {
    "D": "DE",
    "A": "AT",
    "F": "FR",
    "I": "IT",
    "S": "SE",
    "N": "NO",
    "B": "BE",
    "L": "LU",
    "E": "ES",
    "P": "PT",
    "H": "HU",
    "FIN": "FI",
    "SF": "FI",
    "FL": "LI",
    "SLO": "SI",
    "EST": "EE",
    "UK": "GB",
}
_PREFIX = re.compile(r"([A-Z]{1,3})(?: ?[-\u2010-\u2013] ?| )(?=[0-9])")
_BETWEEN = r"(?: *[,;/\u2013-] *| )"
_LETTER = re.compile(r"[^\W\d_]")
_DIGIT = re.compile(r"[0-9]")
_LINE = re.compile(r"[,;\n]")


@lru_cache(maxsize=4096)
def parted(text: str, country: str | None) -> PostalTown | None:
    """Return the postal code and the town of a text of this country (two letters), or None if it does not show them for sure.

    A text without a digit is a town. The sign of the country before the code is left away, and must be that of ``country``.
    """
    bare = " ".join(text.split()).strip(" ,;")
    if not bare:
        return None
    if not _DIGIT.search(bare):
        return PostalTown(None, bare) if _LETTER.search(bare) else None
    sign = _PREFIX.match(bare)
    if sign and (named := _country_of(sign[1])):
        if country not in (None, named):
            return None
        country, bare = named, bare[sign.end() :]
    return None if country in _WITH_STATE else _parted_by_form(bare, country)


def address_parted(text: str, country: str | None) -> PostalAddress | None:
    """Return the street, postal code and town of an address in one text, or None if it does not show them for sure."""
    for found in reversed(list(_LINE.finditer(text))):
        street, place = text[: found.start()].strip(" ,;\n"), parted(text[found.end() :], country)
        if street and place and place.code and place.town:
            return PostalAddress(" ".join(street.split()), place)
    return None


def _country_of(sign: str) -> str | None:
    return sign if sign in _FORMS else _VEHICLE_SIGNS.get(sign)


def _parted_by_form(text: str, country: str | None) -> PostalTown | None:
    form = _FORMS.get(country or "")
    front, back, alone = _patterns(form or _ANY_DIGITS, is_known=form is not None)
    if alone.fullmatch(text):
        return PostalTown(text, None)
    found = front.fullmatch(text) or back.fullmatch(text)
    return PostalTown(found["code"], found["town"].strip(" ,;")) if found else None


@lru_cache(maxsize=128)
def _patterns(form: str, *, is_known: bool) -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    """Return the patterns of a text with the code in front, with the code at the end, and of a code alone.

    Behind a code of its country's form a town may have digits (Praha 1).
    """
    behind = ".*" if is_known else r"[^\d]*"
    front = rf"(?P<code>{form}){_BETWEEN}(?P<town>['\u2019\"(]?[^\W\d_]{behind})"
    back = rf"(?P<town>[^\d]*[^\W\d_][^\d]*?){_BETWEEN}(?P<code>{form})"
    return re.compile(front), re.compile(back), re.compile(form)
