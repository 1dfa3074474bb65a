"""The questions of `importer map` about the values that show whether a row is a claim, and `importer map --confirm`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import tomlkit

from importer.domain.confirmed_values import values_to_confirm
from importer.domain.row_states import IN_WORDS, Meaning, StateColumn, meaning_in_profile, profile_words
from importer.errors import UsageError
from importer.ledger.storage.location import require_ledger
from importer.loader.profile import Profile
from importer.loader.profiles.profile_file import load_profile
from importer.loader.profiles.profile_writer import write_profile
from importer.loader.profiles.proposal import printable
from importer.loader.profiles.state_values import open_values, state_values, with_meanings, word_of
from importer.loader.profiles.trials import SheetTrials
from importer.workspace.dialogue import Dialogue
from importer.workspace.environment import Environment
from importer.workspace.workspace import Workspace

MOST_BATCHES = 1_000
"""Batches that are looked through for the last import with a profile."""


def ask_states(dialogue: Dialogue, sheet: SheetTrials, profile: Profile) -> Profile:
    """Ask what the values mean that are unknown or not certain, and return the profile with the answers.

    Nothing is offered by default: Enter leaves a value open, and its rows are then questions.
    """
    found: dict[str, Meaning] = {}
    for one in open_values(state_values(sheet, profile)):
        known = f", usually {IN_WORDS[one.meaning]}" if one.meaning else ""
        text = f'"{printable(one.heading)}": "{printable(one.text)}" in {one.rows:,} of the first rows{known}'
        dialogue.say(f"\n{text}. What does it mean?")
        answer = _asked(dialogue)
        if answer is not None:
            found[one.text] = answer
    return with_meanings(profile, found)


def _asked(dialogue: Dialogue) -> Meaning | None:
    while typed := dialogue.ask("claim, paid, draft, no claim, credit note, payment, fee or question; Enter leaves it open: "):
        if (meaning := meaning_in_profile(typed)) is not None:
            return meaning
        dialogue.say(f'"{printable(typed)}" is none of: {profile_words()}.')
    return None


def confirm_profile(workspace: Workspace, environment: Environment, name: str, show: Callable[[str], None]) -> list[str]:
    """Write into a profile what the values of its last import were taken for, and return lines for the user.

    Raises UsageError if nothing was imported with it, or if nothing waits to be confirmed.
    """
    require_ledger(environment.ledger_url)
    profile = load_profile(name, workspace.profile_folders)
    paths = (folder / f"{profile.name}.toml" for folder in workspace.profile_folders)
    path = next((path for path in paths if path.is_file()), Path(name))
    with environment.open_ledger("importer map") as ledger, ledger.unit_of_work() as work:
        batch = next((one for one in work.queries.batches(MOST_BATCHES) if one.profile == profile.name), None)
    if batch is None:
        raise UsageError(f"Nothing was imported with the profile {profile.name} yet, so that there is nothing to confirm.")
    waiting = {one.text: one.meaning for one in values_to_confirm(batch.notes)}
    if not waiting:
        raise UsageError(f"All values of {batch.source_name}, the last import with {profile.name}, are certain or confirmed.")
    for text, meaning in waiting.items():
        show(f'  "{printable(text)}" is {IN_WORDS[meaning]}')
    write_profile(path, with_values(path, {text: word_of(meaning) for text, meaning in waiting.items()}), environment.access)
    return [f"Confirmed in {path.as_posix()}: {len(waiting)} values of {batch.source_name}."]


def with_values(path: Path, found: Mapping[str, str]) -> str:
    """Return the text of a profile file with what values of a state mean added to it; the rest stays as it is."""
    document = tomlkit.parse(path.read_text(encoding="utf-8-sig"))
    values = document.setdefault("values", tomlkit.table(is_super_table=True))
    table = values.setdefault(StateColumn.ROW_STATE.value, tomlkit.table())
    for text, word in found.items():
        table[text] = word
    return tomlkit.dumps(document)
