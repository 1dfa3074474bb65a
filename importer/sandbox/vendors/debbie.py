"""Debbie's API for vouchers and files, as its vendor documentation describes it.

The shape of Debbie's errors is not documented; the sandbox uses problem details and the object of fields and messages.
"""

from __future__ import annotations

import hashlib
import json
import time
import uuid
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from starlette.responses import Response

from importer.sandbox import responses
from importer.sandbox.responses import ApiResponse
from importer.sandbox.storage.world import StoredFile, StoredReplay, StoredVoucher, World, new_id
from importer.sandbox.vendors.checks import add, is_uuid, json_body
from importer.sandbox.vendors.voucher_rules import VOUCHER_TYPES, check_file, check_voucher

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request

    from importer.sandbox.settings import ErrorShape, SandboxSettings

    Made = tuple[Response, StoredVoucher | StoredFile | None]

_MAX_KEY = 64
_KEY_VALID_SECONDS = 48 * 3600
_USER: Final = "7b1f1d6e-0000-4000-8000-000000000001"
_UNKNOWN: Final = dict.fromkeys(
    (
        "referenceId", "text", "dueDate", "interest", "interestStartDate", "interestEndDate", "referenceCaseVoucherId",
        "appendix", "cardType", "paymentType", "paymentMethodId", "tags", "transactionAccountId", "details", "lineItems",
        "label", "settings", "exported", "expirationDate", "irrecoverableDate",
    )
)  # fmt: skip


