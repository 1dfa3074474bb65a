"""A list of invoices: each row a case of its own, against one case for each debtor, of which the rows are read twice."""

from __future__ import annotations

import csv
import os
import tempfile
from functools import partial
from pathlib import Path

from benchmarks.measure import interleaved, note, run
from benchmarks.report import BenchmarkReport, MarkdownTable, megabytes, seconds, times
from benchmarks.sizes import Sizes

INVOICES_OF_A_DEBTOR = 5
HEADINGS = ("Customer no.", "Customer", "Number", "Date", "Due date", "Open amount", "Currency")
_LABELS = {"invoices": "a case a row", "grouped": "a case a debtor, a voucher an invoice"}


def grouping(sizes: Sizes) -> BenchmarkReport:
    """Read the same list in both ways."""
    path = _list(sizes.rows)
    tasks = {name: partial(run, "-m", "benchmarks.tasks", name, path) for name in _LABELS}
    found = interleaved(tasks, sizes.rounds)
    alone = found["invoices"].seconds
    rows = tuple(
        (_LABELS[name], seconds(one.seconds), times(one.seconds / alone), seconds(one.cpu), megabytes(one.megabytes))
        for name, one in found.items()
    )
    headings = ("contestant", "seconds", "time, a case a row = 1", "CPU seconds", "peak MB")
    debtors = max(1, sizes.rows // INVOICES_OF_A_DEBTOR)
    return BenchmarkReport((MarkdownTable(headings, rows, f"csv, {sizes.rows:,} invoices of {debtors:,} debtors"),))


def _list(count: int) -> Path:
    """Return a list of invoices in which those of a debtor are far apart."""
    folder = Path(tempfile.gettempdir()) / f"importer-benchmarks-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    path, debtors = folder / f"invoices-{count}.csv", max(1, count // INVOICES_OF_A_DEBTOR)
    if not path.is_file():
        note(f"making {path.name}")
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(HEADINGS)
            for number in range(count):
                customer, cents = number % debtors, 10_000 + number % 9_973
                days = (f"2025-{number % 9 + 1:02}-{number % 27 + 1:02}", f"2025-{number % 9 + 2:02}-{number % 27 + 1:02}")
                name = f"Bodil Zebrahest {customer}"
                writer.writerow((100_000 + customer, name, 500_000 + number, *days, f"{cents / 100:.2f}", "DKK"))
    return path
