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
MOST_LOGS = 8


@dataclass(frozen=True)
class SenderReport:
    """How the last sender that this page has started ended; ``exit_code`` is None while it runs."""

    started: str
    exit_code: int | None
    lines: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Started:
    process: subprocess.Popen[bytes]
    at: str
    log: str


class SenderProcess:
    """Starts senders. A second one leaves the entries to the first, and ends."""

    def __init__(self, environments: PageEnvironments) -> None:
        self._environments = environments
        self._lock = Lock()
        self._running: list[_Started] = []
        self._last: _Started | None = None
        self._count = 0

    def start(self) -> None:
        """Start a sender. Raises OSError.

        It is started even while another one runs: that one may be at its end already, and would leave what was approved now.
        """
        with self._lock:
            name = f"{self._count % MOST_LOGS}-{LOG}"
            with self._open_log(name) as log:
                process = subprocess.Popen(  # noqa: S603  (our own command)
                    self._command(),
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    cwd=Path.cwd(),
                    start_new_session=True,
                )
            self._count += 1
            self._running.append(_Started(process, to_timestamp(datetime.now(UTC)), name))

    def report(self) -> SenderReport | None:
        """Return how the last sender ended, or the first one that still runs; None if this page has started none."""
        with self._lock:
            for one in [one for one in self._running if one.process.poll() is not None]:
                self._running.remove(one)
                self._last = one
            if self._running:
                return SenderReport(self._running[0].at, None)
            last = self._last
        return SenderReport(last.at, last.process.returncode, tuple(self._last_lines(last.log))) if last else None

    def _command(self) -> list[str]:
        workspace = ["--workspace", str(self._environments.workspace.root.absolute())]
        config = ["--config", str(self._environments.config.absolute())] if self._environments.config else []
        sandbox = ["--sandbox"] if self._environments.is_sandbox else []
        return [*importer_command(), "resume", "--quiet", *workspace, *config, *sandbox]

    def _open_log(self, name: str) -> IO[bytes]:
        path = self._environments.folder("sender") / name
        return os.fdopen(self._environments.access.open(path, os.O_WRONLY | os.O_TRUNC | os.O_APPEND), "ab")

    def _last_lines(self, name: str) -> list[str]:
        path = self._environments.folder("sender") / name
        try:
            text = path.read_bytes()[-MOST_BYTES:].decode(errors="replace")
        except OSError:
            return []
        return [line for line in text.splitlines() if line.strip()][-MOST_LINES:]
