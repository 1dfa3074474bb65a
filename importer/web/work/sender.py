"""The process that sends what was approved: the page starts it, and it goes on when the page ends.

It is `importer resume`, as a person would run it. Whether one is running is known from the ledger, so that one that was started
before the page, at a terminal or by a scheduler is found as well.
"""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import IO

from importer.domain.timestamps import to_timestamp
from importer.scheduling.command import importer_command
from importer.web.work.environments import PageEnvironments

LOG = "sender.log"
MOST_LINES, MOST_BYTES = 12, 8_000


@dataclass(frozen=True)
class SenderReport:
    """How the last sender that this page has started ended; ``exit_code`` is None while it runs."""

    started: str
    exit_code: int | None
    lines: tuple[str, ...] = ()


class SenderProcess:
    """Starts the sender, one at a time."""

    def __init__(self, environments: PageEnvironments) -> None:
        self._environments = environments
        self._lock = Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._started = ""

    def start(self) -> None:
        """Start a sender, unless one that this page has started is still running. Raises OSError.

        A second one would do no harm: it leaves the entries to the first.
        """
        with self._lock:
            if self._process is not None and self._process.poll() is None:
                return
            self._started = to_timestamp(datetime.now(UTC))
            with self._open_log() as log:
                self._process = subprocess.Popen(  # noqa: S603  (our own command)
                    self._command(),
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    cwd=Path.cwd(),
                    start_new_session=True,
                )

    def report(self) -> SenderReport | None:
        """Return how the last sender ended; None if this page has started none."""
        with self._lock:
            if self._process is None:
                return None
            code = self._process.poll()
        return SenderReport(self._started, code, () if code is None else tuple(self._last_lines()))

    def _command(self) -> list[str]:
        workspace = ["--workspace", str(self._environments.workspace.root.absolute())]
        config = ["--config", str(self._environments.config.absolute())] if self._environments.config else []
        sandbox = ["--sandbox"] if self._environments.is_sandbox else []
        return [*importer_command(), "resume", "--quiet", *workspace, *config, *sandbox]

    def _open_log(self) -> IO[bytes]:
        path = self._environments.folder("sender") / LOG
        return os.fdopen(self._environments.access.open(path, os.O_WRONLY | os.O_TRUNC), "wb")

    def _last_lines(self) -> list[str]:
        path = self._environments.folder("sender") / LOG
        try:
            text = path.read_bytes()[-MOST_BYTES:].decode(errors="replace")
        except OSError:
            return []
        return [line for line in text.splitlines() if line.strip()][-MOST_LINES:]
