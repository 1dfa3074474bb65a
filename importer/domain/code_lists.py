"""The closed lists of both APIs, and the words that people use for their members.

Sources: the case-voucher reference of Debbie (currencies, sources), its list of voucher type ids, ISO 3166 and
ISO 4217 as packaged by pycountry, and the names of countries in CLDR as packaged by Babel.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from functools import cache, lru_cache
from uuid import UUID

from importer.domain.country_names import OWN_NAMES
from importer.domain.text_keys import fold


class DebtorType(StrEnum):
    """``debtor.type`` of a case."""

    COMPANY = "Company"
    PERSON = "Person"


class VoucherSource(StrEnum):
    """The party that imposes a voucher: the creditor (usually from an ERP system) or the collection agency."""

    CREDITOR = "CREDITOR"
    COLLECTOR = "COLLECTOR"


class Direction(IntEnum):
    """The sign of a voucher's amount in a request: a debt is negative, a credit or deposit positive."""

    DEBT = -1
    CREDIT = 1


VOUCHER_CURRENCIES = ("DKK", "SEK", "NOK", "USD", "EUR", "GBP", "CHF")


_DEBTOR_TYPES = {
    DebtorType.COMPANY: ("company", "business", "organisation", "organization", "firma", "virksomhed", "selskab", "b2b"),
    DebtorType.PERSON: ("person", "private", "individual", "consumer", "privat", "privatperson", "b2c"),
}


@lru_cache(maxsize=1024)
def find_debtor_type(text: str) -> DebtorType | None:
    """Return the debtor type that ``text`` means in any of the supported languages, or None."""
    wanted = fold(text)
    return next((kind for kind, words in _DEBTOR_TYPES.items() if wanted in words), None)


BY_NAME = "by name"
"""The value instead of a debtor type for mixed lists: see :mod:`importer.domain.parties.decide`."""


@lru_cache(maxsize=1024)
def is_by_name(text: str) -> bool:
    """Return whether ``text`` is the value ``by name``."""
    return fold(text) == fold(BY_NAME)


def debtor_type_words() -> dict[str, str]:
    """Return the words for debtor types, each with the type that it means."""
    return {word: kind.value for kind, words in _DEBTOR_TYPES.items() for word in words}


@dataclass(frozen=True, slots=True)
class VoucherType:
    """One voucher type: its id at Debbie, its names, and the sign of its amounts."""

    id: UUID
    name: str
    danish: str
    direction: Direction


def _type(name: str, danish: str, direction: Direction, identifier: str) -> VoucherType:
    return VoucherType(UUID(identifier), name, danish, direction)


VOUCHER_TYPES: tuple[VoucherType, ...] = (
    _type("invoice", "Faktura", Direction.DEBT, "eb41e58e-fccf-419d-a771-cd5027fe6e87"),
    _type("credit note", "Kreditnota", Direction.CREDIT, "ef2cdc50-230f-4046-b1af-0f9c498dddd3"),
    _type("final statement", "Opgørelse", Direction.DEBT, "42385ae0-6846-425c-a793-8d47a3b190b5"),
    _type("on-account invoice", "Acontofaktura", Direction.DEBT, "2d101b6e-74f9-4a4d-9f8e-c7abe2264da0"),
    _type("loan", "Gældsbrev", Direction.DEBT, "bf61f462-6d3c-42e8-a99a-852d4a664926"),
    _type("collection cost", "Inkassoomkostning", Direction.DEBT, "07960de4-303d-4793-92da-3a8cfd5da1a1"),
    _type("collection fee", "Inkassogebyr", Direction.DEBT, "4c3ccbbf-0651-45b2-b37b-4fe736acfd7e"),
    _type("reminder fee", "Rykkergebyr", Direction.DEBT, "3e51bf87-3c8f-4dd5-abd5-69417d113c89"),
    _type("compensation", "Kompensationsgebyr", Direction.DEBT, "ed3e3d61-e1bc-4ee2-9166-adf2c41a2bbf"),
    _type("DK interest", "Procesrente", Direction.DEBT, "ca4af363-9925-436c-83d6-23b3db6ed5d2"),
    _type("fixed interest", "Fastrente", Direction.DEBT, "299dc393-1b71-4950-860f-8fb485036722"),
    _type("yearly interest", "Årlig rente", Direction.DEBT, "37db68dd-80be-40c7-8d2d-3619c793107f"),
    _type("deposit", "Indbetaling", Direction.CREDIT, "c51f2f6a-8081-45ef-b52d-5e0569fdf12e"),
)


@dataclass(frozen=True)
class VoucherTypes:
    """The voucher types of one installation: Debbie's own, and the ``extra`` ones from its settings."""

    extra: tuple[VoucherType, ...] = ()

    def find(self, text: str) -> VoucherType | None:
        """Return the type with this English or Danish name or UUID, or None."""
        return _find_type(self.extra, text)

    def names(self) -> list[str]:
        """Return the English names of all types."""
        return [t.name for t in (*VOUCHER_TYPES, *self.extra)]

    def words(self) -> dict[str, str]:
        """Return the English and Danish names of all types, each mapped to itself."""
        return {name: name for t in (*VOUCHER_TYPES, *self.extra) for name in (t.name, t.danish)}


@lru_cache(maxsize=1024)
def _find_type(extra: tuple[VoucherType, ...], text: str) -> VoucherType | None:
    index = _index(extra)
    return index.get(fold(text)) or index.get(text.strip().casefold())


