"""The due dates of a list that has none, but the days that its debtors have to pay."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from importer.domain.cells import Cell
from importer.domain.columns import ValueKind
from importer.domain.row_states import StateColumn
from importer.loader.sheets.plan import SheetPlan
from importer.loader.sheets.state_columns import StateBinding
from importer.loader.values.formats import Formats
from importer.loader.values.parsers import READERS, ValueProblem

_MOST_DAYS = 365


class PaymentTerms:
    """Computes due dates from a column of days. A sheet with a column of due dates has no need of it."""

    def __init__(self, plan: SheetPlan) -> None:
        has_due_date = any(bound.column.name == "due_date" for bound in plan.case)
        columns = plan.states.of(StateColumn.PAYMENT_DAYS)
        self._days: StateBinding | None = columns[0] if columns and not has_due_date else None

    def due_date(self, cells: Sequence[Cell], values: Mapping[str, Any]) -> date | None:
        """Return the date of the row's invoice and its days to pay together; None if one of them cannot be read."""
        day = values.get("date") if self._days else None
        if self._days is None or not isinstance(day, date):
            return None
        try:
            days = Decimal(READERS[ValueKind.MONEY](self._days.cell(cells), Formats()))
        except ValueProblem:
            return None
        return day + timedelta(days=int(days)) if days == int(days) and 0 <= days <= _MOST_DAYS else None
