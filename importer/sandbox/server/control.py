"""The endpoints that show a running sandbox and change it: ``/_sandbox/state`` and ``/_sandbox/faults``.

They need no credentials, because the sandbox listens on loopback only.
"""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING

from importer.errors import SettingsError
from importer.sandbox.fault_plan import FaultPlan
from importer.sandbox.responses import ApiResponse, problem
from importer.sandbox.settings import Refusals, check_refusals
from importer.sandbox.storage.world import DeletedVoucher
from importer.sandbox.vendors.checks import NotAnObject, json_object

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from importer.sandbox.server.active_faults import ActiveFaults
    from importer.sandbox.server.admission import Admission
    from importer.sandbox.storage.world import StoredCase, StoredFile, StoredVoucher, World
    from importer.sandbox.vendors.creditors import Creditors

_CENT = Decimal("0.01")
_KNOWN = frozenset({"plan", "api_keys", "tokens", "down_seconds", "refusals", "signed", "deleted_vouchers"})
DELETED_BY = "7b1f1d6e-0000-4000-8000-000000000002"


class Control:
    """The control endpoints of one sandbox."""

    def __init__(self, world: World, creditors: Creditors, faults: ActiveFaults, admission: Admission) -> None:
        self._world = world
        self._creditors = creditors
        self._faults = faults
        self._admission = admission

    async def state(self, request: Request, _body: bytes) -> Response:
        """``GET /_sandbox/state``: counts of objects, requests, faults and 429s by limit; with ``full=1`` all objects."""
        world = self._world
        content: dict[str, object] = {
            "counts": {"cases": len(world.cases), "vouchers": len(world.vouchers), "files": len(world.files)},
            "deleted": {"cases": len(world.deleted_cases), "vouchers": len(world.deleted_vouchers)},
            "requests": dict(self._faults.requests),
            "faulted": dict(self._faults.faulted),
            "refused_by_limit": self._admission.refused_by_limit,
        }
        if "1" in request.query_params.getlist("full"):
            content["cases"] = [case_view(case) for case in world.cases]
            content["vouchers"] = [voucher_view(world, voucher) for voucher in world.vouchers.values()]
            content["files"] = [file_view(file) for file in world.files.values()]
        return ApiResponse(content)

    async def change(self, request: Request, body: bytes) -> Response:
        """``POST /_sandbox/faults``: apply each member that is given.

        They are ``plan``, ``api_keys``, ``tokens``, ``down_seconds``, ``refusals`` (a list of pairs, as in the settings),
        ``signed`` (creditors) and ``deleted_vouchers`` (ids).
        """
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
        signed, deleted = (_names(name, content.get(name, [])) for name in ("signed", "deleted_vouchers"))
        refusals = _refusals(content["refusals"]) if "refusals" in content else None
        down = _seconds("down_seconds", content.get("down_seconds", 0))
        if plan is not None:
            self._faults.replace(plan)
        self._admission.accept(**names)
        if refusals is not None:
            self._creditors.refuse(refusals)
        self._creditors.sign(signed)
        delete_vouchers(self._world, deleted)
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


def delete_vouchers(world: World, ids: list[str]) -> None:
    """Mark vouchers as deleted, as a user of Debbie does; ``SettingsError`` if one of them does not exist."""
    if unknown := [voucher for voucher in ids if voucher not in world.vouchers]:
        raise SettingsError(f"There is no voucher {unknown[0]} to delete.")
    for voucher in ids:
        world.commit(DeletedVoucher(voucher, world.timestamp(), DELETED_BY))


def voucher_view(world: World, voucher: StoredVoucher) -> dict[str, object]:
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
        "deleted": voucher.id in world.deleted_vouchers,
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


def _seconds(name: str, value: object) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool) and value >= 0:
        return value
    raise SettingsError(f"{name} is {value!r}; give a number of at least 0.")


def _refusals(value: object) -> Refusals:
    pairs = tuple(tuple(item) if isinstance(item, list) else item for item in value) if isinstance(value, list) else value
    check_refusals(pairs)
    refusals: Refusals = pairs  # type: ignore[assignment]
    return refusals
