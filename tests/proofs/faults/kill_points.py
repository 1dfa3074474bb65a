"""Kill the importer before and after every commit, every write to the network and every file of a report; then look.

    python tests/proofs/faults/kill_points.py

Prints one line per scenario and ends with 1 if anything went wrong. The points are found by counting: the scenario's
command is run once to its end, which tells how often it passes each of them; then once for each, killed there, and the
scenario is finished as a user would. A point that is not reached the second time is not counted.
"""

import argparse
import os
import shutil
import signal
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from harness import forked, load_everything
from simulation import ALWAYS, SandboxProcess, accept_a_control, environment, examine, finish, write_sheet

POINTS = ("commit", "request", "wire", "report")  # wire: the bytes of a request have gone out, its answer is not read
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


class Counting(Trap):
    """Kills nothing, and writes down every point that is passed."""

    def __init__(self, file: Path) -> None:
        self.file = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def spring(self, point: str, moment: str) -> None:
        os.write(self.file, f"{point} {moment}\n".encode())


def set_trap(trap: Trap) -> None:
    from asyncio.selector_events import _SelectorSocketTransport

    from importer.dispatcher.apis.http import AioTransport
    from importer.ledger.storage.engine import Session
    from importer.reporter import result_folder

    real_transaction = Session.transaction

    @contextmanager
    def transaction(self: Session):
        with real_transaction(self) as connection:
            yield connection
            trap.spring("commit", "before")
        trap.spring("commit", "after")

    Session.transaction = transaction
    real_request = AioTransport.handle_async_request

    async def handle_async_request(self: AioTransport, request: object):
        trap.spring("request", "before")
        answer = await real_request(self, request)
        trap.spring("request", "after")
        return answer

    AioTransport.handle_async_request = handle_async_request

    def around(point: str, real: Callable) -> Callable:
        def wrapped(*given: object) -> object:
            trap.spring(point, "before")
            result = real(*given)
            trap.spring(point, "after")
            return result

        return wrapped

    _SelectorSocketTransport.write = around("wire", _SelectorSocketTransport.write)  # hands the bytes to the kernel at once
    result_folder.replace_file = around("report", result_folder.replace_file)
    result_folder._folder_of = around("report", result_folder._folder_of)


def trapped_run(folder: Path, env: dict[str, str], arguments: list[str], make: Callable[[], Trap]) -> bool:
    """Whether the run was killed by its trap; one that did not reach it has ended by itself."""
    child = os.fork()
    if child == 0:
        set_trap(make())
        grandchild = forked(folder, env, arguments)
        _, status = os.waitpid(grandchild, 0)
        os._exit(0 if os.waitstatus_to_exitcode(status) == -signal.SIGKILL else 1)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status) == 0


@dataclass
class Stage:
    """Where a scenario is played: a folder with a sheet, the sandbox and the importer's environment."""

    folder: Path
    env: dict[str, str]
    sandbox: SandboxProcess
    sender: int | None = None  # the process that sends while another one is killed

    def run(self, *arguments: str) -> int:
        _, status = os.waitpid(forked(self.folder, self.env, list(arguments)), 0)
        return os.waitstatus_to_exitcode(status)

    def import_sheet(self) -> int:
        return self.run(*RUN)

    def entries(self, *states: str) -> list[str]:
        """The cases in these states, as ``resolve`` names them."""
        from importer.domain.identity import EntryLabel
        from importer.domain.kinds import RecordKind

        with sqlite3.connect(f"file:{self.folder}/ledger.db?mode=ro", uri=True) as db:
            found = db.execute("SELECT id, key, state FROM entry WHERE kind = 'case'").fetchall()
        db.close()
        return [EntryLabel.of(RecordKind.CASE, identifier, key).text() for identifier, key, state in found if state in states]

    def staged(self) -> list[str]:
        """The numbers of the batches that wait for an approval."""
        if not (self.folder / "ledger.db").is_file():  # killed before it was made
            return []
        with sqlite3.connect(f"file:{self.folder}/ledger.db?mode=ro", uri=True) as db:
            found = db.execute("SELECT id FROM batch WHERE state IN ('staged', 'void') ORDER BY id").fetchall()
        db.close()
        return [str(identifier) for (identifier,) in found]

    def lose_every_case_by(self, kind: str) -> None:
        """Send the sheet: every case fails in this way, and cannot be looked up."""
        hidden = self.sandbox.hidden_after_the_look()
        self.sandbox.faults([{"on": "cases", "nth": 1, "times": ALWAYS, "kind": kind}, hidden])
        assert self.import_sheet() == 5
        assert self.entries("in_doubt")
        self.sandbox.faults(None)


