"""What a client on a plain socket sees of every fault, and what the fault leaves behind on the server."""

from __future__ import annotations

import json
import socket
import threading
import time
from urllib.parse import urlsplit

import httpx
import pytest

from importer.sandbox import FaultKind, FaultPlan, Sandbox, SandboxSettings
from importer.sandbox.fault_plan import ABSURD_RETRY_AFTER

AUTH = {"XApiKey": "sandbox-key", "Authorization": "Bearer sandbox-token"}
CASE = {
    "creditorCompanyName": "Nordjysk El A/S",
    "creditorCountryAlpha2": "DK",
    "currencyCode": "DKK",
    "date": "2026-01-31",
    "amountToRecover": 5000.25,
    "creditorReference": "R-1",
    "debtor": {"type": "Person", "name": "Jens Hansen", "countryAlpha2": "DK"},
}
VOUCHER = {
    "currency": "DKK",
    "amount": -100000,
    "date": "2024-05-28 00:00:00.000+01",
    "source": "CREDITOR",
    "voucherTypeId": "eb41e58e-fccf-419d-a771-cd5027fe6e87",
}
FILE = {"content": "aGVq", "contentType": "text/plain", "name": "a.txt"}
TENANT = "11111111-1111-4111-8111-111111111111"
RESET = "reset"


@pytest.fixture
def start():
    """Start sandboxes with a fault plan and stop them at the end."""
    running = []

    def start(plan, **settings):
        sandbox = Sandbox(SandboxSettings(faults=FaultPlan.parse(plan), known_cases=("c",), **settings)).start()
        running.append(sandbox)
        return sandbox

    yield start
    for sandbox in running:
        sandbox.stop()


def connect(sandbox):
    address = urlsplit(sandbox.url)
    return socket.create_connection((address.hostname, address.port))


def request(path, body=None, method="POST", key="sandbox-key"):
    content = json.dumps(body).encode() if body is not None else b""
    lines = [f"{method} {path} HTTP/1.1", "Host: x", f"XApiKey: {key}", "Authorization: Bearer sandbox-token"]
    lines += ["Content-Type: application/json", f"Content-Length: {len(content)}", "", ""]
    return "\r\n".join(lines).encode() + content


def seen(sandbox, data):
    """Return the status, the headers and the body that a plain socket reads, or what else happens to it."""
    with connect(sandbox) as raw:
        try:
            raw.sendall(data)
            with raw.makefile("rb") as stream:
                return read_answer(stream)
        except (ConnectionResetError, BrokenPipeError):
            return RESET


def read_answer(stream):
    status = stream.readline()
    if not status:
        return "closed"
    headers = {}
    while line := stream.readline().strip():
        name, _, value = line.decode().partition(": ")
        headers[name] = value
    return int(status.split()[1]), headers, stream.read(int(headers["content-length"]))


def cases_post(plan_kind, start, **more):
    sandbox = start([{"on": "cases", "nth": 1, "kind": plan_kind, **more}])
    return sandbox, seen(sandbox, request("/managed-cases", CASE))


POSTS = [
    ("cases", "/managed-cases", CASE),
    ("vouchers", f"/v1/{TENANT}/case-vouchers/c", VOUCHER),
    ("files", f"/v1/{TENANT}/files", FILE),
]


def objects(sandbox):
    return len(sandbox.cases) + len(sandbox.vouchers) + len(sandbox.files)


@pytest.mark.parametrize(("on", "path", "body"), POSTS)
@pytest.mark.parametrize(("kind", "committed"), [("reset_before", 0), ("reset_after", 1), ("500_before", 0), ("500_after", 1)])
def test_before_and_after_the_commit(start, tmp_path, on, path, body, kind, committed):
    sandbox = start([{"on": on, "nth": 2, "kind": kind}], data_file=tmp_path / "data.jsonl")
    assert seen(sandbox, request(path, body))[0] == 200
    answer = seen(sandbox, request(path, body))
    assert answer == RESET if "reset" in kind else answer[0] == 500
    assert objects(sandbox) == 1 + committed
    assert len((tmp_path / "data.jsonl").read_bytes().splitlines()) == 2 + committed
    assert seen(sandbox, request(path, body))[0] == 200
    assert sandbox.faulted == {kind: 1}


@pytest.mark.parametrize(("kind", "committed"), [("hang_before", 0), ("hang_after", 1)])
def test_hanging_until_the_client_goes(start, kind, committed):
    sandbox = start([{"on": "cases", "kind": kind}])
    with connect(sandbox) as raw:
        raw.sendall(request("/managed-cases", CASE))
        while not sandbox.faulted:
            seen(sandbox, request("/me", method="GET"))
        raw.setblocking(False)
        with pytest.raises(BlockingIOError):
            raw.recv(1)
    assert seen(sandbox, request("/managed-cases", CASE))[0] == 200
    assert len(sandbox.cases) == 1 + committed


