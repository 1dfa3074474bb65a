"""The sandbox as the vendors document their APIs today, and every switch for what they leave open."""

from __future__ import annotations

import threading
import time
import uuid
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from importer.errors import SettingsError
from importer.sandbox import Sandbox, SandboxSettings

TENANT = "11111111-1111-4111-8111-111111111111"
AUTH = {"XApiKey": "sandbox-key", "Authorization": "Bearer sandbox-token"}
CASE = {
    "creditorCompanyName": "Nordjysk El A/S",
    "creditorCountryAlpha2": "DK",
    "currencyCode": "DKK",
    "date": "2026-01-31",
    "dueDate": "2026-02-14",
    "amountToRecover": 5000.25,
    "creditorReference": "R-1",
    "comments": "Two reminders",
    "claimDescription": "Electricity",
    "debtor": {"type": "Person", "name": "Jens Ærø", "countryAlpha2": "DK", "zipCode": "0800"},
}
VOUCHER = {
    "currency": "DKK",
    "amount": -100000,
    "date": "2024-05-28 00:00:00.000+01",
    "source": "CREDITOR",
    "voucherTypeId": "eb41e58e-fccf-419d-a771-cd5027fe6e87",
}
MEMBERS = (
    "id reference creditorReference creditorComments claimDescription grossAmount remainder interestFees reminderFees "
    "collectionFees totalAddedFees currency isTestCase lifecycle date dueDate dateCreated dateUpdated dateFinished "
    "dateCollectionStarted closeCode currentEngagementPhase claimType creditorDivisionId debtor collectionPartner creditor "
    "bankAccount blendedAgeUpliftPoints preLegalSuccessFee solutionUrl signingHandoff exclusivePeriodEndDate disputeStatus "
    "validation assignedUser allocationOutstanding"
)


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


def post(client, key=None, **changes):
    headers = {} if key is None else {"Idempotency-Key": key}
    return client.post("/managed-cases", json={**CASE, **changes}, headers=headers)


def create(client, **changes):
    answer = post(client, **changes)
    assert answer.status_code == 200, answer.text
    return answer.json()


def types(answer):
    assert answer.json().keys() >= {"error", "message", "businessErrors"}
    assert all(error.keys() == {"type", "message", "solutionUrl"} for error in answer.json()["businessErrors"])
    return [error["type"] for error in answer.json()["businessErrors"]]


def vouchers(case_id):
    return f"/v1/{TENANT}/case-vouchers/{case_id}"


def listed(client, query="pageSize=100"):
    return [case["id"] for case in client.get(f"/managed-cases?{query}").json()["cases"]]


# A case


def test_the_answer_to_a_new_case_is_the_whole_case(start):
    client, _ = start()
    made = create(client)
    assert made.keys() == set(MEMBERS.split())
    assert (
        made.items()
        >= {
            "creditorReference": "R-1",
            "creditorComments": "Two reminders",
            "claimDescription": "Electricity",
            "grossAmount": 5000.25,
            "remainder": 5000.25,
            "currency": "DKK",
            "isTestCase": False,
            "lifecycle": "Pending Verification Internal",
            "date": "2026-01-31T00:00:00",
            "dueDate": "2026-02-14T00:00:00",
            "claimType": "Unpaid Invoice",
        }.items()
    )
    assert "id" not in made["debtor"]
    assert made["debtor"].items() >= {**CASE["debtor"], "country": "Denmark", "email": None}.items()
    assert uuid.UUID(made["creditor"]["id"]) != uuid.UUID(made["id"])
    assert made["creditor"].items() >= {"companyName": "Nordjysk El A/S", "country": "Denmark"}.items()
    assert made["signingHandoff"] is None
    assert made["collectionPartner"]["name"]
    assert client.get("/managed-cases").json()["cases"] == [made]
    assert create(client)["creditor"]["id"] != made["creditor"]["id"]


def test_a_test_case_is_assigned_to_the_partner_itself(start):
    client, _ = start(company_name="Us")
    assert create(client, isTest=True)["collectionPartner"]["name"] == "Us"
    assert create(client)["collectionPartner"]["name"] != "Us"


def test_information_is_missing_until_the_debtor_can_be_reached(start):
    client, _ = start()
    reach = {"address": "Vestergade 1", "city": "Aarhus", "email": "j@example.com", "phone": "+45 10 00 00 01"}
    assert create(client)["validation"] == {"needsInfo": True}
    assert create(client, debtor=CASE["debtor"] | reach)["validation"] == {"needsInfo": False}


