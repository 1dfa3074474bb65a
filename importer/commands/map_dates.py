"""The question of `importer map` about dates that do not show which part is the day."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

from importer.domain.columns import ValueKind
from importer.loader.profiles.draft import ProfileDraft
from importer.loader.profiles.proposal import SheetProposal, printable
from importer.loader.sheets.orders_beside import orders_proved_beside, with_order_beside
from importer.loader.sheets.plan import column_in
from importer.loader.values.dates import answers, days_in_figures
from importer.loader.values.evidence import Certainty, OrderEvidence, Sighting
from importer.loader.values.formats import YEARS_AHEAD, DateOrder
from importer.workspace.dialogue import Dialogue

_ORDERS = {
    "1": ("the day comes first", DateOrder.DAY_FIRST),
    "2": ("the month comes first", DateOrder.MONTH_FIRST),
    "3": ("the year comes first", DateOrder.YEAR_FIRST),
}


def open_date(proposal: SheetProposal, today: date) -> tuple[str, Sighting] | None:
    """Return a heading and a text below it that could be two days, if no cell of its column shows which; else None."""
    columns = _columns_of_dates(proposal, today)
    proved = orders_proved_beside(columns.values())
    for heading, evidence in columns.items():
        decision = with_order_beside(evidence, proved)
        question = decision.question
        if decision.certainty is Certainty.UNDECIDED and question and orders_of(question.text, today):
            return heading, question
    return None


def _columns_of_dates(proposal: SheetProposal, today: date) -> dict[str, OrderEvidence]:
    found = {}
    for guess in proposal.guesses:
        if not guess.suggested or column_in(proposal.shape, guess.suggested).value_kind is not ValueKind.DATE:
            continue
        evidence = found[guess.heading.text] = OrderEvidence(today.year + YEARS_AHEAD)
        for row, cell in enumerate(guess.heading.cells):
            if isinstance(cell, str):
                evidence.see(row, cell.strip())
    return found


def with_date_format(draft: ProfileDraft, dialogue: Dialogue | None, today: date) -> ProfileDraft:
    """Return the draft with the order of days that the user gives if the dates leave it open."""
    found = open_date(draft.proposal, today)
    if dialogue is None or found is None or draft.basis.date_format:
        return draft
    form = ask_date_format(dialogue, *found, today)
    return replace(draft, basis=draft.basis.model_copy(update={"date_format": form})) if form else draft


def advice_on_dates(draft: ProfileDraft, path: Path, today: date) -> list[str]:
    """Return the commands that state the order of days if the dates leave it open; nothing else."""
    found = open_date(draft.proposal, today)
    if found is None or draft.basis.date_format:
        return []
    heading, sighting = found
    commands = " or ".join(
        f'`importer map "{path}" --date-format {form}`' for _, form in orders_of(sighting.text, today).values()
    )
    return [
        f'But the dates below "{heading}" do not show which part is the day, and such rows are rejected. State it: {commands}.'
    ]


def ask_date_format(dialogue: Dialogue, heading: str, sighting: Sighting, today: date) -> str | None:
    """Ask in which order the dates of a sheet are written; None if the user leaves it open. Enter leaves it open."""
    ways = orders_of(sighting.text, today)
    dialogue.say(
        f'\nThe dates below "{printable(heading)}" do not show which part is the day, such as "{printable(sighting.text)}".'
    )
    for number, (text, form) in ways.items():
        dialogue.say(f"  {number}  {text}: {form}")
    while typed := dialogue.ask("Number; Enter leaves it open, and these rows are then rejected: ").strip():
        if typed in ways:
            return ways[typed][1]
        dialogue.say(f"Type one of these numbers: {', '.join(ways)}.")
    return None


def orders_of(text: str, today: date) -> dict[str, tuple[str, str]]:
    """Return the orders in which a text is a day, by number, in words and as a date format."""
    possible = days_in_figures(text, today.year + YEARS_AHEAD) or {}
    ways = {number: (words, _format(text, order)) for number, (words, order) in _ORDERS.items() if order in possible}
    return {number: way for number, way in ways.items() if way[1]}


def _format(text: str, order: DateOrder) -> str:
    """Return the value of ``date_format`` for a text in this order; empty if it cannot be stated."""
    return answers(text, (order,)).removeprefix('date_format = "').removesuffix('"')
