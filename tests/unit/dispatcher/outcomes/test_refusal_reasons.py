"""The reasons of a refusal: every shape in which servers report them, the links for signing, and how many are kept."""

from __future__ import annotations

import json
from typing import Any

import pytest

from importer.dispatcher.outcomes.judge import OutcomeKind, judge
from importer.dispatcher.outcomes.refusal_reasons import MOST_REASONS, reasons_of
from importer.dispatcher.outcomes.reply import Answer
from importer.domain.kinds import RecordKind
from importer.domain.reasons import Reason
from importer.domain.states import DoubtCause

SENT = json.dumps({"amountToRecover": -5, "debtor": {"email": "a@", "name": "Nordlys"}}).encode()
SIGN_AT = "https://sign.example/all?of=7"


def refusal(body: Any, status: int = 422, kind: RecordKind = RecordKind.CASE) -> tuple[Reason, ...]:
    outcome = judge(kind, Answer(status, json.dumps(body).encode()), SENT)
    assert outcome.verdict is OutcomeKind.REFUSED
    return outcome.reasons


def error(kind: str, message: str = "So it is", **more: Any) -> dict[str, Any]:
    return {"type": kind, "message": message, **more}


# The names of business errors


@pytest.mark.parametrize("name", ["DuplicateReference", "DuplicateCreditorReference", "duplicate_creditor_reference"])
@pytest.mark.parametrize("status", [400, 409, 422])
@pytest.mark.parametrize(
    "shape",
    [
        lambda name: {"businessErrors": [error(name)]},
        lambda name: {"businessErrors": [error("Other"), error(name)]},
        lambda name: {"error": name, "message": "no"},
        lambda name: {"error": {"code": name}},
        lambda name: {"type": name, "title": "no"},
        lambda name: {"errors": [{"code": name, "message": "no"}]},
    ],
)
def test_a_reference_in_use_is_a_doubt_under_each_of_its_names(name: str, status: int, shape: Any) -> None:
    outcome = judge(RecordKind.CASE, Answer(status, json.dumps(shape(name)).encode()), SENT)
    assert (outcome.verdict, outcome.cause) == (OutcomeKind.IN_DOUBT, DoubtCause.REFERENCE_IN_USE)


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("MissingKycVerification", "identity check"),
        ("UnsupportedCountry", "Correct the country"),
        ("UnsupportedCurrency", "Correct the currency"),
        ("missing_power_of_attorney", "Send the power of attorney"),
    ],
)
def test_what_to_do_about_a_business_error(name: str, advice: str) -> None:
    (reason,) = refusal({"businessErrors": [error(name)]})
    assert reason.message.startswith("So it is. ")
    assert advice in reason.message


# The shapes of field errors


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        # the documented ones: under errors, or as the response itself
        (
            {"errors": {"debtor.email": ["is invalid", "is short"]}},
            [("debtor_email", "is invalid"), ("debtor_email", "is short")],
        ),
        ({"debtor.email": ["is invalid"]}, [("debtor_email", "is invalid")]),
        ({"debtor.email": "is invalid", "message": "no"}, [("debtor_email", "is invalid")]),
        # and what other servers make of them
        ({"errors": {"debtor.email": "is invalid"}}, [("debtor_email", "is invalid")]),
        ({"errors": {"$.debtor.email": ["is invalid"]}}, [("debtor_email", "is invalid")]),
        ({"errors": {"debtor": {"email": ["is invalid"]}}}, [("debtor_email", "is invalid")]),
        ({"errors": [{"field": "debtor.email", "message": "is invalid"}]}, [("debtor_email", "is invalid")]),
        ({"errors": [{"pointer": "/debtor/email", "detail": "is invalid"}]}, [("debtor_email", "is invalid")]),
        ({"errors": ["is invalid"]}, [(None, "is invalid")]),
        ({"errors": {"": ["is invalid"]}}, [(None, "is invalid")]),
    ],
)
def test_the_shapes_of_field_errors(body: Any, wanted: list[tuple[str | None, str]]) -> None:
    found = refusal(body, 400)
    assert [reason.field for reason in found] == [field for field, _ in wanted]
    assert all(text in reason.message for reason, (_, text) in zip(found, wanted, strict=True))
    assert all(reason.value == "a@" for reason in found if reason.field)


