"""The files of a request: each folder is replaced by the spreadsheets in it, and an empty folder is nothing to import."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from importer.domain.file_names import CONTROL, is_passed_over
from importer.domain.paths import is_folder
from importer.errors import FileRefused
from importer.loader.files.safety import TEXTS, WORKBOOKS

SPREADSHEETS = (*WORKBOOKS, *TEXTS)
_MOST_NAMED = 3


@dataclass(frozen=True, slots=True)
class InputFiles:
    """The files to read, in the order of the paths, and the folders among the paths that are empty."""

    files: tuple[Path, ...]
    empty_folders: tuple[Path, ...] = ()

    def remarks(self) -> list[str]:
        """Return a sentence for each empty folder."""
        return [f"The folder {folder} holds no files: nothing to import." for folder in self.empty_folders]


def find_files(paths: Sequence[Path]) -> InputFiles:
    """Replace each folder by the spreadsheets in it.

    Raises FileRefused if a folder cannot be read, or holds files but no spreadsheet: that is not where the sheets are.
    """
    found: list[Path] = []
    empty: list[Path] = []
    for path in paths:
        if not is_folder(path):  # a path without a file is reported when it is read
            found.append(path)
            continue
        if path.suffix.casefold() in SPREADSHEETS:
            raise FileRefused(f"{path} is a folder, not a file. Name the file, or a folder without such an ending.")
        inside = spreadsheets_in(path)
        found += inside
        if not inside:
            empty.append(path)
    return InputFiles(tuple(dict.fromkeys(found)), tuple(dict.fromkeys(empty)))


def spreadsheets_in(folder: Path) -> list[Path]:
    """Return the spreadsheets in a folder, in the order of their names; none if it is empty."""
    try:
        with os.scandir(folder) as entries:
            names = {entry.name: entry.is_dir(follow_symlinks=False) for entry in entries if is_by_a_user(entry.name)}
    except OSError as error:
        raise FileRefused(f"The folder {folder} cannot be read: {error.strerror}. Ask for permission, or copy it.") from None
    inside = sorted(folder / name for name in names if Path(name).suffix.casefold() in SPREADSHEETS)
    others = sorted(name for name, is_dir in names.items() if not is_dir)
    if not inside and others:
        listed = ", ".join(others[:_MOST_NAMED]) + (", …" if len(others) > _MOST_NAMED else "")
        raise FileRefused(
            f"The folder {folder} holds no spreadsheets ({' '.join(SPREADSHEETS)}), but other files: {listed}. Save them in "
            f"one of these formats, or check the path."
        )
    return inside


def is_by_a_user(name: str) -> bool:
    """Return whether a file is one of a user, by its name: not one of a program, nor the control file of a spreadsheet."""
    is_control = name.casefold().endswith(CONTROL) and Path(name).with_suffix("").suffix.casefold() in SPREADSHEETS
    return not is_passed_over(name) and not is_control
