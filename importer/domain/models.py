"""The request models of ``POST /managed-cases`` and ``POST /v1/{tenantId}/case-vouchers/{caseId}``.

Sources: the reference pages of both endpoints; for the limits of texts, Debitura's related endpoint ``POST /cases``.
Names are snake_case here and camelCase in the request. A model validates values that are already typed (Decimal, date,
UUID); the loader converts cells to them. A rule between two fields is a validator of the later one, so that one
validation reports all mistakes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date as Day  # noqa: N812  (a model's field is called date, which would hide the type)
from datetime import datetime, timedelta, tzinfo
from decimal import Decimal
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PlainSerializer, ValidationInfo, field_validator
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from importer.domain.code_lists import (
    KOSOVO,
    DebtorType,
    VoucherSource,
    VoucherTypes,
    case_currencies,
    country_codes,
    decimals_of,
)
from importer.domain.us_states import US

if TYPE_CHECKING:
    from json import JSONEncoder

MAX_AHEAD = timedelta(days=365)  # a due date later than that is a mistyped year
MAX_MAJOR_UNITS = Decimal("9999999999999.99")  # 15 digits, which every JSON reader keeps exactly


def problem(code: str, message: str) -> PydanticCustomError:
    """Return the error for a broken rule. ``message``: what is wrong and, after a full stop, what the user can do."""
    return PydanticCustomError(code, "{message}", {"message": message})


def _country(code: str) -> str:
    if code not in country_codes_set():
        raise problem("country", "is not a country. Write a two-letter code (DK) or the English name (Denmark)")
    return code


@cache
def country_codes_set() -> frozenset[str]:
    """Return all ISO 3166-1 alpha-2 codes as a set."""
    return frozenset(country_codes())


def _case_currency(code: str) -> str:
    if code not in case_currencies():
        raise problem("currency", "is not a currency. Write a three-letter ISO code such as DKK or EUR")
    return code


def _exact_number(amount: Decimal) -> float:
    """Return an amount for JSON. It has at most 15 digits, so that the float prints as the same decimal."""
    return float(amount)


def _wire_moment(moment: datetime) -> str:
    """Format a local midnight with the zone's offset on that day: ``2024-05-28 00:00:00.000+02``."""
    # Not cached by ``moment`` itself: equal moments in two zones are written differently.
    return _local_time(moment.replace(tzinfo=None), moment.fold, moment.tzinfo)


@lru_cache(maxsize=4096)  # a file has few different dates
def _local_time(local: datetime, fold: int, zone: tzinfo | None) -> str:
    offset = local.replace(tzinfo=zone, fold=fold).strftime("%z")
    hours, minutes = offset[:3], offset[3:5]
    return f"{local:%Y-%m-%d %H:%M:%S}.000{hours}" + (f":{minutes}" if minutes != "00" else "")


_EVERYDAY_EMAIL = re.compile(r"[A-Za-z0-9_+-]+(?:\.[A-Za-z0-9_+-]+)*@(?:[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*\.)+([A-Za-z]{2,})")
_EVERYDAY_EMAIL_LENGTH = 60  # short enough that neither the part before the @ nor a label after it can be too long


def is_everyday_email(text: str) -> bool:
    """Return whether ``text`` is an address that email_validator certainly accepts; its own check takes fifty times as long."""
    found = _EVERYDAY_EMAIL.fullmatch(text) if len(text) <= _EVERYDAY_EMAIL_LENGTH else None
    return found is not None and found[1].casefold() not in _special_domains()


@cache
def _special_domains() -> frozenset[str]:
    from email_validator import SPECIAL_USE_DOMAIN_NAMES

    return frozenset(name.rpartition(".")[2] for name in SPECIAL_USE_DOMAIN_NAMES)


def _is_email(text: str) -> bool:
    from email_validator import EmailNotValidError, validate_email

    try:
        validate_email(text, check_deliverability=False)
    except EmailNotValidError:
        return False
    return True


def is_email(text: str) -> bool:
    """Return whether ``text`` is an e-mail address."""
    return is_everyday_email(text) or _is_email(text)


STATE_MISSING = "us_state_missing"
"""The code of the rule that a debtor in the US needs a state. It is found at the country, and is about ``debtor_state``."""
STATE_MISSING_MESSAGE = "is missing. A debtor in the US needs a state: its two letters (CA) or its name (California)"

Text = Annotated[str, Field(min_length=1)]
Country = Annotated[str, AfterValidator(_country)]
Moment = Annotated[datetime, PlainSerializer(_wire_moment)]


