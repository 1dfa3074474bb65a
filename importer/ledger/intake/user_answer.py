"""An answer as it is stored with an entry."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

from importer.domain.kinds import QuestionKind
from importer.domain.questions import AnswerWord
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


def has_answered(answer: str | None, kinds: Iterable[QuestionKind], values: str) -> bool:
    """Return whether a stored answer says that a row with these values is sent, whatever is asked of these kinds."""
    found = json.loads(answer) if answer else {}
    is_about = found.get("what") == AnswerWord.SEND and found.get("values") == values
    return is_about and set(kinds) <= set(found.get("asked", ()))
