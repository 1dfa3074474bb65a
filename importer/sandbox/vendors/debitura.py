"""Debitura's Collection Partner API, as its vendor documentation describes it."""

from __future__ import annotations

import hashlib
import json
import math
import time
import uuid
from typing import TYPE_CHECKING

from starlette.responses import Response

from importer.sandbox import responses
from importer.sandbox.responses import ApiResponse
from importer.sandbox.storage.world import StoredCase, StoredReplay, World
from importer.sandbox.vendors.case_rules import CaseFacts, check_case
from importer.sandbox.vendors.checks import json_body

if TYPE_CHECKING:
    from starlette.requests import Request

    from importer.sandbox.settings import SandboxSettings

_LIFECYCLE = "Active"
_MAX_PAGE_SIZE = 100
_MAX_KEY = 255
_FILTERS = frozenset({"statuses", "divisionIds", "debtorIds", "ids"})
_PARAMETERS = _FILTERS | {"page", "pageSize", "sort"}
_SORTS = {"DateCreated:desc": True, "DateCreated:asc": False}
_SOLUTIONS = "https://app.debitura.example/help/"
_SCOPE = "debitura"


class DebituraServer:
    """The endpoints; each takes a request that is authenticated and within its limits."""

    def __init__(self, settings: SandboxSettings, world: World) -> None:
        self._settings = settings
        self._world = world

    def me(self, _request: Request, _body: bytes) -> Response:
        """``GET /me``: the partner that a key belongs to."""
        settings = self._settings
        content = {"id": settings.partner_id, "companyName": settings.company_name, "country": settings.country}
        return ApiResponse(content)

    def create(self, request: Request, body: bytes) -> Response:
        """``POST /managed-cases``; two equal bodies make two cases, because the vendor detects no duplicates."""
        key = request.headers.get("idempotency-key") if self._settings.idempotency == "honoured" else None
        fingerprint = hashlib.sha256(body).hexdigest()[:32] if key is not None else ""
        if key is not None and (earlier := self._earlier(key, fingerprint)) is not None:
            return earlier
        content = json_body(request, body)
        if isinstance(content, Response):
            return content
        facts = check_case(content)
        if not isinstance(facts, CaseFacts):
            return responses.field_errors(facts, self._settings.error_shape)
        response, case = self._decide(facts, body.decode(), request.state.late_seconds)
        replay = None
        if key is not None:
            text = bytes(response.body).decode()
            replay = StoredReplay(_SCOPE, key, fingerprint, response.status_code, text, time.time())
        if case is not None or replay is not None:
            self._world.commit(case, replay)
        return response

    def list(self, request: Request, _body: bytes) -> Response:
        """``GET /managed-cases``: a page of at most 100 cases. Unknown parameters are refused."""
        query: dict[str, list[str]] = {}
        for name, value in request.query_params.multi_items():
            query.setdefault(name, []).extend(value.split(","))
        errors: responses.Errors = {name: ["is not a known parameter"] for name in query.keys() - _PARAMETERS}
        page = _whole(errors, query, "page", default=1)
        size = _whole(errors, query, "pageSize", default=25, most=_MAX_PAGE_SIZE)
        sort = query.get("sort", ["DateCreated:desc"])[-1]
        if sort not in _SORTS:
            errors["sort"] = [f"must be one of {', '.join(_SORTS)}"]
        if errors:
            return responses.field_errors(errors, self._settings.error_shape)
        newest_first = _SORTS[sort]
        filters = {name: set(query[name]) for name in _FILTERS & query.keys()}
        if filters:
            matching = [case for case in self._world.listed(newest_first=newest_first)[0] if _matches(case, filters)]
            cases, total = matching[(page - 1) * size : page * size], len(matching)
        else:
            cases, total = self._world.page(page, size, newest_first=newest_first)
        about = {
            "currentPage": page,
            "pageSize": size,
            "totalResults": total,
            "responseCount": len(cases),
            "totalPages": math.ceil(total / size),
        }
        return ApiResponse({"page": about, "cases": [case_content(case) for case in cases]})

    def fetch(self, request: Request, _body: bytes) -> Response:
        """``GET /managed-cases/{id}``."""
        case = self._world.case(request.path_params["case"].lower())
        if case is None:
            return responses.problem(404, "There is no such case.")
        return ApiResponse(case_content(case))

    def _earlier(self, key: str, fingerprint: str) -> Response | None:
        """Return the response to a key that is wrong or has been used, as documented for ``POST /cases``."""
        if not 1 <= len(key) <= _MAX_KEY:
            return responses.problem(400, f"Idempotency-Key must have 1 to {_MAX_KEY} characters.")
        known = self._world.replay(_SCOPE, key)
        if known is None:
            return None
        if known.fingerprint == fingerprint:
            return responses.replay(known.status, known.answer)
        return responses.business_error("IdempotencyConflict", "The key was used for another request.")

    def _decide(self, facts: CaseFacts, body: str, late_seconds: float) -> tuple[Response, StoredCase | None]:
        """Return the response of the business rules and, if they allow it, the case to commit."""
        settings = self._settings
        if "BLOCKED" in facts.creditor:
            message = f"The creditor {facts.creditor} is blocked."
            return responses.business_error("CreditorBlocked", message, solution_url=_SOLUTIONS + "creditor-blocked"), None
        if facts.debtor_country in settings.countries_without_partner and not facts.has_partner:
            message = f"There is no collection partner in {facts.debtor_country}."
            return responses.business_error("NoPartnerAvailable", message, solution_url=_SOLUTIONS + "no-partner"), None
        if settings.unique_references and facts.creditor_reference in self._world.case_references:
            message = f"The creditor reference {facts.creditor_reference} is already in use."
            return responses.business_error("DuplicateReference", message), None
        case = self._world.new_case(body, late_seconds=late_seconds)
        return ApiResponse(case_content(case), 201), case


def case_content(case: StoredCase) -> dict[str, object]:
    """Return a case as the API shows it."""
    received = json.loads(case.body)
    return {
        "id": case.id,
        "reference": case.reference,
        "creditorReference": received.get("creditorReference"),
        "grossAmount": received["amountToRecover"],
        "currency": received["currencyCode"],
        "lifecycle": _LIFECYCLE,
        "isTestCase": bool(received.get("isTest")),
        "dateCreated": case.created,
        "debtor": {"id": _debtor_id(case), **received["debtor"]},
    }


def _debtor_id(case: StoredCase) -> str:
    return str(uuid.UUID(int=uuid.UUID(case.id).int ^ 1))


def _matches(case: StoredCase, filters: dict[str, set[str]]) -> bool:
    values = {"ids": case.id, "statuses": _LIFECYCLE, "divisionIds": "", "debtorIds": _debtor_id(case)}
    return all(values[name] in wanted for name, wanted in filters.items())


def _whole(errors: responses.Errors, query: dict[str, list[str]], name: str, *, default: int, most: int = 10**9) -> int:
    text = query.get(name, [str(default)])[-1]
    number = int(text) if text.isascii() and text.isdigit() and len(text) <= len(str(most)) else 0
    if not 1 <= number <= most:
        errors[name] = [f"must be a whole number from 1 to {most}"]
        return default
    return number
