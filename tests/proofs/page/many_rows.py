"""The page on a file of many rows, by hand: `python tests/proofs/page/many_rows.py --rows 100000` prints seconds and megabytes.

It reads the file as a drop does, then loads each page three times inside this process: no network is measured.
"""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from support.sheets import cases, write_csv
from support.web import Browser, Site, site

PAGES = (
    "/batches/1",
    "/batches/1/rows",
    "/batches/1/rows?show=all&page=900",
    "/batches/1/rows?show=pending",
    "/batches/1/rows/0/{wrong}/correct",
    "/",
)
WRONG_EVERY = 20
LONGEST_CHECK = 3600.0


def megabytes() -> int:
    """The most memory that this process has had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def checked(page: Site, browser: Browser, path: Path) -> float:
    """Read a file as a drop does, and return the seconds."""
    began = time.perf_counter()
    sent = [("files", (path.name, path.read_bytes(), "text/csv"))]
    job = page.services.jobs.find(browser.post("/drop", files=sent).headers["location"].rpartition("/")[2])
    assert job is not None
    assert job.ended.wait(LONGEST_CHECK)
    return time.perf_counter() - began


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    rows = parser.parse_args().rows
    made = cases(rows)
    for row in made[::WRONG_EVERY]:
        row["debtor_country"] = "Atlantis"
    with tempfile.TemporaryDirectory() as folder, site(Path(folder)) as page:
        browser = page.visitor()
        seconds = checked(page, browser, write_csv(Path(folder) / "many.csv", made))
        sys.stdout.write(f"read and checked in {seconds:.1f} s, {megabytes()} MB\n")
        for _ in range(3):
            for address in PAGES:
                began, cpu = time.perf_counter(), time.process_time()
                answer = browser.get(address.format(wrong=2 + WRONG_EVERY * (rows // WRONG_EVERY // 2)))
                seconds, busy = time.perf_counter() - began, time.process_time() - cpu
                size = f"{answer.status_code}, {len(answer.content):,} bytes"
                sys.stdout.write(f"{address}: {size}, {seconds:.3f} s ({busy:.3f} s busy), {megabytes()} MB\n")


if __name__ == "__main__":
    main()
