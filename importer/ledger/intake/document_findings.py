"""What the ledger has of the documents of a record: the cases that carry them, and whether those are about the same debtor."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from importer.domain.document_keys import CarriedDocument, DocumentSource, document_of_case
from importer.domain.identity import loose_text
from importer.domain.kinds import QuestionKind
from importer.domain.next_list import differences, is_reused
from importer.domain.records import CaseRecord
from importer.domain.states import UNRESOLVED, State
from importer.ledger.intake.candidates import Candidate, Match
from importer.ledger.intake.carriers import Carrier
from importer.ledger.intake.decisions import ExistingEntry
from importer.ledger.intake.document_rows import DocumentRows
from importer.ledger.intake.user_answer import answered_kinds

SENT = UNRESOLVED | {State.ACCEPTED}
WAITING = frozenset({State.PENDING, State.BLOCKED, State.QUESTIONED})
NO_NUMBER = frozenset({DocumentSource.UNKNOWN, DocumentSource.SECOND_REFERENCE})


@dataclass
class FoundCarriers:
    """The cases that carry the documents of a record, by the document's key.

    They were sent (``claimed``), wait, or were dropped by a person.
    ``differing`` are documents that another case carries with other facts.
    """

    claimed: dict[str, Carrier] = field(default_factory=dict)
    waiting: dict[str, Carrier] = field(default_factory=dict)
    dropped: dict[str, Carrier] = field(default_factory=dict)
    differing: list[tuple[CarriedDocument, Carrier, tuple[str, ...]]] = field(default_factory=list)


def own_entry(candidate: Candidate, match: Match) -> ExistingEntry | None:
    """Return the entry that a record was recognised as by its own key, and not because another case has replaced it."""
    known = match.known
    return known if known is not None and known.base == candidate.base else None


def is_listed(candidate: Candidate) -> bool:
    """Return whether a case was made from a list of documents."""
    return isinstance(candidate.record, CaseRecord) and bool(candidate.record.documents)


def is_answered(known: ExistingEntry | None, candidate: Candidate) -> bool:
    """Return whether a person has said that a record is another claim than those that carry its documents."""
    return known is not None and QuestionKind.DOCUMENT in answered_kinds(known.answer, candidate.values["digest"])


def counts(shown: CarriedDocument, carried: CarriedDocument) -> bool:
    """Return whether a case that carries a document matters for one that shows it.

    Two cases that are one invoice each are compared by their references.
    """
    of_documents = {DocumentSource.LIST, DocumentSource.VOUCHER}
    return shown.source is DocumentSource.LIST or carried.source in of_documents


def is_by_name(carried: CarriedDocument, payload: bytes) -> bool:
    """Return whether a list shows no customer number of a document's debtor, whose key is then made of its name."""
    return document_of_case(None, payload).debtor == carried.document.debtor


def is_same_debtor(shown: CarriedDocument, carrier: Carrier, *, by_name: bool) -> bool:
    """Return whether a document's debtor is that of a case: by its key, or by name if only one of them has a customer number."""
    if shown.document.debtor == carrier.carried.document.debtor:
        return True
    return shown.name == carrier.carried.name and by_name is not is_by_name(carrier.carried, carrier.known.payload)


def perhaps_claimed(rows: DocumentRows, shown: CarriedDocument) -> ExistingEntry | None:
    """Return a case of a list with a document of the same debtor, day and amount as a case without a number."""
    for one in rows.carriers(shown.name):
        document = one.carried.document
        is_alike = (document.date, document.open_cents) == (shown.document.date, shown.document.open_cents)
        if one.carried.source is DocumentSource.LIST and is_alike and one.known.state in SENT | WAITING:
            return one.known
    return None


def is_dropped(known: ExistingEntry) -> bool:
    """Return whether a person, or a profile, has answered that a case is never sent."""
    return known.state is State.DROPPED and known.answer is not None


def sorted_carriers(rows: DocumentRows, shown: Sequence[CarriedDocument], own: ExistingEntry | None) -> FoundCarriers:
    """Sort documents by the cases that carry them, apart from ``own``, whose values are replaced.

    A document that a case carries with the same facts is that one, whatever other cases carry it with other facts.
    """
    found, keys = FoundCarriers(), {one.key for one in shown}
    for one in shown:
        differing = _differing(rows, one, own, found)
        if one.source is DocumentSource.LIST and not differing:
            differing = [each for each in alike_carriers(rows, one, keys) if each[0].known is not own]
        if not any(one.key in of for of in (found.claimed, found.waiting, found.dropped)):
            found.differing += [(one, carrier, what) for carrier, what in differing if not is_dropped(carrier.known)]
    return found


def _differing(
    rows: DocumentRows, one: CarriedDocument, own: ExistingEntry | None, found: FoundCarriers
) -> list[tuple[Carrier, tuple[str, ...]]]:
    """Note the cases that carry a document with the same facts, and return those that carry it with others."""
    differing = []
    for carrier in _counting(rows, one, own):
        what = differences(carrier.carried, one)
        if not what:
            _place_of(found, carrier).setdefault(one.key, carrier)
        elif not is_reused(what) and NO_NUMBER.isdisjoint({one.source, carrier.carried.source}):
            differing.append((carrier, what))
    return differing


def _counting(rows: DocumentRows, one: CarriedDocument, own: ExistingEntry | None) -> list[Carrier]:
    """Return the other cases that carry a document and matter for it: sent, waiting, or dropped by a person."""
    others = (carrier for carrier in rows.carriers(one.key) if carrier.known is not own and counts(one, carrier.carried))
    return [carrier for carrier in others if carrier.known.state in SENT | WAITING or is_dropped(carrier.known)]


def _place_of(found: FoundCarriers, carrier: Carrier) -> dict[str, Carrier]:
    if is_dropped(carrier.known):
        return found.dropped
    return found.claimed if carrier.known.state in SENT else found.waiting


def alike_carriers(rows: DocumentRows, one: CarriedDocument, shown: Collection[str]) -> Iterable[tuple[Carrier, tuple[str, ...]]]:
    """Yield the cases with a document of the same debtor and day that may be the same under another key, and what differs.

    Its number differs in letter case or in zeros, or it has no number and another amount. ``shown`` are the keys that the list
    shows as well: those are other documents.
    """
    seen: set[tuple[int, str]] = set()
    for carrier in (*rows.carriers(one.document.debtor), *rows.carriers(one.name)):
        carried, place = carrier.carried, (carrier.known.id, carrier.carried.key)
        if place in seen or carried.key in shown or carried.source in NO_NUMBER or carrier.known.state not in SENT | WAITING:
            continue
        seen.add(place)
        if what := _alike(carried, one):
            yield carrier, (what,)


def _alike(carried: CarriedDocument, shown: CarriedDocument) -> str | None:
    before, now = carried.document, shown.document
    if (before.kind, before.currency) != (now.kind, now.currency):
        return None
    if before.number and now.number:
        is_same_day = before.date == now.date or None in (before.date, now.date)
        return "number" if is_same_day and loose_text(before.number) == loose_text(now.number) else None
    return "amount" if _are_of_one_day_without_number(carried, shown) else None


def _are_of_one_day_without_number(carried: CarriedDocument, shown: CarriedDocument) -> bool:
    before, now = carried.document, shown.document
    is_same_day = now.date is not None and before.date == now.date
    return is_same_day and not (before.number or now.number) and carried.source is DocumentSource.LIST
