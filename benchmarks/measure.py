"""Measuring: one child process per run, its time and its peak memory; contestants take turns; medians.

The process that measures imports nothing but the standard library. A child's peak begins with the memory of the process
that started it, so that one must stay small.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
LONGEST_SECONDS = 4 * 3600.0
# ru_maxrss is in KiB, but in bytes on a Mac.
_PER_MEGABYTE = 1_000_000 if sys.platform == "darwin" else 1_000_000 / 1024


class RunFailed(Exception):
    """A child ended otherwise than expected; the message holds what it said."""


@dataclass(frozen=True, slots=True)
class Run:
    """One run, or the median of several: seconds, peak memory in MB (10**6 bytes), and what the child told as JSON.

    ``cpu`` are the processor seconds, which other load on the machine changes least.
    """

    seconds: float
    megabytes: float
    cpu: float = 0.0
    told: Mapping[str, Any] = field(default_factory=dict)
    fastest: float = 0.0
    slowest: float = 0.0


@cache
def _data_folder() -> str:
    return tempfile.mkdtemp(prefix="importer-benchmark-data-")


def environment(**more: str) -> dict[str, str]:
    """Return the environment of a child process: without the user's settings and credentials, with this package to import."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("IMPORTER_", "PYTHON"))}
    ours = {
        "IMPORTER_WORKSPACE": ".",
        "IMPORTER_DATA_FOLDER": _data_folder(),
        "PYTHONPATH": str(ROOT),
        "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
        "PYTHONUTF8": "1",
    }
    return kept | ours | more


def run(*arguments: str | Path, folder: Path = ROOT, env: Mapping[str, str] | None = None, expect: int = 0) -> Run:
    """Run ``python ARGUMENTS`` as a child of its own.

    Seconds are the whole process's, unless its last line is a JSON object with ``seconds`` and ``cpu``: then it has
    measured itself.
    Raises RunFailed if it ends with another exit code than ``expect``.
    """
    command = [sys.executable, *map(str, arguments)]
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        began = time.perf_counter()
        process = subprocess.Popen(
            command, cwd=folder, env=env or environment(), stdin=subprocess.DEVNULL, stdout=out, stderr=err
        )
        with _limited(process):
            _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        lines = out.read().decode(errors="replace").splitlines()
        if process.returncode != expect:
            said = "\n".join([*lines[-20:], *err.read().decode(errors="replace").splitlines()[-20:]])
            raise RunFailed(f"{' '.join(command[1:])} ended with {process.returncode}, not {expect}:\n{said}")
    told = json.loads(lines[-1]) if lines and lines[-1].startswith("{") and lines[-1].endswith("}") else {}
    return Run(
        told.get("seconds", seconds), usage.ru_maxrss / _PER_MEGABYTE, told.get("cpu", usage.ru_utime + usage.ru_stime), told
    )


@contextmanager
def _limited(process: subprocess.Popen[bytes]) -> Iterator[None]:
    timer = threading.Timer(LONGEST_SECONDS, process.kill)
    timer.daemon = True
    timer.start()
    try:
        yield
    except BaseException:
        process.kill()
        raise
    finally:
        timer.cancel()


Contestant = Callable[[], Run]


def interleaved(contestants: Mapping[str, Contestant], rounds: int) -> dict[str, Run]:
    """Every contestant once, then every one again, so that a slow minute of the machine falls on all; their medians."""
    runs: dict[str, list[Run]] = {name: [] for name in contestants}
    for number in range(rounds):
        for name, contestant in contestants.items():
            note(f"{name} ({number + 1} of {rounds})")
            runs[name].append(contestant())
    return {name: median(found) for name, found in runs.items()}


def median(runs: list[Run]) -> Run:
    """Return the median seconds, the median peak, and the output of the run in the middle."""
    ranked = sorted(runs, key=lambda r: r.seconds)
    return Run(
        seconds=statistics.median(r.seconds for r in runs),
        megabytes=statistics.median(r.megabytes for r in runs),
        cpu=statistics.median(r.cpu for r in runs),
        told=ranked[(len(ranked) - 1) // 2].told,
        fastest=ranked[0].seconds,
        slowest=ranked[-1].seconds,
    )


def fsync_milliseconds(folder: Path, tries: int = 50) -> float:
    """How long this folder's disk takes to have 4 KB for good: what every durable commit waits for."""
    found = []
    with tempfile.TemporaryFile(dir=folder) as file:
        for _ in range(tries):
            file.write(b"x" * 4096)
            file.flush()
            began = time.perf_counter()
            os.fsync(file.fileno())
            found.append((time.perf_counter() - began) * 1000)
    return statistics.median(found)


def note(text: str) -> None:
    """Say on stderr what is going on."""
    print(f"  {text}", file=sys.stderr, flush=True)
