"""Answers of both APIs, in the shapes that the vendor documentation gives."""

from __future__ import annotations

import json
import math
from collections.abc import Awaitable, Callable, MutableMapping
from typing import NamedTuple
from urllib.parse import parse_qsl, unquote

from importer.sandbox.settings import ErrorShape

Message = MutableMapping[str, object]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Errors = dict[str, list[str]]
Headers = tuple[tuple[bytes, bytes], ...]

_JSON = b"application/json; charset=utf-8"
_PROBLEM = b"application/problem+json"
_TITLES = {
    400: "Bad Request",
    401: "Unauthorized",
    404: "Not Found",
    405: "Method Not Allowed",
    409: "Conflict",
    413: "Content Too Large",
    415: "Unsupported Media Type",
    500: "Internal Server Error",
}


class Answer(NamedTuple):
    """A response: status, body and headers (the length is added when it is sent)."""

    status: int
    body: bytes
    content_type: bytes = _JSON
    headers: Headers = ()


def json_answer(status: int, content: object, headers: Headers = ()) -> Answer:
    """Return ``content`` as compact JSON."""
    return Answer(status, json.dumps(content, separators=(",", ":")).encode(), _JSON, headers)


def replay(status: int, body: str, *, cached: bool = False) -> Answer:
    """Return a remembered answer again; Debbie marks it with ``Idempotency-Cached``."""
    return Answer(status, body.encode(), headers=((b"idempotency-cached", b"true"),) if cached else ())


def problem(status: int, detail: str, headers: Headers = (), **more: object) -> Answer:
    """Return problem details (RFC 7807), as both APIs use for 401, 404 and 500."""
    title = _TITLES.get(status, "Error")
    content = {"type": f"https://httpstatuses.io/{status}", "title": title, "status": status, "detail": detail, **more}
    return Answer(status, json.dumps(content).encode(), _PROBLEM, headers)


def field_errors(errors: Errors, shape: ErrorShape) -> Answer:
    """Return 400 in one of the two documented shapes; mixed takes the problem object for an even number of fields."""
    if shape == "flat" or (shape == "mixed" and len(errors) % 2):
        return json_answer(400, errors)
    return problem(400, "One or more validation errors occurred.", errors=errors)


def business_error(kind: str, message: str, *, status: int = 422, solution_url: str | None = None) -> Answer:
    """Return a refusal by a business rule, in the documented ``businessErrors`` shape."""
    error: dict[str, str] = {"type": kind, "message": message}
    if solution_url is not None:
        error["solutionUrl"] = solution_url
    return json_answer(status, {"error": "business_error", "message": message, "businessErrors": [error]})


def too_many(content: dict[str, object], *, header: float | None = None) -> Answer:
    """Return 429 as documented; ``content`` holds retryAfter, if anything."""
    headers: Headers = () if header is None else ((b"retry-after", str(math.ceil(header)).encode()),)
    body = {"error": "rate_limit_exceeded", "message": "Too many requests.", **content}
    return json_answer(429, body, headers)


class Request:
    """A request that has been read completely."""

    __slots__ = ("body", "headers", "method", "path", "query", "raw_path")

    def __init__(self, scope: Message, body: bytes) -> None:
        raw_path = scope["raw_path"]
        headers = scope["headers"]
        query = scope["query_string"]
        assert isinstance(raw_path, bytes)
        assert isinstance(headers, list)
        assert isinstance(query, bytes)
        self.method = str(scope["method"])
        self.raw_path = raw_path.decode("ascii")
        self.path = [unquote(part) for part in self.raw_path.split("/")[1:]]
        self.query = parse_qsl(query.decode("ascii", "replace"), keep_blank_values=True) if query else []
        self.headers: dict[bytes, bytes] = dict(headers)
        self.body = body

    def header(self, name: bytes) -> str | None:
        """Return a header by its lower-case name."""
        value = self.headers.get(name)
        return None if value is None else value.decode("latin-1")

    def is_json(self) -> bool:
        """Whether the body is declared to be JSON."""
        kind = self.headers.get(b"content-type", b"").split(b";")[0].strip().lower()
        return kind == b"application/json"
