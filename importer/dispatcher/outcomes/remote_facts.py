"""Reading what a server reports of a case that it has accepted. Source: the response of ``POST /managed-cases``."""

from __future__ import annotations

from typing import Any

from importer.dispatcher.outcomes.json_body import LONGEST_TEXT
from importer.dispatcher.outcomes.signing import signing_link
from importer.domain.remote_facts import NO_FACTS, RemoteFacts

MOST_LISTED = 20


def facts_of(body: Any) -> RemoteFacts:
    """Return what a case's response reports; a fact that it does not contain is None."""
    if not isinstance(body, dict):
        return NO_FACTS
    validation, partner = body.get("validation"), body.get("collectionPartner")
    return RemoteFacts(
        lifecycle=_text(body.get("lifecycle")),
        partner=_text(partner.get("name") if isinstance(partner, dict) else partner),
        needs_info=_text(validation.get("needsInfo")) if isinstance(validation, dict) else None,
        sign_at=signing_link(body),
        finished=_text(body.get("dateFinished")) or _text(body.get("closeCode")),
    )


def _text(value: Any) -> str | None:
    """Return a value as a text to show; None if it is false, empty or has no text."""
    if value is True:
        return "yes"
    if isinstance(value, list):
        value = "; ".join(text for inner in value[:MOST_LISTED] if (text := _text(inner)))
    if isinstance(value, dict):
        return next((text for name in ("message", "name", "field", "type") if (text := _text(value.get(name)))), None)
    return value.strip()[:LONGEST_TEXT] or None if isinstance(value, str) else None
