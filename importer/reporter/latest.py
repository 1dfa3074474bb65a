"""``output/latest``: the folder of the results that were written last, as a link or, where there are none, as a text file."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from importer.domain.file_access import FileAccess

NAME = "latest"
_LONGEST = 4_096


def point_to(folder: Path, access: FileAccess) -> None:
    """Make ``latest`` beside the folder lead to it. What is not ours there stays, and what cannot be written is left out."""
    latest = folder.parent / NAME
    with suppress(OSError):
        if not latest.is_symlink() and latest.exists() and not _is_ours(latest):
            return
        if not _link(latest, folder.name):
            access.write(latest, f"{folder.absolute()}\n", durable=False)


def target_of(directory: Path) -> str | None:
    """Return the name of the folder to which ``latest`` in this directory leads; None if there is none of ours."""
    latest = directory / NAME
    with suppress(OSError):
        if latest.is_symlink():
            return latest.readlink().name
        if _is_ours(latest):
            return Path(latest.read_text(encoding="utf-8").strip()).name
    return None


def _link(latest: Path, target: str) -> bool:
    """Replace ``latest`` by a link. Returns False where links cannot be made."""
    partial = latest.with_name(f".{NAME}.{os.getpid()}")
    try:
        partial.unlink(missing_ok=True)
        partial.symlink_to(target, target_is_directory=True)
        partial.replace(latest)
    except (OSError, NotImplementedError):  # Windows allows it to administrators and developers, some network drives to nobody
        with suppress(OSError):
            partial.unlink(missing_ok=True)
        return False
    return True


def _is_ours(path: Path) -> bool:
    """Return whether this is our text file: the path of a folder beside it, and nothing else."""
    if not path.is_file() or path.stat().st_size > _LONGEST:
        return False
    try:
        line = path.read_text(encoding="utf-8").strip()
    except ValueError:
        return False
    return "\n" not in line and Path(line).parent == path.parent.absolute()
