"""Debitura's rules for a case, from the vendor documentation of ``POST /managed-cases``.

Text limits are those of the sister API. Two limits are the sandbox's own: amounts stay below 10^13, so that they keep
their cents as JSON numbers, and an email address has to look like one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal

from importer.sandbox.responses import Errors
from importer.sandbox.vendors import checks

_FIELDS = frozenset(
    {
        "creditorCompanyName", "creditorCountryAlpha2", "creditorCountry", "currencyCode", "date", "amountToRecover",
        "debtor", "dueDate", "comments", "claimDescription", "creditorReference", "collectionPartnerId", "isTest", "tag",
    }
)  # fmt: skip
_DEBTOR_TEXTS = (
    "companyRegistrationNumber", "address", "zipCode", "city", "state", "stateAlpha2", "email", "phone",
)  # fmt: skip
DEBTOR_FIELDS = frozenset({*_DEBTOR_TEXTS, "type", "name", "contactPerson", "country", "countryAlpha2"})
_DEBTOR_TYPES = frozenset({"Company", "Person"})
_TOO_LARGE = Decimal(10) ** 13
_CENT = Decimal("0.01")
_CODE_LENGTH = 2
_UNITED_STATES = "US"


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRules:
    """What the documentation leaves open, and the servers' time."""

    closed_schema: bool = True
    due_dates_in_past: bool = True
    due_dates_after_date: bool = True
    now: datetime = field(default_factory=lambda: datetime.now(UTC))


@dataclass(frozen=True, slots=True)
class CaseFacts:
    """The values of a valid case that the business rules need."""

    creditor: str
    creditor_reference: str
    debtor_country: str
    has_partner: bool


def check_case(content: dict[str, object], rules: CaseRules | None = None) -> CaseFacts | Errors:
    """Return the facts of a valid case, or every violation by its camelCase path."""
    errors: Errors = {}
    rules = rules or CaseRules()
    if rules.closed_schema:
        checks.unknown_fields(errors, content, _FIELDS)
    creditor = checks.text(errors, content, "creditorCompanyName", needed=True)
    checks.country(errors, content, "creditorCountryAlpha2", "creditorCountry")
    checks.choice(errors, content, "currencyCode", checks.currencies(), "an ISO 4217 currency code")
    _check_dates(errors, content, rules)
    _check_amount(errors, content.get("amountToRecover"))
    checks.text(errors, content, "comments", limit=4000)
    checks.text(errors, content, "claimDescription", limit=4000)
    reference = checks.text(errors, content, "creditorReference", limit=50)
    checks.text(errors, content, "tag", limit=100)
    partner = checks.identifier(errors, content, "collectionPartnerId")
    if not isinstance(content.get("isTest", False), bool | None):
        checks.add(errors, "isTest", "must be true or false")
    debtor_country = _check_debtor(errors, content.get("debtor"), rules)
    if errors:
        return errors
    return CaseFacts(creditor or "", reference or "", debtor_country or "", partner is not None)


def _check_dates(errors: Errors, content: dict[str, object], rules: CaseRules) -> None:
    day = checks.case_date(errors, content, "date", needed=True)
    if day is not None and not checks.has_begun(day, rules.now):
        checks.add(errors, "date", "must not be in the future")
    due = checks.case_date(errors, content, "dueDate")
    if due is None:
        return
    if rules.due_dates_after_date and day is not None and due < day:
        checks.add(errors, "dueDate", "must not be earlier than the date")
    if rules.due_dates_in_past and due >= rules.now.date():
        checks.add(errors, "dueDate", "must be in the past")


def _check_amount(errors: Errors, value: object) -> None:
    name = "amountToRecover"
    if value is None:
        checks.add(errors, name, checks.REQUIRED)
        return
    if not checks.is_number(value):
        checks.add(errors, name, "must be a number")
        return
    amount = Decimal(value)
    if amount <= 0:
        checks.add(errors, name, "must be greater than zero")
    elif amount >= _TOO_LARGE:
        checks.add(errors, name, "is too large")
    elif amount != amount.quantize(_CENT):
        checks.add(errors, name, "must have at most two decimals")


def _check_debtor(errors: Errors, debtor: object, rules: CaseRules) -> str | None:
    if debtor is None:
        checks.add(errors, "debtor", checks.REQUIRED)
        return None
    if not isinstance(debtor, dict):
        checks.add(errors, "debtor", "must be an object")
        return None
    prefix = "debtor."
    if rules.closed_schema:
        checks.unknown_fields(errors, debtor, DEBTOR_FIELDS, prefix)
    kind = checks.choice(errors, debtor, "type", _DEBTOR_TYPES, "Company or Person", prefix=prefix)
    checks.text(errors, debtor, "name", prefix=prefix, needed=True)
    checks.text(errors, debtor, "contactPerson", prefix=prefix, needed=kind == "Company")
    texts = {name: checks.text(errors, debtor, name, prefix=prefix) for name in _DEBTOR_TEXTS}
    if (email := texts["email"]) and not checks.is_email(email):
        checks.add(errors, "debtor.email", "must be an email address")
    country = checks.country(errors, debtor, "countryAlpha2", "country", prefix=prefix)
    if "debtor.stateAlpha2" not in errors:
        _check_state(errors, texts["stateAlpha2"], country)
    return country


def _check_state(errors: Errors, state: str | None, country: str | None) -> None:
    """Check that a debtor in the US has its state, as a code, as an ISO 3166-2 code or by name; elsewhere, any code."""
    name = "debtor.stateAlpha2"
    if country == _UNITED_STATES:
        if not state:
            checks.add(errors, name, "is required for debtors in the US")
        elif state not in checks.us_states() and state.casefold() not in checks.us_states():
            checks.add(errors, name, "is not a state of the US; use a code such as CA")
    elif state and not (len(state) == _CODE_LENGTH and state.isascii() and state.isupper()):
        checks.add(errors, name, "must be two capital letters")
