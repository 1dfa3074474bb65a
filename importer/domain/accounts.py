"""Where entries go: the account of the cases and that of the vouchers."""

from __future__ import annotations

from dataclasses import dataclass

from importer.domain.kinds import Kind


@dataclass(frozen=True, slots=True)
class Accounts:
    """Where entries go: the Debitura account of the cases and the Debbie tenant of the vouchers."""

    cases: str
    vouchers: str

    def of(self, kind: Kind) -> str:
        return self.cases if kind is Kind.CASE else self.vouchers
