"""The reasons why a document of a row is not claimed, or not yet, written for the user."""

from __future__ import annotations

from collections.abc import Sequence

from importer.domain.document_keys import CarriedDocument
from importer.domain.identity import EntryLabel
from importer.domain.kinds import QuestionKind, RecordKind
from importer.domain.money import decimal_text
from importer.domain.questions import RULES
from importer.domain.reasons import Reason
from importer.ledger.intake.decisions import ExistingEntry

_MOST_NAMED = 5
SMALLER = "document_smaller"
CREDIT = "document_credit"
LARGER = "document_larger"
"""The code of the reason that less is open of documents than was claimed."""
_ANSWER = "If it is another claim, answer send; if it is the same, same as ID"


def label_of(known: ExistingEntry) -> str:
    """Return the label of a case."""
    return EntryLabel.of(RecordKind.CASE, known.id, known.key).text()


def _named(documents: Sequence[CarriedDocument]) -> str:
    names = [one.document.number or f"of {one.document.date}" for one in documents[:_MOST_NAMED]]
    more = len(documents) - len(names)
    return ", ".join(names) + (f" and {more:,} more" if more else "")


def _asked(kind: QuestionKind, message: str, gist: str, known: ExistingEntry | None = None) -> Reason:
    entries = () if known is None else (label_of(known),)
    return Reason(RULES[kind].code, message, gist=gist, entries=entries)


def differs(shown: CarriedDocument, known: ExistingEntry, differing: Sequence[str]) -> Reason:
    """Question a case with a document that another case carries with another debtor, date, currency, number or amount."""
    what = " and ".join(differing)
    gist = f"A document of the row is in another case with another {what}. {_ANSWER}"
    message = f"The document {_named([shown])} is in {label_of(known)} with another {what}. {_ANSWER}"
    return _asked(QuestionKind.DOCUMENT, message, gist, known)


def overlaps(shown: Sequence[CarriedDocument], known: ExistingEntry) -> Reason:
    """Question a case that has some of its documents in common with one that waits, and not the others."""
    gist = f"Some documents of the row are in another case that waits. {_ANSWER}"
    return _asked(
        QuestionKind.DOCUMENT, f"The documents {_named(shown)} are in {label_of(known)}, which waits. {_ANSWER}", gist, known
    )


def missing(documents: Sequence[CarriedDocument], known: ExistingEntry) -> Reason:
    """Question a case that waits and has documents that a later list does not show."""
    fix = (
        "If they are paid, answer send, and the case goes without them; if they are still open, import a list that shows them. "
        "complete_list = true in the profile says that every list shows all open documents"
    )
    gist = f"A list does not show documents of the case that waits. {fix}"
    message = f"The case {label_of(known)} waits with documents that this list does not show: {_named(documents)}. {fix}"
    return _asked(QuestionKind.DOCUMENT, message, gist)


def unknown_documents(known: ExistingEntry) -> Reason:
    """Question a case of a debtor with an open case of which it is not known which documents it claims."""
    gist = f"The debtor has an open case without the numbers of its documents, which may be the same. {_ANSWER}"
    message = (
        f"The debtor has the open case {label_of(known)} without the numbers of its documents: they may be the same. {_ANSWER}"
    )
    return _asked(QuestionKind.DOCUMENT, message, gist, known)


def moved(known: ExistingEntry) -> Reason:
    """Question a case whose debtor has the name of a known one, another postal code and no customer number."""
    gist = f"A debtor of this name has a case with another postal code. {_ANSWER}"
    message = f"A debtor of this name has the case {label_of(known)} with another postal code. {_ANSWER}"
    return _asked(QuestionKind.DOCUMENT, message, gist, known)


def new_documents(fresh: Sequence[CarriedDocument], known: ExistingEntry) -> Reason:
    """Ask whether new documents of a debtor with an open case become a further case."""
    fix = "Answer send to claim them in a further case; new_invoices in the profile answers for good"
    gist = f"The debtor has an open case, and the list shows new documents. {fix}"
    message = f"The debtor has the open case {label_of(known)}, and the list shows new documents: {_named(fresh)}. {fix}"
    return _asked(QuestionKind.NEW_INVOICES, message, gist, known)


