"""Two watchers share a folder in which files arrive in every way that they do, and are killed meanwhile; see tests/README.md.

    python tests/proofs/watch/folder_trial.py --files 200 --seconds 600 --kills 30 --seed 1

Each file has cases of its own, so that the server shows which of them came, and how often. With ``--mount`` the folder is a bind
mount, which is taken away and put back in the middle; that takes root.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from support.dropping import NO_APPROVAL
from support.sheets import case, correct, write_csv, write_workbook
from support.workspace import API_KEY, TOKEN, CliWorkspace, settings_for

from importer.sandbox import Sandbox, SandboxSettings

WATCHERS = 2
LONGEST_WAIT = 1800.0
ROWS = (2, 7)


@dataclass
class Delivery:
    """A file that is dropped: its name, its content, and the references of the cases that must be at the server then."""

    name: str
    content: bytes
    refs: list[str]


@dataclass
class FolderTrial:
    """A trial under way."""

    folder: Path
    chance: random.Random
    settle: float
    delivered: list[Delivery] = field(default_factory=list)
    refs: list[str] = field(default_factory=list)
    grown: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    unmounted: threading.Event = field(default_factory=threading.Event)

    @property
    def drop(self) -> Path:
        return self.folder / "drop"

    def pause(self, low: float, high: float) -> None:
        """Wait for a random part of the settle time."""
        time.sleep(self.settle * self.chance.uniform(low, high))

    def mine(self, number: int, what: str) -> Path:
        """A path outside of the watched folder."""
        folder = self.folder / "made" / str(number)
        folder.mkdir(parents=True, exist_ok=True)
        return folder / what


def rows_of(number: int, count: int, part: str = "") -> list[dict[str, object]]:
    return [case(f"T{number}{part}R{row}", f"{100 + row}.00") for row in range(count)]


def refs_of(rows: list[dict[str, object]]) -> list[str]:
    return [str(row["creditor_reference"]) for row in rows]


def make(trial: FolderTrial, number: int, suffix: str, part: str = "", name: str | None = None) -> Delivery:
    """A file of its own cases."""
    rows = rows_of(number, trial.chance.randint(*ROWS), part)
    path = trial.mine(number, f"file-{number}{part}{suffix}")
    write_csv(path, rows) if suffix == ".csv" else write_workbook(path, rows)
    return Delivery(name or path.name, path.read_bytes(), refs_of(rows))


def arrived(trial: FolderTrial, delivery: Delivery) -> None:
    trial.delivered.append(delivery)
    trial.refs += delivery.refs


def until(trial: FolderTrial, what: str, found: Callable[[], bool]) -> bool:
    end = time.monotonic() + LONGEST_WAIT
    while time.monotonic() < end:
        if not trial.unmounted.is_set() and found():
            return True
        time.sleep(trial.settle / 4)
    trial.problems.append(f"waited too long for {what}")
    return False


def gone(trial: FolderTrial, name: str) -> bool:
    return (trial.drop / ".importer").exists() and not (trial.drop / name).exists()


# How files arrive


def write_pieces(trial: FolderTrial, target: Path, content: bytes, low: float, high: float) -> None:
    """Write a file in pieces, with pauses, and keep it open meanwhile, as a copy does."""
    with target.open("wb", buffering=0) as file:
        size = max(1, len(content) // trial.chance.randint(2, 4))
        for start in range(0, len(content), size):
            file.write(content[start : start + size])
            trial.pause(low, high)


def copied(trial: FolderTrial, number: int) -> None:
    delivery = make(trial, number, trial.chance.choice([".csv", ".xlsx"]))
    (trial.drop / delivery.name).write_bytes(delivery.content)
    arrived(trial, delivery)


def slowly(trial: FolderTrial, number: int) -> None:
    delivery = make(trial, number, trial.chance.choice([".csv", ".xlsx"]))
    write_pieces(trial, trial.drop / delivery.name, delivery.content, 0.1, 0.6)
    arrived(trial, delivery)


def with_long_pauses(trial: FolderTrial, number: int) -> None:
    delivery = make(trial, number, trial.chance.choice([".csv", ".xlsx"]))
    write_pieces(trial, trial.drop / delivery.name, delivery.content, 1.2, 1.8)
    arrived(trial, delivery)


def by_rename(trial: FolderTrial, number: int) -> None:
    delivery = make(trial, number, ".csv")
    ready = trial.drop / f"{delivery.name}.tmp"
    write_pieces(trial, ready, delivery.content, 0.2, 1.5)
    ready.rename(trial.drop / delivery.name)
    arrived(trial, delivery)


def under_a_temporary_name(trial: FolderTrial, number: int) -> None:
    delivery = make(trial, number, ".xlsx")
    ready = trial.drop / trial.chance.choice([f".{delivery.name}", f"~syncthing~{delivery.name}", f"{delivery.name}.crdownload"])
    ready.write_bytes(delivery.content[: len(delivery.content) // 2])
    trial.pause(1.2, 1.6)
    ready.write_bytes(delivery.content)
    ready.rename(trial.drop / delivery.name)
    arrived(trial, delivery)


def preallocated(trial: FolderTrial, number: int) -> None:
    """The whole size comes at once, as zeros; the file is closed and opened again between the pieces."""
    delivery = make(trial, number, trial.chance.choice([".csv", ".xlsx"]))
    target, content = trial.drop / delivery.name, delivery.content
    part = trial.drop / f"{delivery.name}.part"
    part.write_bytes(bytes(len(content)))
    part.rename(target)  # so that it never has another size
    for start in range(0, len(content), len(content) // 3 + 1):
        trial.pause(1.1, 1.5)
        with target.open("r+b") as file:
            file.seek(start)
            file.write(content[start : start + len(content) // 3 + 1])
    arrived(trial, delivery)


def while_open(trial: FolderTrial, number: int) -> None:
    """A person saves a first version, works on, and saves the last one before the program is closed."""
    delivery, draft = make(trial, number, ".xlsx"), make(trial, number, ".xlsx", "draft")
    lock = trial.drop / trial.chance.choice([f"~${delivery.name}", f".~lock.{delivery.name}#"])
    lock.write_bytes(b"\x03Ann" + b" " * 160)
    (trial.drop / delivery.name).write_bytes(draft.content)
    trial.pause(1.5, 2.0)
    (trial.drop / delivery.name).write_bytes(delivery.content)
    lock.unlink()
    arrived(trial, delivery)


def twice_the_same(trial: FolderTrial, number: int) -> None:
    delivery = make(trial, number, ".csv")
    (trial.drop / delivery.name).write_bytes(delivery.content)
    arrived(trial, delivery)
    again = Delivery(delivery.name, delivery.content, [])
    if trial.chance.random() < 0.5:
        again.name = f"copy-{delivery.name}"
    elif not until(trial, f"{delivery.name} to be taken", lambda: gone(trial, delivery.name)):
        return
    (trial.drop / again.name).write_bytes(again.content)
    arrived(trial, again)


def same_name_other_content(trial: FolderTrial, number: int) -> None:
    for part in ("a", "b"):
        delivery = make(trial, number, ".csv", part, name=f"list-{number}.csv")
        if not until(trial, f"{delivery.name} to be taken", lambda name=delivery.name: gone(trial, name)):
            return
        (trial.drop / delivery.name).write_bytes(delivery.content)
        arrived(trial, delivery)


def corrected(trial: FolderTrial, number: int) -> None:
    """A row is wrong; its error sheet is corrected and dropped as it is."""
    rows = rows_of(number, 3)
    wrong = case(f"T{number}X", "77.00", debtor_country="Atlantis")
    path = write_workbook(trial.mine(number, f"file-{number}.xlsx"), [*rows, wrong])
    delivery = Delivery(path.name, path.read_bytes(), refs_of(rows))
    (trial.drop / path.name).write_bytes(delivery.content)
    arrived(trial, delivery)
    pattern = f"done/*-file-{number}-errors.xlsx"
    summary = f"done/*-file-{number}.xlsx"
    if not until(trial, pattern, lambda: any(trial.drop.glob(pattern)) and any(trial.drop.glob(summary))):
        return
    (errors,) = trial.drop.glob(pattern)
    mine = trial.mine(number, errors.name)
    shutil.copy(errors, mine)
    correct(mine, "Cases", {"debtor_country": "DK"}, where=("case_ref", f"T{number}X"))
    again = Delivery(errors.name, mine.read_bytes(), refs_of([wrong]))
    (trial.drop / again.name).write_bytes(again.content)
    arrived(trial, again)


def grown(trial: FolderTrial, number: int) -> None:
    """More is written to a file after it was imported; then the whole file is dropped again."""
    delivery = make(trial, number, ".csv")
    (trial.drop / delivery.name).write_bytes(delivery.content)
    arrived(trial, delivery)
    pattern = f"done/*-{delivery.name}"
    if not until(trial, pattern, lambda: any(trial.drop.glob(pattern))):
        return
    (kept,) = trial.drop.glob(pattern)
    more = rows_of(number, 2, "more")
    tail = write_csv(trial.mine(number, "more.csv"), more).read_bytes().partition(b"\n")[2]
    with kept.open("ab") as file:
        file.write(tail)
    later = time.time() + 5
    os.utime(kept, (later, later))
    note = f"done/*-file-{number}-changed.txt"
    if until(trial, note, lambda: any(trial.drop.glob(note))):
        trial.grown.append(delivery.name)
    whole = Delivery(f"whole-{delivery.name}", delivery.content + tail, refs_of(more))
    delivery.content = whole.content  # that is what is in `done` now
    (trial.drop / whole.name).write_bytes(whole.content)
    arrived(trial, whole)


WAYS: tuple[Callable[[FolderTrial, int], None], ...] = (
    *(copied, slowly, with_long_pauses, by_rename, under_a_temporary_name, preallocated),
    *(while_open, twice_the_same, same_name_other_content, corrected, grown),
)


# The watchers


class Watchers:
    """The processes that watch the folder."""

    def __init__(self, workspace: CliWorkspace, drop: Path, chance: random.Random) -> None:
        self._workspace, self._drop, self._chance = workspace, drop, chance
        self._logs = workspace.folder / "watchers.log"
        self.kills = 0
        self.running = [self._start() for _ in range(WATCHERS)]

    def _start(self) -> subprocess.Popen[str]:
        with self._logs.open("a", encoding="utf-8") as log:
            return self._workspace.start("watch", self._drop, stdout=log, stderr=log)

    def kill_one(self) -> None:
        index = self._chance.randrange(WATCHERS)
        self.running[index].kill()
        self.running[index].wait()
        self.kills += 1
        self.running[index] = self._start()

    def end(self) -> list[int]:
        for process in self.running:
            process.send_signal(signal.SIGTERM)
        return [process.wait(timeout=120) for process in self.running]

    def log(self) -> str:
        return self._logs.read_text(encoding="utf-8")


def environment(url: str, settle: float) -> dict[str, str]:
    watch = {"SETTLE_SECONDS": settle, "NETWORK_SETTLE_SECONDS": 3 * settle, "SCAN_SECONDS": settle / 4, "RETRY_SECONDS": settle}
    dispatch = {"SETTLE_MINUTES": 0.02, "TIMEOUT_SECONDS": 0.2 if settle < 1 else 1}
    return (
        settings_for(url)
        | NO_APPROVAL
        | {f"IMPORTER_WATCH__{name}": str(value) for name, value in watch.items()}
        | {f"IMPORTER_DISPATCH__{name}": str(value) for name, value in dispatch.items()}
    )


def run_trial(folder: Path, *, files: int, seconds: float, kills: int, seed: int, settle: float, mount: bool = False) -> str:
    """Run a trial in an empty folder. Returns its figures; raises AssertionError with what is wrong."""
    chance = random.Random(seed)
    trial = FolderTrial(folder, chance, settle)
    for name in ("drop", "backing", "workspace"):
        (folder / name).mkdir()
    workspace = CliWorkspace(folder / "workspace")
    with Sandbox(SandboxSettings(api_keys=(API_KEY,), tokens=(TOKEN,), idempotency="ignored")) as server:
        workspace.env = environment(server.url, settle)
        first = write_csv(workspace.folder / "first.csv", [case("FIRST")])
        assert workspace.run("run", first, "--yes").code == 0
        if mount:
            bind(folder)
        try:
            watchers = deliver_all(trial, workspace, files=files, seconds=seconds, kills=kills, mount=mount)
            codes = drain(trial, watchers)
            found = Counter(str(one["creditorReference"]) for one in server.cases)
            trial.problems += problems(trial, found, codes)
        finally:
            if mount:
                unbind(folder)
    if trial.problems:
        raise AssertionError("\n".join([*trial.problems, watchers.log()[-3000:]]))
    return (
        f"{len(trial.delivered)} files, {len(trial.refs)} cases, {watchers.kills} kills, {len(trial.grown)} grown ones reported, "
        f"{watchers.log().count('is taken over')} claims taken over: every file taken once and whole, 0 duplicates, 0 lost"
    )


def deliver_all(trial: FolderTrial, workspace: CliWorkspace, *, files: int, seconds: float, kills: int, mount: bool) -> Watchers:
    """Deliver every file at its time, each in a thread of its own, and kill watchers meanwhile."""
    chance = trial.chance
    ways = [WAYS[number % len(WAYS)] for number in range(files)]
    chance.shuffle(ways)
    events: list[tuple[float, Callable[[], None]]] = []
    threads: list[threading.Thread] = []
    for number, way in enumerate(ways):
        threads.append(threading.Thread(target=way, args=(trial, number)))
        events.append((chance.uniform(0, seconds * 0.9), threads[-1].start))
    watchers = Watchers(workspace, trial.drop, chance)
    events += [(chance.uniform(seconds * 0.1, seconds), watchers.kill_one) for _ in range(kills)]
    started = time.monotonic()
    for at, event in sorted(events, key=lambda one: one[0]):
        time.sleep(max(0.0, started + at - time.monotonic()))
        event()
    for thread in threads:
        thread.join()
    if mount:
        away_and_back(trial)
    return watchers


def drain(trial: FolderTrial, watchers: Watchers) -> list[int]:
    """Wait until nothing is left to take, and end the watchers."""

    def is_empty() -> bool:
        waiting = [path.name for path in trial.drop.iterdir() if path.is_file() and not path.name.startswith(".")]
        working = [path for path in (trial.drop / "working").iterdir() if path.is_dir()]
        return not waiting and not working

    until(trial, "the folder to be empty", is_empty)
    return watchers.end()


def problems(trial: FolderTrial, found: Counter[str], codes: list[int]) -> list[str]:
    """What is wrong at the server and in the folder."""
    wanted = Counter([*trial.refs, "INV-FIRST"])
    wrong = [f"watchers ended with {codes}"] if any(codes) else []
    wrong += [f"{ref} is {found[ref]} times at the server" for ref in wanted if found[ref] != 1]
    wrong += [f"{ref} is at the server, but was in no file" for ref in found if ref not in wanted]
    done = trial.drop / "done"
    digests = Counter(hashlib.sha256(path.read_bytes()).hexdigest() for path in done.iterdir())
    for delivery in trial.delivered:
        if not digests[hashlib.sha256(delivery.content).hexdigest()]:
            wrong.append(f"{delivery.name} is not in done as it was dropped")
    sources = [path for path in done.iterdir() if (done / f"{path.stem}-summary.txt").exists()]
    if len(sources) != len(trial.delivered):
        wrong.append(f"{len(trial.delivered)} files were dropped, and {len(sources)} are in done with a summary")
    wrong += [f"{path.stem} has no success sheet" for path in sources if not (done / f"{path.stem}-success.xlsx").exists()]
    wrong += [f"{path} was not expected" for place in ("failed", "needs approval") for path in (trial.drop / place).iterdir()]
    return wrong


# The mount


def bind(folder: Path) -> None:
    subprocess.run(["mount", "--bind", folder / "backing", folder / "drop"], check=True)


def unbind(folder: Path) -> None:
    subprocess.run(["umount", "--lazy", folder / "drop"], check=True)


def away_and_back(trial: FolderTrial) -> None:
    """Take the folder away in the middle of an import, and put it back; then one more file must be taken."""
    delivery = make(trial, 100_000, ".csv")
    (trial.drop / delivery.name).write_bytes(delivery.content)
    arrived(trial, delivery)
    trial.pause(1.0, 1.4)
    trial.unmounted.set()
    unbind(trial.folder)
    trial.pause(2, 3)
    if left := sorted(path.name for path in trial.drop.iterdir()):
        trial.problems.append(f"while the folder was away, this was written in its place: {left}")
    bind(trial.folder)
    trial.unmounted.clear()
    copied(trial, 100_001)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--settle", type=float, default=2)
    parser.add_argument("--mount", action="store_true", help="take the folder away and put it back, which takes root")
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="importer-folder-"))
    print(run_trial(folder, **vars(given)))
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
