"""The summary sheet of ``errors.xlsx``: one line for each reason, with rows, money and an example."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from importer.domain.cells import Cell
from importer.domain.money import amount_cell
from importer.domain.records import PROOF_MARK, SUMMARY_SHEET, SheetHead
from importer.reporter.error_groups import Cause, Causes, Group
from importer.reporter.row_reasons import in_words
from importer.reporter.summary import PLURAL

NAME = SUMMARY_SHEET
HEADINGS = ("#rows", "#what", "#status", "#column", "#reason", "#values", "#example")
WIDTHS = {"#rows": 9, "#what": 10, "#status": 10, "#column": 24, "#reason": 90, "#values": 36, "#example": 24}
FOLLOWS = "These rows only follow from the ones above: correct those, and import these with them."
MOST_CURRENCIES = 20
_BEFORE_REASON = (None,) * HEADINGS.index("#reason")


def headings(causes: Causes) -> tuple[str, ...]:
    """Return the headings. All begin with ``#``, so that the sheet is ignored when the file is imported again."""
    return (*HEADINGS, *(f"#{currency}" for currency in _currencies(causes)))


def table(causes: Causes, sheets: Sequence[str], remarks: Sequence[str]) -> Iterator[list[Cell]]:
    """Yield the lines below the headings: causes, consequences, totals, remarks. Money is in major units."""
    currencies, follows = _currencies(causes), False
    for cause, group in causes.ordered():
        if cause.is_consequence and not follows:
            follows = True
            yield [*_BEFORE_REASON, FOLLOWS]
        yield _line(cause, group, sheets, currencies)
    if causes:
        yield []
    for kind, group in sorted(causes.left.items()):
        explanation = f"{PLURAL[kind]} in this file; one with several reasons counts in several of the lines above"
        yield [group.rows, PLURAL[kind], None, None, explanation, None, None, *_money(group, currencies)]
    for remark in remarks if causes else ("Nothing is left: every row was accepted.",):
        yield [*_BEFORE_REASON, remark]


def proofs(heads: Sequence[SheetHead], sheets: Sequence[str]) -> Iterator[list[Cell]]:
    """Yield the cells of the source that prove the columns' formats; they are read when the file is imported again."""
    explanation = "This is how the column was read. Leave the line: the rows left are read by it, too."
    for head, sheet in zip(heads, sheets, strict=True):
        for proof in head.proofs:
            yield [None, PROOF_MARK, sheet, proof.heading, explanation, proof.text, proof.row]


def _line(cause: Cause, group: Group, sheets: Sequence[str], currencies: Sequence[str]) -> list[Cell]:
    example = f"{sheets[group.sheet]}, row {group.number}"
    return [
        *(group.rows, PLURAL[cause.kind], in_words(cause.status), cause.column or None, cause.gist),
        *((not cause.is_consequence and group.frequent_values()) or None, example, *_money(group, currencies)),
    ]


def _currencies(causes: Causes) -> list[str]:
    found = {currency for group in causes.left.values() for currency, cents in group.money.items() if cents}
    return sorted(found)[:MOST_CURRENCIES]


def _money(group: Group, currencies: Sequence[str]) -> list[Cell]:
    return [amount_cell(group.money[currency]) if group.money[currency] else None for currency in currencies]
