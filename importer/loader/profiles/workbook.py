"""The sheets of a file of which a profile is made: which of them is asked about, and whether the others are read with it too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from importer.domain.code_lists import VoucherTypes
from importer.domain.master_data import NO_MASTER_DATA, MasterData
from importer.errors import FileRefused
from importer.loader.profile import NO_PROFILE, Profile
from importer.loader.profiles.sampling import sample_file
from importer.loader.profiles.trials import SheetTrials
from importer.loader.sheets.shape import Shape


def sheets_of(
    path: Path,
    types: VoucherTypes,
    defaults: Mapping[str, str],
    encoding: str | None = None,
    master_data: MasterData = NO_MASTER_DATA,
) -> list[SheetTrials]:
    """Return the sheets of a file that have rows. Raises FileRefused if there is none, or the file cannot be read.

    ``encoding`` is that of a text; without it, it is found by the bytes. Raises EncodingUnclear if they leave it open.
    ``master_data`` complete the sheets.
    """
    found = [SheetTrials(sample, types, defaults) for sample in sample_file(path, encoding, master_data)]
    if not found:
        raise FileRefused(f"{path.name} holds no rows below a header. Check that it is the right file.")
    return found


def most_recognised(sheets: Sequence[SheetTrials]) -> SheetTrials:
    """Return the sheet with the most recognised headings."""
    return max(sheets, key=lambda sheet: len(sheet.proposal(Shape.FLAT).sure())) if len(sheets) > 1 else sheets[0]


def for_all_sheets(profile: Profile, sheets: Sequence[SheetTrials], *, is_chosen: bool) -> Profile:
    """Return the profile without its sheet's name if other sheets hold records too, which it does not change.

    With the name, those sheets would not be read any more. ``is_chosen``: the user has named the sheet.
    """
    unnamed = profile.model_copy(update={"sheet": None})
    others = [sheet for sheet in sheets if sheet.sample.name != profile.sheet]
    with_records = [other for other in others if not other.is_left_out(NO_PROFILE)]
    if is_chosen or profile.constants or not with_records:
        return profile
    is_unchanged = all(other.is_read_alike(unnamed, NO_PROFILE) for other in others)
    return unnamed if is_unchanged else profile
