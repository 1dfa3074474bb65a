"""Personal numbers that their shape makes sure, in whatever column or text they are.

Sources: the pages of each country's register that python-stdnum's modules name; for the Danish, Swedish, Norwegian and
Finnish numbers also cpr.dk, skatteverket.se, skatteetaten.no and dvv.fi. A check digit decides only where digits alone could
as well be something else: a Danish number of today need not fit one, and a mistyped number is as secret.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from importer.domain.personal_numbers import check_digits, dates
from importer.domain.personal_numbers.found import FoundNumber


class NumberShape(NamedTuple):
    """The shape of a number: its pattern, whether a match is one, and how many of its characters are the date of birth."""

    country: str
    pattern: re.Pattern[str]
    is_one: Callable[[str], bool]
    keep: int = 0


def _digits(text: str) -> str:
    return "".join(character for character in text if character.isdigit())


def _letters_and_digits(text: str) -> str:
    return "".join(character for character in text if character.isalnum()).upper()


def _six(holds: Callable[[str], bool]) -> Callable[[str], bool]:
    return lambda text: holds(text[:6])


def _danish_pairs(text: str) -> bool:
    return dates.danish(_digits(text)[:6])


def _norwegian(text: str) -> bool:
    digits = _digits(text)
    return dates.norwegian(digits[:6]) and check_digits.norwegian(digits)


def _swiss(text: str) -> bool:
    return check_digits.swiss(_digits(text))


def _swedish_vat(text: str) -> bool:
    return dates.swedish(_digits(text)[:6])


def _american(text: str) -> bool:
    area, group, serial = text[:3], text[4:6], text[7:]
    return area not in {"000", "666"} and group != "00" and serial != "0000"


_B, _E = r"(?<![0-9A-Za-z])", r"(?![0-9A-Za-z])"
_HYPHEN = r"\s?[-+]\s?"

SHAPES: tuple[NumberShape, ...] = (
    NumberShape("DK", re.compile(rf"{_B}[0-9]{{6}}{_HYPHEN}[0-9]{{4}}{_E}"), _six(dates.danish), 6),
    NumberShape("DK", re.compile(rf"{_B}[0-9]{{2}}([. ])[0-9]{{2}}\1[0-9]{{2}}{_HYPHEN}[0-9]{{4}}{_E}"), _danish_pairs, 8),
    NumberShape("SE", re.compile(rf"{_B}[0-9]{{6}}{_HYPHEN}[0-9]{{4}}{_E}"), _six(dates.swedish), 6),
    NumberShape("SE", re.compile(rf"{_B}[0-9]{{8}}{_HYPHEN}[0-9]{{4}}{_E}"), dates.with_century, 8),
    NumberShape("SE", re.compile(rf"{_B}(?i:SE)[ -]?[0-9]{{6}}-?[0-9]{{4}}[ -]?01{_E}"), _swedish_vat),
    NumberShape("NO", re.compile(rf"{_B}[0-9]{{6}}{_HYPHEN}[0-9]{{5}}{_E}"), _six(dates.norwegian), 6),
    NumberShape("NO", re.compile(rf"{_B}[0-9]{{6}}[ .]?[0-9]{{5}}{_E}"), _norwegian, 6),
    NumberShape(
        "FI", re.compile(rf"{_B}[0-9]{{6}}[-+A-FU-Ya-fu-y][0-9]{{3}}[0-9A-FHJ-NPR-Ya-fhj-npr-y]{_E}"), _six(dates.day_first), 6
    ),
    NumberShape("BE", re.compile(rf"{_B}[0-9]{{2}}\.[0-9]{{2}}\.[0-9]{{2}}-[0-9]{{3}}[.-][0-9]{{2}}{_E}"), lambda _: True, 8),
    NumberShape("US", re.compile(rf"{_B}[0-9]{{3}}-[0-9]{{2}}-[0-9]{{4}}(?![0-9A-Za-z-])"), _american),
    NumberShape(
        "CH", re.compile(rf"{_B}756[. ]?[0-9]{{4}}[. ]?[0-9]{{4}}[. ]?[0-9]{{2}}{_E}"), lambda t: check_digits.swiss(_digits(t))
    ),
    NumberShape(
        "FR",
        re.compile(rf"{_B}[12] ?[0-9]{{2}} ?(?:0[1-9]|1[0-2]|[2-9][0-9]) ?[0-9]{{2}} ?[0-9]{{3}} ?[0-9]{{3}} ?[0-9]{{2}}{_E}"),
        lambda text: check_digits.french(_digits(text)),
    ),
    NumberShape(
        "IT",
        re.compile(rf"{_B}(?i:[A-Z]{{6}}[0-9LMNP-V]{{2}}[A-EHLMPRST][0-9LMNP-V]{{2}}[A-Z][0-9LMNP-V]{{3}}[A-Z]){_E}"),
        lambda _: True,
    ),
    NumberShape(
        "ES", re.compile(rf"{_B}[XYZxyz]-?[0-9]{{7}}-?[A-Za-z]{_E}"), lambda t: check_digits.spanish(_letters_and_digits(t))
    ),
    NumberShape("ES", re.compile(rf"{_B}[0-9]{{8}}-[A-Za-z]{_E}"), lambda text: check_digits.spanish(_letters_and_digits(text))),
    NumberShape("GB", re.compile(rf"{_B}[A-CEGHJ-PR-TW-Z]{{2}} [0-9]{{2}} [0-9]{{2}} [0-9]{{2}} [A-D]{_E}"), lambda _: True),
)

_OF_DIGITS = tuple(shape for shape in SHAPES if shape.country in {"NO", "CH", "FR"})
"""The shapes that digits without any sign can have."""
POSSIBLE = re.compile(
    r"[0-9][0-9](?:"
    r"[0-9]{4}(?:[0-9]{3}|[0-9]{0,2}\s?[-+]|[ ./][0-9]{3}|[0-9]?-?[A-Za-z])"  # six digits and more, or a sign
    r"|[0-9]-[0-9]{2}-[0-9]{4}|\.[0-9]{2}\.[0-9]{2}-|[ .][0-9]{2}[ .][0-9]{2}\s?[-+/.]?\s?[0-9]{3}|[0-9]{0,2} [0-9]{6}"
    r"|[0-9]\.[0-9]{4}\.| [0-9]{3} [0-9]{3} | [0-9]{2} [0-9]{2} ?[A-D]"
    r"|[0-9] [0-9]{2} [0-9]{4}|[A-Za-z][0-9LMNP-Vlmnp-v]{2}[A-Za-z])"
)
"""What every shape has, to pass over most texts quickly. It begins with a class of characters, which is fast."""


def may_hold_number(text: str) -> bool:
    """Return whether a text may hold a personal number of any shape, or the digits of one with a word in front of it."""
    return POSSIBLE.search(text) is not None


def sure_numbers(text: str) -> Iterator[FoundNumber]:
    """Yield the personal numbers in a text that their shape makes sure. ``text`` has plain digits and hyphens."""
    for shape in _OF_DIGITS if text.isdigit() else SHAPES:
        for match in shape.pattern.finditer(text):
            if shape.is_one(match[0]):
                yield _found(shape, match)


def _found(shape: NumberShape, match: re.Match[str]) -> FoundNumber:
    if match[0][:2].upper() == "SE":  # the middle of a VAT id is the number; the country and the 01 are not secret
        digits = re.search(r"[0-9]{6}-?[0-9]{4}", match[0])
        assert digits is not None
        return FoundNumber(shape.country, match.start() + digits.start(), match.start() + digits.end(), 6)
    return FoundNumber(shape.country, match.start(), match.end(), shape.keep)
