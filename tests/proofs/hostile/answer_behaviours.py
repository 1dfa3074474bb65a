"""Ways in which the APIs may answer a POST, and Debbie its list of a case's vouchers, as tables.

An answer that may come with and without effect is there twice: ``made`` and ``not made`` say what the server really did.
"""

from __future__ import annotations

import gzip
import json
import math
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from support.hostile_server import (
    Ending,
    Exchange,
    RemoteCase,
    RemoteVoucher,
    Wire,
    case_content,
    plain_id,
    problem,
    voucher_content,
    wire,
)

DEEP = 200_000
PAGE = b"<html><body><h1>Thank you for your order</h1></body></html>"
NOWHERE = "5b1c2d3e-0000-4000-8000-00000000dead"


@dataclass(frozen=True)
class AnswerBehaviour:
    """An answer to what is hit; ``creates`` says whether the server does what it was asked before it answers so.

    ``times``: how often each row is answered so, before it is answered as documented. ``expects``: the state in which every case
    that the server has created must end, if only one is right.
    """

    name: str
    does: str
    reply: Callable[[Exchange], Wire | None]
    creates: bool
    times: float = math.inf
    expects: str | None = None


# Answers to a new case


def both(name: str, does: str, reply: Callable[[Exchange], Wire], **more: Any) -> list[AnswerBehaviour]:
    return [
        AnswerBehaviour(f"{name}, made", does, reply, creates=True, **more),
        AnswerBehaviour(f"{name}, not made", does, reply, creates=False, **more),
    ]


def made(name: str, does: str, reply: Callable[[Exchange], Wire | None], **more: Any) -> list[AnswerBehaviour]:
    return [AnswerBehaviour(f"{name}, made", does, reply, creates=True, **more)]


def not_made(name: str, does: str, reply: Callable[[Exchange], Wire], **more: Any) -> list[AnswerBehaviour]:
    return [AnswerBehaviour(f"{name}, not made", does, reply, creates=False, **more)]


def content(exchange: Exchange) -> dict[str, Any]:
    """The documented answer; for a case that was not made, that of one which does not exist."""
    found = exchange.made
    if isinstance(found, RemoteCase):
        return case_content(found)
    if isinstance(found, RemoteVoucher):
        return {"caseVoucherId": found.id}
    return {"id": NOWHERE, "caseVoucherId": NOWHERE}


def with_field(key: str, value: Any) -> Callable[[Exchange], Wire]:
    """The documented answer with another value; ``value`` may be a function of the right one, ``...`` leaves it out."""

    def reply(exchange: Exchange) -> Wire:
        body = content(exchange)
        body[key] = value(body.get(key)) if callable(value) else value
        if body[key] is ...:
            del body[key]
        return wire(200, body)

    return reply


def without_id(exchange: Exchange) -> dict[str, Any]:
    return {key: value for key, value in content(exchange).items() if key not in {"id", "caseVoucherId"}}


def right(status: int, **more: Any) -> Callable[[Exchange], Wire]:
    """The documented body with another status."""
    return lambda exchange: wire(status, content(exchange), **more)


def plain(status: int, body: Any = b"", **more: Any) -> Callable[[Exchange], Wire]:
    return lambda _: wire(status, body, **more)


def changed(change: Callable[[bytes], bytes], **more: Any) -> Callable[[Exchange], Wire]:
    """The documented answer with other bytes."""
    return lambda exchange: wire(200, change(json.dumps(content(exchange)).encode()), **more)


def _another_id(exchange: Exchange) -> str:
    own = exchange.made.id if exchange.made else None
    return next(case.id for case in exchange.truth.cases if case.id != own)


def _twice(exchange: Exchange) -> Wire:
    """The documented answer, and behind it another one that nobody asked for."""
    again = wire(200, case_content(exchange.truth.cases[0])) if exchange.truth.cases else wire(200, {})
    first = wire(200, content(exchange))
    return replace(first, data=first.data + again.data)


def _two_ids(exchange: Exchange) -> Wire:
    text = json.dumps(content(exchange))
    return wire(
        200, ('{"id": "' + _another_id(exchange) + '", ' + text[1:-1] + ', "id": "' + _another_id(exchange) + '"}').encode()
    )


def _chunked(data: bytes, end: bytes) -> Wire:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    return Wire(head + f"{len(data):x}\r\n".encode() + data + end, Ending.CLOSE)


