"""The summary sheet of ``errors.xlsx``: one line for each reason, with rows, money and an example."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from importer.domain.cells import Cell
from importer.domain.money import amount_cell
from importer.domain.questions import RULES, offered_in_words
from importer.domain.records import PROOF_MARK, SUMMARY_SHEET, SheetHead
from importer.domain.states import RowStatus
from importer.reporter.error_groups import ErrorGroup, ErrorGroups, GroupTotals
from importer.reporter.row_reasons import in_words
from importer.reporter.summary import PLURAL

NAME = SUMMARY_SHEET
HEADINGS = ("#rows", "#what", "#status", "#column", "#reason", "#values", "#example")
WIDTHS = {"#rows": 9, "#what": 10, "#status": 10, "#column": 24, "#reason": 90, "#values": 36, "#example": 24}
FOLLOWS = "These rows only follow from the ones above: correct those, and import these with them."
MOST_CURRENCIES = 20
_BEFORE_REASON = (None,) * HEADINGS.index("#reason")


def headings(groups: ErrorGroups) -> tuple[str, ...]:
    """Return the headings. All begin with ``#``, so that the sheet is ignored when the file is imported again."""
    return (*HEADINGS, *(f"#{currency}" for currency in _currencies(groups)))


def table(groups: ErrorGroups, sheets: Sequence[str], remarks: Sequence[str]) -> Iterator[list[Cell]]:
    """Yield the lines below the headings: questions, causes, consequences, totals, remarks. Money is in major units."""
    currencies, follows = _currencies(groups), False
    yield from _questions(groups, sheets, currencies)
    for group, totals in groups.ordered():
        if group.is_consequence and not follows:
            follows = True
            yield [*_BEFORE_REASON, FOLLOWS]
        yield _line(group, totals, sheets, currencies)
    if groups:
        yield []
    for kind, totals in sorted(groups.remaining.items()):
        explanation = f"{PLURAL[kind]} in this file; one with several reasons counts in several of the lines above"
        yield [totals.rows, PLURAL[kind], None, None, explanation, None, None, *_money(totals, currencies)]
    for remark in remarks:
        yield [*_BEFORE_REASON, remark]


def proofs(heads: Sequence[SheetHead], sheets: Sequence[str]) -> Iterator[list[Cell]]:
    """Yield the cells of the source that prove the columns' formats; they are read when the file is imported again."""
    explanation = (
        "This cell determined how the column was read. Keep this line: rows that you correct here are read in the same way."
    )
    for head, sheet in zip(heads, sheets, strict=True):
        for proof in head.proofs:
            yield [None, PROOF_MARK, sheet, proof.heading, explanation, proof.text, proof.row]


def _questions(groups: ErrorGroups, sheets: Sequence[str], currencies: Sequence[str]) -> Iterator[list[Cell]]:
    """Yield one line for each kind of question, and an empty one below them."""
    for kind, totals in groups.questions.items():
        answers = f"{RULES[kind].sentence}. Answer in #answer: {offered_in_words([kind])}"
        example = f"{sheets[totals.sheet]}, row {totals.number}"
        status = in_words(RowStatus.QUESTIONED)
        yield [totals.rows, "questions", status, "#answer", answers, kind.value, example, *_money(totals, currencies)]
    if groups.questions:
        yield []


def _line(group: ErrorGroup, totals: GroupTotals, sheets: Sequence[str], currencies: Sequence[str]) -> list[Cell]:
    example = f"{sheets[totals.sheet]}, row {totals.number}"
    return [
        *(totals.rows, PLURAL[group.kind], in_words(group.status), group.column or None, group.template),
        *((not group.is_consequence and totals.frequent_values()) or None, example, *_money(totals, currencies)),
    ]


def _currencies(groups: ErrorGroups) -> list[str]:
    found = {currency for totals in groups.remaining.values() for currency, cents in totals.money.items() if cents}
    return sorted(found)[:MOST_CURRENCIES]


def _money(totals: GroupTotals, currencies: Sequence[str]) -> list[Cell]:
    return [amount_cell(totals.money[currency]) if totals.money[currency] else None for currency in currencies]
