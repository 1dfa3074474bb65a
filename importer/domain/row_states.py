"""What shows whether a row is a claim, from ``row_states.toml``: the columns, and what the values in them mean."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any

from importer.domain.aliases import LANGUAGES, keys, keys_of
from importer.domain.text_keys import fold, header_key


class StateColumn(StrEnum):
    """A column that shows whether a row is a claim, or of what. The values are its names in a profile."""

    ROW_STATE = "row_state"
    DOCUMENT_TYPE = "document_type"
    DEBIT_CREDIT = "debit_credit"
    ON_HOLD = "on_hold"
    IN_COLLECTION = "in_collection"
    PROMISED_DATE = "promised_date"
    IS_CANCELLED = "is_cancelled"
    IS_CREDIT = "is_credit"
    IS_PAID = "is_paid"
    IS_WRITTEN_OFF = "is_written_off"
    IS_OPEN = "is_open"
    IS_BOOKED = "is_booked"
    CLEARED_BY = "cleared_by"
    PAID_DATE = "paid_date"
    PAID_AMOUNT = "paid_amount"
    CREDITED_AMOUNT = "credited_amount"
    WRITTEN_OFF_AMOUNT = "written_off_amount"
    DISCOUNT_AMOUNT = "discount_amount"
    INVOICED_AMOUNT = "invoiced_amount"
    CUSTOMER_NUMBER = "customer_number"
    APPLIES_TO = "applies_to"
    PAYMENT_DAYS = "payment_days"
    DAYS_OVERDUE = "days_overdue"


WITH_WORDS = (StateColumn.ROW_STATE, StateColumn.DOCUMENT_TYPE, StateColumn.DEBIT_CREDIT)
"""The columns whose values are looked up in the vocabulary."""
SETTLING = (
    StateColumn.PAID_AMOUNT,
    StateColumn.CREDITED_AMOUNT,
    StateColumn.WRITTEN_OFF_AMOUNT,
    StateColumn.DISCOUNT_AMOUNT,
)
"""The columns of amounts that are taken off an invoice."""


class Meaning(StrEnum):
    """What a value says about its row."""

    CLAIM = "claim"
    PART_PAID = "part_paid"
    BOOKED = "booked"
    INVOICE = "invoice"
    PAID = "paid"
    DRAFT = "draft"
    CANCELLED = "cancelled"
    CREDITED = "credited"
    WRITTEN_OFF = "written_off"
    NOT_DUE = "not_due"
    CREDIT = "credit"
    PAYMENT = "payment"
    FEE = "fee"
    PURCHASE = "purchase"
    ORDER = "order"
    BALANCE = "balance"
    DISPUTED = "disputed"
    ON_HOLD = "on_hold"
    PROMISED = "promised"
    ON_ITS_WAY = "on_its_way"
    COLLECTED = "collected"
    UNCLEAR = "unclear"


class Sort(StrEnum):
    """What becomes of a row with a value: it may be a claim, it is none, or a person must answer."""

    CLAIM = "claim"
    NO_CLAIM = "no claim"
    QUESTION = "question"


_CLAIMS = frozenset({Meaning.CLAIM, Meaning.PART_PAID, Meaning.BOOKED, Meaning.INVOICE})
_QUESTIONS = frozenset(
    {Meaning.DISPUTED, Meaning.ON_HOLD, Meaning.PROMISED, Meaning.ON_ITS_WAY, Meaning.COLLECTED, Meaning.UNCLEAR}
)
CREDITS = frozenset({Meaning.CREDIT, Meaning.PAYMENT})
"""What counts against the debtor's debt."""


def sort_of(meaning: Meaning) -> Sort:
    """Return what becomes of a row with a value of this meaning."""
    if meaning in _CLAIMS:
        return Sort.CLAIM
    return Sort.QUESTION if meaning in _QUESTIONS else Sort.NO_CLAIM


