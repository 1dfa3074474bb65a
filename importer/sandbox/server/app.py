"""The ASGI application: routing, refusals and faults around the two APIs."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, NamedTuple

from importer.sandbox import messages
from importer.sandbox.fault_plan import Endpoint, Fault, Kind
from importer.sandbox.messages import Answer, Request
from importer.sandbox.server.connection import Exchange
from importer.sandbox.server.control import Control
from importer.sandbox.server.credentials import credential_of
from importer.sandbox.server.fault_effects import cut, replacement, spoiled
from importer.sandbox.vendors.debbie import Debbie
from importer.sandbox.vendors.debitura import Debitura

if TYPE_CHECKING:
    from importer.sandbox.messages import Message, Receive, Send
    from importer.sandbox.server.active_faults import ActiveFaults
    from importer.sandbox.server.admission import Admission
    from importer.sandbox.settings import SandboxSettings
    from importer.sandbox.storage.world import World

_VOUCHER_PATH: Final = 4
_FILE_PATH: Final = 3
_FOREIGN: Final = (
    '{"creditorCompanyName":"Someone Else A/S","creditorCountryAlpha2":"DK","currencyCode":"DKK","date":"2026-01-31",'
    '"amountToRecover":100.00,"creditorReference":"FOREIGN-%d","debtor":{"type":"Person","name":"Foreign Debtor",'
    '"countryAlpha2":"DK"}}'
)


class Route(NamedTuple):
    """Where a request goes."""

    endpoint: Endpoint
    path: list[str]


class App:
    """Both APIs over one world, and the control endpoints beside them. Everything happens on one event loop."""

    def __init__(
        self, settings: SandboxSettings, world: World, faults: ActiveFaults, admission: Admission, stopping: asyncio.Event
    ) -> None:
        self._settings = settings
        self._world = world
        self._faults = faults
        self._admission = admission
        self._stopping = stopping
        self._control = Control(world, faults, admission)
        self._debitura = Debitura(settings, world)
        self._debbie = Debbie(settings, world)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        state = scope["state"]
        assert isinstance(state, dict)
        exchange = Exchange(state["connection"].transport, receive, send, self._settings.clock_offset_seconds)
        body = await exchange.body(self._settings.max_body_bytes)
        if body is None:
            return
        request = Request(scope, body)
        if request.path[0] == "_sandbox":
            await exchange.reply(self._control.handle(request))
            return
        route = _route(request)
        if isinstance(route, Answer):
            await exchange.reply(route)
            return
        fault = self._faults.of_request(route.endpoint)
        if fault is None:
            await exchange.reply(self._answer(route, request))
        else:
            await self._misbehave(fault, route, request, exchange)

    async def _misbehave(self, fault: Fault, route: Route, request: Request, exchange: Exchange) -> None:
        """Answer a request as ``fault`` demands."""
        if fault.kind is Kind.REVOKED and (credential := credential_of(route.endpoint, request)) is not None:
            self._faults.revoked.add(credential)
        if fault.kind is Kind.HANG_BEFORE:
            await exchange.hang(fault.seconds, self._stopping)
        elif fault.kind in {Kind.RESET_BEFORE, Kind.REFUSE}:
            await exchange.reset()
        elif (instead := replacement(fault, request, self._faults.plan.redirect_to)) is not None:
            await exchange.reply(instead)
        else:
            answer = spoiled(fault, self._answer(route, request, fault))
            if fault.kind is Kind.SLOW_LIST:
                await self._slow(fault.seconds)
            if not await cut(fault, answer, exchange, self._stopping):
                await exchange.reply(answer)

    async def _slow(self, seconds: float) -> None:
        """Take time over a page that has been read, and create a case of another client meanwhile."""
        if (number := self._faults.next_foreign_case()) is not None:
            self._world.commit(self._world.new_case(_FOREIGN % number, foreign=True))
        try:
            await asyncio.wait_for(self._stopping.wait(), seconds)
        except TimeoutError:
            return

    def _answer(self, route: Route, request: Request, fault: Fault | None = None) -> Answer:
        """Answer a request as the vendor would: credentials, then limits, then the endpoint itself."""
        if (refusal := self._admission.refusal(route.endpoint, request)) is not None:
            return refusal
        try:
            return self._dispatch(route, request, fault)
        except OSError as error:
            return messages.problem(500, f"The data file of the sandbox cannot be written: {error.strerror}.")

    def _dispatch(self, route: Route, request: Request, fault: Fault | None) -> Answer:
        path = route.path
        match route.endpoint:
            case Endpoint.CASES:
                answer = self._debitura.create(request, late_seconds=self._faults.seconds_late(fault))
            case Endpoint.VOUCHERS:
                answer = self._debbie.create_voucher(request, path[1], path[3])
            case Endpoint.LIST:
                answer = self._debitura.list(request)
            case Endpoint.CASE:
                answer = self._debitura.fetch(path[1])
            case Endpoint.VOUCHER_LIST:
                answer = self._debbie.list_vouchers(path[1], path[3])
            case Endpoint.FILES:
                answer = self._debbie.create_file(request, path[1])
            case _:
                answer = self._debitura.me()
        return answer


def _route(request: Request) -> Route | Answer:
    """Return the endpoint of a request, or 404 or 405."""
    path = request.path
    methods: dict[str, Endpoint] = {}
    if path == ["me"]:
        methods = {"GET": Endpoint.ME}
    elif path == ["managed-cases"]:
        methods = {"POST": Endpoint.CASES, "GET": Endpoint.LIST}
    elif path[0] == "managed-cases" and len(path) == 2 and path[1]:  # noqa: PLR2004 - /managed-cases/{id}
        methods = {"GET": Endpoint.CASE}
    elif path[0] == "v1" and len(path) == _VOUCHER_PATH and path[2] == "case-vouchers" and path[3]:
        methods = {"POST": Endpoint.VOUCHERS, "GET": Endpoint.VOUCHER_LIST}
    elif path[0] == "v1" and len(path) == _FILE_PATH and path[2] == "files":
        methods = {"POST": Endpoint.FILES}
    if not methods:
        return messages.problem(404, f"There is nothing at {request.raw_path}.")
    endpoint = methods.get(request.method)
    if endpoint is None:
        allowed = ", ".join(methods).encode()
        return messages.problem(405, f"{request.method} is not allowed here.", ((b"allow", allowed),))
    return Route(endpoint, path)
