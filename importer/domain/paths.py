"""Questions about paths that users give: a path that cannot be looked at is one without a file."""

from __future__ import annotations

from pathlib import Path


def is_file(path: Path) -> bool:
    """Return whether there is a regular file; False if the name is too long, or a folder on the way may not be entered."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def exists(path: Path) -> bool:
    """Return whether there is a file or folder; False as for :func:`is_file`."""
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def is_folder(path: Path) -> bool:
    """Return whether there is a folder; False as for :func:`is_file`."""
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False
