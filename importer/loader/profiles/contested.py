"""Guesses that depend on the other headings: which of several amounts is what is open, and who the debtor is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from importer.loader.profiles.proposal import ALIKE, DEBTORS, MOST, ColumnCandidate, Guess, SheetProposal
from importer.loader.sheets.amount_names import AMOUNT, is_open_beside, is_open_name, is_remaining_name
from importer.loader.sheets.cell_tests import may_be_number
from importer.loader.sheets.reading import HeadingReading
from importer.loader.sheets.shape import Shape

_DEBTOR, _CONTACT = "debtor_name", "debtor_contact_person"


def settled_between_headings(proposal: SheetProposal, reading: HeadingReading) -> SheetProposal:
    """Return the proposal with one question about several open amounts, and one about a contact where no debtor is named."""
    if proposal.shape is Shape.VOUCHERS:
        return proposal
    guesses = _with_debtor(_with_one_amount(proposal.guesses, reading))
    return replace(proposal, guesses=tuple(guesses))


def _with_one_amount(guesses: Sequence[Guess], reading: HeadingReading) -> Sequence[Guess]:
    """Leave one question about the amount, about the heading that says that it is what is left, which names the others."""
    if any(guess.sure and guess.suggested == AMOUNT for guess in guesses):
        return guesses
    rivals = [guess.heading.text for guess in guesses if _may_be_amount(guess, reading)]
    by_name = (*filter(is_remaining_name, rivals), *filter(is_open_name, rivals))
    if len(rivals) < 2 or not by_name:  # noqa: PLR2004  (a single one is in the proposal already)
        return guesses
    others = ", ".join(f'"{text}"' for text in rivals if text != by_name[0])
    remark = f"{others} may be it as well; the claim is what is still open"
    return [_of_rival(guess, by_name[0], rivals, remark) for guess in guesses]


def _of_rival(guess: Guess, first: str, rivals: Sequence[str], remark: str) -> Guess:
    if guess.heading.text == first:
        return replace(guess, candidates=(ColumnCandidate(AMOUNT, MOST),), sure=False, suggested=AMOUNT, remark=remark)
    return replace(guess, candidates=(), suggested=None, remark="") if guess.heading.text in rivals else guess


def _may_be_amount(guess: Guess, reading: HeadingReading) -> bool:
    text = guess.heading.text
    objected = reading.objected.get(text)
    if guess.repeated or (objected and objected.name == AMOUNT) or reading.columns.get(text) == AMOUNT:
        return not guess.repeated
    is_read = text in reading.columns or text in reading.states or text in reading.superseded
    return not is_read and is_open_beside(text) and bool(guess.heading.cells) and all(map(may_be_number, guess.heading.cells))


def _with_debtor(guesses: Sequence[Guess]) -> list[Guess]:
    """Ask about the contact whether it is the debtor, if no other heading may be: so some systems call the customer."""
    if any(guess.suggested == _DEBTOR for guess in guesses):
        return list(guesses)
    return [_perhaps_debtor(guess) if guess.suggested == _CONTACT and guess.heading.cells else guess for guess in guesses]


def _perhaps_debtor(guess: Guess) -> Guess:
    candidates = (ColumnCandidate(_DEBTOR, DEBTORS), ColumnCandidate(_CONTACT, min(ALIKE, DEBTORS - 1)))
    remark = "no other heading holds the debtor's name"
    return replace(guess, candidates=candidates, sure=False, suggested=_DEBTOR, remark=remark)