RUN, RESUME = ("run", "sheet.csv", "--yes", "--new-ledger", "-q"), ("resume", "-q")
STAGE = (*RUN[:2], "--confirm", "999", "--new-ledger", "-q")
"""Stages the sheet, which holds fewer cases, and sends nothing."""


def plain_run(stage: Stage) -> tuple[str, ...]:
    """The run itself is killed."""
    del stage
    return RUN


def resume_with_doubts(stage: Stage) -> tuple[str, ...]:
    """Every case is committed but its answer lost; the resume that reconciles them is killed."""
    stage.lose_every_case_by("500_after")
    return RESUME


def absent_and_sent_again(stage: Stage) -> tuple[str, ...]:
    """No case was committed; the resume that looks for them twice and sends them again is killed."""
    stage.lose_every_case_by("500_before")
    accept_a_control(stage.folder, stage.env)  # without one the list proves nothing, and nothing is sent again
    return RESUME


def trusted_keys(stage: Stage) -> tuple[str, ...]:
    """The first case is committed but its answer lost; the resume that repeats it with its key is killed."""
    lost, stopped = ({"on": "cases", "nth": nth, "kind": kind} for nth, kind in ((1, "reset_after"), (2, "401_from")))
    stage.sandbox.faults([lost, stopped])
    stage.import_sheet()
    stage.sandbox.faults(None)
    return RESUME


def held_and_called_absent(stage: Stage) -> tuple[str, ...]:
    """No case was committed and a person is to say so; the command that says it is killed."""
    stage.sandbox.faults([{"on": "cases", "nth": 1, "times": ALWAYS, "kind": "500_before"}])
    stage.import_sheet()
    stage.sandbox.faults(None)
    stage.run(*RESUME)
    return ("resolve", stage.entries("held")[0], "--absent")


def call_absent(stage: Stage) -> None:
    for name in stage.entries("held"):
        assert stage.run("resolve", name, "--absent") == 0


def in_doubt_and_named(stage: Stage) -> tuple[str, ...]:
    """Every case is committed but its answer lost; the command that says which one it is is killed."""
    resume_with_doubts(stage)
    name = stage.entries("in_doubt")[0]
    with sqlite3.connect(f"file:{stage.folder}/ledger.db?mode=ro", uri=True) as db:
        (reference,) = db.execute("SELECT ref FROM entry WHERE id = ?", (name[1:].split("-")[0],)).fetchone()
    db.close()
    wanted = f"R{reference[1:]}"
    found = next(case["id"] for case in stage.sandbox.state()["cases"] if case["creditorReference"] == wanted)
    return ("resolve", name, "--exists", found)


def restored_ledger(stage: Stage) -> tuple[str, ...]:
    """All was sent after the backup that is put back; the resume that looks for it is killed."""
    stage.sandbox.faults([{"on": "cases", "nth": 1, "kind": "401_from"}])
    stage.import_sheet()
    assert stage.run("ledger", "backup", "backup.db") == 0
    stage.sandbox.faults(None)
    assert stage.run(*RESUME) == 0
    for old in stage.folder.glob("ledger.db*"):
        old.unlink()
    shutil.copy(stage.folder / "backup.db", stage.folder / "ledger.db")
    return RESUME


def vouchers_in_doubt(stage: Stage) -> tuple[str, ...]:
    """The cases are there, every voucher's answer was lost; the resume that sends them again is killed."""
    stage.sandbox.faults({"seed": 1, "rate": 1.0, "kinds": ["reset_after"], "paths": ["vouchers"]})
    stage.import_sheet()
    stage.sandbox.faults(None)
    return RESUME


def uploads(stage: Stage) -> tuple[str, ...]:
    """Every voucher has a file, and the first upload's answer is lost; the run is killed."""
    stage.sandbox.faults([{"on": "files", "nth": 1, "kind": "reset_after"}])
    return RUN


