"""The files that a schedule imports tonight: those that its paths and patterns lead to."""

from __future__ import annotations

import glob
import re
from collections.abc import Callable, Iterable
from pathlib import Path

from importer.domain.file_names import lock_names
from importer.domain.paths import exists, is_folder
from importer.errors import FileRefused
from importer.workspace.input_files import SPREADSHEETS, is_by_a_user, spreadsheets_in

_MAGIC = re.compile(r"[*?\[]")


def scheduled_files(patterns: Iterable[str], root: Path, warn: Callable[[str], None]) -> list[Path]:
    """Return the files of folders and patterns, each once; relative ones begin in ``root``. It may be an empty list.

    A file that a program has open, as a lock file beside it says, is left out: ``warn`` is called with a sentence that names it.

    Raises FileRefused if a folder is missing: a share that is not connected is no empty night.
    """
    found: list[Path] = []
    for pattern in patterns:
        path = root / pattern
        if is_folder(path):
            found += spreadsheets_in(path)
        elif exists(path):
            found.append(path)
        else:
            _require_folder(path)
            found += _matches(pattern, root)
    return [path for path in dict.fromkeys(found) if not _is_open(path, warn)]


def _is_open(path: Path, warn: Callable[[str], None]) -> bool:
    """Return whether Excel or LibreOffice has a file open, so that it may not be complete."""
    lock = next((name for name in lock_names(path.name) if exists(path.with_name(name))), None)
    if lock is not None:
        warn(f"{path} is open in a program, and was not imported. Close it, or remove {lock} beside it if nobody has it open.")
    return lock is not None


def _require_folder(path: Path) -> None:
    """Raise FileRefused unless the part of the path before the first pattern is in a folder that exists."""
    fixed = path.parent
    while _MAGIC.search(fixed.name):
        fixed = fixed.parent
    if not is_folder(fixed):
        raise FileRefused(f"The folder {fixed} does not exist. Is its drive connected? Otherwise correct paths in the settings.")
    if not _MAGIC.search(path.name) and path.suffix.casefold() not in SPREADSHEETS:
        raise FileRefused(f"The folder {path} does not exist. Is its drive connected? Otherwise correct paths in the settings.")


def _matches(pattern: str, root: Path) -> list[Path]:
    found = (root / name for name in glob.glob(pattern, root_dir=root))  # noqa: PTH207  (Path.glob takes no absolute pattern)
    return sorted(one for one in found if is_by_a_user(one.name) and not is_folder(one))