def _before(lines: bytes) -> Callable[[Exchange], Wire]:
    """The documented answer with ``lines`` before it."""

    def reply(exchange: Exchange) -> Wire:
        usual = wire(200, content(exchange))
        return replace(usual, data=lines + usual.data)

    return reply


def _status_line(line: bytes) -> Callable[[Exchange], Wire]:
    def reply(exchange: Exchange) -> Wire:
        usual = wire(200, content(exchange), ending=Ending.CLOSE)
        return replace(usual, data=line + usual.data.partition(b"\r\n")[2])

    return reply


def business(kind: str, text: str = "It is not possible.", **more: Any) -> dict[str, Any]:
    return {"businessErrors": [{"type": kind, "message": text, "solutionUrl": "https://example.com/x"}], **more}


def _with_secrets(exchange: Exchange) -> Wire:
    """A refusal that repeats the credentials of the request."""
    return wire(422, business("CreditorBlocked", f"Key {exchange.headers.get('xapikey', '')} may not do this."))


SUCCESSES = [
    *made("200", "answers as documented", right(200), expects="accepted"),
    *made("201", "answers with status 201", right(201), expects="accepted"),
    *made("202", "answers with status 202", right(202)),
    *made("206", "answers with status 206", right(206)),
    *made("226", "answers with status 226", right(226)),
    *made("299", "answers with a status that does not exist", right(299)),
    *both("201 without a body", "answers with status 201 and nothing else", plain(201)),
    *both("202 without an id", "answers that it will be done", plain(202, {"status": "queued"})),
    *both("204", "answers with status 204", lambda _: Wire(b"HTTP/1.1 204 No Content\r\n\r\n")),
    *both("205", "answers with status 205", lambda _: Wire(b"HTTP/1.1 205 Reset\r\nContent-Length: 0\r\n\r\n")),
    *both("200 with an error", "answers 200 with an error in the body", plain(200, business("NoPartnerAvailable"))),
    *both("200 with an error and null", "has null as id beside an error", plain(200, business("X", id=None, caseVoucherId=None))),
    *made(
        "200 with an error and an id", "has an id beside an error", lambda e: wire(200, content(e) | business("CreditorBlocked"))
    ),
    *both("200 null", "answers null", plain(200, b"null")),
    *both("200 true", "answers true", plain(200, b"true")),
    *both("200 a list", "answers with a list", lambda e: wire(200, [without_id(e)])),
    *both("200 a text", "answers with a text", plain(200, b'"created"')),
    *both("200 a number", "answers with a number", plain(200, b"4711")),
    *both("200 empty", "answers with nothing", plain(200)),
    *both("200 without an id", "leaves the id out", lambda e: wire(200, without_id(e))),
    *both("200 inside data", "has the case one level deeper", lambda e: wire(200, {"data": content(e)})),
]

IDS = [
    *both("id null", "has null as id", with_field("id", None)),
    *both("id empty", "has an empty id", with_field("id", "")),
    *both("id blank", "has blanks as id", with_field("id", "  ")),
    *both("id nil", "has the nil UUID as id", with_field("id", str(UUID(int=0)))),
    *both("id a word", "has a word as id", with_field("id", "created")),
    *both("id a number", "has a number as id", with_field("id", 4711)),
    *both("id true", "has true as id", with_field("id", value=True)),
    *both(
        "id an object",
        "has an object as id",
        lambda e: wire(200, content(e) | {"id": {"value": e.made.id if e.made else NOWHERE}}),
    ),
    *both("id a path", "has a path as id", with_field("id", "../../me")),
    *both("id too long", "has an id of 100,000 letters", with_field("id", "a" * 100_000)),
    *both("id with NUL", "has an id with a zero byte", with_field("id", "5b1c2d3e-0000-4000-8000-0000000000\u000000")),
    *both("id half a letter", "has half a letter as id", changed(lambda _: b'{"id": "\\ud800", "caseVoucherId": "\\ud800"}')),
    *both("id of another case", "has the id of another case", lambda e: wire(200, content(e) | {"id": _another_id(e)})),
    *both(
        "id of another case in upper case",
        "spells it otherwise",
        lambda e: wire(200, content(e) | {"id": _another_id(e).upper()}),
    ),
    *both(
        "id of another case without hyphens",
        "nor with hyphens",
        lambda e: wire(200, content(e) | {"id": _another_id(e).replace("-", "")}),
    ),
    *both("two ids", "has two ids, both of another case", _two_ids),
    *made("id in upper case", "has the id in upper case", with_field("id", lambda i: i.upper()), expects="accepted"),
    *made("id in braces", "has the id in braces", with_field("id", lambda i: f"{{{i}}}")),
    *made("id without hyphens", "has the id without hyphens", with_field("id", lambda i: i.replace("-", "")), expects="accepted"),
    *made("id with blanks", "has blanks around the id", with_field("id", lambda i: f" {i}\n")),
    *made("id as urn", "has the id as urn:uuid", with_field("id", lambda i: f"urn:uuid:{i}")),
]

