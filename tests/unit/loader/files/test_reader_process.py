"""The reader process: whatever the parser does, it costs one file."""

from __future__ import annotations

import io
import os
import pickle
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import pytest
from test_reader_files import rows_of, xlsx

from importer.errors import FileRefused
from importer.loader.files import calamine_book, reader_process
from importer.loader.files.calamine_book import CalamineBook, Server, receive, send
from importer.loader.files.reader import open_source
from importer.loader.files.reader_process import POOL, ReaderProcess, RemoteBook, memory_limit

ROWS = "".join(f'<row r="{n}"><c r="A{n}"><v>{n}</v></c><c r="C{n}"><v>{n * 2}</v></c></row>' for n in range(1, 5001))

DYING = """
import os, sys, time
sys.path.insert(0, {folder!r})
import calamine_book

class Dying(calamine_book.CalamineBook):
    def open_rows(self, sheet, positions=None):
        extent, rows = super().open_rows(sheet, positions)
        def dying():
            for number, row in enumerate(rows):
                if number == 20:
                    {deed}
                yield row
        return extent, dying()

calamine_book.Server.__init__.__defaults__ = (Dying,)
calamine_book.main(sys.argv[1], int(sys.argv[2]))
"""


@pytest.fixture(autouse=True)
def no_idle_process() -> Iterator[None]:
    """No process of another test, and none that is left."""
    POOL.close()
    yield
    POOL.close()


def parser_that(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, deed: str) -> None:
    script = tmp_path / "dying.py"
    script.write_text(DYING.format(folder=str(Path(calamine_book.__file__).parent), deed=deed))
    monkeypatch.setattr(reader_process, "SCRIPT", script)


def test_rows_and_columns_are_those_of_calamine(tmp_path: Path) -> None:
    data = xlsx(tmp_path / "a.xlsx", ROWS).read_bytes()
    here, there = CalamineBook(data), POOL.open(data)
    assert isinstance(there, RemoteBook)
    assert there.sheets == here.sheets == [("Sheet", False)]
    for positions in (None, [0], [2, 0, 1, 7], []):
        extents, rows = zip(*(book.open_rows("Sheet", positions) for book in (here, there)), strict=True)
        assert extents[0] == extents[1]
        own, remote = ([list(row) for row in found] for found in rows)
        assert own == remote
        assert len(own) == 5000
    there.close()


def test_the_server_answers_until_the_stream_ends(tmp_path: Path) -> None:
    """What runs in the process, here in this one."""
    data, requests, replies = xlsx(tmp_path / "a.xlsx", ROWS).read_bytes(), io.BytesIO(), io.BytesIO()
    for request in (("open",), data, ("rows", 1, "Sheet", None), ("next", 1), ("drop", 1), ("next", 1), ("close",)):
        send(requests, request if isinstance(request, bytes) else pickle.dumps(request))
    requests.write(b"half")
    requests.seek(0)
    Server(requests, replies).run()
    replies.seek(0)
    opened, extent, rows, dropped, missing, closed = (pickle.loads(receive(replies)) for _ in range(6))
    assert opened == (None, [("Sheet", False)])
    assert extent == (None, ((0, 0), (4999, 2)))
    assert pickle.loads(rows[1])[0] == [1, "", 2]
    assert dropped == closed == (None, None)
    assert missing == ("1", None)
    with pytest.raises(EOFError):
        receive(replies)


def test_several_readings_of_a_sheet_at_once(tmp_path: Path) -> None:
    with open_source(xlsx(tmp_path / "a.xlsx", ROWS)) as source:
        (sheet,) = source.sheets
        rows = sheet.rows()
        first = [next(rows) for _ in range(3)]
        assert [cells[0] for _, cells in sheet.read_columns([2])] == [n * 2 for n in range(1, 5001)]
        other = sheet.rows()
        assert next(other) == first[0] == (1, (1, None, 2))
        assert [number for number, _ in rows] == list(range(4, 5001))
        assert sum(1 for _ in other) == 4999


def test_one_process_reads_one_file_after_the_other(tmp_path: Path) -> None:
    paths = [xlsx(tmp_path / f"{n}.xlsx", f'<row r="1"><c r="A1"><v>{n}</v></c></row>') for n in range(3)]
    assert [rows_of(path) for path in paths] == [{1: [n]} for n in range(3)]
    (idle,) = POOL._idle
    with open_source(paths[0]) as one, open_source(paths[1]) as two:
        assert [next(iter(source.sheets[0].rows())) for source in (one, two)] == [(1, (0,)), (1, (1,))]
        assert one.sheets[0]._read_columns.func.__self__._book._reader is idle  # type: ignore[union-attr]
    assert len(POOL._idle) == 1


def test_rows_of_a_closed_book_are_not_those_of_the_next(tmp_path: Path) -> None:
    first = POOL.open(xlsx(tmp_path / "a.xlsx", ROWS).read_bytes())
    _, rows = first.open_rows("Sheet")
    next(rows)
    first.close()
    first.close()
    second = POOL.open(xlsx(tmp_path / "b.xlsx", '<row r="1"><c r="A1"><v>7</v></c></row>').read_bytes())
    assert list(second.open_rows("Sheet")[1]) == [[7]]
    with pytest.raises(reader_process.ReaderFailed, match="closed before"):
        list(rows)
    second.close()