def staged_run(stage: Stage) -> tuple[str, ...]:
    """A gate is not passed; the run that only stages the sheet is killed."""
    del stage
    return STAGE


def reviewed_run(stage: Stage) -> tuple[str, ...]:
    """A gate is passed; the run that stages the sheet, approves and sends it is killed."""
    del stage
    return (*RUN[:2], "--confirm", "1", "--new-ledger", "-q")


def approving(stage: Stage) -> tuple[str, ...]:
    """The sheet is staged; the command that approves it is killed."""
    assert stage.run(*STAGE) == 8
    return ("approve", "1", "--yes")


def discarding(stage: Stage) -> tuple[str, ...]:
    """The sheet is staged; the command that discards it is killed."""
    assert stage.run(*STAGE) == 8
    return ("discard", "1")


def staged_over_a_batch_under_way(stage: Stage) -> tuple[str, ...]:
    """A part of the sheet was sent, and the sheet is staged again; the command that approves that is killed."""
    stage.sandbox.faults([{"on": "cases", "nth": 1, "kind": "401_from"}])
    stage.import_sheet()
    stage.sandbox.faults(None)
    assert stage.run(*STAGE) == 8
    return ("approve", "2", "--yes")


def discarded_over_a_batch_under_way(stage: Stage) -> tuple[str, ...]:
    """A part of the sheet was sent, and the sheet is staged again; the command that discards that is killed."""
    return ("discard", staged_over_a_batch_under_way(stage)[1])


def waiting_run(stage: Stage) -> tuple[str, ...]:
    """Debitura asks for waits, so that the ledger is let go and taken again; the run that waits is killed."""
    stage.sandbox.faults([{"on": "cases", "nth": nth, "kind": "429", "retry_after": 1} for nth in (1, 3)])
    return RUN


