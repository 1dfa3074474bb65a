"""Settings of a sandbox: credentials, limits and one switch for each fact that the vendors' documentation leaves open."""
# ruff: noqa: RUF009 - described() makes a field, which is immutable

from __future__ import annotations

import ipaddress
import math
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

from importer.domain.file_access import OWNER_ALONE, FileAccess
from importer.errors import SettingsError

if TYPE_CHECKING:
    from importer.sandbox.fault_plan import FaultPlan

ErrorShape = Literal["business", "flat", "problem", "mixed"]
CaseIdFrom = Literal["id", "reference", "creditorReference", "none"]
Repeat = Literal["409", "422", "200"]
WindowKind = Literal["sliding", "fixed", "aligned"]
Limit = tuple[int, float, WindowKind]
RefusalType = Literal[
    "MissingDebtCollectionContract", "MissingPowerOfAttorney", "MissingKycVerification", "CreditorBlocked",
    "NoPartnerAvailable", "UnsupportedCountry", "UnsupportedCurrency",
]  # fmt: skip
Refusals = tuple[tuple[str, RefusalType], ...]

DOCUMENTED_LIMITS: tuple[Limit, ...] = ((2_000, 60, "sliding"), (20_000, 3_600, "fixed"), (100_000, 86_400, "fixed"))
"""Debitura's windows per key, from the vendor documentation: (requests, seconds, kind)."""

CHOICES: dict[str, tuple[str, ...]] = {
    "error_shape": get_args(ErrorShape),
    "page_member": ("page", "pageData"),
    "idempotency": ("honoured", "ignored"),
    "key_under_way": ("409", "wait", "ignored"),
    "duplicate_type": ("DuplicateReference", "DuplicateCreditorReference"),
    "case_id_from": get_args(CaseIdFrom),
    "repeat": get_args(Repeat),
}
"""The settings with a fixed set of values."""
_FURTHEST_CLOCK = 10 * 365 * 86_400

_SECONDS = (
    "keep_alive_seconds", "key_valid_seconds", "create_seconds", "list_late_seconds", "case_known_seconds"
)  # fmt: skip


