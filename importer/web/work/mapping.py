"""The questions of `importer map` about a dropped file, answered on a page: the same questions, and the same answers.

Nothing is kept between two pages: the form carries all answers, and they are given again, in their order, each time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from importer.domain.paths import exists
from importer.errors import FileRefused, UsageError
from importer.loader.profile import NO_PROFILE_WANTED
from importer.loader.profiles.draft import AnswerValue, FromHeading, ProfileDraft, finish, validated
from importer.loader.profiles.profile_writer import name_for, profile_text, write_profile
from importer.loader.profiles.questions import (
    NOTHING,
    AnswerRefused,
    Question,
    SheetQuestionKind,
    answer,
    open_questions,
    questions,
)
from importer.loader.profiles.recognition import search_profiles
from importer.loader.profiles.sampling import sample_file
from importer.loader.profiles.trials import SheetTrials
from importer.loader.sheets.shape import Shape
from importer.web.work.environments import PageEnvironments

OTHER = "other"
"""The option whose answer is the text beside it."""
LONGEST_NAME = 60


@dataclass(frozen=True)
class Option:
    """An answer to choose on a page."""

    value: str
    label: str
    certainty: int | None
    samples: tuple[str, ...]
    is_chosen: bool


@dataclass(frozen=True)
class Asked:
    """A question as a page shows it, with its options, the text that was written beside them, and why that was refused.

    ``key`` names it in the form.
    """

    key: str
    question: Question
    options: tuple[Option, ...]
    written: str
    refused: str


@dataclass(frozen=True)
class MapView:
    """The state of a dialogue: the sheet, its questions, and once all are answered how the sheet will be read."""

    sheets: tuple[str, ...]
    sheet: int
    asked: tuple[Asked, ...]
    is_complete: bool
    columns: tuple[tuple[str, str], ...]
    constants: tuple[tuple[str, str], ...]
    unused: tuple[str, ...]
    refusal: str
    name: str
    known: str


@dataclass(frozen=True)
class Answers:
    """What the form says: the number of the sheet, and by the key of each question the option and the text beside it."""

    sheet: str = ""
    chosen: Mapping[str, str] | None = None
    written: Mapping[str, str] | None = None


def map_view(environments: PageEnvironments, path: Path, given: Answers) -> MapView:
    """Return the dialogue about a file with these answers. Raises FileRefused or UsageError."""
    sheets = _sheets(environments, path)
    sheet = _chosen_sheet(path, sheets, given.sheet)
    draft, refused = _answered(_start(path, sheet, is_one_of_several=len(sheets) > 1), given)
    asked = tuple(_asked(one, given, refused.get(one.id, "")) for one in questions(draft))
    is_complete = not refused and not open_questions(draft) and given.chosen is not None
    known = _known_profile(environments, sheet)
    return MapView(
        tuple(one.sample.name for one in sheets),
        sheets.index(sheet),
        asked,
        is_complete,
        tuple(draft.columns.items()),
        tuple(draft.constants.items()),
        tuple(draft.unused()),
        (sheet.refusal(finish(draft)) or "") if is_complete else "",
        known.stem if known else name_for(path.name),
        known.stem if known else "",
    )


def save_profile(environments: PageEnvironments, path: Path, given: Answers, name: str, *, replace: bool) -> str:
    """Write the profile that follows from the answers, and return its name. Raises UsageError if that is not possible."""
    sheets = _sheets(environments, path)
    sheet = _chosen_sheet(path, sheets, given.sheet)
    draft, refused = _answered(_start(path, sheet, is_one_of_several=len(sheets) > 1), given)
    if refused or open_questions(draft):
        raise UsageError("A question is not answered yet. Nothing was written.")
    target = _target(environments, sheet, name, replace=replace)
    profile = finish(draft).model_copy(update={"name": target.stem})
    if refusal := sheet.refusal(profile):
        raise UsageError(f"With these answers the sheet cannot be read: {refusal} Nothing was written.")
    environments.access.folders_to(target.parent)
    write_profile(target, profile_text(profile, draft.unused()), environments.access)
    return target.stem


def _sheets(environments: PageEnvironments, path: Path) -> list[SheetTrials]:
    types = environments.settings.known_voucher_types()
    found = [SheetTrials(sample, types, environments.settings.defaults) for sample in sample_file(path)]
    if not found:
        raise FileRefused(f"{path.name} holds no rows below a header. Check that it is the right file.")
    return found


def _chosen_sheet(path: Path, sheets: Sequence[SheetTrials], name: str) -> SheetTrials:
    if not name:
        return max(sheets, key=lambda sheet: len(sheet.proposal(Shape.FLAT).sure()))
    if name.isascii() and name.isdecimal() and int(name[:6]) < len(sheets):
        return sheets[int(name[:6])]
    raise UsageError(f"{path.name} has no such sheet. Choose another one.")


def _start(path: Path, sheet: SheetTrials, *, is_one_of_several: bool) -> ProfileDraft:
    named = {"sheet": sheet.sample.name} if is_one_of_several else {}
    basis = {"name": name_for(path.name), "description": f"Sheets like {path.name}", **named}
    return ProfileDraft(sheet, validated(basis))


def _answered(draft: ProfileDraft, given: Answers) -> tuple[ProfileDraft, dict[str, str]]:
    """Give the answers in the order of the questions. Returns the draft, and why answers were refused, by question."""
    refused: dict[str, str] = {}
    done: set[str] = set()
    while (question := _next_question(draft, done)) is not None:
        done.add(question.id)
        value = _value(question, given)
        if value is None:
            continue
        try:
            draft = answer(draft, question.id, value)
        except AnswerRefused as error:
            refused[question.id] = str(error)
    return draft, refused


def _next_question(draft: ProfileDraft, done: set[str]) -> Question | None:
    return next((one for one in questions(draft) if one.id not in done), None)


def _value(question: Question, given: Answers) -> AnswerValue | None:
    """Return the answer of the form to a question; None if it has none, or one that is not offered any more."""
    chosen = (given.chosen or {}).get(key_of(question.id))
    if chosen == OTHER:
        return (given.written or {}).get(key_of(question.id), "")
    values: list[AnswerValue] = [*(choice.answer for choice in question.choices), NOTHING]
    return next((value for value in values if _token(value) == chosen), None)


def _asked(question: Question, given: Answers, refused: str) -> Asked:
    key = key_of(question.id)
    chosen = (given.chosen or {}).get(key)
    if chosen is None and question.default is not None:
        chosen = _token(question.default)
    options = [
        Option(token := _token(one.answer), one.label, one.certainty, one.samples, token == chosen) for one in question.choices
    ]
    if question.kind is not SheetQuestionKind.SHAPE:
        options.append(Option(_token(NOTHING), "", None, (), chosen == _token(NOTHING)))
    return Asked(key, question, tuple(options), (given.written or {}).get(key, ""), refused)


def key_of(text: str) -> str:
    """Return a name for a form: a heading holds what browsers change, such as line breaks."""
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _token(value: AnswerValue) -> str:
    return key_of(f"heading {value.heading}" if isinstance(value, FromHeading) else f"text {value}")


def _known_profile(environments: PageEnvironments, sheet: SheetTrials) -> Path | None:
    """Return the profile that matches the headings already."""
    headings = {sheet.sample.name: sheet.sample.header}
    found = search_profiles(environments.workspace.profile_folders).profiles
    return next((one.path for one in found if one.matches(headings)), None)


def _target(environments: PageEnvironments, sheet: SheetTrials, name: str, *, replace: bool) -> Path:
    known = _known_profile(environments, sheet)
    if known is not None:
        if not replace:
            raise UsageError(
                f"The profile {known.stem} matches these headings already. Agree to replace it, or change that file."
            )
        return known
    plain = name_for(f"{name.strip()[:LONGEST_NAME]}.xlsx")
    if not plain or plain == NO_PROFILE_WANTED:
        raise UsageError("Give the profile a name of letters and digits. Nothing was written.")
    target = environments.workspace.profile_folders[0] / f"{plain}.toml"
    if exists(target):
        raise UsageError(f"There is a profile {plain} for other headings. Give this one another name; nothing was written.")
    return target
