"""An answer as it is stored with an entry."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from importer.domain.kinds import QuestionKind
from importer.domain.questions import AnswerWord, kind_of
from importer.domain.reasons import Reason
from importer.domain.timestamps import to_timestamp


@dataclass(frozen=True, slots=True)
class UserAnswer:
    """An answer: who gave it, ``user@host`` or ``profile NAME``, and what it is."""

    who: str
    what: str

    def as_json(self, kinds: Iterable[QuestionKind] = (), values: str = "") -> str:
        """Return the answer with the time as JSON, with the kinds that were asked and the digest of the row's values."""
        found = {"who": self.who, "when": to_timestamp(), "what": self.what, "asked": list(kinds), "values": values}
        return json.dumps(found, ensure_ascii=False)


def answered_kinds(answer: str | None, values: str) -> tuple[QuestionKind, ...]:
    """Return the kinds of questions to which a stored answer says that a row with these values is sent."""
    found = json.loads(answer) if answer else {}
    is_about = found.get("what") == AnswerWord.SEND and found.get("values") == values
    return tuple(QuestionKind(kind) for kind in found.get("asked", ())) if is_about else ()


def unanswered(answer: str | None, asked: Sequence[Reason], values: str) -> tuple[Reason, ...]:
    """Return those of the questions about a row with these values that a stored answer is not about."""
    answered = answered_kinds(answer, values)
    return tuple(one for one in asked if kind_of(one) not in answered)


def for_values(answer: str | None, before: str, now: str) -> str | None:
    """Return a stored answer that a row is sent as one about its values ``now``, if it was about those ``before``; else None."""
    if answer is None or not answered_kinds(answer, before):
        return None
    return json.dumps(json.loads(answer) | {"values": now}, ensure_ascii=False)
