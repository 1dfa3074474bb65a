"""Responses of both APIs, in the shapes that the vendor documentation gives."""

from __future__ import annotations

import json
import math
from http import HTTPStatus
from typing import TYPE_CHECKING

from starlette.responses import Response

if TYPE_CHECKING:
    from collections.abc import Sequence

    from importer.sandbox.settings import ErrorShape

Errors = dict[str, list[str]]
Headers = dict[str, str]
BusinessError = dict[str, str | None]

_JSON = "application/json; charset=utf-8"
_PROBLEM = "application/problem+json"
_INVALID = "One or more validation errors occurred."
_SHAPES: tuple[ErrorShape, ...] = ("business", "flat", "problem")
"""What ``mixed`` makes of 3, 1 and 2 wrong fields, and so on in turn."""


class ApiResponse(Response):
    """Compact JSON, in ASCII because what was received may hold lone surrogates."""

    media_type = _JSON

    def render(self, content: object) -> bytes:
        return json.dumps(content, separators=(",", ":")).encode()


def problem(status: int, detail: str, headers: Headers | None = None, **more: object) -> Response:
    """Return problem details (RFC 7807)."""
    title = HTTPStatus(status).phrase
    content = {"type": f"https://httpstatuses.io/{status}", "title": title, "status": status, "detail": detail, **more}
    return ApiResponse(content, status, headers, _PROBLEM)


def debitura_problem(status: int, detail: str) -> Response:
    """Return problem details as Debitura has them, with the canonical ``businessErrors`` beside the older members."""
    title = HTTPStatus(status).phrase
    errors = [business(title.replace(" ", ""), detail)]
    return problem(status, detail, error=title, message=detail, businessErrors=errors)


def field_errors(errors: Errors, shape: ErrorShape) -> Response:
    """Return 400 in one of the documented shapes; mixed takes them in turn, by the number of wrong fields."""
    chosen = _SHAPES[len(errors) % len(_SHAPES)] if shape == "mixed" else shape
    if chosen == "flat":
        return ApiResponse(errors, 400)
    if chosen == "problem":
        return problem(400, _INVALID, errors=errors)
    found = [business("ValidationError", f"{path} {reason}") for path, reasons in errors.items() for reason in reasons]
    return ApiResponse({**_older("validation_error", _INVALID), "businessErrors": found, "errors": errors}, 400)


def business(kind: str, message: str, solution_url: str | None = None) -> BusinessError:
    """Return one entry of ``businessErrors``."""
    return {"type": kind, "message": message, "solutionUrl": solution_url}


def refusal(errors: Sequence[BusinessError], *, signing_url: str | None = None) -> Response:
    """Return 422 for violated business rules; ``signing_url`` is one link for everything that has to be signed."""
    handoff = None if signing_url is None else {"combinedSigningUrl": signing_url}
    older = _older("business_error", str(errors[0]["message"]))
    return ApiResponse({**older, "businessErrors": list(errors), "signingHandoff": handoff}, 422)


def too_many(content: dict[str, object], *, header: float | None = None) -> Response:
    """Return 429 as documented; ``content`` holds retryAfter, if anything."""
    headers = None if header is None else {"retry-after": str(math.ceil(header))}
    return ApiResponse({"error": "rate_limit_exceeded", "message": "Too many requests.", **content}, 429, headers)


def replay(status: int, body: str, *, cached: bool = False) -> Response:
    """Return a stored response again; Debbie marks it with ``Idempotency-Cached``."""
    return Response(body, status, {"idempotency-cached": "true"} if cached else None, _JSON)


def _older(error: str, message: str) -> dict[str, object]:
    return {"error": error, "message": message}
