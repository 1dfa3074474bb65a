"""Several processes on one ledger on a server are killed, suspended and cut off at random; see tests/README.md.

    python tests/proofs/faults/team.py --kills 200 --pauses 20 --seed 1

Each process has a workspace of its own, as on a machine of its own, and runs, resumes or stands by while the sandbox misbehaves.
A process that is suspended is continued after the settle time, when another one may have taken its entries over: meanwhile its
sessions are ended on the server half of the time. After each round the faults are switched off, the ledger is resumed to the
end, and the sandbox is compared with it.
"""

import argparse
import os
import random
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from harness import forked, load_everything, plan
from ledger_places import LedgerOnServer, ledger_place
from simulation import Examination, SandboxProcess, environment, examine, finish, write_sheet

ROWS = 60
STEPS_OF_A_ROUND = 24
STEP_SECONDS = (0.05, 4.0)
PAUSE_SECONDS = (0.8, 3.0)  # the settle time is 0.6 seconds
RESTARTS = 0.03
"""The share of steps in which the server crashes and starts again."""
GOOD_CODES = frozenset({0, 2, 3, 5, 6, 75})


@dataclass
class Counts:
    """What has happened to processes, and how many verdicts were bad."""

    kills: int = 0
    pauses: int = 0
    cuts: int = 0
    restarts: int = 0
    under_way: int = 0
    bad: list[Examination] = field(default_factory=list)

    def text(self) -> str:
        done = f"{self.kills} kills, {self.pauses} pauses, {self.cuts} cuts, {self.restarts} restarts of the server"
        return f"{done}, {self.under_way} times with requests under way"


@dataclass
class Machine:
    """A workspace with at most one process, which may be suspended until a time."""

    folder: Path
    pid: int | None = None
    wakes_at: float | None = None

    def has_ended(self) -> bool:
        """Whether no process runs here; one that has ended badly ends the proof."""
        if self.pid is None:
            return True
        pid, status = os.waitpid(self.pid, os.WNOHANG)
        if not pid:
            return False
        self.pid = self.wakes_at = None
        code = os.waitstatus_to_exitcode(status)
        if code not in GOOD_CODES and code != -signal.SIGKILL:
            raise SystemExit(f"a process ended with {code}; see {self.folder}/runs.log")
        return True

    def signal(self, number: int) -> None:
        if self.pid is not None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def end(self) -> None:
        """Kill the process, and wait for its end."""
        self.signal(signal.SIGKILL)
        if self.pid is not None:
            with suppress(ChildProcessError):
                os.waitpid(self.pid, 0)
        self.pid = self.wakes_at = None


class Team:
    """The machines of one ledger, and what is done to them."""

    def __init__(self, folder: Path, place: LedgerOnServer, env: dict[str, str], dice: random.Random, size: int) -> None:
        self.counts = Counts()
        self._place, self._env, self._dice = place, env, dice
        self.machines = [Machine(folder / f"machine-{number}") for number in range(size)]
        for one in self.machines:
            one.folder.mkdir()

    def step(self, sheet: Path) -> None:
        """Start what does not run, wake what has slept for long enough, and do something to one process."""
        for one in self.machines:
            if one.has_ended():
                one.pid = forked(one.folder, self._env, self._arguments(sheet))
            elif one.wakes_at is not None and time.monotonic() >= one.wakes_at:
                one.signal(signal.SIGCONT)
                one.wakes_at = None
        self._wait_for_requests(self._dice.uniform(*STEP_SECONDS))
        self._disturb(self._dice.choice(self.machines))

    def _wait_for_requests(self, seconds: float) -> None:
        """Wait until requests are under way, or for so many seconds."""
        until = time.monotonic() + seconds
        while time.monotonic() < until and not self._place.left_under_way():
            time.sleep(0.01)

    def _arguments(self, sheet: Path) -> list[str]:
        begins = self._dice.random() < 0.4 or not self._place.exists()
        if begins:
            return ["run", str(sheet), "--yes", "--new-ledger", "-q"]
        return ["resume", "-q", *(["--stand-by"] if self._dice.random() < 0.5 else [])]

    def _disturb(self, one: Machine) -> None:
        chance = self._dice.random()
        if one.pid is None or one.wakes_at is not None or chance < 0.3:
            return
        self.counts.under_way += self._place.left_under_way()
        if chance < 0.3 + RESTARTS:
            self.counts.restarts += 1
            self._place.restart()
        elif chance < 0.65:
            self.counts.kills += 1
            one.end()
        elif chance < 0.8:
            self.counts.cuts += 1
            self._place.cut(one.pid)
        else:
            self.counts.pauses += 1
            one.signal(signal.SIGSTOP)
            one.wakes_at = time.monotonic() + self._dice.uniform(*PAUSE_SECONDS)
            if self._dice.random() < 0.5:
                self._place.cut(one.pid)

    def rest(self) -> None:
        """Wake everything, let it work for a moment, and end it."""
        for one in self.machines:
            one.signal(signal.SIGCONT)
        time.sleep(self._dice.uniform(0.0, 1.0))
        for one in self.machines:
            one.end()


