"""An answer as it is stored with an entry."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

from importer.domain.kinds import QuestionKind
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
