"""What a user asks for: which sources, read with which profiles, sent how."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from importer.loader.profile import NO_PROFILE, NO_PROFILE_WANTED, Profile
from importer.loader.profiles.profile_file import load_profile
from importer.loader.profiles.recognition import EMPTY_SHELF, Shelf, search_shelf
from importer.workspace.expectation import Expectation
from importer.workspace.workspace import Workspace

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class ImportRequest:
    """What the user asked for. Without a ``profile`` each source is read with the one on the ``shelf`` that knows it.

    ``paths`` and ``output`` are the user's own; everything else is found in the ``workspace``.
    """

    workspace: Workspace
    paths: tuple[Path, ...] = ()
    frames: dict[str, pd.DataFrame] = field(default_factory=dict)
    profile: Profile = NO_PROFILE
    shelf: Shelf = EMPTY_SHELF
    output: Path | None = None
    test_cases: bool = False
    stop_at_quota: bool = False
    confirmed: bool = False
    expected: Expectation = field(default_factory=Expectation)


def find_profiles(wanted: str | Profile | None, workspace: Workspace) -> tuple[Profile, Shelf]:
    """The profile that is wanted by name or path; without one those of the workspace that can be found by headings.

    The name ``none`` stands for neither.

    Raises ProfileError if there is no such profile or it has a mistake.
    """
    if isinstance(wanted, Profile):
        return wanted, EMPTY_SHELF
    if wanted == NO_PROFILE_WANTED:
        return NO_PROFILE, EMPTY_SHELF
    if wanted:
        return load_profile(wanted, workspace.profile_folders), EMPTY_SHELF
    return NO_PROFILE, search_shelf(workspace.profile_folders)
