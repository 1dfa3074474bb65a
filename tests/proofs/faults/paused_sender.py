"""A sender is paused between its committed intent and its first byte, while another one takes over; see tests/README.md.

    python tests/proofs/faults/paused_sender.py --trials 20 --seed 1

The sender stops itself with SIGSTOP, as a laptop whose lid is closed or a virtual machine that is suspended does. Its lock is
replaced by a copy, as when a folder is restored or synchronized, so that a second process can open the ledger. That one finds the
case in doubt and, after the settle time, absent; so it sends it. Then the first one goes on.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))
sys.path.insert(0, str(Path(__file__).parent))

from simulation import write_sheet
from support.hostile_server import HostileServer
from support.processes import run_python, start_python
from support.workspace import clean_environment, settings_for

from importer.settings import DispatchSettings

PLACES = ("after the commit", "after the connection")
SEND_WITHIN, TIMEOUT, SETTLE_MINUTES = 0.5, 1.0, 0.06
MOST_RESUMES = 25

SENDER = """
import os, signal, sys
import aiohttp
from importer.cli.main import main
from importer.ledger.outbox.outbox import Outbox

place = sys.argv.pop(1)
stops = iter([True])

def stop(here, really):
    if here == place and really and next(stops, False):
        os.kill(os.getpid(), signal.SIGSTOP)

def committing(self, *arguments, **more):
    claims = commit_step(self, *arguments, **more)
    stop("after the commit", bool(claims))
    return claims

async def connecting(self, request, *arguments, **more):
    connection = await connect(self, request, *arguments, **more)
    stop("after the connection", request.method == "POST" and request.url.path == "/managed-cases")
    return connection

commit_step, Outbox.commit_step = Outbox.commit_step, committing
connect, aiohttp.BaseConnector.connect = aiohttp.BaseConnector.connect, connecting
main()
"""
"""The importer, which stops once, before the first byte of a case goes out."""


def environment(url: str, folder: Path) -> dict[str, str]:
    chosen = {"TIMEOUT_SECONDS": TIMEOUT, "SETTLE_MINUTES": SETTLE_MINUTES, "BACKOFF_SECONDS": 0.02}
    if "send_within_seconds" in DispatchSettings.model_fields:
        chosen["SEND_WITHIN_SECONDS"] = SEND_WITHIN
    home = {"HOME": str(folder / "home"), "XDG_DATA_HOME": str(folder / "home" / "data")}
    return clean_environment(**settings_for(url) | {f"IMPORTER_DISPATCH__{k}": str(v) for k, v in chosen.items()} | home)


def importer(folder: Path, env: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return run_python(["-m", "importer", *arguments], cwd=folder, env=env, timeout=60)


def trial(folder: Path, place: str) -> list[str]:
    """What is wrong after the sender was paused at ``place``; nothing, if all is well."""
    write_sheet(folder / "controls.csv", range(2))
    write_sheet(folder / "rows.csv", range(2, 3))
    with HostileServer() as server:
        env = environment(server.url, folder)
        if (first := importer(folder, env, "run", "controls.csv", "--yes", "--new-ledger")).returncode:
            return [f"the controls were not imported: {first.stdout}{first.stderr}"]
        command = ["-c", SENDER, place, "run", "rows.csv", "--yes", "--new-ledger"]
        sender = start_python(command, cwd=folder, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        try:
            if not is_stopped(sender):
                return [f"the sender was not stopped {place}: {sender.communicate()[0]}"]
            take_over(folder, env, server)
            taken_over = len(server.truth.cases)
            sender.send_signal(signal.SIGCONT)
            told, _ = sender.communicate(timeout=60)
        finally:
            sender.kill()
            sender.wait()
        for _ in range(3):
            importer(folder, env, "resume")
        return [*problems(folder, server, told), *([] if taken_over == 3 else ["the second process did not send the case"])]


def is_stopped(sender: subprocess.Popen[str]) -> bool:
    _, status = os.waitpid(sender.pid, os.WUNTRACED)
    if os.WIFSTOPPED(status):
        return True
    sender.returncode = os.waitstatus_to_exitcode(status)
    return False


def take_over(folder: Path, env: dict[str, str], server: HostileServer) -> None:
    """Resume in another process, which sees neither lock of the sender, until it has sent the case."""
    for lock in [folder / "ledger.db.lock", *folder.glob("ledger.db.sender-*.lock")]:
        shutil.copy(lock, folder / "copy.lock")
        (folder / "copy.lock").replace(lock)
    for _ in range(MOST_RESUMES):
        importer(folder, env, "resume")
        if len(server.truth.cases) > 2:
            return
        time.sleep(0.4)  # the settle time is a matter of clocks; no event tells its end


def problems(folder: Path, server: HostileServer, told: str) -> list[str]:
    counts = Counter(case.sent["creditorReference"] for case in server.truth.cases)
    found = [f"{reference} exists {count} times" for reference, count in counts.items() if count > 1]
    with closing(sqlite3.connect(f"file:{folder / 'ledger.db'}?mode=ro", uri=True)) as db:
        entries = db.execute("SELECT state, remote_id FROM entry WHERE kind = 'case'").fetchall()
    existing = {case.id for case in server.truth.cases}
    found += [
        f"a case is {state} as {identifier}" for state, identifier in entries if state != "accepted" or identifier not in existing
    ]
    return found + ([f"a bug: {told}"] if "bug in the importer" in told or "Traceback" in told else [])


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--trials", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    dice = random.Random(chosen.seed)
    bad = duplicated = 0
    for number in range(chosen.trials):
        place = PLACES[number] if number < len(PLACES) else dice.choice(PLACES)
        with tempfile.TemporaryDirectory() as name:
            found = trial(Path(name), place)
        bad += bool(found)
        duplicated += any("times" in text for text in found)
        print(f"trial {number + 1}, paused {place}: {'; '.join(found) or 'well'}", flush=True)
    print(f"{chosen.trials} trials with seed {chosen.seed}: {bad} bad, {duplicated} with a duplicate")
    sys.exit(bool(bad))


if __name__ == "__main__":
    main()
