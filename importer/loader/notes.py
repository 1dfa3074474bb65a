"""What is said of a source's sheets before their rows are read: what was recognised, used and left out."""

from __future__ import annotations

from collections.abc import Iterable

from importer.domain.code_lists import is_by_name
from importer.loader.sheets.header import Top
from importer.loader.sheets.plan import SheetPlan

MAX_NAMED = 200
"""Row numbers that one note names before it only counts."""


def sheet_notes(opened: Iterable[tuple[Top, SheetPlan]], passed: Iterable[str]) -> list[str]:
    """The notes on the sheets that are read, and on those that were passed over."""
    notes = [f'Sheet "{sheet}" holds neither cases nor vouchers and was left out.' for sheet in passed]
    for top, plan in opened:
        notes += [f'Sheet "{plan.head.name}"{note}' for note in (*_of_layout(top), *_of_columns(plan))]
    return notes


def _of_layout(top: Top) -> list[str]:
    notes = []
    if top.above:
        above = rows_named([number for number, _ in top.above])
        verb = "was" if len(top.above) == 1 else "were"
        notes.append(f": the headings are in row {top.row}; {above} above them {verb} left out.")
    if top.below:
        verbs = ("holds units or headings", "was") if len(top.below) == 1 else ("hold units or headings", "were")
        notes.append(f": {rows_named(list(top.below))} {verbs[0]} and {verbs[1]} left out.")
    return notes


def _of_columns(plan: SheetPlan) -> list[str]:
    notes = []
    meaning = plan.meaning
    if meaning.taken:
        taken = ", ".join(f'"{_line(heading)}" as {name}' for heading, name in meaning.taken.items())
        notes.append(f": read {taken}.")
    if meaning.currency:
        notes.append(f": the currency is {meaning.currency}, as the heading of the amount says.")
    for heading, (name, by) in meaning.outdone.items():
        if name == "amount_to_recover":
            notes.append(f': "{_line(heading)}" is not used: "{_line(by)}" is what is still open.')
        else:
            notes.append(f': "{_line(heading)}" is not used: "{_line(by)}" is {name}.')
    if plan.document_position is not None:
        heading = _line(plan.head.header[plan.document_position])
        notes.append(f': rows that "{heading}" calls credit notes or payments are rejected.')
    if plan.unknown:
        unknown = ", ".join(f'"{heading}"' for heading in plan.unknown)
        notes.append(f": not used: {unknown}.")
    if any(b.column.name == "debtor_type" and b.constant and is_by_name(b.constant) for b in plan.case):
        notes.append(
            ": debtor_type goes by the name, as the profile or the settings say: a debtor with a legal form or a registration "
            "number is a Company, every other one a Person."
        )
    if plan.derive_debtor_type:
        notes.append(
            " has no debtor_type: a row with a contact person is a Company, another one a Person unless its name "
            "carries a company's legal form."
        )
    return notes


def _line(heading: str) -> str:
    return " ".join(heading.split())


def rows_named(numbers: list[int]) -> str:
    """``row 3``, ``rows 3–5 and 9``; of very many the first ones and how many more."""
    runs: list[list[int]] = []
    for number in numbers[:MAX_NAMED]:
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    told = [f"{a}–{b}" if b > a else f"{a}" for a, b in runs]
    if (more := len(numbers) - MAX_NAMED) > 0:
        return f"rows {', '.join(told)} and {more:,} more up to row {numbers[-1]}"
    joined = ", ".join(told[:-1]) + (" and " if told[:-1] else "") + told[-1]
    return f"row{'s' if len(numbers) > 1 else ''} {joined}"
