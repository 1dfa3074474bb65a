"""What a server reports of a case that it has accepted, as it is kept in the ledger."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from typing import Self


@dataclass(frozen=True, slots=True)
class RemoteFacts:
    """The lifecycle of a case, its collection partner, the information that it needs, and the link to sign what is unsigned.

    ``finished`` is the day on which it ended, else the code with which it was closed. The facts are as of the time at which
    the case was accepted, or was last read in a list as finished. The names are keys of the JSON in ledgers.
    """

    lifecycle: str | None = None
    partner: str | None = None
    needs_info: str | None = None
    sign_at: str | None = None
    finished: str | None = None

    def to_json(self) -> str | None:
        """Encode the facts for the ledger, without empty ones; None if there are none."""
        known = {name: text for name, text in asdict(self).items() if text}
        return json.dumps(known, ensure_ascii=False, separators=(",", ":")) if known else None

    @classmethod
    def from_json(cls, text: str | None) -> Self:
        """Decode the facts of the ledger; names that this release does not know are passed over."""
        known = json.loads(text) if text else {}
        return cls(**{one.name: known[one.name] for one in fields(cls) if isinstance(known.get(one.name), str)})


NO_FACTS = RemoteFacts()
