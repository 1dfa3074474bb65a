"""Every behaviour of the hostile server against the importer, as a table with a verdict for each; see tests/README.md.

python tests/proofs/hostile/table.py --seed 1
python tests/proofs/hostile/table.py --seed 1 --pairs 200
python tests/proofs/hostile/table.py --only "list: hides new cases for ever"
"""

from __future__ import annotations

import argparse
import multiprocessing
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))
sys.path.insert(0, str(Path(__file__).parent))

from answer_behaviours import CASE_ANSWERS, REPEATED_VOUCHERS, VOUCHER_ANSWERS, VOUCHER_LISTS
from list_behaviours import LISTS
from support.hostile_server import Behaviour
from trial import (
    Trial,
    elapsed,
    expected,
    with_answer,
    with_both,
    with_list,
    with_repeated,
    with_voucher_answer,
    with_voucher_list,
)

Behaves = Callable[[Trial], Behaviour]
TABLE: dict[str, tuple[str, Behaves, str | None]] = {
    **{f"list: {one.name}": (one.does, with_list(one), expected(one)) for one in LISTS},
    **{f"case: {one.name}": (one.does, with_answer(one), expected(one)) for one in CASE_ANSWERS},
    **{f"voucher: {one.name}": (one.does, with_voucher_answer(one), None) for one in VOUCHER_ANSWERS},
    **{f"repeated voucher: {one.name}": (one.does, with_repeated(one), None) for one in REPEATED_VOUCHERS},
    **{f"voucher list: {one.name}": (one.does, with_voucher_list(one), None) for one in VOUCHER_LISTS},
}
"""By name: what each behaviour does, the server's behaviour in a trial of it, and the only right state, if there is one."""


def pair(name: str) -> Behaves:
    """The behaviour named ``LIST + ANSWER``."""
    first, second = name.split(" + ")
    listing = next(one for one in LISTS if f"list: {one.name}" == first)
    answer = next(one for one in CASE_ANSWERS if f"case: {one.name}" == second)
    return with_both(listing, answer)


def pairs(count: int, seed: int) -> list[str]:
    dice = random.Random(seed)
    return [f"list: {dice.choice(LISTS).name} + case: {dice.choice(CASE_ANSWERS).name}" for _ in range(count)]


def verdict(name: str, seed: int = 1) -> tuple[str, list[str], float]:
    """Run the trial of this name; returns the name, what is wrong, and the seconds that it took."""
    began = time.monotonic()
    behaviour, expects = (pair(name), None) if " + " in name else TABLE[name][1:]
    with tempfile.TemporaryDirectory() as folder:
        try:
            problems = Trial(Path(folder), behaviour, seed=seed, expects=expects).run()
        except Exception as error:  # noqa: BLE001  (one trial that fails must not end the others)
            problems = [f"the trial failed: {type(error).__name__}: {error}"]
    return name, problems, elapsed(began)


def verdicts(names: Iterable[str], seed: int, jobs: int) -> Iterable[tuple[str, list[str], float]]:
    if jobs == 1:
        yield from (verdict(name, seed) for name in names)
        return
    with multiprocessing.get_context("spawn").Pool(jobs, maxtasksperchild=25) as pool:
        yield from pool.imap(partial(verdict, seed=seed), names)
        pool.close()
        pool.join()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1, help="decides about orders, and which pairs are tried")
    parser.add_argument("--jobs", type=int, default=2, help="trials at the same time")
    parser.add_argument("--pairs", type=int, help="try so many random pairs of a list and an answer instead of the table")
    parser.add_argument("--only", default="", help="only the behaviours whose names begin with this")
    parser.add_argument("--bad", action="store_true", help="show only what went wrong")
    chosen = parser.parse_args()
    names = pairs(chosen.pairs, chosen.seed) if chosen.pairs else [name for name in TABLE if name.startswith(chosen.only)]
    bad = duplicated = falsely = 0
    for name, problems, seconds in verdicts(names, chosen.seed, chosen.jobs):
        bad += bool(problems)
        duplicated += any("times" in problem for problem in problems)
        falsely += any("is accepted" in problem for problem in problems)
        if problems or not chosen.bad:
            print(f"{name:60} {seconds:5} s  {'; '.join(problems) or 'well'}", flush=True)
    wrong = f"{bad} bad, {duplicated} with duplicates, {falsely} with a false accepted"
    print(f"{len(names)} behaviours with seed {chosen.seed}: {wrong}")
    sys.exit(bool(bad))


if __name__ == "__main__":
    main()
