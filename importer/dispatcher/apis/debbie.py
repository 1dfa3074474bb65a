"""The endpoints of Debbie: the requests, and the meaning of their responses. Source: its reference of case vouchers."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from http import HTTPStatus as Http
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote
from uuid import uuid4

from importer.dispatcher.apis.http import HttpClient
from importer.dispatcher.apis.requests import ask, attempt_to_create
from importer.dispatcher.outcomes.contradictions import fold
from importer.dispatcher.outcomes.json_body import read_json
from importer.dispatcher.outcomes.judge import Outcome, OutcomeKind, judge
from importer.dispatcher.outcomes.reply import Answer, NotSent, ResponseLost
from importer.dispatcher.outcomes.without_secrets import without_secrets
from importer.domain.document_files import MOST_BYTES, read_document
from importer.domain.kinds import RecordKind
from importer.domain.reasons import Reason
from importer.domain.remote_ids import can_be_id, remote_key
from importer.domain.secrets import NO_SECRETS, Secrets
from importer.domain.states import DoubtCause
from importer.errors import ApiStopped, QuotaReached
from importer.ledger.outbox.sendable import ClaimedEntry, SendableEntry

CaseIdFrom = Literal["id", "reference", "creditorReference"]


@dataclass(frozen=True)
class Debbie:
    """``/v1/{tenantId}`` of Debbie. ``case_id_from`` is the field of a Debitura case whose value is the case's id at Debbie."""

    client: HttpClient
    tenant_id: str
    case_id_from: CaseIdFrom = "id"
    secrets: Secrets = NO_SECRETS

    async def check(self) -> None:
        """Raise ApiStopped if the token is refused or Debbie does not answer. Requests a case that does not exist."""
        await ask(self.client, "Debbie", self._path("case-vouchers", str(uuid4())), accept_missing=True)

    def case_of(self, entry: SendableEntry) -> str | None:
        """Return the id of the voucher's case at Debbie; None if the case has no value in the field ``case_id_from``."""
        if entry.target:
            return entry.target
        if self.case_id_from == "id":
            return entry.case_id
        if self.case_id_from == "reference":
            return entry.case_reference
        reference: str | None = json.loads(entry.case_payload or b"{}").get("creditorReference")
        return reference

    async def create(self, claim: ClaimedEntry) -> Outcome:
        """POST the voucher. If its ``uniqueId`` is taken, the case's list is read to see whether the voucher is this one."""
        case_id = self.case_of(claim.entry) or ""
        path = self._path("case-vouchers", case_id)
        headers = {"Idempotency-Key": claim.entry.idempotency_key}
        sending = self.client.send("POST", path, claim.payload, headers, latest=claim.send_before)
        outcome = await attempt_to_create(RecordKind.VOUCHER, sending, claim.payload)
        looked_up = outcome.verdict is OutcomeKind.EXISTS or (outcome.verdict is OutcomeKind.REFUSED and claim.entry.doubted)
        found = await self._look_up(case_id, claim.payload, outcome) if looked_up else outcome
        return without_secrets(found, self.secrets)

    async def vouchers(self, case_id: str) -> list[Mapping[str, Any]]:
        """Return the vouchers of a case; empty if Debbie has no such case. Raises ApiStopped."""
        path = self._path("case-vouchers", case_id)
        listed = self.secrets.masked_data(await ask(self.client, "Debbie", path, accept_missing=True))
        if listed is None:
            return []
        if not isinstance(listed, list) or not all(isinstance(voucher, dict) for voucher in listed):
            raise ApiStopped("Debbie's list of a case's vouchers cannot be read.")
        return listed

    async def knows(self, case_id: str) -> bool:
        """Return whether Debbie has a case with this id. Raises ApiStopped."""
        return await ask(self.client, "Debbie", self._path("case-vouchers", case_id), accept_missing=True) is not None

    async def _look_up(self, case_id: str, payload: bytes, outcome: Outcome) -> Outcome:
        """Look for the voucher in its case's list, because the refusal does not prove that it does not exist."""
        try:
            vouchers = await self.vouchers(case_id)
        except ApiStopped:
            return _doubt(outcome, DoubtCause.LIST_UNREADABLE)
        return settle_existing(outcome, json.loads(payload), vouchers)

    async def upload(self, entry: SendableEntry) -> Outcome:
        """POST the entry's file. The outcome's ``remote_id`` is the file's id. A repeat can only leave an unused copy."""
        appendix = json.loads(entry.appendix or "{}")
        path = Path(appendix["path"])
        try:
            content = await asyncio.to_thread(read_document, path, MOST_BYTES)
        except OSError as error:
            return _file_refused(path.name, f"cannot be read any more ({error.strerror}). Put it back and import the row again")
        except ValueError:
            return _file_refused(path.name, "was changed after the import began. Import the row again")
        if hashlib.sha256(content).hexdigest() != appendix["sha256"]:
            return _file_refused(path.name, "was changed after the import began. Import the row again")
        body = {"content": base64.b64encode(content).decode(), "contentType": appendix["content_type"], "name": path.name}
        payload = json.dumps(body).encode()
        # The key is a digest of the whole request: Debbie refuses a used key for the same file under another name.
        headers = {"Idempotency-Key": f"file-{hashlib.sha256(payload).hexdigest()[:58]}"}
        try:
            reply: Answer | NotSent | ResponseLost = await self.client.send("POST", self._path("files"), payload, headers)
        except (NotSent, ResponseLost) as error:
            reply = error
        except QuotaReached as error:  # nothing was sent; the requests under way go on
            return Outcome(OutcomeKind.THROTTLED, detail=str(error))
        return without_secrets(judge_upload(reply, path.name), self.secrets)

    def _path(self, *parts: str) -> str:
        return "/v1/" + "/".join(quote(part, safe="") for part in (self.tenant_id, *parts))


