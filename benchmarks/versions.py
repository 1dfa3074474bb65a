"""Two versions of the importer against each other: ``python -m benchmarks.versions BEFORE AFTER [KIND...]``.

BEFORE and AFTER are checkouts, each perhaps with the Python that runs it: ``../before``, ``../before=/opt/before/bin/python``.
Every kind of file is read and validated by both in turns, and what counts is the median of the processor seconds of the user,
the reader process included and the imports not: other work on the machine changes these least.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median, quantiles
from typing import Self

from benchmarks.kinds import KINDS, file_of
from benchmarks.measure import RunFailed, environment, note
from benchmarks.report import BenchmarkReport, MarkdownTable, Target, machine, seconds, times

MOST = 1.05
"""How many times as long a later version may take."""

_READ = """
import gc, resource, sys
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo
from importer.cli.main import RARELY
from importer.domain.records import Reject
from importer.loader.context import LoadContext
from importer.loader.files.reader_process import POOL
from importer.loader.profile import NO_PROFILE
from importer.loader.source import open_file

gc.set_threshold(*RARELY)
context = LoadContext(today=date(2026, 6, 15), timezone=ZoneInfo("Europe/Copenhagen"))

def used():
    return sum(resource.getrusage(who).ru_utime for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))

def read(path):
    with open_file(path, NO_PROFILE, context) as source:
        return sum(1 for row in source.rows if not isinstance(row.case, Reject) or sys.exit(f"row {row.row.number}: {row.case}"))

for line in sys.stdin:
    began = used()
    rows = read(Path(line.rstrip()))
    POOL.close()  # so that what the reader process has used is known
    print(rows, used() - began, flush=True)
"""
"""What a child does: it reads each file that it is given, and prints the rows and the processor seconds."""

_WARMING = 50
"""Rows of a file that is read first."""


class Version:
    """A checkout, read with by a child of its own that is kept: the imports and the first use of everything count for nothing."""

    def __init__(self, text: str) -> None:
        """Take ``CHECKOUT`` or ``CHECKOUT=PYTHON``."""
        checkout, _, python = text.partition("=")
        self._checkout, self._python = Path(checkout).resolve(), python or sys.executable

    def __enter__(self) -> Self:
        self._child = subprocess.Popen(
            [self._python, "-c", _READ],
            cwd=self._checkout,
            env=environment(PYTHONPATH=str(self._checkout)),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self

    def __exit__(self, *error: object) -> None:
        self._child.kill()
        self._child.wait()

    def read(self, path: Path) -> tuple[int, float]:
        """Return the rows of a file and the processor seconds that reading them took. Raises RunFailed."""
        assert self._child.stdin
        assert self._child.stdout
        self._child.stdin.write(f"{path}\n")
        self._child.stdin.flush()
        if not (line := self._child.stdout.readline()):
            raise RunFailed(f"{self._checkout.name} cannot read {path.name}.")
        rows, used = line.split()
        return int(rows), float(used)


def compare(before: Version, after: Version, kinds: list[str], rows: int, rounds: int) -> BenchmarkReport:
    """Read every kind of file with both versions in turns. Raises RunFailed if they find different numbers of rows."""
    lines, targets = [], []
    for kind in kinds:
        pairs = list(_pairs(before, after, kind, rows, rounds))
        ratios = [late / early for early, late in pairs]
        early, late = (median(one) for one in zip(*pairs, strict=True))
        spread = quantiles(ratios, n=4) if len(ratios) > 1 else ratios * 3
        lines.append((kind, seconds(early), seconds(late), times(late / early), f"{times(spread[0])} to {times(spread[2])}"))
        targets.append(Target(kind, f"at most {times(MOST)}", times(late / early), late / early <= MOST))
    columns = ("file", "before", "after", "ratio of the medians", "quartiles of the pairs")
    table = MarkdownTable(columns, tuple(lines), f"{rows:,} rows of 25 columns read and validated, processor seconds of the user")
    return BenchmarkReport((table,), tuple(targets))


def _pairs(before: Version, after: Version, kind: str, rows: int, rounds: int) -> Iterator[tuple[float, float]]:
    for version in (before, after):
        version.read(file_of(kind, _WARMING))
    path = file_of(kind, rows)
    for number in range(rounds):
        note(f"{kind} ({number + 1} of {rounds})")
        turns = (before, after) if number % 2 == 0 else (after, before)
        found = {id(version): version.read(path) for version in turns}
        (first, early), (second, late) = found[id(before)], found[id(after)]
        if first != second:
            raise RunFailed(f"One version reads {first} rows of {kind}, the other {second}.")
        yield early, late


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.versions", description="Compare two versions by reading.")
    parser.add_argument("before", type=Version, metavar="BEFORE", help="a checkout, or CHECKOUT=PYTHON")
    parser.add_argument("after", type=Version, metavar="AFTER")
    parser.add_argument("kinds", nargs="*", metavar="KIND", help=f"all, or some of: {'; '.join(KINDS)}")
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=7)
    chosen = parser.parse_args()
    if unknown := [kind for kind in chosen.kinds if kind not in KINDS]:
        parser.error(f"there is no kind {unknown[0]!r}; there are {'; '.join(KINDS)}")
    with chosen.before as before, chosen.after as after:
        found = compare(before, after, chosen.kinds or list(KINDS), chosen.rows, chosen.rounds)
    print(f"{found.markdown()}\n\n{machine(chosen.rounds)}")


if __name__ == "__main__":
    main()
