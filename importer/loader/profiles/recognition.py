"""Find the saved profile that matches the headings of a file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from importer.domain.cells import Cell
from importer.domain.notes import Note, NoteKind
from importer.domain.text_keys import header_key, heading_set
from importer.errors import FileRefused, ProfileError
from importer.loader.profile import NO_PROFILE, Profile
from importer.loader.profiles.profile_file import read_profile
from importer.loader.sheets.grouped.flat_list import as_flat_list, below_headings
from importer.loader.sheets.sheet import Sheet, first_rows, header_of, with_report_layout

NEAR = 0.75
"""Share of common headings (0 to 1) from which a file counts as a changed version of a profile's sheets."""
HEAD_ROWS = 200  # rows that are searched for the header
HeadingsBySheet = Mapping[str, tuple[str, ...]]
"""The headings of each sheet of a file, by the name of the sheet."""


@dataclass(frozen=True)
class SavedProfile:
    """A profile that has ``headings``, and its file."""

    profile: Profile
    path: Path

    def note(self) -> Note:
        """Return the note that the profile was used."""
        return Note(NoteKind.PROFILE_USED, values=(("profile", self.profile.name), ("path", self.path.as_posix())))

    def matches(self, headings: HeadingsBySheet) -> bool:
        """Return whether a sheet has exactly the profile's headings.

        If the profile names sheets, all of them must exist, and only they are compared.
        """
        own, wanted = self.profile.sheets(), heading_set(self.profile.headings)
        if not set(own) <= headings.keys():
            return False
        return any(heading_set(found) == wanted for sheet, found in headings.items() if not own or sheet in own)


@dataclass(frozen=True)
class ProfileSet:
    """The saved profiles that can be found by headings. ``broken`` are messages about those that cannot be read."""

    profiles: tuple[SavedProfile, ...] = ()
    broken: tuple[str, ...] = ()


NO_PROFILES = ProfileSet()


def search_profiles(folders: Iterable[Path]) -> ProfileSet:
    """Return all profiles with ``headings`` in these folders. Of two with the same name, that of the earlier folder counts."""
    found: dict[str, Path] = {}
    for folder in folders:
        for path in sorted(folder.glob("*.toml")) if folder.is_dir() else ():
            found.setdefault(path.stem, path)
    profiles, broken = [], []
    for path in found.values():
        try:
            profile = read_profile(path)
        except ProfileError as error:
            broken.append(f"{error} It is ignored until then.")
            continue
        if heading_set(profile.headings):
            profiles.append(SavedProfile(profile.model_copy(update={"name": path.stem}), path))
    return ProfileSet(tuple(profiles), tuple(broken))


def reader_of_headings(sheets: Iterable[Sheet]) -> Callable[[Profile], HeadingsBySheet]:
    """Return a function from a profile to the headings of these sheets in its layout. Each sheet is read only once."""
    heads = [(sheet, rows := first_rows(sheet, HEAD_ROWS), as_flat_list(sheet, rows, NO_PROFILE)) for sheet in sheets]
    return lambda profile: {sheet.name: _headings(sheet, rows, listed, profile) for sheet, rows, listed in heads}


def _headings(sheet: Sheet, rows: Sequence[tuple[int, tuple[Cell, ...]]], listed: Sheet, profile: Profile) -> tuple[str, ...]:
    """Return the headings of a sheet; ``listed`` is the sheet as it is read without a profile."""
    if listed is sheet or profile.header_row is not None:
        listed = as_flat_list(sheet, rows, profile)
    own = below_headings(listed, with_report_layout(rows, profile))
    try:
        return header_of(sheet.name, iter(rows) if listed is sheet else listed.rows(), own)[1]
    except FileRefused:  # this profile's header row is empty here, so it is not for this sheet
        return ()


def the_only_match(name: str, fitting: Sequence[SavedProfile]) -> SavedProfile | None:
    """Return the only profile that matches a file, or None. Raises FileRefused that names all if there are several."""
    if len(fitting) > 1:
        names = " and ".join(f'"{one.profile.name}" ({one.path.as_posix()})' for one in fitting)
        ways = " or ".join(f"--profile {one.profile.name}" for one in fitting)
        raise FileRefused(f"{name} has headings that match the profiles {names}. Say which one to use: {ways}.")
    return fitting[0] if fitting else None


def refuse_near_miss(name: str, headings: HeadingsBySheet, profile_set: ProfileSet) -> None:
    """Refuse a file that nearly matches a profile. Raises FileRefused that names the differences.

    Without the profile the same rows could become other cases and be sent a second time.
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
    in_file, in_profile = heading_set(found), heading_set(one.profile.headings)
    return len(in_file & in_profile) / len(in_file | in_profile)


def _difference(one: SavedProfile, found: Sequence[str]) -> str:
    in_file, in_profile = heading_set(found), heading_set(one.profile.headings)
    new = [h for h in found if header_key(h) in in_file - in_profile]
    gone = [h for h in one.profile.headings if header_key(h) in in_profile - in_file]
    differences = [
        f"the profile lacks {_listed(new)}" if new else "",
        f"the sheet lacks {_listed(gone)}" if gone else "",
    ]
    return " and ".join(text for text in differences if text) or f"the sheet is not called {_listed(list(one.profile.sheets()))}"


def _listed(headings: Sequence[str]) -> str:
    shown = ", ".join(f'"{heading}"' for heading in headings[:5])
    return f"{shown} and {len(headings) - 5} more" if len(headings) > 5 else shown  # noqa: PLR2004
