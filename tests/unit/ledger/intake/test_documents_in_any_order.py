"""Whatever lists of the same documents come in whatever order, no document is claimed twice and none is lost."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from support.examples import examples
from support.ledgers import run_sql
from support.lists import Debtor, ListDriver, by_row, group, invoice

from importer.domain.kinds import RecordKind
from importer.domain.next_list import ListPolicy, NewInvoices
from importer.domain.states import State
from importer.ledger.ledger import Ledger
from importer.ledger.storage.schema import document

DEBTORS = (Debtor("Hansen", "2100", "K-1"), Debtor("Jensen", "8000", "K-2"))
DOCUMENTS = tuple(invoice(f"INV-{place}", 100 << place, day=f"2026-01-{place + 1:02}") for place in range(6))
OWNER = {one.number: DEBTORS[place % 2] for place, one in enumerate(DOCUMENTS)}
"""The documents of each debtor, with amounts of which every sum shows which ones it is made of."""

SHOWN = st.frozensets(st.sampled_from(DOCUMENTS), min_size=1)
STEPS = st.lists(
    st.tuples(SHOWN, st.sampled_from(["row", "debtor"]), st.sampled_from(["send", "doubt", "wait"])), min_size=1, max_size=6
)


def records_of(shown, way):
    ordered = sorted(shown, key=lambda one: one.number)
    if way == "row":
        return [by_row(one, OWNER[one.number]) for one in ordered]
    of_debtors = ([one for one in ordered if OWNER[one.number] is debtor] for debtor in DEBTORS)
    return [group(*documents, debtor=OWNER[documents[0].number]) for documents in of_debtors if documents]


def claimed_in(driver, states):
    """The documents by the amounts of the cases in these states: each amount is a sum of powers of two."""
    found = Counter()
    for one in driver.entries(RecordKind.CASE):
        if one.superseded_by is None and one.state in states:
            cents = round(json.loads(one.payload)["amountToRecover"] * 100) // 100
            found.update(f"INV-{place}" for place in range(len(DOCUMENTS)) if cents >> place & 1)
    return found


@settings(max_examples=examples(12), deadline=None)
@given(STEPS, st.sampled_from(list(NewInvoices)))
def test_no_document_is_claimed_twice_and_none_is_lost(steps, new_invoices):
    with TemporaryDirectory() as folder, Ledger.open(f"sqlite:///{Path(folder) / 'ledger.db'}", "test") as ledger:
        driver, seen = ListDriver(ledger), set()
        for shown, way, end in steps:
            batch = driver.list(*records_of(shown, way), policy=ListPolicy(new_invoices))
            assert driver.balanced(batch)
            seen |= {one.number for one in shown}
            if end != "wait":
                driver.send_all(State.ACCEPTED if end == "send" else State.IN_DOUBT)
            there = ("pending", "sending", "accepted", "in_doubt", "held")
            assert set(claimed_in(driver, there).values()) <= {1}
            kept = claimed_in(driver, (*there, "questioned"))
            added = set(run_sql(ledger, lambda c: c.scalars(select(document.c.number)).all()))
            assert seen <= set(kept) | added
