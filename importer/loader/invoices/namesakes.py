"""Which groups of a list may be of one debtor although their rows do not say so: they are asked about.

A credit or payment whose own debtor has no invoice may belong to a debtor with the same name or nearly the same number, from
whom too much would be claimed then. An invoice without a customer number may be one of a customer of that name.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Protocol

from importer.domain.documents import DocumentKind
from importer.domain.identity import loose_text
from importer.domain.reasons import Reason
from importer.loader.invoices import reasons
from importer.loader.invoices.debtors import DebtorKey, DebtorName, loose_name, may_be
from importer.loader.invoices.listed import ListedDocument, Standing

_FEW_NAMES = 3
"""Names under one number up to which each may be another name of the same debtor. With more it is that of cash sales."""
_ALIKE = 85
"""Percent by which two names under the number of cash sales are nearly the same."""


class AskedGroup(Protocol):
    """A group of documents that can be asked about."""

    key: DebtorKey
    documents: list[ListedDocument]
    debtors: set[DebtorName]
    asked: list[Reason]


def ask_namesakes(groups: Sequence[AskedGroup], of_nobody: Iterable[tuple[DebtorName, ListedDocument]] = ()) -> None:
    """Add to groups the questions whether rows of another debtor belong to them. ``of_nobody`` are credits without a debtor."""
    claiming = [group for group in groups if any(map(_counts, group.documents))]
    known = _Known(claiming)
    with_invoices = {group.key for group in claiming}
    for group in groups:
        if group.key not in with_invoices:
            _ask_about_credits(known, group.debtors, group.documents)
        elif not group.key.number:
            _ask_without_number(group, [one for one in known.alike(group.debtors) if one.key != group.key])
    for debtor, credit in of_nobody:
        _ask_about_credits(known, {debtor}, [credit])


def _counts(one: ListedDocument) -> bool:
    return one.kind is DocumentKind.INVOICE and one.standing in _COUNTING


def _lowers(one: ListedDocument) -> bool:
    return one.lowers and one.standing in _COUNTING and bool(one.open_cents or one.standing is Standing.UNREAD)


_COUNTING = (Standing.OPEN, Standing.QUESTION, Standing.UNREAD)


def _ask(groups: Iterable[AskedGroup], question: Reason) -> None:
    for group in groups:
        if question not in group.asked:
            group.asked.append(question)


def _ask_about_credits(known: _Known, debtors: Collection[DebtorName], documents: Iterable[ListedDocument]) -> None:
    """Ask whether the credits and payments of a debtor without an invoice belong to a known one. ``debtors`` are its names."""
    if rows := [one for one in documents if _lowers(one)]:
        _ask(known.alike(debtors), reasons.credits_of_namesake(rows))


def _ask_without_number(group: AskedGroup, others: Sequence[AskedGroup]) -> None:
    """Ask whether a group without a customer number is of another debtor with its name.

    Others without a number are asked only if there is something that may have to be taken off their claim.
    """
    if not others:
        return
    rows = [one for one in group.documents if _counts(one)]
    _ask([group], reasons.namesake(rows, [one for other in others for one in other.documents if _counts(one)]))
    lowers = any(map(_lowers, group.documents))
    for other in others:
        if other.key.number or lowers:
            _ask([other], reasons.namesake([one for one in other.documents if _counts(one)], rows))


class _Known:
    """The groups with invoices, by the names and numbers of their debtors."""

    def __init__(self, groups: Iterable[AskedGroup]) -> None:
        self._by_name: dict[tuple[str, ...], list[tuple[DebtorName, AskedGroup]]] = defaultdict(list)
        self._by_number: dict[tuple[str, ...], list[tuple[DebtorName, AskedGroup]]] = defaultdict(list)
        for group in groups:
            for one in sorted(group.debtors):
                if one.name:
                    self._by_name[(*one.owner, loose_name(one.name))].append((one, group))
                if one.number:
                    self._by_number[(*one.owner, loose_text(one.number))].append((one, group))

    def alike(self, debtors: Collection[DebtorName]) -> list[AskedGroup]:
        """Return the groups that may be of one of these debtors, each once."""
        found = {id(group): group for one in debtors for group in (*self._of_name(one), *self._of_number(one))}
        return list(found.values())

    def _of_name(self, one: DebtorName) -> Iterator[AskedGroup]:
        for other, group in self._by_name.get((*one.owner, loose_name(one.name)), ()) if one.name else ():
            if may_be(one, other):
                yield group

    def _of_number(self, one: DebtorName) -> Iterator[AskedGroup]:
        found = self._by_number.get((*one.owner, loose_text(one.number)), ()) if one.number else ()
        are_few = len({loose_name(other.name) for other, _ in found}) <= _FEW_NAMES
        for other, group in found:
            if are_few or (one.name and _are_alike(one.name, other.name)):
                yield group


def _are_alike(one: str, other: str) -> bool:
    from rapidfuzz import fuzz

    return fuzz.token_set_ratio(one, other) >= _ALIKE
