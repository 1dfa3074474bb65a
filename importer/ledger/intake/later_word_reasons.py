"""The reasons of rows that are no claim, and of the cases that they name, written for the user."""

from __future__ import annotations

from importer.domain.identity import EntryLabel
from importer.domain.kinds import QuestionKind, RecordKind
from importer.domain.later_words import LaterWord
from importer.domain.questions import RULES
from importer.domain.reasons import Reason
from importer.domain.records import NoClaim
from importer.domain.shown_references import shown_reference
from importer.domain.states import State
from importer.ledger.intake.decisions import ExistingEntry


def of_another(case: NoClaim, passed_over: ExistingEntry | None) -> tuple[Reason, ...]:
    """Return why a row is left out, naming the case with its reference that it is not about."""
    if passed_over is None:
        return (case.reason,)
    label = EntryLabel.of(RecordKind.CASE, passed_over.id, passed_over.key).text()
    rest = "has the same reference, another debtor and another date. It was not changed by this row"
    return case.reason, Reason("reference_of_another", f"Entry {label} {rest}", gist=f"An entry {rest}", entries=(label,))


def withdrawn(case: NoClaim, here: str) -> Reason:
    """Explain why a case that waited is not sent."""
    rest = "It was not sent; a later list that calls it open sends it"
    message = f"A later list calls the case {case.word.in_words} ({here}). {rest}"
    return Reason("withdrawn", message, gist=f"A later list calls the case {case.word.in_words}. {rest}")


def withdraws(label: str) -> Reason:
    """Say at a row which entry it withdraws."""
    rest = "waited to be sent, and is withdrawn"
    return Reason("withdraws", f"Its case, {label}, {rest}", gist=f"Its case {rest}", entries=(label,))


def after_sending(case: NoClaim, known: ExistingEntry, label: str, imported: str, differences: tuple[str, ...]) -> Reason:
    """Report that a case that was sent is no claim any more, and what to do. ``imported`` describes how it was sent."""
    word = case.word
    if known.state is State.ACCEPTED:
        what = f"This case was imported {imported}, and is called {word.in_words} now"
        gist = f"This case was imported before, and is called {word.in_words} now"
    else:
        what = f"This case, {imported}, may have been sent ({known.state.replace('_', ' ')}), and is called {word.in_words} now"
        gist = f"This case may have been sent, and is called {word.in_words} now"
    fix = "Tell the collection partner in the chat of the case; the importer cannot take it back"
    but = f" The row differs from it in {', '.join(differences)}, so look at both." if differences else ""
    return Reason(word.code, f"{what}. {fix}.{but}".removesuffix("."), gist=f"{gist}. {fix}", entries=(label,))


def document_after_sending(case: NoClaim, known: ExistingEntry, label: str, number: str) -> Reason:
    """Report that a document of a case that was sent, or may have been, is no claim any more, and what to do."""
    word = case.word
    sent = "was sent" if known.state is State.ACCEPTED else f"may have been sent ({known.state.replace('_', ' ')})"
    fix = "Tell the collection partner in the chat of the case; the importer cannot take it back"
    gist = f"A document of a case that {sent} is called {word.in_words} now. {fix}"
    message = f"The document {number} of the case {label}, which {sent}, is called {word.in_words} now. {fix}"
    return Reason(word.code, message, gist=gist, entries=(label,))


def document_may_be_paid(case: NoClaim, number: str, here: str) -> Reason:
    """Ask about a case that waits of which a row calls one of several documents no claim."""
    fix = "Import a list of what is open; if the document is still a claim, write send in #answer, and if nothing is, drop"
    what = f"A document of the case is called {case.word.in_words}"
    message = f"{what}: {number} ({here}). {fix}"
    return Reason(RULES[QuestionKind.CALLED_PAID].code, message, gist=f"{what} by another row. {fix}")


def may_be_paid(case: NoClaim, known: ExistingEntry, label: str, here: str, differences: tuple[str, ...]) -> Reason:
    """Ask about a case that waits whether a row that calls its reference paid is about it."""
    what = (
        f"has the reference of a row that is called {case.word.in_words} ({{}}), but differs from it in {', '.join(differences)}"
    )
    resolve = (
        "If the case is still a claim, write send in #answer or run `importer resolve {} --send`; "
        "if not, drop or `importer resolve {} --drop`"
    )
    code = RULES[QuestionKind.CALLED_PAID].code
    message = f"{what.format(here)}. {resolve.format(label, label)}"
    gist = f"{what.format('another one')}. {resolve.format('#entry', '#entry')}"
    if known.ref is None:
        return Reason(code, f"The row {message}", gist=f"The row {gist}")
    return Reason(code, message, "case_ref", value=shown_reference(known.ref, known.payload), gist=gist)


def twin_may_be_paid(case: NoClaim, known: ExistingEntry, label: str, here: str) -> Reason:
    """Ask about a case that waits whether a row with another spelling of its reference, that is called paid, is about it."""
    same = "the same debtor and date, under a reference that differs in letter case or zeros only"
    what = f"may be the case of a row that is called {case.word.in_words} ({{}}): {same}"
    resolve = (
        "If the case is still a claim, write send in #answer or run `importer resolve {} --send`; "
        "if not, drop or `importer resolve {} --drop`"
    )
    code = RULES[QuestionKind.CALLED_PAID].code
    message = f"{what.format(f'reference {case.named.reference}, {here}')}. {resolve.format(label, label)}"
    gist = f"{what.format('another one')}. {resolve.format('#entry', '#entry')}"
    return Reason(code, message, "case_ref", value=shown_reference(known.ref, known.payload), gist=gist)


def called_otherwise(word: LaterWord, named: str | None, where: str) -> Reason:
    """Reject a case that ``where``, another row of the source, calls no claim."""
    fix = "Make them agree, or remove one of the rows"
    what = f"and is called {word.in_words} there"
    return Reason(
        "called_otherwise",
        f"appears in {where} too, {what}. {fix}",
        "case_ref",
        value=named,
        gist=f"appears in another row too, {what}. {fix}",
    )
