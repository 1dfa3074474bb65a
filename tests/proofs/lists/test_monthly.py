"""A short form of the monthly cuts: in order, and shuffled with a complete list."""

from __future__ import annotations

import random
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import monthly


@pytest.mark.slow
@pytest.mark.parametrize(
    "scenario",
    [
        monthly.Scenario("added to the open case", (0, 2, 4), new_invoices="add"),
        monthly.Scenario("shuffled", (2, 0, 4), complete_list=True),
        monthly.Scenario("paid in parts, one twice", (0, 2, 2, 4), in_parts=True, is_current=True),
    ],
    ids=lambda one: one.name,
)
def test_three_monthly_cuts(tmp_path, scenario):
    monthly.load_everything()
    today = datetime.now(UTC).date()
    invoices = monthly.up_to_date(monthly.invented(2, 60, 6), today)
    cuts = monthly.cuts_of(invoices, today, tmp_path, in_parts=scenario.in_parts)
    verdict = monthly.play(scenario, cuts, tmp_path / "workspace", random.Random(2))
    assert verdict.faults == {}
    assert verdict.cases > 0
    assert verdict.vouchers > 0
    assert bool(verdict.deposits) is scenario.in_parts
