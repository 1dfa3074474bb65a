"""What the debtor of a row is, and by which rule: a company, a sole trader or a person."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from importer.domain.code_lists import DebtorType, is_by_name
from importer.domain.parties.decide import PartyNumbers, decide
from importer.domain.parties.forms import FormKind, form_in
from importer.domain.parties.kinds import Party, PartyKind, PartyRule, UnclearParty, party_kind_named
from importer.domain.parties.numbers import is_company_number, is_vat_id
from importer.domain.personal_numbers.headings import NumberKind, is_customer_heading
from importer.domain.personal_numbers.sheet_mask import MaskedRow, SheetMask
from importer.domain.personal_numbers.texts import MASK
from importer.domain.profile_lines import assignment
from importer.domain.questions import DEBTOR_TYPE_UNCLEAR
from importer.domain.reasons import Reason
from importer.domain.special_cells import cell_text
from importer.domain.text_keys import fold
from importer.loader.records.row_values import RowValues

EVERY_OTHER = "*"
"""The name in ``[parties]`` of a profile that answers for all debtors that it does not list."""


_UNDER = "under [parties], "


def name_asked_about(reasons: Iterable[Reason]) -> str | None:
    """Return what names a row's debtor in ``[parties]`` of a profile if the row asks for the debtor's kind, else None."""
    asked = next((reason for reason in reasons if reason.code == DEBTOR_TYPE_UNCLEAR), None)
    return None if asked is None else next(iter(tomllib.loads(asked.message.partition(_UNDER)[2])))


@dataclass(frozen=True, slots=True)
class PartyReading:
    """What a row says of its debtor. Without a ``party`` it is rejected, or ``asked`` is the question about it."""

    party: Party | None = None
    asked: tuple[Reason, ...] = ()


NOTHING_READ = PartyReading()


@dataclass(frozen=True)
class PartyReader:
    """Reads the debtor's kind from the rows of one sheet. ``listed`` are the profile's answers by folded name.

    ``derived``: the sheet has no column ``debtor_type`` and needs none (Debitura's own template).
    """

    mask: SheetMask
    listed: Mapping[str, PartyKind]
    derived: bool = False

    def read(self, found: RowValues, row: MaskedRow, answer: str | None) -> PartyReading:
        """Put the type and the contact person into the row's values, and return what the debtor is and why.

        ``answer`` is the text of the row's ``#answer``.
        """
        party: Party | None
        if self.derived:
            party = _by_contact(found)
        elif "debtor_type" not in found.values:
            return PartyReading()
        elif is_by_name(found.values["debtor_type"]):
            return self._by_name(found, row, answer)
        else:
            party = self._by_type(found, row)
        if party is not None:
            _fill(found, party)
        return PartyReading(party)

    def _by_type(self, found: RowValues, row: MaskedRow) -> Party | None:
        text = found.values["debtor_type"]
        kind = party_kind_named(text)
        if kind is None:
            found.reject("debtor_type", "is neither Company nor Person. Write one of them", "debtor_type")
            found.values["debtor_type"] = None
            return None
        if kind is PartyKind.COMPANY and any(MASK in text for _, text in self._texts(row)):
            kind = PartyKind.SOLE_TRADER  # only a natural person has such a number
        return Party(kind, PartyRule.TYPE_COLUMN)

    def _by_name(self, found: RowValues, row: MaskedRow, answer: str | None) -> PartyReading:
        values = found.values
        name, country = values.get("debtor_name") or "", values.get("debtor_country")
        decided = decide(name, country, self._numbers(row, country))
        if isinstance(decided, UnclearParty):
            known = self._known(values, row, answer)
            if known is None:
                values["debtor_type"] = DebtorType.PERSON  # so that the row's other values are checked; it is not sent so
                asked = () if decided is UnclearParty.NO_NAME else (self._question(found, row, decided),)
                return PartyReading(None, asked)
            decided = known
        _fill(found, decided)
        return PartyReading(decided)

    def _known(self, values: Mapping[str, Any], row: MaskedRow, answer: str | None) -> Party | None:
        """Return what a person has said that the debtor is: in the row's ``#answer``, or in the profile's list."""
        if answer is not None and (kind := party_kind_named(answer)):
            return Party(kind, PartyRule.ANSWER)
        names = (self._name(values, row), EVERY_OTHER)
        found = next((self.listed[fold(name)] for name in names if name and fold(name) in self.listed), None)
        return Party(found, PartyRule.PROFILE) if found else None

    def _name(self, values: Mapping[str, Any], row: MaskedRow) -> str:
        """Return what names the debtor in the profile: the customer number, else name and postal code."""
        at = self._customer_at
        number = row.readable[at] if at is not None and at < len(row.readable) else None
        if number is not None and (text := cell_text(number).strip()):
            return text
        parts = (values.get("debtor_name"), values.get("debtor_zip_code"))
        return ", ".join(str(part) for part in parts if part)

    def _question(self, found: RowValues, row: MaskedRow, why: UnclearParty) -> Reason:
        listed = assignment(self._name(found.values, row), "company")
        advice = f"Write company, person or sole trader in #answer, or list it in the profile: {_UNDER}{listed}"
        gist = f"may be a company or a person: {why}. Write company, person or sole trader in #answer, or list it in the profile"
        reason = found.reason(DEBTOR_TYPE_UNCLEAR, f"may be a company or a person: {why}. {advice}", "debtor_name")
        return Reason(reason.code, reason.message, reason.field, reason.column, reason.value, gist=gist)

    def _numbers(self, row: MaskedRow, country: str | None) -> PartyNumbers:
        """Return what the columns show whose headings announce numbers."""
        texts = self._texts(row)
        masked = [text for _, text in texts if MASK in text]
        others = [(kinds, text) for kinds, text in texts if text and MASK not in text]
        in_vat_id = any(text[:2].upper() == "SE" for text in masked)  # a personal number in a Swedish VAT id
        return PartyNumbers(
            personal=bool(masked),
            company=any(NumberKind.COMPANY in kinds and is_company_number(text, country) for kinds, text in others),
            vat=in_vat_id or any(is_vat_id(text, country, is_named=NumberKind.VAT in kinds) for kinds, text in others),
        )

    def _texts(self, row: MaskedRow) -> list[tuple[frozenset[NumberKind], str]]:
        """Return the cells of the columns of numbers, each with what its heading announces."""
        columns = ((at, heading) for at, heading in self.mask.of_numbers.items() if at < len(row.cells))
        return [(heading.kinds, cell_text(row.cells[at]).strip()) for at, heading in columns]

    @cached_property
    def _customer_at(self) -> int | None:
        return next((at for at, heading in enumerate(self.mask.head.header) if is_customer_heading(heading)), None)


def _by_contact(found: RowValues) -> Party:
    """Return the debtor's kind in Debitura's own template: one with a contact person is a company."""
    values = found.values
    if "debtor_contact_person" in values:
        return Party(PartyKind.COMPANY, PartyRule.CONTACT)
    form = form_in(values.get("debtor_name", ""), values.get("debtor_country"))
    if form is not None and form.kind is not FormKind.SOLE_TRADER:
        found.reject("contact_person", "is missing. A company needs a contact person", "debtor_contact_person")
    return Party(PartyKind.PERSON, PartyRule.CONTACT)


def _fill(found: RowValues, party: Party) -> None:
    """Put the type into the values. A sole trader's owner is the contact person, unless the row itself names one.

    A person's contact person that only repeats the name, or that is the same for all rows, is left out.
    """
    values = found.values
    values["debtor_type"] = party.kind.debtor_type
    if party.kind is PartyKind.PERSON:
        _drop_needless_contact(found, party)
    elif party.kind is PartyKind.SOLE_TRADER and party.owner and not _has_own_contact(found):
        values["debtor_contact_person"] = party.owner


def _drop_needless_contact(found: RowValues, party: Party) -> None:
    values = found.values
    contact = values.get("debtor_contact_person")
    repeats = contact == values.get("debtor_name") and party.rule is not PartyRule.TYPE_COLUMN
    if contact is not None and (repeats or not _has_own_contact(found)):
        values.pop("debtor_contact_person")


def _has_own_contact(found: RowValues) -> bool:
    readers = (reader for reader in found.readers if reader.name == "debtor_contact_person")
    return "debtor_contact_person" in found.values and any(reader.bound.places for reader in readers)
