"""Cases that Debitura lists, and how they are compared with a row: whether they look alike, and whether they are equal. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

import orjson

from importer.domain.identity import match_text


class Claim(NamedTuple):
    """The values of a case by which it is compared with others; None for one that is not there or not shown.

    ``amounts`` are those that it may have been sent with, the first one as it is shown: a server may add its fees to the claim.
    ``date`` begins with the day of the invoice.
    """

    creditor: str | None
    reference: str | None
    debtor: str | None
    amounts: tuple[Decimal, ...]
    currency: str | None
    date: str | None
    is_test: bool | None

    @classmethod
    def of_payload(cls, payload: bytes) -> Claim:
        """Return the claim of a case as it is sent."""
        wire = orjson.loads(payload)
        debtor, amount = wire.get("debtor") or {}, decimal_of(wire.get("amountToRecover"))
        return cls(
            creditor=wire.get("creditorCompanyName"),
            reference=wire.get("creditorReference"),
            debtor=debtor.get("name"),
            amounts=() if amount is None else (amount,),
            currency=wire.get("currencyCode"),
            date=wire.get("date"),
            is_test=bool(wire.get("isTest")),
        )

    @property
    def reference_key(self) -> str | None:
        """The folded reference, by which remote cases are looked for."""
        return folded(self.reference)

    @property
    def debtor_key(self) -> str | None:
        """The folded name of the debtor, by which remote cases are looked for."""
        return folded(self.debtor)


@dataclass(frozen=True, slots=True)
class RemoteCase:
    """A case as Debitura lists it. ``reference`` is its own, ``created_at`` a timestamp, ``facts`` JSON of what else is kept."""

    case_id: str
    reference: str | None
    created_at: str
    claim: Claim
    facts: str | None = None

    @property
    def name(self) -> str:
        """The case's reference at Debitura, else its id."""
        return self.reference or self.case_id

    def in_words(self) -> str:
        """Return the name with the day on which the case was created."""
        day = self.created_at[:10]
        return f"{self.name} of {day}" if _FIRST_DAY < day < _LAST_DAY else self.name


_FIRST_DAY, _LAST_DAY = "1970-01-01", "9999-01-01"


@dataclass(frozen=True, slots=True)
class Likeness:
    """What a row and a remote case have in common: creditor and reference, or debtor, amount, currency and date."""

    by_reference: bool
    by_claim: bool

    def in_words(self) -> str:
        """Return what is the same in both."""
        if self.by_reference and self.by_claim:
            return "the same creditor, reference, debtor, amount, currency and date"
        return "the same creditor and reference" if self.by_reference else "the same debtor, amount, currency and date"


def likeness(sent: Claim, listed: Claim) -> Likeness | None:
    """Return what a row has in common with a remote case, so that a person must say whether they are one; None if nothing.

    A test case is never like a real one. A value that the list does not show differs from nothing.
    """
    if listed.is_test is not None and listed.is_test is not sent.is_test:
        return None
    by_reference = _is_shared(sent.reference_key, listed.reference_key) and _agree(sent.creditor, listed.creditor)
    by_claim = _is_shared(sent.debtor_key, listed.debtor_key) and _may_be_same_claim(sent, listed)
    return Likeness(by_reference, by_claim) if by_reference or by_claim else None


def _is_shared(one: str | None, other: str | None) -> bool:
    return one is not None and one == other


def _may_be_same_claim(sent: Claim, listed: Claim) -> bool:
    same_money = _same_amount(sent, listed, unknown=True) and _agree(sent.currency, listed.currency)
    return same_money and _may_be_same_day(sent.date, listed.date)


class Difference(NamedTuple):
    """A value in which a row and a remote case differ, as each of them has it."""

    name: str
    sent: str
    listed: str

    def in_words(self) -> str:
        """Return the difference as text."""
        return f"{self.name} is {self.sent} in the row, {self.listed} at Debitura"


def differences(sent: Claim, listed: Claim) -> tuple[Difference, ...]:
    """Return the values in which a row and a remote case are not certainly equal; empty for one to one."""
    found = (
        Difference(name, one or "empty", other or "not shown") for name, one, other, same in _pairs(sent, listed) if not same
    )
    return tuple(found)


def one_to_one(pairs: Iterable[tuple[int, int]]) -> dict[int, int]:
    """Return the pairs of a row and a remote case that are equal, if neither is in another pair."""
    known = list(pairs)
    rows, cases = Counter(row for row, _ in known), Counter(case for _, case in known)
    return {row: case for row, case in known if rows[row] == cases[case] == 1}


