"""No list claims more of a debtor, without a question, than his due invoices less all his credits and payments.

The lists are written as people write them: a debtor's rows lack his number or his postal code, or spell them in another way;
credits are disputed, in equal rows, or name documents that are left out; an invoice has instalments or is in the list twice.
What a debtor owes is added up here from the documents themselves, not from the rows as the loader understands them.
"""

from __future__ import annotations

import random
from collections import defaultdict
from decimal import Decimal

from hypothesis import Phase, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from support.examples import examples
from support.listed_rows import TODAY, loaded

from importer.domain.records import CaseRecord

PAST, PAST_TOO, LATER = "2026-02-15", "2026-03-15", "2026-12-20"
LOWERING = ("Credit", "Payment")


@st.composite
def debtors(draw, place: int, shared: str):
    """The rows of one debtor, each with what is true of it: whose it is, and whether it is a document of its own."""
    name, number = f"Nordic Number {place} A/S", shared or f"k-{place}x"
    known = draw(st.booleans())  # otherwise only name and postal code tell who he is

    def row(kind, document, cents, **more):
        sign = "-" if kind in LOWERING else ""
        zip_code = draw(st.sampled_from(["8000", "8000", ""]))
        written = draw(st.sampled_from([number, number, number.upper(), ""])) if known else ""
        return {
            "Customer no.": written,
            "Customer": draw(st.sampled_from([name, name, name.replace("A/S", "AS")])),
            "Zip": zip_code,
            "Number": document,
            "Kind": kind,
            "Applies to": "",
            "Date": "2026-01-15",
            "Due date": PAST if kind == "Invoice" else "",
            "Open": f"{sign}{Decimal(cents) / 100:.2f}",
            "Currency": "DKK",
            "Dispute": "",
            "debtor": place,
            "is own": True,
            **more,
        }

    rows = []
    for n in range(draw(st.integers(1, 3))):
        cents, document = draw(st.integers(1, 400)) * 25, f"A{place}{n}"
        due = draw(st.sampled_from([PAST, PAST, LATER]))
        dispute = draw(st.sampled_from(["", "", "", "yes"]))
        rows.append(row("Invoice", document, cents, **{"Due date": due, "Dispute": dispute}))
        again = draw(st.sampled_from(["", "", "", "instalment", "repeated", "retyped"]))
        if again == "instalment":
            rows.append(row("Invoice", document, cents, **{"Due date": PAST_TOO}))
        elif again:
            shown = document if again == "repeated" else document.lower()
            rows.append(rows[-1] | {"Number": shown, "is own": False})
    for n in range(draw(st.integers(0, 3))):
        kind, cents = draw(st.sampled_from(LOWERING)), draw(st.integers(1, 400)) * 25
        document = draw(st.sampled_from([f"B{place}{n}", f"B{place}", ""]))
        named = draw(st.sampled_from(["", f"A{place}0", f"A{place}1", "elsewhere"]))
        more = {"Applies to": named, "Dispute": draw(st.sampled_from(["", "", "yes"]))}
        rows += [row(kind, document, cents, **more)] * draw(st.sampled_from([1, 1, 2]))
    return rows


@st.composite
def lists(draw):
    shared = draw(st.sampled_from(["", "", "99"]))
    rows = [one for place in range(draw(st.integers(1, 3))) for one in draw(debtors(place, shared))]
    random.Random(draw(st.integers(0, 99))).shuffle(rows)
    return rows


def cents_of(row):
    return abs(int(Decimal(row["Open"]) * 100))


def owed(rows, *, leaves_out_disputed):
    """What each debtor owes: his due invoices less his credits, of which some stay with invoices that are not claimed."""
    due, lowered, left_out, of_left_out = (defaultdict(int) for _ in range(4))
    for row in rows:
        debtor = row["debtor"]
        if row["Kind"] in LOWERING:
            lowered[debtor] += cents_of(row)
            of_left_out[row["Applies to"]] += cents_of(row)
        elif row["is own"]:
            is_claimed = row["Due date"] < TODAY.isoformat() and not (leaves_out_disputed and row["Dispute"])
            (due if is_claimed else left_out)[debtor if is_claimed else (debtor, row["Number"])] += cents_of(row)
    stays = defaultdict(int)
    for (debtor, number), cents in left_out.items():
        stays[debtor] += min(cents, of_left_out[number])
    return {debtor: max(0, due[debtor] - lowered[debtor] + stays[debtor]) for debtor in {row["debtor"] for row in rows}}


@given(lists(), st.booleans())
@hypothesis_settings(max_examples=examples(60), deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
def test_nothing_is_claimed_without_a_question_beyond_what_a_debtor_owes(rows, leaves_out_disputed):
    shown = [{name: value for name, value in row.items() if name not in {"debtor", "is own"}} for row in rows]
    found = loaded(shown, disputed="leave out" if leaves_out_disputed else "ask")
    most = owed(rows, leaves_out_disputed=leaves_out_disputed)
    claimed = defaultdict(int)
    for one in found:
        if isinstance(one.case, CaseRecord) and not one.case.questions:
            claimed[rows[one.row.number - 2]["debtor"]] += one.case.money.cents
    assert {debtor: cents for debtor, cents in claimed.items() if cents > most[debtor]} == {}
