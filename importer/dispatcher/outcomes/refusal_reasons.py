"""The reasons of a refusal, written for the user."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from http import HTTPStatus as Http
from typing import Any

from importer.dispatcher.outcomes.json_body import LONGEST_TEXT
from importer.dispatcher.outcomes.signing import signing_link
from importer.domain.columns import name_of_path
from importer.domain.kinds import RecordKind
from importer.domain.reasons import Reason
from importer.domain.records import describe_wire

MOST_REASONS = 50
"""The reasons that are kept of one refusal; of the other ones only the number is."""

_WHAT_TO_DO = {
    "NoPartnerAvailable": "No collection partner takes this country. Choose one with collection_partner_id, or leave the row out",
    "CreditorBlocked": "Ask Debitura to unblock the creditor, then import the row again",
    "MissingDebtCollectionContract": "Sign the contract with Debitura, then import the row again",
    "MissingPowerOfAttorney": "Send the power of attorney to Debitura, then import the row again",
    "MissingKycVerification": "Complete the identity check (KYC) that Debitura requires, then import the row again",
    "UnsupportedCountry": "Debitura takes no cases in this country. Correct the country, or leave the row out",
    "UnsupportedCurrency": "Debitura takes no cases in this currency. Correct the currency, or leave the row out",
}
_SIGNED = frozenset({"MissingDebtCollectionContract", "MissingPowerOfAttorney", "MissingKycVerification"})


def _folded(name: Any) -> str:
    """Fold the name of a business error: the vendor's pages differ in its case and its separators."""
    return "".join(letter for letter in str(name).casefold() if letter.isalnum()) if isinstance(name, str) else ""


_ADVICE = {_folded(name): advice for name, advice in _WHAT_TO_DO.items()}
_SIGNED_CODES = frozenset(map(_folded, _SIGNED))


def _business_errors(body: Any) -> list[Mapping[str, Any]]:
    """Return the business errors of a response: its ``businessErrors``, and the members of a list ``errors`` that have a type."""
    if not isinstance(body, dict):
        return []
    found = body.get("businessErrors")
    listed = [found] if isinstance(found, dict) else found if isinstance(found, list) else []
    beside = body.get("errors")
    typed = filter(_is_business_error, beside) if isinstance(beside, list) else ()
    return [*(error for error in listed if isinstance(error, dict)), *typed]


def _is_business_error(error: Any) -> bool:
    """Return whether a member of a list ``errors`` is a business error: it has a type, and names no member of the request."""
    return isinstance(error, dict) and bool(_type_of(error)) and not _path_of(error)


def _type_of(error: Mapping[str, Any]) -> str:
    return next((error[name] for name in ("type", "code") if isinstance(error.get(name), str)), "")


def business_types(body: Any) -> set[str]:
    """Return the folded names of the business errors in a response, including its own ``error``, ``type`` and ``code``."""
    if not isinstance(body, dict):
        return set()
    own = body.get("error")
    named = [*_business_errors(body), body, own if isinstance(own, dict) else {"type": own}]
    return {_folded(error.get(name)) for error in named for name in ("type", "code", "error")} - {""}


def reasons_of(kind: RecordKind, status: int, body: Any, payload: bytes) -> tuple[Reason, ...]:
    """Return the reasons that a refusal contains, with column, value and what the user can do: at most ``MOST_REASONS``.

    Business errors and field errors may be in one response. A last reason counts those that are left out.
    """
    fields = list(_field_messages(kind, body))
    business = [error for error in _business_errors(body) if not _repeats_a_field(error, fields)]
    link = signing_link(body)
    kept = [_business_reason(error, link) for error in business[:MOST_REASONS]]
    kept += _field_reasons(kind, fields[: MOST_REASONS - len(kept)], payload)
    more = len(business) + len(fields) - len(kept)
    kept = _with_link(kept or [_general_reason(status, body)], link)
    if more:
        kept.append(Reason("server_more", f"The server gave {more:,} more reason{'s' if more > 1 else ''}"))
    return tuple(dict.fromkeys(kept))


def _repeats_a_field(error: Mapping[str, Any], fields: Iterable[tuple[str, Any]]) -> bool:
    """Return whether a business error only repeats the text of a field error, which names its column as well."""
    message = _text_of(error.get("message"))
    return any(path and text and message.endswith(str(text)) for path, text in fields)