class WireModel(BaseModel):
    """Base of the request models: immutable, unknown fields forbidden, camelCase in JSON, absent fields omitted."""

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True, str_strip_whitespace=True
    )

    def wire(self) -> bytes:
        """Return the exact bytes to send: compact JSON in UTF-8 without absent fields."""
        # As model_dump_json, but without converting the bytes to str and back.
        return self.__pydantic_serializer__.to_json(self, by_alias=True, exclude_none=True)


class Debtor(WireModel):
    """The debtor of a case. A company needs a contact person, a debtor in the US its state's two letters.

    The country is always required. ``state`` is the region of a debtor elsewhere, in any form.
    """

    type: DebtorType
    name: Text
    contact_person: Annotated[Text | None, Field(validate_default=True)] = None
    company_registration_number: Text | None = None
    address: Text | None = None
    zip_code: Text | None = None
    city: Text | None = None
    state: Text | None = None
    state_alpha2: Annotated[str, Field(min_length=2, max_length=2)] | None = None
    country_alpha2: Country
    email: Text | None = None
    phone: Text | None = None

    @field_validator("contact_person")
    @classmethod
    def _company_has_contact(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is None and info.data.get("type") is DebtorType.COMPANY:
            raise problem("contact_person", "is missing. A company needs a contact person")
        return value

    @field_validator("country_alpha2")
    @classmethod
    def _us_debtor_has_state(cls, value: str, info: ValidationInfo) -> str:
        # Releases before this rule sent such debtors: `formerly` reads their rows as those did.
        if value == US and info.data.get("state_alpha2") is None and not (info.context or {}).get("formerly"):
            raise problem(STATE_MISSING, STATE_MISSING_MESSAGE)
        return value

    @field_validator("email")
    @classmethod
    def _email_is_one(cls, value: str | None) -> str | None:
        if value is not None and not is_email(value):
            raise problem("email", "is not an e-mail address. Write one such as name@company.com, or leave it empty")
        return value


class Case(WireModel):
    """A collection case on behalf of a creditor. Amounts are in major units, dates are calendar days.

    A case that is not due yet is valid, and left out by the loader: it becomes a claim without any correction.
    """

    creditor_company_name: Text
    creditor_country_alpha2: Country
    currency_code: Annotated[str, AfterValidator(_case_currency)]
    date: Day
    due_date: Day | None = None
    amount_to_recover: Annotated[Decimal, PlainSerializer(_exact_number, when_used="json")]
    creditor_reference: Annotated[Text | None, Field(max_length=50)] = None
    claim_description: Annotated[Text | None, Field(max_length=4000)] = None
    comments: Annotated[Text | None, Field(max_length=4000)] = None
    collection_partner_id: UUID | None = None
    is_test: bool | None = None
    tag: Annotated[Text | None, Field(max_length=100)] = None
    debtor: Debtor

    def wire(self) -> bytes:
        """Return the exact bytes to send. A country without a code in ISO 3166 is sent by its English name."""
        payload = super().wire()
        return _with_names(payload) if _WITHOUT_CODE in payload else payload

    @field_validator("date")
    @classmethod
    def _not_in_the_future(cls, value: Day, info: ValidationInfo) -> Day:
        today = (info.context or {}).get("today") or Day.today()  # noqa: DTZ011  (the user's own calendar day)
        if value > today:
            raise problem("future_date", f"is after today, {today}. A case can be sent from that day on; check the date")
        return value

    @field_validator("due_date")
    @classmethod
    def _due_within_a_year(cls, value: Day | None, info: ValidationInfo) -> Day | None:
        today = (info.context or {}).get("today") or Day.today()  # noqa: DTZ011  (the user's own calendar day)
        ahead = (info.context or {}).get("max_days_ahead", MAX_AHEAD.days)
        if value is not None and (value - today).days > ahead:
            raise problem("due_far_ahead", f"is more than {ahead} days ahead. Check the year")
        return value

    @field_validator("amount_to_recover")
    @classmethod
    def _amount_is_exact(cls, value: Decimal, info: ValidationInfo) -> Decimal:
        if value <= 0:
            advice = "Correct the amount, or take the row out if it is a credit or a payment"
            raise problem("amount_not_positive", f"is not above zero, so that it is no claim. {advice}")
        if value > MAX_MAJOR_UNITS:
            raise problem("amount_too_large", "has more digits than an amount can have. Check the decimal mark")
        check_decimals(value, info.data.get("currency_code"))
        return value


_WITHOUT_CODE = f'Alpha2":"{KOSOVO}"'.encode()
BY_NAME = (
    (f'"countryAlpha2":"{KOSOVO}"'.encode(), b'"country":"Kosovo"'),
    (f'"creditorCountryAlpha2":"{KOSOVO}"'.encode(), b'"creditorCountry":"Kosovo"'),
)


def _with_names(payload: bytes) -> bytes:
    """Replace the code of Kosovo by its name. Within a text the quotes would be escaped, so that only members are found."""
    for code, name in BY_NAME:
        payload = payload.replace(code, name)
    return payload


def check_decimals(amount: Decimal, currency: str | None) -> None:
    """Raise PydanticCustomError if ``amount`` has more decimals than its currency: amounts are never rounded."""
    allowed = decimals_of(currency) if currency else 2
    exponent = amount.as_tuple().exponent
    if (not isinstance(exponent, int) or exponent < -allowed) and _places(amount) > allowed:
        what = f"has more than {allowed} decimals" if allowed else f"has decimals, but {currency} has none"
        raise problem("too_many_decimals", f"{what}. Amounts are never rounded; correct the cell")


def _places(amount: Decimal) -> int:
    """Return how many decimals ``amount`` needs. ``normalize`` is not used: it rounds to 28 digits, which hides further ones."""
    _, digits, exponent = amount.as_tuple()
    assert isinstance(exponent, int), amount
    while digits and digits[-1] == 0:
        digits, exponent = digits[:-1], exponent + 1
    return max(0, -exponent) if digits else 0


class Appendix(WireModel):
    """A file at Debbie that is attached to a voucher, such as a PDF copy of the invoice."""

    file_name: Text
    content_type: Text
    file_id: Text


class Voucher(WireModel):
    """A case voucher. Its amount is in minor units, negative for a debt and positive for a credit note or deposit.

    ``referenceCaseVoucherId``, ``appendix`` and ``uniqueId`` may be added later to the bytes of :meth:`wire`, when the
    parent or the file is known; see :func:`with_fields`.
    """

    voucher_type_id: UUID
    amount: int
    currency: Literal["DKK", "SEK", "NOK", "USD", "EUR", "GBP", "CHF"]
    date: Moment
    source: VoucherSource
    due_date: Moment | None = None
    reference_id: Text | None = None
    text: Text | None = None
    interest: Annotated[Decimal, PlainSerializer(_exact_number, when_used="json"), Field(ge=0, le=1)] | None = None
    interest_start_date: Moment | None = None
    interest_end_date: Moment | None = None
    appendix: Appendix | None = None
    unique_id: Text | None = None
    reference_case_voucher_id: UUID | None = None
    reference_vouchers: list[dict[str, Any]] | None = None
    properties: dict[str, str] | None = None
    distribute: list[dict[str, Any]] | None = None

    @field_validator("amount")
    @classmethod
    def _sign_fits_type(cls, value: int, info: ValidationInfo) -> int:
        if value == 0:
            raise problem("amount_zero", "is zero. A voucher needs an amount")
        if abs(value) > MAX_MAJOR_UNITS * 100:
            raise problem("amount_too_large", "has more digits than an amount can have. Check the decimal mark")
        types: VoucherTypes = (info.context or {}).get("voucher_types") or VoucherTypes()
        kind = types.find(str(info.data.get("voucher_type_id")))
        if kind is not None and (value > 0) != (kind.direction > 0):
            raise problem("sign_contradicts_type", f"has the wrong sign for {kind.name}. Check the amount and the type")
        return value

    @field_validator("interest_end_date")
    @classmethod
    def _interest_ends_after_start(cls, value: datetime | None, info: ValidationInfo) -> datetime | None:
        start = info.data.get("interest_start_date")
        if value is not None and start is not None and value < start:
            raise problem("interest_dates", "is before the interest's start date. Check both dates")
        return value

    @field_validator("distribute")
    @classmethod
    def _distribution_adds_up(cls, value: list[dict[str, Any]] | None, info: ValidationInfo) -> list[dict[str, Any]] | None:
        amount = info.data.get("amount")
        if value is None or amount is None:
            return value
        parts = [part.get("amount") for part in value]
        if not all(isinstance(part, int) and not isinstance(part, bool) for part in parts):
            raise problem("distribute_amounts", 'needs a whole "amount" in minor units in every part, like {"amount": -50000}')
        total = sum(part["amount"] for part in value)
        if total != amount:
            units = "minor units, a debt negative"
            raise problem("distribute_sum", f"adds up to {total}, the voucher is {amount} ({units}). Make them equal")
        return value


def with_fields(payload: bytes, fields: Mapping[str, Any]) -> bytes:
    """Append members to ``payload``, a JSON object; the bytes before them stay the same.

    >>> with_fields(b'{"a":1}', {"uniqueId": "x"})
    b'{"a":1,"uniqueId":"x"}'
    """
    if not fields:
        return payload
    return payload[:-1] + b"," + _members().encode(dict(fields)).encode()[1:]


@cache
def _members() -> JSONEncoder:
    from json import JSONEncoder

    return JSONEncoder(separators=(",", ":"), ensure_ascii=False)
