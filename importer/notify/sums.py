"""Rows and money of cases and vouchers, apart from each other: the figures of every message."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from importer.domain.kinds import RecordKind
from importer.domain.money import decimal_text, totals_text
from importer.domain.states import RowStatus
from importer.ledger.queries.totals import Tallies

PLURAL = {RecordKind.CASE: "cases", RecordKind.VOUCHER: "vouchers"}
ByCurrency = Mapping[str, tuple[int, int]]
"""Currency → (rows, hundredths)."""


@dataclass(frozen=True)
class Sums:
    """Rows and hundredths by kind and currency."""

    by_kind: Mapping[RecordKind, ByCurrency] = field(default_factory=dict)

    @classmethod
    def of(cls, tallies: Tallies, *statuses: RowStatus) -> Sums:
        """Return the sums of these statuses."""
        found = [cls({kind: by_status.get(status, {})}) for kind, by_status in tallies.items() for status in statuses]
        return cls.total(found)

    @classmethod
    def total(cls, parts: Iterable[Sums]) -> Sums:
        """Add sums up."""
        found: dict[RecordKind, dict[str, tuple[int, int]]] = {}
        for part in parts:
            for kind, by_currency in part.by_kind.items():
                for code, (rows, cents) in by_currency.items():
                    before = found.setdefault(kind, {}).get(code, (0, 0))
                    found[kind][code] = (before[0] + rows, before[1] + cents)
        return cls(found)

    def rows(self, kind: RecordKind | None = None) -> int:
        """Return the number of rows of one kind or (None) of both."""
        kinds = RecordKind if kind is None else (kind,)
        return sum(rows for one in kinds for rows, _ in self.by_kind.get(one, {}).values())

    def beyond(self, before: Sums) -> Sums:
        """Return what has been added since ``before``, by kind and currency; what has become less is left out."""
        found: dict[RecordKind, dict[str, tuple[int, int]]] = {}
        for kind, by_currency in self.by_kind.items():
            for code, (rows, cents) in by_currency.items():
                rows_before, cents_before = before.by_kind.get(kind, {}).get(code, (0, 0))
                if rows > rows_before:
                    found.setdefault(kind, {})[code] = (rows - rows_before, max(0, cents - cents_before))
        return Sums(found)

    def text(self) -> str:
        """Return the sums in words: ``3 cases (DKK 1,200.00) and 1 voucher (DKK 80.00)``."""
        parts = [self._text(kind) for kind in RecordKind if self.rows(kind)]
        return " and ".join(parts) or "no rows"

    def _text(self, kind: RecordKind) -> str:
        rows = self.rows(kind)
        money = totals_text({code: cents for code, (_, cents) in sorted(self.by_kind[kind].items())}).replace("  ", ", ")
        return f"{rows:,} {kind if rows == 1 else PLURAL[kind]}{f' ({money})' if money else ''}"

    def count_text(self) -> str:
        """Return the numbers of rows in words, without money: ``3 cases and 1 voucher``."""
        found = [(kind, self.rows(kind)) for kind in RecordKind if self.rows(kind)]
        return " and ".join(f"{rows:,} {kind if rows == 1 else PLURAL[kind]}" for kind, rows in found) or "no rows"

    def as_json(self) -> dict[str, Any]:
        """Return rows, and decimal text in major units by currency, of each kind that has rows."""
        return {
            PLURAL[kind]: {
                "rows": self.rows(kind),
                "totals": {code: decimal_text(cents) for code, (_, cents) in sorted(by_currency.items())},
            }
            for kind, by_currency in self.by_kind.items()
            if self.rows(kind)
        }

    def stored(self) -> dict[str, dict[str, list[int]]]:
        """Return the sums for the file of the night's state."""
        return {kind.value: {code: list(one) for code, one in found.items()} for kind, found in self.by_kind.items() if found}

    @classmethod
    def restored(cls, found: Mapping[str, Mapping[str, list[int]]]) -> Sums:
        """Return the sums of :meth:`stored`."""
        return cls({RecordKind(k): {code: (rows, cents) for code, (rows, cents) in sums.items()} for k, sums in found.items()})


NOTHING = Sums()