CONTRADICTIONS = [
    *made("amount in cents", "answers with the amount in cents", with_field("grossAmount", lambda a: a * 100), expects="held"),
    *made("amount as text", "answers with the amount as text", with_field("grossAmount", str)),
    *made("amount with float noise", "has 15 decimals", with_field("grossAmount", lambda a: a + 1.2e-11), expects="accepted"),
    *made("amount with surcharge", "adds a tenth", with_field("grossAmount", lambda a: round(a * 1.1, 2))),
    *made("amount 0", "answers with 0", with_field("grossAmount", 0), expects="held"),
    *made("amount negative", "answers with the other sign", with_field("grossAmount", lambda a: -a), expects="held"),
    *made("amount null", "answers with null", with_field("grossAmount", None)),
    *made("amount missing", "leaves the amount out", with_field("grossAmount", ...), expects="accepted"),
    *made("amount NaN", "answers with NaN", with_field("grossAmount", math.nan)),
    *made("amount enormous", "answers with a number of 4,000 digits", with_field("grossAmount", 10**4000)),
    *made("amount an object", "answers with an object", with_field("grossAmount", {"value": 1})),
    *made("currency another", "answers with another currency", with_field("currency", "EUR"), expects="held"),
    *made("currency in lower case", "answers with dkk", with_field("currency", lambda c: c.lower()), expects="accepted"),
    *made("currency missing", "leaves the currency out", with_field("currency", ...)),
    *made("debtor another", "answers with another debtor", with_field("debtor", {"name": "Helt Anden A/S"}), expects="held"),
    *made("debtor in upper case", "writes the debtor in upper case",
        with_field("debtor", lambda d: d | {"name": d["name"].upper()}), expects="accepted"),
    *made("debtor a text", "answers with the name alone", with_field("debtor", lambda d: d["name"])),
    *made("debtor null", "answers with null", with_field("debtor", None)),
    *made("reference another", "answers with another reference", with_field("creditorReference", "Z-9999")),
    *made("reference null", "answers without the reference", with_field("creditorReference", None)),
    *made("test mark reversed", "calls a real case a test case", with_field("isTestCase", lambda mark: not mark), expects="held"),
    *made("test mark missing", "does not say whether it is a test case", with_field("isTestCase", ...), expects="accepted"),
    *made("test mark as text", "writes the mark as text", with_field("isTestCase", lambda mark: str(mark).lower())),
    *made("another case's values", "has the right id and all values of another case", lambda e: wire(
        200, case_content(next(c for c in e.truth.cases if c is not e.made)) | {"id": e.made.id if e.made else NOWHERE}
    ), expects="held"),
]  # fmt: skip

REDIRECTS = [
    *not_made("301", "redirects for ever", plain(301, headers=[("Location", "/elsewhere")])),
    *not_made("302", "redirects to a login", plain(302, PAGE, kind="text/html", headers=[("Location", "/login")])),
    *both("303", "says where the answer is", plain(303, headers=[("Location", "/managed-cases/1")])),
    *not_made("304", "says that nothing has changed", plain(304)),
    *not_made("307", "redirects to itself", plain(307, headers=[("Location", "/managed-cases")])),
    *not_made("308", "redirects to another host", plain(308, headers=[("Location", "http://127.0.0.1:9/managed-cases")])),
    *not_made("300", "offers a choice", plain(300)),
]

