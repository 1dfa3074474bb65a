"""What the ledger has of the documents of a record: the cases that carry them, and whether those are about the same debtor."""

from __future__ import annotations

from dataclasses import dataclass, field

from importer.domain.document_keys import CarriedDocument, DocumentSource, document_of_case
from importer.domain.kinds import QuestionKind
from importer.domain.records import CaseRecord
from importer.domain.states import UNRESOLVED, State
from importer.ledger.intake.candidates import Candidate, Match
from importer.ledger.intake.decisions import ExistingEntry
from importer.ledger.intake.document_rows import Carrier, DocumentRows
from importer.ledger.intake.user_answer import answered_kinds

SENT = UNRESOLVED | {State.ACCEPTED}
WAITING = frozenset({State.PENDING, State.BLOCKED, State.QUESTIONED})
NO_NUMBER = frozenset({DocumentSource.UNKNOWN, DocumentSource.SECOND_REFERENCE})


@dataclass
class FoundCarriers:
    """The cases that carry the documents of a record: those that were sent and those that wait, by the document's key.

    ``differing`` are documents that another case carries with other facts.
    """

    claimed: dict[str, Carrier] = field(default_factory=dict)
    waiting: dict[str, Carrier] = field(default_factory=dict)
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
