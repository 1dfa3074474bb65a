"""Kill the importer before and after every commit, every request and every file of a report; then resume, and look.

    python tests/faults/kill_points.py

Prints one line per scenario and ends with 1 if anything went wrong. The points are found by counting: point k is the
k-th commit (or request, or file) of the run, until a run has fewer.
"""

import argparse
import os
import signal
import sys
import tempfile
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from harness import forked, load_everything
from world import SandboxProcess, environment, examine, finish, write_sheet

POINTS = ("commit", "request", "report")
MOMENTS = ("before", "after")


class Trap:
    """SIGKILL to this very process at one point; wrapped around the real thing, which still happens."""

    def __init__(self, point: str, moment: str, count: int) -> None:
        self.point, self.moment, self.left = point, moment, count

    def spring(self, point: str, moment: str) -> None:
        if (point, moment) == (self.point, self.moment):
            self.left -= 1
            if self.left == 0:
                os.kill(os.getpid(), signal.SIGKILL)


def set_trap(trap: Trap) -> None:
    from importer.dispatcher.client import AioTransport
    from importer.ledger.store import Ledger
    from importer.reporter import report, workbook

    real_transaction = Ledger.transaction

    @contextmanager
    def transaction(self: Ledger):
        with real_transaction(self) as connection:
            yield connection
            trap.spring("commit", "before")
        trap.spring("commit", "after")

    Ledger.transaction = transaction
    real_request = AioTransport.handle_async_request

    async def handle_async_request(self: AioTransport, request: object):
        trap.spring("request", "before")
        answer = await real_request(self, request)
        trap.spring("request", "after")
        return answer

    AioTransport.handle_async_request = handle_async_request
    real_publish, real_folder = workbook._publish, report._new_folder

    def publish(partial: Path, wanted: Path) -> Path:
        trap.spring("report", "before")
        path = real_publish(partial, wanted)
        trap.spring("report", "after")
        return path

    def new_folder(directory: Path, name: str) -> Path:
        trap.spring("report", "before")
        folder = real_folder(directory, name)
        trap.spring("report", "after")
        return folder

    workbook._publish, report._new_folder = publish, new_folder


def killed_run(folder: Path, env: dict[str, str], arguments: list[str], trap: Trap) -> bool:
    """Whether the run reached its trap; a run that did not has ended by itself."""
    child = os.fork()
    if child == 0:
        set_trap(trap)
        grandchild = forked(folder, env, arguments)
        _, status = os.waitpid(grandchild, 0)
        os._exit(0 if os.waitstatus_to_exitcode(status) == -signal.SIGKILL else 1)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status) == 0


def plain_run(folder: Path, env: dict[str, str], sandbox: SandboxProcess, sheet: Path) -> list[str]:
    """The run itself is killed."""
    del folder, env, sandbox
    return ["run", str(sheet), "--yes", "-q"]


def resume_with_doubts(folder: Path, env: dict[str, str], sandbox: SandboxProcess, sheet: Path) -> list[str]:
    """Every case is committed but its answer lost; the resume that reconciles them is killed."""
    lost = {"on": "cases", "nth": 1, "times": 10**6, "kind": "500_after"}
    sandbox.faults([lost, {"on": "list", "nth": 1, "times": 10**6, "kind": "redirect"}])  # nor can they be looked up
    os.waitpid(forked(folder, env, ["run", str(sheet), "--yes", "-q"]), 0)
    sandbox.faults(None)
    return ["resume", "-q"]


def vouchers_in_doubt(folder: Path, env: dict[str, str], sandbox: SandboxProcess, sheet: Path) -> list[str]:
    """The cases are there, every voucher's answer was lost; the resume that sends them again is killed."""
    sandbox.faults({"seed": 1, "rate": 1.0, "kinds": ["reset_after"], "paths": ["vouchers"]})
    os.waitpid(forked(folder, env, ["run", str(sheet), "--yes", "-q"]), 0)
    sandbox.faults(None)
    return ["resume", "-q"]


Scenario = Callable[[Path, dict[str, str], SandboxProcess, Path], list[str]]
SCENARIOS: tuple[Scenario, ...] = (plain_run, resume_with_doubts, vouchers_in_doubt)


def try_scenario(
    root: Path, sandbox: SandboxProcess, scenario: Scenario, numbers: "Numbers", every: int
) -> tuple[int, list[str]]:
    kills, bad = 0, []
    for point in POINTS:
        for moment in MOMENTS:
            count = 1
            while True:
                name = f"{scenario.__name__}-{point}-{moment}-{count}"
                folder = root / name
                folder.mkdir()
                taken = numbers.take()
                sheet = folder / "sheet.csv"
                write_sheet(sheet, taken, vouchers=2)
                env = environment(sandbox.url, settle_minutes=0, concurrency=2)
                arguments = scenario(folder, env, sandbox, sheet)
                if not killed_run(folder, env, arguments, Trap(point, moment, count)):
                    break
                kills += 1
                os.waitpid(forked(folder, env, ["run", str(sheet), "--yes", "-q"]), 0)
                finish_forked(folder, env)
                wanted = {f"C{number}" for number in taken}
                verdict = examine(sandbox.state(), folder / "ledger.db", wanted, finished=True)
                if not verdict.good:
                    bad.append(f"{name}: {verdict}")
                count += every
    return kills, bad


def finish_forked(folder: Path, env: dict[str, str]) -> None:
    for _ in range(6):
        _, status = os.waitpid(forked(folder, env, ["resume", "-q"]), 0)
        if os.waitstatus_to_exitcode(status) == 0:
            return
    finish(folder, env)


class Numbers:
    """Case numbers that no other scenario uses."""

    def __init__(self, cases: int) -> None:
        self.next, self.cases = 0, cases

    def take(self) -> range:
        self.next += self.cases
        return range(self.next - self.cases, self.next)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--cases", type=int, default=2)
    parser.add_argument("--every", type=int, default=1, help="try every n-th point only")
    chosen = parser.parse_args()
    numbers, failed, total = Numbers(chosen.cases), [], 0
    load_everything()
    with tempfile.TemporaryDirectory() as name, SandboxProcess(Path(name)) as sandbox:
        for scenario in SCENARIOS:
            kills, bad = try_scenario(Path(name), sandbox, scenario, numbers, chosen.every)
            print(f"{scenario.__name__}: {kills} kills, {len(bad)} bad", *bad, sep="\n  ", flush=True)
            failed += bad
            total += kills
    print(f"{total} kills in all, {len(failed)} bad")
    sys.exit(bool(failed) or total == 0)


if __name__ == "__main__":
    main()
