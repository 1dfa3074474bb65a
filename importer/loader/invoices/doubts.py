"""What is asked about the documents of a debtor because a list can be read in two ways, one of which claims more."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from importer.domain.identity import loose_text
from importer.domain.reasons import Reason
from importer.loader.invoices import reasons
from importer.loader.invoices.listed import ListedDocument, Place
from importer.loader.invoices.set_off import Links


def with_left_out(
    lowering: Iterable[ListedDocument], links: Links, out: Mapping[Place, Reason]
) -> tuple[dict[Place, Reason], Links, list[Reason]]:
    """Return the credits that are left out with the document that they name, the links of the others, and what is asked.

    A credit that is more than what is open of a document that is left out names none: the whole of it is taken off the rest, so
    that a later case of that document need not know of it.
    """
    gone: dict[Place, Reason] = {}
    left: dict[Place, int] = {}
    asked: list[Reason] = []
    unnamed: set[Place] = set()
    for credit in sorted(lowering, key=lambda one: (one.order, one.place)):
        named = links.named.get(credit.place)
        if named is None or named.place not in out:
            continue
        room = left.setdefault(named.place, _creditable(named))
        if credit.open_cents <= room:
            gone[credit.place] = reasons.comes_with(named)
            left[named.place] -= credit.open_cents
        else:
            unnamed.add(credit.place)
            asked.append(reasons.exceeding(credit, named, room))
    others = {place: named for place, named in links.named.items() if place not in unnamed}
    return gone, replace(links, named=others, unknown=links.unknown | unnamed), asked


def _creditable(one: ListedDocument) -> int:
    return one.open_cents if one.creditable_cents is None else one.creditable_cents


def doubts_about(documents: Sequence[ListedDocument], counted: Iterable[ListedDocument]) -> Iterator[Reason]:
    """Yield the questions about rows of which it is not certain whether they are one document. ``counted`` has each once."""
    unique = [one for one in counted if one.number is not None]
    yield from _repeated_credits(documents, unique)
    alike = _grouped(((loose_text(str(one.number)), one.voucher_type, one.date, one.booked_cents), one) for one in unique)
    for rows in alike:
        if len({one.number for one in rows}) > 1:
            yield reasons.alike_numbers(rows)


def _repeated_credits(documents: Iterable[ListedDocument], unique: Iterable[ListedDocument]) -> Iterator[Reason]:
    """Yield the questions about credits in equal rows, unless all documents, with an invoice, are in as many rows."""
    equal = _grouped(((one.identity, one.values), one) for one in documents if one.number is not None)
    if _is_repeated_whole(equal):
        return
    places = {one.place for one in unique}
    for rows in equal:
        if rows[0].lowers and len(rows) > 1 and any(one.place in places for one in rows):
            yield reasons.repeated_credit(rows)


def _is_repeated_whole(equal: Collection[Sequence[ListedDocument]]) -> bool:
    """Return whether all documents are in as many rows, and an invoice is among them. ``equal`` has the rows of each document."""
    has_invoice = not all(rows[0].lowers for rows in equal)
    return has_invoice and len({len(rows) for rows in equal}) == 1


def _grouped(documents: Iterable[tuple[Hashable, ListedDocument]]) -> list[list[ListedDocument]]:
    """Return documents with the same key together, each group in the order of the rows."""
    found: dict[Hashable, list[ListedDocument]] = defaultdict(list)
    for key, one in documents:
        found[key].append(one)
    return [sorted(rows, key=lambda one: one.place) for _, rows in sorted(found.items(), key=lambda item: _first(item[1]))]


def _first(rows: Iterable[ListedDocument]) -> Place:
    return min(one.place for one in rows)
