"""Both APIs over real HTTP, with a true state and with answers that need not agree with it.

The server remembers which cases and vouchers were really created (``Truth``). What it answers is decided by the functions of
``Behaviour``: each gets the ``Exchange`` and returns the exact bytes of the answer (``Wire``). Without a behaviour the server
answers as both APIs are documented, and ignores idempotency keys for cases, which is the worst that the documents allow.
"""

from __future__ import annotations

import json
import math
import socket
import struct
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import format_datetime
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, unquote, urlsplit
from uuid import UUID, uuid4

PARTNER = "0d3b2a10-5c1e-4e0a-9d52-7a1f3c5e9b01"
BIGGEST_PAGE = 100
STALL_SECONDS = 30.0


class Ending(StrEnum):
    """What becomes of the connection after the bytes of an answer."""

    KEEP = "keep"
    CLOSE = "close"
    RESET = "reset"
    STALL = "stall"  # nothing more comes, and the connection stays open


@dataclass(frozen=True)
class Wire:
    """The exact bytes of an answer."""

    data: bytes = b""
    ending: Ending = Ending.KEEP
    wait: float = 0.0  # seconds before the first byte


@dataclass(eq=False)
class RemoteCase:
    """A case that really exists. ``foreign``: it was not created by the importer under test."""

    id: str
    reference: str
    created: datetime
    sent: dict[str, Any]
    foreign: bool = False


@dataclass(eq=False)
class RemoteVoucher:
    """A voucher that really exists, under the case with the id ``case_id``."""

    id: str
    case_id: str
    created: datetime
    sent: dict[str, Any]


@dataclass(frozen=True)
class Exchange:
    """One request, and what the server knows when it answers: ``made`` is the case or voucher that it has created."""

    server: HostileServer
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    sent: dict[str, Any]
    nth: int  # counts the requests of this method to this path, from 1
    made: RemoteCase | RemoteVoucher | None = None

    @property
    def truth(self) -> Truth:
        return self.server.truth


class Truth:
    """What really exists, and a journal of the requests that asked for it."""

    def __init__(self) -> None:
        self.cases: list[RemoteCase] = []
        self.vouchers: list[RemoteVoucher] = []
        self.guard = threading.RLock()

    def add_case(self, sent: dict[str, Any], *, foreign: bool = False, created: datetime | None = None) -> RemoteCase:
        with self.guard:
            identifier = str(uuid4())
            case = RemoteCase(identifier, identifier[:8].upper(), created or datetime.now(UTC), sent, foreign)
            self.cases.append(case)
            return case

    def add_voucher(self, case_id: str, sent: dict[str, Any]) -> RemoteVoucher:
        with self.guard:
            voucher = RemoteVoucher(str(uuid4()), case_id, datetime.now(UTC), sent)
            self.vouchers.append(voucher)
            return voucher

    def case(self, name: str) -> RemoteCase | None:
        """The case with this id, in any spelling of a UUID."""
        return next((case for case in self.cases if case.id == plain_id(name)), None)

    def voucher_with(self, unique_id: str | None) -> RemoteVoucher | None:
        return next((v for v in self.vouchers if unique_id and v.sent.get("uniqueId") == unique_id), None)

    def newest_first(self) -> list[RemoteCase]:
        with self.guard:
            return sorted(self.cases, key=lambda case: case.created, reverse=True)


def plain_id(text: str) -> str:
    """An id as a UUID is usually written; other texts stay as they are."""
    try:
        return str(UUID(text.strip()))
    except ValueError:
        return text


Reply = Callable[[Exchange], Wire | None]


@dataclass(frozen=True)
class Behaviour:
    """How the server differs from the documents; each function may return None to answer as documented.

    ``create_case`` and ``create_voucher`` decide the answer to a POST, and ``creates`` whether it does what was asked before.
    ``date`` is the ``Date`` header of the nth answer of all.
    """

    create_case: Reply | None = None
    create_voucher: Reply | None = None
    creates: Callable[[Exchange], bool] = lambda _: True
    list_cases: Reply | None = None
    one_case: Reply | None = None
    list_vouchers: Reply | None = None
    repeated_voucher: Reply | None = None
    date: Callable[[int], str | None] = lambda _: format_datetime(datetime.now(UTC), usegmt=True)


REASONS = {200: "OK", 400: "Bad Request", 404: "Not Found", 409: "Conflict", 422: "Unprocessable Entity"}


_of_this_request = threading.local()
"""The ``Date`` header of the answer that this thread is about to write."""


