"""The link under which all missing contracts are signed, wherever a response contains it."""

from __future__ import annotations

from typing import Any

from importer.dispatcher.outcomes.json_body import LONGEST_TEXT


def signing_link(body: Any) -> str | None:
    """Return ``signingHandoff.combinedSigningUrl`` of a response or of one of its business errors; None if there is none.

    Only an address of the web is returned: it is shown as one to open.
    """
    if not isinstance(body, dict):
        return None
    errors = body.get("businessErrors")
    places = [body, *(errors if isinstance(errors, list) else ())]
    return next((link for place in places if (link := _link_in(place))), None)


def _link_in(place: Any) -> str | None:
    handoff = place.get("signingHandoff") if isinstance(place, dict) else None
    link = handoff.get("combinedSigningUrl") if isinstance(handoff, dict) else None
    if not isinstance(link, str) or not link.startswith(("https://", "http://")) or any(c.isspace() for c in link):
        return None
    return link[:LONGEST_TEXT]
