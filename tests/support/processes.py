"""Starts commands as processes, which costs a tenth of a second instead of the three that loading the importer takes.

On Linux a process is forked from one that has loaded everything (``fork_server.py``). It is a process of its own, with its own
streams, signals, environment and end. What this leaves out is that a command loads what it needs, which the tests of the
documents and of ``--help`` try with new interpreters. With ``NEW_INTERPRETERS=1``, and where coverage is measured, each command
is started by a new interpreter.
"""

from __future__ import annotations

import ctypes
import json
import os
import socket
import sys
from functools import cache
from inspect import signature
from pathlib import Path
from subprocess import DEVNULL, PIPE, CompletedProcess, Popen
from threading import Lock
from typing import Any

from support import fork_server

TESTS = Path(__file__).parents[1]
NEW_INTERPRETERS = "NEW_INTERPRETERS"
ADOPT_ORPHANS = 36  # PR_SET_CHILD_SUBREAPER of prctl(2)
READ_AT_START = ("PYTHON", "LC_", "LANG", "LD_", "TZ", "COVERAGE", "COV_")
"""How the names of variables begin that an interpreter reads once, when it starts."""
READ_LATER = {"PYTHON_KEYRING_BACKEND", "PYTHONPATH", "PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE", "TZ"}
"""Those which a forked process takes on, or which make no difference to it."""
OPTIONS = {"stdin", "stdout", "stderr", "start_new_session", "text", "encoding", "errors", "bufsize"}
"""The options of ``Popen`` which a forked process can be given."""
PIPES = {"stdin": DEVNULL, "stdout": PIPE, "stderr": PIPE}
AS_TEXT = {"text": True, "encoding": "utf-8", "errors": "replace"}


def start_python(command: list[str], *, cwd: Path, env: dict[str, str], **options: Any) -> Popen[str]:
    """Start Python with these arguments and options of ``Popen``; the arguments are ``-m`` with a module, a script or ``-c``."""
    whole = [sys.executable, *command]
    like_the_server = at_start(env) == at_start(server_environment())
    kind = ForkedProcess if can_fork() and like_the_server and options.keys() <= OPTIONS else Popen
    return kind(whole, cwd=cwd, env=env, **options)


def run_python(command: list[str], *, cwd: Path, env: dict[str, str], timeout: float) -> CompletedProcess[str]:
    """Run Python with these arguments to its end, without any input."""
    with start_python(command, cwd=cwd, env=env, **PIPES, **AS_TEXT) as process:
        try:
            out, err = process.communicate(timeout=timeout)
        except BaseException:
            process.kill()
            raise
    return CompletedProcess(process.args, process.returncode, out, err)


def server_environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("IMPORTER_")}
    return kept | {"PYTHONUTF8": "1"}


def at_start(env: dict[str, str]) -> dict[str, str]:
    """The variables that make a new interpreter another one."""
    return {name: value for name, value in env.items() if name.startswith(READ_AT_START) and name not in READ_LATER}


def can_fork() -> bool:
    is_measured = "coverage" in sys.modules or any(name.startswith(("COVERAGE", "COV_")) for name in os.environ)
    return sys.platform == "linux" and not is_measured and not os.environ.get(NEW_INTERPRETERS)


class ForkServer:
    """The process from which commands are forked; it ends with the process that started it."""

    def __init__(self) -> None:
        ctypes.CDLL(None).prctl(ADOPT_ORPHANS, 1, 0, 0, 0)
        self._lock = Lock()
        self._connection = fork_server.inherited or self._started()

    @staticmethod
    def _started() -> socket.socket:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        program = "import sys; sys.path[0] = sys.argv[1]; from support.fork_server import main; main(int(sys.argv[2]))"
        command = [sys.executable, "-c", program, str(TESTS), str(theirs.fileno())]
        with theirs:
            server = Popen(command, pass_fds=[theirs.fileno()], env=server_environment(), stdin=DEVNULL)
        server.returncode = 0  # it ends when this process has ended, so that nobody waits for it
        return ours

    def fork(self, asked: dict[str, Any], streams: list[int]) -> int:
        """Return the number of a new process with these streams."""
        with self._lock:
            socket.send_fds(self._connection, [json.dumps(asked).encode()], streams)
            answer = self._connection.recv(20)
        if not answer:
            raise OSError("the process from which commands are forked has ended")
        return int(answer)


@cache
def server_of(process: int) -> ForkServer:
    """The server of this process: one that was forked needs its own, since it must be the parent of what it starts."""
    assert process == os.getpid()
    return ForkServer()


class ForkedProcess(Popen):
    """A process as ``Popen`` starts it, but forked by the server."""

    def _execute_child(self, *given: Any) -> None:
        start = signature(Popen._execute_child).bind(self, *given).arguments
        ends = [start[name] for name in ("p2cread", "c2pwrite", "errwrite")]
        mask = os.umask(0)
        os.umask(mask)
        asked = {
            "command": start["args"][1:],
            "folder": str(start["cwd"]),
            "environment": start["env"],
            "umask": mask,
            "new_session": start["start_new_session"],
        }
        streams = [end if end != -1 else ours for ours, end in enumerate(ends)]
        self.pid = server_of(os.getpid()).fork(asked, streams)
        self._child_created = True
        self._close_pipe_fds(*(start[name] for name in ("p2cread", "p2cwrite", "c2pread", "c2pwrite", "errread", "errwrite")))