def _pairs(sent: Claim, listed: Claim) -> Iterator[tuple[str, str | None, str | None, bool]]:
    yield "creditor", sent.creditor, listed.creditor, _equal(sent.creditor, listed.creditor)
    yield "reference", sent.reference, listed.reference, sent.reference_key == listed.reference_key
    yield "debtor", sent.debtor, listed.debtor, _equal(sent.debtor, listed.debtor)
    yield "amount", _amount(sent), _amount(listed), _same_amount(sent, listed, unknown=False)
    yield "currency", sent.currency, listed.currency, _equal(sent.currency, listed.currency)
    yield "date", sent.date, listed.date, _same_day(sent.date, listed.date)
    yield "test case", _yes(sent.is_test), _yes(listed.is_test), sent.is_test is listed.is_test


def folded(text: object) -> str | None:
    """Return a text without letter case and without what cannot be seen; None for an empty one."""
    return (match_text(text).casefold() or None) if isinstance(text, str) else None


def days_of(text: str) -> frozenset[date]:
    """Return the calendar days that a date may mean: one, or also the next one for a moment that is not midnight."""
    try:
        day = date.fromisoformat(text[:10])
    except ValueError:
        return frozenset()
    try:
        return frozenset({day} if _WHOLE_DAY.fullmatch(text[10:]) else {day, day + timedelta(days=1)})
    except OverflowError:
        return frozenset({day})


_WHOLE_DAY = re.compile(r"(?:T00:00(?::00(?:\.0+)?)?(?:Z|[+-]\d\d:?\d\d)?)?")


def decimal_of(value: object) -> Decimal | None:
    """Return a number of JSON, or one written as text, as a decimal; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        return None
    try:
        found = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def listed_claim(case: Mapping[str, Any]) -> Claim:
    """Return the claim of a case as Debitura lists it."""
    debtor, creditor = case.get("debtor"), case.get("creditor")
    if isinstance(creditor, dict):
        creditor = creditor.get("companyName", creditor.get("name"))
    gross, fees = decimal_of(case.get("grossAmount")), decimal_of(case.get("totalAddedFees"))
    mark = case.get("isTestCase")
    return Claim(
        creditor=_text(creditor),
        reference=_text(case.get("creditorReference")),
        debtor=_text(debtor.get("name") if isinstance(debtor, dict) else debtor),
        amounts=amounts_of(gross, fees),
        currency=_text(case.get("currency")),
        date=_text(case.get("date")),
        is_test=mark if isinstance(mark, bool) else None,
    )


def amounts_of(gross: Decimal | None, fees: Decimal | None) -> tuple[Decimal, ...]:
    """Return the amounts that a case may have been sent with, whose claim with the fees that were added is ``gross``."""
    if gross is None:
        return ()
    return (gross, gross - fees) if fees is not None and fees > 0 else (gross,)


def _text(value: object) -> str | None:
    return value.strip()[:LONGEST_TEXT] or None if isinstance(value, str) else None


LONGEST_TEXT = 1000

CENT = Decimal("0.01")


def _agree(one: str | None, other: str | None) -> bool:
    """Return whether two texts are equal, as far as both are known."""
    return folded(one) == folded(other) or folded(one) is None or folded(other) is None


def _equal(one: str | None, other: str | None) -> bool:
    return folded(one) == folded(other) is not None


def _same_amount(sent: Claim, listed: Claim, *, unknown: bool) -> bool:
    """Compare amounts as the API transports them: a binary fraction may miss a decimal one by less than half a cent."""
    if not sent.amounts or not listed.amounts:
        return unknown
    return any(abs(sent.amounts[0] - amount) < CENT / 2 for amount in listed.amounts)


def _may_be_same_day(one: str | None, other: str | None) -> bool:
    days, others = days_of(one or ""), days_of(other or "")
    return not days or not others or not days.isdisjoint(others)


def _same_day(one: str | None, other: str | None) -> bool:
    if not one or not other:
        return False
    days, others = days_of(one), days_of(other)
    return len(days) == 1 and days == others


def _amount(claim: Claim) -> str | None:
    return f"{claim.amounts[0]:.2f}" if claim.amounts else None


def _yes(value: bool | None) -> str | None:  # noqa: FBT001  (it is the value itself)
    return None if value is None else "yes" if value else "no"
