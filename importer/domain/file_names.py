"""The names of files that programs put beside those of users. Pure."""

from __future__ import annotations

CONTROL = ".ok"
"""What is appended to the name of a file for its control file, which says that it is complete."""
_PARTIAL = (".tmp", ".part", ".partial", ".crdownload", ".filepart", ".download")
_OF_SYSTEMS = frozenset({"desktop.ini", "thumbs.db", "@eadir", ".stfolder"})
_BEGINNINGS = ("~$", ".", "~syncthing~")


def is_passed_over(name: str) -> bool:
    """Return whether a file of this name is never taken: it is hidden, a lock, a part of a download, or of a system."""
    folded = name.casefold()
    return folded.startswith(_BEGINNINGS) or folded.endswith(_PARTIAL) or folded in _OF_SYSTEMS


def lock_names(name: str) -> tuple[str, str]:
    """Return the names of the files that Excel and LibreOffice keep beside a file that they have open."""
    return f"~${name}", f".~lock.{name}#"
