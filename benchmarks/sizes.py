"""How much is measured: enough to see that everything works, enough to compare, or everything."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sizes:
    """Rows and rounds of the benchmarks."""

    rounds: int = 3
    rows: int = 100_000
    """Of the workbook that is read, checked and validated."""
    sent: int = 20_000
    """Cases that are sent, each with a voucher."""
    paced: tuple[int, float] = (200, 6.0)
    """Requests and seconds of the sliding window under which cases are sent; a fixed one goes with it."""
    growth: tuple[int, ...] = (1_000, 10_000, 100_000)
    """Rows of a run, a re-run and a report."""
    growth_xlsx: tuple[int, ...] = (1_000, 10_000, 100_000)
    growth_csv: tuple[int, ...] = (1_000, 10_000, 100_000, 1_000_000)


NORMAL = Sizes()
QUICK = Sizes(rounds=1, rows=60, sent=30, paced=(5, 0.2), growth=(20,), growth_xlsx=(20, 40), growth_csv=(20,))
FULL = Sizes(
    growth=(1_000, 10_000, 100_000, 1_000_000),
    growth_xlsx=(1_000, 10_000, 100_000, 1_000_000),
)
