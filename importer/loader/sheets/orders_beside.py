"""Date columns of one sheet that are written the same way prove the order of day and month for each other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TypeAlias

from importer.loader.values.evidence import Certainty, FormatDecision, OrderEvidence
from importer.loader.values.formats import DateOrder

ProvedOrders: TypeAlias = Mapping[str, FormatDecision[DateOrder]]
"""The decisions about columns, by the way in which all of their texts are written, such as 9.9.9999."""


def orders_proved_beside(columns: Iterable[OrderEvidence]) -> ProvedOrders:
    """Return the order that the columns of each way of writing prove. Those that disagree, or are in doubt, prove nothing."""
    proved: dict[str, FormatDecision[DateOrder]] = {}
    refuted: set[str] = set()
    for column in columns:
        decision, way = column.decision(), column.way_of_writing
        if way is None or decision.certainty is Certainty.UNDECIDED:
            continue
        in_doubt = decision.certainty is Certainty.CONTRADICTORY or column.swapped_beside() is not None
        if in_doubt or proved.setdefault(way, decision).way is not decision.way:
            refuted.add(way)
    return {way: decision for way, decision in proved.items() if way not in refuted}


def with_order_beside(column: OrderEvidence, proved: ProvedOrders) -> FormatDecision[DateOrder]:
    """Return the decision about a column, which another one that is written the same way makes if its own cells do not."""
    own = column.decision()
    if own.certainty is not Certainty.UNDECIDED or own.question is None or column.way_of_writing is None:
        return own
    beside = proved.get(column.way_of_writing)
    return own if beside is None else replace(beside, question=own.question)
