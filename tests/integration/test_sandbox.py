"""The sandbox over real sockets: every endpoint, credentials, idempotency, limits, persistence, life and death."""

from __future__ import annotations

import base64
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import uuid
from contextlib import closing

import httpx
import pytest
from support.paths import GOLDEN_FILES

from importer.errors import SettingsError
from importer.sandbox import FaultPlan, Sandbox, SandboxSettings

DATA_OF_FORMAT_1 = GOLDEN_FILES / "sandbox" / "data-1.jsonl"
TENANT = "11111111-1111-4111-8111-111111111111"
OTHER_TENANT = "22222222-2222-4222-8222-222222222222"
AUTH = {"XApiKey": "sandbox-key", "Authorization": "Bearer sandbox-token"}
CASE = {
    "creditorCompanyName": "Nordjysk El A/S",
    "creditorCountryAlpha2": "DK",
    "currencyCode": "DKK",
    "date": "2026-01-31",
    "amountToRecover": 5000.25,
    "creditorReference": "R-1",
    "debtor": {"type": "Person", "name": "Jens Ærø", "countryAlpha2": "DK", "zipCode": "0800"},
}
VOUCHER = {
    "currency": "DKK",
    "amount": -100000,
    "date": "2024-05-28 00:00:00.000+01",
    "source": "CREDITOR",
    "voucherTypeId": "eb41e58e-fccf-419d-a771-cd5027fe6e87",
    "text": "J.no. 1234",
}


@pytest.fixture
def start():
    """Start sandboxes with settings; give a client; stop both at the end."""
    running = []

    def start(**settings):
        sandbox = Sandbox(SandboxSettings(**settings)).start()
        client = httpx.Client(base_url=sandbox.url, headers=AUTH)
        running.append((client, sandbox))
        return client, sandbox

    yield start
    for client, sandbox in running:
        client.close()
        sandbox.stop()


def create(client, **changes):
    answer = client.post("/managed-cases", json={**CASE, **changes})
    assert answer.status_code == 200
    return answer.json()


def vouchers(case_id, tenant=TENANT):
    return f"/v1/{tenant}/case-vouchers/{case_id}"


def test_me_and_credentials(start):
    client, sandbox = start(api_keys=("one", "two"))
    first = client.get("/me", headers={"XApiKey": "one"})
    assert first.json() == client.get("/me", headers={"XApiKey": "two"}).json()
    assert first.json().keys() == {"id", "companyName", "country"}
    for path, headers in [
        ("/me", {}),
        ("/me", {"XApiKey": "three"}),
        ("/managed-cases", {"Authorization": "Bearer sandbox-token", "XApiKey": ""}),
        (f"/v1/{TENANT}/case-vouchers/x", {"Authorization": "Bearer wrong"}),
        (f"/v1/{TENANT}/case-vouchers/x", {"Authorization": "sandbox-token"}),
        (f"/v1/{TENANT}/case-vouchers/x", {"Authorization": "", "XApiKey": "one"}),
    ]:
        answer = httpx.get(f"{sandbox.url}{path}", headers=headers)
        assert (answer.status_code, answer.headers["content-type"]) == (401, "application/problem+json")
        assert answer.json()["status"] == 401
    assert client.post("/managed-cases", json=CASE).status_code == 401


