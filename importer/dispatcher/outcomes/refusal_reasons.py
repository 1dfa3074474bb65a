"""The reasons of a refusal, written for the user."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from http import HTTPStatus as Http
from typing import Any

from importer.domain.columns import name_of_path
from importer.domain.kinds import RecordKind
from importer.domain.reasons import Reason
from importer.domain.records import describe_wire

LONGEST_TEXT = 4_000  # characters kept of a text from a server


def _business_errors(body: Any) -> list[Mapping[str, Any]]:
    found = body.get("businessErrors") if isinstance(body, dict) else None
    return [e for e in found if isinstance(e, dict)] if isinstance(found, list) else []


def business_types(body: Any) -> set[str]:
    """Return the names of the business errors in a response, including its own ``error``."""
    named = {str(error.get("type")) for error in _business_errors(body)}
    return named | {str(body.get("error"))} if isinstance(body, dict) else named


_WHAT_TO_DO = {
    "NoPartnerAvailable": "No collection partner takes this country. Choose one with collection_partner_id, or leave the row out",
    "CreditorBlocked": "Ask Debitura to unblock the creditor, then import the row again",
    "MissingDebtCollectionContract": "Sign the contract with Debitura, then import the row again",
    "MissingPowerOfAttorney": "Send the power of attorney to Debitura, then import the row again",
}


def reasons_of(kind: RecordKind, status: int, body: Any, payload: bytes) -> tuple[Reason, ...]:
    """Return every reason that a refusal contains, with column, value and what the user can do."""
    reasons = [_business_reason(error) for error in _business_errors(body)]
    if not reasons:
        reasons = list(_field_reasons(kind, body, payload))
    if not reasons:
        text = next((str(body[k]) for k in ("detail", "message", "title", "error") if isinstance(body, dict) and body.get(k)), "")
        if status == Http.NOT_FOUND:
            text = f"The voucher's case does not exist in Debbie. {text}".strip()
        reasons = [Reason(f"http_{status}", f"Refused by the server (HTTP {status}): {text or 'it gave no reason'}")]
    return tuple(reasons)


def _business_reason(error: Mapping[str, Any]) -> Reason:
    kind, text, link = (str(error.get(key) or "") for key in ("type", "message", "solutionUrl"))
    advice = _WHAT_TO_DO.get(kind, "")
    message = ". ".join(part.rstrip(".") for part in (text or kind, advice, f"See {link}" if link else "") if part)
    return Reason(f"server_{kind or 'business_error'}", message)


def _field_reasons(kind: RecordKind, body: Any, payload: bytes) -> Iterable[Reason]:
    if not isinstance(body, dict):
        return
    values = {path.casefold(): value for path, value in describe_wire(payload).items()}
    for path, text in _field_messages(body):
        value = values.get(path.casefold())
        shown = None if value is None or isinstance(value, list) else str(value)
        message = f"was refused by the server: {text}. Correct the cell"
        yield Reason("server_field", message, name_of_path(kind, path) or path, None, shown)


def _field_messages(body: Mapping[str, Any]) -> Iterable[tuple[str, Any]]:
    """Return the refused members with each message; they are under ``errors`` or are the response itself."""
    errors = body.get("errors")
    if isinstance(errors, dict):
        return [(path, text) for path, texts in errors.items() for text in (texts if isinstance(texts, list) else [texts])]
    return [(path, text) for path, texts in body.items() if isinstance(texts, list) for text in texts]
