"""Stray quotes and delimiters in finance lists: no row may be sent wrong, and none may be lost.

    python tests/proofs/strays/trial.py --mutations 100000 --seed 1

Each list has a number; a number and the seed make the same list again (``--only N``). Ends with 1 if a list was read wrong.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from support.stray_marks import DamagedList, judge, trial

SHOWN = 20
"""Lists that were read wrong and are shown in full."""


def made(seed: int, number: int) -> DamagedList:
    """Return the damaged list of this number."""
    return trial(random.Random(f"{seed}/{number}"))


def main() -> int:
    """Try the lists, and print how many were read, rejected in part and refused."""
    chosen = _arguments()
    numbers = [chosen.only] if chosen.only is not None else range(chosen.first, chosen.first + chosen.mutations)
    counts, by_damage, shown, begun = Counter[str](), Counter[str](), 0, time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        for done, number in enumerate(numbers, start=1):
            one = made(chosen.seed, number)
            verdict = judge(one, Path(folder))
            counts[verdict.kind] += 1
            if verdict.wrong:
                by_damage[" + ".join(sorted(one.damage))] += 1
                if shown < SHOWN or chosen.only is not None:
                    shown += 1
                    print(f"--- {number} ({', '.join(one.damage)})\n{one.text}", *verdict.wrong, sep="\n", flush=True)
            if done % 5000 == 0:
                print(f"{done:,} lists in {time.monotonic() - begun:.0f} s: {_in_words(counts)}", flush=True)
    print(f"{len(numbers):,} lists, seed {chosen.seed}: {_in_words(counts)}")
    for damage, count in by_damage.most_common():
        print(f"  wrong by {damage}: {count:,}")
    return 1 if counts["wrong"] else 0


def _in_words(counts: Counter[str]) -> str:
    kinds = ("read", "rejected", "refused", "wrong")
    return ", ".join(f"{counts[kind]:,} {kind}" for kind in kinds)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Stray quotes and delimiters in finance lists.")
    parser.add_argument("--mutations", type=int, default=1000, help="how many lists")
    parser.add_argument("--first", type=int, default=0, help="the number of the first list")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", type=int, help="one list, by its number")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
