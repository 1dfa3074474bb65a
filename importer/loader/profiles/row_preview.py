"""What the sampled rows of a sheet are with a profile: claims, left out, credits, or questions, by the rules of an import."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from importer.domain.cells import Cell
from importer.domain.columns import ValueKind
from importer.domain.reasons import Reason
from importer.loader.files.projection import ProjectedRows, ReadColumns
from importer.loader.profile import Profile
from importer.loader.profiles.rows_of_debtors import BY_ROW
from importer.loader.profiles.sampling import SheetSample
from importer.loader.rows.first_pass import look_through
from importer.loader.rows.judge import RowJudge
from importer.loader.rows.verdict import Role
from importer.loader.sheets.amount_names import AMOUNT
from importer.loader.sheets.column_formats import formats_of
from importer.loader.sheets.plan import SheetPlan
from importer.loader.values.formats import Formats
from importer.loader.values.parsers import READERS, ValueProblem, is_blank

MOST_SHOWN = 10
"""The rows that a preview shows one by one."""


@dataclass(frozen=True)
class JudgedRow:
    """A sampled row, what it is, and why it is a question or left out; empty for a claim."""

    cells: tuple[Cell, ...]
    role: Role
    why: str


@dataclass(frozen=True)
class RowPreview:
    """How many of the sampled rows are what, and why rows are questions: reason → rows. ``rows`` are the first of them."""

    roles: Counter[Role]
    questions: Counter[str]
    rows: tuple[JudgedRow, ...] = ()

    def lines(self) -> list[str]:
        """Return the counts in words; none if all rows are claims."""
        total = self.roles.total()
        if self.roles[Role.CLAIM] == total:
            return []
        words = (
            (Role.CLAIM, "may be claims"),
            (Role.LEFT_OUT, "left out"),
            (Role.CREDIT, "credits or payments"),
            (Role.QUESTION, "questions"),
        )
        counted = ", ".join(f"{word} {self.roles[role]:,}" for role, word in words if self.roles[role])
        reasons = [f"  {rows:,} × {why}" for why, rows in self.questions.most_common()]
        return [f"Of the first {total:,} rows: {counted}.", *reasons]


def preview_rows(sample: SheetSample, plan: SheetPlan, profile: Profile, today: date) -> RowPreview | None:
    """Judge the sampled rows as an import would; None if the claims have no column of amounts."""
    amount = next((one for one in plan.case if one.column.name == AMOUNT and one.position is not None), None)
    if amount is None or amount.position is None:
        return None
    rows = list(enumerate(sample.rows, plan.header_row + 1))

    def read_columns(positions: Sequence[int]) -> ProjectedRows:
        return ((number, tuple(_cell(cells, at) for at in positions)) for number, cells in rows)

    formats = formats_of(plan, read_columns, profile, today, delimited=True)
    judge = _judge_of(RowJudge(plan, profile, today, formats.of(amount), formats.others), plan, profile, read_columns)
    roles, questions = Counter[Role](), Counter[str]()
    first: list[JudgedRow] = []
    for _, cells in rows:
        verdict = judge.judge(cells, _amount(_cell(cells, amount.position), formats.of(amount)))
        roles[verdict.role] += 1
        if verdict.role is Role.QUESTION:
            questions.update(map(_why, verdict.reasons[:1]))
        if len(first) < MOST_SHOWN:
            first.append(JudgedRow(cells, verdict.role, next(map(_why, verdict.reasons), "")))
    return RowPreview(roles, questions, tuple(first))


def _judge_of(judge: RowJudge, plan: SheetPlan, profile: Profile, read_columns: ReadColumns) -> RowJudge:
    """Return the judge after it has looked through the rows. A case of several rows takes the credits off by itself."""
    found = look_through(judge, plan, read_columns)
    judge.credits = found if profile.cases_from == BY_ROW else None
    return judge


def _cell(cells: Sequence[Cell], at: int) -> Cell:
    return cells[at] if at < len(cells) else None


def _amount(cell: Cell, formats: Formats) -> Decimal | None:
    if is_blank(cell):
        return None
    try:
        return Decimal(READERS[ValueKind.MONEY](cell, formats))
    except ValueProblem:
        return None


def _why(reason: Reason) -> str:
    """Return the reason for a question without the values of its row."""
    what = (reason.gist or reason.message).rstrip(".")
    return f'"{reason.column}" {what}' if reason.column else what