REFUSALS = [
    *not_made("400 field errors", "names a field", plain(400, {"errors": {"debtor.name": ["is too long"]}})),
    *not_made("400 business errors", "has the canonical shape", plain(400, business("UnsupportedCurrency"))),
    *not_made("400 empty", "says nothing", plain(400)),
    *not_made("400 a page", "is a page", plain(400, PAGE, kind="text/html")),
    *not_made("400 deep", "is nested 200,000 deep", plain(400, b'{"errors": ' + b"[" * DEEP + b"]" * DEEP + b"}")),
    *not_made("400 many", "has 50,000 reasons", plain(400, {"errors": {f"f{n}": ["wrong"] for n in range(50_000)}})),
    *not_made("400 odd", "has odd reasons", plain(400, {"errors": [None, 1, {"a": []}], "businessErrors": "x", "message": {}})),
    *not_made("401", "refuses the credentials", plain(401, {"title": "Unauthorized"})),
    *not_made("403", "does not allow it", plain(403, {"title": "Forbidden"})),
    *not_made("402", "wants to be paid", plain(402)),
    *not_made("404", "does not exist", plain(404, {"title": "Not Found"})),
    *not_made("405", "does not take POST", plain(405)),
    *not_made("406", "cannot answer in JSON", plain(406)),
    *both("408", "waited too long", plain(408)),
    *both("409", "is in conflict", plain(409, {"message": "Conflict"})),
    *both("409 under way", "says that the same request is under way", plain(409, business("RequestInProgress"))),
    *not_made("410", "is gone", plain(410)),
    *not_made("411", "needs a length", plain(411)),
    *not_made("413", "is too large", plain(413)),
    *not_made("415", "is the wrong type", plain(415)),
    *not_made("418", "is a teapot", plain(418)),
    *not_made("421", "is the wrong host", plain(421)),
    *not_made("422 NoPartnerAvailable", "has no partner", plain(422, business("NoPartnerAvailable"))),
    *not_made("422 contract", "wants a signature", plain(422, business(
        "MissingDebtCollectionContract", signingHandoff={"combinedSigningUrl": "https://example.com/sign"}))),
    *not_made("422 MissingKycVerification", "wants an identity", plain(422, business("MissingKycVerification"))),
    *not_made("422 both shapes", "has both shapes", plain(422, business("X", errors={"date": ["is wrong"]}, error="old"))),
    *both("422 IdempotencyConflict", "knows the key", plain(422, business("IdempotencyConflict"))),
    *both("422 DuplicateReference", "knows the reference", plain(422, business("DuplicateReference"))),
    *both("422 DuplicateCreditorReference", "knows it by another name", plain(422, business("DuplicateCreditorReference"))),
    *both("400 DuplicateReference", "knows it with another status", plain(400, business("DuplicateReference"))),
    *not_made("422 empty", "says nothing", plain(422)),
    *not_made("422 with our key", "repeats the credentials", _with_secrets),
    *not_made("423", "is locked", plain(423)),
    *not_made("425", "is too early", plain(425)),
    *not_made("426", "wants another protocol", plain(426, headers=[("Upgrade", "h2c"), ("Connection", "Upgrade")])),
    *not_made("428", "wants a condition", plain(428)),
    *not_made("431", "has too many headers", plain(431)),
    *not_made("451", "is not legal", plain(451)),
    *both("499", "says that we have gone away", plain(499)),
]  # fmt: skip


def limited(name: str, does: str, body: Any = b"", *, times: float = math.inf, **more: Any) -> list[AnswerBehaviour]:
    return not_made(f"429 {name}", does, plain(429, body, **more), times=times)


LIMITS = [
    *limited("for a moment", "waits 0.05 seconds", {"error": "rate_limit_exceeded", "retryAfter": 0.05}, times=3),
    *limited("for an hour", "waits an hour", {"retryAfter": 3600}),
    *limited("without a time", "does not say how long"),
    *limited("0", "waits 0 seconds", {"retryAfter": 0}),
    *limited("negative", "waits -5 seconds", {"retryAfter": -5}),
    *limited("as text", "waits a text", {"retryAfter": "30"}),
    *limited("in words", "waits for soon", {"retryAfter": "soon"}),
    *limited("NaN", "waits NaN seconds", b'{"retryAfter": NaN}'),
    *limited("infinite", "waits for ever", b'{"retryAfter": 1e999}'),
    *limited("enormous", "waits 10^400 seconds", b'{"retryAfter": 1' + b"0" * 400 + b"}"),
    *limited("true", "waits true", {"retryAfter": True}),
    *limited("a list", "waits a list", {"retryAfter": [1]}),
    *limited("an object", "waits an object", {"retryAfter": {"seconds": 5}}),
    *limited("in the header", "says it in the header", headers=[("Retry-After", "7")]),
    *limited("as a date", "says it as a date", headers=[("Retry-After", "Wed, 21 Oct 2099 07:28:00 GMT")]),
    *limited("as a date of old", "says it as a date in the past", headers=[("Retry-After", "Wed, 21 Oct 2015 07:28:00 GMT")]),
    *limited("as a date beyond", "has a date beyond the calendar", headers=[("Retry-After", "Wed, 21 Oct 99999 07:28:00 GMT")]),
    *limited("a page", "is a page", PAGE, kind="text/html"),
]

