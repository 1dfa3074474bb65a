"""Profiles that are found again by the headings of a sheet, without being named."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from importer.domain.cells import Cell
from importer.domain.notes import Note, NoteKind
from importer.domain.text_keys import header_key, heading_set
from importer.errors import FileRefused, ProfileError
from importer.loader.profile import Profile
from importer.loader.profiles.profile_file import read_profile
from importer.loader.sheets.sheet import Sheet, first_rows, header_of, with_report_layout

NEAR = 0.75
"""How much of two sets of headings must be common for one to be taken for a change of the other."""
HEAD_ROWS = 200  # a header further down is not looked for
Headings = Mapping[str, tuple[str, ...]]  # a file's sheets by name, with the headings of each


@dataclass(frozen=True)
class SavedProfile:
    """A profile that has ``headings``, and the file in which it stands."""

    profile: Profile
    path: Path

    def note(self) -> Note:
        return Note(NoteKind.PROFILE_USED, values=(("profile", self.profile.name), ("path", self.path.as_posix())))

    def matches(self, headings: Headings) -> bool:
        """Whether one sheet has just these headings, among those that the profile names if it names any."""
        own, wanted = self.profile.sheets(), heading_set(self.profile.headings)
        if not set(own) <= headings.keys():
            return False
        return any(heading_set(found) == wanted for sheet, found in headings.items() if not own or sheet in own)


@dataclass(frozen=True)
class ProfileSet:
    """The profiles that can be found by headings; ``broken`` are sentences about those that cannot be read."""

    profiles: tuple[SavedProfile, ...] = ()
    broken: tuple[str, ...] = ()


NO_PROFILES = ProfileSet()


def search_profiles(folders: Iterable[Path]) -> ProfileSet:
    """All profiles with ``headings`` in these folders; of two with one name the earlier folder's counts."""
    found: dict[str, Path] = {}
    for folder in folders:
        for path in sorted(folder.glob("*.toml")) if folder.is_dir() else ():
            found.setdefault(path.stem, path)
    profiles, broken = [], []
    for path in found.values():
        try:
            profile = read_profile(path)
        except ProfileError as error:
            broken.append(f"{error} Until then it is passed over.")
            continue
        if heading_set(profile.headings):
            profiles.append(SavedProfile(profile.model_copy(update={"name": path.stem}), path))
    return ProfileSet(tuple(profiles), tuple(broken))


def reader_of_headings(sheets: Iterable[Sheet]) -> Callable[[Profile], Headings]:
    """Gives the headings of these sheets as a profile's layout finds them; each sheet is read once."""
    heads = {sheet.name: first_rows(sheet, HEAD_ROWS) for sheet in sheets}
    return lambda profile: {name: _headings(name, rows, profile) for name, rows in heads.items()}


def _headings(sheet: str, rows: Sequence[tuple[int, tuple[Cell, ...]]], profile: Profile) -> tuple[str, ...]:
    try:
        return header_of(sheet, iter(rows), with_report_layout(rows, profile))[1]
    except FileRefused:  # nothing stands where this profile has the header: it is not for this sheet
        return ()


def the_only_match(name: str, fitting: Sequence[SavedProfile]) -> SavedProfile | None:
    """The one profile that knows a file. Raises FileRefused, naming all, if there are more."""
    if len(fitting) > 1:
        told = " and ".join(f'"{one.profile.name}" ({one.path.as_posix()})' for one in fitting)
        ways = " or ".join(f"--profile {one.profile.name}" for one in fitting)
        raise FileRefused(f"{name} has headings that the profiles {told} know. Say which one to use: {ways}.")
    return fitting[0] if fitting else None


def refuse_near_miss(name: str, headings: Headings, profile_set: ProfileSet) -> None:
    """Refuse a file that no profile knows but one nearly does.

    Read without it the same rows could become other cases, and be sent a second time.
    """
    rated = [(_nearness(one, found), one, found) for one in profile_set.profiles for found in headings.values()]
    nearness, one, found = max(rated, key=lambda rating: rating[0], default=(0.0, None, ()))
    if one is None or nearness < NEAR:
        return
    known = one.profile.name
    raise FileRefused(
        f'{name} looks like the sheets of the profile "{known}", but {_difference(one, found)}. Make a profile for it with '
        f"`importer map`, or read it with --profile {known}, or with --profile none."
    )


def _nearness(one: SavedProfile, found: Sequence[str]) -> float:
    theirs, ours = heading_set(found), heading_set(one.profile.headings)
    return len(theirs & ours) / len(theirs | ours)


def _difference(one: SavedProfile, found: Sequence[str]) -> str:
    theirs, ours = heading_set(found), heading_set(one.profile.headings)
    new = [h for h in found if header_key(h) in theirs - ours]
    gone = [h for h in one.profile.headings if header_key(h) in ours - theirs]
    told = [
        f"the profile lacks {_listed(new)}" if new else "",
        f"the sheet lacks {_listed(gone)}" if gone else "",
    ]
    return " and ".join(text for text in told if text) or f"the sheet is not called {_listed(list(one.profile.sheets()))}"


def _listed(headings: Sequence[str]) -> str:
    shown = ", ".join(f'"{heading}"' for heading in headings[:5])
    return f"{shown} and {len(headings) - 5} more" if len(headings) > 5 else shown  # noqa: PLR2004