def wire(
    status: int = 200,
    body: Any = b"",
    *,
    kind: str | None = "application/json; charset=utf-8",
    headers: Sequence[tuple[str, str]] = (),
    length: int | None = None,
    ending: Ending = Ending.KEEP,
    wait: float = 0.0,
) -> Wire:
    """An answer with a usual head. A ``body`` that is not bytes is written as JSON; ``length`` is a wrong content-length."""
    data = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
    lines = [f"HTTP/1.1 {status} {REASONS.get(status, 'Status')}"]
    if kind is not None:
        lines.append(f"Content-Type: {kind}")
    if (date := getattr(_of_this_request, "date", None)) is not None:
        lines.append(f"Date: {date}")
    lines += [f"{name}: {value}" for name, value in headers]
    if not any(name.lower() in {"transfer-encoding", "content-length"} for name, _ in headers):
        lines.append(f"Content-Length: {len(data) if length is None else length}")
    if ending is not Ending.KEEP:
        lines.append("Connection: close")
    return Wire("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + data, ending, wait)


def case_content(case: RemoteCase) -> dict[str, Any]:
    """A case as the documents show it, in the answer to its creation and in lists."""
    sent = case.sent
    amount = sent.get("amountToRecover")
    return {
        "id": case.id,
        "reference": case.reference,
        "creditorReference": sent.get("creditorReference"),
        "creditorComments": sent.get("comments"),
        "claimDescription": sent.get("claimDescription"),
        "grossAmount": amount,
        "remainder": amount,
        "interestFees": 0,
        "reminderFees": 0,
        "collectionFees": 0,
        "totalAddedFees": 0,
        "currency": sent.get("currencyCode"),
        "isTestCase": bool(sent.get("isTest")),
        "lifecycle": "Pending Verification Internal",
        "date": sent.get("date"),
        "dueDate": sent.get("dueDate"),
        "dateCreated": iso(case.created),
        "dateUpdated": iso(case.created),
        "dateFinished": None,
        "closeCode": None,
        "claimType": "Unpaid Invoice",
        "debtor": dict(sent.get("debtor") or {}),
        "creditor": {"id": str(UUID(int=UUID(case.id).int ^ 1)), "companyName": sent.get("creditorCompanyName")},
        "validation": {"needsInfo": False},
    }


def iso(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def voucher_content(voucher: RemoteVoucher) -> dict[str, Any]:
    """A voucher as Debbie's list shows it: without its unique id."""
    shown = {name: value for name, value in voucher.sent.items() if name != "uniqueId"}
    more = {"caseVoucherId": voucher.id, "caseId": voucher.case_id, "createdAt": iso(voucher.created)}
    return shown | more | {"deletedAt": None, "deletedBy": None, "state": "ACTIVE"}


def page_of(items: Sequence[Any], page: int, size: int) -> dict[str, Any]:
    """A page of the list of cases as the documents show it."""
    shown = list(items[(page - 1) * size : page * size])
    about = {
        "currentPage": page,
        "pageSize": size,
        "totalResults": len(items),
        "responseCount": len(shown),
        "totalPages": math.ceil(len(items) / size),
    }
    return {"page": about, "cases": shown}


def problem(status: int, text: str) -> Wire:
    return wire(status, {"title": text, "status": status, "message": text})


class HostileServer:
    """Listens on loopback while it is open."""

    def __init__(self, behaviour: Behaviour | None = None) -> None:
        self.truth = Truth()
        self.behaviour = behaviour or Behaviour()
        self.failure: BaseException | None = None
        self.requests: list[tuple[str, str]] = []
        self.notes: dict[str, Any] = {}  # what a behaviour remembers between requests
        self.readings: deque[list[bytes]] = deque(maxlen=4)  # the pages of the latest readings of the list of cases
        self.closing = threading.Event()
        self._counts: dict[tuple[str, str], int] = {}
        self._server = _Listener(("127.0.0.1", 0), _handler_of(self))
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        if self.failure is not None and kind is None:
            raise self.failure

    def answer(self, handler: BaseHTTPRequestHandler) -> Wire:
        body = handler.rfile.read(int(handler.headers.get("content-length") or 0))
        parts = urlsplit(handler.path)
        with self.truth.guard:
            self.requests.append((handler.command, handler.path))
            place = (handler.command, parts.path)
            self._counts[place] = nth = self._counts.get(place, 0) + 1
        sent = json.loads(body) if body else {}
        query = {name.lower(): values[-1] for name, values in parse_qs(parts.query).items()}
        headers = {name.lower(): value for name, value in handler.headers.items()}
        exchange = Exchange(self, handler.command, unquote(parts.path), query, headers, sent, nth)
        _of_this_request.date = self.behaviour.date(len(self.requests))
        try:
            return self._route(exchange)
        except Exception as error:  # noqa: BLE001  (it is raised in the test's own thread)
            self.failure = error
            return Wire(ending=Ending.CLOSE)

    def _route(self, exchange: Exchange) -> Wire:
        parts, creates = exchange.path.strip("/").split("/"), exchange.method == "POST"
        if exchange.path == "/me":
            return wire(200, {"id": PARTNER, "companyName": "Test Partner ApS", "country": "DK"})
        if parts == ["managed-cases"]:
            return self._create_case(exchange) if creates else self._list_cases(exchange)
        if parts[0] == "managed-cases":
            return self._one_case(exchange, parts)
        if "case-vouchers" in parts:
            return self._create_voucher(exchange, parts[-1]) if creates else self._list_vouchers(exchange, parts[-1])
        if len(parts) == 4 and parts[2] == "cases":
            found = self.truth.case(parts[3])
            return wire(200, {"id": found.id, "status": "PENDING"}) if found else problem(404, "There is no such case.")
        return problem(404, "There is nothing here.")

    def _create_case(self, exchange: Exchange) -> Wire:
        made = self.truth.add_case(exchange.sent) if self.behaviour.creates(exchange) else None
        told = _with(exchange, made)
        reply = self.behaviour.create_case(told) if self.behaviour.create_case else None
        if reply is None:
            made = made or self.truth.add_case(exchange.sent)
            reply = wire(200, case_content(made))
        return reply

    def _create_voucher(self, exchange: Exchange, case_id: str) -> Wire:
        case = self.truth.case(case_id)
        old = self.truth.voucher_with(exchange.sent.get("uniqueId"))
        made = old or (self.truth.add_voucher(case.id, exchange.sent) if case and self.behaviour.creates(exchange) else None)
        reply = self.behaviour.create_voucher(_with(exchange, made)) if self.behaviour.create_voucher else None
        if reply is not None:
            return reply
        if case is None:
            return problem(404, "There is no such case.")
        if old is not None:
            reply = self.behaviour.repeated_voucher(_with(exchange, old)) if self.behaviour.repeated_voucher else None
            return reply or problem(409, f"A case voucher with the uniqueId {exchange.sent['uniqueId']} already exists.")
        made = made or self.truth.add_voucher(case.id, exchange.sent)
        return wire(200, {"caseVoucherId": made.id})

    def _list_cases(self, exchange: Exchange) -> Wire:
        page, size = asked_page(exchange)
        reply = self.behaviour.list_cases(exchange) if self.behaviour.list_cases else None
        if reply is None:
            reply = wire(200, page_of([case_content(case) for case in self.truth.newest_first()], page, size))
        if page == 1 or not self.readings:
            self.readings.append([])
        self.readings[-1].append(reply.data)
        return reply

    def _one_case(self, exchange: Exchange, parts: list[str]) -> Wire:
        reply = self.behaviour.one_case(exchange) if self.behaviour.one_case else None
        if reply is not None:
            return reply
        if parts[1] == "case-reference":
            case = next((case for case in self.truth.cases if case.reference == parts[2]), None)
        else:
            case = self.truth.case(parts[1])
        return wire(200, case_content(case)) if case else problem(404, "There is no such case.")

    def _list_vouchers(self, exchange: Exchange, case_id: str) -> Wire:
        reply = self.behaviour.list_vouchers(exchange) if self.behaviour.list_vouchers else None
        if reply is not None:
            return reply
        case = self.truth.case(case_id)
        if case is None:
            return problem(404, "There is no such case.")
        return wire(200, [voucher_content(v) for v in self.truth.vouchers if v.case_id == case.id])


def asked_page(exchange: Exchange) -> tuple[int, int]:
    """The page that a request for the list asks for, and how many cases a page has then."""
    return int(exchange.query.get("page", "1")), min(int(exchange.query.get("pagesize", "10")), BIGGEST_PAGE)


def _with(exchange: Exchange, made: RemoteCase | RemoteVoucher | None) -> Exchange:
    return replace(exchange, made=made)


class _Listener(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that has gone away is part of the trials."""


def _handler_of(server: HostileServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            _send(self, server, server.answer(self))

        def do_POST(self) -> None:
            _send(self, server, server.answer(self))

        def do_DELETE(self) -> None:
            _send(self, server, server.answer(self))

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            del format, args

    return Handler


def _send(handler: BaseHTTPRequestHandler, server: HostileServer, reply: Wire) -> None:
    if reply.wait:
        server.closing.wait(reply.wait)
    handler.wfile.write(reply.data)
    handler.wfile.flush()
    handler.close_connection = reply.ending is not Ending.KEEP
    if reply.ending is Ending.STALL:
        server.closing.wait(STALL_SECONDS)
    if reply.ending is Ending.RESET:
        handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        handler.connection.close()
