"""Field checks that the rules of both vendors share; each adds its violations to a dict of path → reasons."""

from __future__ import annotations

import base64
import json
import re
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, TypeGuard

import pycountry
from starlette.responses import Response

from importer.sandbox.responses import Errors, problem

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request

REQUIRED = "is required"
_FURTHEST_EAST = timedelta(hours=14)
_ISO = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,7})?)?(Z|[+-]\d\d:\d\d)?)?", re.ASCII)
_VOUCHER_DATE = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}[+-](0\d|1[0-4])(:[0-5]\d)?", re.ASCII)
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII | re.IGNORECASE)
_EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")
_MEDIA_TYPE = re.compile(r"[\w!#$&^.+-]+/[\w!#$&^.+-]+", re.ASCII)


class NotAnObject(Exception):
    """The body is not a JSON object."""


def json_object(body: bytes, number: Callable[[str], object] = Decimal) -> dict[str, object]:
    """Read a body as UTF-8 JSON, with ``number`` for all but integers. Raises ``NotAnObject`` with the reason."""
    try:
        content = json.loads(body.decode(), parse_float=number, parse_constant=_no_constant)
    except (ValueError, ArithmeticError, RecursionError) as error:
        raise NotAnObject(f"The body is not valid JSON: {error}") from error
    if not isinstance(content, dict):
        raise NotAnObject("The body must be a JSON object.")
    return content


def json_body(request: Request, body: bytes, refuse: Callable[[int, str], Response] = problem) -> dict[str, object] | Response:
    """Return the JSON object that a request carries, or the refusal of its type (415) or form (400)."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json":
        return refuse(415, "Content-Type must be application/json.")
    try:
        return json_object(body)
    except NotAnObject as error:
        return refuse(400, str(error))


def add(errors: Errors, path: str, reason: str) -> None:
    """Add a violation by the value at ``path``."""
    errors.setdefault(path, []).append(reason)


def unknown_fields(errors: Errors, content: dict[str, object], known: frozenset[str], prefix: str = "") -> None:
    """Refuse fields that the documentation does not name."""
    if not content.keys() <= known:
        for name in content:
            if name not in known:
                add(errors, prefix + name, "is not a known field")


def text(
    errors: Errors, content: dict[str, object], name: str, *, prefix: str = "", needed: bool = False, limit: int = 0
) -> str | None:
    """Return a string field, or None when it is missing or wrong; null counts as missing."""
    value = content.get(name)
    if value is None:
        if needed:
            add(errors, prefix + name, REQUIRED)
        return None
    if not isinstance(value, str):
        add(errors, prefix + name, "must be a string")
        return None
    if needed and not value.strip():
        add(errors, prefix + name, "must not be empty")
        return None
    if limit and len(value) > limit:
        add(errors, prefix + name, f"must be at most {limit} characters")
    return value


def choice(
    errors: Errors, content: dict[str, object], name: str, allowed: frozenset[str], what: str, *, prefix: str = ""
) -> str | None:
    """Return a required string that is one of ``allowed``."""
    value = text(errors, content, name, prefix=prefix, needed=True)
    if value is not None and value not in allowed:
        add(errors, prefix + name, f"must be {what}")
        return None
    return value


def identifier(errors: Errors, content: dict[str, object], name: str, *, needed: bool = False) -> str | None:
    """Return a UUID in lower case."""
    value = text(errors, content, name, needed=needed)
    if value is None:
        return None
    if not is_uuid(value):
        add(errors, name, "must be a UUID")
        return None
    return value.lower()


def is_uuid(value: str) -> bool:
    """Return whether ``value`` is a UUID in its usual form with hyphens."""
    return _UUID.fullmatch(value) is not None


def country(errors: Errors, content: dict[str, object], code: str, name: str, *, prefix: str = "") -> str | None:
    """Return the alpha-2 code from the field with the code or the one with the English name; one is required."""
    alpha2 = text(errors, content, code, prefix=prefix)
    english = text(errors, content, name, prefix=prefix)
    if not alpha2 and not english:
        if errors.keys().isdisjoint({prefix + code, prefix + name}):
            add(errors, prefix + code, f"or {name} is required")
        return None
    if alpha2 and alpha2 not in countries():
        add(errors, prefix + code, "must be an ISO 3166 alpha-2 code")
        return None
    if not english:
        return alpha2
    named = country_names().get(english.strip().casefold())
    if named is None:
        add(errors, prefix + name, "is not the English name of a country")
    elif alpha2 and named != alpha2:
        add(errors, prefix + name, f"contradicts {code}")
    return named


def case_date(errors: Errors, content: dict[str, object], name: str, *, needed: bool = False) -> date | None:
    """Return the day of ``YYYY-MM-DD`` or an ISO date and time."""
    value = text(errors, content, name, needed=needed)
    if value is None:
        return None
    if not _ISO.fullmatch(value) or not _exists(value):
        add(errors, name, "must be a date such as 2026-01-31 or an ISO date and time")
        return None
    return date.fromisoformat(value[:10])


def has_begun(day: date, now: datetime) -> bool:
    """Return whether a day has begun anywhere on earth."""
    return day <= (now + _FURTHEST_EAST).date()


def voucher_date(errors: Errors, content: dict[str, object], name: str, *, needed: bool = False) -> None:
    """Check ``2024-05-28 00:00:00.000+01``, the form in Debbie's documentation."""
    value = text(errors, content, name, needed=needed)
    if value is not None and (not _VOUCHER_DATE.fullmatch(value) or not _exists(value)):
        add(errors, name, "must be a time such as 2024-05-28 00:00:00.000+01")


