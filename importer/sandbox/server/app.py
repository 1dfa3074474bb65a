"""The ASGI application: routing, credentials, rate limits and faults around the two APIs."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from typing import TYPE_CHECKING, Final, NamedTuple

from importer.sandbox import messages
from importer.sandbox.fault_plan import Endpoint, Fault, FaultPlan, Kind
from importer.sandbox.messages import Answer, Request
from importer.sandbox.server import control
from importer.sandbox.server.connection import Exchange
from importer.sandbox.server.fault_effects import cut, replacement, spoiled
from importer.sandbox.vendors.debbie import Debbie
from importer.sandbox.vendors.debitura import Debitura
from importer.sandbox.vendors.rate_limits import Limiter

if TYPE_CHECKING:
    from collections.abc import Callable

    from importer.sandbox.messages import Message, Receive, Send
    from importer.sandbox.settings import SandboxSettings
    from importer.sandbox.storage.world import World

_VOUCHER_PATH: Final = 4
_FILE_PATH: Final = 3
_DEBITURA: Final = frozenset({Endpoint.ME, Endpoint.CASES, Endpoint.LIST, Endpoint.CASE})
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
    """Both APIs over one world. Everything happens on one event loop; other threads may read the public names."""

    def __init__(self, settings: SandboxSettings, world: World) -> None:
        self.settings = settings
        self.world = world
        self.stopping = asyncio.Event()
        self.requests: Counter[str] = Counter()
        self.faulted: Counter[str] = Counter()
        self.refused_by_limit = 0
        self.debitura = Debitura(settings, world)
        self.debbie = Debbie(settings, world)
        self.api_keys = frozenset(settings.api_keys)
        self.tokens = frozenset(settings.tokens)
        self.go_down: Callable[[float], None] = _stay_up
        """Refuse new connections for some seconds; whoever listens puts this in."""
        self.set_faults(settings.faults or FaultPlan())
        self._limiters: dict[tuple[bool, str], Limiter] = {}

    def set_faults(self, plan: FaultPlan) -> None:
        """Replace the fault plan; its counting starts anew and credentials revoked by the old one work again."""
        self._plan = plan
        self._counts: Counter[Endpoint] = Counter()
        self._revoked: set[tuple[bool, str]] = set()
        self._foreign_left = plan.foreign_cases

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        state = scope["state"]
        assert isinstance(state, dict)
        exchange = Exchange(state["connection"].transport, receive, send, self.settings.clock_offset_seconds)
        body = await exchange.body(self.settings.max_body_bytes)
        if body is None:
            return
        request = Request(scope, body)
        if request.path[0] == "_sandbox":
            await exchange.reply(control.handle(self, request))
            return
        route = _route(request)
        if isinstance(route, Answer):
            await exchange.reply(route)
            return
        self.requests[route.endpoint] += 1
        fault = self._next_fault(route.endpoint)
        if fault is None:
            await exchange.reply(self._answer(route, request))
        else:
            self.faulted[fault.kind] += 1
            await self._misbehave(fault, route, request, exchange)

    def connection_fault(self) -> Fault | None:
        """Decide what happens to a connection that was just accepted."""
        self.requests[Endpoint.CONNECTIONS] += 1
        self._counts[Endpoint.CONNECTIONS] += 1
        fault = self._plan.decide(Endpoint.CONNECTIONS, self._counts[Endpoint.CONNECTIONS])
        if fault is not None:
            self.faulted[fault.kind] += 1
            if fault.kind is Kind.REFUSE:
                self.go_down(fault.seconds)
        return fault

    def _next_fault(self, endpoint: Endpoint) -> Fault | None:
        counts = self._counts
        counts[endpoint] += 1
        counts[Endpoint.ANY] += 1
        return self._plan.decide(endpoint, counts[endpoint]) or self._plan.decide(Endpoint.ANY, counts[Endpoint.ANY])

    async def _misbehave(self, fault: Fault, route: Route, request: Request, exchange: Exchange) -> None:
        """Answer a request the way ``fault`` says."""
        if fault.kind is Kind.REVOKED:
            credential = _credential(route.endpoint, request)
            if credential is not None:
                self._revoked.add((route.endpoint in _DEBITURA, credential))
        if fault.kind is Kind.REFUSE:
            self.go_down(fault.seconds)
        if fault.kind is Kind.HANG_BEFORE:
            await exchange.hang(fault.seconds, self.stopping)
        elif fault.kind in {Kind.RESET_BEFORE, Kind.REFUSE}:
            await exchange.reset()
        elif (instead := replacement(fault, request, self._plan.redirect_to)) is not None:
            await exchange.reply(instead)
        else:
            late = fault.seconds if fault.kind is Kind.LATE_LIST else 0.0
            answer = spoiled(fault, self._answer(route, request, late_seconds=late))
            if fault.kind is Kind.SLOW_LIST:
                await self._slow(fault.seconds)
            if not await cut(fault, answer, exchange, self.stopping):
                await exchange.reply(answer)

    async def _slow(self, seconds: float) -> None:
        """Take time over a page that has been read, and have someone else create a case meanwhile."""
        if self._foreign_left > 0:
            self._foreign_left -= 1
            self.world.commit(self.world.new_case(_FOREIGN % self._foreign_left, foreign=True))
        try:
            await asyncio.wait_for(self.stopping.wait(), seconds)
        except TimeoutError:
            return

    def _answer(self, route: Route, request: Request, *, late_seconds: float = 0.0) -> Answer:
        """Answer a request as the vendor would: credentials, then limits, then the endpoint itself."""
        of_debitura = route.endpoint in _DEBITURA
        credential = _credential(route.endpoint, request)
        valid = self.api_keys if of_debitura else self.tokens
        if credential not in valid or (of_debitura, credential) in self._revoked:
            return messages.problem(401, "The credentials are missing or invalid.")
        limits = self.settings.limits if of_debitura else self.settings.debbie_limits
        if limits:
            limiter = self._limiters.setdefault((of_debitura, credential), Limiter(limits))
            if (wait := limiter.admit(time.time())) > 0:
                self.refused_by_limit += 1
                header = wait if self.settings.retry_after_header else None
                return messages.too_many({"retryAfter": round(wait + 0.0005, 3)}, header=header)
        if len(request.body) > self.settings.max_body_bytes:
            return messages.problem(413, f"The body is larger than {self.settings.max_body_bytes} bytes.")
        if route.endpoint is Endpoint.CASES and not late_seconds and self._plan.listed_late(self._counts[Endpoint.CASES]):
            late_seconds = self._plan.late_seconds
            self.faulted[Kind.LATE_LIST] += 1
        try:
            return self._dispatch(route, request, late_seconds)
        except OSError as error:
            return messages.problem(500, f"The data file of the sandbox cannot be written: {error.strerror}.")

    def _dispatch(self, route: Route, request: Request, late_seconds: float) -> Answer:
        path = route.path
        match route.endpoint:
            case Endpoint.CASES:
                answer = self.debitura.create(request, late_seconds=late_seconds)
            case Endpoint.VOUCHERS:
                answer = self.debbie.create_voucher(request, path[1], path[3])
            case Endpoint.LIST:
                answer = self.debitura.list(request)
            case Endpoint.CASE:
                answer = self.debitura.fetch(path[1])
            case Endpoint.VOUCHER_LIST:
                answer = self.debbie.list_vouchers(path[1], path[3])
            case Endpoint.FILES:
                answer = self.debbie.create_file(request, path[1])
            case _:
                answer = self.debitura.me()
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


def _credential(endpoint: Endpoint, request: Request) -> str | None:
    """Return what a request authenticates with: ``XApiKey`` for Debitura, a bearer token for Debbie."""
    if endpoint in _DEBITURA:
        return request.header(b"xapikey")
    scheme, _, token = (request.header(b"authorization") or "").partition(" ")
    return token if scheme.lower() == "bearer" else None


def _stay_up(_seconds: float) -> None:
    """Stand in until someone listens."""