def handing_over(stage: Stage) -> tuple[str, ...]:
    """A run with a part of the rows waits and is the account's sender; the run that leaves its rows to it is killed."""
    lines = (stage.folder / "sheet.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    (stage.folder / "part.csv").write_text("".join(lines[:3]), encoding="utf-8")
    stage.sandbox.faults([{"on": "cases", "nth": 1, "times": ALWAYS, "kind": "429", "retry_after": 1}])
    stage.sender = forked(stage.folder, stage.env, ["run", "part.csv", "--yes", "--new-ledger", "-q"])
    while not (list(stage.folder.glob("*.sender-*.owner")) and not (stage.folder / "ledger.db.owner").exists()):
        time.sleep(0.01)
    return RUN


def sender_ends(stage: Stage) -> None:
    """Debitura works again: the sender sends its own rows and those that were left to it."""
    if stage.sender is not None:
        _, status = os.waitpid(stage.sender, 0)
        stage.sender = None
        assert os.waitstatus_to_exitcode(status) == 0


def approve_all(stage: Stage) -> None:
    for number in stage.staged():
        assert stage.run("approve", number, "--yes") == 0


@dataclass(frozen=True)
class Scenario:
    """What is prepared (which gives the command that is killed), with what settings, and what a person does after it."""

    prepare: Callable[[Stage], tuple[str, ...]]
    dispatch: dict[str, object] = field(default_factory=dict)
    then: Callable[[Stage], None] = lambda _: None
    keys: bool = False
    appendix: str | None = None


SHORT_WINDOWS: dict[str, object] = {"window_seconds": "[0.05, 2, 86400]"}
"""With these, a wait of more than a tenth of a second lets go of the ledger."""

SCENARIOS = (
    Scenario(plain_run),
    Scenario(resume_with_doubts),
    Scenario(absent_and_sent_again),
    Scenario(trusted_keys, {"idempotency_keys": "trusted"}, keys=True),
    Scenario(held_and_called_absent, {"on_absent": "hold"}, call_absent),
    Scenario(in_doubt_and_named),
    Scenario(restored_ledger),
    Scenario(vouchers_in_doubt),
    Scenario(uploads, appendix="invoice.pdf"),
    Scenario(staged_run, then=approve_all),
    Scenario(reviewed_run, then=approve_all),
    Scenario(approving, then=approve_all),
    Scenario(discarding, then=approve_all),
    Scenario(staged_over_a_batch_under_way, then=approve_all),
    Scenario(discarded_over_a_batch_under_way, then=approve_all),
    Scenario(waiting_run, SHORT_WINDOWS),
    Scenario(handing_over, SHORT_WINDOWS, then=sender_ends),
)


class Theatre:
    """Plays scenarios, each in a folder of its own and with case numbers that no other uses."""

    def __init__(self, root: Path, cases: int) -> None:
        self.root, self.cases, self.played = root, cases, 0

    def play(self, sandbox: SandboxProcess, scenario: Scenario, make: Callable[[Path], Trap]) -> tuple[bool, str]:
        """Whether the command was killed, and what is wrong in the end ("" if nothing is)."""
        folder = self.root / str(self.played)
        folder.mkdir()
        taken = range(self.played * self.cases, (self.played + 1) * self.cases)
        self.played += 1
        write_sheet(folder / "sheet.csv", taken, vouchers=2, appendix=scenario.appendix)
        (folder / "invoice.pdf").write_bytes(b"%PDF-1.4 " + str(self.played).encode())
        dispatch = {"settle_minutes": 0, "concurrency": 2} | scenario.dispatch
        own_data = {"IMPORTER_DATA_FOLDER": str(folder / "data")}  # a ledger of its own for the same account
        stage = Stage(folder, environment(sandbox.url, **dispatch) | own_data, sandbox)
        arguments = scenario.prepare(stage)
        killed = trapped_run(folder, stage.env, list(arguments), lambda: make(folder))
        sandbox.faults(None)
        scenario.then(stage)
        stage.import_sheet()
        self._finish(stage, scenario)
        verdict = examine(sandbox.state(), folder / "ledger.db", {f"C{number}" for number in taken}, finished=True)
        return killed, "" if verdict.good else str(verdict)

    def _finish(self, stage: Stage, scenario: Scenario) -> None:
        for _ in range(6):
            if stage.run(*RESUME) == 0:
                return
            scenario.then(stage)
        finish(stage.folder, stage.env)

    def points(self, sandbox: SandboxProcess, scenario: Scenario) -> list[tuple[str, str, int]]:
        """Every point that the scenario's command passes when nobody kills it."""
        counted = self.root / f"{scenario.prepare.__name__}.points"
        _, wrong = self.play(sandbox, scenario, lambda _: Counting(counted))
        assert not wrong, wrong
        passed = Counter(counted.read_text().splitlines())
        return [(p, m, n) for p in POINTS for m in MOMENTS for n in range(1, passed[f"{p} {m}"] + 1)]


def try_scenario(theatre: Theatre, sandbox: SandboxProcess, scenario: Scenario, every: int, first: int) -> tuple[int, list[str]]:
    kills, bad = 0, []
    points = theatre.points(sandbox, scenario)
    for point, moment, count in points[first % len(points) :: every]:
        killed, wrong = theatre.play(sandbox, scenario, lambda _, trap=(point, moment, count): Trap(*trap))
        kills += killed
        if wrong:
            bad.append(f"{point} {moment} {count}: {wrong}")
    return kills, bad


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--cases", type=int, default=2)
    parser.add_argument("--every", type=int, default=1, help="try every n-th point only")
    parser.add_argument("--only", help="try only the scenarios whose names hold this text")
    chosen = parser.parse_args()
    failed, total = [], 0
    load_everything()
    with tempfile.TemporaryDirectory() as name:
        plain, keyed, root = (Path(name) / part for part in ("plain", "keyed", "runs"))
        for part in (plain, keyed, root):
            part.mkdir()
        theatre = Theatre(root, chosen.cases)
        with SandboxProcess(plain) as usual, SandboxProcess(keyed, idempotency="honoured") as keeping:
            for number, scenario in enumerate(SCENARIOS):
                if chosen.only and chosen.only not in scenario.prepare.__name__:
                    continue
                sandbox = keeping if scenario.keys else usual
                # Another first point in each, so that a few of all kinds are tried.
                kills, bad = try_scenario(theatre, sandbox, scenario, chosen.every, number % chosen.every)
                print(f"{scenario.prepare.__name__}: {kills} kills, {len(bad)} bad", *bad, sep="\n  ", flush=True)
                failed += bad
                total += kills
    print(f"{total} kills in all, {len(failed)} bad")
    sys.exit(bool(failed) or total == 0)


if __name__ == "__main__":
    main()
