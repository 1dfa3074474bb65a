"""Requests that are counted before they are sent. Those that create were counted with their intents, in the same commit."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus

from importer.dispatcher.apis.http import HttpClient
from importer.dispatcher.outcomes.judge import wait_of
from importer.dispatcher.outcomes.reply import Answer
from importer.dispatcher.pacing.rate_limits import RateLimits
from importer.ledger.ledger import Ledger

NAP_SECONDS = 0.25  # between two looks at the clock and at an interrupt


@dataclass(frozen=True)
class RequestGate:
    """Where a request without an intent waits for its turn: no longer than ``patience`` seconds, nor once ``stopped``."""

    ledger: Ledger
    patience: float = math.inf
    stopped: Callable[[], bool] = lambda: False

    async def admit(self, limits: RateLimits) -> None:
        """Count one request durably, as soon as there is room. Raises QuotaReached."""
        while (wait := limits.next_permit(reading=True).wait).seconds > 0:
            if wait.seconds > self.patience or self.stopped():
                raise limits.reached(wait)
            await asyncio.sleep(min(wait.seconds, NAP_SECONDS))
        limits.reserve(1)
        if changes := limits.changes():
            self.ledger.counts.keep(changes)


class RateLimitedClient(HttpClient):
    """A client that keeps to rate limits and reports to them what the server says of them."""

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
        self, method: str, path: str, content: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """One request, once. Raises NotSent, Lost or (only before it is sent) QuotaReached."""
        if not has_intent(method, path):
            await self._gate.admit(self._limits)
        began = self._limits.clock()
        try:
            answer = await super().send(method, path, content, headers)
        finally:
            self._limits.answered(began)
        if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
            self._limits.refused(wait_of(answer))
        return answer


def has_intent(method: str, path: str) -> bool:
    """Whether this request creates a case or voucher, and so was counted with its intent; a file has none."""
    return method == "POST" and not path.endswith("/files")
