"""What a row that is no claim says about a case: which case it names, and what it calls it.

The loader reads it from a row that its sheet calls paid, credited or disputed. The intake compares it with the case that the
ledger has under that reference.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from typing import Any

import orjson

from importer.domain.identity import loose_text, match_text
from importer.domain.match_keys import case_key, case_traits, folded_creditor


class LaterWord(StrEnum):
    """What a sheet calls a row that is no claim, as far as it matters to a case that was read before."""

    PAID = "paid"
    CREDITED = "credited"
    DISPUTED = "disputed"
    WITHDRAWN = "withdrawn"  # drafted, void, cancelled, written off, or no claim for another reason

    @property
    def in_words(self) -> str:
        """Return the word as it continues "is called ..."."""
        return "no claim any more" if self is LaterWord.WITHDRAWN else self.value

    @property
    def code(self) -> str:
        """Return the code of the reason of a row whose case was sent before."""
        return f"now_{self.value}"


AFTER_SENDING = frozenset(word.code for word in LaterWord)
"""The codes of rows that are no claim any more, although their case was sent."""


PAID_IN_PART = "now_part_paid"
"""The code of a row whose case was sent and of which less is open now."""
URGENT = AFTER_SENDING | {PAID_IN_PART}
"""The codes of changes that the collection partner must hear about."""


@dataclass(frozen=True, slots=True)
class NamedCase:
    """The case that a row is about, as far as its cells could be read. What is None could not be read, or is not there.

    ``reference`` is the row's ``case_ref``, else its creditor reference. ``creditor`` and ``debtor`` are names as written,
    countries two letters, ``day`` is the date of the invoice in ISO form. ``amount`` is the amount in major units that the
    invoice had, if the row shows one that is not zero. ``former_ref`` is the reference as earlier releases read it, if that is
    another one.
    """

    reference: str | None = None
    creditor: str | None = None
    creditor_country: str | None = None
    debtor: str | None = None
    debtor_country: str | None = None
    day: str | None = None
    currency: str | None = None
    amount: Decimal | None = None
    is_test: bool = False
    former_ref: str | None = None

    @classmethod
    def of(cls, reference: str | None, payload: bytes, *, is_test: bool, former_ref: str | None = None) -> NamedCase:
        """Return the case of a request with this reference in the sheet."""
        wire = orjson.loads(payload)
        debtor, amount = wire.get("debtor") or {}, wire.get("amountToRecover")
        return cls(
            reference=reference,
            creditor=wire.get("creditorCompanyName"),
            creditor_country=wire.get("creditorCountryAlpha2"),
            debtor=debtor.get("name"),
            debtor_country=debtor.get("countryAlpha2"),
            day=wire.get("date"),
            currency=wire.get("currencyCode"),
            amount=Decimal(str(amount)) if amount else None,
            is_test=is_test,
            former_ref=former_ref,
        )

    def formerly(self) -> NamedCase | None:
        """Return the case by the reference as earlier releases read it; None if it is the same."""
        return None if self.former_ref is None else replace(self, reference=self.former_ref, former_ref=None)

    def match_keys(self) -> set[str]:
        """Return all match keys by which the case is looked for."""
        keys = {key for key in (self.text_key(), self.loose_key(), self.traits()) if key}
        former = self.formerly()
        return keys | former.match_keys() if former else keys

    def bases(self) -> set[str]:
        """Return the keys that cases with its references get."""
        return {base for one in (self, self.formerly()) if one and (base := one.base())}

    @property
    def _owner(self) -> tuple[str, str | None]:
        return match_text(folded_creditor(self.creditor or "")), self.creditor_country

    def text_key(self) -> str | None:
        """Return today's match key of the case; None without a reference or a creditor."""
        if not self.reference or not self.creditor:
            return None
        return case_key(match_text(self.reference), *self._owner, is_test=self.is_test)

    def loose_key(self) -> str | None:
        """Return the key of the case without letter case and leading zeros; None without a reference or a creditor."""
        if not self.reference or not self.creditor:
            return None
        return case_key(loose_text(self.reference), *self._owner, is_test=self.is_test)

    def is_twin_of(self, reference: str | None, wire: Mapping[str, Any]) -> bool:
        """Return whether a request's case is the same apart from letter case and zeros in its reference.

        The row must show the debtor and the date; they agree, and so do the amount and the currency if it shows them.
        """
        if not (self.reference and reference and self.debtor and self.day) or self.differences_from(wire):
            return False
        amount = self.amount is None or float(self.amount) == wire.get("amountToRecover")
        return (
            amount and loose_text(self.reference) == loose_text(reference) and match_text(self.reference) != match_text(reference)
        )

    def base(self) -> str | None:
        """Return the key that a case with this reference gets; None without a reference or a creditor."""
        if not self.reference or not self.creditor:
            return None
        return case_key(self.reference, folded_creditor(self.creditor), self.creditor_country, is_test=self.is_test)

    def traits(self) -> str | None:
        """Return the key of creditor, debtor, date and currency; None if one of them could not be read."""
        if not (self.creditor and self.debtor and self.day and self.currency):
            return None
        return case_traits((self.debtor, self.debtor_country), self.day, self.currency, self._owner, is_test=self.is_test)

    def differences_from(self, wire: Mapping[str, Any]) -> tuple[str, ...]:
        """Return in which of debtor, date and currency a request's case differs: canonical names of columns.

        What the row does not tell does not differ.
        """
        debtor = wire.get("debtor") or {}
        pairs = (
            ("debtor_name", self.debtor, debtor.get("name")),
            ("date", self.day, wire.get("date")),
            ("currency", self.currency, wire.get("currencyCode")),
        )
        return tuple(name for name, here, there in pairs if here and there and _folded(here) != _folded(there))


def _folded(value: object) -> str:
    return match_text(str(value)).casefold()


def is_another_case(differences: tuple[str, ...]) -> bool:
    """Return whether a row with these differences is about another case that got the same reference: debtor and date differ."""
    return {"debtor_name", "date"} <= set(differences)