DEATHS = [
    ("os.abort()", "SIGABRT"),
    ("os.kill(os.getpid(), 11)", "SIGSEGV"),
    ("os.kill(os.getpid(), 9)", "SIGKILL"),
    ("os._exit(3)", "exit code 3"),
]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signals")
@pytest.mark.parametrize(("deed", "how"), DEATHS)
def test_a_parser_that_dies_costs_its_file(monkeypatch, tmp_path: Path, deed, how) -> None:
    path = xlsx(tmp_path / "a.xlsx", ROWS)
    with monkeypatch.context() as patch:
        parser_that(patch, tmp_path, deed)
        with open_source(path) as source, pytest.raises(FileRefused) as caught:
            list(source.sheets[0].rows())
    message = str(caught.value)
    assert message.startswith(f"a.xlsx, sheet 'Sheet', cannot be read (it ended the program that reads workbooks: {how}")
    assert message.endswith("Ask for another export of the list, as .xlsx or .csv.")
    assert len(rows_of(path)) == 5000  # the next file has a new process


@pytest.mark.parametrize("deed", ["raise MemoryError", "bytes(1 << 50)", "raise BaseException('a panic')"])
def test_a_parser_that_fails_costs_its_file(monkeypatch, tmp_path: Path, deed) -> None:
    path = xlsx(tmp_path / "a.xlsx", ROWS)
    with monkeypatch.context() as patch:
        parser_that(patch, tmp_path, deed)
        with open_source(path) as source, pytest.raises(FileRefused) as caught:
            list(source.sheets[0].rows())
    reason = "a panic" if "panic" in deed else "it needs more than"
    assert f"cannot be read ({reason}" in str(caught.value)
    POOL.close()  # the process that plays along is kept
    assert len(rows_of(path)) == 5000


@pytest.mark.skipif(sys.platform != "linux", reason="other platforms do not enforce the limit")
def test_memory_is_limited(monkeypatch, tmp_path: Path) -> None:
    """A sheet of two cells, for which the parser allocates 1.6 GB."""
    far = '<row r="1"><c r="A1"><v>1</v></c></row><row r="1000000"><c r="AX1000000"><v>1</v></c></row>'
    path = xlsx(tmp_path / "a.xlsx", far)
    monkeypatch.setattr(reader_process, "memory_limit", lambda: 400 << 20)
    with (
        open_source(path) as source,
        pytest.raises(FileRefused, match=r"SIGABRT; it may use 400 MB of memory|needs more than 400 MB"),
    ):
        list(source.sheets[0].rows())


def test_the_limit_fits_the_machine(monkeypatch) -> None:
    assert reader_process.LEAST_MEMORY <= memory_limit() <= reader_process.MOST_MEMORY
    sizes = {"SC_PAGE_SIZE": 4096, "SC_PHYS_PAGES": 1 << 20}
    monkeypatch.setattr(os, "sysconf", sizes.get)
    assert memory_limit() == 3 << 30
    monkeypatch.delattr(os, "sysconf")
    assert memory_limit() == 0


def test_where_no_process_can_be_started_the_file_is_read_here(monkeypatch, tmp_path: Path) -> None:
    path = xlsx(tmp_path / "a.xlsx", ROWS)
    for broken in ("", str(tmp_path / "no-python")):
        monkeypatch.setattr(sys, "executable", broken)
        assert isinstance(POOL.open(path.read_bytes()), CalamineBook)
        assert len(rows_of(path)) == 5000


def test_the_process_gets_no_credentials(monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setenv("IMPORTER_DEBITURA__API_KEY", "key-4711-very-secret")
    script = tmp_path / "show.py"
    script.write_text(
        "import os, pickle, struct, sys\nd = pickle.dumps((None, dict(os.environ)))\n"
        "sys.stdout.buffer.write(struct.pack('<Q', len(d)) + d); sys.stdout.flush(); sys.stdin.read()\n"
    )
    monkeypatch.setattr(reader_process, "SCRIPT", script)
    reader = ReaderProcess(tmp_path, 0)
    environment = reader.call("anything")
    reader.end()
    assert not [name for name in environment if name.startswith("IMPORTER")]
    assert "key-4711" not in str(environment)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
def test_a_forked_process_leaves_the_reader_alone(tmp_path: Path) -> None:
    path = xlsx(tmp_path / "a.xlsx", ROWS)
    rows_of(path)
    (idle,) = POOL._idle
    idle._owner += 1  # as if this process were a fork of the one that started it
    assert len(rows_of(path)) == 5000
    idle._owner -= 1
    assert idle.is_usable()
    idle.end()


def test_threads_read_beside_each_other(tmp_path: Path) -> None:
    paths = [xlsx(tmp_path / f"{n}.xlsx", ROWS.replace("<v>", f"<v>{n}")) for n in range(4)]
    found: dict[int, int] = {}

    def read(n: int) -> None:
        found[n] = len(rows_of(paths[n]))

    threads = [threading.Thread(target=read, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == dict.fromkeys(range(4), 5000)


def test_an_interrupted_reading_ends_the_process(monkeypatch, tmp_path: Path) -> None:
    """Half of a reply may have been read: the rest of it would be taken for the next one."""
    path = xlsx(tmp_path / "a.xlsx", ROWS)

    def interrupted(stream: IO[bytes]) -> bytes:
        stream.read(5)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, open_source(path) as source:
        patch.setattr(reader_process, "receive", interrupted)
        with pytest.raises(KeyboardInterrupt):
            list(source.sheets[0].rows())
        patch.undo()
    assert POOL._idle == []
    assert len(rows_of(path)) == 5000


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signals")
def test_ctrl_c_at_a_terminal_is_for_the_importer_alone(tmp_path: Path) -> None:
    book = POOL.open(xlsx(tmp_path / "a.xlsx", ROWS).read_bytes())
    assert isinstance(book, RemoteBook)
    os.kill(book._reader._process.pid, signal.SIGINT)
    assert sum(1 for _ in book.open_rows("Sheet")[1]) == 5000
    book.close()
