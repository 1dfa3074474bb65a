"""Pacing: how much of what the limits allow is used, and how often the server has to refuse.

Debitura's windows, scaled down: a short sliding one and a fixed one of ten times the length for five times the requests.
The server records when it let a request in. What it would have allowed is what a client gets that knows the windows and
asks at the very moment at which there is room.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.data import sheet
from benchmarks.measure import RunFailed, note
from benchmarks.report import BenchmarkReport, MarkdownTable, Target
from benchmarks.simulation import Simulation, new_simulation
from benchmarks.sizes import Sizes

FIXED_COUNT, FIXED_LENGTH = 5, 10  # of the fixed window, in those of the sliding one
# What is looked at, in lengths of the sliding window: before, at and after the end of the fixed one, each a quarter behind
# the edge of a window, because what goes out there at once takes its time.
SPANS = (4.25, 10.25, 12.25)
SENT = 10  # times the sliding window's requests: more than the longest span allows
RESTART_AFTER = 2  # times the sliding window's requests
USED_WANTED = 0.97
_ONE_RUN = (
    "One run of each. The first figure of the restart holds the seconds in which the importer was down, and does not count: "
    "the fixed window is used to the full all the same."
)


@dataclass(frozen=True, slots=True)
class Windows:
    """A sliding window of ``count`` requests in ``seconds``, and the fixed one that goes with it."""

    count: int
    seconds: float

    def limits(self) -> tuple[tuple[int, float, str], ...]:
        return ((self.count, self.seconds, "sliding"), (self.count * FIXED_COUNT, self.seconds * FIXED_LENGTH, "fixed"))

    def settings(self) -> dict[str, Any]:
        (per_minute, minute, _), (per_hour, hour, _) = self.limits()
        return {"per_minute": per_minute, "per_hour": per_hour, "per_day": 0, "window_seconds": [minute, hour, 86_400]}

    def allowed(self, begin: float, span: float, before: list[float]) -> int:
        """How many requests get in at best from ``begin`` for ``span`` seconds, after those that were let in ``before``."""
        from importer.sandbox.vendors.rate_limits import Limiter

        limiter = Limiter(self.limits())  # type: ignore[arg-type]  # the kinds are two of its literals
        for moment in before:
            limiter.admit(moment)
        now, count = begin, 0
        while now <= begin + span:
            if wait := limiter.admit(now):
                now += wait + 1e-9  # a window's edge in binary fractions
            else:
                count += 1
        return count


def pacing(sizes: Sizes) -> BenchmarkReport:
    """One run straight through, and one that is interrupted and resumed."""
    windows = Windows(*sizes.paced)
    path = sheet("cases", windows.count * SENT, "csv")
    states = {}
    for name, restart in (("straight through", False), ("with a restart in the middle", True)):
        note(name)
        states[name] = paced(windows, path, restart=restart)
    rows, shares = [], []
    for name, state in states.items():
        for lengths in SPANS:
            span = lengths * windows.seconds
            made, allowed = _made_and_allowed(windows, state, span)
            if not _restarted(name) or lengths >= FIXED_LENGTH:
                shares.append(made / allowed)
            rows.append((name, f"{span:.1f}", f"{made:,}", f"{allowed:,}", f"{made / allowed:.0%}", f"{state['refused']}"))
    refused = sum(state["refused"] for state in states.values())
    (count, seconds, _), (more, longer, _) = windows.limits()
    columns = ("run", "seconds from the first POST", "requests made", "allowed", "share", "refusals in all")
    title = f"{count:,} in any {seconds:g} s, {more:,} in {longer:g} s"
    return BenchmarkReport(
        (MarkdownTable(columns, tuple(rows), title),),
        (
            Target(
                "requests made of those allowed, at worst", f"{USED_WANTED:.0%}", f"{min(shares):.0%}", min(shares) >= USED_WANTED
            ),
            Target("refusals", "none", f"{refused}", not refused),
        ),
        notes=(_ONE_RUN,),
    )


def _restarted(name: str) -> bool:
    """While the importer is down nothing is sent; what counts then is whether the fixed window is used to the full."""
    return "restart" in name


def _made_and_allowed(windows: Windows, state: dict[str, Any], span: float) -> tuple[int, int]:
    """Both counted from the first POST: before it the importer asks who it is, and reads the file."""
    begin, moments = state["begin"], state["admitted"]
    made = sum(begin <= moment <= begin + span for moment in moments)
    return made, windows.allowed(begin, span, [moment for moment in moments if moment < begin])


def paced(windows: Windows, path: Path, *, restart: bool) -> dict[str, Any]:
    """One import under the limits; gives what the server has heard. Raises RunFailed if not everything arrived once."""
    limits = tuple(f"{count}:{seconds}:{kind}" for count, seconds, kind in windows.limits())
    with new_simulation(limits=limits, **windows.settings()) as simulation:
        if restart:
            _interrupt(simulation, path, windows.count * RESTART_AFTER)
            simulation.importer("resume", "--quiet")
        else:
            simulation.importer("run", "--yes", "--new-ledger", "--quiet", path)
        simulation.require(cases=windows.count * SENT, vouchers=0)
        return simulation.state()


def _interrupt(simulation: Simulation, path: Path, posts: int) -> None:
    """Start a run and interrupt it once so much was sent; what is in flight is finished."""
    command = [sys.executable, "-m", "importer", "run", "--yes", "--new-ledger", "--quiet", str(path)]
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, cwd=simulation.folder, env=simulation.env(), stdout=quiet, stderr=quiet) as process:
        while simulation.state()["posts"] < posts:
            if process.poll() is not None:
                raise RunFailed(f"the run ended with {process.returncode} before {posts} requests")
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