@contextmanager
def team(folder: Path, place: LedgerOnServer, env: dict[str, str], dice: random.Random, size: int) -> Iterator[Team]:
    """The machines, whose processes are ended at the end of the block."""
    found = Team(folder, place, env, dice, size)
    try:
        yield found
    finally:
        for one in found.machines:
            one.end()


def prove(
    folder: Path, place: LedgerOnServer, wanted: Counts, seed: int, size: int, say: Callable[[str], None] = print
) -> Counts:
    """Go on in rounds until there were as many kills and pauses as ``wanted`` has, or until a verdict is bad."""
    load_everything()
    import importer.commands.stand_by  # noqa: F401

    dice = random.Random(seed)
    with SandboxProcess(folder) as sandbox:
        env = environment(sandbox.url, timeout_seconds=0.5) | place.env | {"IMPORTER_LEDGER__WAIT_SECONDS": "1"}
        known: set[str] = set()
        first = rounds = 0
        with team(folder, place, env, dice, size) as machines:
            counts = machines.counts
            while (counts.kills < wanted.kills or counts.pauses < wanted.pauses or not counts.under_way) and not counts.bad:
                rounds += 1
                fresh = range(first, first + ROWS)
                first += ROWS - dice.randrange(6)  # the next file overlaps this one
                sheet = folder / f"sheet-{rounds}.csv"
                write_sheet(sheet, fresh)
                for step in range(STEPS_OF_A_ROUND):
                    if step % 10 == 0:
                        sandbox.faults(plan(dice.randrange(10**6)))
                        place.let_a_minute_pass()
                    machines.step(sheet)
                machines.rest()
                sandbox.faults(None)
                place.let_a_minute_pass()
                while machines.machines[0].pid is None:  # the last run takes in what no other has
                    machines.machines[0].pid = forked(folder, env, ["run", str(sheet), "--yes", "--new-ledger", "-q"])
                os.waitpid(machines.machines[0].pid, 0)
                machines.machines[0].pid = None
                finish(folder, env)
                known |= {f"C{number}" for number in fresh}
                verdict = examine(sandbox.state(), place.file(), known, finished=True)
                if not verdict.good:
                    counts.bad.append(verdict)
                say(f"round {rounds}: {counts.text()}, {len(known)} cases, {'all well' if verdict.good else verdict}")
    return counts


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--pauses", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--machines", type=int, default=3)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, ledger_place(Path(name), on_server=True) as place:
        assert isinstance(place, LedgerOnServer)
        counts = prove(Path(name), place, Counts(chosen.kills, chosen.pauses), chosen.seed, chosen.machines)
    print(f"{counts.text()}, with seed {chosen.seed}: {len(counts.bad)} bad")
    sys.exit(bool(counts.bad))


if __name__ == "__main__":
    main()
