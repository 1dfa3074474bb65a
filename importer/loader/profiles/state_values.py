"""The values below the columns of states of a sheet, with what each is taken for, and the answers of a person about them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from importer.domain.row_states import WITH_WORDS, Meaning, StateColumn, find
from importer.loader.profile import Profile
from importer.loader.profiles.trials import SheetTrials
from importer.loader.values.parsers import display_text

MOST_VALUES = 20
"""Values about which one dialogue asks; a column with more holds something else."""


@dataclass(frozen=True, slots=True)
class StateValue:
    """A value below a heading of states, in how many sampled rows, and what it means.

    ``meaning`` is None for an unknown value. What is not certain is a question about its rows until a person confirms it.
    """

    heading: str
    text: str
    rows: int
    meaning: Meaning | None
    is_certain: bool


def state_values(sheet: SheetTrials, profile: Profile) -> list[StateValue]:
    """Return the sampled values of the columns of states of a sheet that is read with a profile, in the order of its columns."""
    plan = sheet.plan(profile)
    if plan is None:
        return []
    cells = {heading.text: heading.cells for heading in sheet.sample.headings}
    found = []
    for one in plan.states.of(*WITH_WORDS):
        texts: dict[str, int] = {}
        for cell in cells.get(one.heading, ()):
            text = display_text(cell).strip()
            texts[text] = texts.get(text, 0) + 1
        for text, rows in texts.items():
            word = find(one.column, text, plan.states.system)
            known = one.meanings.get(text, word.meaning if word else None)
            is_certain = text in one.meanings or (word is not None and word.is_certain)
            found.append(StateValue(one.heading, text, rows, known, is_certain))
    return found


def open_values(values: Iterable[StateValue]) -> list[StateValue]:
    """Return the values that are asked about, since they are not certain."""
    return [one for one in values if not one.is_certain][:MOST_VALUES]


def with_meanings(profile: Profile, found: Mapping[str, Meaning]) -> Profile:
    """Return a profile with what a person says that values of states mean, by their texts."""
    if not found:
        return profile
    row_state = StateColumn.ROW_STATE.value
    words = {text: word_of(meaning) for text, meaning in found.items()}
    return profile.model_copy(update={"values": {**profile.values, row_state: {**profile.values.get(row_state, {}), **words}}})


def word_of(meaning: Meaning) -> str:
    """Return a meaning as profiles name it: ``written off``."""
    return meaning.value.replace("_", " ")