IN_WORDS: Mapping[Meaning, str] = {
    Meaning.CLAIM: "an open claim",
    Meaning.PART_PAID: "a part-paid claim",
    Meaning.BOOKED: "booked, whether paid or not",
    Meaning.INVOICE: "an invoice",
    Meaning.PAID: "paid",
    Meaning.DRAFT: "a draft",
    Meaning.CANCELLED: "cancelled",
    Meaning.CREDITED: "credited or refunded",
    Meaning.WRITTEN_OFF: "written off",
    Meaning.NOT_DUE: "not due yet",
    Meaning.CREDIT: "a credit note",
    Meaning.PAYMENT: "a payment",
    Meaning.FEE: "a fee or interest",
    Meaning.PURCHASE: "a purchase",
    Meaning.ORDER: "a quotation, an order or a delivery note",
    Meaning.BALANCE: "a balance",
    Meaning.DISPUTED: "disputed",
    Meaning.ON_HOLD: "on hold",
    Meaning.PROMISED: "promised, or paid in instalments",
    Meaning.ON_ITS_WAY: "being paid",
    Meaning.COLLECTED: "in collection already",
    Meaning.UNCLEAR: "something that does not show whether it is a claim",
}

_PROFILE_WORDS = {
    "no claim": Meaning.CANCELLED,
    "question": Meaning.UNCLEAR,
    "credit note": Meaning.CREDIT,
    "open": Meaning.CLAIM,
}


def meaning_in_profile(text: str) -> Meaning | None:
    """Return the meaning that a profile gives to a value: ``claim``, ``paid``, ``credit note``, ``no claim``, ...; or None."""
    word = " ".join(text.casefold().replace("_", " ").replace("-", " ").split())
    by_name = {meaning.value.replace("_", " "): meaning for meaning in Meaning}
    return by_name.get(word) or _PROFILE_WORDS.get(word)


def profile_words() -> str:
    """Return the words by which a profile says what a value means."""
    return ", ".join((*(meaning.value.replace("_", " ") for meaning in Meaning), "no claim", "question"))


@dataclass(frozen=True, slots=True)
class StateWord:
    """The meaning of a value. ``is_certain``: it means that in the recognised system, or in every system."""

    meaning: Meaning
    is_certain: bool


@cache
def _file() -> dict[str, Any]:
    return tomllib.loads(files("importer.domain").joinpath("row_states.toml").read_text(encoding="utf-8"))


@cache
def _headings(strength: str) -> Mapping[str, tuple[str, ...]]:
    """Map folded headings to the names of the columns that they may be, the ``sure`` or the ``weak`` ones."""
    found: dict[str, tuple[str, ...]] = {}
    for name, entry in _file()["heading"].items():
        for key in keys(entry.get(strength, ())):
            found[key] = tuple(dict.fromkeys((*found.get(key, ()), name)))
    return found


def columns_for(key: str, *, weak: bool = False) -> tuple[StateColumn, ...]:
    """Return the columns that a folded heading may be. ``weak``: only if its cells agree."""
    names = _headings("weak" if weak else "sure").get(key, ())
    return tuple(StateColumn(name) for name in names if name in set(StateColumn))


_YES_OR_NO = re.compile(r"\(?\b(?:ja|yes|j|y)\s*/\s*(?:nej|nei|nein|no|n)\b\)?", re.IGNORECASE)


def state_key(heading: str) -> str:
    """Return the folded form of a heading without what only asks for yes or no: ``Betalt?``, ``Betalt (ja/nej)``."""
    return header_key(_YES_OR_NO.sub("", heading).translate(_MARKS)) or header_key(heading)


_MARKS = str.maketrans("", "", "?()")


class Suspicion(StrEnum):
    """What an unknown heading may be about, by a part of it."""

    OPEN = "open"
    CREDITED = "credited"
    PAID = "paid"
    AGAINST = "against"
    STATUS = "status"


