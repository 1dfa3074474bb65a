"""The questions about a sheet at a terminal: their display, and the parsing of typed answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from importer.domain.code_lists import BY_NAME
from importer.domain.row_states import StateColumn
from importer.loader.profiles.draft import CONTACT, AnswerValue, ProfileDraft
from importer.loader.profiles.joins import JOIN
from importer.loader.profiles.proposal import EXACT, Guess, SheetProposal, printable
from importer.loader.profiles.questions import (
    NOTHING,
    AnswerRefused,
    Choice,
    Question,
    SheetQuestionKind,
    answer,
    open_questions,
)
from importer.loader.sheets.plan import column_in
from importer.loader.sheets.shape import Shape, index_in
from importer.workspace.dialogue import Dialogue

SAMPLE_WIDTH, HEADING_WIDTH, COLUMN_WIDTH, SUBJECT_WIDTH = 24, 28, 28, 60
QUESTION_WIDTH = 400
MOST_LISTED = 15
WAYS_TO_CASES = {
    "debtor": "all invoices of a debtor together, less credits and payments: a case a debtor, a voucher a document",
    "row": "each row: a case an invoice",
    "reference": "all rows with the same case reference",
}
LEAVE_OUT, HELP = "0", "?"
ABOUT_CONTACT = "\nA company needs a contact person; Enter here takes the company's own name for it."
ABOUT_TYPE = f'If the list has both, type "{BY_NAME}": numbers, legal forms and names then show what each debtor is.'


def table(proposal: SheetProposal) -> list[str]:
    """Return one line per heading: the column that it probably fills, the score of the match, and three values."""
    lines = [f"  {'heading':<{HEADING_WIDTH}}  {'column':<{COLUMN_WIDTH}}  {'score':>5}  values"]
    for guess in proposal.guesses:
        score = next((f"{c.score} %" for c in guess.candidates if c.name == guess.suggested), "")
        lines.append(
            f"  {_cut(guess.heading.text, HEADING_WIDTH):<{HEADING_WIDTH}}  {_guessed(guess):<{COLUMN_WIDTH}}  {score:>5}  "
            f"{_joined(guess.heading.samples())}".rstrip()
        )
    return lines


def ask_all(dialogue: Dialogue, draft: ProfileDraft) -> ProfileDraft:
    """Ask all open questions, including those that arise from answers, and return the draft with the answers."""
    while questions := open_questions(draft):
        draft = ask(dialogue, draft, questions[0])
    return draft


def ask(dialogue: Dialogue, draft: ProfileDraft, question: Question) -> ProfileDraft:
    """Ask one question until an answer is accepted, and return the draft with the answer."""
    form = _FORMS[question.kind](question)
    for line in form.lines:
        dialogue.say(line)
    while True:
        typed = dialogue.ask(form.prompt)
        if typed == HELP:
            for line in listed_answers(draft, question):
                dialogue.say(line)
            continue
        try:
            return answer(draft, question.id, form.meant(typed) if typed else None)
        except AnswerRefused as refused:
            dialogue.say(form.advice.format(refused))


def listed_answers(draft: ProfileDraft, question: Question) -> list[str]:
    """Return what may be answered: for a heading the columns that are still free, with what they hold; else the headings."""
    if question.kind is SheetQuestionKind.SHAPE:
        return ["cases: a claim a row; vouchers: an invoice or payment of a claim a row; flat: a claim and one of its vouchers."]
    if question.kind is SheetQuestionKind.CASES:
        return [f"  {choice.label}: {WAYS_TO_CASES[choice.label]}" for choice in question.choices]
    if question.kind is SheetQuestionKind.COLUMN:
        return [f"  {_cut(one.label, HEADING_WIDTH):<{HEADING_WIDTH}} {_joined(one.samples)}" for one in question.choices]
    lines = [f"  {name:<{COLUMN_WIDTH}} {text}" for name, text in free_columns(draft).items()]
    states = [] if draft.proposal.shape is Shape.VOUCHERS else [f"  {', '.join(StateColumn)}: they show whether a row is a claim"]
    return [*lines, *states]


def free_columns(draft: ProfileDraft) -> dict[str, str]:
    """Return the columns that nothing fills yet, each with what it holds."""
    taken, shape = draft.taken(), draft.proposal.shape
    return {name: column_in(shape, name).help for name in dict.fromkeys(index_in(shape).values()) if name not in taken}


def is_yes(answer: str, *, preset: bool) -> bool:
    """Return whether an answer means yes; ``preset`` is the meaning of an empty one."""
    return answer.casefold() in {"y", "yes", "j", "ja"} if answer else preset


def is_no(answer: str) -> bool:
    """Return whether an answer means no."""
    return answer.casefold() in {"n", "no", "nej", "nein", "nei", "0"}


@dataclass(frozen=True, slots=True)
class _Form:
    """A question at the terminal: lines to show, the prompt, the parser of a typed answer, and advice after a refused one."""

    lines: Sequence[str]
    prompt: str
    meant: Callable[[str], AnswerValue]
    advice: str = "{}"


def _about_shape(question: Question) -> _Form:
    listed = ", ".join(f'"{_cut(heading, HEADING_WIDTH)}"' for heading in question.samples)
    shapes = "  1  a case\n  2  a voucher\n  3  a case and a voucher of it"
    lines = (f"The headings are {listed}.", f"What does a row of this sheet hold?\n{shapes}")
    numbers = _numbered(question.choices)
    return _Form(lines, f"Number{_preset(question)}: ", lambda typed: numbers.get(typed, NOTHING), "Type 1, 2 or 3.")


def _about_join(question: Question) -> _Form:
    samples = f"   {_joined(question.samples)}" if question.samples else ""
    preset = "[Y/n]" if question.default else "[y/n]"
    return _Form(
        (f"\n{_cut(question.help, QUESTION_WIDTH)}{samples}",),
        f"Is that right? {preset} ",
        lambda typed: JOIN if is_yes(typed, preset=False) else NOTHING if is_no(typed) else typed,
        "Type y or n.",
    )


def _about_heading(question: Question) -> _Form:
    title = f'\n"{_cut(question.subject, SUBJECT_WIDTH)}"   {_joined(question.samples)}'
    offers = (f"  {number}  {_offer(choice)}" for number, choice in enumerate(question.choices, 1))
    numbers = {LEAVE_OUT: NOTHING} | _numbered(question.choices)
    remark = [f"  But {question.remark}."] if question.remark else []
    return _Form(
        (title, *offers, *remark, f"  {LEAVE_OUT}  leave it out"),
        f"Number, or the name of a column; ? lists them{_preset(question)}: ",
        lambda typed: numbers.get(typed, typed),
        "{} Type a number of the list, or another column's name; 0 leaves it out, and Ctrl-C ends.",
    )


def _offer(choice: Choice) -> str:
    certainty = choice.certainty or 0
    remark = "" if certainty < EXACT else "   (another heading may mean it, too, or the values do not look like it)"
    return f"{choice.label:<{COLUMN_WIDTH}} {certainty} %{remark}"


def _about_column(question: Question) -> _Form:
    listed = question.choices[:MOST_LISTED]
    about_contact = question.subject == CONTACT
    lines = [ABOUT_CONTACT] if about_contact else []
    lines.append(f"\nNo heading fills {question.subject}: {question.help}")
    for number, choice in enumerate(listed, 1):
        lines.append(f"  {number}  {_cut(choice.label, HEADING_WIDTH):<{HEADING_WIDTH}} {_joined(choice.samples)}")
    if question.subject == "debtor_type":
        lines.append(ABOUT_TYPE)
    numbers = _numbered(listed)
    ways = ["The number or text of a heading"] if listed or not question.one_value else []
    ways += ["one value for all rows"] if question.one_value else []
    choose = ", or ".join(ways)
    return _Form(
        lines,
        f"{choose[:1].upper()}{choose[1:]}; ? lists the headings{'' if about_contact else '; Enter leaves it open'}: ",
        lambda typed: numbers.get(str(int(typed)) if typed.isdecimal() else typed, typed),
    )


def _about_cases(question: Question) -> _Form:
    lines = ["\nOne debtor has several rows. What makes a case?"]
    lines += [f"  {number}  {WAYS_TO_CASES[choice.label]}" for number, choice in enumerate(question.choices, 1)]
    numbers = _numbered(question.choices)
    return _Form(lines, "Number: ", lambda typed: numbers.get(typed, typed))


_FORMS: Mapping[SheetQuestionKind, Callable[[Question], _Form]] = {
    SheetQuestionKind.SHAPE: _about_shape,
    SheetQuestionKind.JOIN: _about_join,
    SheetQuestionKind.HEADING: _about_heading,
    SheetQuestionKind.COLUMN: _about_column,
    SheetQuestionKind.CASES: _about_cases,
}


def _numbered(choices: Sequence[Choice]) -> dict[str, AnswerValue]:
    return {str(number): choice.answer for number, choice in enumerate(choices, 1)}


def _preset(question: Question) -> str:
    """Return the number of the default answer in brackets; empty without a default."""
    numbers = (number for number, choice in _numbered(question.choices).items() if choice == question.default)
    return "" if question.default is None else f" [{next(numbers, LEAVE_OUT)}]"


def _guessed(guess: Guess) -> str:
    if guess.repeated:
        return "(appears twice)"
    if guess.state:
        return guess.state
    if guess.suggested:
        return guess.suggested if guess.sure else f"{guess.suggested} ?"
    return "?" if guess.candidates else "-"


def _joined(samples: Sequence[str]) -> str:
    return " | ".join(_cut(text, SAMPLE_WIDTH) for text in samples)


def _cut(text: str, width: int) -> str:
    """Cut the text to ``width`` printable characters: a cell must not be able to control the terminal."""
    text = printable(text)
    return text if len(text) <= width else text[: width - 1] + "…"