def test_an_unknown_member_is_refused_or_ignored(start):
    extra = {"language": "da", "debtor": {**CASE["debtor"], "postalCode": "0800"}}
    client, sandbox = start()
    assert list(post(client, **extra).json()["errors"]) == ["language", "debtor.postalCode"]
    assert sandbox.cases == []
    client, _ = start(closed_schema=False)
    assert "language" not in create(client, **extra)


def test_due_dates_by_the_clock_of_the_server(start):
    ahead = 40 * 86_400
    client, _ = start(clock_offset_seconds=ahead)
    today = (datetime.now(UTC) + timedelta(seconds=ahead)).date()
    refused = post(client, dueDate=today.isoformat())
    assert (refused.status_code, refused.json()["errors"]) == (400, {"dueDate": ["must be in the past"]})
    create(client, dueDate=(today - timedelta(days=1)).isoformat())
    early = post(client, dueDate="2026-01-30")
    assert early.json()["errors"] == {"dueDate": ["must not be earlier than the date"]}
    client, _ = start(due_dates_in_past=False)
    create(client, dueDate="2099-01-01")
    assert post(client, dueDate="2026-01-30").status_code == 400
    client, _ = start(due_dates_after_date=False)
    create(client, dueDate="2026-01-30")
    assert post(client, dueDate="2099-01-01").status_code == 400


@pytest.mark.parametrize("country", [{"countryAlpha2": "US"}, {"country": "United States"}])
def test_a_debtor_in_the_us_needs_a_state(start, country):
    client, _ = start()
    debtor = {"type": "Person", "name": "Ann Pacific", **country}
    refused = post(client, debtor={**debtor, "state": "California"})
    assert (refused.status_code, types(refused)) == (400, ["ValidationError"])
    assert refused.json()["errors"] == {"debtor.stateAlpha2": ["is required for debtors in the US"]}
    for state in ("CA", "US-CA", "California", "california"):
        assert create(client, debtor={**debtor, "stateAlpha2": state})["debtor"]["stateAlpha2"] == state
    for state in ("XX", "ca", "Calif", "US-XX"):
        assert post(client, debtor={**debtor, "stateAlpha2": state}).status_code == 400


def test_every_refusal_has_business_errors(start):
    client, _ = start()
    for answer, status, kind in [
        (client.get("/me", headers={"XApiKey": "wrong"}), 401, "Unauthorized"),
        (client.get(f"/managed-cases/{uuid.uuid4()}"), 404, "NotFound"),
        (client.get("/managed-cases/7"), 400, "BadRequest"),
        (client.post("/managed-cases", content="{", headers={"Content-Type": "application/json"}), 400, "BadRequest"),
        (client.post("/managed-cases", content="{}"), 415, "UnsupportedMediaType"),
        (post(client, amountToRecover=0), 400, "ValidationError"),
        (client.get("/managed-cases?page=0"), 400, "ValidationError"),
        (post(client, creditorCompanyName="BLOCKED"), 422, "CreditorBlocked"),
    ]:
        assert (answer.status_code, types(answer)) == (status, [kind])


# Creditors that have to sign


def test_a_case_is_accepted_once_its_creditor_has_signed(start):
    pending = (
        ("Nordjysk El A/S", "MissingDebtCollectionContract"),
        ("Nordjysk El A/S", "MissingKycVerification"),
        ("Other ApS", "UnsupportedCountry"),
    )
    client, sandbox = start(refusals=pending)
    refused = post(client, creditorCompanyName="nordjysk  el a/s")
    assert (refused.status_code, types(refused)) == (422, ["MissingDebtCollectionContract", "MissingKycVerification"])
    assert refused.json()["signingHandoff"]["combinedSigningUrl"].startswith("https://")
    assert all(error["solutionUrl"] for error in refused.json()["businessErrors"])
    other = post(client, creditorCompanyName="Other ApS")
    assert (types(other), other.json()["signingHandoff"]) == (["UnsupportedCountry"], None)
    assert sandbox.cases == []
    sandbox.sign("Nordjysk El A/S")
    create(client)
    assert post(client, creditorCompanyName="Other ApS").status_code == 422


def test_creditors_are_changed_over_http(start):
    client, _ = start()
    change = {"refusals": [["Nordjysk El A/S", "MissingPowerOfAttorney"]]}
    assert client.post("/_sandbox/faults", json=change).status_code == 200
    assert types(post(client)) == ["MissingPowerOfAttorney"]
    assert client.post("/_sandbox/faults", json={"signed": ["Nordjysk El A/S"]}).status_code == 200
    create(client)
    for wrong in ({"refusals": [["X", "Whatever"]]}, {"refusals": "X"}, {"refusals": ["X"]}, {"signed": [7]}):
        assert client.post("/_sandbox/faults", json=wrong).status_code == 400