def is_number(value: object) -> TypeGuard[int | Decimal]:
    """Return whether a JSON value is a number; True and False are none."""
    return isinstance(value, int | Decimal) and not isinstance(value, bool)


def is_integer(value: object) -> TypeGuard[int]:
    """Return whether a JSON value is a number without a decimal point; True and False are none."""
    return isinstance(value, int) and not isinstance(value, bool)


def is_email(value: str) -> bool:
    """Return whether ``value`` has roughly the form of an address."""
    return _EMAIL.fullmatch(value) is not None


def is_media_type(value: str) -> bool:
    """Return whether ``value`` has the form type/subtype."""
    return _MEDIA_TYPE.fullmatch(value) is not None


def base64_size(value: str) -> int | None:
    """Return the number of bytes that ``value`` encodes, or None if it is not strict base64."""
    try:
        return len(base64.b64decode(value, validate=True))
    except ValueError:
        return None


@cache
def countries() -> frozenset[str]:
    """Return all ISO 3166 alpha-2 codes."""
    return frozenset(item.alpha_2 for item in pycountry.countries)


@cache
def country_names() -> dict[str, str]:
    """Return English names (short, common, official) in lower case → alpha-2 code."""
    names: dict[str, str] = {"kosovo": "XK"}  # ISO 3166 lacks it
    for item in pycountry.countries:
        for kind in ("official_name", "common_name", "name"):
            if name := getattr(item, kind, None):
                names[name.casefold()] = item.alpha_2
    return names


@cache
def country_name(alpha2: str) -> str | None:
    """Return the English name of a country, the common one if it has one."""
    if alpha2 == "XK":
        return "Kosovo"
    item = pycountry.countries.get(alpha_2=alpha2)
    return None if item is None else getattr(item, "common_name", item.name)


@cache
def us_states() -> frozenset[str]:
    """Return every documented form of a state of the US: ``CA``, ``US-CA``, and ``California`` in lower case."""
    states = [state for state in pycountry.subdivisions if state.country_code == "US"]
    return frozenset(form for state in states for form in (state.code, state.code[3:], state.name.casefold()))


@cache
def currencies() -> frozenset[str]:
    """Return all ISO 4217 codes."""
    return frozenset(item.alpha_3 for item in pycountry.currencies)


def _exists(value: str) -> bool:
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


def _no_constant(name: str) -> object:
    raise ValueError(f"{name} is not JSON")