@pytest.mark.parametrize(("kind", "committed"), [("hang_before", 0), ("hang_after", 1)])
def test_hanging_ends_by_itself(start, kind, committed):
    sandbox, answer = cases_post(kind, start, seconds=0.01)
    assert answer == RESET
    assert len(sandbox.cases) == committed


def test_html_instead_of_an_answer(start):
    sandbox, (status, headers, body) = cases_post("503_html", start)
    assert (status, headers["content-type"], body[:6]) == (503, "text/html; charset=utf-8", b"<html>")
    assert sandbox.cases == []


def test_truncated_answer_after_the_commit(start):
    sandbox, (status, headers, body) = cases_post("truncated", start)
    assert status == 200
    assert 0 < len(body) < int(headers["content-length"])
    assert json.loads(body)["id"] == sandbox.cases[0]["id"]


def test_text_instead_of_json_after_the_commit(start):
    sandbox, (status, headers, body) = cases_post("non_json", start)
    assert (status, headers["content-type"][:10], body) == (200, "text/plain", b"OK, done.")
    assert len(sandbox.cases) == 1


@pytest.mark.parametrize(("on", "path", "body"), POSTS)
def test_success_without_an_id(start, on, path, body):
    sandbox = start([{"on": on, "kind": "no_id"}])
    status, _, answer = seen(sandbox, request(path, body))
    assert status == 200
    assert not {"id", "caseVoucherId", "fileId"} & json.loads(answer).keys()
    assert objects(sandbox) == 1


@pytest.mark.parametrize("kind", ["no_id", "non_json"])
def test_a_refusal_is_not_dressed_up_as_success(start, kind):
    sandbox = start([{"on": "cases", "kind": kind}])
    assert seen(sandbox, request("/managed-cases", {}))[0] == 400


def test_429_with_and_without_a_wait(start):
    sandbox = start([{"on": "cases", "sequence": ["429", "429_no_retry_after"]}])
    answers = [seen(sandbox, request("/managed-cases", CASE)) for _ in range(2)]
    assert [status for status, _, _ in answers] == [429, 429]
    assert [json.loads(body).get("retryAfter", "none") for _, _, body in answers] == [1.0, "none"]
    assert not any("retry-after" in headers for _, headers, _ in answers)
    assert sandbox.cases == []
    assert sandbox.refused_by_limit == 0


def test_429_with_absurd_waits(start):
    sandbox = start({"rate": 1, "kinds": ["429_absurd"], "paths": ["list"]})
    for _ in range(10):
        status, _, body = seen(sandbox, request("/managed-cases", method="GET"))
        assert (status, json.loads(body)["retryAfter"] in ABSURD_RETRY_AFTER) == (429, True)
    script = [{"on": "me", "kind": "429_absurd", "retry_after": "Wed, 21 Oct 2015 07:28:00 GMT"}]
    sandbox.set_faults(FaultPlan.parse(script))
    assert json.loads(seen(sandbox, request("/me", method="GET"))[2])["retryAfter"].startswith("Wed")


def test_a_key_revoked_from_the_third_request_on(start):
    sandbox = start([{"on": "cases", "nth": 3, "kind": "401_from"}], api_keys=("old", "new"))
    old = [seen(sandbox, request("/managed-cases", CASE, key="old"))[0] for _ in range(4)]
    assert old == [200, 200, 401, 401]
    assert seen(sandbox, request("/me", method="GET", key="old"))[0] == 401
    assert seen(sandbox, request("/managed-cases", CASE, key="new"))[0] == 200
    assert seen(sandbox, request(f"/v1/{TENANT}/files", FILE))[0] == 200
    sandbox.set_faults(FaultPlan())
    assert seen(sandbox, request("/me", method="GET", key="old"))[0] == 200


def test_a_redirect_to_another_host(start):
    sandbox, (status, headers, _) = cases_post("redirect", start)
    assert (status, headers["location"]) == (307, "http://elsewhere.invalid/managed-cases")
    assert sandbox.cases == []


def test_a_slow_list_changes_while_it_is_read(start):
    sandbox = start({"rate": 1, "kinds": ["slow_list"], "slow_seconds": 0.001, "foreign_cases": 2})
    with httpx.Client(base_url=sandbox.url, headers=AUTH) as client:
        ids = [client.post("/managed-cases", json=CASE).json()["id"] for _ in range(4)]
        pages = [client.get("/managed-cases", params={"page": page, "pageSize": 2}).json() for page in (1, 2, 3, 4)]
    assert [page["page"]["totalResults"] for page in pages] == [4, 5, 6, 6]
    listed = [case["id"] for page in pages for case in page["cases"]]
    assert listed == [ids[3], ids[2], ids[2], ids[1], ids[1], ids[0]]
    assert [case["foreign"] for case in sandbox.cases] == [False] * 4 + [True] * 2


