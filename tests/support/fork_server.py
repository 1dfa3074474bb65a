"""Forks Python from a process that has loaded the importer; started by ``support.processes``.

Each message on its socket asks for what would be ``python -m MODULE ARGUMENT...``, ``python SCRIPT ARGUMENT...`` or
``python -c TEXT ARGUMENT...``; the answer is the number of the new process. It differs from a new interpreter by what was loaded
before: it has its own memory, streams, working directory and environment, and does at its end what Python does.
"""

from __future__ import annotations

import atexit
import gc
import io
import json
import os
import pkgutil
import runpy
import signal
import socket
import sys
import threading
import time
import traceback
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

from support.warm_commands import run_some_commands

LARGEST = 200_000  # bytes of a message: arguments and environment
LATE = (
    "alembic.command",
    "alembic.config",
    "keyring",
    "openpyxl",
    "python_calamine",
    "sqlalchemy.dialects.sqlite",
    "stamina",
    "tqdm",
    "uvicorn.lifespan.off",
    "xlsxwriter",
)
"""What is imported only when a command needs it."""

inherited: socket.socket | None = None
"""A script's connection to a server of its own, forked before the script began."""


def load_everything() -> None:
    """Import every module of the package and what commands import when they need it, and run a few commands."""
    import importer

    for found in pkgutil.walk_packages(importer.__path__, "importer."):
        if found.name != "importer.__main__" and "migrations" not in found.name:
            import_module(found.name)
    for name in LATE:
        import_module(name)
    run_some_commands()
    gc.collect()
    gc.freeze()  # else each collection of a forked process would copy all of this


def main(socket_number: int) -> NoReturn:
    """Load everything, and fork what is asked for until nobody asks any more."""
    load_everything()
    serve(socket.socket(fileno=socket_number))


def serve(connection: socket.socket) -> NoReturn:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that asks, which then closes the socket
    while True:
        message, streams, _, _ = socket.recv_fds(connection, LARGEST, 3)
        if not message:
            os._exit(0)
        number = forked(connection, json.loads(message), streams)
        for stream in streams:
            os.close(stream)
        connection.send(str(number).encode())


def forked(connection: socket.socket, asked: dict[str, Any], streams: list[int]) -> int:
    """Return the number of the new process.

    A process in between ends at once, so that the one which asked, and which adopts orphans, becomes the parent.
    """
    reading, writing = os.pipe()
    between = os.fork()
    if between == 0:
        if child := os.fork():
            os.write(writing, str(child).encode())
            os._exit(0)
        for number in (reading, writing, connection.detach()):
            os.close(number)
        become(asked, streams)
        run(asked["command"])
    os.close(writing)
    number = os.read(reading, 20)
    os.close(reading)
    os.waitpid(between, 0)  # when it has ended, the new process has its parent
    return int(number)


def become(asked: dict[str, Any], streams: list[int]) -> None:
    """Take on what a new process would have been given."""
    if asked["new_session"]:
        os.setsid()
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
    for stream in streams:
        os.close(stream)
    os.umask(asked["umask"])
    os.chdir(asked["folder"])
    os.environ.clear()
    os.environ.update(asked["environment"])
    time.tzset()
    if asked["command"][:2] != ["-m", "importer"]:
        inherit_a_server()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    open_streams()


def inherit_a_server() -> None:
    """Fork a server for the commands which this process will start, as long as it is as clean as a new one."""
    global inherited  # noqa: PLW0603
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    if os.fork() == 0:
        ours.close()
        serve(theirs)
    theirs.close()
    inherited = ours


def open_streams() -> None:
    """Open the three streams as Python does when it starts in its UTF-8 mode."""
    given = io.BufferedReader(io.FileIO(0, "rb", closefd=False))
    sys.stdin = sys.__stdin__ = io.TextIOWrapper(given, "utf-8", "surrogateescape")
    sys.stdout = sys.__stdout__ = writer(1, "surrogateescape", line_buffering=os.isatty(1))
    sys.stderr = sys.__stderr__ = writer(2, "backslashreplace", line_buffering=True)


def writer(number: int, errors: str, *, line_buffering: bool) -> io.TextIOWrapper:
    file = io.FileIO(number, "wb", closefd=False)
    if os.environ.get("PYTHONUNBUFFERED"):
        return io.TextIOWrapper(file, "utf-8", errors, write_through=True)  # type: ignore[type-var]
    return io.TextIOWrapper(io.BufferedWriter(file), "utf-8", errors, line_buffering=line_buffering)


def run(command: list[str]) -> NoReturn:
    """Do what Python does with these arguments, and end as it ends."""
    code: Any = None
    try:
        run_python(command)
    except SystemExit as ended:
        code = ended.code
    except BaseException as error:  # noqa: BLE001  (as Python does with whatever nobody has caught)
        traceback.print_exc()
        code = 130 if isinstance(error, KeyboardInterrupt) else 1
    if isinstance(code, str):
        print(code, file=sys.stderr)  # noqa: T201
        code = 1
    end(int(code or 0))


def run_python(command: list[str]) -> None:
    first, *more = command
    sys.path[1:1] = [folder for folder in os.environ.get("PYTHONPATH", "").split(os.pathsep) if folder]
    if first == "-c":
        sys.path[0], sys.argv = "", ["-c", *more[1:]]
        exec(compile(more[0], "<string>", "exec"), {"__name__": "__main__"})
    elif first == "-m":
        sys.path[0], sys.argv = str(Path.cwd()), ["-m", *more[1:]]
        runpy.run_module(more[0], run_name="__main__", alter_sys=True)
    else:
        sys.path[0], sys.argv = str(Path(first).parent), command
        runpy.run_path(first, run_name="__main__")


def end(code: int) -> NoReturn:
    """End as Python does, but without taking apart what was loaded, which takes a third of a short command's time."""
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(code)
