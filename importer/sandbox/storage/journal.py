"""The data file: append-only JSON lines, one per change of the world.

A change is committed when its line is written. The line goes out in one write and reaches the operating system before
the answer is sent, so it survives the death of the process; a line torn by that death is cut off at the next start.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from importer.domain.file_access import OWNER_ALONE, FileAccess
from importer.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_HEADER = b'{"sandbox":1}\n'


class Journal:
    """An open data file. One process may hold it; raises ``SettingsError`` if it cannot be used."""

    def __init__(self, path: Path, access: FileAccess = OWNER_ALONE) -> None:
        self._path = path
        try:
            access.create(path)
            self._file = access.open(path, os.O_RDWR | os.O_APPEND)
        except OSError as error:
            raise SettingsError(f"The sandbox data file {path} cannot be opened: {error.strerror}.") from error
        try:
            _lock(self._file, path)
            self._size = self._complete_size()
            os.ftruncate(self._file, self._size)
            if not self._size:
                self.append(_HEADER)
        except OSError as error:
            os.close(self._file)
            raise SettingsError(f"The sandbox data file {path} cannot be used: {error.strerror}.") from error
        except SettingsError:
            os.close(self._file)
            raise

    def lines(self) -> Iterator[tuple[int, bytes]]:
        """Yield the number and the text of every line after the header."""
        with self._path.open("rb") as file:
            next(file)
            yield from enumerate(file, start=2)

    def append(self, line: bytes) -> None:
        """Write one line, wholly or not at all; ``OSError`` if it cannot be written."""
        written = 0
        try:
            while written < len(line):
                written += os.write(self._file, line[written:])
        except OSError:
            os.ftruncate(self._file, self._size)
            raise
        self._size += len(line)

    def close(self) -> None:
        """Close the file, which also unlocks it."""
        os.close(self._file)

    def _complete_size(self) -> int:
        """Return the length up to the end of the last complete line; refuse a file of another format."""
        with self._path.open("rb") as file:
            head = file.read(len(_HEADER))
            if head != _HEADER:
                if _HEADER.startswith(head):
                    return 0
                raise SettingsError(f"{self._path} is not a sandbox data file; give another path or remove it.")
            end = file.seek(0, os.SEEK_END)
            step = 64 * 1024
            for start in range(max(end - step, 0), -step, -step):
                file.seek(max(start, 0))
                cut = file.read(step).rfind(b"\n")
                if cut >= 0:
                    return max(start, 0) + cut + 1
        return end


def _lock(file: int, path: Path) -> None:
    if sys.platform == "win32":
        return
    import fcntl  # does not exist on Windows

    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise SettingsError(f"The sandbox data file {path} is in use by another sandbox; stop that one.") from error
