"""The endpoints of Debitura: the requests, and the meaning of their responses. Source: its API reference."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from importer.dispatcher.apis.http import HttpClient
from importer.dispatcher.apis.requests import ask, attempt_to_create
from importer.dispatcher.outcomes.judge import Outcome
from importer.domain.kinds import RecordKind
from importer.errors import ApiStopped
from importer.ledger.outbox.sendable import Claim

PAGE_SIZE = 100  # the largest page of the list of managed cases


def _reading_of(created: str | None) -> timedelta | None:
    """Return how far the clock that dated a case created just now is ahead of ours; None without a date that has a zone."""
    try:
        moment = datetime.fromisoformat(created or "")
        return moment - datetime.now(UTC) if moment.tzinfo else None
    except (ValueError, OverflowError):
        return None


class Debitura:
    """``/managed-cases`` and ``/me`` of the Collection Partner API."""

    def __init__(self, client: HttpClient) -> None:
        self._client = client

    @property
    def skew(self) -> timedelta | None:
        """The time by which Debitura's clock is ahead of ours; None before the first response with a date."""
        return self._client.skew

    @property
    def earliest_skew(self) -> timedelta | None:
        """The least time by which any of Debitura's clocks (headers, dates of cases) was ahead of ours in this run."""
        return self._client.earliest_skew

    async def me(self) -> str:
        """Return the partner's id. Raises ApiStopped if the key is refused or the API does not answer."""
        body = await ask(self._client, "Debitura", "/me")
        found = body.get("id") if isinstance(body, dict) else None
        if not isinstance(found, str) or not found:
            raise ApiStopped("Debitura's /me names no account, so rows could not be kept apart. Check debitura.base_url.")
        return found

    async def create(self, claim: Claim) -> Outcome:
        """POST the case, with its idempotency key (whether this endpoint uses it is not documented)."""
        headers = {"Idempotency-Key": claim.entry.idempotency_key}
        sending = self._client.send("POST", "/managed-cases", claim.payload, headers, latest=claim.send_before)
        outcome = await attempt_to_create(RecordKind.CASE, sending, claim.payload)
        self._client.note_reading(_reading_of(outcome.created))
        return outcome

    async def page(self, number: int) -> Mapping[str, Any]:
        """Return page ``number`` (from 1) of the managed cases, the newest first. Raises ApiStopped."""
        query = f"/managed-cases?page={number}&pageSize={PAGE_SIZE}&sort=DateCreated:desc"
        body = await ask(self._client, "Debitura", query)
        cases, page = (body.get("cases"), body.get("page")) if isinstance(body, dict) else (None, None)
        if (
            not isinstance(cases, list)
            or not isinstance(page, dict)
            or not all(isinstance(c, dict) and c.get("id") for c in cases)
        ):
            raise ApiStopped("Debitura's list of cases cannot be read.")
        found: Mapping[str, Any] = body
        return found

    async def case(self, identifier: str) -> Mapping[str, Any]:
        """Return one case with all its fields, of which the list omits some; empty if there is none. Raises ApiStopped."""
        body = await ask(self._client, "Debitura", f"/managed-cases/{quote(identifier, safe='')}", accept_missing=True)
        return body if isinstance(body, dict) else {}
