"""The ASGI application: Starlette's router over both APIs and the control endpoints, with refusals and faults."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, unquote

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, Router

from importer.sandbox.fault_plan import Endpoint, Fault, FaultKind
from importer.sandbox.responses import problem
from importer.sandbox.server.admission import credential_of
from importer.sandbox.server.control import Control
from importer.sandbox.server.fault_effects import after_commit, before_commit
from importer.sandbox.server.resource import Handler, Resource
from importer.sandbox.vendors.debbie import DebbieServer
from importer.sandbox.vendors.debitura import DebituraServer

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from importer.sandbox.server.active_faults import ActiveFaults
    from importer.sandbox.server.admission import Admission
    from importer.sandbox.settings import SandboxSettings
    from importer.sandbox.storage.world import World
    from importer.sandbox.vendors.creditors import Creditors

Operation = Callable[[Request, bytes], Response | Awaitable[Response]]

_FOREIGN: Final = (
    '{"creditorCompanyName":"Someone Else A/S","creditorCountryAlpha2":"DK","currencyCode":"DKK","date":"2026-01-31",'
    '"amountToRecover":100.00,"creditorReference":"FOREIGN-%d","debtor":{"type":"Person","name":"Foreign Debtor",'
    '"countryAlpha2":"DK"}}'
)


class App:
    """Both APIs over one world, and the control endpoints beside them. Everything happens on one event loop."""

    def __init__(
        self,
        settings: SandboxSettings,
        world: World,
        creditors: Creditors,
        faults: ActiveFaults,
        admission: Admission,
        stopping: asyncio.Event,
    ) -> None:
        self._world = world
        self._faults = faults
        self._admission = admission
        self._stopping = stopping
        debitura, debbie, control = (
            DebituraServer(settings, world, creditors, self._pause),
            DebbieServer(settings, world),
            Control(world, creditors, faults, admission),
        )
        api = partial(partial, self._respond)
        resources: dict[str, dict[str, Handler]] = {
            "/managed-cases": {"POST": api(Endpoint.CASES, debitura.create), "GET": api(Endpoint.LIST, debitura.list_cases)},
            "/v1/{tenant}/case-vouchers/{case}": {
                "POST": api(Endpoint.VOUCHERS, debbie.create_voucher),
                "GET": api(Endpoint.VOUCHER_LIST, debbie.list_vouchers),
            },
            "/v1/{tenant}/files": {"POST": api(Endpoint.FILES, debbie.create_file)},
            "/managed-cases/{case}": {"GET": api(Endpoint.CASE, debitura.fetch)},
            "/managed-cases/case-reference/{reference}": {"GET": api(Endpoint.CASE, debitura.fetch_by_reference)},
            "/test/cases/{case}": {"DELETE": api(Endpoint.TEST_CASES, debitura.delete)},
            "/test/cases": {"DELETE": api(Endpoint.TEST_CASES, debitura.delete_tagged)},
            "/me": {"GET": api(Endpoint.ME, debitura.me)},
            "/_sandbox/state": {"GET": control.state},
            "/_sandbox/faults": {"POST": control.change},
        }
        routes = [Route(path, Resource(settings, handlers)) for path, handlers in resources.items()]
        self._router = Router(routes, redirect_slashes=False, default=Resource(settings, {}))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if b"%" in scope["raw_path"]:
            scope["path"] = _normal_path(scope["raw_path"].decode("ascii"))
        await self._router(scope, receive, send)

    async def _respond(self, endpoint: Endpoint, operation: Operation, request: Request, body: bytes) -> Response:
        """Return the response of the vendor, or the one that the fault of this request demands."""
        fault = self._faults.of_request(endpoint)
        if fault is None:
            return await self._answer(endpoint, operation, request, body)
        if fault.kind is FaultKind.REVOKED and (credential := credential_of(endpoint, request)) is not None:
            self._faults.revoked.add(credential)
        elsewhere = self._faults.plan.redirect_to.rstrip("/") + request.scope["raw_path"].decode("ascii")
        instead = before_commit(fault, elsewhere, self._stopping)
        if instead is not None:
            return instead
        response = await self._answer(endpoint, operation, request, body, fault)
        if fault.kind is FaultKind.SLOW_LIST:
            await self._slow(fault.seconds)
        return after_commit(fault, response, self._stopping)

    async def _slow(self, seconds: float) -> None:
        """Delay a page that has been read, and create a case of another client meanwhile."""
        if (number := self._faults.next_foreign_case()) is not None:
            self._world.commit(self._world.new_case(_FOREIGN % number, foreign=True))
        await self._pause(seconds)

    async def _pause(self, seconds: float) -> None:
        """Wait, but not beyond the end of the sandbox."""
        if not seconds:
            return
        try:
            await asyncio.wait_for(self._stopping.wait(), seconds)
        except TimeoutError:
            return

    async def _answer(
        self, endpoint: Endpoint, operation: Operation, request: Request, body: bytes, fault: Fault | None = None
    ) -> Response:
        """Return the response of the vendor: credentials come first, then limits, then the operation itself."""
        if (refusal := self._admission.refusal(endpoint, request, len(body))) is not None:
            return refusal
        if endpoint is Endpoint.CASES:
            request.state.late_seconds = self._faults.late_seconds(fault)
        try:
            response = operation(request, body)
            return response if isinstance(response, Response) else await response
        except OSError as error:
            return problem(500, f"The data file of the sandbox cannot be written: {error.strerror}.")


def _normal_path(raw: str) -> str:
    """Return a path whose segments are percent-encoded in one way, so that an encoded slash does not divide one."""
    return "/".join(quote(unquote(segment), safe="") for segment in raw.split("/"))
