"""The unfinished rows of a batch, grouped by reason: first the causes, then their consequences."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from importer.domain.kinds import QuestionKind, RecordKind
from importer.domain.later_words import URGENT
from importer.domain.questions import kinds_of
from importer.domain.reasons import Reason
from importer.domain.states import DONE, RowStatus
from importer.ledger.queries.report_rows import RecordResult, ReportRow
from importer.reporter.row_reasons import RowReason

MOST_GROUPS = 500  # a server may return a different text for every row
MOST_VALUES = 100
SHOWN_VALUES = 3
_WITHOUT_REASON = {
    RowStatus.PENDING: "Not sent yet: `importer resume` sends it",
    RowStatus.BLOCKED: "Its case or parent voucher is not imported yet; the voucher is sent after it",
}


@dataclass(frozen=True, slots=True)
class ErrorGroup:
    """The key of a group of rows: kind, status, and a reason without the values of a single row (its ``template``).

    ``is_urgent``: the rows were sent and are no claim any more, or less is open.
    """

    kind: RecordKind
    status: RowStatus
    column: str
    template: str
    is_urgent: bool = False

    @property
    def is_consequence(self) -> bool:
        """Return whether the rows themselves are right, and only wait for a case or a voucher that is wrong."""
        return self.status is RowStatus.BLOCKED

    def text(self) -> str:
        """Return the reason with its column."""
        return f"{self.column} {self.template}" if self.column else self.template


@dataclass
class GroupTotals:
    """The rows of one group: how many, their money in hundredths by currency, and the sheet and number of the first."""

    sheet: int
    number: int
    rows: int = 0
    money: Counter[str] = field(default_factory=Counter)
    values: Counter[str] = field(default_factory=Counter)

    def add(self, result: RecordResult, value: str | None) -> None:
        """Count a row with its money and its wrong value."""
        self.rows += 1
        self.money[result.money.currency] += result.money.cents
        if value and (value in self.values or len(self.values) < MOST_VALUES):
            self.values[value] += 1

    def frequent_values(self) -> str:
        """Describe the most frequent values: ``Denmrak → Denmark? (212), XK (3)``."""
        shown = [f"{' '.join(value.split())} ({count:,})" for value, count in self.values.most_common(SHOWN_VALUES)]
        return ", ".join([*shown, "…"] if len(self.values) > SHOWN_VALUES else shown)


class ErrorGroups:
    """All groups of a batch. A row with several reasons is in several groups.

    Rows with one of the ``done_statuses`` are in none. ``remaining`` counts each remaining case and voucher once, ``statuses``
    by status.
    ``questions`` counts the questioned ones by kind of question; one with questions of two kinds counts in both.
    """

    def __init__(self, done_statuses: frozenset[RowStatus] = DONE) -> None:
        self._done_statuses = done_statuses
        self._groups: dict[ErrorGroup, GroupTotals] = {}
        self.remaining: dict[RecordKind, GroupTotals] = {}
        self.statuses: Counter[RowStatus] = Counter()
        self.questions: dict[QuestionKind, GroupTotals] = {}

    def add(self, row: ReportRow, reasons: list[RowReason]) -> None:
        """Add a row to its groups. A flat row that repeats its case counts only for its voucher."""
        for kind, result in ((RecordKind.CASE, row.case), (RecordKind.VOUCHER, row.voucher)):
            if result is None or result.status in self._done_statuses or result.repeats:
                continue
            self.statuses[result.status] += 1
            self.remaining.setdefault(kind, GroupTotals(row.sheet, row.number)).add(result, None)
            for question in kinds_of(result.reasons) if result.status is RowStatus.QUESTIONED else ():
                self.questions.setdefault(question, GroupTotals(row.sheet, row.number)).add(result, None)
            groups = {_group_of(one): _value(one.reason) for one in reasons if one.kind is kind}
            for group, value in (groups or {_without_reason(kind, result): None}).items():
                self._totals(group, row).add(result, value)

    def _totals(self, group: ErrorGroup, row: ReportRow) -> GroupTotals:
        if group not in self._groups and len(self._groups) >= MOST_GROUPS:
            group = ErrorGroup(group.kind, group.status, "", "other reasons; each row has its own in #errors")
        return self._groups.setdefault(group, GroupTotals(row.sheet, row.number))

    def ordered(self) -> list[tuple[ErrorGroup, GroupTotals]]:
        """Return the groups of causes, urgent ones and then the most frequent first, then those of consequences likewise."""
        return sorted(self._groups.items(), key=lambda item: (item[0].is_consequence, not item[0].is_urgent, -item[1].rows))

    def __bool__(self) -> bool:
        return bool(self._groups)


def _group_of(found: RowReason) -> ErrorGroup:
    reason = found.reason
    is_urgent = reason.code in URGENT
    return ErrorGroup(found.kind, found.result.status, reason.column or "", reason.gist or reason.message, is_urgent)


def _value(reason: Reason) -> str | None:
    """Return the wrong value with its suggestions: ``Denmrak → Denmark?``."""
    return f"{reason.value} → {' or '.join(reason.offers)}?" if reason.value and reason.offers else reason.value


def _without_reason(kind: RecordKind, result: RecordResult) -> ErrorGroup:
    return ErrorGroup(kind, result.status, "", _WITHOUT_REASON.get(result.status, "No reason was given"))
