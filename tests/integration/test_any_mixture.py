"""Sheets with any mixture of states, types, credits and totals: the open claims are sent, and all money is accounted for."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.examples import examples
from support.ledgers import ACCOUNTS, LedgerDriver, open_driver, run_sql

from importer.domain.kinds import RecordKind
from importer.domain.states import RowStatus
from importer.ledger.intake.intake import take_in
from importer.ledger.outbox.sendable import ClaimedEntry
from importer.ledger.queries.queries import Queries
from importer.loader.context import LoadContext
from importer.loader.profile import NO_PROFILE
from importer.loader.source import open_file
from importer.reporter.review.build import build_file_review
from importer.reporter.review.model import FileReview

CONTEXT = LoadContext(
    date(2026, 11, 27),
    ZoneInfo("Europe/Copenhagen"),
    defaults={
        "creditor_company_name": "Nordlys Energi A/S",
        "creditor_country": "DK",
        "debtor_country": "DK",
        "debtor_type": "Person",
        "currency": "DKK",
    },
)
HEAD = "Invoice number;Customer name;Invoice date;Due date;Total;Open amount;Status;Document type;On hold"
SENT, ASKED, LEFT, REJECTED = RowStatus.PENDING, RowStatus.QUESTIONED, RowStatus.LEFT_OUT, RowStatus.REJECTED


@dataclass(frozen=True)
class RowKind:
    """A kind of row: its words, the part of its amount that is open, and what becomes of it by itself."""

    status: RowStatus
    state: str = "Overdue"
    document: str = "Invoice"
    hold: str = ""
    open: int = 1
    due: str = "2026-07-01"


KINDS = {
    "claim": RowKind(SENT),
    "part paid": RowKind(SENT, "Partially paid", open=2),
    "paid": RowKind(LEFT, "Paid", open=0),
    "open by its amount, paid by its word": RowKind(LEFT, "Paid"),
    "draft": RowKind(LEFT, "Draft"),
    "void": RowKind(LEFT, "Void"),
    "written off": RowKind(LEFT, "Written off"),
    "not due": RowKind(LEFT, due="2026-12-24"),
    "fee": RowKind(LEFT, document="Reminder"),
    "purchase": RowKind(LEFT, document="Bill"),
    "quotation": RowKind(LEFT, document="Quote"),
    "credit": RowKind(LEFT, document="Credit note", open=-1),
    "payment": RowKind(LEFT, document="Payment", open=-1),
    "disputed": RowKind(ASKED, "Disputed"),
    "held": RowKind(ASKED, hold="X"),
    "unknown": RowKind(ASKED, "Zorgl"),
    "not confirmed": RowKind(ASKED, "Sent"),
    "mistyped year": RowKind(REJECTED, due="2062-07-01"),
}


@dataclass
class Mixture:
    """A sheet as it is written, and what must become of its rows: their number and their money by status."""

    lines: list[str]
    rows: Counter[RowStatus]
    cents: Counter[RowStatus]
    claims: dict[str, int]


@st.composite
def sheets(draw: st.DrawFn) -> Mixture:
    drawn = st.tuples(st.sampled_from([*KINDS, "total", "repeated", "contradicted"]), st.integers(0, 3))
    made = draw(st.lists(drawn, min_size=1, max_size=14))
    in_credit = {debtor for name, debtor in made if name in {"credit", "payment"}}
    sheet, sums = Mixture([HEAD], Counter(), Counter(), {}), 0
    for number, (name, debtor) in enumerate(made):
        if name == "total":
            sheet.lines.append(f";Total;;;;{sums / 100:.2f};;;")
            sheet.rows[LEFT] += 1
            continue
        for status, line, cents in _rows_of(name, number, debtor, owes_less=debtor in in_credit):
            sheet.lines.append(line)
            sheet.rows[status] += 1
            sheet.cents[status] += cents
            sums += cents
            if status is SENT:
                sheet.claims[f"F-{number}"] = cents
    return sheet


def _rows_of(name: str, number: int, debtor: int, *, owes_less: bool) -> Iterator[tuple[RowStatus, str, int]]:
    """Yield the rows of one kind with what becomes of each. Each amount is more than all before it: none is their sum."""
    kind = KINDS.get(name, KINDS["claim"])
    total = 2**number * 1000 + 10
    cents = total // kind.open if kind.open else 0
    status = ASKED if owes_less and kind.status is SENT else kind.status
    words = f"{kind.state};{kind.document};{kind.hold}"
    line = f"F-{number};Debtor {debtor};2026-06-01;{kind.due};{total / 100:.2f};{{:.2f}};{words}"
    if name == "contradicted":
        yield from ((REJECTED, line.format(amount / 100), amount) for amount in (cents, cents + 1))
        return
    yield status, line.format(cents / 100), cents
    if name == "repeated":
        yield RowStatus.REPEATED, line.format(cents / 100), cents


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("mixture")


def staged(driver: LedgerDriver, path: Path) -> tuple[int, FileReview]:
    with open_file(path, NO_PROFILE, CONTEXT) as source:
        batch = run_sql(driver.ledger, lambda connection: take_in(connection, source, ACCOUNTS, "run", ()))
    return batch, run_sql(driver.ledger, lambda connection: build_file_review(Queries(connection), batch))


@settings(max_examples=examples(5), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sheet=sheets(), number=st.uuids())
def test_exactly_the_open_claims_are_sent_and_the_review_accounts_for_all_money(folder, sheet, number) -> None:
    place = folder / str(number)
    place.mkdir(exist_ok=True)
    path = place / "list.csv"
    path.write_text("\n".join([*sheet.lines, ""]), encoding="utf-8")
    (place / "ledger.db").unlink(missing_ok=True)
    with open_driver(place) as driver:
        batch, review = staged(driver, path)
        waiting = driver.claim()
        assert dict(map(wire, waiting)) == sheet.claims, driver.reasons(batch)
        assert driver.balanced(batch)
    found: dict[RowStatus, list[int]] = defaultdict(lambda: [0, 0])
    for one in review.statuses:
        assert one.kind is RecordKind.CASE or not one.rows
        found[one.status][0] += one.rows
        found[one.status][1] += sum(one.money.values())
    seen = {status: tuple(counts) for status, counts in found.items() if any(counts)}
    assert seen == {status: (sheet.rows[status], sheet.cents[status]) for status in sheet.rows}
    assert review.balanced


def wire(claim: ClaimedEntry) -> tuple[str, int]:
    """The reference and the amount, in hundredths, of a case that would be sent."""
    found = json.loads(claim.payload, parse_float=Decimal)
    return found["creditorReference"], int(found["amountToRecover"] * 100)
