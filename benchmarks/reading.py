"""Reading and validating: our reader against pandas and the csv module, our loader against bare pydantic."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from benchmarks.data import sheet
from benchmarks.measure import Run, interleaved, run
from benchmarks.report import BenchmarkReport, MarkdownTable, Target, megabytes, seconds, times
from benchmarks.sizes import Sizes

XLSX_WANTED = 6.0
_LABELS = {
    "frames": "importer, rows into DataFrame chunks",
    "records": "importer, read and validated into records",
    "pandas-openpyxl": "pandas.read_excel, openpyxl",
    "pandas-calamine": "pandas.read_excel, calamine",
    "pandas-csv": "pandas.read_csv",
    "bare-csv": "the csv module",
    "validate": "importer, cells into records",
    "pydantic": "pydantic alone, from typed values",
}


def task(name: str, path: Path) -> Run:
    """One of :mod:`benchmarks.tasks` in a child of its own."""
    return run("-m", "benchmarks.tasks", name, path)


def reading(sizes: Sizes) -> BenchmarkReport:
    """Files into rows and into records."""
    xlsx, flat, csv = (sheet(shape, sizes.rows, kind) for shape, kind in (("cases", "xlsx"), ("flat", "xlsx"), ("cases", "csv")))
    size = f"{sizes.rows:,} rows of 25 columns"
    in_xlsx = _contest(xlsx, ("records", "frames", "pandas-openpyxl", "pandas-calamine"), sizes.rounds)
    in_flat = _contest(flat, ("records", "pandas-openpyxl"), sizes.rounds)
    in_csv = _contest(csv, ("records", "frames", "pandas-csv", "bare-csv"), sizes.rounds)
    faster = in_xlsx["pandas-openpyxl"].seconds / in_xlsx["records"].seconds
    return BenchmarkReport(
        tables=(
            _table(in_xlsx, f"xlsx, {size}, a case in each"),
            _table(in_flat, f"xlsx, {size}, a case and a voucher in each"),
            _table(in_csv, f"csv, {size}, a case in each"),
        ),
        targets=(
            Target(
                "xlsx read and validated, against pandas.read_excel with openpyxl alone",
                f"at least {XLSX_WANTED:.0f} × faster",
                times(faster),
                faster >= XLSX_WANTED,
            ),
        ),
    )


def validating(sizes: Sizes) -> BenchmarkReport:
    """Rows that are in memory already into records."""
    tables = []
    for shape, told in (("cases", "a case in each row"), ("flat", "a case and a voucher in each row")):
        found = _contest(sheet(shape, sizes.rows, "xlsx"), ("validate", "pydantic"), sizes.rounds)
        tables.append(
            MarkdownTable(
                ("contestant", "rows a second", "µs a row", "time, pydantic = 1", "peak MB, with the rows"),
                tuple(
                    (
                        _LABELS[name],
                        f"{sizes.rows / median.seconds:,.0f}",
                        f"{median.seconds / sizes.rows * 1e6:,.0f}",
                        times(median.seconds / found["pydantic"].seconds),
                        megabytes(median.megabytes),
                    )
                    for name, median in found.items()
                ),
                f"{sizes.rows:,} rows of 25 columns, {told}",
            )
        )
    return BenchmarkReport(tuple(tables))


def _contest(path: Path, names: tuple[str, ...], rounds: int) -> dict[str, Run]:
    return interleaved({name: partial(task, name, path) for name in names}, rounds)


def _table(found: dict[str, Run], title: str) -> MarkdownTable:
    ours = found["records"].seconds
    rows = tuple(
        (
            _LABELS[name],
            seconds(m.seconds),
            f"{seconds(m.fastest)} to {seconds(m.slowest)}",
            times(m.seconds / ours),
            seconds(m.cpu),
            megabytes(m.megabytes),
        )
        for name, m in found.items()
    )
    return MarkdownTable(("contestant", "seconds", "from, to", "time, importer = 1", "CPU seconds", "peak MB"), rows, title)
