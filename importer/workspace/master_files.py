"""The files of a request that hold master data of debtors: they complete the lists beside them, and are no sources."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from importer.domain.master_data import NO_MASTER_DATA, MasterData
from importer.errors import FileRefused, UsageError
from importer.loader.master_data.reading import read_file
from importer.loader.master_data.recognition import NO_RULES
from importer.loader.profile import NO_PROFILE, MasterDataRules, Profile
from importer.loader.profiles.recognition import NO_PROFILES, ProfileSet


def part_master_files(
    paths: Sequence[Path], profile: Profile, profile_set: ProfileSet, is_list: Callable[[Path], bool] = lambda _: False
) -> tuple[tuple[Path, ...], MasterData]:
    """Return the paths without those of master data, and these, read.

    A file alone is never taken for master data: reading it says what is missing. ``is_list`` returns whether a file is known
    to be a list without opening it.
    """
    if len(paths) == 1:
        return tuple(paths), NO_MASTER_DATA
    rules = _rules(profile, profile_set)
    found = {path: data for path in paths if not is_list(path) and (data := _master_data(path, rules))}
    lists = tuple(path for path in paths if path not in found)
    if not lists:
        return tuple(paths), NO_MASTER_DATA
    return lists, sum(found.values(), NO_MASTER_DATA)


def lists_in(paths: Sequence[Path], profile_set: ProfileSet = NO_PROFILES) -> tuple[Path, ...]:
    """Return the paths of a drop without those of master data."""
    return part_master_files(paths, NO_PROFILE, profile_set)[0]


def master_data_beside(path: Path, profile_set: ProfileSet = NO_PROFILES) -> MasterData:
    """Return the master data in the folder of a file that was dropped together with others."""
    dropped = sorted(path.parent.iterdir())
    return part_master_files(dropped, NO_PROFILE, profile_set)[1] if path in dropped else NO_MASTER_DATA


def named_master_data(path: Path) -> MasterData:
    """Return the master data of a file that a person has named. Raises UsageError if it holds none."""
    found = read_file(path, is_named=True)
    if not found:
        raise UsageError(f"{path} holds no master data of debtors: it has no customer numbers, or no other column of debtors.")
    return found


def _rules(profile: Profile, profile_set: ProfileSet) -> list[MasterDataRules]:
    """Return what the profiles say of master data, and that they are recognised without."""
    said = (one.master_data for one in (profile, *(known.profile for known in profile_set.profiles)))
    return [*dict.fromkeys(rules for rules in said if rules.key and not rules.file), NO_RULES]


def _master_data(path: Path, rules: Iterable[MasterDataRules]) -> MasterData:
    for one in rules:
        try:
            if found := read_file(path, one):
                return found
        except FileRefused:  # it is refused when it is opened for the import
            return NO_MASTER_DATA
    return NO_MASTER_DATA


def digests_of_named_files(folder: Path, profile: Profile, profile_set: ProfileSet) -> str:
    """Return a digest of the files of master data that profiles name for lists in this folder; empty without any."""
    files = {one.master_data.file for one in (profile, *(known.profile for known in profile_set.profiles))}
    named = sorted(file for file in files if file)
    return hashlib.sha256(repr([(file, _digest(folder / file)) for file in named]).encode()).hexdigest() if named else ""


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""