def judge_upload(reply: Answer | NotSent | ResponseLost, name: str) -> Outcome:
    """Return the outcome of an upload. An upload in doubt counts as not done, because repeating it is harmless.

    The file's id is ``fileId`` or ``id`` in the response.
    """
    if isinstance(reply, Answer) and reply.status in {Http.OK, Http.CREATED}:
        try:
            body = read_json(reply.body)
        except ValueError:
            body = None
        found = next((body[k] for k in ("fileId", "id") if isinstance(body, dict) and isinstance(body.get(k), str)), None)
        return Outcome(OutcomeKind.ACCEPTED if found else OutcomeKind.NOTHING, remote_id=found, status=reply.status)
    outcome = judge(RecordKind.VOUCHER, reply)
    if outcome.verdict is OutcomeKind.REFUSED:
        return _file_refused(name, f"was refused by Debbie (HTTP {outcome.status}). Check the file and import the row again")
    return replace(outcome, verdict=OutcomeKind.NOTHING) if outcome.verdict is OutcomeKind.IN_DOUBT else outcome


def _file_refused(name: str, message: str) -> Outcome:
    return Outcome(OutcomeKind.REFUSED, reasons=(Reason("appendix", message, "appendix_file", None, name),))


UNLISTED = frozenset({DoubtCause.NOT_LISTED, DoubtCause.REFUSED_AFTER_DOUBT})
"""Causes of doubts that an immediate retry cannot settle, because the response would be the same."""
_DETAILS = {
    DoubtCause.NOT_LISTED: "its unique id is taken, but its case does not show it",
    DoubtCause.REFUSED_AFTER_DOUBT: "refused after a doubt, and its case does not show it",
    DoubtCause.ALIKE_LISTED: "refused, but the case has vouchers like it",
    DoubtCause.LIST_UNREADABLE: "the case's vouchers could not be listed",
}


def _doubt(outcome: Outcome, cause: DoubtCause) -> Outcome:
    return replace(outcome, verdict=OutcomeKind.IN_DOUBT, cause=cause, detail=_DETAILS[cause])


