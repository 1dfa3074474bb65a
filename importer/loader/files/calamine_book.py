"""A workbook opened by calamine, in this process or in one of its own.

Run as a script, this file is the reader process of :mod:`importer.loader.files.reader_process`: requests come on stdin, and
replies go to stdout. It imports nothing else of the importer, so that the process starts quickly.
"""

from __future__ import annotations

import io
import os
import pickle
import struct
import sys
import weakref
from itertools import islice
from operator import itemgetter

TYPE_CHECKING = False  # typing is not imported either
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import IO, Any

    from python_calamine import CalamineSheet

    Extent = tuple[tuple[int, int] | None, tuple[int, int] | None]
    """The first and the last used cell of a sheet as (row, column) from 0; None for an empty sheet."""

_HEAD = struct.Struct("<Q")
_LEAST_BYTES, _MOST_BYTES = 1 << 19, 1 << 21
"""A chunk of rows grows while it has fewer bytes than the first, and shrinks when it has more than the second."""


class _Parsed:
    """A sheet that calamine has parsed. Parsing takes most of the time of reading a sheet."""

    def __init__(self, cells: CalamineSheet) -> None:
        self.cells = cells


class CalamineBook:
    """A workbook opened by calamine. Its methods raise whatever calamine does, and its panics are BaseExceptions."""

    def __init__(self, data: bytes) -> None:
        from python_calamine import CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

        self._parsed: weakref.WeakValueDictionary[str, _Parsed] = weakref.WeakValueDictionary()
        self._book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        self.sheets = [
            (sheet.name, sheet.visible != SheetVisibleEnum.Visible)
            for sheet in self._book.sheets_metadata
            if sheet.typ == SheetTypeEnum.WorkSheet
        ]

    def close(self) -> None:
        """Release the memory."""
        self._book.close()

    def open_rows(self, sheet: str, positions: Sequence[int] | None = None) -> tuple[Extent, Iterator[Sequence[Any]]]:
        """Return the extent of a sheet, and its rows from the first row of the sheet on.

        Without ``positions``, a row has its cells from the first used column on; with them, the cells at these columns, or
        none if the row is empty. A sheet is not parsed again while rows of it are being read.
        """
        parsed = self._parsed.get(sheet)
        if parsed is None:
            parsed = self._parsed[sheet] = _Parsed(self._book.get_sheet_by_name(sheet))
        return (parsed.cells.start, parsed.cells.end), _rows(parsed, positions)


def _rows(parsed: _Parsed, positions: Sequence[int] | None) -> Iterator[Sequence[Any]]:
    cells = parsed.cells
    if cells.start is None or cells.end is None:
        return
    if positions is None:
        yield from cells.iter_rows()
        return
    left = cells.start[1]
    width = cells.end[1] + 1 - left
    pick = _picker([p - left if 0 <= p - left < width else None for p in positions])
    for row in cells.iter_rows():
        yield pick(row) if row else ()


def _picker(places: Sequence[int | None]) -> Callable[[Sequence[Any]], Sequence[Any]]:
    present = [place for place in places if place is not None]
    if len(present) < len(places):
        return lambda row: [row[place] if place is not None else None for place in places]
    if len(present) > 1:
        return itemgetter(*present)
    return lambda row: [row[place] for place in present]


def send(stream: IO[bytes], message: bytes) -> None:
    """Write one message. Raises OSError if the other end is gone."""
    stream.write(_HEAD.pack(len(message)))
    stream.write(message)
    stream.flush()


def receive(stream: IO[bytes]) -> bytes:
    """Read one message. Raises EOFError if the other end is gone."""
    head = stream.read(_HEAD.size)
    if len(head) < _HEAD.size:
        raise EOFError
    message = stream.read(_HEAD.unpack(head)[0])
    if len(message) < _HEAD.unpack(head)[0]:
        raise EOFError
    return message


class Server:
    """Answers the requests for one workbook after the other. ``book_of`` opens a workbook."""

    def __init__(self, requests: IO[bytes], replies: IO[bytes], book_of: Callable[[bytes], Any] = CalamineBook) -> None:
        self._requests, self._replies, self._book_of = requests, replies, book_of
        self._book: Any = None
        self._open: dict[int, tuple[Iterator[Sequence[Any]], int]] = {}

    def run(self) -> None:
        """Answer until the other end closes the stream."""
        methods: dict[str, Callable[..., Any]] = {
            "open": self._open_book,
            "rows": self._open_rows,
            "next": self._next,
            "drop": self._drop,
            "close": self._close,
        }
        while True:
            try:
                method, *arguments = pickle.loads(receive(self._requests))  # noqa: S301  (from the process that started this one)
                reply = self._reply(methods[method], arguments)
                send(self._replies, reply)
            except (EOFError, OSError):
                return

    def _reply(self, method: Callable[..., Any], arguments: Sequence[Any]) -> bytes:
        try:
            return pickle.dumps((None, method(*arguments)), 5)
        except MemoryError:
            self._close()
            return pickle.dumps(("memory", None), 5)
        except BaseException as error:  # noqa: BLE001  (calamine's panics are BaseExceptions, and the bytes may be anything)
            return pickle.dumps((" ".join(str(error).split())[:200] or type(error).__name__, None), 5)

    def _open_book(self) -> list[tuple[str, bool]]:
        self._close()
        self._book = self._book_of(receive(self._requests))
        sheets: list[tuple[str, bool]] = self._book.sheets
        return sheets

    def _open_rows(self, number: int, sheet: str, positions: Sequence[int] | None) -> Extent:
        extent, rows = self._book.open_rows(sheet, positions)
        self._open[number] = rows, 8
        found: Extent = extent
        return found

    def _next(self, number: int) -> bytes:
        """Return the next rows, pickled; none after the last row."""
        rows, count = self._open[number]
        chunk = pickle.dumps(list(islice(rows, count)), 5)
        if len(chunk) > _MOST_BYTES:
            count = max(count // 2, 1)
        elif len(chunk) < _LEAST_BYTES:
            count *= 2
        self._open[number] = rows, count
        return chunk

    def _drop(self, number: int) -> None:
        self._open.pop(number, None)

    def _close(self) -> None:
        self._open.clear()
        if self._book is not None:
            self._book.close()
            self._book = None


def _limit_memory(limit: int) -> None:
    """Limit the memory of this process in bytes, where the platform can."""
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    except (ImportError, OSError, ValueError):
        pass


def main(packages: str, limit: int) -> None:
    """Serve on stdin and stdout. ``packages`` is the folder that contains calamine; ``limit`` are bytes of memory, or 0."""
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C at a terminal goes to both processes, and the importer decides
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints must not mix with the replies
    sys.path.append(packages)
    import python_calamine  # noqa: F401  (before the limit, and while the importer still checks the file)

    if limit:
        _limit_memory(limit)
    Server(sys.stdin.buffer, replies).run()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
