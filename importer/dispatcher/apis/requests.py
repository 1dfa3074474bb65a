"""What the requests of both APIs share: one attempt to create, and reads, which may be repeated."""

from __future__ import annotations

import json
from collections.abc import Coroutine
from http import HTTPStatus as Http
from typing import Any

from importer.dispatcher.apis.http import HttpClient
from importer.dispatcher.outcomes.judge import Outcome, judge
from importer.dispatcher.outcomes.reply import Answer, Lost, NotSent
from importer.domain.kinds import Kind
from importer.errors import ApiStopped


async def _attempt(kind: Kind, sending: Coroutine[Any, Any, Answer], payload: bytes) -> Outcome:
    try:
        return judge(kind, await sending, payload)
    except (NotSent, Lost) as error:
        return judge(kind, error, payload)


TRIES = 4


async def _ask(client: HttpClient, api: str, path: str, *, accept_missing: bool = False) -> Any:
    """GET a document, with retries. Raises ApiStopped when the API is down or refuses the credentials."""
    import stamina

    answer: Answer | None = None
    try:
        async for attempt in stamina.retry_context(
            on=(_Again, NotSent, Lost), attempts=TRIES, wait_initial=0.2, wait_max=10, timeout=120
        ):
            with attempt:
                answer = await _get(client, path)
    except (NotSent, Lost, _Again) as error:
        raise ApiStopped(f"{api} does not answer ({error}).") from None
    assert answer is not None
    if answer.status in {Http.UNAUTHORIZED, Http.FORBIDDEN}:
        raise ApiStopped(
            f"{api} refuses the credentials (HTTP {answer.status}). Set the right ones; `importer doctor` checks them."
        )
    if accept_missing and answer.status == Http.NOT_FOUND:
        return None
    try:
        if answer.status == Http.OK:
            return json.loads(answer.body)
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
