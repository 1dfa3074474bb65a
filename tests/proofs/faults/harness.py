"""Kill the importer at random moments while the sandbox misbehaves; see tests/README.md.

    python tests/proofs/faults/harness.py --kills 2000 --seed 1
    python tests/proofs/faults/harness.py --kills 2000 --seed 1 --postgres

Each run is a process of its own, forked from one that has loaded everything, so that a kill costs milliseconds and not
a start-up. It is killed with SIGKILL at a random moment. After every few kills the faults are switched off, the ledger
is resumed to the end, and the server is compared with it. With ``--postgres`` the ledger is on a server, and of the runs some
are not killed: their connections are cut, or the ledger's server crashes and starts again.
"""

import argparse
import os
import random
import signal
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from ledger_places import LedgerFile, ledger_place
from simulation import Examination, SandboxProcess, environment, examine, finish, write_sheet

ROWS_PER_FILE = 100
KILLS_PER_ROUND = 25
LONGEST_LIFE = 0.5
"""The seconds to begin with; runs live longer while few are killed with requests under way, as on a slow machine."""
FEW, MOST_SECONDS = 0.1, 5.0
LOOK_EVERY = 5  # runs
PLAN_LASTS = 6  # runs


def plan(seed: int, *, stopping: bool = False) -> dict:
    """Faults on a fifth of the requests, slow and late lists among them; short enough for thousands of runs.

    ``stopping`` adds one fault that ends a run or makes it and the next ones wait for a minute: a redirect, a 429 that
    does not say how long, or credentials that are refused from some request on. One is enough: runs are to get somewhere.
    """
    kinds = ["reset_before", "reset_after", "hang_before", "hang_after", "500_before", "500_after", "503_html"]
    kinds += ["truncated", "non_json", "no_id", "429"]
    dice = random.Random(seed)
    script = [{"on": "connections", "nth": nth, "kind": "close_on_accept"} for nth in range(dice.randint(3, 12), 500, 12)]
    kinds = kinds * 4 + ["slow_list", "refuse"]
    if stopping:
        kind = dice.choice(["redirect", "429_no_retry_after", "429_absurd", "401_from"])
        script.append({"on": dice.choice(["cases", "vouchers", "list"]), "nth": dice.randint(5, 150), "kind": kind})
    return {
        "script": script,
        "seed": seed,
        "rate": 0.2,
        "kinds": kinds,
        "paths": ["cases", "vouchers", "list", "voucher_list", "files"],
        "refuse_seconds": 0.1,
        "hang_seconds": 0.3,
        "retry_after": 0.05,
        "late_rate": 0.1,
        "late_seconds": 0.2,
    }


def forked(folder: Path, env: dict[str, str], arguments: list[str]) -> int:
    """Start ``importer ARGUMENTS`` in a forked process; returns its process id."""
    child = os.fork()
    if child:
        return child
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(env)
    log = os.open("runs.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    sys.argv = ["importer", *arguments]
    from importer.cli.main import main

    try:
        main()
    except SystemExit as end:
        os._exit(int(end.code or 0))
    os._exit(99)


def live_and_die(
    folder: Path,
    env: dict[str, str],
    arguments: list[str],
    life: float,
    place: LedgerFile | None = None,
    dice: random.Random | None = None,
) -> int | None:
    """Run for ``life`` seconds, then SIGKILL or, in some ``place``, take its ledger away.

    Returns the exit code if the run ended before that, else None.
    """
    child = forked(folder, env, arguments)
    deadline = time.monotonic() + life
    while time.monotonic() < deadline:
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.002)
    if place is None or dice is None or not place.disturb(dice):
        os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)  # one whose connection was cut ends by itself
    return None


def load_everything() -> None:
    import importer.api
    import importer.cli.app
    import importer.cli.progress_view
    import importer.commands.status
    import importer.loader.files.reader
    import importer.reporter.report
    import importer.workspace.dispatch  # noqa: F401
    from importer.domain.code_lists import case_currencies, country_codes, decimals_of

    case_currencies(), country_codes(), decimals_of("DKK")


def harness(
    folder: Path, place: LedgerFile, kills: int, seed: int, rows: int = ROWS_PER_FILE, say=print
) -> tuple[int, int, list[Examination]]:
    """Return the number of kills, the number of those with requests under way, and the bad verdicts (none, if all is well).

    The rounds go on until there were ``kills`` kills, and one of them at least hit requests under way.
    """
    load_everything()
    dice = random.Random(seed)
    done = under_way = rounds = 0
    longest = LONGEST_LIFE
    bad: list[Examination] = []
    with SandboxProcess(folder) as sandbox:
        env = environment(sandbox.url, timeout_seconds=0.5) | place.env
        wanted: set[str] = set()
        first = 0
        while (done < kills or not under_way) and not bad:
            rounds += 1
            before = done, under_way
            fresh = range(first, first + rows)
            first += rows - dice.randrange(6)  # the next file overlaps this one
            sheet = folder / f"sheet-{rounds}.csv"
            write_sheet(sheet, fresh)
            for attempt in range(KILLS_PER_ROUND):
                if attempt % PLAN_LASTS == 0:  # a new plan ends a refusal of the credentials as well
                    sandbox.faults(plan(dice.randrange(10**6), stopping=True))
                    place.let_a_minute_pass()
                begins = dice.random() < 0.6 or not place.exists()
                arguments = ["run", str(sheet), "--yes", "--new-ledger", "-q"] if begins else ["resume", "-q"]
                code = live_and_die(folder, env, arguments, dice.uniform(0.01, longest), place, dice)
                done += code is None
                under_way += code is None and place.left_under_way()
                if code is not None and code not in place.good_codes:
                    raise SystemExit(f"a run ended with {code}; see {folder}/runs.log")
                if done >= kills and under_way:
                    break
                if attempt % LOOK_EVERY == LOOK_EVERY - 1 and under_way - before[1] < FEW * (done - before[0]):
                    longest = min(1.5 * longest, MOST_SECONDS)
            sandbox.faults(None)
            place.let_a_minute_pass()
            code = None
            while code is None:
                code = live_and_die(folder, env, ["run", str(sheet), "--yes", "--new-ledger", "-q"], 60, place, dice)
            finish(folder, env)
            wanted |= {f"C{number}" for number in fresh}
            verdict = examine(sandbox.state(), place.file(), wanted, finished=True)
            if not verdict.good:
                bad.append(verdict)
            well = "all well" if verdict.good else verdict
            say(f"round {rounds}: {done} kills, {under_way} with requests under way, {len(wanted)} cases, {well}")
    return done, under_way, bad


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rows", type=int, default=ROWS_PER_FILE, help="of each file")
    parser.add_argument("--postgres", action="store_true", help="the ledger is on a server")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, ledger_place(Path(name), on_server=chosen.postgres) as place:
        done, under_way, bad = harness(Path(name), place, chosen.kills, chosen.seed, chosen.rows)
    print(f"{done} kills with seed {chosen.seed}, {under_way} of them with requests under way: {len(bad)} bad")
    sys.exit(bool(bad))


if __name__ == "__main__":
    main()
