"""Idempotency keys of ``POST /managed-cases``.

The terminal answer is stored under the key, a refusal by a business rule (422) included. Field errors (400) are not
stored, so that the same key serves for the corrected request.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from importer.sandbox.responses import ApiResponse, business, debitura_problem, refusal, replay
from importer.sandbox.storage.world import StoredReplay
from importer.sandbox.vendors.case_view import case_content

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.responses import Response

    from importer.sandbox.settings import SandboxSettings
    from importer.sandbox.storage.world import StoredCase, World

_MAX_KEY: Final = 255
_SCOPE: Final = "debitura"


@dataclass(slots=True)
class _UnderWay:
    """A request with a key that has no answer yet."""

    fingerprint: str
    ended: asyncio.Event = field(default_factory=asyncio.Event)


class CaseKeys:
    """The keys in use, those of requests under way included."""

    def __init__(self, settings: SandboxSettings, world: World) -> None:
        self._settings = settings
        self._world = world
        self._under_way: dict[str, _UnderWay] = {}

    async def earlier_answer(self, key: str, body: bytes) -> Response | None:
        """Return the answer to a key that is wrong or was used before, or None if the request is to be handled."""
        if not 1 <= len(key) <= _MAX_KEY:
            return debitura_problem(400, f"Idempotency-Key must have 1 to {_MAX_KEY} characters.")
        fingerprint = fingerprint_of(body)
        while True:
            if (known := self._stored(key)) is not None:
                return self._replayed(known) if known.fingerprint == fingerprint else _conflict()
            running = self._under_way.get(key)
            if running is None or self._settings.key_under_way == "ignored":
                return None
            if running.fingerprint != fingerprint:
                return _conflict()
            if self._settings.key_under_way == "409":
                return debitura_problem(409, "A request with this Idempotency-Key is still under way.")
            await running.ended.wait()

    @contextmanager
    def under_way(self, key: str, body: bytes) -> Iterator[None]:
        """Count a request as under way until its answer is stored or it has failed."""
        running = self._under_way[key] = _UnderWay(fingerprint_of(body))
        try:
            yield
        finally:
            if self._under_way.get(key) is running:
                del self._under_way[key]
            running.ended.set()

    def to_store(self, key: str, body: bytes, response: Response, case: StoredCase | None) -> StoredReplay:
        """Return what is stored of a terminal answer."""
        answer = bytes(response.body).decode() if case is None else ""
        case_id = None if case is None else case.id
        return StoredReplay(_SCOPE, key, fingerprint_of(body), response.status_code, answer, time.time(), case_id)

    def _stored(self, key: str) -> StoredReplay | None:
        return self._world.replay(_SCOPE, key, since=time.time() - self._settings.key_valid_seconds)

    def _replayed(self, known: StoredReplay) -> Response:
        case = None if known.case_id is None else self._world.was_case(known.case_id)
        if case is None:
            return replay(known.status, known.answer)
        return ApiResponse(case_content(case, self._settings.company_name), known.status)


def fingerprint_of(body: bytes) -> str:
    """Return what tells the bodies of requests with one key apart."""
    return hashlib.sha256(body).hexdigest()[:32]


def _conflict() -> Response:
    return refusal([business("IdempotencyConflict", "The key was used for another request.")])
