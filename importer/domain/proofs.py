"""What `importer doctor --probe` has found out about an account."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from importer.domain.timestamps import from_timestamp

VALID_FOR = timedelta(days=30)
LONGEST_TRUSTED_AGE = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class AccountProof:
    """The findings of a probe with one test case. All times are in seconds, ``probed_at`` is a timestamp.

    ``heeded_for``: the age of an idempotency key up to which the same request returned the same case; None if it returned
    another one. ``listed_after``: how long after its creation the list showed the case; None if it never did.
    """

    probed_at: str
    heeded_for: float | None
    listed_after: float | None
    deletes_test_cases: bool

    def trusted_age(self, now: datetime) -> timedelta:
        """Return the age of a key up to which it may be relied on; zero without a valid proof. At most an hour."""
        is_valid = timedelta(0) <= now - from_timestamp(self.probed_at) <= VALID_FOR
        return min(timedelta(seconds=self.heeded_for), LONGEST_TRUSTED_AGE) if is_valid and self.heeded_for else timedelta(0)

    def as_text(self) -> str:
        """Encode the proof for the ledger."""
        return json.dumps(asdict(self))

    @classmethod
    def from_text(cls, text: str) -> AccountProof:
        """Decode the text of :meth:`as_text`."""
        return cls(**json.loads(text))
