"""The dialogue about a proposal: what is shown, what is asked, and what an answer means."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from importer.domain.cells import Cell
from importer.domain.code_lists import BY_NAME, VoucherTypes
from importer.domain.columns import Column
from importer.loader.profiles.proposal import EXACT, Guess, Heading, Proposal, column_called
from importer.loader.sheets.cell_tests import could_be_value
from importer.loader.sheets.plan import column_in
from importer.loader.sheets.shape import Shape
from importer.loader.values.parsers import shown

SAMPLES = 3
SAMPLE_WIDTH, HEADING_WIDTH, COLUMN_WIDTH = 24, 28, 28
LEAVE_OUT = "0"


class Dialogue(Protocol):
    """Somebody at a terminal."""

    def say(self, line: str) -> None: ...

    def ask(self, question: str) -> str:
        """The answer, trimmed; empty for Enter. Raises typer.Abort at the end of input."""
        ...


def table(proposal: Proposal) -> list[str]:
    """A line per heading: the column that it probably fills, how sure that is, and three of its values."""
    lines = [f"  {'heading':<{HEADING_WIDTH}}  {'column':<{COLUMN_WIDTH}}  {'score':>5}  values"]
    for guess in proposal.guesses:
        score = next((f"{c.score} %" for c in guess.candidates if c.name == guess.suggested), "")
        lines.append(
            f"  {_cut(guess.heading.text, HEADING_WIDTH):<{HEADING_WIDTH}}  {_guessed(guess):<{COLUMN_WIDTH}}  {score:>5}  "
            f"{samples(guess.heading)}".rstrip()
        )
    return lines


def _guessed(guess: Guess) -> str:
    if guess.repeated:
        return "(stands there twice)"
    if guess.suggested:
        return guess.suggested if guess.sure else f"{guess.suggested} ?"
    return "?" if guess.candidates else "-"


def samples(heading: Heading) -> str:
    """Three different values of a heading, for the terminal only: they are personal data."""
    found: dict[str, None] = {}
    for cell in heading.cells:
        found.setdefault(_printable(cell))
        if len(found) == SAMPLES:
            break
    return " | ".join(_cut(text, SAMPLE_WIDTH) for text in found)


def _printable(cell: Cell) -> str:
    return "".join(c if c.isprintable() else " " for c in shown(cell))  # a cell must not steer the terminal


def _cut(text: str, width: int) -> str:
    text = "".join(c if c.isprintable() else " " for c in text)
    return text if len(text) <= width else text[: width - 1] + "…"


def ask_shape(dialogue: Dialogue, headings: Sequence[Heading]) -> Shape:
    """What the rows hold, where the headings do not tell."""
    listed = ", ".join(f'"{_cut(heading.text, HEADING_WIDTH)}"' for heading in headings if heading.text)
    dialogue.say(f"The headings are {listed}.")
    dialogue.say("What does a row of this sheet hold?\n  1  a case\n  2  a voucher\n  3  a case and a voucher of it")
    answers = {"": Shape.CASES, "1": Shape.CASES, "2": Shape.VOUCHERS, "3": Shape.FLAT}
    while (answer := dialogue.ask("Number [1]: ")) not in answers:
        dialogue.say("Type 1, 2 or 3.")
    return answers[answer]


def ask_heading(dialogue: Dialogue, guess: Guess, shape: Shape, taken: Collection[str]) -> str | None:
    """The column that a heading fills, by somebody's word; None to leave it out."""
    left = [c for c in guess.candidates if c.name not in taken]
    dialogue.say(f'\n"{_cut(guess.heading.text, 60)}"   {samples(guess.heading)}')
    for number, candidate in enumerate(left, 1):
        told = "" if candidate.score < EXACT else "   (another heading may mean it, too, or the values do not look like it)"
        dialogue.say(f"  {number}  {candidate.name:<{COLUMN_WIDTH}} {candidate.score} %{told}")
    dialogue.say("  0  leave it out")
    preset = next((str(n) for n, c in enumerate(left, 1) if c.name == guess.suggested), LEAVE_OUT)
    by_number: Mapping[str, str | None] = {LEAVE_OUT: None} | {str(n): c.name for n, c in enumerate(left, 1)}
    while True:
        answer = dialogue.ask(f"Number, or the name of a column [{preset}]: ") or preset
        if answer in by_number:
            return by_number[answer]
        name = column_called(answer, shape)
        if name and name not in taken:
            return name
        why = f"{answer} is filled by another heading already" if name else "There is no such column; the README lists them"
        dialogue.say(f"{why}. Type a number of the list, or another column's name.")


def ask_missing(
    dialogue: Dialogue, name: str, shape: Shape, unused: Sequence[Heading], types: VoucherTypes
) -> Heading | str | None:
    """What fills a column that the sheet must have: one of its headings, one value for all rows, or (None) nothing yet."""
    column = column_in(shape, name)
    dialogue.say(f"\nNo heading fills {name}: {column.help}")
    for number, heading in enumerate(unused, 1):
        dialogue.say(f"  {number}  {_cut(heading.text, HEADING_WIDTH):<{HEADING_WIDTH}} {samples(heading)}")
    if column.name == "debtor_type":
        dialogue.say(f'If the list has both, say "{BY_NAME}": a legal form (ApS, GmbH) or number makes a Company, else a Person.')
    choose = "The number of a heading, or one" if unused else "One"
    while True:
        answer = dialogue.ask(f"{choose} value for all rows; Enter leaves it open: ")
        if not answer:
            return None
        if answer.isdecimal() and 1 <= int(answer) <= len(unused):
            return unused[int(answer) - 1]
        if could_be_value(column, answer, types):
            return answer
        dialogue.say(refusal_of(column, answer))


def refusal_of(column: Column, value: str) -> str:
    return f'"{value}" cannot be {column.name}. {column.help}' + (f" For example: {column.example}" if column.example else "")


def is_yes(answer: str, *, preset: bool) -> bool:
    return answer.casefold() in {"y", "yes", "j", "ja"} if answer else preset
