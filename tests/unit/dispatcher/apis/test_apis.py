"""What the endpoints' answers mean beyond their status: vouchers that may be there already, files, lists."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from importer.dispatcher.apis import debitura
from importer.dispatcher.apis.debbie import Debbie, judge_upload, settle_existing
from importer.dispatcher.apis.debitura import Debitura
from importer.dispatcher.outcomes.judge import Outcome, OutcomeKind
from importer.dispatcher.outcomes.reply import Answer, NotSent, ResponseLost
from importer.domain.kinds import RecordKind
from importer.domain.reasons import Reason
from importer.domain.states import State
from importer.errors import ApiStopped, QuotaReached
from importer.ledger.outbox.sendable import ClaimedEntry, SendableEntry

SENT = {"uniqueId": "U", "voucherTypeId": "t", "amount": -100, "currency": "DKK", "text": "fee"}
OURS = {**SENT, "caseVoucherId": "v1"}
ALIKE = {k: v for k, v in OURS.items() if k != "uniqueId"}
OTHER = {**OURS, "uniqueId": "W", "caseVoucherId": "v2"}
WHEN = "2026-11-02T09:30:00Z"
DELETED = {**OURS, "caseVoucherId": "v0", "deletedAt": WHEN}
EXISTS, REFUSED = Outcome(OutcomeKind.EXISTS), Outcome(OutcomeKind.REFUSED, reasons=(Reason("x", "No"),))


@pytest.mark.parametrize(
    ("outcome", "listed", "settled", "wanted"),
    [
        # the list shows unique ids
        (EXISTS, [OTHER, OURS], False, (OutcomeKind.ACCEPTED, "v1")),
        (REFUSED, [OTHER, OURS], True, (OutcomeKind.ACCEPTED, "v1")),
        (REFUSED, [OTHER], True, (OutcomeKind.REFUSED, None)),
        (EXISTS, [OTHER], True, (OutcomeKind.REFUSED, None)),
        (REFUSED, [OTHER], False, (OutcomeKind.IN_DOUBT, None)),
        (EXISTS, [OTHER], False, (OutcomeKind.IN_DOUBT, None)),  # the list may be late
        # it does not
        (EXISTS, [ALIKE], False, (OutcomeKind.ACCEPTED, "v1")),
        (REFUSED, [ALIKE], True, (OutcomeKind.ACCEPTED, "v1")),
        (EXISTS, [ALIKE, ALIKE], False, (OutcomeKind.ACCEPTED, None)),
        (REFUSED, [ALIKE, ALIKE], True, (OutcomeKind.IN_DOUBT, None)),
        (EXISTS, [{**ALIKE, "amount": -5}], True, (OutcomeKind.REFUSED, None)),
        (REFUSED, [{**ALIKE, "amount": -5}], True, (OutcomeKind.REFUSED, None)),
        (REFUSED, [{**ALIKE, "referenceId": ""}], True, (OutcomeKind.ACCEPTED, "v1")),
        # the case has none
        (EXISTS, [], True, (OutcomeKind.REFUSED, None)),
        (EXISTS, [], False, (OutcomeKind.IN_DOUBT, None)),
        (REFUSED, [], True, (OutcomeKind.REFUSED, None)),
        # it shows deleted ones
        *[(outcome, [DELETED], False, (OutcomeKind.IN_DOUBT, None)) for outcome in (EXISTS, REFUSED)],
        *[(outcome, [DELETED], True, (OutcomeKind.REFUSED, None)) for outcome in (EXISTS, REFUSED)],
        *[(outcome, [DELETED, OURS], True, (OutcomeKind.ACCEPTED, "v1")) for outcome in (EXISTS, REFUSED)],
        *[(outcome, [{**ALIKE, "deletedAt": WHEN}, ALIKE], True, (OutcomeKind.ACCEPTED, "v1")) for outcome in (EXISTS, REFUSED)],
        (REFUSED, [{**ALIKE, "deletedAt": None}], True, (OutcomeKind.ACCEPTED, "v1")),
    ],
)
def test_what_the_cases_vouchers_say(
    outcome: Outcome, listed: list[dict[str, Any]], wanted: tuple[OutcomeKind, str | None], *, settled: bool
) -> None:
    found = settle_existing(outcome, SENT, listed, settled=settled)
    assert (found.verdict, found.remote_id) == wanted
    if found.verdict is OutcomeKind.REFUSED:
        assert found.reasons


def test_a_unique_id_of_a_deleted_voucher_is_said_to_be_that() -> None:
    (reason,) = settle_existing(EXISTS, SENT, [DELETED, OTHER], settled=True).reasons
    assert "was deleted in Debbie" in reason.text()
    (reason,) = settle_existing(EXISTS, SENT, [{**OTHER, "deletedAt": WHEN}], settled=True).reasons
    assert "does not show this voucher as it was sent" in reason.text()


@pytest.mark.parametrize(
    ("reply", "wanted"),
    [
        (Answer(200, b'{"fileId": "f"}'), (OutcomeKind.ACCEPTED, "f")),
        (Answer(201, b'{"id": "f"}'), (OutcomeKind.ACCEPTED, "f")),
        *[(Answer(200, body), (OutcomeKind.NOTHING, None)) for body in (b"", b"[]", b"{}", b'{"fileId": 5}', b"<html>")],
        *[(Answer(status), (OutcomeKind.NOTHING, None)) for status in (500, 503, 408, 409)],
        *[(lost, (OutcomeKind.NOTHING, None)) for lost in (ResponseLost("x"), NotSent("x"))],
        *[(Answer(status), (OutcomeKind.REFUSED, None)) for status in (400, 413, 415, 422)],
        (Answer(401), (OutcomeKind.STOPPED, None)),
        (Answer(429), (OutcomeKind.THROTTLED, None)),
    ],
)
def test_an_upload(reply: Answer | ResponseLost | NotSent, wanted: tuple[OutcomeKind, str | None]) -> None:
    found = judge_upload(reply, "a.pdf")
    assert (found.verdict, found.remote_id) == wanted


class FakeClient:
    """Gives one answer after the other and remembers what was asked."""

    def __init__(self, *answers: Answer | Exception) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, str, bytes | None, Mapping[str, str]]] = []

    async def send(
        self,
        method: str,
        path: str,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        **_: float | None,
    ) -> Answer:
        self.asked.append((method, path, content, headers or {}))
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def claim(*, doubted: bool = False) -> ClaimedEntry:
    entry = SendableEntry(1, RecordKind.VOUCHER, State.PENDING, b"", "key", doubted=doubted, case_id="a/b", case_reference="AB12")
    return ClaimedEntry(1, entry, json.dumps(SENT).encode())


def create(client: FakeClient, **more: Any) -> Outcome:
    return asyncio.run(Debbie(client, "tenant").create(claim(**more)))  # type: ignore[arg-type]


def test_a_repeated_unique_id_is_looked_up() -> None:
    client = FakeClient(Answer(409, b'{"message": "uniqueId already exists"}'), Answer(200, json.dumps([OURS]).encode()))
    assert create(client).remote_id == "v1"
    assert [(method, path) for method, path, _, _ in client.asked] == [
        ("POST", "/v1/tenant/case-vouchers/a%2Fb"),
        ("GET", "/v1/tenant/case-vouchers/a%2Fb"),
    ]
    assert client.asked[0][2:] == (claim().payload, {"Idempotency-Key": "key"})


def test_a_refusal_after_a_doubt_is_looked_up_and_one_without_is_not() -> None:
    client = FakeClient(Answer(400), Answer(200, b"[]"))
    assert create(client, doubted=True).verdict is OutcomeKind.IN_DOUBT  # the list may be late
    assert len(client.asked) == 2
    client = FakeClient(Answer(400))
    assert create(client).verdict is OutcomeKind.REFUSED


def test_a_quota_that_is_reached_before_an_upload_stops_nothing_else(tmp_path: Path) -> None:
    """It is raised before anything is sent: the requests that are under way must not be cut off by it."""
    (tmp_path / "a.pdf").write_bytes(b"%PDF")
    facts = {"path": str(tmp_path / "a.pdf"), "sha256": hashlib.sha256(b"%PDF").hexdigest(), "content_type": "application/pdf"}
    entry = SendableEntry(1, RecordKind.VOUCHER, State.PENDING, b"", "key", appendix=json.dumps(facts))
    client = FakeClient(QuotaReached("later"))
    assert asyncio.run(Debbie(client, "tenant").upload(entry)).verdict is OutcomeKind.THROTTLED  # type: ignore[arg-type]


def test_what_cannot_be_looked_up_stays_in_doubt() -> None:
    assert create(FakeClient(Answer(400), Answer(401)), doubted=True).verdict is OutcomeKind.IN_DOUBT


@pytest.mark.parametrize(("by", "name"), [("id", "a/b"), ("reference", "AB12"), ("creditorReference", "R1")])
def test_how_a_case_is_named(by: Any, name: str) -> None:
    entry = SendableEntry(
        1,
        RecordKind.VOUCHER,
        State.PENDING,
        b"",
        "k",
        case_id="a/b",
        case_reference="AB12",
        case_payload=b'{"creditorReference":"R1"}',
    )
    debbie = Debbie(FakeClient(), "t", by)  # type: ignore[arg-type]
    assert debbie.case_of(entry) == name
    assert debbie.case_of(SendableEntry(1, RecordKind.VOUCHER, State.PENDING, b"", "k", target="T", case_id="c")) == "T"


def uploaded(path: Path) -> tuple[Outcome, FakeClient]:
    facts = {"path": str(path), "sha256": hashlib.sha256(b"pdf").hexdigest(), "content_type": "application/pdf"}
    client = FakeClient(Answer(200, b'{"fileId": "f"}'))
    entry = SendableEntry(1, RecordKind.VOUCHER, State.PENDING, b"", "k", appendix=json.dumps(facts))
    return asyncio.run(Debbie(client, "t").upload(entry)), client  # type: ignore[arg-type]


def test_the_same_file_under_two_names_is_two_requests_with_two_keys(tmp_path: Path) -> None:
    """A key that was used for another request is refused, so the key must follow from the whole request."""
    keys = []
    for name in ("a.pdf", "b.pdf", "a.pdf"):
        (tmp_path / name).write_bytes(b"pdf")
        outcome, client = uploaded(tmp_path / name)
        assert outcome.remote_id == "f"
        keys.append(client.asked[0][3]["Idempotency-Key"])
    assert keys[0] == keys[2] != keys[1]
    assert all(len(key) <= 64 for key in keys)


def test_a_file_that_is_gone_or_was_changed_is_not_sent(tmp_path: Path) -> None:
    assert uploaded(tmp_path / "gone.pdf")[0].verdict is OutcomeKind.REFUSED
    (tmp_path / "a.pdf").write_bytes(b"other")
    outcome, client = uploaded(tmp_path / "a.pdf")
    assert outcome.verdict is OutcomeKind.REFUSED
    assert client.asked == []


@pytest.mark.parametrize(
    "body", [[], {}, {"page": {}, "cases": 5}, {"cases": []}, {"page": {}, "cases": [{}]}, {"page": {}, "cases": ["x"]}]
)
def test_a_list_that_is_none_stops_the_scan(body: Any) -> None:
    client = FakeClient(Answer(200, json.dumps(body).encode()))
    with pytest.raises(ApiStopped):
        asyncio.run(Debitura(client).page(1))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("body", "total"),
    [
        ({"page": {"totalResults": 3}, "cases": []}, 3),
        ({"pageData": {"totalResults": 4}, "cases": []}, 4),
        ({"page": {"totalResults": 3}, "pageData": {"totalResults": 4}, "cases": []}, 3),
    ],
)
def test_the_page_of_a_list_under_both_its_names(body: Any, total: int) -> None:
    client = FakeClient(Answer(200, json.dumps(body).encode()))
    assert asyncio.run(Debitura(client).page(1))["page"] == {"totalResults": total}  # type: ignore[arg-type]


def test_a_case_is_looked_up_by_its_reference() -> None:
    client = FakeClient(Answer(200, b'{"id": "7", "reference": "AB12CD34"}'))
    found = asyncio.run(Debitura(client).case_by_reference("AB12CD34"))  # type: ignore[arg-type]
    assert found["id"] == "7"
    assert client.asked[0][:2] == ("GET", "/managed-cases/case-reference/AB12CD34")


@pytest.mark.parametrize("status", [400, 404])
def test_a_look_up_that_names_no_case_finds_none(status: int) -> None:
    for look_up in (lambda d: d.case("x"), lambda d: d.case_by_reference("AB12CD34")):
        assert asyncio.run(look_up(Debitura(FakeClient(Answer(status))))) == {}  # type: ignore[arg-type]


def test_questions_are_repeated_while_an_outage_passes() -> None:
    import stamina

    with stamina.set_testing(True, attempts=4):
        client = FakeClient(Answer(503), ResponseLost("x"), NotSent("x"), Answer(200, b'{"id": "p"}'))
        assert asyncio.run(Debitura(client).me()) == "p"  # type: ignore[arg-type]
        with pytest.raises(ApiStopped):
            asyncio.run(Debitura(FakeClient(*[Answer(429)] * 4)).me())  # type: ignore[arg-type]


@pytest.mark.parametrize(("member", "company"), [(b', "companyName": " Nordlys ApS "', "Nordlys ApS"), (b"", None)])
def test_the_company_of_the_partner_is_kept_if_the_api_names_it(member: bytes, company: str | None) -> None:
    api = Debitura(FakeClient(Answer(200, b'{"id": "p"' + member + b"}")))  # type: ignore[arg-type]
    asyncio.run(api.me())
    assert api.company == company


@pytest.mark.parametrize(
    ("status", "said"), [(401, "refuses the credentials"), (403, "refuses the credentials"), (302, "base_url")]
)
def test_answers_that_no_repeating_mends(status: int, said: str) -> None:
    client = FakeClient(Answer(status))
    with pytest.raises(ApiStopped, match=said):
        asyncio.run(Debitura(client).me())  # type: ignore[arg-type]
    assert len(client.asked) == 1
    assert debitura.PAGE_SIZE <= 100
