"""The due dates of rows that have none, but the days that their debtors have to pay, or by which they are overdue."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

from importer.domain.cells import Cell
from importer.domain.reasons import Reason
from importer.domain.row_states import StateColumn
from importer.loader.rows.verdict import NOT_DUE, STATE_UNCLEAR, Role, RowFinding
from importer.loader.sheets.plan import SheetPlan
from importer.loader.sheets.state_columns import StateBinding
from importer.loader.values.days import days_in

_DUE = "due_date"


class DueFound(NamedTuple):
    """When a row is due, if that is known, or what is against it: a finding about the row, or a reason to reject it."""

    day: date | None = None
    finding: RowFinding | None = None
    reject: Reason | None = None


_NOTHING = DueFound()


class PaymentTerms:
    """Finds out when a row without a due date is due. ``max_days_ahead``: the most days from an invoice to its due date."""

    def __init__(self, plan: SheetPlan, max_days_ahead: int) -> None:
        self._days = next(iter(plan.states.of(StateColumn.PAYMENT_DAYS)), None)
        self._overdue = next(iter(plan.states.of(StateColumn.DAYS_OVERDUE)), None)
        self._most = max_days_ahead

    def due(self, cells: Sequence[Cell], values: Mapping[str, Any]) -> DueFound:
        """Return when a row is due by its days to pay, from the date of its invoice on, or by the days that it is overdue.

        A row with a due date of its own needs neither. A text that cannot be read is a question, and a row that is not overdue
        is left out.
        """
        if values.get(_DUE) is not None:
            return _NOTHING
        if self._days is not None and self._days.text(cells):
            return self._by_terms(self._days, cells, values.get("date"))
        if self._overdue is not None and self._overdue.text(cells):
            return _by_overdue(self._overdue, cells)
        return _NOTHING

    def _by_terms(self, column: StateBinding, cells: Sequence[Cell], day: Any) -> DueFound:
        days = days_in(column.cell(cells))
        if days is None or days < 0:
            return _asked(column, cells, _NO_TERMS)
        if days > self._most:
            return _rejected(column, cells, f"are more than {self._most} days from the invoice to its due date. Check the days")
        if not isinstance(day, date):
            return _NOTHING
        try:
            return DueFound(day + timedelta(days=days))
        except OverflowError:
            return _rejected(column, cells, f"after the invoice, {day}, is a day that no calendar has. Check the date")


def _by_overdue(column: StateBinding, cells: Sequence[Cell]) -> DueFound:
    days = days_in(column.cell(cells))
    if days is None:
        return _asked(column, cells, _NO_DAYS)
    if days > 0:
        return _NOTHING
    message = "says that the claim is not overdue: it is not due yet. Import the row again when it is"
    return DueFound(finding=RowFinding(Role.LEFT_OUT, Reason(NOT_DUE, message, None, column.heading, column.text(cells))))


def _asked(column: StateBinding, cells: Sequence[Cell], message: str) -> DueFound:
    return DueFound(finding=RowFinding(Role.QUESTION, Reason(STATE_UNCLEAR, message, None, column.heading, column.text(cells))))


def _rejected(column: StateBinding, cells: Sequence[Cell], message: str) -> DueFound:
    return DueFound(reject=Reason("due_far_ahead", message, _DUE, column.heading, column.text(cells)))


_NO_TERMS = (
    "does not say how many days the debtor has to pay, so that it is not known whether the claim is due. Answer whether it is "
    'sent, or write the days: "30" or "Net 30"'
)
_NO_DAYS = (
    "does not say by how many days the claim is overdue, so that it is not known whether it is due. Answer whether it is sent, "
    "or write the days"
)
