"""What is wrong with a batch's rows, grouped: causes first, then what only follows from them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from importer.domain.kinds import Kind
from importer.domain.reasons import Reason
from importer.domain.states import DONE, Status
from importer.ledger.queries.report_rows import Fact, Line
from importer.reporter.row_reasons import Told

MOST_GROUPS = 500  # a server may give every row a text of its own
MOST_VALUES = 100
SHOWN_VALUES = 3
_WITHOUT_REASON = {
    Status.PENDING: "Not sent yet: `importer resume` sends it",
    Status.BLOCKED: "Its case or its parent voucher is not there yet; it follows that",
}


@dataclass(frozen=True, slots=True)
class Cause:
    """What rows are grouped by: the reason without the particulars of a row."""

    kind: Kind
    status: Status
    column: str
    gist: str

    @property
    def is_consequence(self) -> bool:
        """Whether nothing is wrong with these rows themselves: they wait for a case or a voucher that is."""
        return self.status is Status.BLOCKED

    def text(self) -> str:
        return f"{self.column} {self.gist}" if self.column else self.gist


@dataclass
class Group:
    """The rows of one cause: how many, their money in hundredths by currency, and the first of them."""

    sheet: int
    number: int
    rows: int = 0
    money: Counter[str] = field(default_factory=Counter)
    values: Counter[str] = field(default_factory=Counter)

    def add(self, fact: Fact, value: str | None) -> None:
        self.rows += 1
        self.money[fact.money.currency] += fact.money.cents
        if value and (value in self.values or len(self.values) < MOST_VALUES):
            self.values[value] += 1

    def frequent_values(self) -> str:
        """The most frequent values: ``Denmrak → Denmark? (212), XK (3)``."""
        shown = [f"{' '.join(value.split())} ({count:,})" for value, count in self.values.most_common(SHOWN_VALUES)]
        return ", ".join([*shown, "…"] if len(self.values) > SHOWN_VALUES else shown)


class Causes:
    """Groups rows as they pass. A row with several reasons stands in several groups; of what is ``fine`` nothing is said."""

    def __init__(self, fine: frozenset[Status] = DONE) -> None:
        self._fine = fine
        self._groups: dict[Cause, Group] = {}
        self.left: dict[Kind, Group] = {}

    def add(self, line: Line, told: list[Told]) -> None:
        """Count a row that is not fine; a flat row that repeats its case counts for its voucher alone."""
        for kind, fact in ((Kind.CASE, line.case), (Kind.VOUCHER, line.voucher)):
            if fact is None or fact.status in self._fine or fact.repeats:
                continue
            self.left.setdefault(kind, Group(line.sheet, line.number)).add(fact, None)
            reasons = {_cause(t): _value(t.reason) for t in told if t.kind is kind}
            for cause, value in (reasons or {_without_reason(kind, fact): None}).items():
                self._group(cause, line).add(fact, value)

    def _group(self, cause: Cause, line: Line) -> Group:
        if cause not in self._groups and len(self._groups) >= MOST_GROUPS:
            cause = Cause(cause.kind, cause.status, "", "other reasons; each row has its own in #errors")
        return self._groups.setdefault(cause, Group(line.sheet, line.number))

    def ordered(self) -> list[tuple[Cause, Group]]:
        """Causes, the most frequent first, then consequences likewise."""
        return sorted(self._groups.items(), key=lambda item: (item[0].is_consequence, -item[1].rows))

    def __bool__(self) -> bool:
        return bool(self._groups)


def _cause(told: Told) -> Cause:
    reason = told.reason
    return Cause(told.kind, told.fact.status, reason.column or "", reason.gist or reason.message)


def _value(reason: Reason) -> str | None:
    """The value that is wrong, and what may be meant: ``Denmrak → Denmark?``."""
    return f"{reason.value} → {' or '.join(reason.offers)}?" if reason.value and reason.offers else reason.value


def _without_reason(kind: Kind, fact: Fact) -> Cause:
    return Cause(kind, fact.status, "", _WITHOUT_REASON.get(fact.status, "No reason was given"))