FAILURES = [
    *both("500", "fails", plain(500, {"title": "Internal error"})),
    *both("500 with the case", "fails, with the case in its body", right(500)),
    *both("500 with a refusal", "fails, with a refusal in its body", plain(500, business("CreditorBlocked"))),
    *both("501", "is not implemented", plain(501)),
    *both("502 a page", "is a page of a proxy", plain(502, PAGE, kind="text/html")),
    *both("503", "is not available", plain(503, headers=[("Retry-After", "1")])),
    *both("504", "took too long", plain(504)),
    *both("507", "is full", plain(507)),
    *both("520", "is unknown to the proxy", plain(520)),
    *both("599", "is a status that does not exist", plain(599)),
]

BODIES = [
    *both("a page", "is a page with status 200", plain(200, PAGE, kind="text/html")),
    *both("cut off", "ends in the middle of the JSON", changed(lambda body: body[: len(body) // 3])),
    *both("shorter than announced", "is shorter than announced", changed(lambda b: b[:-5], length=5000, ending=Ending.CLOSE)),
    *both("longer than announced", "is longer than announced", changed(lambda body: body, length=20, ending=Ending.CLOSE)),
    *both("chunk cut off", "ends in a chunk", lambda e: _chunked(json.dumps(content(e)).encode(), b"")),
    *both("chunk without a number", "has a broken chunk", lambda e: _chunked(json.dumps(content(e)).encode(), b"\r\nZZ\r\n\r\n")),
    *made("negative length", "has the length -1", changed(lambda body: body, length=-1, ending=Ending.CLOSE)),
    *both("nested deeply", "is nested 200,000 deep", plain(200, b"[" * DEEP + b"]" * DEEP)),
    *both("too large", "has 25 MB", plain(200, b'{"x": "' + b"a" * 25_000_000 + b'"}')),
    *both("not gzip", "is called gzip, which it is not", plain(200, b"{}", headers=[("Content-Encoding", "gzip")])),
    *both("gzip cut off", "is gzip without its end", lambda e: wire(
        200, gzip.compress(json.dumps(content(e)).encode())[:-12], headers=[("Content-Encoding", "gzip")])),
    *made("gzip", "is gzip", lambda e: wire(
        200, gzip.compress(json.dumps(content(e)).encode()), headers=[("Content-Encoding", "gzip")]), expects="accepted"),
    *both("a small file that grows", "is 60 MB as 60 kB of deflate", lambda _: wire(
        200, zlib.compress(b" " * 60_000_000), headers=[("Content-Encoding", "deflate")])),
    *both("unknown coding", "has a coding that nobody knows", plain(200, b"\x00\x01", headers=[("Content-Encoding", "xz")])),
    *made("byte order mark", "begins with a byte order mark", changed(lambda body: b"\xef\xbb\xbf" + body), expects="accepted"),
    *made("UTF-16", "is written in UTF-16", changed(lambda body: body.decode().encode("utf-16"))),
    *made("called a page", "is JSON that is called a page", right(200, kind="text/html; charset=latin-1")),
    *made("without a type", "has no content-type", right(200, kind=None)),
    *made("unknown charset", "has a charset that nobody knows", right(200, kind="application/json; charset=klingon-8")),
    *made("two answers", "is followed by an answer that nobody asked for", _twice),
    *both("a number of 5,000 digits", "has a number that Python does not read", plain(200, b'{"id": ' + b"9" * 5000 + b"}")),
    *both("half a key", "has a key that is half a letter", plain(200, b'{"\\udfff": 1}')),
]  # fmt: skip

CONNECTIONS = [
    *both("reset", "resets the connection", lambda _: Wire(ending=Ending.RESET)),
    *both("closed", "closes the connection", lambda _: Wire(ending=Ending.CLOSE)),
    *both("no answer", "does not answer in time", lambda _: Wire(ending=Ending.STALL), times=1),
    *both("half a head", "stops in the head", lambda _: Wire(b"HTTP/1.1 200 OK\r\nContent-", Ending.STALL), times=1),
    *both("half a body", "stops in the body", lambda _: wire(200, b'{"id": "', length=500, ending=Ending.STALL), times=1),
    *both("late", "answers too late", lambda e: replace(right(200)(e), wait=2.5), times=1),
    *made("100 continue", "says 100 Continue first", _before(b"HTTP/1.1 100 Continue\r\n\r\n"), expects="accepted"),
    *made("102 twice", "says 102 Processing twice", _before(b"HTTP/1.1 102 Processing\r\n\r\n" * 2)),
    *made("103 hints", "gives early hints first", _before(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"), expects="accepted"),
    *both("100 and nothing else", "says 100 Continue and closes", lambda _: Wire(b"HTTP/1.1 100 Continue\r\n\r\n", Ending.CLOSE)),
    *both("101", "switches to another protocol", lambda _: Wire(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\nhello", Ending.CLOSE)),
    *both("no HTTP", "answers in another protocol", lambda _: Wire(b"220 mail.example.com ESMTP\r\n", Ending.CLOSE)),
    *both("status not a number", "has letters as status", _status_line(b"HTTP/1.1 OK OK\r\n")),
    *both("status 999", "has the status 999", _status_line(b"HTTP/1.1 999 Request denied\r\n")),
    *both("status 0", "has the status 000", _status_line(b"HTTP/1.1 000 Nothing\r\n")),
    *made("HTTP/1.0", "answers in HTTP/1.0", _status_line(b"HTTP/1.0 200 OK\r\n"), expects="accepted"),
    *made("HTTP/3.9", "answers in a version that does not exist", _status_line(b"HTTP/3.9 200 OK\r\n")),
    *made("a header of 1 MB", "has a header of 1 MB", right(200, headers=[("X-Long", "a" * 1_000_000)])),
    *made("10,000 headers", "has 10,000 headers", right(200, headers=[(f"X-{n}", "1") for n in range(10_000)])),
    *made("two lengths", "has two lengths", lambda e: wire(
        200, content(e), headers=[("Content-Length", "3"), ("Content-Length", "4000")], ending=Ending.CLOSE)),
]  # fmt: skip

CASE_ANSWERS: tuple[AnswerBehaviour, ...] = (
    *(*SUCCESSES, *IDS, *CONTRADICTIONS, *REDIRECTS, *REFUSALS, *LIMITS, *FAILURES, *BODIES, *CONNECTIONS),
)
"""Every answer to ``POST /managed-cases``."""


# Answers to a new voucher


def _another_voucher(exchange: Exchange) -> str:
    own = exchange.made.id if exchange.made else None
    return next((voucher.id for voucher in exchange.truth.vouchers if voucher.id != own), NOWHERE)


VOUCHER_ANSWERS: tuple[AnswerBehaviour, ...] = (
    *made("200", "answers as documented", right(200)),
    *made("201", "answers with status 201", right(201)),
    *both("204", "answers with status 204", lambda _: Wire(b"HTTP/1.1 204 No Content\r\n\r\n")),
    *both("200 without an id", "leaves the id out", plain(200, b"{}")),
    *both("200 null", "answers null", plain(200, b"null")),
    *both("200 with an error", "has an error in the body", plain(200, {"error": "nope", "caseVoucherId": None})),
    *both("id nil", "has the nil UUID", plain(200, {"caseVoucherId": str(UUID(int=0))})),
    *both("id a word", "has a word as id", plain(200, {"caseVoucherId": "ok"})),
    *both("id of another voucher", "has another voucher's id", lambda e: wire(200, {"caseVoucherId": _another_voucher(e)})),
    *both("id of another voucher in upper case", "spells it otherwise", lambda e: wire(
        200, {"caseVoucherId": _another_voucher(e).upper()})),
    *made("id in upper case", "has the id in upper case", with_field("caseVoucherId", lambda i: i.upper())),
    *made("id without hyphens", "has no hyphens", with_field("caseVoucherId", lambda i: i.replace("-", ""))),
    *not_made("400", "refuses a field", plain(400, {"errors": {"amount": ["is wrong"]}})),
    *both("400 key used", "knows the key", plain(400, {"message": "Idempotency-Key was already used for another request"})),
    *not_made("401", "refuses the credentials", plain(401)),
    *not_made("403", "does not allow it", plain(403)),
    *not_made("404", "does not know the case", plain(404, {"message": "Case not found"})),
    *both("409", "is in conflict", plain(409, {"message": "Conflict"})),
    *both("408", "waited too long", plain(408)),
    *not_made("422", "refuses it", plain(422, business("X"))),
    *not_made("429", "is limited", plain(429, {"retryAfter": 0.05}), times=3),
    *not_made("429 without a time", "does not say how long", plain(429)),
    *both("500", "fails", plain(500)),
    *both("502 a page", "is a page of a proxy", plain(502, PAGE, kind="text/html")),
    *both("a page", "is a page with status 200", plain(200, PAGE, kind="text/html")),
    *both("nested deeply", "is nested 200,000 deep", plain(200, b"[" * DEEP + b"]" * DEEP)),
    *both("cut off", "is shorter than announced", changed(lambda b: b[:-5], length=5000, ending=Ending.CLOSE)),
    *both("reset", "resets the connection", lambda _: Wire(ending=Ending.RESET)),
    *both("no answer", "does not answer in time", lambda _: Wire(ending=Ending.STALL), times=1),
    *not_made("302", "redirects", plain(302, headers=[("Location", "/login")])),
    *both("303", "says where the answer is", plain(303)),
)  # fmt: skip
"""Every answer to Debbie's POST of a voucher."""


# What Debbie says of a unique id that is taken. The answer to the voucher's creation was lost before.


def repeated(name: str, does: str, reply: Callable[[Exchange], Wire | None]) -> AnswerBehaviour:
    return AnswerBehaviour(name, does, reply, creates=True)


REPEATED_VOUCHERS: tuple[AnswerBehaviour, ...] = (
    repeated("200 with its id", "answers as it did at first", right(200)),
    repeated("200 without an id", "answers with an empty object", plain(200, b"{}")),
    repeated("400", "refuses it as a field error", plain(400, {"errors": {"uniqueId": ["is already taken"]}})),
    repeated("400 in other words", "refuses it in words that nobody expects", plain(400, {"message": "Findes allerede"})),
    repeated("404", "does not know the case any more", plain(404, {"message": "Case not found"})),
    repeated("409", "is in conflict", plain(409, {"message": "uniqueId already exists"})),
    repeated("409 empty", "is in conflict and says nothing", plain(409)),
    repeated("422", "has a business error", plain(422, business("DuplicateUniqueId", "unique id must be unique"))),
    repeated("422 in other words", "refuses it in other words", plain(422, business("VoucherRejected", "Not possible"))),
    repeated("500", "fails", plain(500)),
    repeated("303", "says where it is", plain(303)),
)
"""Every answer to a voucher that Debbie has already."""


# Debbie's list of a case's vouchers. The answer to the voucher's creation was lost, and its unique id is taken.


@dataclass(frozen=True)
class VoucherListBehaviour:
    """A way to list the vouchers of a case."""

    name: str
    does: str
    reply: Callable[[Exchange, list[dict[str, Any]]], Wire | None]

    def list_vouchers(self, exchange: Exchange) -> Wire | None:
        case = plain_id(exchange.path.rsplit("/", 1)[-1])
        if exchange.truth.case(case) is None:
            return None  # with the id of a case that does not exist, the importer only tests the credentials
        vouchers = [voucher_content(v) for v in exchange.truth.vouchers if v.case_id == case]
        return self.reply(exchange, vouchers)


def each(name: str, does: str, **changes: Any) -> VoucherListBehaviour:
    """Fields of every voucher are changed; a function gets the right value, ``...`` leaves it out."""

    def change(voucher: dict[str, Any]) -> dict[str, Any]:
        found = {k: value(voucher.get(k)) if callable(value) else value for k, value in changes.items()}
        return {key: value for key, value in (voucher | found).items() if value is not ...}

    return VoucherListBehaviour(name, does, lambda _, vouchers: wire(200, [change(v) for v in vouchers]))


def whole(name: str, does: str, change: Callable[[list[dict[str, Any]]], Any]) -> VoucherListBehaviour:
    return VoucherListBehaviour(name, does, lambda _, vouchers: wire(200, change(vouchers)))


def instead(name: str, does: str, reply: Callable[[], Wire]) -> VoucherListBehaviour:
    return VoucherListBehaviour(name, does, lambda *_: reply())


def _of_all(exchange: Exchange, _: list[dict[str, Any]]) -> Wire:
    return wire(200, [voucher_content(voucher) for voucher in exchange.truth.vouchers])


def _of_others(exchange: Exchange, vouchers: list[dict[str, Any]]) -> Wire:
    own = {voucher["caseVoucherId"] for voucher in vouchers}
    return wire(200, [voucher_content(voucher) for voucher in exchange.truth.vouchers if voucher.id not in own])


VOUCHER_LISTS: tuple[VoucherListBehaviour, ...] = (
    whole("honest", "lists what there is, without unique ids", lambda vouchers: vouchers),
    whole("empty", "shows none", lambda _: []),
    whole("without the newest", "does not show the newest", lambda vouchers: vouchers[:-1]),
    whole("each twice", "shows each twice", lambda vouchers: [v for v in vouchers for _ in "ab"]),
    whole("each twice with two ids", "shows each again with another id", lambda vouchers: [
        w for v in vouchers for w in (v, v | {"caseVoucherId": str(UUID(int=UUID(v["caseVoucherId"]).int ^ 7))})]),
    VoucherListBehaviour("of all cases", "shows the vouchers of all cases", _of_all),
    VoucherListBehaviour("of other cases", "shows only the vouchers of other cases", _of_others),
    each("deleted", "shows all as deleted", deletedAt="2026-01-01T00:00:00Z", deletedBy={"id": "x"}),
    each("amount as text", "writes amounts as text", amount=str),
    each("amount reversed", "writes amounts with the other sign", amount=lambda a: -a),
    each("amount in major units", "writes amounts in major units", amount=lambda a: a / 100),
    each("amount null", "has null in place of amounts", amount=None),
    each("currency in lower case", "writes currencies in lower case", currency=lambda c: c.lower()),
    each("currency another", "shows another currency", currency="EUR"),
    each("date at midnight UTC", "writes dates in UTC", date=lambda d: f"{d[:10]}T00:00:00Z"),
    each("date a day early", "shows the day before", date="2025-12-31T23:00:00.000Z"),
    each("date null", "has null in place of dates", date=None),
    each("reference null", "has null in place of references", referenceId=None),
    each("reference in lower case", "writes references in lower case", referenceId=lambda r: r and r.lower()),
    each("text rewritten", "shows another text", text="Faktura"),
    each("type in upper case", "writes types in upper case", voucherTypeId=lambda t: t.upper()),
    each("type another", "shows another type", voucherTypeId="ef2cdc50-230f-4046-b1af-0f9c498dddd3"),
    each("id in upper case", "writes ids in upper case", caseVoucherId=lambda i: i.upper()),
    each("id a number", "writes numbers as ids", caseVoucherId=lambda i: int(i[:6], 16)),
    each("id missing", "leaves ids out", caseVoucherId=..., id=17),
    each("id nil", "gives all the nil UUID", caseVoucherId=str(UUID(int=0))),
    each("unique id another", "shows another unique id", uniqueId="not-yours"),
    whole("with null", "has null among them", lambda vouchers: [None, *vouchers, 5, "x"]),
    whole("inside data", "has the list one level deeper", lambda vouchers: {"data": vouchers}),
    whole("null", "answers null", lambda _: None),
    instead("404", "does not know the case", lambda: problem(404, "Case not found")),
    instead("401", "refuses the credentials", lambda: problem(401, "Unauthorized")),
    instead("500", "fails", lambda: problem(500, "down")),
    instead("a page", "is a page", lambda: wire(200, PAGE, kind="text/html")),
    instead("nested deeply", "is nested 200,000 deep", lambda: wire(200, b"[" * DEEP + b"]" * DEEP)),
    instead("cut off", "ends in the middle", lambda: wire(200, b'[{"caseVoucherId": "5b')),
    instead("reset", "resets the connection", lambda: Wire(ending=Ending.RESET)),
    instead("429 for an hour", "is limited for an hour", lambda: wire(429, {"retryAfter": 3600})),
)  # fmt: skip
"""Every way to list the vouchers of a case."""
