"""Moving files without ever writing over another one."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from hashlib import file_digest
from pathlib import Path

from importer.domain.file_access import FileAccess

_MOST_NAMES = 10_000


def move(source: Path, target: Path) -> None:
    """Move a file inside one file system. Raises FileExistsError if the target exists, or another OSError."""
    try:
        os.link(source, target, follow_symlinks=False)
    except FileExistsError:
        if not source.samefile(target):  # else an earlier move was interrupted after its first half
            raise
    except (OSError, NotImplementedError):  # there are no hard links on many network drives, nor on FAT
        if os.path.lexists(target):
            raise FileExistsError(str(target)) from None
        os.rename(source, target)  # noqa: PTH104  (it refuses an existing target on Windows; Path.replace would not)
        return
    source.unlink()


def move_to_free_name(source: Path, folder: Path, name: str) -> Path:
    """Move a file into a folder under this name, or one with a number if that is taken. Returns its path. Raises OSError."""
    for candidate in numbered(name):
        try:
            move(source, folder / candidate)
        except FileExistsError:
            continue
        return folder / candidate
    raise FileExistsError(str(folder / name))


def numbered(name: str) -> Iterator[str]:
    """Yield the names that a file may get: ``a.xlsx``, ``a-2.xlsx``, ``a-3.xlsx``, ..."""
    stem, dot, suffix = name.rpartition(".")
    if not stem:
        stem, dot, suffix = name, "", ""
    yield name
    yield from (f"{stem}-{number}{dot}{suffix}" for number in range(2, _MOST_NAMES))


def copy(source: Path, target: Path, access: FileAccess) -> None:
    """Copy a file, which takes the place of an existing one only when it is complete. Raises OSError."""
    partial = target.with_name(f".{target.name[:200]}.partial")
    partial.unlink(missing_ok=True)
    try:
        descriptor = access.open(partial, os.O_WRONLY | os.O_EXCL)
        with os.fdopen(descriptor, "wb") as written, source.open("rb") as read:
            shutil.copyfileobj(read, written, 1 << 20)
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file. Raises OSError."""
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()
