"""Both APIs as fast as Python answers them: ``python -m benchmarks.server``, in a process of its own.

The sandbox checks every request and keeps what it hears; here a server only has to be out of the way, so that the
clients are compared and not what they talk to. It answers the endpoints that the importer uses, keeps to the limits
and the latency it is started with, and counts: ``GET /_state`` says what has come in.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import socket
import time
from collections.abc import Mapping
from typing import Any

_REASONS = {200: b"OK", 201: b"Created", 404: b"Not Found", 409: b"Conflict", 429: b"Too Many Requests"}
_ME = {"id": "00000000-0000-4000-8000-0000000000aa", "companyName": "Benchmark Inkasso", "country": "Denmark"}
_CREATED = "2026-01-01T00:00:00Z"
EARLY = 0.0006
"""Seconds: asyncio waits in whole milliseconds and wakes up late by so much in the mean."""

Answer = tuple[int, Any]


class Apis:
    """What has been created, and the answers."""

    def __init__(self, limits: tuple[tuple[int, float, str], ...]) -> None:
        self.cases: list[Mapping[str, Any]] = []
        self.vouchers: dict[str, list[Mapping[str, Any]]] = {}
        self.unique: set[str] = set()
        self.admitted: list[float] = []
        self.first_admitted = 0.0
        self.posts = self.refused = 0
        self.first = self.last = self.held = 0.0
        self._limiter = None
        if limits:
            from importer.sandbox.vendors.rate_limits import Limiter

            self._limiter = Limiter(limits)  # type: ignore[arg-type]  # the kinds are checked by argparse

    def answer(self, method: bytes, path: str, body: bytes) -> Answer:
        """Return the status and the body of a response, and record what it created."""
        if path == "/_state":
            return 200, self.state()
        name, _, query = path.partition("?")
        parts = name.strip("/").split("/")
        if parts[0] in {"me", "managed-cases"} and self._limiter is not None:
            now = time.monotonic()
            if wait := self._limiter.admit(now):
                self.refused += 1
                return 429, {"error": "rate_limit_exceeded", "message": "Too many requests.", "retryAfter": wait}
            self.admitted.append(now)
            if method == b"POST":
                self.first_admitted = self.first_admitted or now
        if method == b"POST":
            self.posts += 1
            self.first = self.first or time.monotonic()
        if parts[0] == "managed-cases":
            return self._cases(method, parts[1:], query, body)
        if parts[0] == "v1" and parts[2:3] == ["case-vouchers"] and len(parts) == 4:
            return self._vouchers(method, parts[3], body)
        return (200, _ME) if parts == ["me"] else (404, {})

    def _cases(self, method: bytes, parts: list[str], query: str, body: bytes) -> Answer:
        if method == b"POST":
            sent = json.loads(body)
            number = len(self.cases) + 1
            identifier = f"00000000-0000-4000-8000-{number:012x}"
            case = {
                "id": identifier,
                "reference": f"{number:08X}",
                "creditorReference": sent.get("creditorReference"),
                "grossAmount": sent["amountToRecover"],
                "currency": sent["currencyCode"],
                "lifecycle": "Active",
                "isTestCase": False,
                "dateCreated": _CREATED,
                "debtor": {"name": sent["debtor"]["name"]},
            }
            self.cases.append(case)
            self.vouchers[identifier] = []
            return 201, case
        if parts:
            found = next((case for case in self.cases if case["id"] == parts[0]), None)
            return (200, found) if found else (404, {})
        asked = dict(pair.split("=", 1) for pair in query.split("&") if "=" in pair)
        number, size = int(asked.get("page", 1)), int(asked.get("pageSize", 25))
        page = self.cases[::-1][(number - 1) * size : number * size]
        about = {"currentPage": number, "pageSize": size, "totalResults": len(self.cases), "responseCount": len(page)}
        return 200, {"page": about | {"totalPages": -(-len(self.cases) // size)}, "cases": page}

    def _vouchers(self, method: bytes, case_id: str, body: bytes) -> Answer:
        if case_id not in self.vouchers:
            return 404, {}
        if method != b"POST":
            return 200, self.vouchers[case_id]
        sent = json.loads(body)
        if sent.get("uniqueId") in self.unique:
            return 409, {"title": "A case voucher with this uniqueId already exists."}
        identifier = f"00000000-0000-4000-9000-{len(self.unique) + 1:012x}"
        self.unique.add(sent.get("uniqueId") or identifier)
        self.vouchers[case_id].append({"caseVoucherId": identifier})
        return 200, {"caseVoucherId": identifier}

    def state(self) -> dict[str, Any]:
        """Return counts and seconds: from the first POST to the last answer, and the mean time that a POST was ``held``."""
        return {
            "cases": len(self.cases),
            "references": len({case["creditorReference"] for case in self.cases}),
            "vouchers": len(self.unique),
            "posts": self.posts,
            "refused": self.refused,
            "admitted": [moment - self.admitted[0] for moment in self.admitted],
            "begin": self.first_admitted - self.admitted[0] if self.admitted else 0.0,
            "seconds": max(0.0, self.last - self.first),
            "held": self.held / max(1, self.posts),
        }


class FastConnection(asyncio.Protocol):
    """One keep-alive connection: requests with ``Content-Length``, one after the other."""

    def __init__(self, apis: Apis, latency: float) -> None:
        self._apis, self._latency = apis, latency
        self._rest = b""
        self._transport: Any = None

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._rest += data
        while (end := self._rest.find(b"\r\n\r\n")) >= 0:
            head = self._rest[:end]
            at = head.lower().find(b"content-length:")
            length = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
            whole = end + 4 + length
            if len(self._rest) < whole:
                return
            body, self._rest = self._rest[end + 4 : whole], self._rest[whole:]
            method, path, _ = head.split(b" ", 2)
            self._reply(method, *self._apis.answer(method, path.decode("ascii"), body))

    def _reply(self, method: bytes, status: int, content: Any) -> None:
        asked = time.monotonic()
        body = json.dumps(content).encode()
        head = b"HTTP/1.1 %d %b\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
        answer = head % (status, _REASONS[status], len(body)) + body
        if self._latency:
            asyncio.get_running_loop().call_later(self._latency - EARLY, self._write, method, answer, asked)
        else:
            self._write(method, answer, asked)

    def _write(self, method: bytes, answer: bytes, asked: float) -> None:
        if method == b"POST":
            self._apis.last = time.monotonic()
            self._apis.held += self._apis.last - asked
        self._transport.write(answer)


async def serve(apis: Apis, latency: float) -> None:
    # With the protocol named, asyncio sets TCP_NODELAY on what is accepted; without, answers wait for 40 ms.
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listening:
        listening.bind(("127.0.0.1", 0))
        server = await asyncio.get_running_loop().create_server(lambda: FastConnection(apis, latency), sock=listening)
        print(f"http://127.0.0.1:{listening.getsockname()[1]}", flush=True)
        await server.serve_forever()


def _limit(text: str) -> tuple[int, float, str]:
    """``200:6:sliding``: requests, seconds, and how the window moves."""
    count, seconds, kind = text.split(":")
    if kind not in {"sliding", "fixed"}:
        raise ValueError(kind)
    return int(count), float(seconds), kind


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--latency", type=float, default=0.0, help="seconds before each answer")
    parser.add_argument("--limit", type=_limit, action="append", default=[], help="such as 200:6:sliding, for Debitura")
    chosen = parser.parse_args()
    asyncio.run(serve(Apis(tuple(chosen.limit)), chosen.latency))


if __name__ == "__main__":
    main()
