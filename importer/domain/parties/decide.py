"""Which kind of debtor a row is about, "by name": one pure decision, whose rules are tried in a fixed order."""

from __future__ import annotations

from dataclasses import dataclass

from importer.domain.parties.forms import FormKind, form_in, words_in
from importer.domain.parties.kinds import Party, PartyKind, PartyRule, UnclearParty
from importer.domain.parties.names import is_personal_name


@dataclass(frozen=True, slots=True)
class PartyNumbers:
    """What the debtor's numbers show: a personal number, a number of a company, a VAT id."""

    personal: bool = False
    company: bool = False
    vat: bool = False


NO_NUMBERS = PartyNumbers()


def decide(name: str, country: str | None, numbers: PartyNumbers = NO_NUMBERS) -> Party | UnclearParty:
    """Return what a debtor is by its numbers and its name, or why that is not clear.

    ``country`` is the debtor's, as two letters. The order: numbers under their own heading, VAT ids, legal forms, public
    bodies and associations, the form of a personal name. A sole trader's mark in the name makes a company's number or a
    VAT id one of a sole trader. A personal number proves a natural person, who may be in business.
    """
    form = form_in(name, country)
    trades_alone = form is not None and form.kind is FormKind.SOLE_TRADER
    owner = form.owner if form is not None and form.owner and is_personal_name(form.owner) else None
    if numbers.personal:
        return _natural_person(name, numbers, form.kind if form else None, owner)
    business = PartyKind.SOLE_TRADER if trades_alone else PartyKind.COMPANY
    if numbers.company:
        return Party(business, PartyRule.COMPANY_NUMBER, owner)
    if numbers.vat:
        return Party(business, PartyRule.VAT_ID, owner)
    if form is not None:
        return Party(business, PartyRule.LEGAL_FORM, owner)
    return _by_words(name)


def _natural_person(name: str, numbers: PartyNumbers, form: FormKind | None, owner: str | None) -> Party | UnclearParty:
    """Decide on a debtor with a personal number: in business if the name or a VAT id says so."""
    if form is not None and form is not FormKind.SOLE_TRADER:
        return UnclearParty.CONTRADICTION
    person = is_personal_name(name)
    if form is FormKind.SOLE_TRADER or numbers.vat or numbers.company or (name and not person):
        return Party(PartyKind.SOLE_TRADER, PartyRule.PERSONAL_NUMBER, owner or (name if person else None))
    return Party(PartyKind.PERSON, PartyRule.PERSONAL_NUMBER)


def _by_words(name: str) -> Party | UnclearParty:
    kinds = words_in(name)
    if FormKind.PUBLIC_BODY in kinds:
        return Party(PartyKind.COMPANY, PartyRule.PUBLIC_BODY)
    if FormKind.ASSOCIATION in kinds:
        return Party(PartyKind.COMPANY, PartyRule.ASSOCIATION)
    if is_personal_name(name):
        return Party(PartyKind.PERSON, PartyRule.PERSONAL_NAME)
    return UnclearParty.NOTHING if name else UnclearParty.NO_NAME
