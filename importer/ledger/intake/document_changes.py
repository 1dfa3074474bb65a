"""What a list says of documents of cases that were sent: which are smaller now, which grew, and which came back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from importer.domain.document_keys import CarriedDocument
from importer.domain.documents import day_of
from importer.domain.later_words import LaterWord
from importer.domain.next_list import Change, change_of
from importer.domain.reasons import Reason
from importer.domain.records import CaseRecord, NoClaim
from importer.ledger.intake import document_reasons, later_word_reasons
from importer.ledger.intake.candidates import Record, StagedRow
from importer.ledger.intake.decisions import ExistingEntry
from importer.ledger.intake.document_findings import NO_NUMBER, FoundCarriers
from importer.ledger.intake.list_state import ListState

_WORDS = {Change.GREW: "is larger than before", Change.CAME_BACK: "came back after it was missing"}


def change_in(lists: ListState, found: FoundCarriers, shown: CarriedDocument) -> Change:
    """Return what a list says of a document that was claimed, if it was."""
    carrier = found.claimed.get(shown.key)
    if carrier is None or carrier.carried.source in NO_NUMBER:
        return Change.SAME
    is_older = lists.is_older or bool(carrier.listed_on and lists.listed_on and lists.listed_on < carrier.listed_on)
    facts = {"last_cents": carrier.last_cents, "gone_on": day_of(carrier.gone_on), "is_older": is_older}
    return change_of(carrier.carried.document, shown.document, **facts)  # type: ignore[arg-type]  # of three types


def smaller_in(lists: ListState, found: FoundCarriers, shown: Iterable[CarriedDocument]) -> list[CarriedDocument]:
    """Return the documents of which less is open than was claimed."""
    return [one for one in shown if change_in(lists, found, one) is Change.SMALLER]


def why_smaller(lists: ListState, found: FoundCarriers, shown: Iterable[CarriedDocument], owner: ExistingEntry) -> Reason | None:
    """Return what is reported of documents of which less is open than was claimed; None if there are none."""
    pairs = [(found.claimed[one.key].carried, one) for one in smaller_in(lists, found, shown)]
    return document_reasons.smaller(pairs, owner) if pairs else None


def larger_of(
    lists: ListState, found: FoundCarriers, shown: Sequence[CarriedDocument]
) -> list[tuple[Reason, list[CarriedDocument]]]:
    """Return the questions about documents of which more is open than before, or that came back, each with its documents."""
    changes = [(one, change_in(lists, found, one)) for one in shown]
    groups = ((why, [one for one, of in changes if of is kind]) for kind, why in _WORDS.items())
    return [(document_reasons.grown(some, found.claimed[some[0].key].known, why), some) for why, some in groups if some]


def why_disputed(record: Record, found: FoundCarriers, shown: Iterable[CarriedDocument]) -> Reason | None:
    """Return what is reported of documents of a case that was sent and that the list calls disputed; None if there are none.

    It is not reported if a person has answered before that the case is sent.
    """
    if not isinstance(record, CaseRecord) or record.disputed is None:
        return None
    case = NoClaim.of(record, LaterWord.DISPUTED, record.disputed)
    for one in shown:
        carrier = found.claimed.get(one.key)
        if carrier is not None and one.document.is_asked and carrier.known.answer is None:
            label = document_reasons.label_of(carrier.known)
            return later_word_reasons.document_after_sending(case, carrier.known, label, one.document.number or "")
    return None


def note_changed(
    lists: ListState, found: FoundCarriers, row: StagedRow, record: Record, shown: Iterable[CarriedDocument]
) -> None:
    """Note what is reported of documents of earlier cases, beside which the list shows new ones of their debtor.

    The new ones are a case of their own, or are added to the open one, so that the row of a document itself reports its change.
    """
    noted = lists.changed.setdefault(row.case_place, {})
    for one in shown:
        if (carrier := found.claimed.get(one.key)) is None:
            continue
        kind = change_in(lists, found, one)
        if kind is Change.SMALLER:
            noted[one.key] = document_reasons.smaller([(carrier.carried, one)], carrier.known)
        elif kind in _WORDS:
            noted[one.key] = document_reasons.grown_beside_new(one, carrier.known, _WORDS[kind])
        elif why := why_disputed(record, found, [one]):
            noted[one.key] = why


def why_changed(lists: ListState, row: StagedRow) -> Reason | None:
    """Return what is reported of the document of a row beside new ones of its debtor; None if nothing is."""
    key = row.loaded.document
    return lists.changed.get(row.case_place, {}).get(key) if key else None


def note_lowered(lists: ListState, row: StagedRow, why: Reason) -> None:
    """Note the row of a credit or payment that lowers an earlier case beside new documents: *changed* if the list counts."""
    if row.loaded.document in lists.lowered.get(row.case_place, ()):
        lists.lowered_rows.append((row.id, why.entries[0]))
