"""Setting credits and payments off against invoices: first against the one that each names, then against the oldest."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from importer.loader.invoices.listed import ListedDocument, Place

_SHORTEST = 3
"""Characters of a document's number from which on it is looked for in a text."""


@dataclass(frozen=True)
class Links:
    """Which invoice each credit and payment names: by its place. ``unknown`` name one that the list does not have."""

    named: Mapping[Place, ListedDocument] = field(default_factory=dict)
    unknown: frozenset[Place] = frozenset()

    def without(self, out: Container[Place]) -> dict[Place, ListedDocument]:
        """Return the invoice that each credit names, without the credits that are left out."""
        return {place: named for place, named in self.named.items() if place not in out}


def links_between(invoices: Sequence[ListedDocument], lowering: Iterable[ListedDocument]) -> Links:
    """Find the invoice that each credit names: in a column for it, as its own number, or as a whole word of its text."""
    by_number: dict[str, ListedDocument] = {}
    for one in sorted(invoices, key=lambda one: one.order):
        if one.number:
            by_number.setdefault(one.number, one)
    named, unknown = {}, set()
    for credit in lowering:
        found = _named_by(credit, by_number)
        if found is not None:
            named[credit.place] = found
        elif credit.named:
            unknown.add(credit.place)
    return Links(named, frozenset(unknown))


def _named_by(credit: ListedDocument, by_number: Mapping[str, ListedDocument]) -> ListedDocument | None:
    for number in (credit.named, credit.number):
        if number and number in by_number:
            return by_number[number]
    if credit.named or not credit.text:
        return None
    words = set(_words(credit.text))
    in_text = [one for number, one in by_number.items() if _may_be_named(number) and _is_in(number, words, credit.text)]
    return in_text[0] if len(in_text) == 1 else None


def _may_be_named(number: str) -> bool:
    return len(number) >= _SHORTEST and any(map(str.isdigit, number))


def _is_in(number: str, words: set[str], text: str) -> bool:
    return number in words or (" " in number and re.search(rf"(?<!\w){re.escape(number)}(?!\w)", text) is not None)


@lru_cache(maxsize=256)
def _words(text: str) -> tuple[str, ...]:
    return tuple(re.findall(r"[^\s,;:()\"'#]+[^\s,;:()\"'#.]", text))


def left_after(
    invoices: Sequence[ListedDocument], lowering: Iterable[ListedDocument], links: Links
) -> tuple[list[ListedDocument], int]:
    """Return the invoices of which something is left, the oldest first, and what of the credits names no invoice, in hundredths.

    What a credit has beyond the invoice that it names is set off like one that names none.
    """
    left = {one.place: one.open_cents for one in invoices}
    unassigned = pool = 0
    for credit in lowering:
        named = links.named.get(credit.place)
        taken = min(credit.open_cents, left.get(named.place, 0)) if named else 0
        if named and taken:
            left[named.place] -= taken
        pool += credit.open_cents - taken
        unassigned += credit.open_cents if named is None else 0
    ordered = sorted(invoices, key=lambda one: one.order)
    for one in ordered:
        taken = min(pool, left[one.place])
        left[one.place] -= taken
        pool -= taken
    return [one for one in ordered if left[one.place] > 0], unassigned
