"""Date columns of one sheet prove the order of days for each other only if they are written the same way."""

from __future__ import annotations

from datetime import date

import pytest

from importer.loader.sheets.orders_beside import orders_proved_beside, with_order_beside
from importer.loader.values.evidence import Certainty, OrderEvidence
from importer.loader.values.formats import DateOrder

LAST_YEAR = 2100


def column_of(*cells):
    evidence = OrderEvidence(LAST_YEAR)
    for row, cell in enumerate(cells, 2):
        if isinstance(cell, date):
            evidence.see_day(cell)
        else:
            evidence.see(row, cell)
    return evidence


OPEN = ("03.04.2026", "5.6.2026")


@pytest.mark.parametrize(
    ("beside", "order"),
    [
        ([("17.04.2026", "03.05.2026")], DateOrder.DAY_FIRST),
        ([("04.17.2026", "03.05.2026")], DateOrder.MONTH_FIRST),
        ([("17/04/2026",)], None),  # another separator
        ([("17.04.26", "18.04.26")], None),  # another shape of the year
        ([("17.04.2026", "03/05/2026")], None),  # two ways in one column
        ([("17.04.2026", "03.05.2026"), ("04.17.2026", "03.05.2026")], None),  # they disagree
        ([("17.04.2026", "04.17.2026"), ("18.04.2026",)], None),  # one contradicts itself
        ([("17.04.2026", date(2026, 4, 3))], None),  # date cells may be swapped
        ([("03.05.2026",)], None),
        ([], None),
    ],
)
def test_a_column_written_the_same_way_proves_the_order(beside, order):
    own = column_of(*OPEN)
    proved = orders_proved_beside([own, *(column_of(*cells) for cells in beside)])
    assert with_order_beside(own, proved).way is order


def test_what_the_cells_of_a_column_prove_itself_stands():
    own = column_of("04.17.2026", "03.04.2026")
    proved = orders_proved_beside([column_of("17.04.2026", "03.05.2026")])
    assert with_order_beside(own, proved).way is DateOrder.MONTH_FIRST
    two_ways = column_of("03.04.2026", "03/04/2026")
    assert with_order_beside(two_ways, proved).certainty is Certainty.UNDECIDED
