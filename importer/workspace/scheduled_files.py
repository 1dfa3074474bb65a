"""The files that a schedule imports tonight: those that its paths and patterns lead to."""

from __future__ import annotations

import glob
import re
from collections.abc import Iterable
from pathlib import Path

from importer.domain.paths import exists, is_folder
from importer.errors import FileRefused
from importer.workspace.input_files import SPREADSHEETS, spreadsheets_in

_MAGIC = re.compile(r"[*?\[]")


def scheduled_files(patterns: Iterable[str], root: Path) -> list[Path]:
    """Return the files of folders and patterns, each once; relative ones begin in ``root``. It may be an empty list.

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
    return list(dict.fromkeys(found))


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
    hidden = ("~$", ".")
    found = (root / name for name in glob.glob(pattern, root_dir=root))  # noqa: PTH207  (Path.glob takes no absolute pattern)
    return sorted(one for one in found if not one.name.startswith(hidden) and not is_folder(one))
