"""What a benchmark imports into: the fast server in a process of its own, and a folder in which the importer works."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.measure import ROOT, Run, RunFailed, environment, run

KEY = "benchmark-key"
TOKEN = "benchmark-token"  # noqa: S105  (of a server that takes any)
TENANT = "00000000-0000-4000-8000-0000000000bb"


@dataclass(frozen=True)
class Simulation:
    """Where the server listens, and the folder with ledger and reports."""

    url: str
    folder: Path
    settings: dict[str, str]

    def env(self) -> dict[str, str]:
        return environment(
            IMPORTER_DEBITURA__BASE_URL=self.url,
            IMPORTER_DEBITURA__API_KEY=KEY,
            IMPORTER_DEBBIE__BASE_URL=self.url,
            IMPORTER_DEBBIE__TOKEN=TOKEN,
            IMPORTER_DEBBIE__TENANT_ID=TENANT,
            **self.settings,
        )

    def importer(self, *arguments: str | Path, expect: int = 0) -> Run:
        """Run the command as a user does, and measure its time and its peak."""
        return run("-m", "importer", *arguments, folder=self.folder, env=self.env(), expect=expect)

    def state(self) -> dict[str, Any]:
        """Return the counts of the server so far."""
        with urllib.request.urlopen(f"{self.url}/_state", timeout=60) as answer:
            found: dict[str, Any] = json.load(answer)
        return found

    def require(self, *, cases: int, vouchers: int) -> None:
        """Raise RunFailed unless exactly these were created, each once: speed without that is no speed."""
        state = self.state()
        if (state["cases"], state["references"], state["vouchers"]) != (cases, cases, vouchers):
            raise RunFailed(f"{cases} cases and {vouchers} vouchers were wanted, the server has {state}")


@contextmanager
def new_simulation(*, latency: float = 0.0, limits: tuple[str, ...] = (), **settings: object) -> Iterator[Simulation]:
    """Start an empty server and make an empty folder; ``settings`` are those of ``[dispatch]``."""
    command = [sys.executable, "-m", "benchmarks.server", "--latency", str(latency)]
    command += [part for limit in limits for part in ("--limit", limit)]
    unlimited = dict.fromkeys(("per_minute", "per_hour", "per_day"), 0)
    chosen = {f"IMPORTER_DISPATCH__{name.upper()}": str(value) for name, value in (unlimited | settings).items()}
    with (
        TemporaryDirectory(prefix="importer-benchmark-") as folder,
        subprocess.Popen(command, cwd=ROOT, env=environment(), stdout=subprocess.PIPE, text=True) as server,
    ):
        assert server.stdout is not None
        try:
            yield Simulation(server.stdout.readline().strip(), Path(folder), chosen)
        finally:
            server.terminate()
