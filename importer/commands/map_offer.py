"""The offer of `run` and `check` at a terminal to ask about headings that leave open what they mean."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from importer.commands.map import map_file
from importer.commands.map_dialogue import is_yes
from importer.commands.map_encoding import has_profile_with_encoding
from importer.commands.map_request import MapRequest
from importer.domain.master_data import MasterData
from importer.errors import EncodingUnclear, ExitCode, FileRefused, UsageError
from importer.loader.profile import NO_PROFILE
from importer.loader.profiles.recognition import search_profiles
from importer.loader.profiles.sampling import sample_file
from importer.loader.profiles.trials import SheetTrials
from importer.settings import Settings
from importer.workspace.dialogue import Dialogue
from importer.workspace.input_files import find_files
from importer.workspace.master_files import part_master_files
from importer.workspace.request import ImportRequest


def offer_map(request: ImportRequest, settings: Settings, dialogue: Dialogue, show: Callable[[str], None]) -> ImportRequest:
    """Offer to ask about each file that would be refused for its headings, and return the request with the new profiles.

    A file that cannot be read, or that a saved profile is for, is left to the import.
    """
    if request.profile != NO_PROFILE or request.frames:
        return request
    paths, master_data = part_master_files(find_files(request.paths).files, request.profile, request.profile_set)
    made = [path for path in paths if _is_mapped(path, request, settings, master_data, dialogue, show)]
    if not made:
        return request
    return replace(request, profile_set=search_profiles(request.workspace.profile_folders))


def _is_mapped(
    path: Path,
    request: ImportRequest,
    settings: Settings,
    master_data: MasterData,
    dialogue: Dialogue,
    show: Callable[[str], None],
) -> bool:
    """Return whether the user has made a profile for a file that would be refused."""
    refusal = _refusal(path, request, settings, master_data)
    if refusal is None:
        return False
    dialogue.say(f"{path.name} cannot be read as it is. {refusal}")
    if not is_yes(dialogue.ask(f"\nAnswer questions about {path.name} now? [Y/n] "), preset=True):
        return False
    wanted = MapRequest(path, folders=request.workspace.profile_folders, master_data=master_data)
    try:
        mapped = map_file(wanted, settings, dialogue, show)
    except (UsageError, FileRefused) as error:
        dialogue.say(str(error))
        return False
    for line in mapped.lines[:-1]:  # the last one says what to do next, which goes on by itself
        dialogue.say(line)
    return mapped.exit_code is not ExitCode.INTERRUPTED


def _refusal(path: Path, request: ImportRequest, settings: Settings, master_data: MasterData) -> str | None:
    """Return why a file would be refused for its headings or its letters; None if it would not, or for another reason."""
    try:
        samples = sample_file(path, master_data=master_data)
    except EncodingUnclear as unclear:
        return None if has_profile_with_encoding(path, request.profile_set) else str(unclear)
    except FileRefused:
        return None
    headings = {sample.name: sample.header for sample in samples}
    if not samples or any(one.matches(headings) for one in request.profile_set.profiles):
        return None
    return _refusal_of_headings([SheetTrials(one, settings.known_voucher_types(), settings.defaults) for one in samples])


def _refusal_of_headings(sheets: Sequence[SheetTrials]) -> str | None:
    """Return why the sheets of a file would be refused; None if they would not."""
    refused = [sheet.refusal(NO_PROFILE) for sheet in sheets if not sheet.is_left_out(NO_PROFILE)]
    if not refused:
        return "None of its sheets has headings that show whether it holds cases or vouchers."
    return next((text for text in refused if text), None)