class DebbieServer:
    """The endpoints; each takes a request that is authenticated and within its limits."""

    def __init__(self, settings: SandboxSettings, world: World) -> None:
        self._settings = settings
        self._world = world
        self._known_cases = frozenset(settings.known_cases)
        self._types = VOUCHER_TYPES | {value.lower() for value in settings.extra_voucher_types}
        self._error_shape: ErrorShape = "problem" if settings.error_shape == "business" else settings.error_shape

    def create_voucher(self, request: Request, body: bytes) -> Response:
        """``POST /v1/{tenantId}/case-vouchers/{caseId}``."""
        return self._create(request, body, partial(self._voucher, _case_name(request), body))

    def create_file(self, request: Request, body: bytes) -> Response:
        """``POST /v1/{tenantId}/files``."""
        return self._create(request, body, self._file)

    def list_vouchers(self, request: Request, _body: bytes) -> Response:
        """``GET /v1/{tenantId}/case-vouchers/{caseId}``: every voucher of the case, or those dated before ``pointInTime``."""
        tenant, case = request.path_params["tenant"].lower(), _case_name(request)
        if not is_uuid(tenant):
            return responses.problem(400, "tenantId must be a UUID.")
        before = request.query_params.get("pointInTime")
        if before is not None and not _is_day(before):
            return responses.problem(400, "pointInTime must be a day such as 2026-01-31.")
        case_id = self._case_id(case)
        if case_id is None:
            return responses.problem(404, f"There is no case {case}.")
        listed = [self._content(voucher) for voucher in self._world.vouchers_of(tenant, case_id) if self._is_listed(voucher)]
        return ApiResponse([item for item in listed if before is None or str(item["date"])[:10] < before])

    def _create(self, request: Request, body: bytes, make: Callable[[str, dict[str, object]], Made]) -> Response:
        """Handle what both POSTs share: the tenant, the Idempotency-Key, JSON and the commit.

        Whether refusals are stored under a key, as successes are, is not documented: a setting decides.
        """
        tenant = request.path_params["tenant"].lower()
        if not is_uuid(tenant):
            return responses.problem(400, "tenantId must be a UUID.")
        key = request.headers.get("idempotency-key")
        fingerprint = ""
        if key is not None:
            fingerprint = hashlib.sha256(request.scope["raw_path"] + b"\n" + body).hexdigest()[:32]
            if (earlier := self._earlier(tenant, key, fingerprint)) is not None:
                return earlier
        content = json_body(request, body)
        if isinstance(content, Response):
            return content
        response, item = make(tenant, content)
        replay = None
        if key is not None and (response.status_code < 300 or self._settings.keep_refusals):  # noqa: PLR2004 - successes
            text = bytes(response.body).decode()
            replay = StoredReplay(tenant, key, fingerprint, response.status_code, text, time.time())
        if item is not None or replay is not None:
            self._world.commit(item, replay)
        return response

    def _earlier(self, tenant: str, key: str, fingerprint: str) -> Response | None:
        """Return the documented response to a key that is wrong or has been used."""
        if not 1 <= len(key) <= _MAX_KEY:
            return responses.problem(400, f"Idempotency-Key must have 1 to {_MAX_KEY} characters.")
        known = self._world.replay(tenant, key, since=time.time() - _KEY_VALID_SECONDS)
        if known is None:
            return None
        if known.fingerprint == fingerprint:
            return responses.replay(known.status, known.answer, cached=True)
        return responses.problem(400, "The Idempotency-Key was used for another request.")

    def _voucher(self, case: str, body: bytes, tenant: str, content: dict[str, object]) -> Made:
        case_id = self._case_id(case)
        if case_id is None:
            return responses.problem(404, f"There is no case {case}."), None
        errors = check_voucher(content, self._types)
        if not errors:
            self._check_references(errors, tenant, case_id, content)
        if errors:
            return responses.field_errors(errors, self._error_shape), None
        unique_id = content.get("uniqueId")
        assert isinstance(unique_id, str | None)
        if unique_id is not None and (old := self._world.voucher_with(tenant, unique_id)) is not None:
            return self._repeated(unique_id, old), None
        voucher = StoredVoucher(new_id(), tenant, case_id, unique_id, self._world.timestamp(), body.decode())
        return ApiResponse({"caseVoucherId": voucher.id}), voucher

    def _check_references(self, errors: responses.Errors, tenant: str, case_id: str, content: dict[str, object]) -> None:
        """Check the references of a voucher: its parent on the same case, its file in the same tenant."""
        parent = content.get("referenceCaseVoucherId")
        if isinstance(parent, str):
            voucher = self._world.vouchers.get(parent.lower())
            if voucher is None or (voucher.tenant, voucher.case) != (tenant, case_id):
                add(errors, "referenceCaseVoucherId", "is not a voucher of this case")
        appendix = content.get("appendix")
        if isinstance(appendix, dict):
            file = self._world.files.get(str(appendix["fileId"]).lower())
            if file is None or file.tenant != tenant:
                add(errors, "appendix.fileId", "is not a file of this tenant")

    def _repeated(self, unique_id: str, old: str) -> Response:
        message = f"A case voucher with the uniqueId {unique_id} already exists."
        if self._settings.repeat == "200":
            return ApiResponse({"caseVoucherId": old})
        if self._settings.repeat == "422":
            return responses.refusal([responses.business("DuplicateUniqueId", message)])
        return responses.problem(409, message)

    def _file(self, tenant: str, content: dict[str, object]) -> Made:
        size, errors = check_file(content)
        if errors:
            return responses.field_errors(errors, self._error_shape), None
        file = StoredFile(new_id(), tenant, str(content["name"]), str(content["contentType"]), size)
        return ApiResponse({"fileId": file.id}), file

    def _case_id(self, name: str) -> str | None:
        return name if name in self._known_cases else self._world.case_named(name)

    def _is_listed(self, voucher: StoredVoucher) -> bool:
        return self._settings.list_deleted_vouchers or voucher.id not in self._world.deleted_vouchers

    def _content(self, voucher: StoredVoucher) -> dict[str, object]:
        """Return a voucher as the list shows it; its number is made from its id."""
        deleted = self._world.deleted_vouchers.get(voucher.id)
        received = json.loads(voucher.body)
        unique_id = received.pop("uniqueId", None)
        shown = {"uniqueId": unique_id} if self._settings.list_unique_id and unique_id is not None else {}
        return {
            **_UNKNOWN,
            **received,
            **shown,
            "caseVoucherId": voucher.id,
            "id": uuid.UUID(voucher.id).int % 10**9 if is_uuid(voucher.id) else 0,
            "tenantId": voucher.tenant,
            "caseId": voucher.case,
            "state": "ACTIVE",
            "createdAt": voucher.created,
            "createdBy": {"id": _USER, "type": "API"},
            "deletedAt": None if deleted is None else deleted.at,
            "deletedBy": None if deleted is None else {"id": deleted.by, "type": "USER"},
        }


def _case_name(request: Request) -> str:
    return unquote(request.path_params["case"])


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
