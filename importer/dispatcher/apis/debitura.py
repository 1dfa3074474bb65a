"""The endpoints of Debitura: the requests, and the meaning of their responses. Source: its API reference."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from http import HTTPStatus as Http
from typing import Any
from urllib.parse import quote

from importer.dispatcher.apis.http import HttpClient
from importer.dispatcher.apis.requests import ask, attempt_to_create
from importer.dispatcher.outcomes.judge import Outcome
from importer.dispatcher.outcomes.reply import NotSent, ResponseLost
from importer.dispatcher.outcomes.without_secrets import without_secrets
from importer.domain.kinds import RecordKind
from importer.domain.secrets import NO_SECRETS, Secrets
from importer.errors import ApiStopped
from importer.ledger.outbox.sendable import ClaimedEntry

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

    def __init__(self, client: HttpClient, secrets: Secrets = NO_SECRETS) -> None:
        self._client = client
        self._secrets = secrets
        self.company: str | None = None
        """The partner's company name, once :meth:`me` was asked, if the API names it."""

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
        body = await self._ask("/me")
        found, company = (body.get("id"), body.get("companyName")) if isinstance(body, dict) else (None, None)
        self.company = company.strip() or None if isinstance(company, str) else None
        if not isinstance(found, str) or not _ACCOUNT.fullmatch(found):
            raise ApiStopped("Debitura's /me names no account, so rows could not be kept apart. Check debitura.base_url.")
        return found

    async def create(self, claim: ClaimedEntry) -> Outcome:
        """POST the case, with its idempotency key (whether this endpoint uses it is not documented)."""
        headers = {"Idempotency-Key": claim.entry.idempotency_key}
        sending = self._client.send("POST", "/managed-cases", claim.payload, headers, latest=claim.send_before)
        outcome = without_secrets(await attempt_to_create(RecordKind.CASE, sending, claim.payload), self._secrets)
        self._client.note_reading(_reading_of(outcome.created))
        return outcome

    async def create_twin(self, payload: bytes, key: str) -> Outcome:
        """POST a test case without an entry of the ledger, to find out whether its idempotency key is heeded."""
        sending = self._client.send("POST", "/managed-cases", payload, {"Idempotency-Key": key})
        return without_secrets(await attempt_to_create(RecordKind.CASE, sending, payload), self._secrets)

    async def delete_test_cases(self, tag: str) -> bool:
        """Delete the test cases with this tag. Returns whether the server reports that it did."""
        try:
            answer = await self._client.send("DELETE", f"/test/cases?tag={quote(tag, safe='')}")
        except (NotSent, ResponseLost):
            return False
        return Http.OK <= answer.status < Http.MULTIPLE_CHOICES

    async def page(self, number: int) -> Mapping[str, Any]:
        """Return page ``number`` (from 1) of the managed cases, the newest first. Raises ApiStopped."""
        query = f"/managed-cases?page={number}&pageSize={PAGE_SIZE}&sort=DateCreated:desc"
        body = await self._ask(query)
        body = with_page(body)
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
        return await self._case_at(quote(identifier, safe=""))

    async def case_by_reference(self, reference: str) -> Mapping[str, Any]:
        """Return the case with this reference of eight characters; empty if there is none. Raises ApiStopped."""
        return await self._case_at(f"case-reference/{quote(reference, safe='')}")

    async def _case_at(self, path: str) -> Mapping[str, Any]:
        # 400 is the documented response to what names no collection case, 404 to a case of another partner.
        body = await self._ask(f"/managed-cases/{path}", accept_missing=True, accept_malformed=True)
        return body if isinstance(body, dict) else {}

    async def _ask(self, path: str, **accepted: bool) -> Any:
        return self._secrets.masked_data(await ask(self._client, "Debitura", path, **accepted))


_ACCOUNT = re.compile(r"[\w.:@-]{1,200}", re.ASCII)
"""What the id of a partner can be: it names the account in the ledger and in messages."""


def with_page(body: Any) -> Any:
    """Return a list's response with ``page``: some of the vendor's documents call it ``pageData``.

    A list or an object in it is no number of anything; it becomes a text, which equals no count.
    """
    page = body.get("page", body.get("pageData")) if isinstance(body, dict) else None
    if not isinstance(page, dict):
        return body
    return {**body, "page": {name: str(value) if isinstance(value, list | dict) else value for name, value in page.items()}}
