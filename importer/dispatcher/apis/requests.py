"""The parts that the requests of both APIs share: rate limits, attempts to create, and reads, which are retried."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from http import HTTPStatus as Http
from typing import Any

from importer.dispatcher.apis.http import HttpClient
from importer.dispatcher.outcomes.json_body import read_json
from importer.dispatcher.outcomes.judge import Outcome, judge, wait_of
from importer.dispatcher.outcomes.reply import Answer, NotSent, ResponseLost
from importer.dispatcher.pacing.rate_limits import RateLimits
from importer.domain.kinds import RecordKind
from importer.errors import ApiStopped
from importer.ledger.ledger import Ledger


async def attempt_to_create(kind: RecordKind, sending: Coroutine[Any, Any, Answer], payload: bytes) -> Outcome:
    """Await the request that sends ``payload``, once, and return its outcome. A failed request is an outcome, not an error."""
    try:
        return judge(kind, await sending, payload)
    except (NotSent, ResponseLost) as error:
        return judge(kind, error, payload)


TRIES = 4


async def ask(client: HttpClient, api: str, path: str, *, accept_missing: bool = False, accept_malformed: bool = False) -> Any:
    """GET a document, with retries. Raises ApiStopped when the API is down or refuses the credentials.

    Returns None for a document that does not exist (404) or cannot exist (400), if that is accepted.
    """
    import stamina

    answer: Answer | None = None
    try:
        async for attempt in stamina.retry_context(
            on=(_Again, NotSent, ResponseLost), attempts=TRIES, wait_initial=0.2, wait_max=10, timeout=120
        ):
            with attempt:
                answer = await _get(client, path)
    except (NotSent, ResponseLost, _Again) as error:
        raise ApiStopped(
            f"{api} does not answer ({error}). Check the network and its base_url; `importer doctor` tests both."
        ) from None
    assert answer is not None
    if answer.status in {Http.UNAUTHORIZED, Http.FORBIDDEN}:
        raise ApiStopped(
            f"{api} refuses the credentials (HTTP {answer.status}). Set the right ones; `importer doctor` checks them."
        )
    if (accept_missing and answer.status == Http.NOT_FOUND) or (accept_malformed and answer.status == Http.BAD_REQUEST):
        return None
    return _document(api, answer)


def _document(api: str, answer: Answer) -> Any:
    try:
        if answer.status == Http.OK:
            return read_json(answer.body)
    except ValueError:
        pass
    raise ApiStopped(f"{api} returned a response that is not from this API (HTTP {answer.status}). Check its base_url.")


async def _get(client: HttpClient, path: str) -> Answer:
    answer = await client.send("GET", path)
    if answer.status in _TRANSIENT:
        raise _Again(f"HTTP {answer.status}")
    return answer


class _Again(Exception):
    """A response with a transient HTTP status."""


_TRANSIENT = frozenset({408, 425, 429, 500, 502, 503, 504})


POLL_SECONDS = 0.25  # between two checks of the clock and of an interrupt


@dataclass(frozen=True)
class RequestGate:
    """Delays requests without an intent until the rate limits allow them.

    It waits for at most ``longest_wait`` seconds, and no longer once ``stopped`` returns True.
    """

    ledger: Ledger
    longest_wait: float = math.inf
    stopped: Callable[[], bool] = lambda: False

    async def admit(self, limits: RateLimits) -> None:
        """Wait until the limits allow a request, and store its count. Raises QuotaReached if that takes too long."""
        while (wait := limits.next_permit(reading=True).wait).seconds > 0:
            if wait.seconds > self.longest_wait or self.stopped():
                raise limits.reached(wait)
            await asyncio.sleep(min(wait.seconds, POLL_SECONDS))
        limits.reserve(1)
        if changes := limits.changes():
            self.ledger.counts.keep(changes)


class RateLimitedClient(HttpClient):
    """A client that observes rate limits and records the waits that the server asks for after a 429."""

    def __init__(
        self,
        base_url: str,
        headers: Mapping[str, str],
        *,
        connections: int,
        timeout_seconds: float,
        limits: RateLimits,
        gate: RequestGate,
    ) -> None:
        super().__init__(base_url, headers, connections=connections, timeout_seconds=timeout_seconds)
        self._limits, self._gate = limits, gate

    async def send(
        self,
        method: str,
        path: str,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        *,
        latest: float | None = None,
    ) -> Answer:
        """Send one request, once. Raises NotSent, ResponseLost or (only before it is sent) QuotaReached."""
        if not has_intent(method, path):
            await self._gate.admit(self._limits)
        began = self._limits.clock()
        try:
            answer = await super().send(method, path, content, headers, latest=latest)
        finally:
            self._limits.answered(began)
        if answer.status == Http.TOO_MANY_REQUESTS:
            self._limits.refused(wait_of(answer))
        return answer


def has_intent(method: str, path: str) -> bool:
    """Return whether this request creates a case or voucher: it is counted with its intent. Uploads of files have none."""
    return method == "POST" and not path.endswith("/files")
