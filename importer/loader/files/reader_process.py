"""The reader process: calamine runs in a process of its own, with a limit on its memory.

calamine is native code. A file on which it aborts, or for which it allocates without a limit, ends that process and is
refused; the importer goes on with the next file. The process is kept for the next workbook, and ends with the importer.
"""

from __future__ import annotations

import atexit
import contextlib
import importlib.util
import os
import pickle
import signal
import subprocess
import sys
import weakref
from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from importer.loader.files import calamine_book
from importer.loader.files.calamine_book import CalamineBook, receive, send

if TYPE_CHECKING:
    from importer.loader.files.calamine_book import Extent

SCRIPT = Path(calamine_book.__file__)
MOST_MEMORY, LEAST_MEMORY = 6 << 30, 1 << 30
"""Bytes of the reader's memory limit: three quarters of the machine's memory, within these bounds."""

_PASSED_ON = ("PATH", "SYSTEMROOT", "TEMP", "TMP", "LANG", "LC_ALL", "LD_LIBRARY_PATH")
"""The variables that the process gets; above all, no credentials."""


class ReaderFailed(Exception):
    """The reader process could not read the workbook; the text is the reason."""


class ReaderProcess:
    """A running reader process. It reads one workbook at a time. Raises ReaderFailed whenever it fails or is gone."""

    def __init__(self, packages: Path, limit: int) -> None:
        """Start the process. Raises OSError if that is not possible."""
        command = [sys.executable, "-I", "-S", str(SCRIPT), str(packages), str(limit)]
        environment = {name: value for name in _PASSED_ON if (value := os.environ.get(name)) is not None}
        self._limit = limit
        self.numbers = count(1)  # of the rows that are being read, never the same for two workbooks
        self._owner = os.getpid()
        self._unread: list[int] = []
        self._replies: dict[int, Any] = {}
        self._asked = 0
        self._process = subprocess.Popen(  # noqa: S603  (a file of our own)
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment
        )

    def ask(self, *request: Any, data: bytes | None = None) -> int:
        """Send a request, followed by ``data``, and return its number for :meth:`reply`."""
        assert self._process.stdin is not None
        try:
            send(self._process.stdin, pickle.dumps(request, 5))
            if data is not None:
                send(self._process.stdin, data)
        except (OSError, ValueError):  # ValueError: the streams of a process that has ended are closed
            raise self._ended() from None
        self._asked += 1
        self._unread.append(self._asked)
        return self._asked

    def reply(self, number: int) -> Any:
        """Wait for the reply to the request of this number, and return its value. Replies come in the order of requests."""
        assert self._process.stdout is not None
        while number not in self._replies:
            try:
                self._replies[self._unread.pop(0)] = pickle.loads(receive(self._process.stdout))  # noqa: S301  (of our own code)
            except (EOFError, OSError, ValueError, IndexError):
                raise self._ended() from None
            except BaseException:  # such as Ctrl-C: half of a reply may have been read, and the next would be misread
                self.end()
                raise
        reason, value = self._replies.pop(number)
        if reason == "memory":
            raise ReaderFailed(f"it needs more than {self._limit >> 20:,} MB of memory")
        if reason is not None:
            raise ReaderFailed(reason)
        return value

    def call(self, *request: Any, data: bytes | None = None) -> Any:
        """Send a request and wait for its reply."""
        return self.reply(self.ask(*request, data=data))

    def forget_replies(self) -> None:
        """Forget replies that nobody waits for: rows that were asked for ahead, and not needed."""
        self._replies.clear()

    def is_usable(self) -> bool:
        """Return whether the process runs and belongs to this one, and not to one that was forked from it."""
        return self._owner == os.getpid() and self._process.poll() is None

    def end(self) -> None:
        """End the process, whatever it does."""
        if self._owner != os.getpid():
            return
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()

    def _ended(self) -> ReaderFailed:
        """Return the error for a process that is gone, with how it ended."""
        try:
            code = self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            code = 0
        self.end()
        how = _signal_name(-code) if code < 0 else f"exit code {code}"
        at_most = f"; it may use {self._limit >> 20:,} MB of memory" if self._limit else ""
        return ReaderFailed(f"it ended the program that reads workbooks: {how}{at_most}")


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