@pytest.mark.parametrize("name", ["DuplicateReference", "DuplicateCreditorReference"])
def test_a_reference_is_unique_for_each_creditor(start, name):
    client, _ = start(unique_references=True, duplicate_type=name)
    test = create(client, isTest=True)
    assert types(post(client)) == [name]
    create(client, creditorCompanyName="Other ApS")
    assert client.delete(f"/test/cases/{test['id']}").status_code == 204
    create(client)


# Keys


def test_a_key_replays_the_terminal_answer_a_refusal_included(start):
    client, sandbox = start(refusals=(("Nordjysk El A/S", "MissingDebtCollectionContract"),))
    refused = post(client, "a")
    sandbox.sign("Nordjysk El A/S")
    again = post(client, "a")
    assert (again.status_code, again.content) == (422, refused.content)
    first = post(client, "b")
    again = post(client, "b")
    assert (again.status_code, again.content) == (200, first.content)
    conflict = post(client, "b", tag="x")
    assert (conflict.status_code, types(conflict)) == (422, ["IdempotencyConflict"])
    assert len(sandbox.cases) == 1


def test_field_errors_are_not_stored_under_a_key(start):
    client, _ = start()
    assert post(client, "k", amountToRecover=0).status_code == 400
    assert post(client, "k").status_code == 200


def test_the_length_of_a_key(start):
    client, sandbox = start()
    assert post(client, "x" * 256).status_code == post(client, "").status_code == 400
    assert sandbox.cases == []
    assert post(client, "x" * 255).status_code == 200


def test_ignored_keys_make_two_cases(start):
    client, sandbox = start(idempotency="ignored")
    assert post(client, "k").json()["id"] != post(client, "k").json()["id"]
    assert post(client, "x" * 256).status_code == 200
    assert len(sandbox.cases) == 3


def test_a_key_is_forgotten_after_its_time(start):
    client, sandbox = start(key_valid_seconds=0.2)
    first = post(client, "k").json()["id"]
    while post(client, "k").json()["id"] == first:
        time.sleep(0.02)
    assert len(sandbox.cases) == 2


@pytest.mark.parametrize(
    ("how", "statuses", "cases"), [("409", [200, 409], 1), ("wait", [200, 200], 1), ("ignored", [200, 200], 2)]
)
def test_a_second_request_while_the_first_is_under_way(start, how, statuses, cases):
    client, sandbox = start(key_under_way=how, create_seconds=0.5)
    answers = []

    def send():
        answers.append(httpx.post(f"{sandbox.url}/managed-cases", json=CASE, headers={**AUTH, "Idempotency-Key": "k"}))

    first = threading.Thread(target=send)
    first.start()
    while sandbox.requests.get("cases") != 1:
        time.sleep(0.01)
    conflict = post(client, "k", tag="another") if how != "ignored" else None
    send()
    first.join()
    assert sorted(answer.status_code for answer in answers) == statuses
    assert len(sandbox.cases) == cases
    assert len({answer.json()["id"] for answer in answers if answer.status_code == 200}) == cases
    assert conflict is None or types(conflict) == ["IdempotencyConflict"]
    assert post(client, "k").json()["id"] in {case["id"] for case in sandbox.cases}


def test_stopping_does_not_wait_for_a_slow_creation(start):
    _, sandbox = start(create_seconds=3600)
    thread = threading.Thread(target=lambda: httpx.post(f"{sandbox.url}/managed-cases", json=CASE, headers=AUTH))
    thread.start()
    while not sandbox.requests.get("cases"):
        time.sleep(0.01)
    sandbox.stop()
    thread.join()


def test_keys_and_deletions_outlive_the_sandbox(start, tmp_path):
    client, sandbox = start(data_file=tmp_path / "data.jsonl")
    answers = [post(client, "k", isTest=True).content, post(client, "m", creditorCompanyName="BLOCKED").content]
    case = create(client)["id"]
    voucher = client.post(vouchers(case), json=VOUCHER).json()["caseVoucherId"]
    sandbox.delete_voucher(voucher)
    assert client.delete(f"/test/cases/{sandbox.cases[0]['id']}").status_code == 204
    sandbox.stop()

    client, sandbox = start(data_file=tmp_path / "data.jsonl")
    assert [post(client, "k", isTest=True).content, post(client, "m", creditorCompanyName="BLOCKED").content] == answers
    assert listed(client) == [case]
    assert [item["deleted"] for item in sandbox.vouchers] == [True]