def settle_existing(
    outcome: Outcome, sent: Mapping[str, Any], listed: Sequence[Mapping[str, Any]], *, settled: bool = False
) -> Outcome:
    """Decide from the case's list whether the voucher exists. It is found by ``uniqueId``, else by its business fields.

    Debbie does not document whether the list contains ``uniqueId``, nor how soon it shows a new voucher. A voucher that is not
    listed stays in doubt until the list is ``settled``: old enough to show it. Then a refusal counts, while a taken id leaves
    it to the user: the list may show the voucher in another form.
    """
    same = [v for v in listed if is_same_voucher(sent, v) and can_be_id(str(v.get("caseVoucherId")))]
    exists = outcome.verdict is OutcomeKind.EXISTS
    if len(same) == 1:
        found = same[0].get("caseVoucherId")
        return replace(outcome, verdict=OutcomeKind.ACCEPTED, remote_id=found if isinstance(found, str) else None, reasons=())
    if same and not exists:  # similar vouchers; this one may not be among them
        return replace(_doubt(outcome, DoubtCause.ALIKE_LISTED), reasons=())
    if same:
        return replace(outcome, verdict=OutcomeKind.ACCEPTED)
    return _unlisted(outcome, sent, listed, settled=settled)


def _unlisted(outcome: Outcome, sent: Mapping[str, Any], listed: Sequence[Mapping[str, Any]], *, settled: bool) -> Outcome:
    exists = outcome.verdict is OutcomeKind.EXISTS
    if not settled:
        return _doubt(outcome, DoubtCause.NOT_LISTED if exists else DoubtCause.REFUSED_AFTER_DOUBT)
    return replace(outcome, verdict=OutcomeKind.REFUSED, reasons=(_why_taken(sent, listed),)) if exists else outcome


def _why_taken(sent: Mapping[str, Any], listed: Sequence[Mapping[str, Any]]) -> Reason:
    return _DELETED if any(_is_deleted(voucher) and _is_like(sent, voucher) for voucher in listed) else _TAKEN


_TAKEN = Reason(
    "unique_id_taken",
    "is used in Debbie, but the list of the voucher's case does not show this voucher as it was sent. Look for it there: if it "
    "is this one, give its id with --exists; if it is another, resolve this row with --absent and give it a unique_id of its own",
    "unique_id",
)
_DELETED = Reason(
    "unique_id_deleted",
    "was used by this voucher, which was deleted in Debbie. If it is to be there again, give the row a unique_id of its own",
    "unique_id",
)


def is_same_voucher(sent: Mapping[str, Any], listed: Mapping[str, Any]) -> bool:
    """Return whether a listed voucher is the one that was sent, and was not deleted since."""
    return not _is_deleted(listed) and _is_like(sent, listed)


def _is_deleted(listed: Mapping[str, Any]) -> bool:
    return bool(listed.get("deletedAt"))


def _is_like(sent: Mapping[str, Any], listed: Mapping[str, Any]) -> bool:
    """Return whether the vouchers agree: by ``uniqueId`` if it is listed, else by their business fields."""
    if listed.get("uniqueId"):
        return bool(listed["uniqueId"] == sent["uniqueId"])
    return all(folded(listed.get(name)) == folded(sent.get(name)) for name, folded in _IDENTIFYING_FIELDS.items()) and (
        listed.get("date") is None or _day(listed["date"]) == _day(sent.get("date"))
    )


def _day(value: Any) -> str:
    return str(value)[:10]


def _amount(value: Any) -> Any:
    """Return an amount in hundredths as a number, also if it is listed as a text."""
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return value


def _folded(value: Any) -> str:
    return fold(str(value)) if value else ""


_IDENTIFYING_FIELDS: dict[str, Callable[[Any], Any]] = {
    "voucherTypeId": lambda value: remote_key(str(value)),
    "amount": _amount,
    "currency": _folded,
    "referenceId": _folded,
}
