"""The reasons why a row was not accepted, as data."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

from pydantic import ValidationError


@dataclass(frozen=True, slots=True)
class Reason:
    """One problem of a row: ``field`` is the canonical column, ``column`` the sheet's own heading.

    ``offers`` are suggested values. ``gist`` is the message without the values of this row, if it has any: rows are
    grouped by it. ``entries`` are the labels of the entries that a question is about. The names are keys of the JSON in ledgers.
    """

    code: str
    message: str
    field: str | None = None
    column: str | None = None
    value: str | None = None
    offers: tuple[str, ...] = ()
    gist: str | None = None
    entries: tuple[str, ...] = ()

    def text(self) -> str:
        """Format the reason as one line: column, value, what is wrong and what to do."""
        wrong, _, fix = self.message.partition(". ")
        message = f"{wrong}. {self.question()} {fix}".rstrip() if self.offers else self.message
        where = self.column or self.field
        if where is None:
            return message
        shown = f' "{self.value}"' if self.value else ""
        joint = " " if message[:1].islower() else ": "  # "… is not a date" continues the sentence
        return f"{where}{shown}{joint}{message}"

    def question(self) -> str:
        """Format the suggested values as a question; empty without any."""
        *others, last = self.offers or ("",)
        return f"Did you mean {', '.join(others)}{' or ' if others else ''}{last}?" if last else ""


def reasons_to_json(reasons: tuple[Reason, ...]) -> str:
    """Encode reasons as JSON for the ledger, without empty members."""
    slim = [{k: v for k, v in asdict(r).items() if v is not None and v != ()} for r in reasons]
    return json.dumps(slim, ensure_ascii=False, separators=(",", ":"))


def reasons_from_json(text: str | None) -> tuple[Reason, ...]:
    """Decode the JSON of :func:`reasons_to_json`; None means no reasons."""
    return tuple(map(_reason, json.loads(text))) if text else ()


def _reason(found: dict[str, Any]) -> Reason:
    return Reason(**{**found, **{name: tuple(found.get(name, ())) for name in ("offers", "entries")}})


def explain(error: ValidationError) -> str:
    """Describe the first five mistakes of a settings or profile file with their keys, never with a value: it may be secret."""
    lines = []
    for item in error.errors(include_input=False, include_url=False):
        key = ".".join(str(part) for part in item["loc"])
        what = "there is no such key" if item["type"] == "extra_forbidden" else item["msg"].removeprefix("Value error, ")
        lines.append(f"{key}: {what}" if key else what)
    return "; ".join(lines[:5]) + "."