def test_create_fetch_and_list_a_case(start):
    client, sandbox = start()
    made = create(client, isTest=True)
    assert uuid.UUID(made["id"])
    assert re.fullmatch(r"[A-Z0-9]{8}", made["reference"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", made["dateCreated"])
    assert (made["creditorReference"], made["grossAmount"], made["currency"]) == ("R-1", 5000.25, "DKK")
    assert made["isTestCase"] is True
    assert made["debtor"].items() >= CASE["debtor"].items()
    assert client.get(f"/managed-cases/{made['id']}").json() == made
    assert client.get("/managed-cases").json() == {
        "page": {"currentPage": 1, "pageSize": 10, "totalResults": 1, "responseCount": 1, "totalPages": 1},
        "cases": [made],
    }
    assert [case["amount"] for case in sandbox.cases] == ["5000.25"]


def test_the_same_body_twice_makes_two_cases(start):
    client, sandbox = start()
    assert create(client)["id"] != create(client)["id"]
    for key in ("k", "l"):
        assert client.post("/managed-cases", json=CASE, headers={"Idempotency-Key": key}).status_code == 200
    assert len(sandbox.cases) == 4


def test_pages_sorts_and_filters(start):
    client, _ = start()
    ids = [create(client, creditorReference=f"R{number}")["id"] for number in range(5)]

    def listed(query):
        return [case["id"] for case in client.get(f"/managed-cases?{query}").json()["cases"]]

    assert listed("page=1&pageSize=2&sort=DateCreated:desc") == ids[:2:-1]
    assert listed("page=3&pageSize=2") == ids[:1]
    assert listed("page=4&pageSize=2") == []
    assert listed("page=2&pageSize=2&sort=DateCreated:asc") == ids[2:4]
    assert listed(f"ids={ids[1]}&ids={ids[3]}") == [ids[3], ids[1]]
    assert listed(f"ids={ids[1]},{ids[3]}&pageSize=1&page=2") == [ids[1]]
    for status in ("PendingVerificationInternal", "Pending Verification Internal", "closed,pendingverificationinternal"):
        assert listed(f"Statuses={status}") == ids[::-1]
    assert listed("statuses=Closed") == listed(f"divisionIds={TENANT}") == listed(f"debtorIds={TENANT}") == []
    about = client.get("/managed-cases?pageSize=2&page=3").json()["page"]
    assert about == {"currentPage": 3, "pageSize": 2, "totalResults": 5, "responseCount": 1, "totalPages": 3}


@pytest.mark.parametrize(
    "query",
    ["pageSize=101", "PageSize=0", "page=0", "page=x", "page=-1", "page=", "creditorReference=R-1"],
)
def test_wrong_list_parameters(start, query):
    client, _ = start(error_shape="flat")
    answer = client.get(f"/managed-cases?{query}")
    assert answer.status_code == 400
    assert list(answer.json()) == [query.split("=")[0]]


def test_field_errors_in_both_shapes(start):
    one = {**CASE, "amountToRecover": 0}
    two = {**one, "debtor": {**CASE["debtor"], "email": "x"}}
    flat = {"amountToRecover": ["must be greater than zero"], "debtor.email": ["must be an email address"]}
    answers = {}
    for shape in ("business", "flat", "problem", "mixed"):
        client, sandbox = start(error_shape=shape)
        answers[shape] = [client.post("/managed-cases", json=body) for body in (one, two)]
        assert {answer.status_code for answer in answers[shape]} == {400}
        assert sandbox.cases == []
    assert answers["business"][1].json() == {
        "error": "validation_error",
        "message": "One or more validation errors occurred.",
        "businessErrors": [
            {"type": "ValidationError", "message": "amountToRecover must be greater than zero", "solutionUrl": None},
            {"type": "ValidationError", "message": "debtor.email must be an email address", "solutionUrl": None},
        ],
        "errors": flat,
    }
    assert answers["flat"][1].json() == flat
    assert answers["problem"][1].json()["errors"] == flat
    assert answers["problem"][1].headers["content-type"] == "application/problem+json"
    assert "amountToRecover" in answers["mixed"][0].json()
    assert answers["mixed"][1].json()["errors"] == flat


def test_form_of_the_request(start):
    client, _ = start(max_body_bytes=1000)
    assert client.post("/managed-cases", content=json.dumps(CASE)).status_code == 415
    header = {"Content-Type": "Application/JSON; charset=utf-8"}
    assert client.post("/managed-cases", content=json.dumps(CASE), headers=header).status_code == 200
    for body in ("{", "[]", ""):
        assert client.post("/managed-cases", content=body, headers=header).status_code == 400
    assert client.post("/managed-cases", content="x" * 1001, headers=header).status_code == 413
    assert client.post("/managed-cases", content=iter([b"x" * 600] * 2), headers=header).status_code == 413
    assert client.post("/managed-cases", content=iter([b"x" * 600] * 2), headers={**header, "XApiKey": "x"}).status_code == 401


@pytest.mark.parametrize(
    ("method", "path", "status", "allow"),
    [
        ("GET", "/me?x=1", 200, None),
        ("GET", "/%6De", 200, None),
        ("GET", "/%5Fsandbox/state", 200, None),
        ("GET", f"/v1/{TENANT}/case-vouchers/Sag%2012%2F%C3%A6%3F", 200, None),
        ("GET", f"/v1/{TENANT}/case-vouchers/100%2525%252F", 200, None),
        ("GET", f"/v1/{TENANT.replace('1', '%31')}/case-vouchers/100%2525%252F", 200, None),
        ("DELETE", "/managed-cases", 405, "POST, GET"),
        ("HEAD", "/managed-cases", 405, "POST, GET"),
        ("HEAD", "/me", 405, "GET"),
        ("POST", "/managed-cases/x", 405, "GET"),
        ("OPTIONS", f"/v1/{TENANT}/case-vouchers/x", 405, "POST, GET"),
        ("GET", f"/v1/{TENANT}/files", 405, "POST"),
        ("GET", "/", 404, None),
        ("GET", "/cases", 404, None),
        ("HEAD", "/cases", 404, None),
        ("GET", "/ME", 404, None),
        ("GET", "/me/", 404, None),
        ("GET", "/me%0A", 404, None),
        ("GET", "/m%2565", 404, None),
        ("GET", "//managed-cases", 404, None),
        ("GET", "/managed-cases/", 404, None),
        ("GET", "/managed-cases/a/b", 404, None),
        ("GET", "/managed-cases%2Fa", 404, None),
        ("GET", "/v1/x/files/", 404, None),
        ("POST", "/_sandbox", 404, None),
        ("GET", "/_sandbox/state/", 404, None),
    ],
)
def test_paths_and_methods(start, method, path, status, allow):
    client, _ = start(known_cases=("Sag 12/æ?", "100%25%2F"))
    connection = http.client.HTTPConnection(client.base_url.host, client.base_url.port)
    with closing(connection):
        connection.request(method, path, headers=AUTH)
        answer = connection.getresponse()
        body = answer.read()
    assert (answer.status, answer.headers["allow"]) == (status, allow)
    if status != 200:
        assert answer.headers["content-type"] == "application/problem+json"
        assert not body if method == "HEAD" else json.loads(body)["status"] == status


def test_business_errors(start):
    client, sandbox = start(unique_references=True)

    def refusal(**changes):
        answer = client.post("/managed-cases", json={**CASE, **changes})
        assert answer.status_code == 422
        return answer.json()["businessErrors"][0]

    blocked = refusal(creditorCompanyName="BLOCKED ApS")
    assert (blocked["type"], blocked.keys()) == ("CreditorBlocked", {"type", "message", "solutionUrl"})
    nowhere = {**CASE["debtor"], "countryAlpha2": "KP"}
    assert refusal(debtor=nowhere)["type"] == "NoPartnerAvailable"
    create(client, debtor=nowhere, collectionPartnerId=TENANT)
    assert refusal()["type"] == "DuplicateReference"
    create(client, creditorReference="R-2")
    create(client, creditorReference=None)
    create(client, creditorReference=None)
    assert len(sandbox.cases) == 4


def test_vouchers(start):
    client, sandbox = start(extra_voucher_types=(OTHER_TENANT,), known_cases=("old 7",))
    case = create(client)["id"]
    full = {**VOUCHER, "uniqueId": "u1", "properties": {"h": "v"}, "interest": 0.1}
    made = client.post(vouchers(case), json=full)
    assert (made.status_code, list(made.json())) == (200, ["caseVoucherId"])
    voucher = made.json()["caseVoucherId"]
    assert client.get(vouchers(case)).json()[0].items() >= {"caseVoucherId": voucher, **VOUCHER, "caseId": case}.items()
    child = {**VOUCHER, "voucherTypeId": OTHER_TENANT, "referenceCaseVoucherId": voucher}
    assert client.post(vouchers(case.upper()), json=child).status_code == 404
    assert client.post(vouchers(case), json=child).status_code == 200
    assert client.post(vouchers("old 7"), json=VOUCHER).status_code == 200
    for path in (vouchers("old 7"), vouchers(case, OTHER_TENANT)):
        answer = client.post(path, json=child)
        assert (answer.status_code, list(answer.json()["errors"])) == (400, ["referenceCaseVoucherId"])
    assert client.post(vouchers(uuid.uuid4()), json=VOUCHER).status_code == 404
    assert client.get(vouchers(uuid.uuid4())).status_code == 404
    assert client.post(vouchers(case, "tenant"), json=VOUCHER).status_code == 400
    assert client.get(vouchers(case, "tenant")).status_code == 400
    assert client.post(vouchers(case), content=json.dumps(VOUCHER)).status_code == 415
    assert [item["caseId"] for item in sandbox.vouchers] == [case, case, "old 7"]
    assert client.get(vouchers(case, OTHER_TENANT)).json() == []


@pytest.mark.parametrize("setting", ["reference", "creditorReference"])
def test_vouchers_by_another_name_of_the_case(start, setting):
    client, _ = start(case_id_from=setting)
    case = create(client, creditorReference="Sag 12/æ?")
    name = httpx.URL("http://x/", params={"x": case[setting]}).query.decode()[2:].replace("+", "%20")
    assert client.post(vouchers(name), json=VOUCHER).status_code == 200
    assert client.post(vouchers(case["id"]), json=VOUCHER).status_code == 404


@pytest.mark.parametrize(("repeat", "status"), [("409", 409), ("422", 422), ("200", 200)])
def test_a_repeated_unique_id_never_makes_a_second_voucher(start, repeat, status):
    client, sandbox = start(repeat=repeat)
    case = create(client)["id"]
    voucher = {**VOUCHER, "uniqueId": "u1"}
    first = client.post(vouchers(case), json=voucher).json()
    again = client.post(vouchers(case), json={**voucher, "amount": -5}, headers={"Idempotency-Key": "other"})
    assert again.status_code == status
    assert again.json() == first if status == 200 else "uniqueId" in again.text
    assert len(sandbox.vouchers) == 1
    assert "uniqueId" not in client.get(vouchers(case)).json()[0]
    assert client.post(vouchers(case, OTHER_TENANT), json=voucher).status_code == 200


def test_idempotency_key_at_debbie(start):
    client, sandbox = start()
    case, other = create(client)["id"], create(client)["id"]
    key = {"Idempotency-Key": "k" * 64}
    assert client.post(vouchers(case), json={**VOUCHER, "amount": 0}, headers=key).status_code == 400
    first = client.post(vouchers(case), json=VOUCHER, headers=key)
    assert "idempotency-cached" not in first.headers
    replay = client.post(vouchers(case), json=VOUCHER, headers=key)
    assert (replay.status_code, replay.json(), replay.headers["idempotency-cached"]) == (200, first.json(), "true")
    assert client.post(vouchers(case), json={**VOUCHER, "amount": -1}, headers=key).status_code == 400
    assert client.post(vouchers(other), json=VOUCHER, headers=key).status_code == 400
    assert client.post(vouchers(case, OTHER_TENANT), json=VOUCHER, headers=key).status_code == 200
    assert client.post(vouchers(case), json=VOUCHER, headers={"Idempotency-Key": "k" * 65}).status_code == 400
    assert len(sandbox.vouchers) == 2


def test_files_and_appendices(start):
    client, sandbox = start()
    case = create(client)["id"]
    body = {"content": base64.b64encode(b"%PDF").decode(), "contentType": "application/pdf", "name": "a.pdf"}
    files, key = f"/v1/{TENANT}/files", {"Idempotency-Key": "f"}
    file_id = client.post(files, json=body, headers=key).json()["fileId"]
    assert client.post(files, json=body, headers=key).json() == {"fileId": file_id}
    assert client.post(files, json={**body, "content": "?"}).status_code == 400
    assert sandbox.files[0].items() >= {"name": "a.pdf", "size": 4, "tenantId": TENANT}.items()
    appendix = {"fileName": "a.pdf", "contentType": "application/pdf", "fileId": file_id}
    assert client.post(vouchers(case), json={**VOUCHER, "appendix": appendix}).status_code == 200
    unknown = client.post(vouchers(case), json={**VOUCHER, "appendix": {**appendix, "fileId": str(uuid.uuid4())}})
    assert (unknown.status_code, list(unknown.json()["errors"])) == (400, ["appendix.fileId"])
    foreign = client.post(vouchers(case, OTHER_TENANT), json={**VOUCHER, "appendix": appendix})
    assert foreign.status_code == 400
    assert len(sandbox.files) == len(sandbox.vouchers) == 1


@pytest.mark.parametrize("header", [True, False])
def test_rate_limits(start, header):
    client, sandbox = start(
        api_keys=("one", "two"),
        limits=((3, 1000, "sliding"), (9, 5000, "fixed")),
        debbie_limits=((1, 60, "sliding"),),
        retry_after_header=header,
    )
    one, two = {"XApiKey": "one"}, {"XApiKey": "two"}
    assert [client.get("/me", headers=one).status_code for _ in range(4)] == [200, 200, 200, 429]
    refused = client.post("/managed-cases", json=CASE, headers=one)
    content = refused.json()
    assert refused.status_code == 429
    assert (content["error"], content.keys()) == ("rate_limit_exceeded", {"error", "message", "retryAfter"})
    assert 900 < content["retryAfter"] <= 1000.001
    assert ("retry-after" in refused.headers) is header
    assert client.post("/managed-cases", json=CASE, headers=two).status_code == 200
    assert client.get("/me", headers={"XApiKey": "three"}).status_code == 401
    path = vouchers(sandbox.cases[0]["id"])
    assert [client.get(path).status_code for _ in range(2)] == [200, 429]
    assert sandbox.refused_by_limit == 3
    assert len(sandbox.cases) == 1


def test_introspection_and_control_over_http(start):
    client, sandbox = start()
    case = create(client)
    client.post(vouchers(case["id"]), json={**VOUCHER, "uniqueId": "u1"})
    anyone = httpx.Client(base_url=sandbox.url)
    with anyone:
        state = anyone.get("/_sandbox/state").json()
        assert state["counts"] == {"cases": 1, "vouchers": 1, "files": 0}
        assert state["requests"] == {"cases": 1, "vouchers": 1, "connections": 2}
        assert (state["faulted"], state["refused_by_limit"], "cases" in state) == ({}, 0, False)
        full = anyone.get("/_sandbox/state?full=1").json()
        assert full["cases"] == sandbox.cases
        assert full["vouchers"] == sandbox.vouchers
        assert full["cases"][0].items() >= {"creditorReference": "R-1", "debtorName": "Jens Ærø", "foreign": False}.items()
        assert full["vouchers"][0].items() >= {"uniqueId": "u1", "caseId": case["id"], "amount": -100000}.items()

        plan = {"plan": [{"on": "cases", "nth": 1, "kind": "500_after"}], "api_keys": ["new"]}
        assert anyone.post("/_sandbox/faults", json=plan).status_code == 200
        assert client.get("/me").status_code == 401
        assert client.post("/managed-cases", json=CASE, headers={"XApiKey": "new"}).status_code == 500
        assert client.post("/managed-cases", json=CASE, headers={"XApiKey": "new"}).status_code == 200
        assert anyone.get("/_sandbox/state").json()["faulted"] == {"500_after": 1}
        for wrong in ({"plan": {"rate": 3}}, {"keys": []}, {"tokens": "x"}, {"down_seconds": -1}, []):
            assert anyone.post("/_sandbox/faults", json=wrong).status_code == 400
        assert anyone.get("/_sandbox/nothing").status_code == 404
    sandbox.set_credentials(api_keys=("sandbox-key",), tokens=("t",))
    assert client.get("/me").status_code == 200
    assert client.get(vouchers(case["id"])).status_code == 401


def test_data_file_outlives_the_sandbox(start, tmp_path):
    path = tmp_path / "sandbox.jsonl"
    client, sandbox = start(data_file=path, case_id_from="reference")
    case = client.post("/managed-cases", json=CASE, headers={"Idempotency-Key": "c"}).json()
    key = {"Idempotency-Key": "v"}
    voucher = client.post(vouchers(case["reference"]), json={**VOUCHER, "uniqueId": "u"}, headers=key).json()
    before = sandbox.cases, sandbox.vouchers
    sandbox.stop()
    with path.open("ab") as file:
        file.write(b'{"case":{"id":"torn')

    client, sandbox = start(data_file=path, case_id_from="reference")
    assert (sandbox.cases, sandbox.vouchers) == before
    assert client.post("/managed-cases", json=CASE, headers={"Idempotency-Key": "c"}).json() == case
    again = client.post(vouchers(case["reference"]), json={**VOUCHER, "uniqueId": "u"}, headers=key)
    assert (again.json(), again.headers["idempotency-cached"]) == (voucher, "true")
    assert client.get("/managed-cases").json()["cases"] == [case]


def test_a_data_file_of_the_first_format_is_read_and_its_answers_are_replayed(start, tmp_path):
    path = tmp_path / "sandbox.jsonl"
    path.write_bytes(DATA_OF_FORMAT_1.read_bytes())
    lines = [json.loads(line) for line in path.read_bytes().splitlines()[1:]]
    client, sandbox = start(data_file=path, key_valid_seconds=1e9)
    case, file, voucher, refused = lines
    assert [item["id"] for item in sandbox.cases] == [case["case"]["id"]]
    assert [item["id"] for item in sandbox.files] == [file["file"]["id"]]
    assert [item["id"] for item in sandbox.vouchers] == [voucher["voucher"]["id"]]
    headers = {"Idempotency-Key": "c", "Content-Type": "application/json"}
    again = client.post("/managed-cases", content=case["case"]["body"], headers=headers)
    assert (again.status_code, again.text) == (201, case["remembered"]["answer"])
    body = {**json.loads(case["case"]["body"]), "creditorCompanyName": "BLOCKED"}
    again = client.post("/managed-cases", json=body, headers={"Idempotency-Key": "b"})
    assert (again.status_code, again.text) == (422, refused["remembered"]["answer"])
    create(client)
    assert list(json.loads(path.read_bytes().splitlines()[-1])["case"]) == list(case["case"])


def test_stop_and_start_again(start):
    client, sandbox = start()
    create(client)
    sandbox.stop()
    sandbox.stop()
    assert len(sandbox.cases) == 1
    sandbox.start()
    assert sandbox.start().cases == []
    assert httpx.get(f"{sandbox.url}/me", headers=AUTH).status_code == 200


def test_a_taken_port_is_said(start, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        path = tmp_path / "data.jsonl"
        with pytest.raises(SettingsError, match=f"cannot listen on 127.0.0.1 port {port}: .+ in use"):
            Sandbox(SandboxSettings(port=port, data_file=path)).start()
    client, _ = start(port=port, data_file=path)
    assert client.get("/me").status_code == 200


def test_stopping_does_not_wait_for_a_hanging_request(start):
    client, sandbox = start(faults=FaultPlan.parse({"script": [{"on": "me", "kind": "hang_before"}]}))
    with socket.create_connection((client.base_url.host, client.base_url.port)) as raw:
        raw.sendall(b"GET /me HTTP/1.1\r\nHost: x\r\nXApiKey: sandbox-key\r\n\r\n")
        while not sandbox.faulted:
            client.get("/_sandbox/state")
        sandbox.stop()
        with pytest.raises(ConnectionResetError):
            raw.recv(1)


FOREGROUND = """
import sys
from pathlib import Path
from importer.sandbox import SandboxSettings, serve_forever
serve_forever(SandboxSettings(data_file=Path(sys.argv[1])), lambda url: print(url, flush=True))
print("ended", flush=True)
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_the_foreground_sandbox_ends_with_a_signal_and_keeps_its_data(tmp_path, number):
    path = tmp_path / "data.jsonl"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-W", "error", "-c", FOREGROUND, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment) as process:
        url = process.stdout.readline().strip()
        with httpx.Client(base_url=url, headers=AUTH) as client:
            made = [create(client, creditorReference=f"R{number}")["id"] for number in range(20)]
            process.send_signal(number)
            output, errors = process.communicate()
    expected = (-signal.SIGKILL, "") if number is signal.SIGKILL else (0, "ended\n")
    assert (process.returncode, output, errors) == (*expected, "")
    with Sandbox(SandboxSettings(data_file=path)) as again:
        assert [case["id"] for case in again.cases] == made
