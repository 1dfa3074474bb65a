"""The endpoints that show a running sandbox and change its faults: ``/_sandbox/state`` and ``/_sandbox/faults``.

They need no credentials, because the sandbox listens on loopback only.
"""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING

from importer.errors import SettingsError
from importer.sandbox.fault_plan import FaultPlan
from importer.sandbox.responses import ApiResponse, problem
from importer.sandbox.vendors.checks import NotAnObject, json_object

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from importer.sandbox.server.active_faults import ActiveFaults
    from importer.sandbox.server.admission import Admission
    from importer.sandbox.storage.world import StoredCase, StoredFile, StoredVoucher, World

_CENT = Decimal("0.01")
_KNOWN = frozenset({"plan", "api_keys", "tokens", "down_seconds"})


class Control:
    """The control endpoints of one sandbox."""

    def __init__(self, world: World, faults: ActiveFaults, admission: Admission) -> None:
        self._world = world
        self._faults = faults
        self._admission = admission

    async def state(self, request: Request, _body: bytes) -> Response:
        """``GET /_sandbox/state``: counts of objects, requests, faults and 429s by limit; with ``full=1`` all objects."""
        world = self._world
        content: dict[str, object] = {
            "counts": {"cases": len(world.cases), "vouchers": len(world.vouchers), "files": len(world.files)},
            "requests": dict(self._faults.requests),
            "faulted": dict(self._faults.faulted),
            "refused_by_limit": self._admission.refused_by_limit,
        }
        if "1" in request.query_params.getlist("full"):
            content["cases"] = [case_view(case) for case in world.cases]
            content["vouchers"] = [voucher_view(voucher) for voucher in world.vouchers.values()]
            content["files"] = [file_view(file) for file in world.files.values()]
        return ApiResponse(content)

    async def change(self, request: Request, body: bytes) -> Response:
        """``POST /_sandbox/faults``: apply ``{"plan", "api_keys", "tokens", "down_seconds"}``, each only if given."""
        try:
            self._change(json_object(body, number=float))
        except (NotAnObject, SettingsError) as error:
            return problem(400, str(error))
        return await self.state(request, body)

    def _change(self, content: dict[str, object]) -> None:
        if unknown := content.keys() - _KNOWN:
            raise SettingsError(f"There is no {min(unknown)!r} to change; use {', '.join(sorted(_KNOWN))}.")
        plan = FaultPlan.parse(content["plan"]) if "plan" in content else None
        names = {name: _names(name, content[name]) for name in ("api_keys", "tokens") if name in content}
        down = content.get("down_seconds", 0)
        if not isinstance(down, int | float) or isinstance(down, bool) or down < 0:
            raise SettingsError(f"down_seconds is {down!r}; give a number of at least 0.")
        if plan is not None:
            self._faults.replace(plan)
        self._admission.accept(**names)
        if down:
            self._faults.go_down(down)


def case_view(case: StoredCase) -> dict[str, object]:
    """Return a case with everything that was received, for tests and balances; the amount is text with two decimals."""
    received = json.loads(case.body)
    return {
        "id": case.id,
        "reference": case.reference,
        "creditorReference": received.get("creditorReference"),
        "creditorCompanyName": received["creditorCompanyName"],
        "debtorName": received["debtor"]["name"],
        "amount": str(Decimal(str(received["amountToRecover"])).quantize(_CENT)),
        "currency": received["currencyCode"],
        "isTest": bool(received.get("isTest")),
        "dateCreated": case.created,
        "foreign": case.foreign,
        "received": received,
    }


def voucher_view(voucher: StoredVoucher) -> dict[str, object]:
    """Return a voucher with everything that was received; the amount is in minor units."""
    received = json.loads(voucher.body)
    return {
        "id": voucher.id,
        "tenantId": voucher.tenant,
        "caseId": voucher.case,
        "uniqueId": voucher.unique_id,
        "amount": received["amount"],
        "currency": received["currency"],
        "dateCreated": voucher.created,
        "received": received,
    }


def file_view(file: StoredFile) -> dict[str, object]:
    """Return a file, without its content."""
    return {
        "id": file.id,
        "tenantId": file.tenant,
        "name": file.name,
        "contentType": file.content_type,
        "size": file.size,
    }


def _names(name: str, value: object) -> list[str]:
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return value
    raise SettingsError(f"{name} is {value!r}; give a list of texts.")