def _general_reason(status: int, body: Any) -> Reason:
    found = (_text_of(body[k]) for k in ("detail", "message", "title", "error") if isinstance(body, dict) and body.get(k))
    text = next(found, "")
    if status == Http.NOT_FOUND:
        text = f"The voucher's case does not exist in Debbie. {text}".strip()
    return Reason(f"http_{status}", f"Refused by the server (HTTP {status}): {text or 'it gave no reason'}")


def _business_reason(error: Mapping[str, Any], signing: str | None) -> Reason:
    kind, text, link = _type_of(error), _text_of(error.get("message")), _text_of(error.get("solutionUrl"))
    parts = (text or kind or "Refused by the server without a reason", _ADVICE.get(_folded(kind), ""))
    gist = ". ".join(part.rstrip(".") for part in parts if part)
    if not link or link == signing:
        return Reason(f"server_{kind or 'business_error'}", gist)
    return Reason(f"server_{kind or 'business_error'}", f"{gist}. See {link}", gist=gist)


def _with_link(reasons: list[Reason], link: str | None) -> list[Reason]:
    """Add the link for all signings to the first reason that a signing removes, else to the first one."""
    if link is None:
        return reasons
    codes = [_folded(reason.code.removeprefix("server_")) for reason in reasons]
    at = next((number for number, code in enumerate(codes) if code in _SIGNED_CODES), 0)
    signed = reasons[at]
    linked = replace(signed, message=f"{signed.message.rstrip('.')}. Sign all at {link}", gist=signed.gist or signed.message)
    return [*reasons[:at], linked, *reasons[at + 1 :]]


def _field_reasons(kind: RecordKind, fields: list[tuple[str, Any]], payload: bytes) -> Iterator[Reason]:
    values = {path.casefold(): value for path, value in describe_wire(payload).items()} if fields else {}
    for path, message in fields:
        text = _text_of(message) or "it gave no reason"
        if not path:
            yield Reason("server_refusal", f"Refused by the server: {text}")
            continue
        value = values.get(path.casefold())
        shown = None if value is None or isinstance(value, list) else str(value)
        yield Reason(
            "server_field",
            f"was refused by the server: {text.rstrip('.')}. Correct the cell",
            name_of_path(kind, path) or path,
            None,
            shown,
        )


_NO_FIELDS = frozenset(
    {"businessErrors", "errors", "type", "code", "title", "status", "detail", "instance", "message", "error", "traceId"}
)


def _field_messages(kind: RecordKind, body: Any) -> Iterator[tuple[str, Any]]:
    """Yield the refused members (empty: of no member) with each message.

    They are under ``errors``, as an object or a list, or are the response itself.
    """
    if not isinstance(body, dict):
        return
    yield from _messages_below("", body.get("errors"))
    if isinstance(body.get("errors"), dict):
        return
    for path, texts in body.items():
        if path in _NO_FIELDS:
            continue
        if isinstance(texts, list):
            yield from ((_plain(path), text) for text in texts if not isinstance(text, dict | list))
        elif isinstance(texts, str) and name_of_path(kind, path):
            yield _plain(path), texts


def _messages_below(path: str, found: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(found, list):
        for inner in found:
            if path or not _is_business_error(inner):
                yield from _messages_below(path, inner)
    elif isinstance(found, dict):
        yield from _messages_in(path, found)
    elif found is not None:
        yield path, found


def _messages_in(path: str, found: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the one message that an object is, or those of its members."""
    own = _plain(_path_of(found))
    if own or _text_member(found):
        yield own or path, found
        return
    for name, inner in found.items():
        yield from _messages_below(f"{path}.{_plain(name)}".removeprefix("."), inner)


def _plain(path: str) -> str:
    """Return the path of a member without the sign for the whole body that some servers begin it with."""
    return path.removeprefix("$.").removeprefix("$").removeprefix("/").replace("/", ".")


def _path_of(error: Mapping[str, Any]) -> str:
    names = ("field", "path", "property", "propertyName", "member", "pointer")
    return next((error[name] for name in names if isinstance(error.get(name), str)), "")


def _text_member(error: Mapping[str, Any]) -> str:
    names = ("message", "errorMessage", "detail", "description", "reason")
    return next((error[name] for name in names if isinstance(error.get(name), str) and error[name]), "")


def _text_of(value: Any) -> str:
    if value is None:
        return ""
    text = value if isinstance(value, str) else (isinstance(value, dict) and _text_member(value)) or json.dumps(value)
    return text[:LONGEST_TEXT]