def test_a_case_is_listed_late(start):
    sandbox = start([{"on": "cases", "nth": 2, "kind": "late_list", "seconds": 3600}])
    with httpx.Client(base_url=sandbox.url, headers=AUTH) as client:
        shown, hidden = (client.post("/managed-cases", json=CASE).json()["id"] for _ in range(2))
        content = client.get("/managed-cases").json()
        assert ([case["id"] for case in content["cases"]], content["page"]["totalResults"]) == ([shown], 1)
        assert client.get(f"/managed-cases/{hidden}").status_code == 200


def test_a_late_case_shows_up_and_its_answer_may_be_lost_too(start):
    plan = {"late_rate": 1, "late_seconds": 0.01, "script": [{"on": "cases", "kind": "reset_after"}]}
    sandbox = start(plan)
    assert seen(sandbox, request("/managed-cases", CASE)) == RESET
    assert sandbox.faulted == {"reset_after": 1, "late_list": 1}
    with httpx.Client(base_url=sandbox.url, headers=AUTH) as client:
        while not client.get("/managed-cases").json()["cases"]:
            pass
    assert len(sandbox.cases) == 1


def test_refused_connections(start):
    sandbox = start([{"on": "cases", "nth": 2, "kind": "refuse", "seconds": 3600}])
    with httpx.Client(base_url=sandbox.url, headers=AUTH) as client:
        assert client.post("/managed-cases", json=CASE).status_code == 200
        assert seen(sandbox, request("/managed-cases", CASE)) == RESET
        with pytest.raises(ConnectionRefusedError):
            connect(sandbox)
        assert client.post("/managed-cases", json=CASE).status_code == 200
        with pytest.raises(ConnectionRefusedError):
            connect(sandbox)
        assert client.post("/_sandbox/faults", json={"down_seconds": 0.01}).status_code == 200
        assert reached(sandbox)
        assert client.get("/me").status_code == 200
    assert len(sandbox.cases) == 2


def test_going_down_on_demand_and_stopping_meanwhile(start):
    sandbox = start(None)
    sandbox.go_down(3600)
    with pytest.raises(ConnectionRefusedError):
        connect(sandbox)
    sandbox.stop()
    sandbox.start()
    assert reached(sandbox)


def reached(sandbox):
    """Try until a connection is accepted."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            connect(sandbox).close()
        except ConnectionRefusedError:
            continue
        return True
    return False


def test_connections_cut_before_anything_is_read(start):
    sandbox = start([{"on": "connections", "sequence": [None, "close_on_accept"]}])
    answers = [seen(sandbox, request("/managed-cases", CASE)) for _ in range(3)]
    assert [answer if answer == RESET else answer[0] for answer in answers] == [200, RESET, 200]
    assert sandbox.requests == {"connections": 3, "cases": 2}
    assert len(sandbox.cases) == 2


def test_a_client_that_goes_within_its_request_leaves_nothing(start):
    sandbox = start(None)
    with connect(sandbox) as raw:
        raw.sendall(request("/managed-cases", CASE)[:-1])
    assert seen(sandbox, request("/me", method="GET"))[0] == 200
    assert sandbox.cases == []


def test_a_connection_is_kept_alive(start):
    sandbox = start(None)
    with connect(sandbox) as raw, raw.makefile("rb") as stream:
        for _ in range(3):
            raw.sendall(request("/managed-cases", CASE))
            assert read_answer(stream)[0] == 200
    assert sandbox.requests == {"connections": 1, "cases": 3}


def test_every_fault_at_once_leaves_the_sandbox_alive_and_truthful(start):
    plan = {"seed": 7, "rate": 0.5, "hang_seconds": 0.01, "refuse_seconds": 0.001, "late_seconds": 0.01}
    sandbox = start({**plan, "slow_seconds": 0.001, "foreign_cases": 0})
    told: list[str] = []

    def client():
        for _ in range(60):
            assert reached(sandbox)
            try:
                answer = seen(sandbox, request("/managed-cases", CASE))
            except ConnectionRefusedError:
                continue
            if not isinstance(answer, tuple) or answer[0] != 200 or len(answer[2]) != int(answer[1]["content-length"]):
                continue
            if answer[1]["content-type"].startswith("application/json"):
                told.append(json.loads(answer[2]).get("id"))

    threads = [threading.Thread(target=client) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sandbox.set_faults(FaultPlan())
    assert reached(sandbox)
    existing = {case["id"] for case in sandbox.cases}
    assert set(filter(None, told)) <= existing
    assert len(existing) <= sandbox.requests["cases"]
    assert set(sandbox.faulted) > {FaultKind.RESET_AFTER, FaultKind.ERROR_AFTER}