@cache
def _index(extra: tuple[VoucherType, ...]) -> dict[str, VoucherType]:
    # An installation may rename a known type, so its own entries come last and win.
    index: dict[str, VoucherType] = {}
    for kind in (*VOUCHER_TYPES, *extra):
        index |= {fold(kind.name): kind, fold(kind.danish): kind, str(kind.id): kind}
    return index


KOSOVO = "XK"
"""The code that is in use for Kosovo, which ISO 3166 lacks. Debitura takes it by its name."""

_COUNTRY_NAMES_IN_USE = {  # common names that ISO 3166 lacks
    "Russia": "RU",
    "Macedonia": "MK",
    "Palestine": "PS",
    "Ivory Coast": "CI",
    "Cape Verde": "CV",
    "Brunei": "BN",
    "Swaziland": "SZ",
}
_NAME_LANGUAGES = ("en", "da", "sv", "nb", "nn", "de")
_SHORTEST_NAME = 4  # a shorter text is a code, or is not understood as a country


@cache
def country_names() -> dict[str, str]:
    """Return the names of countries in the languages of the sheets, each with its ISO 3166-1 alpha-2 code.

    A name that means different countries in different languages is left out.
    """
    named = [*_COUNTRY_NAMES_IN_USE.items(), *_names_in_the_standard(), *_names_in_languages(), *OWN_NAMES.items()]
    codes: dict[str, set[str]] = {}
    for name, code in named:
        codes.setdefault(fold(name), set()).add(code)
    return {name: code for name, code in dict(named).items() if len(codes[fold(name)]) == 1}


def _names_in_the_standard() -> Iterator[tuple[str, str]]:
    import pycountry

    for country in pycountry.countries:
        for key in ("name", "official_name", "common_name"):
            if name := getattr(country, key, None):
                yield name, country.alpha_2


def _names_in_languages() -> Iterator[tuple[str, str]]:
    from babel import Locale

    known = frozenset(country_codes())
    for language in _NAME_LANGUAGES:
        for code, name in Locale.parse(language).territories.items():
            if code in known and len(name) >= _SHORTEST_NAME:
                yield name, code


@cache
def _country_codes() -> dict[str, str]:
    import pycountry

    codes = {fold(code): c.alpha_2 for c in pycountry.countries for code in (c.alpha_3, c.alpha_2)}
    return codes | {fold(KOSOVO): KOSOVO}


@cache
def _folded_country_names() -> dict[str, str]:
    return {fold(name): code for name, code in country_names().items()}


def find_country(text: str) -> str | None:
    """Return the ISO 3166-1 alpha-2 code that ``text`` means, ``XK`` for Kosovo, or None.

    ``text`` may be a code of two or three letters, a name in English, Danish, Swedish, Norwegian, German or the country's own
    language, or a code beside a name (``DE - Germany``, ``Schweiz (CH)``). Of several, all must mean the same country.
    """
    return _one_country(text) or _country_of_parts(text)


def _one_country(text: str) -> str | None:
    wanted = fold(text)  # codes first: loading the names of all languages takes a tenth of a second
    return _country_codes().get(wanted) or _folded_country_names().get(wanted)


@lru_cache(maxsize=1024)
def _country_of_parts(text: str) -> str | None:
    """Return the country of a code beside a name: both must be known, and be the same country."""
    code_beside_name = _CODE_BESIDE.fullmatch(text.strip())
    if code_beside_name is None:
        return None
    code = code_beside_name["first"] or code_beside_name["last"]
    name = code_beside_name["after"] or code_beside_name["before"]
    found = _country_codes().get(fold(code))
    return found if found is not None and found == _one_country(name) else None


_CODE_BESIDE = re.compile(
    r"(?P<first>[A-Z]{2,3})\s*[-\u2013\u2014:/,(|]\s*(?P<after>[^\d]{3,}?)\)?|(?P<before>[^\d]{3,}?)\s*[-\u2013\u2014:/,(|]\s*(?P<last>[A-Z]{2,3})\)?"
)


def country_codes() -> list[str]:
    """Return the codes of all countries, sorted: those of ISO 3166-1 with two letters, and that of Kosovo."""
    return sorted(set(_country_codes().values()))


@cache
def _subdivisions() -> frozenset[str]:
    import pycountry

    return frozenset(s.code for s in pycountry.subdivisions)


def is_state_code(country: str, text: str) -> bool:
    """Return whether ``text`` is the two-character ISO 3166-2 code of a state of ``country`` (``CA`` in ``US``)."""
    return len(text) == 2 and f"{country}-{text.upper()}" in _subdivisions()  # noqa: PLR2004


@cache
def case_currencies() -> frozenset[str]:
    """Return the currencies that a case may have: the ISO 4217 codes of money, without metals, funds and test codes."""
    import pycountry

    money = {c.alpha_3 for c in pycountry.currencies if not c.alpha_3.startswith("X")}
    return frozenset(money | {"XAF", "XOF", "XPF", "XCD", "XCG"})


_WITHOUT_DECIMALS = frozenset(  # by ISO 4217; CLDR's list follows everyday use, and includes RSD and others
    ("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF")
)


def decimals_of(currency: str) -> int:
    """Return how many decimals an amount in ``currency`` may have: at most two, since neither API takes more."""
    return 0 if currency in _WITHOUT_DECIMALS else 2