def grown(documents: Sequence[CarriedDocument], known: ExistingEntry, why: str) -> Reason:
    """Ask about documents of which more is open than before, or that came back after they were missing."""
    fix = "A payment may have been returned: tell the collection partner in the chat of the case, and answer drop"
    gist = f"A document of a case that was sent {why}. {fix}"
    return _asked(QuestionKind.GROWN, f"{_named(documents)} of the case {label_of(known)} {why}. {fix}", gist, known)


def grown_beside_new(one: CarriedDocument, known: ExistingEntry, why: str) -> Reason:
    """Report a document of which more is open than before, or that came back, beside new ones of its debtor."""
    fix = "A payment may have been returned: tell the collection partner in the chat of the case; the importer cannot change it"
    gist = f"A document of a case that was sent {why}. {fix}"
    return Reason(LARGER, f"{_named([one])} of the case {label_of(known)} {why}. {fix}", gist=gist)


def smaller(pairs: Sequence[tuple[CarriedDocument, CarriedDocument]], known: ExistingEntry, why: str = "") -> Reason:
    """Report that less is open of documents than was claimed. ``pairs``: each as it was claimed, and as it is shown now.

    ``why``: why no deposit of the difference is sent, although the profile wants one.
    """
    parts = [
        f"{now.document.number or now.document.date} was {decimal_text(before.document.open_cents)}, "
        f"is now {decimal_text(now.document.open_cents)}"
        for before, now in pairs[:_MOST_NAMED]
    ]
    fix = "Tell the collection partner in the chat of the case; the importer cannot change it"
    gist = f"Less is open of documents of a case that was sent. {fix}"
    no_deposit = f" No deposit is sent, since {why}." if why else ""
    return Reason(SMALLER, f"Less is open of the case {label_of(known)}: {'; '.join(parts)}.{no_deposit} {fix}", gist=gist)


def new_credits(fresh: Sequence[CarriedDocument], known: ExistingEntry) -> Reason:
    """Report credit notes and payments that are new since a case was sent."""
    fix = "Tell the collection partner in the chat of the case; the importer cannot change it"
    gist = f"Credits or payments are new since the case was sent. {fix}"
    message = f"New since the case {label_of(known)} was sent: {_named(fresh)}, which lower the claim. {fix}"
    return Reason(CREDIT, message, gist=gist, entries=(label_of(known),))


def swallowed(unassigned: Sequence[CarriedDocument], fresh: Sequence[CarriedDocument], known: ExistingEntry) -> Reason:
    """Ask about new documents of which credits and payments that name no invoice, and may be of the open case, leave nothing."""
    fix = "If the payments belong to the open case, answer send: the new documents then go without them. If not, drop it"
    what = "leave nothing to claim of the new documents"
    gist = f"Credits and payments that name no invoice {what}. {fix}"
    message = f"{_named(unassigned)}, which name no invoice, {what}: {_named(fresh)}. The open case is {label_of(known)}. {fix}"
    return _asked(QuestionKind.UNASSIGNED, message, gist, known)


def balanced(documents: Sequence[CarriedDocument]) -> Reason:
    """Leave out new documents of which nothing is open after the credits and payments among them."""
    message = f"The new documents {_named(documents)} of a debtor with a case are not above zero together"
    return Reason("balance", message, gist="What the new documents come to less credits and payments is not above zero")


def dropped(documents: Sequence[CarriedDocument]) -> Reason:
    """Leave out documents of a case that a person has dropped."""
    what = "in a case that an answer has dropped, so that they are not sent"
    fix = "`importer resolve` with --send takes that back"
    return Reason("document_dropped", f"{_named(documents)}: {what}. {fix}", gist=f"Documents are {what}. {fix}")


def gone_with_case(known: ExistingEntry) -> Reason:
    """Withdraw the voucher of a document that a list does not show, and without which its case is sent."""
    fix = "A later list that shows it takes that back"
    gist = f"The document is not in the newest list, and its case goes without it. {fix}"
    message = f"The document is not in the newest list, and {label_of(known)} goes without it. {fix}"
    return Reason("document_gone", message, gist=gist)


def gone(known: ExistingEntry) -> Reason:
    """Withdraw a case that waits and whose documents are missing in a list that shows every open one."""
    fix = "A later list that shows them takes that back"
    message = f"The documents of {label_of(known)} are not in the newest list, which shows every open document. {fix}"
    return Reason("document_gone", message, gist=f"The documents of the row are not in the newest list. {fix}")
