"""The states of the US: texts of sheets become the two letters of ``stateAlpha2``, which Debitura requires for US debtors.

Source: ISO 3166-2:US as packaged by pycountry, which includes the District of Columbia and the outlying areas.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache

US = "US"
"""The country code of the United States."""

_NAMES_IN_USE = {  # common names that ISO 3166-2 lacks
    "Washington DC": "DC",
    "DC Washington": "DC",
    "Commonwealth of the Northern Mariana Islands": "MP",
    "Virgin Islands": "VI",
    "US Virgin Islands": "VI",
    "Virgin Islands of the United States": "VI",
}
_PASSED_OVER = re.compile(r"[\s\u00ad\u200b-\u200f\u2010-\u2015\u2060\ufeff.,'\u2019_-]+")


@lru_cache(maxsize=1024)
def find_us_state(text: str) -> str | None:
    """Return the two letters of the state that ``text`` means, or None.

    ``text`` may be the code (``CA``, ``US-CA``) or the name (``California``), in any case and with any blanks.
    """
    return _states().get(_key(text))


@cache
def us_state_names() -> dict[str, str]:
    """Return the names of all states, each with its two letters."""
    import pycountry

    return {s.name: s.code.removeprefix("US-") for s in pycountry.subdivisions if s.country_code == US}


@cache
def _states() -> dict[str, str]:
    names = us_state_names()
    codes = {key: code for code in names.values() for key in (code, f"US{code}")}
    return {_key(text): code for text, code in (names | _NAMES_IN_USE | codes).items()}


def _key(text: str) -> str:
    """Return the form by which states are compared: without regard to case, blanks, hyphens, full stops and commas."""
    return _PASSED_OVER.sub("", unicodedata.normalize("NFKC", text).casefold())
