"""Sending, end to end: the real command with its ledger against an analyst's script and against the floor."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from functools import partial
from pathlib import Path

from benchmarks.data import sheet
from benchmarks.measure import Run, fsync_milliseconds, interleaved, run
from benchmarks.report import BenchmarkReport, MarkdownTable, Target, megabytes, seconds, times
from benchmarks.simulation import Simulation, new_simulation
from benchmarks.sizes import Sizes

CONCURRENCY = 16
ANALYST_WANTED = 6.0
FLOOR_WANTED = 0.35
LATENCY_SECONDS = 0.05
AT_LATENCY = 32
LATENCY_WANTED = 0.95
_LABELS = {
    "importer": "`importer run`, the whole command, durable ledger and reports",
    "analyst": "an analyst's script: pandas, pydantic, httpx; no ledger",
    "floor": "the floor: the POSTs alone, from memory, bare aiohttp",
}


def sending(sizes: Sizes) -> BenchmarkReport:
    """No latency, no limits: what the program itself costs."""
    path = sheet("flat", sizes.sent, "xlsx")
    contestants = {name: partial(send, name, path, sizes.sent) for name in _LABELS}
    found = interleaved(contestants, sizes.rounds)
    ours, posts = found["importer"].seconds, 2 * sizes.sent
    rows = tuple(
        (
            _LABELS[name],
            seconds(m.seconds),
            f"{seconds(m.fastest)} to {seconds(m.slowest)}",
            f"{posts / m.seconds:,.0f}",
            times(ours / m.seconds),
            seconds(m.cpu),
            megabytes(m.megabytes),
        )
        for name, m in found.items()
    )
    columns = ("contestant", "seconds", "from, to", "POSTs a second", "throughput, importer = 1", "CPU seconds", "peak MB")
    faster, share = found["analyst"].seconds / ours, found["floor"].seconds / ours
    fsync = fsync_milliseconds(Path(tempfile.gettempdir()))
    return BenchmarkReport(
        tables=(
            MarkdownTable(columns, rows, f"{sizes.sent:,} cases with a voucher each, {CONCURRENCY} requests under way per API"),
        ),
        targets=(
            Target("against the analyst's script", f"at least {ANALYST_WANTED:.0f} ×", times(faster), faster >= ANALYST_WANTED),
            Target("of the floor", f"at least {FLOOR_WANTED:.0%}", f"{share:.0%}", share >= FLOOR_WANTED),
        ),
        notes=(f"Server and client share the cores, for all three. A durable write of 4 KB took {fsync:.2f} ms on this disk.",),
    )


def send(contestant: str, path: Path, cases: int) -> Run:
    """One contestant against a server of its own; raises RunFailed unless everything arrived once."""
    with new_simulation(concurrency=CONCURRENCY) as simulation:
        found = _contest(contestant, path, simulation, CONCURRENCY)
        simulation.require(cases=cases, vouchers=cases)
    return found


def _contest(contestant: str, path: Path, simulation: Simulation, concurrency: int) -> Run:
    if contestant == "importer":
        return simulation.importer("run", "--yes", "--new-ledger", "--quiet", path)
    return run("-m", f"benchmarks.{contestant}", path, simulation.url, str(concurrency), folder=simulation.folder)


def latency(sizes: Sizes) -> BenchmarkReport:
    """Each answer takes 50 ms: whether all slots are always in use. Cases alone, so that one lane is measured."""
    path = sheet("cases", sizes.sent, "csv")
    found = interleaved({name: partial(_send_late, name, path, sizes.sent) for name in ("importer", "floor")}, sizes.rounds)
    best = AT_LATENCY / LATENCY_SECONDS
    shares = {name: sizes.sent / run.told["window"] / best for name, run in found.items()}
    rows = tuple(
        (
            told,
            seconds(took),
            f"{sizes.sent / took:,.0f}",
            f"{sizes.sent / took / best:.0%}",
            f"{found[name].told['held'] * 1000:.1f}",
            megabytes(found[name].megabytes),
        )
        for told, name, took in (
            ("`importer run`, from the first POST to the last answer", "importer", found["importer"].told["window"]),
            ("`importer run`, the whole command", "importer", found["importer"].seconds),
            ("the floor: bare aiohttp, from the first POST to the last answer", "floor", found["floor"].told["window"]),
        )
    )
    columns = ("", "seconds", "POSTs a second", f"of {best:,.0f}", "ms that the server took for an answer", "peak MB")
    title = f"{sizes.sent:,} cases, {AT_LATENCY} requests under way, {LATENCY_SECONDS * 1000:.0f} ms for each answer"
    wanted = Target(
        "of concurrency / latency",
        f"at least {LATENCY_WANTED:.0%}",
        f"{shares['importer']:.0%} (bare aiohttp: {shares['floor']:.0%})",
        shares["importer"] >= LATENCY_WANTED,
    )
    return BenchmarkReport((MarkdownTable(columns, rows, title),), (wanted,))


def _send_late(contestant: str, path: Path, cases: int) -> Run:
    """Told besides: ``window``, the seconds from the first POST to the last answer, and ``held``, those of an answer."""
    with new_simulation(latency=LATENCY_SECONDS, concurrency=AT_LATENCY) as simulation:
        found = _contest(contestant, path, simulation, AT_LATENCY)
        simulation.require(cases=cases, vouchers=0)
        state = simulation.state()
    return replace(found, told={"window": state["seconds"], "held": state["held"]})
