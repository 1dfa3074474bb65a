"""What becomes of files after they were imported: some are written to, some are corrected where nobody reads them.

Everything is found from the folder itself, so that a watcher that was started again finds the same: a file that was changed
after its results were written is newer than its summary, and what was said about it lies beside it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePath

from importer.watch.folder import WatchedFolder, list_folder
from importer.watch.moves import digest_of
from importer.watch.names import CHANGED, DONE, FAILED, SUMMARY, WHY, beside, lock_names, owner_of_result, stamp_of
from importer.watch.scanning.verdicts import ListedFile

_SLACK_NS = 2_000_000_000
"""The coarsest time of a file system, FAT's."""


@dataclass(frozen=True, slots=True)
class ChangedFile:
    """A file that was changed after its import: a sheet of its results, or (``is_source``) the file itself."""

    path: Path
    is_source: bool

    def message(self, root: Path) -> str:
        """Return what to tell the user."""
        if self.is_source:
            return (
                f"{self.path} has changed since it was imported: what was written to it later was not read. Drop it in "
                f"{root} again, whole; what was imported already is not sent twice."
            )
        return f"{self.path} was changed, but files in this folder are not read. Drop it in {root}."


def changed_files(watched: WatchedFolder) -> Iterator[ChangedFile]:
    """Yield the files in ``done`` and ``failed`` that were changed, and of which nothing was said yet. Raises OSError."""
    for place in (DONE, FAILED):
        folder = watched.root / place
        if not folder.is_dir():
            continue
        entries = {one.name: one for one in list_folder(folder)}
        for entry in entries.values():
            text = _text_of(entry, entries)
            if text is not None and entry.mtime_ns > text.mtime_ns + _SLACK_NS and not _is_said(entry, entries):
                is_source = owner_of_result(entry.name) is None
                if not is_source or _has_other_bytes(folder / entry.name):
                    yield ChangedFile(folder / entry.name, is_source)


def say_beside(watched: WatchedFolder, changed: ChangedFile) -> None:
    """Write what to do beside a changed file, where those who changed it look. Raises OSError."""
    note = changed.path.with_name(beside(changed.path.name, CHANGED))
    watched.access.write(note, changed.message(watched.root) + "\n", durable=False)


def _text_of(entry: ListedFile, entries: Mapping[str, ListedFile]) -> ListedFile | None:
    """Return the text that was written with a file; None for a file that is not ours, or that is open now."""
    if stamp_of(entry.name) is None or any(lock in entries for lock in lock_names(entry.name)):
        return None
    if entry.name.endswith(".txt") and owner_of_result(entry.name):
        return None
    owner = owner_of_result(entry.name) or PurePath(entry.name).stem
    return entries.get(f"{owner}-{SUMMARY}") or entries.get(f"{owner}-{WHY}")


def _is_said(entry: ListedFile, entries: Mapping[str, ListedFile]) -> bool:
    note = entries.get(beside(entry.name, CHANGED))
    return note is not None and note.mtime_ns >= entry.mtime_ns


def _has_other_bytes(path: Path) -> bool:
    """Return whether a file is not what its name says: its time may have changed without its content."""
    return not digest_of(path).startswith(stamp_of(path.name) or "")
