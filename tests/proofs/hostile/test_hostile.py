"""The importer against a hostile server: one of each kind that once went wrong, and some of the rest.

tests/README.md has the whole table, which is run by hand.
"""

import pytest
from once_wrong import KNOWN_GAPS, ONCE_WRONG
from table import TABLE, verdict

EVERY = 80
SLOW = {"list: no answer", "list: pages without end", "list: too large", "case: too large, made", "case: too large, not made"}
SOME = [name for name in list(TABLE)[::EVERY] if name not in SLOW]
FOUND = {name for names in ONCE_WRONG.values() for name in names}
ONE_OF_EACH = {next((name for name in names if name not in SLOW | KNOWN_GAPS), names[0]) for names in ONCE_WRONG.values()}
TRIED = sorted({*ONE_OF_EACH, *SOME} - SLOW)


@pytest.mark.slow
@pytest.mark.parametrize("name", TRIED)
def test_the_importer_stays_right(name):
    if name in KNOWN_GAPS:
        pytest.skip("known gap")
    _, problems, _ = verdict(name)
    assert problems == []


def test_the_table_is_as_large_as_promised():
    kinds = [name.split(":")[0] for name in TABLE]
    assert kinds.count("list") >= 60
    assert len(kinds) - kinds.count("list") >= 70
    assert set(TABLE) >= FOUND >= KNOWN_GAPS
