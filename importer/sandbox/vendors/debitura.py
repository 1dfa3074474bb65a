"""Debitura's Collection Partner API, as its vendor documentation describes it."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Final

from starlette.responses import Response

from importer.sandbox.responses import ApiResponse, BusinessError, business, debitura_problem, field_errors, refusal
from importer.sandbox.storage.world import DeletedCase, StoredCase, World
from importer.sandbox.vendors.case_keys import CaseKeys
from importer.sandbox.vendors.case_list import ListQuery, page_of, read_query
from importer.sandbox.vendors.case_rules import CaseFacts, CaseRules, check_case
from importer.sandbox.vendors.case_view import case_content
from importer.sandbox.vendors.checks import is_uuid, json_body

if TYPE_CHECKING:
    from starlette.requests import Request

    from importer.sandbox.settings import SandboxSettings
    from importer.sandbox.vendors.creditors import Creditors

_REFERENCE: Final = re.compile(r"[A-Z0-9]{8}", re.ASCII)
_SOLUTIONS: Final = "https://app.debitura.example/help/"


class DebituraServer:
    """The endpoints; each takes a request that is authenticated and within its limits."""

    def __init__(
        self, settings: SandboxSettings, world: World, creditors: Creditors, pause: Callable[[float], Awaitable[None]]
    ) -> None:
        self._settings = settings
        self._world = world
        self._creditors = creditors
        self._pause = pause
        self._keys = CaseKeys(settings, world)

    def me(self, _request: Request, _body: bytes) -> Response:
        """``GET /me``: the partner that a key belongs to."""
        settings = self._settings
        content = {"id": settings.partner_id, "companyName": settings.company_name, "country": settings.country}
        return ApiResponse(content)

    async def create(self, request: Request, body: bytes) -> Response:
        """``POST /managed-cases``; two equal bodies make two cases, because the vendor detects no duplicates."""
        key = request.headers.get("idempotency-key") if self._settings.idempotency == "honoured" else None
        if key is None:
            await self._pause(self._settings.create_seconds)
            return self._create(request, body, None)
        if (earlier := await self._keys.earlier_answer(key, body)) is not None:
            return earlier
        with self._keys.under_way(key, body):
            await self._pause(self._settings.create_seconds)
            return self._create(request, body, key)

    def list_cases(self, request: Request, _body: bytes) -> Response:
        """``GET /managed-cases``: a page of at most 100 cases. Unknown parameters are refused, unknown sort fields are not."""
        query = read_query(request.query_params.multi_items())
        if not isinstance(query, ListQuery):
            return field_errors(query, self._settings.error_shape)
        about, cases = page_of(self._world, query, test_cases=self._settings.list_test_cases)
        return ApiResponse({self._settings.page_member: about, "cases": [self._content(case) for case in cases]})

    def fetch(self, request: Request, _body: bytes) -> Response:
        """``GET /managed-cases/{id}``."""
        case_id = request.path_params["case"]
        if not is_uuid(case_id):
            return debitura_problem(400, "The id is not that of a collection case.")
        return self._found(self._world.case(case_id.lower()))

    def fetch_by_reference(self, request: Request, _body: bytes) -> Response:
        """``GET /managed-cases/case-reference/{reference}``."""
        reference = request.path_params["reference"].upper()
        if not _REFERENCE.fullmatch(reference):
            return debitura_problem(400, "The reference is not that of a collection case.")
        return self._found(self._world.case_with_reference(reference))

    def delete(self, request: Request, _body: bytes) -> Response:
        """``DELETE /test/cases/{id}``: remove a test case for good; once more is no error."""
        case_id = request.path_params["case"].lower()
        if not self._settings.delete_test_cases:
            return _may_not_delete()
        if not is_uuid(case_id):
            return debitura_problem(400, "The id is not that of a collection case.")
        if (case := self._world.case(case_id)) is not None:
            return self._remove([case])
        return Response(status_code=204) if self._world.was_case(case_id) else _no_such_case()

    def delete_tagged(self, request: Request, _body: bytes) -> Response:
        """``DELETE /test/cases?tag=``: remove all test cases with a tag; none is no error."""
        tag = request.query_params.get("tag", "")
        if not self._settings.delete_test_cases:
            return _may_not_delete()
        if not tag.strip():
            return debitura_problem(400, "The parameter tag is required.")
        return self._remove(self._world.tagged(tag))

    def _create(self, request: Request, body: bytes, key: str | None) -> Response:
        """Check, decide and commit in one step, so that nothing else happens in between."""
        settings = self._settings
        content = json_body(request, body, debitura_problem)
        if isinstance(content, Response):
            return content
        rules = CaseRules(
            closed_schema=settings.closed_schema,
            due_dates_in_past=settings.due_dates_in_past,
            due_dates_after_date=settings.due_dates_after_date,
            now=self._world.now(),
        )
        facts = check_case(content, rules)
        if not isinstance(facts, CaseFacts):
            return field_errors(facts, settings.error_shape)
        response, case = self._decide(facts, body.decode(), request.state.late_seconds)
        replay = None if key is None else self._keys.to_store(key, body, response, case)
        if case is not None or replay is not None:
            self._world.commit(case, replay)
        return response

    def _decide(self, facts: CaseFacts, body: str, late_seconds: float) -> tuple[Response, StoredCase | None]:
        """Return the response of the business rules and, if they allow it, the case to commit."""
        errors, signing_url = self._creditors.errors_of(facts.creditor)
        if errors := errors or self._violations(facts):
            return refusal(errors, signing_url=signing_url), None
        case = self._world.new_case(body, late_seconds=max(late_seconds, self._settings.list_late_seconds))
        return ApiResponse(self._content(case)), case

    def _violations(self, facts: CaseFacts) -> list[BusinessError]:
        """Return the first business rule that a case violates, if any."""
        settings = self._settings
        if "BLOCKED" in facts.creditor:
            return [business("CreditorBlocked", f"The creditor {facts.creditor} is blocked.", _SOLUTIONS + "creditor-blocked")]
        if facts.debtor_country in settings.countries_without_partner and not facts.has_partner:
            message = f"There is no collection partner in {facts.debtor_country}."
            return [business("NoPartnerAvailable", message, _SOLUTIONS + "no-partner")]
        if settings.unique_references and self._world.is_reference_used(facts.creditor, facts.creditor_reference):
            return [business(settings.duplicate_type, f"The creditor reference {facts.creditor_reference} is already in use.")]
        return []

    def _remove(self, cases: list[StoredCase]) -> Response:
        """Remove test cases, or nothing at all if one of them is a real case."""
        if not all(self._world.is_test_case(case) for case in cases):
            return debitura_problem(400, "Only test cases can be deleted.")
        for case in cases:
            self._world.commit(DeletedCase(case.id))
        return Response(status_code=204)

    def _found(self, case: StoredCase | None) -> Response:
        return _no_such_case() if case is None else ApiResponse(self._content(case))

    def _content(self, case: StoredCase) -> dict[str, object]:
        return case_content(case, self._settings.company_name)


def _no_such_case() -> Response:
    return debitura_problem(404, "There is no such case.")


def _may_not_delete() -> Response:
    return debitura_problem(403, "Test cases cannot be deleted with this key.")
