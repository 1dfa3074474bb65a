"""What a user waits for besides sending: ``importer check`` on a large workbook, and the start of any command."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.data import sheet
from benchmarks.measure import Run, environment, interleaved, run
from benchmarks.report import BenchmarkReport, MarkdownTable, Target, megabytes, seconds, times
from benchmarks.sizes import Sizes

HELP_SECONDS = 0.3
START_ROUNDS = 3  # times the usual rounds: these runs are short
_READ = "import pandas, sys; pandas.read_excel(sys.argv[1], engine='openpyxl')"


def check(sizes: Sizes) -> BenchmarkReport:
    """Measure the whole command, with its sheets and totals, and reading the same file."""
    path = sheet("cases", sizes.rows, "xlsx")
    found = interleaved(
        {
            "`importer check`, the whole command": partial(_importer, "check", path),
            "a process that only calls pandas.read_excel, openpyxl": partial(run, "-c", _READ, path),
        },
        sizes.rounds,
    )
    ours = next(iter(found.values()))
    rows = tuple(
        (name, seconds(m.seconds), times(m.seconds / ours.seconds), seconds(m.cpu), megabytes(m.megabytes))
        for name, m in found.items()
    )
    title = f"xlsx, {sizes.rows:,} rows of 25 columns"
    return BenchmarkReport(
        (MarkdownTable(("contestant", "seconds", "time, importer = 1", "CPU seconds", "peak MB"), rows, title),)
    )


def startup(sizes: Sizes) -> BenchmarkReport:
    """Commands that have next to nothing to do, beside Python itself."""
    ten = sheet("cases", 10, "xlsx")
    rounds = sizes.rounds * START_ROUNDS if sizes.rounds > 1 else 1
    found = interleaved(
        {
            "`python -c pass`": partial(run, "-c", "pass"),
            "`importer --help`": partial(_importer, "--help"),
            "`importer check` on ten rows": partial(_importer, "check", ten),
        },
        rounds,
    )
    title = f"{rounds} interleaved runs of each"
    python, helped = found["`python -c pass`"], found["`importer --help`"]
    rows = tuple(
        (
            name,
            f"{m.seconds:.3f}",
            f"{m.fastest:.3f} to {m.slowest:.3f}",
            times(m.seconds / python.seconds),
            megabytes(m.megabytes),
        )
        for name, m in found.items()
    )
    met = helped.seconds < HELP_SECONDS
    return BenchmarkReport(
        (MarkdownTable(("command", "seconds", "from, to", "time, Python = 1", "peak MB"), rows, title),),
        (Target("`importer --help`", f"under {HELP_SECONDS} s", f"{helped.seconds:.2f} s", met),),
    )


def _importer(*arguments: object) -> Run:
    """Run the command in an empty folder, without settings, so that nothing else is measured."""
    with TemporaryDirectory(prefix="importer-benchmark-") as folder:
        return run("-m", "importer", *map(str, arguments), folder=Path(folder), env=environment())
