"""The log file: readable by its owner alone, rotated by its size, and never a reason to stop an import."""

from __future__ import annotations

import logging
import os
import re
from contextlib import suppress
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path

from importer.domain.file_access import OWNER_ALONE
from importer.errors import UsageError

LARGEST_BYTES = 10 << 20
"""The size at which a log file is put aside and a new one begun."""
KEPT_FILES = 5
"""How many files that were put aside are kept: ``import.log.1`` is the newest."""
_FIRST_BYTES = re.compile(rb'\{"time"|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d')


class LogFile:
    """An open log file. A failure to write to it is said once and never raised."""

    def __init__(self, path: Path) -> None:
        """Open the file, or create it. Raises UsageError if it cannot be written, or if it is another kind of file."""
        self._refuse_other(path)
        try:
            OWNER_ALONE.create(path)
            self._handler = _Rotating(path)
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or error
            raise UsageError(f"The log file {path} cannot be written ({why}). Name another file with --log-file.") from None

    @staticmethod
    def _refuse_other(path: Path) -> None:
        """Raise UsageError for a file that exists and is not a log: a sheet or a ledger must not be written to."""
        with suppress(OSError, ValueError):
            if not path.exists():
                return
            if not path.is_file():
                raise UsageError(f"The log file {path} is not a file. Name a file with --log-file.")
            with path.open("rb") as file:
                first = file.read(32)
            if first and not _FIRST_BYTES.match(first):
                raise UsageError(f"{path} exists and is not a log of the importer. Name another file with --log-file.")

    def write(self, line: str) -> None:
        """Add a line. The first failure is said on stderr, and no failure is raised."""
        self._handler.handle(logging.makeLogRecord({"msg": line}))

    def close(self) -> None:
        """Close the file."""
        with suppress(OSError):
            self._handler.close()


class _Rotating(RotatingFileHandler):
    def __init__(self, path: Path) -> None:
        self._has_failed = False
        super().__init__(path, maxBytes=LARGEST_BYTES, backupCount=KEPT_FILES, encoding="utf-8", errors="backslashreplace")

    def _open(self) -> TextIOWrapper:
        descriptor = OWNER_ALONE.open(Path(self.baseFilename), os.O_WRONLY | os.O_APPEND)
        return open(descriptor, "a", encoding=self.encoding, errors=self.errors)  # noqa: PTH123  (a descriptor)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  (of the standard library)
        """Say once that lines are lost."""
        del record
        if not self._has_failed:
            from importer.cli.terminal import say

            self._has_failed = True
            say(f"The log file {self.baseFilename} cannot be written any more. The import goes on without it.", err=True)