def suspicion_of(key: str) -> Suspicion | None:
    """Return what an unknown folded heading may tell about the state of a row by a part of it; None if nothing."""
    parts = _file()["suspected"]
    if re.search(parts["passed_over"], key):
        return None
    return next((one for one in Suspicion if re.search(parts[one.value], key)), None)


def is_free_text(key: str) -> bool:
    """Return whether an unknown folded heading is that of texts that never decide: a comment, or how something is paid."""
    parts = _file()["suspected"]
    return bool(re.search(parts["free_text"], key) or re.search(parts["passed_over"], key))


def headings_of(column: StateColumn, *, weak: bool = False) -> tuple[str, ...]:
    """Return the headings of a column as the file has them: those that mean it in every list, or the ``weak`` ones."""
    return tuple(_file()["heading"][column.value].get("weak" if weak else "sure", ()))


def words_of(meaning: Meaning) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the values with a meaning as the file has them: those that are certain, and those that must be confirmed once."""
    entry = _file()["word"].get(meaning.value, {})
    certain = (word for language in LANGUAGES for word in entry.get(language, ()))
    return tuple(dict.fromkeys(certain)), tuple(entry.get("confirm", ()))


def is_unclear_amount(key: str) -> bool:
    """Return whether an amount under this folded heading may be what is open, or what was invoiced."""
    return "unclear_amount" in _headings("sure").get(key, ())


@cache
def _words(system: str | None) -> Mapping[str, StateWord]:
    """Map folded values to their meaning: the certain ones of the system in front of those of every system."""
    found: dict[str, StateWord] = {}
    for meaning, key, is_certain in _listed(system):
        found.setdefault(key, StateWord(meaning, is_certain))
    return found


def _listed(system: str | None) -> Iterable[tuple[Meaning, str, bool]]:
    for entry in _file()["system"]:
        if entry["name"] == system:
            yield from ((Meaning(name), key, True) for name, words in entry.items() if name != "name" for key in keys(words))
    for certain in (True, False):
        for name, entry in _file()["word"].items():
            for language in LANGUAGES if certain else ("confirm",):
                yield from ((Meaning(name), key, certain) for key in keys(entry.get(language, ())))


def find(column: StateColumn, text: str, system: str | None) -> StateWord | None:
    """Return the meaning of a value in a list of this system (None: of no system that is recognised); None if it is unknown."""
    if column is StateColumn.DEBIT_CREDIT:
        return _SIGNS.get(fold(text))
    known = _words(system)
    return next((known[key] for key in keys_of(text) if key in known), None)


_SIGNS = {
    **dict.fromkeys(("s", "soll", "d", "dr", "debit", "debet"), StateWord(Meaning.INVOICE, is_certain=True)),
    **dict.fromkeys(("h", "haben", "c", "cr", "credit", "k", "kredit"), StateWord(Meaning.CREDIT, is_certain=True)),
}

_NO = frozenset(
    map(fold, ("no", "nej", "nei", "nein", "n", "false", "falsk", "falsch", "0", "none", "ingen", "keine", "-", "off"))
)
_YES = frozenset(map(fold, ("yes", "ja", "j", "y", "true", "sand", "sann", "wahr", "1", "x")))


def truth_of(text: str) -> bool | None:
    """Return whether a cell says yes or no; None if it says neither. A blank cell says no."""
    key = fold(text)
    if not key or key in _NO or not text.strip("-– "):
        return False
    return True if key in _YES else None


def says_booked(text: str, system: str | None) -> bool | None:
    """Return whether a text in a column of what was booked or sent says that it was, such as "Sent"; None if it is unknown."""
    if (truth := truth_of(text) if text else True) is not None:
        return truth
    word = find(StateColumn.ROW_STATE, text, system)
    return None if word is None else word.meaning is not Meaning.DRAFT


def is_state_column(name: str) -> bool:
    """Return whether a name in a profile is that of a column that shows whether a row is a claim."""
    return name in set(StateColumn)
