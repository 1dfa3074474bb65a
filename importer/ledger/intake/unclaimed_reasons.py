"""The reasons of cases that wait although a list shows that nothing, or less, is to be claimed, written for the user."""

from __future__ import annotations

from collections.abc import Sequence

from importer.domain.document_keys import CarriedDocument
from importer.domain.kinds import QuestionKind
from importer.domain.money import decimal_text
from importer.domain.questions import RULES
from importer.domain.reasons import Reason
from importer.ledger.intake.decisions import ExistingEntry
from importer.ledger.intake.document_reasons import label_of

_MOST_NAMED = 5


def settled(not_shown: Sequence[CarriedDocument]) -> Reason:
    """Explain why a case that waited is not sent. ``not_shown`` are its other invoices, which the list does not show."""
    rest = "It was not sent; a later list with something to claim sends it"
    what = "A later list shows its documents with nothing to claim"
    others = f" It does not show {_named(not_shown)}; import a list that does if they are open." if not_shown else ""
    return Reason("withdrawn", f"{what}.{others} {rest}", gist=f"{what}. {rest}")


def left_out(documents: Sequence[CarriedDocument]) -> Reason:
    """Explain why a case that waited is not sent: a later list leaves its documents out."""
    rest = "It was not sent; a later list in which they are claimed sends it"
    what = "A later list leaves its documents out"
    return Reason("withdrawn", f"{what}: {_named(documents)}. {rest}", gist=f"{what}. {rest}")


def new_fees(fees: Sequence[CarriedDocument], known: ExistingEntry) -> Reason:
    """Explain why fees that are new since a case was sent get no voucher."""
    fix = 'With new_invoices = "add" in the profile it becomes a voucher of the open case'
    gist = f"A fee is new since the case was sent, and makes no case of its own. {fix}"
    message = f"New since the case {label_of(known)} was sent: {_named(fees)}, a fee, which makes no case of its own. {fix}"
    return Reason("new_fee", message, gist=gist)


def credits_elsewhere(lowering: Sequence[CarriedDocument], known: ExistingEntry) -> Reason:
    """Question a case that waits: credits and payments of its debtor are in a list or a file without its invoices."""
    what = "Credits or payments of the debtor are in a list without the invoices of the case, and are not taken off"
    fix = (
        "Import one list with both, and they are. Answer send if they belong to something else and the case is sent as it is; "
        "if nothing is to be claimed, drop"
    )
    cents = sum(one.document.open_cents for one in lowering)
    money = f"{lowering[0].document.currency} {decimal_text(cents)}"
    message = f"{what} from {label_of(known)}: {_named(lowering)}, {money}. {fix}"
    return Reason(RULES[QuestionKind.DOCUMENT].code, message, gist=f"{what}. {fix}", entries=(label_of(known),))


def _named(documents: Sequence[CarriedDocument]) -> str:
    names = [one.document.number or f"of {one.document.date}" for one in documents[:_MOST_NAMED]]
    return ", ".join(names) + (" and others" if len(documents) > len(names) else "")
