"""What the client sees of each fault: another answer, a spoiled one, or a connection cut after the commit."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from importer.sandbox import messages
from importer.sandbox.fault_plan import Fault, Kind
from importer.sandbox.messages import Answer

if TYPE_CHECKING:
    import asyncio

    from importer.sandbox.messages import Request
    from importer.sandbox.server.connection import Exchange

_HTML = b"<html><head><title>503</title></head><body><h1>503 Service Unavailable</h1></body></html>"
_ID_FIELDS = ("id", "caseVoucherId", "fileId")


def replacement(fault: Fault, request: Request, redirect_to: str) -> Answer | None:
    """Return the answer that stands in for the real one, if nothing is to happen in the world."""
    match fault.kind:
        case Kind.ERROR_BEFORE:
            return messages.problem(500, "Something went wrong.")
        case Kind.HTML:
            return Answer(503, _HTML, b"text/html; charset=utf-8")
        case Kind.TOO_MANY | Kind.TOO_MANY_ABSURD:
            return messages.too_many({"retryAfter": fault.retry_after})
        case Kind.TOO_MANY_SILENT:
            return messages.too_many({})
        case Kind.REDIRECT:
            location = (redirect_to.rstrip("/") + request.raw_path).encode("ascii", "replace")
            return Answer(307, b"", b"text/plain", ((b"location", location),))
        case _:
            return None


def spoiled(fault: Fault, answer: Answer) -> Answer:
    """Return the answer that the client gets after the real one was made; refusals are not dressed up as successes."""
    if fault.kind is Kind.ERROR_AFTER:
        return messages.problem(500, "Something went wrong.")
    if answer.status >= 300:  # noqa: PLR2004 - not a success
        return answer
    if fault.kind is Kind.NON_JSON:
        return Answer(200, b"OK, done.", b"text/plain; charset=utf-8")
    if fault.kind is Kind.NO_ID:
        content = json.loads(answer.body)
        for name in _ID_FIELDS if isinstance(content, dict) else ():
            content.pop(name, None)
        return messages.json_answer(answer.status, content)
    return answer


async def cut(fault: Fault, answer: Answer, exchange: Exchange, stopping: asyncio.Event) -> bool:
    """Cut or hold the connection after the commit if ``fault`` says so; False if the answer is to be sent."""
    match fault.kind:
        case Kind.RESET_AFTER:
            await exchange.reset()
        case Kind.HANG_AFTER:
            await exchange.hang(fault.seconds, stopping)
        case Kind.TRUNCATED:
            await exchange.truncate(answer)
        case _:
            return False
    return True
