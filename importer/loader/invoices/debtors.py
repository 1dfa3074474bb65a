"""Which debtor a row of a list belongs to, and what its case is called."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache, cached_property
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


def loose_name(name: str) -> str:
    """Return the letters and digits of a folded name, in which ``A/S`` and ``AS`` are the same; the name if it has none."""
    return "".join(filter(str.isalnum, name)) or name


class _Customer(NamedTuple):
    """A customer number: how the list writes it, and its debtors by name."""

    shown: str
    names: Mapping[str, Sequence[DebtorName]]

    @classmethod
    def of(cls, debtors: Collection[DebtorName]) -> _Customer:
        names: dict[str, list[DebtorName]] = defaultdict(list)
        for one in debtors:
            if one.name:
                names[loose_name(one.name)].append(one)
        return cls(min(one.shown for one in debtors), names)


class Debtors:
    """The debtors of a list, collected row by row; then :meth:`key_of` returns the key of each row's debtor."""

    def __init__(self) -> None:
        self._invoiced: dict[DebtorName, bool] = {}
        self._keys: dict[DebtorName, DebtorKey | None] = {}

    def add(self, one: DebtorName, *, is_invoiced: bool) -> None:
        """Add the debtor of a row, which is an invoice or not."""
        self._invoiced[one] = self._invoiced.get(one, False) or is_invoiced

    def key_of(self, one: DebtorName) -> DebtorKey | None:
        """Return the key of a row's debtor; None if the row does not show it.

        Names that differ in punctuation alone are one. A row that lacks a postal code, a country or the customer number belongs
        to the only debtor with that name that it may be; an invoice without a number belongs to a customer with one only if
        postal code and country are there and equal, since namesakes are frequent and the claim would go to another person.
        """
        if one not in self._keys:
            self._keys[one] = self._of_number(one) if one.number else self._of_name(one)
        return self._keys[one]

    @cached_property
    def _by_name(self) -> Mapping[tuple[str, ...], Sequence[DebtorName]]:
        found: dict[tuple[str, ...], list[DebtorName]] = defaultdict(list)
        for one in self._invoiced:
            if one.name:
                found[(*one.owner, loose_name(one.name))].append(one)
        return found

    @cached_property
    def _customers(self) -> Mapping[tuple[str, ...], _Customer]:
        found: dict[tuple[str, ...], list[DebtorName]] = defaultdict(list)
        for one in self._invoiced:
            if one.number:
                found[(*one.owner, one.number)].append(one)
        return {key: _Customer.of(some) for key, some in found.items()}

    def _of_number(self, one: DebtorName) -> DebtorKey | None:
        shown, names = self._customers[(*one.owner, one.number)]
        if len(names) <= 1:
            return DebtorKey(*one.owner, one.number, "", "", "", shown)
        if not one.name:
            return None
        same = names[loose_name(one.name)]
        keys = {self.key_of(other) for other in same if _is_fuller(other, one)}
        return _only(keys) or DebtorKey(*one.owner, one.number, _spelling(one, same), one.zip_code, one.country, shown)

    def _of_name(self, one: DebtorName) -> DebtorKey | None:
        if not one.name:
            return None
        others = self._by_name[(*one.owner, loose_name(one.name))]
        numbered = [other for other in others if other.number and may_be(one, other)]
        certain = {self.key_of(other) for other in numbered if _is_same_place(one, other)}
        if len(certain) == 1:
            return _only(certain)
        possible = self._possible(one, others, numbered)
        return _only(possible) or DebtorKey(*one.owner, "", _spelling(one, others), one.zip_code, one.country)

    def _possible(self, one: DebtorName, others: Iterable[DebtorName], numbered: Collection[DebtorName]) -> set[DebtorKey | None]:
        """Return the keys of the namesakes that a debtor without a number may be. ``numbered`` are the customers among them.

        A credit or payment may be of a customer. An invoice that may be of one keeps a key of its own, and is asked about.
        """
        without_number = {self.key_of(other) for other in others if not other.number and _is_fuller(other, one)}
        if not self._invoiced[one]:
            return without_number | {self.key_of(other) for other in numbered}
        return set() if numbered else without_number

    def numbers_with_several_names(self) -> list[str]:
        """Return the customer numbers with several names."""
        return sorted(key[-1] for key, customer in self._customers.items() if len(customer.names) > 1)

    def numbers_of_one_name(self) -> list[list[str]]:
        """Return the customer numbers of each name that has several."""
        numbers = ({one.number for one in found if one.number} for found in self._by_name.values())
        return sorted(sorted(some) for some in numbers if len(some) > 1)


def may_be(one: DebtorName, other: DebtorName) -> bool:
    """Return whether two debtors of one name may be the same: their postal codes and countries do not contradict each other."""
    return all(not own or not others or own == others for own, others in _places(one, other))


def _places(one: DebtorName, other: DebtorName) -> tuple[tuple[str, str], ...]:
    return (one.zip_code, other.zip_code), (one.country, other.country)


def _is_same_place(one: DebtorName, other: DebtorName) -> bool:
    return all(own and own == others for own, others in _places(one, other))


def _is_fuller(one: DebtorName, other: DebtorName) -> bool:
    """Return whether the first shows what the second lacks of its place, and whatever the second shows."""
    pairs = _places(one, other)
    return all(own == others or not others for own, others in pairs) and any(own and not others for own, others in pairs)


def _only(keys: Collection[DebtorKey | None]) -> DebtorKey | None:
    return next(iter(keys)) if len(keys) == 1 else None


def _spelling(one: DebtorName, others: Iterable[DebtorName]) -> str:
    """Return one of the spellings of a debtor's name at its place, whatever the order of the rows."""
    place = (bool(one.number), one.zip_code, one.country)
    return min(other.name for other in others if (bool(other.number), other.zip_code, other.country) == place)


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
