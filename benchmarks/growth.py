"""Growth: seconds per row and memory from a thousand rows to a million."""

from __future__ import annotations

from pathlib import Path

from benchmarks.data import sheet
from benchmarks.measure import Run, note
from benchmarks.reading import task
from benchmarks.report import BenchmarkReport, MarkdownTable, Target, megabytes
from benchmarks.simulation import new_simulation
from benchmarks.sizes import Sizes

CSV_MEGABYTES = 300
XLSX_KILOBYTES = 3.0
LEVEL_BYTES = 100  # far less than a row's 25 cells take: so no rows are kept
SLOWER = 1.3
BASE = 10_000  # rows; less is mostly start-up
KNOWN_SHARE = 0.1
LARGE = 100_000
_COLUMNS = ("rows", "seconds", "µs a row", "peak MB")


def growth(sizes: Sizes) -> BenchmarkReport:
    """Each size once, one after the other: what grows shows against the smaller ones."""
    csv = {rows: _read("csv", rows) for rows in sizes.growth_csv}
    xlsx = {rows: _read("xlsx", rows) for rows in sizes.growth_xlsx}
    first, again, report = _runs(sizes.growth)
    tables = (
        _table("reading and validating csv", csv),
        _table("reading and validating xlsx", xlsx),
        _table("`importer run`, cases alone, no latency", first),
        _table("the same file again: everything is imported already", again),
        _table("`importer report`", report),
    )
    flat = [_flat(name, found) for name, found in (("csv", csv), ("a run", first), ("a report", report))]
    level = [_level(name, found) for name, found in (("a run", first), ("a report", report))]
    return BenchmarkReport(
        tables, (*_memory(csv, xlsx), *(t for t in (*level, *flat) if t), *_known(first, again)), ("Each size once.",)
    )


def _read(ending: str, rows: int) -> Run:
    path = sheet("cases", rows, ending)
    note(f"{ending}, {rows:,} rows")
    return task("records", path)


def _runs(sizes: tuple[int, ...]) -> tuple[dict[int, Run], ...]:
    first, again, report = {}, {}, {}
    for rows in sizes:
        path = sheet("cases", rows, "csv")
        with new_simulation() as simulation:
            note(f"run, {rows:,} rows")
            first[rows] = simulation.importer("run", "--yes", "--new-ledger", "--quiet", path)
            note(f"the same again, {rows:,} rows")
            again[rows] = simulation.importer("run", "--yes", "--new-ledger", "--quiet", path)
            note(f"report, {rows:,} rows")
            report[rows] = simulation.importer("report", "1")
            simulation.require(cases=rows, vouchers=0)
            note(f"ledger {_size(simulation.folder / 'ledger.db') / rows:,.0f} bytes a row")
    return first, again, report


def _size(path: Path) -> int:
    return path.stat().st_size


def _table(title: str, found: dict[int, Run]) -> MarkdownTable:
    rows = tuple(
        (f"{rows:,}", f"{r.seconds:,.2f}", f"{r.seconds / rows * 1e6:,.0f}", megabytes(r.megabytes)) for rows, r in found.items()
    )
    return MarkdownTable(_COLUMNS, rows, title)


def _memory(csv: dict[int, Run], xlsx: dict[int, Run]) -> list[Target]:
    """Of the largest files: csv whole, xlsx by what each row adds to the smallest."""
    most = max(csv)
    small, large = min(xlsx), max(xlsx)
    kilobytes = (xlsx[large].megabytes - xlsx[small].megabytes) * 1000 / (large - small)
    peak = csv[most].megabytes
    return [
        Target(f"csv of {most:,} rows", f"under {CSV_MEGABYTES} MB", f"{peak:,.0f} MB", peak < CSV_MEGABYTES),
        Target(
            f"xlsx, each row of 25 columns up to {large:,}",
            f"under {XLSX_KILOBYTES:.0f} KB",
            f"{kilobytes:.1f} KB",
            kilobytes < XLSX_KILOBYTES,
        ),
    ]


def _level(name: str, found: dict[int, Run]) -> Target | None:
    """Return the bytes that each row above 10,000 adds to the peak; None without a larger run."""
    most = max(found)
    if BASE not in found or most <= BASE:
        return None
    added = (found[most].megabytes - found[BASE].megabytes) * 1_000_000 / (most - BASE)
    what = f"{name}: memory for each row from {BASE:,} to {most:,}"
    return Target(what, f"flat: under {LEVEL_BYTES} bytes", f"{added:,.0f} bytes", added < LEVEL_BYTES)


def _flat(name: str, found: dict[int, Run]) -> Target | None:
    """Seconds per row at the largest size against those at 10,000 rows; None if there is nothing larger."""
    most = max(found)
    if BASE not in found or most <= BASE:
        return None
    ratio = (found[most].seconds / most) / (found[BASE].seconds / BASE)
    what = f"{name}: seconds a row at {most:,} against {BASE:,}"
    return Target(what, f"at most {SLOWER} ×", f"{ratio:.2f} ×", ratio <= SLOWER)


def _known(first: dict[int, Run], again: dict[int, Run]) -> list[Target]:
    if LARGE not in first:
        return []
    share = again[LARGE].seconds / first[LARGE].seconds
    what = f"a re-run of {LARGE:,} known rows, of the first run's time"
    return [Target(what, f"under {KNOWN_SHARE:.0%}", f"{share:.0%}", share < KNOWN_SHARE)]