def described(default: object, meaning: str) -> Any:
    """Return a setting with its default and its meaning, which the command and the documents show."""
    return field(default=default, metadata={"meaning": meaning})


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxSettings:
    """All settings of a sandbox; the defaults follow the vendors' documentation.

    Raises ``SettingsError`` for a value that is not possible.
    """

    host: str = described("127.0.0.1", "The address to listen on, which must be a loopback address.")
    port: int = described(0, "The port; 0 takes any free port.")
    keep_alive_seconds: float = described(30.0, "How long an idle connection stays open.")
    clock_offset_seconds: float = described(
        0.0, "How far the servers' clock is ahead of this machine's, in dates of creation and in the `Date` header."
    )
    max_body_bytes: int = described(32 * 1024 * 1024, "The size of the largest request body; larger ones get 413.")
    data_file: Path | None = described(
        None, "An append-only file of JSON lines with every created object; without it they are kept in memory only."
    )
    data_access: FileAccess = described(OWNER_ALONE, "Who can read the data file: its owner alone, or a group.")

    api_keys: tuple[str, ...] = described(("sandbox-key",), "Debitura keys, all of the same partner.")
    tokens: tuple[str, ...] = described(("sandbox-token",), "Debbie's bearer tokens.")
    partner_id: str = described("5a4d0b0c-0000-4000-8000-000000000001", "The partner's id, as `GET /me` shows it.")
    company_name: str = described("Sandbox Inkasso ApS", "The partner's name, as `GET /me` shows it.")
    country: str = described("Denmark", "The partner's country, as `GET /me` shows it.")

    error_shape: ErrorShape = described(
        "business",
        "The shape of field errors, of which the pages show several: `business` has `businessErrors` with `errors` beside "
        "them, `flat` is the object of fields and messages alone, `problem` has problem details with `errors`, and `mixed` "
        "takes the shapes in turn, by the number of wrong fields.",
    )
    closed_schema: bool = described(
        True, "Whether a member that is not documented is refused; else it is ignored. Not documented."
    )
    due_dates_in_past: bool = described(
        True, "Whether a `dueDate` of today (in UTC) or later is refused. Documented for the sister API only."
    )
    due_dates_after_date: bool = described(
        True, "Whether a `dueDate` before `date` is refused. Documented for the sister API only."
    )
    create_seconds: float = described(0.0, "How long `POST /managed-cases` takes before it creates the case.")
    idempotency: Literal["honoured", "ignored"] = described(
        "honoured", "Whether `POST /managed-cases` honours `Idempotency-Key`."
    )
    key_valid_seconds: float = described(
        86_400.0, "How long a key of `POST /managed-cases` is remembered after its answer. Not documented."
    )
    key_under_way: Literal["409", "wait", "ignored"] = described(
        "409",
        "What a second request gets while the first one with its key is under way: `409`, the first one's answer after "
        "waiting for it (`wait`), or a case of its own (`ignored`). Not documented.",
    )
    page_member: Literal["page", "pageData"] = described("page", "The member of the list with its page numbers.")
    list_late_seconds: float = described(
        0.0, "How long a new case is missing from the list; look-ups find it at once. Not documented."
    )
    list_test_cases: bool = described(True, "Whether the list shows test cases. Not documented.")
    delete_test_cases: bool = described(True, "Whether test cases can be deleted; else such a request gets 403.")
    refusals: Refusals = described(
        (),
        "Creditors whose cases are refused, each with a type such as `MissingDebtCollectionContract`, until they have signed. "
        "With `--set`: `refusals=CREDITOR:TYPE`.",
    )
    unique_references: bool = described(False, "Whether a creditorReference that the creditor has used before is refused.")
    duplicate_type: Literal["DuplicateReference", "DuplicateCreditorReference"] = described(
        "DuplicateReference", "What such a refusal is called."
    )
    countries_without_partner: tuple[str, ...] = described(
        ("KP",), "Countries of debtors whose cases are refused as NoPartnerAvailable."
    )

    case_id_from: CaseIdFrom = described(
        "id", "The member of a Debitura case that is its name at Debbie, or `none` if Debbie knows it by none. Not documented."
    )
    case_known_seconds: float = described(0.0, "How long a new case is unknown to Debbie. Not documented.")
    known_cases: tuple[str, ...] = described((), "Case ids that exist at Debbie without having been created here.")
    extra_voucher_types: tuple[str, ...] = described((), "Ids of the tenant's own voucher types.")
    repeat: Repeat = described("409", "The status of Debbie's response to a repeated uniqueId. Not documented.")
    list_unique_id: bool = described(False, "Whether Debbie's list shows uniqueId. It is not in the documented list.")
    list_deleted_vouchers: bool = described(
        True, "Whether Debbie's list shows deleted vouchers, with `deletedAt` and `deletedBy`. Not documented."
    )
    keep_refusals: bool = described(
        False, "Whether Debbie replays a refusal for its `Idempotency-Key`, as it replays a success. Not documented."
    )

    limits: tuple[Limit, ...] = described(
        (), "Windows per Debitura key; see `DOCUMENTED_LIMITS`. A fixed window starts with its first request."
    )
    debbie_limits: tuple[Limit, ...] = described((), "Windows per token of Debbie. Not documented.")
    retry_after_header: bool = described(False, "Whether 429 has a `Retry-After` header beside `retryAfter` in its body.")
    faults: FaultPlan | None = described(None, "The fault plan.")

    def __post_init__(self) -> None:
        for name, choices in CHOICES.items():
            if (value := getattr(self, name)) not in choices:
                raise SettingsError(f"The sandbox setting {name} is {value!r}; use one of {', '.join(choices)}.")
        if not _is_loopback(self.host):
            raise SettingsError(f"The sandbox listens on loopback only, not on {self.host!r}; use 127.0.0.1.")
        if not 0 <= self.port <= 65_535:  # noqa: PLR2004 - the range of TCP ports
            raise SettingsError(f"The sandbox port is {self.port}; use a number from 0 (any free port) to 65535.")
        if not _is_uuid(self.partner_id):
            raise SettingsError(f"The sandbox setting partner_id is {self.partner_id!r}; use a UUID.")
        if wrong := [value for value in self.extra_voucher_types if not _is_uuid(value)]:
            raise SettingsError(f"The sandbox setting extra_voucher_types holds {wrong[0]!r}; use UUIDs.")
        self._check_seconds()
        for limit in (*self.limits, *self.debbie_limits):
            _check_limit(limit)
        check_refusals(self.refusals)

    def _check_seconds(self) -> None:
        for name in _SECONDS:
            if not 0 <= (seconds := getattr(self, name)) < math.inf:
                raise SettingsError(f"The sandbox setting {name} is {seconds!r}; use a number of at least 0.")
        if not abs(self.clock_offset_seconds) <= _FURTHEST_CLOCK:
            raise SettingsError(
                f"The sandbox setting clock_offset_seconds is {self.clock_offset_seconds!r}; "
                f"use a number of at most {_FURTHEST_CLOCK} or at least -{_FURTHEST_CLOCK}."
            )


def check_refusals(refusals: object) -> None:
    """Raise ``SettingsError`` unless every item is a creditor's name with a type of refusal."""
    for item in refusals if isinstance(refusals, tuple) else (refusals,):
        known = isinstance(item, tuple) and len(item) == 2 and item[1] in get_args(RefusalType)  # noqa: PLR2004 - a pair
        if not known or not str(item[0]).strip():
            raise SettingsError(
                f"The sandbox refusal {item!r} is wrong; use (creditor, type) with one of {', '.join(get_args(RefusalType))}."
            )


def _check_limit(limit: Limit) -> None:
    count, seconds, kind = limit
    if count < 1 or seconds <= 0 or kind not in get_args(WindowKind):
        raise SettingsError(
            f"The sandbox rate limit {limit!r} is wrong; use (requests above 0, seconds above 0, sliding or fixed)."
        )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _is_uuid(value: str) -> bool:
    try:
        uuid.UUID(value)
    except ValueError:
        return False
    return True
