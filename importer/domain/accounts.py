"""The accounts to which entries are sent."""

from __future__ import annotations

from dataclasses import dataclass

from importer.domain.kinds import RecordKind


@dataclass(frozen=True, slots=True)
class Accounts:
    """The Debitura account for cases and the Debbie tenant for vouchers."""

    cases: str
    vouchers: str

    def of(self, kind: RecordKind) -> str:
        """Return the account for entries of this kind."""
        return self.cases if kind is RecordKind.CASE else self.vouchers
