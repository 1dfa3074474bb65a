"""What a benchmark gives: tables and targets, as Markdown, and where they stand in ``benchmarks/README.md``."""

from __future__ import annotations

import os
import platform
import re
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

README = Path(__file__).with_name("README.md")


@dataclass(frozen=True, slots=True)
class MarkdownTable:
    """Cells are text already; the first column names the contestant or the size."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    title: str = ""

    def lines(self) -> list[str]:
        align = ["---", *("---:" for _ in self.columns[1:])]
        table = [_line(self.columns), _line(align), *(_line(row) for row in self.rows)]
        return [f"*{self.title}*", "", *table] if self.title else table


@dataclass(frozen=True, slots=True)
class Target:
    """One promise about speed or memory and whether it was kept."""

    what: str
    wanted: str
    measured: str
    met: bool


@dataclass(frozen=True, slots=True)
class BenchmarkReport:
    """A benchmark's results."""

    tables: tuple[MarkdownTable, ...]
    targets: tuple[Target, ...] = ()
    notes: tuple[str, ...] = ()

    def markdown(self) -> str:
        """Return the tables, then the targets, then the remarks."""
        blocks = ["\n".join(table.lines()) for table in self.tables]
        if self.targets:
            rows = tuple((t.what, t.wanted, t.measured, "yes" if t.met else "**no**") for t in self.targets)
            blocks.append("\n".join(MarkdownTable(("target", "wanted", "measured", "met"), rows).lines()))
        return "\n\n".join([*blocks, *self.notes])


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def machine(rounds: int) -> str:
    """Return the facts on which the figures depend, without any that identifies the machine."""
    return (
        f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, Python {platform.python_version()}, "
        f"SQLite {sqlite3.sqlite_version}; medians of {rounds} interleaved runs, if nothing else is said."
    )


def write(name: str, text: str, path: Path = README) -> None:
    """Put ``text`` between the benchmark's markers. Raises ValueError if they are not there."""
    begin, end = f"<!-- {name} -->", f"<!-- /{name} -->"
    before = path.read_text(encoding="utf-8")
    pattern = re.compile(re.escape(begin) + ".*?" + re.escape(end), re.DOTALL)
    after, found = pattern.subn(lambda _: f"{begin}\n{text}\n{end}", before)
    if not found:
        raise ValueError(f"{path.name} has no markers {begin} and {end}")
    path.write_text(after, encoding="utf-8")


def times(ratio: float) -> str:
    """``6.3 ×``; small ratios with more digits."""
    return f"{ratio:.2f} ×" if ratio < 2 else f"{ratio:.1f} ×"


def seconds(value: float) -> str:
    return f"{value:.2f}" if value < 100 else f"{value:,.0f}"


def megabytes(value: float) -> str:
    return f"{value:,.0f}"
