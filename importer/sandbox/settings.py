"""Settings of a sandbox: credentials, limits and one switch for each fact that the vendors' documentation leaves open."""

from __future__ import annotations

import ipaddress
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

from importer.errors import SettingsError

if TYPE_CHECKING:
    from importer.sandbox.fault_plan import FaultPlan

ErrorShape = Literal["flat", "problem", "mixed"]
CaseIdFrom = Literal["id", "reference", "creditorReference"]
Repeat = Literal["409", "422", "200"]
WindowKind = Literal["sliding", "fixed", "aligned"]
Limit = tuple[int, float, WindowKind]

DOCUMENTED_LIMITS: tuple[Limit, ...] = ((2_000, 60, "sliding"), (20_000, 3_600, "fixed"), (100_000, 86_400, "fixed"))
"""Debitura's windows per key, from the vendor documentation: (requests, seconds, kind)."""

_CHOICES = {
    "error_shape": get_args(ErrorShape),
    "idempotency": ("ignored", "honoured"),
    "case_id_from": get_args(CaseIdFrom),
    "repeat": get_args(Repeat),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxSettings:
    """All settings of a sandbox; the defaults follow the vendors' documentation.

    Raises ``SettingsError`` for a value that is not possible.
    """

    host: str = "127.0.0.1"
    port: int = 0
    """0 takes any free port."""
    keep_alive_seconds: float = 30
    clock_offset_seconds: float = 0
    """How far the servers' clock is ahead of this machine's, in dates of creation and in the ``Date`` header."""
    max_body_bytes: int = 32 * 1024 * 1024
    data_file: Path | None = None
    """An append-only file of JSON lines with every created object; without it they are kept in memory only."""

    api_keys: tuple[str, ...] = ("sandbox-key",)
    """Debitura keys, all of the same partner."""
    tokens: tuple[str, ...] = ("sandbox-token",)
    partner_id: str = "5a4d0b0c-0000-4000-8000-000000000001"
    company_name: str = "Sandbox Inkasso ApS"
    country: str = "Denmark"

    error_shape: ErrorShape = "mixed"
    """The shape of field errors. Both are documented; with ``mixed``, an even number of fields makes a problem object."""
    idempotency: Literal["ignored", "honoured"] = "ignored"
    """Whether POST /managed-cases honours ``Idempotency-Key``, as its sister endpoint POST /cases does. Not documented."""
    unique_references: bool = False
    """Whether a repeated creditorReference is refused as DuplicateReference."""
    countries_without_partner: tuple[str, ...] = ("KP",)

    case_id_from: CaseIdFrom = "id"
    """The field of a Debitura case that is its id at Debbie. Not documented."""
    known_cases: tuple[str, ...] = ()
    """Case ids that exist at Debbie without having been created here."""
    extra_voucher_types: tuple[str, ...] = ()
    repeat: Repeat = "409"
    """The status of Debbie's response to a repeated uniqueId. Not documented."""
    list_unique_id: bool = True
    """Whether Debbie's list returns uniqueId. Not documented."""

    limits: tuple[Limit, ...] = ()
    """Windows per Debitura key; see ``DOCUMENTED_LIMITS``. A fixed window starts with its first request."""
    debbie_limits: tuple[Limit, ...] = ()
    retry_after_header: bool = False
    faults: FaultPlan | None = None

    def __post_init__(self) -> None:
        for name, choices in _CHOICES.items():
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
        for limit in (*self.limits, *self.debbie_limits):
            _check_limit(limit)


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