@pytest.mark.parametrize("beside", [{"errors": {"debtor.email": ["is invalid"]}}, {"debtor.email": ["is invalid"]}])
def test_business_errors_and_field_errors_in_one_response_are_all_kept(beside: Any) -> None:
    body = {"error": "x", "message": "y", "businessErrors": [error("CreditorBlocked"), error("New", "Another")], **beside}
    found = refusal(body)
    assert [reason.code for reason in found] == ["server_CreditorBlocked", "server_New", "server_field"]
    assert "is invalid" in found[2].message


@pytest.mark.parametrize("body", [{"errors": {}}, {"errors": []}, {"businessErrors": []}, {"businessErrors": [5, None]}, [], 7])
def test_a_refusal_without_a_reason_says_so(body: Any) -> None:
    (reason,) = refusal(body)
    assert "HTTP 422" in reason.message


# The link for all signings


def test_the_link_for_all_signings_is_shown_once() -> None:
    missing = [error("NoPartnerAvailable"), error("MissingDebtCollectionContract"), error("MissingPowerOfAttorney")]
    body = {"businessErrors": [{**one, "solutionUrl": SIGN_AT} for one in missing]}
    body["signingHandoff"] = {"combinedSigningUrl": SIGN_AT}
    found = refusal(body)
    assert [f"Sign all at {SIGN_AT}" in reason.message for reason in found] == [False, True, False]
    assert sum(reason.message.count(SIGN_AT) for reason in found) == 1


def test_refusals_that_differ_only_in_their_links_are_one_group() -> None:
    gists = set()
    for number in (1, 2):
        handoff = {"combinedSigningUrl": f"{SIGN_AT}{number}"}
        (reason,) = refusal({"businessErrors": [error("MissingPowerOfAttorney")], "signingHandoff": handoff})
        assert handoff["combinedSigningUrl"] in reason.message
        gists.add(reason.gist)
    assert len(gists) == 1
    assert None not in gists


@pytest.mark.parametrize("link", ["javascript:alert(1)", "", 5, None, ["x"], "https://a b", "file:///etc/passwd"])
def test_what_is_no_address_of_the_web_is_no_link(link: Any) -> None:
    (reason,) = refusal({"businessErrors": [error("MissingPowerOfAttorney")], "signingHandoff": {"combinedSigningUrl": link}})
    assert "Sign all" not in reason.message


# How many are kept


@pytest.mark.parametrize(
    "body",
    [
        {"businessErrors": [error("New", f"Reason {n}") for n in range(100_000)]},
        {"errors": {f"field{n}": ["no"] for n in range(100_000)}},
        {"errors": {"debtor.email": [f"no {n}" for n in range(100_000)]}},
        {"errors": [f"no {n}" for n in range(100_000)]},
        {"businessErrors": [error("New", f"{n}") for n in range(40)], "errors": {f"f{n}": ["no"] for n in range(99_960)}},
    ],
)
def test_the_number_of_reasons_is_limited_and_the_rest_is_counted(body: Any) -> None:
    found = refusal(body)
    assert len(found) == MOST_REASONS + 1
    assert found[-1].message == f"The server gave {100_000 - MOST_REASONS:,} more reasons"


def test_as_many_reasons_as_are_kept_have_no_rest() -> None:
    assert len(refusal({"errors": {f"field{n}": ["no"] for n in range(MOST_REASONS)}})) == MOST_REASONS


def test_equal_reasons_are_one() -> None:
    assert len(refusal({"businessErrors": [error("CreditorBlocked")] * 3})) == 1


def test_a_business_error_that_repeats_a_field_error_is_reported_once():
    body = {
        "businessErrors": [{"type": "ValidationError", "message": "debtor.name is required"}, {"type": "Other", "message": "No"}],
        "errors": {"debtor.name": ["is required"]},
    }
    codes = [reason.code for reason in reasons_of(RecordKind.CASE, 400, body, b"{}")]
    assert codes == ["server_Other", "server_field"]
