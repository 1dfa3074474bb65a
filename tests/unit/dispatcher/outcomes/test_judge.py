"""Tests of the outcome of every kind of response, for cases and for vouchers."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer.dispatcher.outcomes.judge import DEFAULT_WAIT_SECONDS, LONGEST_WAIT_SECONDS, Outcome, OutcomeKind, judge, wait_of
from importer.dispatcher.outcomes.reply import Answer, NotSent, ResponseLost
from importer.domain.kinds import RecordKind
from importer.domain.reasons import reasons_from_json, reasons_to_json
from importer.domain.remote_facts import NO_FACTS, RemoteFacts

C, V = (RecordKind.CASE,), (RecordKind.VOUCHER,)
BOTH = C + V
DOUBT, REFUSED, NOTHING, STOPPED = OutcomeKind.IN_DOUBT, OutcomeKind.REFUSED, OutcomeKind.NOTHING, OutcomeKind.STOPPED
ACCEPTED, EXISTS, THROTTLED = OutcomeKind.ACCEPTED, OutcomeKind.EXISTS, OutcomeKind.THROTTLED


VOUCHER_ID, NIL = "5b1f0a3c-aaaa-4bbb-8ccc-0123456789ab", "00000000-0000-0000-0000-000000000000"


def answer(status: int, body: Any = None, **headers: str) -> Answer:
    content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    return Answer(status, content, headers)


def business(kind: str) -> dict[str, Any]:
    return {"error": "business_error", "message": "no", "businessErrors": [{"type": kind, "message": "It is so"}]}


TABLE = [
    # 2xx with an id
    *[(C, answer(200, {"id": "1"}), ACCEPTED), (C, answer(201, {"id": "1", "reference": "AB"}), ACCEPTED)],
    *[(V, answer(200, {"caseVoucherId": spelt}), ACCEPTED) for spelt in (VOUCHER_ID, VOUCHER_ID.upper(), f" {{{VOUCHER_ID}}} ")],
    # 2xx with an id that cannot be one
    *[(V, answer(200, {"caseVoucherId": odd}), DOUBT) for odd in ("1", "null", NIL, "f" * 32, VOUCHER_ID[:-1])],
    *[(C, answer(200, {"id": odd}), DOUBT) for odd in (NIL, "null", "undefined", "0", "None", "x" * 300, "a\nb")],
    # 2xx without a readable id, truncated or non-JSON
    *[(C, answer(200, {"caseVoucherId": "1"}), DOUBT), (V, answer(200, {"id": "1"}), DOUBT)],
    *[
        (BOTH, answer(s, b), DOUBT)
        for s in (200, 201, 202, 204)
        for b in (None, {}, [], "x", {"id": 5}, {"id": " "}, b'{"id": "1')
    ],
    (BOTH, answer(200, b"<html>maintenance</html>"), DOUBT),
    # lost after the first byte, and the statuses that prove nothing
    (BOTH, ResponseLost("ServerDisconnectedError"), DOUBT),
    *[(BOTH, answer(status), DOUBT) for status in (408, 500, 501, 502, 503, 504, 599)],
    (BOTH, answer(503, b"<html>"), DOUBT),
    # never sent
    (BOTH, NotSent("ClientConnectorError"), NOTHING),
    (BOTH, answer(429), THROTTLED),
    # refused
    *[(BOTH, answer(status), REFUSED) for status in (400, 413, 415, 422)],
    *[
        (BOTH, answer(422, business(kind)), REFUSED)
        for kind in ("CreditorBlocked", "NoPartnerAvailable", "MissingPowerOfAttorney")
    ],
    # the account
    *[(BOTH, answer(status), STOPPED) for status in (401, 403, 301, 302, 303, 304, 307, 308, 405, 410)],
    *[(C, answer(404), STOPPED), (V, answer(404), REFUSED)],
    # duplicates and conflicts
    *[(V, answer(s, {"message": "uniqueId already exists"}), EXISTS) for s in (400, 409, 422)],
    *[(V, answer(s, {"errors": {"unique_id": ["must be unique"]}}), EXISTS) for s in (409, 422)],
    (C, answer(422, {"message": "uniqueId already exists"}), REFUSED),
    *[(BOTH, answer(409), DOUBT), (BOTH, answer(409, {"message": "busy"}), DOUBT)],
    *[
        (BOTH, answer(s, business(kind)), DOUBT)
        for s in (400, 409, 422)
        for kind in ("IdempotencyConflict", "DuplicateReference")
    ],
    (BOTH, answer(422, {"error": "IdempotencyConflict"}), DOUBT),
    (V, answer(400, {"message": "Idempotency-Key was used for another request"}), DOUBT),
]


@pytest.mark.parametrize(
    ("kind", "reply", "wanted"), [(kind, reply, wanted) for kinds, reply, wanted in TABLE for kind in kinds], ids=str
)
def test_the_table(kind: RecordKind, reply: Answer | ResponseLost | NotSent, wanted: OutcomeKind) -> None:
    assert judge(kind, reply).verdict is wanted


def test_an_accepted_case_brings_its_id_and_reference() -> None:
    assert judge(RecordKind.CASE, answer(201, {"id": " u ", "reference": "AB12CD34"})) == Outcome(
        ACCEPTED, remote_id="u", reference="AB12CD34", status=201
    )


def test_an_accepted_case_brings_what_the_server_reports_of_it() -> None:
    body = {
        "id": "u",
        "lifecycle": "Pending Verification Internal",
        "validation": {"needsInfo": True},
        "collectionPartner": {"name": "Nordlys Inkasso", "email": "x@nordlys.example"},
        "signingHandoff": {"combinedSigningUrl": "https://sign.example/7"},
    }
    found = judge(RecordKind.CASE, answer(200, body)).facts
    assert found == RemoteFacts("Pending Verification Internal", "Nordlys Inkasso", "yes", "https://sign.example/7")
    assert RemoteFacts.from_json(found.to_json()) == found
    assert judge(RecordKind.VOUCHER, answer(200, {"caseVoucherId": "v", "lifecycle": "x"})).facts == NO_FACTS


@pytest.mark.parametrize(
    ("needs", "wanted"),
    [(True, "yes"), (["email", "phone"], "email; phone"), ([{"field": "email"}], "email"), ("email", "email")]
    + [(nothing, None) for nothing in (False, None, [], "", {}, 7)],
)
def test_the_information_that_a_case_needs(needs: Any, wanted: str | None) -> None:
    found = judge(RecordKind.CASE, answer(200, {"id": "u", "validation": {"needsInfo": needs}})).facts
    assert found.needs_info == wanted


@pytest.mark.parametrize("odd", [5, [], "x", None, {"name": 5}, True])
def test_facts_of_another_form_are_passed_over(odd: Any) -> None:
    names = ("lifecycle", "validation", "collectionPartner", "signingHandoff")
    outcome = judge(RecordKind.CASE, answer(200, {"id": "u", **dict.fromkeys(names, odd)}))
    assert outcome.remote_id == "u"
    assert outcome.facts.sign_at is None
    outcome.facts.to_json()


SENT = json.dumps({"amountToRecover": -5, "debtor": {"email": "a@"}}).encode()
FIELDS = {"amountToRecover": ["must be greater than zero"], "debtor.email": ["is invalid", "is too short"]}


@pytest.mark.parametrize("body", [FIELDS, {"title": "One or more errors", "status": 400, "errors": FIELDS}])
def test_both_documented_shapes_of_field_errors(body: Any) -> None:
    outcome = judge(RecordKind.CASE, answer(400, body), SENT)
    told = [(reason.field, reason.value, reason.message) for reason in outcome.reasons]
    assert [(field, value) for field, value, _ in told] == [("amount_to_recover", "-5"), *[("debtor_email", "a@")] * 2]
    assert "must be greater than zero" in told[0][2]


def test_business_errors_say_what_to_do_and_where() -> None:
    error = {"type": "CreditorBlocked", "message": "Blocked.", "solutionUrl": "https://x/solve"}
    (reason,) = judge(RecordKind.CASE, answer(422, {"businessErrors": [error, 5]})).reasons
    assert reason.code == "server_CreditorBlocked"
    assert reason.message.startswith("Blocked. Ask Debitura")
    assert "https://x/solve" in reason.message


def test_every_business_error_is_told() -> None:
    errors = [{"type": "CreditorBlocked", "message": "a"}, {"type": "SomethingNew", "message": "b"}]
    assert len(judge(RecordKind.CASE, answer(422, {"businessErrors": errors})).reasons) == 2


def test_problem_details_are_told() -> None:
    (reason,) = judge(RecordKind.CASE, answer(400, {"title": "Bad", "detail": "The body is empty"})).reasons
    assert "The body is empty" in reason.message


# Waiting


@pytest.mark.parametrize(
    ("body", "header", "wanted"),
    [
        ({"retryAfter": 42.0}, "7", 42),
        ({"retryAfter": "1.5"}, None, 1.5),
        ({}, "7", 7),
        (None, "7", 7),
        ({"retryAfter": 0}, "7", 7),
        *[
            ({"retryAfter": absurd}, None, DEFAULT_WAIT_SECONDS)
            for absurd in (-1, 0, 86_401, 1e300, 10**400, "soon", [], {}, True)
        ],
        *[(b'{"retryAfter": %s}' % odd, None, DEFAULT_WAIT_SECONDS) for odd in (b"NaN", b"Infinity", b"-Infinity", b"null")],
        *[(None, absurd, DEFAULT_WAIT_SECONDS) for absurd in ("", "soon", "-3", "0", "inf", "nan", "7, 7", "Wed, 99 Foo 2026")],
        (b"<html>", None, DEFAULT_WAIT_SECONDS),
    ],
)
def test_how_long_to_wait(body: Any, header: str | None, wanted: float) -> None:
    reply = answer(429, body, **({"retry-after": header} if header is not None else {}))
    assert wait_of(reply) == wanted
    assert judge(RecordKind.CASE, reply).wait_seconds == wanted


def test_a_date_in_the_header() -> None:
    later = format_datetime(datetime.now(UTC) + timedelta(seconds=100), usegmt=True)
    assert 90 < wait_of(answer(429, **{"retry-after": later})) <= 100
    past = format_datetime(datetime.now(UTC) - timedelta(days=1), usegmt=True)
    assert wait_of(answer(429, **{"retry-after": past})) == DEFAULT_WAIT_SECONDS


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=3),
    max_leaves=8,
)
names = st.sampled_from(
    ["retryAfter", "errors", "businessErrors", "error", "message", "id", "caseVoucherId", "reference", "type"]
)
bodies = st.one_of(
    st.binary(max_size=60),
    json_values.map(lambda v: json.dumps(v).encode()),
    st.dictionaries(names, json_values | st.lists(st.dictionaries(names, json_values, max_size=3), max_size=2), max_size=5).map(
        lambda v: json.dumps(v).encode()
    ),
)


@given(given=json_values, header=st.none() | st.text(max_size=20))
def test_a_wait_is_always_sane(given: Any, header: str | None) -> None:
    reply = Answer(429, json.dumps({"retryAfter": given}).encode(), {"retry-after": header} if header is not None else {})
    seconds = wait_of(reply)
    assert math.isfinite(seconds)
    assert 0 < seconds <= LONGEST_WAIT_SECONDS


@given(kind=st.sampled_from(list(RecordKind)), status=st.integers(100, 999), body=bodies)
def test_any_answer_is_judged_and_can_be_stored(kind: RecordKind, status: int, body: bytes) -> None:
    outcome = judge(kind, Answer(status, body), SENT)
    if outcome.verdict is ACCEPTED:
        assert outcome.remote_id
    assert (outcome.verdict is REFUSED) is bool(outcome.reasons)
    assert reasons_from_json(reasons_to_json(outcome.reasons)) == outcome.reasons
    for text in (outcome.remote_id, outcome.reference, outcome.detail, *(r.text() for r in outcome.reasons)):
        assert "\0" not in (text or "").encode().decode()


def test_what_a_server_says_is_cut_and_has_no_half_characters() -> None:
    body = b'{"message": "\\ud83d broken ' + b"x" * 10_000 + b'"}'
    (reason,) = judge(RecordKind.CASE, Answer(422, body)).reasons
    assert len(reason.message.encode()) < 5_000
    assert judge(RecordKind.CASE, Answer(200, b'{"id": "\\u0000"}')).verdict is DOUBT


def test_a_body_nested_too_deeply_is_no_answer() -> None:
    assert judge(RecordKind.CASE, Answer(200, b"[" * 200_000)).verdict is DOUBT