# The list and look-ups


def test_a_page_has_ten_cases_and_at_most_a_hundred(start):
    client, _ = start()
    for _ in range(12):
        create(client)
    content = client.get("/managed-cases").json()
    assert content["page"] == {"currentPage": 1, "pageSize": 10, "totalResults": 12, "responseCount": 10, "totalPages": 2}
    assert len(content["cases"]) == 10
    assert client.get("/managed-cases?PageSize=100").json()["page"]["responseCount"] == 12
    assert client.get("/managed-cases?PageSize=101").status_code == 400


def test_the_other_name_of_the_page(start):
    client, _ = start(page_member="pageData")
    create(client)
    content = client.get("/managed-cases").json()
    assert (content.keys(), content["pageData"]["totalResults"]) == ({"pageData", "cases"}, 1)


def test_sorts_by_every_field_and_ignores_unknown_ones(start):
    client, _ = start()
    values = [(30, "2026-01-03", "2026-03-01"), (10, "2026-01-01", "2026-03-03"), (20, "2026-01-01", "2026-03-02")]
    a, b, c = (create(client, amountToRecover=x, date=y, dueDate=z)["id"] for x, y, z in values)
    orders = {
        "DateCreated:desc": [c, b, a],
        "DateCreated:asc": [a, b, c],
        "DateCreated": [a, b, c],
        "GrossAmount:asc": [b, c, a],
        "Remainder:desc": [a, c, b],
        "DueDate:asc": [a, c, b],
        "Date:asc,GrossAmount:desc": [c, b, a],
        "Date:asc,DateCreated:asc": [b, c, a],
        "amount:asc": [c, b, a],
        "debtorName,GrossAmount:asc": [b, c, a],
        "": [c, b, a],
    }
    assert {order: listed(client, f"Sort={order}") for order in orders} == orders
    assert listed(client, "sort=GrossAmount:asc&pageSize=1&page=2") == [c]


def test_a_new_case_may_be_listed_late_but_is_found_at_once(start):
    client, _ = start(list_late_seconds=0.3)
    made = create(client)
    assert listed(client) == []
    assert client.get("/managed-cases").json()["page"]["totalResults"] == 0
    assert client.get(f"/managed-cases/{made['id']}").json() == made
    while not listed(client):
        time.sleep(0.02)
    assert listed(client) == [made["id"]]


def test_test_cases_may_be_missing_from_the_list(start):
    client, _ = start(list_test_cases=False)
    real, test = create(client), create(client, isTest=True)
    for query in ("", "sort=GrossAmount:asc", f"ids={real['id']},{test['id']}"):
        content = client.get(f"/managed-cases?{query}").json()
        assert ([case["id"] for case in content["cases"]], content["page"]["totalResults"]) == ([real["id"]], 1)
    assert client.get(f"/managed-cases/{test['id']}").json() == test


def test_look_ups(start):
    client, _ = start()
    made = create(client)
    reference = made["reference"]
    for path, status in [
        (made["id"], 200),
        (made["id"].upper(), 200),
        (str(uuid.uuid4()), 404),
        ("7", 400),
        (f"case-reference/{reference}", 200),
        (f"case-reference/{reference.lower()}", 200),
        (f"case-reference/{'A' * 8}", 404),
        ("case-reference/R-1", 400),
        (f"case-reference/{made['id']}", 400),
    ]:
        answer = client.get(f"/managed-cases/{path}")
        assert answer.status_code == status, path
        assert status != 200 or answer.json() == made


# Test cases


def test_a_test_case_is_deleted_by_id_and_a_real_one_is_not(start):
    client, sandbox = start()
    real, test = create(client)["id"], create(client, isTest=True)
    for path, status in [(real, 400), (test["id"], 204), (test["id"].upper(), 204), (uuid.uuid4(), 404), ("7", 400)]:
        answer = client.delete(f"/test/cases/{path}")
        assert (answer.status_code, answer.content == b"") == (status, status == 204)
    assert listed(client) == [case["id"] for case in sandbox.cases] == [real]
    assert client.get(f"/managed-cases/{test['id']}").status_code == 404
    assert client.get(f"/managed-cases/case-reference/{test['reference']}").status_code == 404
    assert client.get(vouchers(test["id"])).status_code == 404
    assert httpx.delete(f"{sandbox.url}/test/cases/{real}").status_code == 401
    assert client.get("/_sandbox/state").json()["deleted"] == {"cases": 1, "vouchers": 0}