class RemoteBook:
    """A workbook that is open in a reader process, with the methods of `CalamineBook`."""

    def __init__(self, reader: ReaderProcess, data: bytes) -> None:
        """Open the workbook. Raises ReaderFailed."""
        self._reader = reader
        self._abandoned = weakref.finalize(self, reader.end)  # a book that is never closed
        self.sheets: list[tuple[str, bool]] = reader.call("open", data=data)

    def close(self) -> None:
        """Close the workbook, and keep the process for the next one."""
        if not self._abandoned.detach():
            return  # closed before
        try:
            self._reader.call("close")
        except ReaderFailed:
            self._reader.end()
        else:
            self._reader.forget_replies()
            POOL.give_back(self._reader)

    def open_rows(self, sheet: str, positions: Sequence[int] | None = None) -> tuple[Extent, Iterator[Sequence[Any]]]:
        """See `CalamineBook.open_rows`. The next rows are read while the caller works on the present ones."""
        self._check_open()
        number = next(self._reader.numbers)
        extent: Extent = self._reader.call("rows", number, sheet, positions)
        return extent, self._rows(number)

    def _rows(self, number: int) -> Iterator[Sequence[Any]]:
        asked = self._reader.ask("next", number)
        while rows := pickle.loads(self._reader.reply(asked)):  # noqa: S301  (of our own code)
            asked = self._reader.ask("next", number)
            yield from rows
            self._check_open()
        self._reader.call("drop", number)

    def _check_open(self) -> None:
        if not self._abandoned.alive:
            raise ReaderFailed("it was closed before")


class ReaderPool:
    """The idle reader process, if there is one. Several workbooks may be open at once, each in a process of its own."""

    def __init__(self) -> None:
        self._idle: list[ReaderProcess] = []
        self._lock = Lock()

    def open(self, data: bytes) -> CalamineBook | RemoteBook:
        """Open a workbook in a reader process, or in this one where none can be started. Raises ReaderFailed."""
        reader = self._take()
        if reader is None:
            return CalamineBook(data)
        try:
            return RemoteBook(reader, data)
        except BaseException:
            reader.end()
            raise

    def prepare(self) -> None:
        """Start a process that will be needed soon: it takes a moment, in which the caller can check the file."""
        if reader := self._take():
            self.give_back(reader)

    def give_back(self, reader: ReaderProcess) -> None:
        """Keep a process for the next workbook."""
        with self._lock:
            if not self._idle and reader.is_usable():
                self._idle.append(reader)
                return
        reader.end()

    def close(self) -> None:
        """End the idle process."""
        with self._lock:
            idle, self._idle = self._idle, []
        for reader in idle:
            reader.end()

    def _take(self) -> ReaderProcess | None:
        with self._lock:
            while self._idle:
                reader = self._idle.pop()
                if reader.is_usable():
                    return reader
                reader.end()
        packages = _folder_of_calamine()
        if packages is None or not sys.executable or not SCRIPT.is_file():
            return None
        try:
            return ReaderProcess(packages, memory_limit())
        except OSError:
            return None


def _folder_of_calamine() -> Path | None:
    found = importlib.util.find_spec("python_calamine")
    return Path(found.origin).parent.parent if found and found.origin else None


def memory_limit() -> int:
    """Return the memory limit of a reader process in bytes, or 0 where the memory of the machine is not known."""
    try:
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return 0
    return min(max(memory * 3 // 4, LEAST_MEMORY), MOST_MEMORY)


POOL = ReaderPool()
atexit.register(POOL.close)
