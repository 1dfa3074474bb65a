"""Which kind of debtor a row is about, "by name": one pure decision, whose rules are tried in a fixed order."""

from __future__ import annotations

from dataclasses import dataclass

from importer.domain.parties.forms import FormKind, FoundForm, ends_in_a_form_of_any_country, form_in, has_a_form_inside, words_in
from importer.domain.parties.kinds import Party, PartyKind, PartyRule, UnclearParty
from importer.domain.parties.names import has_given_name, is_personal_name


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
    bodies and associations, the form of a personal name with a known given name. A sole trader's mark in the name
    makes a company's number or a VAT id one of a sole trader. A personal number proves a natural person, who may be in business.
    """
    found = form_in(name, country)
    form, owner = (found.kind, _owner(found)) if found else (None, None)
    if numbers.personal:
        return _natural_person(name, numbers, form, owner)
    rules = (
        (numbers.company, PartyRule.COMPANY_NUMBER),
        (numbers.vat, PartyRule.VAT_ID),
        (form is not None, PartyRule.LEGAL_FORM),
    )
    rule = next((rule for holds, rule in rules if holds), None)
    if rule is None:
        return _by_words(name)
    return Party(PartyKind.SOLE_TRADER if form is FormKind.SOLE_TRADER else PartyKind.COMPANY, rule, owner)


def _owner(form: FoundForm) -> str | None:
    return form.owner if form.owner and is_personal_name(form.owner) else None


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
    if is_personal_name(name) and ends_in_a_form_of_any_country(name):
        return UnclearParty.FOREIGN_FORM
    if is_personal_name(name) and has_given_name(name) and not has_a_form_inside(name):
        return Party(PartyKind.PERSON, PartyRule.PERSONAL_NAME)
    return UnclearParty.NOTHING if name else UnclearParty.NO_NAME
