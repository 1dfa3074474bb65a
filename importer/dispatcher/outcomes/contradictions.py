"""Whether the case that a server reports as created is the one that was sent. Pure."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from importer.domain.reasons import Reason

CENT = Decimal("0.01")


def fold(text: str) -> str:
    """Fold a text as a server may on storing it: letter case, repeated blanks and the composition of characters."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def contradictions_of(payload: bytes, answer: Mapping[str, Any]) -> tuple[str, ...]:
    """Describe the values of a created case that differ from those that were sent; empty if there are none.

    A member that the response does not contain contradicts nothing. The fees that Debitura adds to a claim (``totalAddedFees``)
    do not either.
    """
    sent = json.loads(payload)
    debtor = answer.get("debtor")
    found = (
        _amount(sent.get("amountToRecover"), answer),
        _text("currency", sent.get("currencyCode"), answer.get("currency")),
        _text("debtor_name", (sent.get("debtor") or {}).get("name"), debtor.get("name") if isinstance(debtor, dict) else debtor),
        _test(sent.get("isTest"), answer.get("isTestCase")),
    )
    return tuple(text for text in found if text is not None)


def contradicted(remote_id: str, reference: str | None, contradictions: Sequence[str]) -> Reason:
    """Return the reason why a case that was created is held: its values are not those of the row."""
    named = f"{remote_id} ({reference})" if reference else remote_id
    message = (
        f"Debitura created case {named} with other values than were sent: {'; '.join(contradictions)}. It is never sent again. "
        "Look at the case in Debitura: if it is this claim, confirm it with --exists"
    )
    gist = "Debitura created the case with other values than were sent. Look at it there, and confirm it with --exists"
    return Reason("contradicted", message, gist=gist)


def _amount(sent: Any, answer: Mapping[str, Any]) -> str | None:
    given = answer.get("grossAmount")
    wanted, found = _decimal(sent), _decimal(given)
    if given is None or wanted is None:
        return None
    if found is not None and any(_equal(wanted, part) for part in (found, _without_fees(found, answer))):
        return None
    return f"amount_to_recover was {wanted}, the case has {_shown(given)}"


def _without_fees(gross: Decimal, answer: Mapping[str, Any]) -> Decimal:
    fees = _decimal(answer.get("totalAddedFees"))
    return gross - fees if fees is not None and fees > 0 else gross


def _equal(one: Decimal, other: Decimal) -> bool:
    """Compare amounts as the API transports them: a binary fraction may miss a decimal one by less than half a cent."""
    return abs(one - other) < CENT / 2


def _decimal(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        return None
    try:
        found = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def _text(name: str, sent: Any, found: Any) -> str | None:
    if sent is None or found is None or (isinstance(found, str) and fold(found) == fold(str(sent))):
        return None
    return f"{name} was {sent}, the case has {_shown(found)}"


def _test(sent: Any, found: Any) -> str | None:
    if found is None or (isinstance(found, bool) and found == bool(sent)):
        return None
    words = {True: "a test case", False: "no test case"}
    return (
        f"the row is {words[bool(sent)]}, the case {f'is {words[found]}' if isinstance(found, bool) else f'says {_shown(found)}'}"
    )


def _shown(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…"


LONGEST_SHOWN = 100  # characters of a value from a server in a reason
