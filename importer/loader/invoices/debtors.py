"""Which debtor a row of a list belongs to, and what its case is called."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from functools import cache
from typing import NamedTuple

from importer.domain.identity import fingerprint, match_text
from importer.domain.match_keys import folded_creditor


class DebtorName(NamedTuple):
    """A debtor as a row names it, folded. What is empty the row does not show. ``shown`` is the number as the list writes it."""

    creditor: str
    creditor_country: str
    number: str
    name: str
    zip_code: str
    country: str
    shown: str = ""

    @property
    def owner(self) -> tuple[str, str]:
        return self.creditor, self.creditor_country


class DebtorKey(NamedTuple):
    """What identifies a debtor: the creditor with the customer number or, without one, with name, postal code and country.

    ``name`` is filled beside a number if several debtors have it. ``shown`` is the number as the list writes it.
    """

    creditor: str
    creditor_country: str
    number: str
    name: str
    zip_code: str
    country: str
    shown: str = ""

    @property
    def text(self) -> str:
        """Return the key as one text, without how the number is written."""
        return "\x1f".join(self[:-1])

    @property
    def reference(self) -> str:
        """Return the creditor's reference of the debtor: the customer number, else one that is derived from the key."""
        if self.number and not self.name:
            return self.shown[:_LONGEST]
        digest = fingerprint("debtor", *self[:-1])[:10].upper()
        return f"{self.shown[:_SHORT]}-{digest}" if self.number else f"D-{digest}"


_LONGEST, _SHORT = 44, 32
"""Characters of a customer number in a reference of at most 50, with a currency or a digest behind it."""


def folded(text: object) -> str:
    """Return a text as it is part of a debtor's key."""
    return match_text(str(text)).casefold() if text else ""


def creditor_name(text: object) -> str:
    """Return a creditor's name as it is part of a debtor's key."""
    return match_text(folded_creditor(str(text))) if text else ""


class Debtors:
    """The debtors of a list, collected row by row; then :meth:`key_of` returns the key of each row's debtor."""

    def __init__(self) -> None:
        self._names: dict[tuple[str, ...], set[str]] = defaultdict(set)
        self._numbers: dict[tuple[str, ...], set[DebtorName]] = defaultdict(set)

    def add(self, one: DebtorName) -> None:
        """Add the debtor of a row."""
        if one.number and one.name:
            self._names[(*one.owner, one.number)].add(one.name)
            self._numbers[(*one.owner, one.name)].add(one)

    def key_of(self, one: DebtorName) -> DebtorKey | None:
        """Return the key of a row's debtor; None if the row does not show it.

        A row without a customer number belongs to the only customer with that name, postal code and country, if there is one.
        """
        if not one.number:
            one = self._numbered(one) or one
        if not one.number:
            return DebtorKey(*one.owner, "", one.name, one.zip_code, one.country) if one.name else None
        names = self._names[(*one.owner, one.number)]
        if len(names) <= 1:
            return DebtorKey(*one.owner, one.number, "", "", "", one.shown)
        return DebtorKey(*one.owner, one.number, one.name, one.zip_code, one.country, one.shown) if one.name else None

    def _numbered(self, one: DebtorName) -> DebtorName | None:
        found = [other for other in self._numbers.get((*one.owner, one.name), ()) if _may_be(one, other)]
        return found[0] if len({other.number for other in found}) == 1 else None

    def numbers_with_several_names(self) -> list[str]:
        """Return the customer numbers with several names."""
        return sorted(key[-1] for key, names in self._names.items() if len(names) > 1)

    def numbers_of_one_name(self) -> list[list[str]]:
        """Return the customer numbers of each name that has several."""
        numbers = ({one.number for one in found} for found in self._numbers.values())
        return sorted(sorted(some) for some in numbers if len(some) > 1)


def _may_be(one: DebtorName, other: DebtorName) -> bool:
    pairs = ((one.zip_code, other.zip_code), (one.country, other.country))
    return all(not own or not others or own == others for own, others in pairs)


def suffixes(country: str, currencies: Iterable[str]) -> dict[str, str]:
    """Return what ends the reference of each currency of one debtor: nothing for the first one, ``-EUR`` for another.

    The first is that of the creditor's country, else the first by name, so that it does not depend on the order of the rows.
    """
    ordered = sorted(set(currencies), key=lambda code: (code not in home_currencies(country), code))
    return {code: "" if place == 0 else f"-{code}" for place, code in enumerate(ordered)}


@cache
def home_currencies(country: str) -> Collection[str]:
    """Return the currencies of a country."""
    from babel.numbers import get_territory_currencies

    return frozenset(get_territory_currencies(country)) if country else frozenset()
