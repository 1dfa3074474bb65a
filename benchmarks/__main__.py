"""``python -m benchmarks [NAME...]``: measure, and print tables as Markdown."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass, replace

from benchmarks.commands import check, startup
from benchmarks.grouping import grouping
from benchmarks.growth import growth
from benchmarks.pacing import pacing
from benchmarks.reading import reading, validating
from benchmarks.report import BenchmarkReport, machine, write
from benchmarks.sending import latency, sending
from benchmarks.sizes import FULL, NORMAL, QUICK, Sizes


@dataclass(frozen=True, slots=True)
class Benchmark:
    """One question about speed: its name on the command line, what it asks, and how it is answered."""

    name: str
    asks: str
    measure: Callable[[Sizes], BenchmarkReport]


BENCHMARKS = (
    Benchmark("startup", "how long a command takes that has next to nothing to do", startup),
    Benchmark("reading", "files into rows and records, against pandas and the csv module", reading),
    Benchmark("grouping", "a list of invoices with a case a debtor, against a case a row", grouping),
    Benchmark("validating", "rows into records, against pydantic alone", validating),
    Benchmark("check", "`importer check` on a large workbook, against reading it with pandas", check),
    Benchmark("sending", "`importer run` end to end, against an analyst's script and the bare POSTs", sending),
    Benchmark("latency", "whether all requests that may be under way are, when answers take 50 ms", latency),
    Benchmark("pacing", "requests made of those that the limits allow, across a restart", pacing),
    Benchmark("growth", "seconds per row and memory, from 1,000 rows on", growth),
)


def main() -> None:
    chosen = _arguments()
    if chosen.list:
        print("\n".join(f"{b.name:<11} {b.asks}" for b in BENCHMARKS))
        return
    sizes = QUICK if chosen.quick else FULL if chosen.full else NORMAL
    sizes = replace(sizes, rounds=chosen.rounds or sizes.rounds)
    for benchmark in BENCHMARKS:
        if chosen.names and benchmark.name not in chosen.names:
            continue
        print(f"## {benchmark.name}: {benchmark.asks}\n", flush=True)
        text = f"{benchmark.measure(sizes).markdown()}\n\n{machine(sizes.rounds)}"
        print(f"{text}\n", flush=True)
        if chosen.write:
            write(benchmark.name, text)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure the importer against its rivals.")
    names = [b.name for b in BENCHMARKS]
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"all of them, or some: {', '.join(names)}")
    parser.add_argument("--list", action="store_true", help="say what each one asks")
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--quick", action="store_true", help="tiny sizes: only to see that everything works")
    size.add_argument("--full", action="store_true", help="up to a million rows: hours")
    parser.add_argument("--rounds", type=int, help="runs of each contestant")
    parser.add_argument("--write", action="store_true", help="put the results into benchmarks/README.md")
    chosen = parser.parse_args()
    if unknown := [name for name in chosen.names if name not in names]:
        parser.error(f"there is no benchmark {unknown[0]}; there are {', '.join(names)}")
    if chosen.quick and chosen.write:
        parser.error("results of tiny sizes are not worth writing down")
    return chosen


if __name__ == "__main__":
    main()
