"""The kinds of debtors, and the rules by which a debtor is taken for one."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, lru_cache

from importer.domain.code_lists import DebtorType, find_debtor_type
from importer.domain.text_keys import fold


class PartyKind(StrEnum):
    """A kind of debtor. A public body or an association is a company, a sole trader a natural person in business."""

    COMPANY = "company"
    SOLE_TRADER = "sole trader"
    PERSON = "person"

    @property
    def debtor_type(self) -> DebtorType:
        """The type in the request: Debitura knows companies and persons alone, and a sole trader is sent as a company."""
        return DebtorType.PERSON if self is PartyKind.PERSON else DebtorType.COMPANY


class PartyRule(StrEnum):
    """A rule by which the kind of a debtor was found, in words that follow "by"."""

    TYPE_COLUMN = "the column of types"
    ANSWER = "your answer"
    PROFILE = "the profile's list"
    COMPANY_NUMBER = "a company's number"
    PERSONAL_NUMBER = "a personal number"
    VAT_ID = "a VAT id"
    LEGAL_FORM = "the legal form"
    PUBLIC_BODY = "the name of a public body"
    ASSOCIATION = "the name of an association"
    PERSONAL_NAME = "the form of a personal name"
    CONTACT = "the contact person"
    EARLIER = "an earlier release"


@dataclass(frozen=True, slots=True)
class Party:
    """A debtor's kind and the rule by which it was found. ``owner`` is the name of a sole trader's owner, if the name has it."""

    kind: PartyKind
    rule: PartyRule
    owner: str | None = None

    def as_json(self) -> str:
        """Return kind and rule as the ledger stores them, without the owner, who is in the payload."""
        return _as_json(self.kind, self.rule)

    @classmethod
    def from_json(cls, text: str) -> Party:
        """Return the kind and the rule that :meth:`as_json` has written."""
        found = json.loads(text)
        return cls(PartyKind(found["kind"]), PartyRule(found["rule"]))


@cache
def _as_json(kind: PartyKind, rule: PartyRule) -> str:
    return json.dumps({"kind": kind.value, "rule": rule.value})


class UnclearParty(StrEnum):
    """Why the kind of a debtor is a question."""

    NOTHING = "its name has neither a legal form nor the form of a personal name"
    FOREIGN_FORM = "its name ends in a legal form of another country"
    CONTRADICTION = "its number is a personal number, but its name has the legal form of a company"
    NO_NAME = "it has no name"


_SOLE_TRADERS = frozenset(
    map(
        fold,
        (
            *("sole trader", "sole proprietor", "sole proprietorship", "self-employed", "enkeltmandsvirksomhed"),
            *("enkeltmandsfirma", "personligt ejet", "enkeltpersonforetak", "enk", "enskild firma", "enskild näringsidkare"),
            *("toiminimi", "einzelunternehmen", "einzelunternehmer", "eenmanszaak", "entrepreneur individuel"),
        ),
    )
)


@lru_cache(maxsize=1024)
def party_kind_named(text: str) -> PartyKind | None:
    """Return the kind that a word of a column of types means, in any of the supported languages; None if it means none."""
    if fold(text) in _SOLE_TRADERS:
        return PartyKind.SOLE_TRADER
    kind = find_debtor_type(text)
    return None if kind is None else PartyKind.PERSON if kind is DebtorType.PERSON else PartyKind.COMPANY
