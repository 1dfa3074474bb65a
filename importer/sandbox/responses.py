"""Responses of both APIs, in the shapes that the vendor documentation gives."""

from __future__ import annotations

import json
import math
from http import HTTPStatus
from typing import TYPE_CHECKING

from starlette.responses import Response

if TYPE_CHECKING:
    from importer.sandbox.settings import ErrorShape

Errors = dict[str, list[str]]
Headers = dict[str, str]

_JSON = "application/json; charset=utf-8"
_PROBLEM = "application/problem+json"


class ApiResponse(Response):
    """Compact JSON, in ASCII because what was received may hold lone surrogates."""

    media_type = _JSON

    def render(self, content: object) -> bytes:
        return json.dumps(content, separators=(",", ":")).encode()


def problem(status: int, detail: str, headers: Headers | None = None, **more: object) -> Response:
    """Return problem details (RFC 7807), as both APIs use for 401, 404 and 500."""
    title = HTTPStatus(status).phrase
    content = {"type": f"https://httpstatuses.io/{status}", "title": title, "status": status, "detail": detail, **more}
    return ApiResponse(content, status, headers, _PROBLEM)


def field_errors(errors: Errors, shape: ErrorShape) -> Response:
    """Return 400 in one of the two documented shapes; mixed takes the problem object for an even number of fields."""
    if shape == "flat" or (shape == "mixed" and len(errors) % 2):
        return ApiResponse(errors, 400)
    return problem(400, "One or more validation errors occurred.", errors=errors)


def business_error(kind: str, message: str, *, status: int = 422, solution_url: str | None = None) -> Response:
    """Return a refusal by a business rule, in the documented ``businessErrors`` shape."""
    error: dict[str, str] = {"type": kind, "message": message}
    if solution_url is not None:
        error["solutionUrl"] = solution_url
    return ApiResponse({"error": "business_error", "message": message, "businessErrors": [error]}, status)


def too_many(content: dict[str, object], *, header: float | None = None) -> Response:
    """Return 429 as documented; ``content`` holds retryAfter, if anything."""
    headers = None if header is None else {"retry-after": str(math.ceil(header))}
    return ApiResponse({"error": "rate_limit_exceeded", "message": "Too many requests.", **content}, 429, headers)


def replay(status: int, body: str, *, cached: bool = False) -> Response:
    """Return a stored response again; Debbie marks it with ``Idempotency-Cached``."""
    return Response(body, status, {"idempotency-cached": "true"} if cached else None, _JSON)
