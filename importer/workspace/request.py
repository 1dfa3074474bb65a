"""The request for an import: its sources, profiles and options."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from pathlib import Path
from typing import TYPE_CHECKING

from importer.domain.batches import CorrectedSource, Person
from importer.domain.master_data import MasterData
from importer.domain.parties.kinds import PartyKind
from importer.errors import ProfileError
from importer.loader.profile import NO_PROFILE, NO_PROFILE_WANTED, Profile
from importer.loader.profiles.profile_file import load_profile
from importer.loader.profiles.recognition import NO_PROFILES, ProfileSet, search_profiles
from importer.workspace.approval import Gates
from importer.workspace.expectation import Expectation
from importer.workspace.reading_progress import ReadingShown, shown_to_nobody
from importer.workspace.workspace import Workspace

if TYPE_CHECKING:
    import pandas as pd


def _kept_nowhere(batch_id: int, data: MasterData) -> None:
    """Keep no master data: they are found again where they were."""


class NewLedger(Enum):
    """What becomes of a ledger that is new for the account: asked about, allowed by the user, or of no importance."""

    ASKED = auto()
    ALLOWED = auto()
    IGNORED = auto()  # the command sends no case of an account that the ledger has not served


@dataclass(frozen=True)
class ImportRequest:
    """The sources and options of an import.

    Without a ``profile``, each source is read with the profile of the ``profile_set`` that matches its headings. ``paths`` and
    ``output`` are as the user gave them; all other files are in the ``workspace``. ``files_folder`` is where the files are that
    rows name, such as attachments, if that is not the folder of the source. ``documents`` is the folder or ZIP with
    the documents of the invoices, if it is not the one beside a source that has its name. ``parties`` are the kinds of debtors
    that a person has given for this import, by folded customer number, or by name and postal code. ``prepared_by`` are people
    who have prepared the sources beside the one who stages them: they may not approve them either under four eyes.
    ``leaves_sending``: what is approved is left to the account's sender, also if there is none at the moment.
    ``list_is_current``: its lists count, although they look older or shorter than the last ones.
    ``corrects``: of which batch a source has corrected rows, by the SHA-256 of the source.
    ``completed_from``: the master data that completed the rows of such a source at first, by the same; they count in place of
    all others. ``keep_master_data`` is called with each batch that is recorded and the master data for it.
    ``reading`` takes how far the reading is. ``is_shown``: the review is shown to a person at once, so that it counts as seen.
    """

    workspace: Workspace
    paths: tuple[Path, ...] = ()
    frames: dict[str, pd.DataFrame] = field(default_factory=dict)
    profile: Profile = NO_PROFILE
    profile_set: ProfileSet = NO_PROFILES
    output: Path | None = None
    test_cases: bool = False
    stop_at_quota: bool = False
    leaves_sending: bool = False
    confirmed: bool = False
    new_ledger: bool = False
    list_is_current: bool = False
    expected: Expectation = field(default_factory=Expectation)
    gates: Gates = field(default_factory=Gates)
    files_folder: Path | None = None
    documents: Path | None = None
    parties: Mapping[str, PartyKind] = field(default_factory=dict)
    prepared_by: tuple[Person, ...] = ()
    corrects: Mapping[str, CorrectedSource] = field(default_factory=dict)
    completed_from: Mapping[str, MasterData] = field(default_factory=dict)
    keep_master_data: Callable[[int, MasterData], None] = _kept_nowhere
    is_shown: bool = True
    reading: ReadingShown = shown_to_nobody

    @property
    def new_ledger_choice(self) -> NewLedger:
        """Return whether a new ledger may begin to serve the account without a question."""
        return NewLedger.ALLOWED if self.new_ledger else NewLedger.ASKED

    @property
    def is_asked(self) -> bool:
        """Return whether a person is asked before anything is sent."""
        return not self.confirmed and self.gates.confirm is None


def find_profiles(wanted: str | Profile | None, workspace: Workspace) -> tuple[Profile, ProfileSet]:
    """Return the profile with this name or path, or (for None) the workspace's profiles, to be matched by headings.

    The name ``none`` means neither. Raises ProfileError if the name is empty, or the profile does not exist or has a mistake.
    """
    if isinstance(wanted, Profile):
        return wanted, NO_PROFILES
    if wanted is not None and not wanted.strip():
        raise ProfileError('The name of the profile is empty. Write it out, or "none" to read without any.')
    if wanted == NO_PROFILE_WANTED:
        return NO_PROFILE, NO_PROFILES
    if wanted:
        return load_profile(wanted, workspace.profile_folders), NO_PROFILES
    return NO_PROFILE, search_profiles(workspace.profile_folders)