def test_test_cases_are_deleted_by_tag(start):
    client, _ = start()
    kept = create(client, isTest=True, tag="run-2")["id"]
    for tag in ("run-1", "run-1", "mixed"):
        create(client, isTest=True, tag=tag)
    create(client, tag="mixed")
    for query, status in [("tag=run-1", 204), ("tag=run-1", 204), ("tag=mixed", 400), ("tag=%20", 400), ("", 400)]:
        assert client.delete(f"/test/cases?{query}").status_code == status
    remaining = client.get("/managed-cases").json()["cases"]
    assert len(remaining) == 3
    assert remaining[-1]["id"] == kept


def test_test_cases_may_be_impossible_to_delete(start):
    client, sandbox = start(delete_test_cases=False)
    test = create(client, isTest=True, tag="t")["id"]
    assert client.delete(f"/test/cases/{test}").status_code == 403
    assert client.delete("/test/cases?tag=t").status_code == 403
    assert len(sandbox.cases) == 1


# Debbie


def test_a_deleted_voucher_is_listed_with_its_mark(start):
    client, sandbox = start()
    case = create(client)["id"]
    kept, deleted = (client.post(vouchers(case), json=VOUCHER).json()["caseVoucherId"] for _ in range(2))
    answer = client.post("/_sandbox/faults", json={"deleted_vouchers": [deleted]})
    assert answer.json()["deleted"] == {"cases": 0, "vouchers": 1}
    found = {item["caseVoucherId"]: item for item in client.get(vouchers(case)).json()}
    assert (found[kept]["deletedAt"], found[kept]["deletedBy"]) == (None, None)
    assert found[deleted]["deletedAt"].startswith("20")
    assert found[deleted]["deletedBy"]["id"]
    assert [item["deleted"] for item in sandbox.vouchers] == [False, True]
    assert client.post("/_sandbox/faults", json={"deleted_vouchers": ["x"]}).status_code == 400
    with pytest.raises(SettingsError, match="no voucher x"):
        sandbox.delete_voucher("x")


def test_deleted_vouchers_may_be_missing_from_the_list(start):
    client, sandbox = start(list_deleted_vouchers=False)
    case = create(client)["id"]
    sandbox.delete_voucher(client.post(vouchers(case), json=VOUCHER).json()["caseVoucherId"])
    assert client.get(vouchers(case)).json() == []


def test_the_list_of_vouchers_before_a_day(start):
    client, _ = start()
    case = create(client)["id"]
    client.post(vouchers(case), json=VOUCHER)
    for day, count in [("2024-05-28", 0), ("2024-05-29", 1)]:
        assert len(client.get(f"{vouchers(case)}?pointInTime={day}").json()) == count
    assert client.get(f"{vouchers(case)}?pointInTime=soon").status_code == 400


@pytest.mark.parametrize("shown", [True, False])
def test_unique_ids_are_listed_if_the_setting_says_so(start, shown):
    client, _ = start(**({"list_unique_id": True} if shown else {}))
    case = create(client)["id"]
    client.post(vouchers(case), json={**VOUCHER, "uniqueId": "u1"})
    assert client.get(vouchers(case)).json()[0].get("uniqueId") == ("u1" if shown else None)


def test_debbie_may_know_a_case_late_or_by_no_name(start):
    client, _ = start(case_known_seconds=0.3)
    case = create(client)["id"]
    assert client.post(vouchers(case), json=VOUCHER).status_code == client.get(vouchers(case)).status_code == 404
    while client.post(vouchers(case), json=VOUCHER).status_code == 404:
        time.sleep(0.02)
    client, _ = start(case_id_from="none", known_cases=("old",))
    made = create(client)
    for name in (made["id"], made["reference"], "R-1"):
        assert client.get(vouchers(name)).status_code == 404
    assert client.get(vouchers("old")).status_code == 200


@pytest.mark.parametrize("keep", [True, False])
def test_debbie_may_replay_refusals(start, keep):
    client, _ = start(keep_refusals=keep, case_known_seconds=0.3)
    case = create(client)["id"]
    key = {"Idempotency-Key": "k"}
    assert client.post(vouchers(case), json=VOUCHER, headers=key).status_code == 404
    while client.get(vouchers(case)).status_code == 404:
        time.sleep(0.02)
    again = client.post(vouchers(case), json=VOUCHER, headers=key)
    assert (again.status_code, again.headers.get("idempotency-cached")) == ((404, "true") if keep else (200, None))
