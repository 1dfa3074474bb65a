"""The user's expectation of the files to import, and its comparison with them. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from importer.domain.money import grouped_text
from importer.errors import UsageError
from importer.ledger.queries.control_totals import MOST_PLACES, SheetTotals, counted_kind

_TOTAL = re.compile(r"([A-Za-z]{3}|unknown)=(-?\d{1,15}(?:\.\d{1,2})?)")


@dataclass(frozen=True)
class Expectation:
    """The rows and hundredths by currency that all files together must hold.

    Cases are counted if the files hold any, else vouchers. ``totals`` must contain every currency of the files.
    """

    rows: int | None = None
    totals: Mapping[str, int] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return self.rows is not None or bool(self.totals)

    def unmet(self, totals: Sequence[SheetTotals]) -> str | None:
        """Describe how the files differ from the expectation, as lines for the user; None if they do not."""
        kind = counted_kind(totals)
        counted = [t for t in totals if t.kind is kind]
        found = sum((t.read for t in counted), Counter[str]())
        problems = [*_rows_problem(self.rows, sum(t.rows for t in counted)), *_money_problems(self.totals, found)]
        if not problems:
            return None
        where = ", ".join(f'{t.source} sheet "{t.sheet}" ({t.rows:,} rows)' for t in counted) or "nothing"
        return "\n".join(
            [
                "The files do not match what is expected.",
                *(f"  {problem}" for problem in problems),
                f"  Counted: the {kind}s in {where}.",
                *(f"  {line}" for line in _unread(counted)),
                "Nothing was sent or recorded. Correct the files or the expectation, and run the same command again.",
            ]
        )


def expectation(rows: int | None, totals: Iterable[str]) -> Expectation:
    """Parse ``--expect-rows`` and ``--expect-total DKK=1234.50``. Raises UsageError for a total of another form."""
    found: dict[str, int] = {}
    for text in totals:
        match = _TOTAL.fullmatch(text.strip())
        if match is None:
            raise UsageError(f"{text!r} is not a total. Write the currency and the amount: --expect-total DKK=1234.50")
        currency = match[1].upper()
        if currency in found:
            raise UsageError(f"There are two expected totals of {currency}. Give one for each currency.")
        found[currency] = int(Decimal(match[2]) * 100)
    return Expectation(rows, found)


def _rows_problem(expected: int | None, found: int) -> list[str]:
    if expected is None or expected == found:
        return []
    return [
        f"rows: expected {expected:,}, found {found:,}: {abs(found - expected):,} too {'many' if found > expected else 'few'}."
    ]


def _money_problems(expected: Mapping[str, int], found: Mapping[str, int]) -> list[str]:
    problems = []
    for currency in sorted(expected.keys() | {c for c, cents in found.items() if cents}) if expected else []:
        wanted, counted = expected.get(currency, 0), found.get(currency, 0)
        if wanted != counted:
            more = f"{grouped_text(abs(counted - wanted))} too {'much' if counted > wanted else 'little'}"
            problems.append(f"{currency}: expected {grouped_text(wanted)}, found {grouped_text(counted)}: {more}.")
    return problems


def _unread(counted: Sequence[SheetTotals]) -> list[str]:
    lines = []
    for t in counted:
        if t.unread:
            places = ", ".join(t.unread_places) + (", …" if t.unread > MOST_PLACES else "")
            rows = "row" if t.unread == 1 else "rows"
            lines.append(
                f"{t.source}: in {t.unread:,} {rows} the amount could not be read exactly, so the sum lacks it: {places}."
            )
    return lines
