"""Removing old folders of results, which `importer report` can write again from the ledger.

A folder is removed only if every file in it is as we wrote it, so that no work of a person is lost.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack, suppress
from datetime import timedelta
from pathlib import Path

from filelock import FileLock, Timeout

from importer.domain.file_access import FileAccess
from importer.domain.timestamps import from_timestamp
from importer.reporter import latest
from importer.reporter.manifest import MANIFEST, BatchIdentity, Manifest, read_manifest
from importer.reporter.result_folder import LOCK, digest_of
from importer.reporter.review.files import REVIEW_FILE

_OURS = frozenset({MANIFEST, LOCK, REVIEW_FILE})


def remove_old_folders(
    directory: Path,
    keep: timedelta,
    is_finished: Callable[[BatchIdentity], bool],
    access: FileAccess,
    needed: Collection[Path] = (),
) -> list[str]:
    """Remove the folders of finished batches that were written longer than ``keep`` ago. Returns sentences on failures.

    Folders with a file that a person has added, changed or opened stay, and so do the one to which ``latest`` leads and those
    that are still ``needed``.
    """
    problems = []
    kept = {latest.target_of(directory), *(folder.name for folder in needed)}
    for folder, manifest in _folders(directory):
        if folder.name in kept or not _is_older(folder, manifest, keep):
            continue
        try:
            if _is_untouched(folder, manifest) and is_finished(manifest.identity):
                _remove(folder, manifest, access)
        except OSError as error:
            problems.append(f"The old results in {folder} cannot be removed ({error.strerror}).")
    return problems


def _folders(directory: Path) -> Iterator[tuple[Path, Manifest]]:
    with suppress(OSError):
        for entry in sorted(directory.iterdir()):
            if not entry.is_symlink() and entry.is_dir() and (manifest := read_manifest(entry)):
                yield entry, manifest


def _is_older(folder: Path, manifest: Manifest, keep: timedelta) -> bool:
    """Return whether the batch was taken in, and the folder written, longer ago than that."""
    with suppress(OSError, ValueError):
        taken = from_timestamp(manifest.identity.taken_at).timestamp()
        return max(taken, (folder / MANIFEST).stat().st_mtime) < _now() - keep.total_seconds()
    return False


def _now() -> float:
    return time.time()


def _is_untouched(folder: Path, manifest: Manifest) -> bool:
    """Return whether all that the folder holds are files of ours, with the bytes that we wrote."""
    names = {entry.name for entry in folder.iterdir()}
    if names - _OURS - manifest.files.keys():
        return False  # something of a person, or the file that a program puts beside an open sheet
    return all(digest_of(folder / name) in digests for name, digests in manifest.files.items() if name in names)


def _remove(folder: Path, manifest: Manifest, access: FileAccess) -> None:
    """Remove a folder, the manifest after the other files: what was interrupted is found again. Raises OSError."""
    with ExitStack() as stack:
        try:
            access.create(folder / LOCK)
            stack.enter_context(FileLock(folder / LOCK, timeout=0, mode=access.file_mode))
        except Timeout:
            return  # another command is writing it
        except NotImplementedError:
            pass  # a file system without locks is used without
        if not _is_untouched(folder, manifest):
            return
        for name in (*manifest.files, REVIEW_FILE, MANIFEST):
            (folder / name).unlink(missing_ok=True)
    (folder / LOCK).unlink(missing_ok=True)
    folder.rmdir()
