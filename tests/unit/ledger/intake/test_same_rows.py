"""Which rows are the same case or voucher: by what cannot be seen, within one source, and what is asked about."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, delete, insert, update
from support.ledgers import ACCOUNTS, CASES, LedgerDriver, case, open_driver, reject, run_sql, source, transaction, voucher

from importer.domain.identity import EntryLabel, fingerprint
from importer.domain.kinds import RecordKind
from importer.domain.match_keys import case_keys
from importer.domain.raw_rows import RawRow
from importer.domain.records import CaseRecord, LoadedRow, Row
from importer.domain.states import RowStatus, State
from importer.ledger.intake.intake import CHUNK_ROWS, take_in
from importer.ledger.storage.schema import entry, match_key

A, KNOWN, PENDING = RowStatus.ACCEPTED, RowStatus.ALREADY_IMPORTED, RowStatus.PENDING
REJECTED, REPEATED, QUESTIONED, BLOCKED = RowStatus.REJECTED, RowStatus.REPEATED, RowStatus.QUESTIONED, RowStatus.BLOCKED
LOOK_THE_SAME = ("INV 1", "INV\u00a01", "INV 1\u200b", "\ufeffINV 1", "INV  1", "INV\u20071", "I\u00adNV 1", "\u200eINV 1\ufe0f")
DAY = "2026-01-31"


@pytest.fixture
def driver(tmp_path: Path) -> Iterator[LedgerDriver]:
    with open_driver(tmp_path) as driver:
        yield driver


def labels(driver: LedgerDriver) -> list[str]:
    return [EntryLabel.of(RecordKind(e.kind), e.id, e.key).text() for e in driver.entries()]


# What cannot be seen


@pytest.mark.parametrize("first", LOOK_THE_SAME)
def test_references_that_look_the_same_are_one_case(driver: LedgerDriver, first: str) -> None:
    others = [ref for ref in LOOK_THE_SAME if ref != first]
    batch = driver.take(case(first), *map(case, others))
    assert driver.cases(batch) == [PENDING, *[REPEATED] * len(others)]
    assert len(driver.send_all()) == 1
    again = driver.take(*map(case, reversed(LOOK_THE_SAME)))
    assert driver.cases(again) == [KNOWN, *[REPEATED] * len(others)]
    assert driver.balanced(batch)
    assert driver.balanced(again)
    assert len(driver.entries()) == 1


def test_names_that_look_the_same_are_one_creditor(driver: LedgerDriver) -> None:
    batch = driver.take(case("R1", creditor="Nord Ltd"), case("R1", creditor="Nord\u00a0 Ltd"))
    assert driver.cases(batch) == [PENDING, REPEATED]


@pytest.mark.slow
def test_rows_of_different_chunks_that_look_the_same_are_one_case(driver: LedgerDriver) -> None:
    batch = driver.take(case("INV\u00a01"), *(case(f"F{n}") for n in range(CHUNK_ROWS)), case("INV 1"))
    assert driver.cases(batch)[-1] is REPEATED


def test_an_accepted_case_is_known_if_its_values_differ_in_what_cannot_be_seen(driver: LedgerDriver) -> None:
    driver.take(case("R1", debtor="Ann Holm"))
    driver.send_all()
    assert driver.cases(driver.take(case("R1", debtor="Ann\u00a0Holm"))) == [KNOWN]
    assert driver.cases(driver.take(case("R1", debtor="Ann holm"))) == [REJECTED]


def test_vouchers_find_their_case_by_a_reference_that_looks_the_same(driver: LedgerDriver) -> None:
    batch = driver.take(case("INV\u00a01"), voucher("INV 1"), voucher("INV\u200b 1", text="b"))
    assert driver.vouchers(batch) == [PENDING, PENDING]
    driver.send_all()
    driver.send_all(kind=RecordKind.VOUCHER)
    again = driver.take(voucher("INV  1"), voucher("INV\u00a01", text="b"))
    assert driver.vouchers(again) == [KNOWN, KNOWN]


def test_a_voucher_of_a_rejected_case_is_blocked_if_the_references_look_the_same(driver: LedgerDriver) -> None:
    batch = driver.take(reject(RecordKind.CASE, "INV\u00a01"), voucher("INV 1"))
    assert driver.vouchers(batch) == [BLOCKED]


def test_unique_ids_and_parents_that_look_the_same_are_one(driver: LedgerDriver) -> None:
    batch = driver.take(case("R1"), voucher(uid="V 1"), voucher(uid="V\u00a01"), voucher(uid="C", parent="V\u200b 1"))
    assert driver.vouchers(batch) == [PENDING, REPEATED, PENDING]
    parent, child = driver.entries(RecordKind.VOUCHER)
    assert child.parent_id == parent.id


def test_rows_without_a_reference_that_look_the_same_are_the_same_cases_again(driver: LedgerDriver) -> None:
    batch = driver.take(case(None, debtor="Ann Holm"), case(None, debtor="Ann\u00a0Holm"))
    assert driver.cases(batch) == [PENDING, PENDING]  # as two equal rows are
    driver.send_all()
    assert driver.cases(driver.take(*[case(None, debtor="Ann Holm")] * 2)) == [KNOWN, KNOWN]


def test_several_old_entries_that_look_the_same_are_the_exact_one_or_a_question(driver: LedgerDriver) -> None:
    _make_former_entry(driver, case("A"), case("INV 1"))
    _make_former_entry(driver, case("B"), case("INV\u00a01"))
    driver.send_all()
    assert driver.cases(driver.take(case("INV 1"), case("INV\u00a01"))) == [KNOWN, KNOWN]
    batch = driver.take(case("INV 1\u200b"), voucher("INV 1\u200b"))
    assert (driver.cases(batch), driver.vouchers(batch)) == ([QUESTIONED], [BLOCKED])
    assert all(label in driver.reasons(batch)[0] for label in labels(driver)[:2])
    assert not driver.claim()


def _make_former_entry(driver: LedgerDriver, taken: CaseRecord, meant: CaseRecord) -> None:
    """Make an entry as an earlier release has: ``taken`` is only something to stage."""
    driver.take(taken)
    identifier = driver.entries()[-1].id
    keys = case_keys(meant.ref, meant.payload, RawRow("", ""))

    def change(connection: Connection) -> None:
        values = {"key": meant.base, "base": meant.base, "ref": meant.ref, "payload": meant.payload}
        values["digest"] = fingerprint(meant.payload.decode())
        connection.execute(update(entry).where(entry.c.id == identifier).values(values))
        connection.execute(delete(match_key).where(match_key.c.entry_id == identifier))
        fixed = {"entry_id": identifier, "account": ACCOUNTS.cases, "kind": "case"}
        for version, key in keys.stored_beside(meant.base):
            connection.execute(insert(match_key).values(**fixed, version=version, key=key))

    run_sql(driver.ledger, change)


# The raw cells


def test_a_row_that_is_read_differently_now_is_found_by_its_cells(driver: LedgerDriver) -> None:
    """The number format of the cell shows ``INV-1067``; an earlier release has read the reference as ``1067``."""
    former, better = case("1067"), case("INV-1067")
    cells = LoadedRow(Row(CASES, 2, (1067,)), case=former)
    assert _take(driver, cells) == [PENDING]
    driver.send_all()
    again = LoadedRow(Row(CASES, 2, (1067,)), case=better)
    assert _take(driver, again, again) == [KNOWN, REPEATED]
    assert _take(driver, again) == [KNOWN]
    assert len(driver.entries()) == 1
    assert _take(driver, LoadedRow(Row(CASES, 2, (1068,)), case=case("INV-1068"))) == [PENDING]


def test_a_row_with_the_same_cells_and_other_values_is_questioned(driver: LedgerDriver) -> None:
    """A constant gives the date of all rows, so that the list of the next month may hold the same cells."""
    for day, wanted in (("2026-01-31", PENDING), ("2026-02-28", QUESTIONED), ("2026-02-28", QUESTIONED)):
        assert _take(driver, LoadedRow(Row(CASES, 2, ("Ann", 500)), case=case(None, day=day))) == [wanted]
    assert len(driver.entries()) == 2


def _take(driver: LedgerDriver, *rows: LoadedRow) -> list[RowStatus]:
    with transaction(driver.ledger) as connection:
        batch = take_in(connection, replace(source(), rows=iter(rows)), ACCOUNTS, "run")
    return driver.cases(batch)


# The same key twice in one source


def test_equal_rows_are_one_case_and_the_later_ones_are_repeated(driver: LedgerDriver) -> None:
    batch = driver.take(case("R1"), case("R1"), voucher(uid="U"), voucher(uid="U"), case("R1"))
    assert driver.cases(batch) == [PENDING, REPEATED, REPEATED]
    assert driver.vouchers(batch) == [PENDING, REPEATED]
    driver.send_all()
    driver.send_all(kind=RecordKind.VOUCHER)
    assert driver.cases(batch) == [A, REPEATED, REPEATED]
    repeated = driver.lines(batch)[1].case
    assert repeated is not None
    assert (repeated.remote_id, repeated.imported_from) == ("remote-1", 'this file, row 2 of sheet "Cases"')
    assert driver.balanced(batch)
    assert len(driver.sent) == 2


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_rows_that_contradict_each_other_hold_back_the_case_in_any_order(driver: LedgerDriver, order: tuple[int, ...]) -> None:
    rows = [case("R1", debtor="Ann"), case("R1", debtor="Ann"), case("R1", debtor="Bob")]
    batch = driver.take(*(rows[n] for n in order), voucher("R1"), case("R2"))
    assert driver.cases(batch) == [REJECTED] * 3 + [PENDING]
    assert driver.vouchers(batch) == [BLOCKED]
    assert all("rows 2, 3 and 4" in reason for reason in driver.reasons(batch)[:3])
    assert driver.balanced(batch)
    assert [json.loads(claim.payload)["creditorReference"] for claim in driver.send_all()] == ["R2"]
    assert not driver.claim(RecordKind.VOUCHER)


@pytest.mark.slow
def test_contradictions_across_chunks(driver: LedgerDriver) -> None:
    fill = (case(f"F{n}") for n in range(CHUNK_ROWS))
    batch = driver.take(case("R1", debtor="Ann"), *fill, case("R1", debtor="Bob"), *[case("R1", debtor="Ann")] * 8)
    statuses = driver.cases(batch)
    assert [statuses[0], *statuses[-9:]] == [REJECTED] * 10
    assert "rows 2, 1,003, 1,004, 1,005, 1,006 and 5 more" in driver.reasons(batch)[0]
    assert driver.balanced(batch)


def test_a_sheet_that_agrees_again_is_sent_with_its_vouchers(driver: LedgerDriver) -> None:
    driver.take(case("R1", debtor="Ann"), case("R1", debtor="Bob"), voucher("R1"))
    agreed = driver.take(case("R1", debtor="Ann"), voucher("R1"))
    assert (driver.cases(agreed), driver.vouchers(agreed)) == ([PENDING], [PENDING])
    assert len(driver.send_all()) == 1
    assert len(driver.send_all(kind=RecordKind.VOUCHER)) == 1


def test_rows_that_contradict_a_pending_case_of_an_earlier_batch_hold_it_back(driver: LedgerDriver) -> None:
    driver.take(case("R1", debtor="Ann"))
    driver.take(case("R1", debtor="Ann"), case("R1", debtor="Bob"))
    assert not driver.claim()


def test_a_row_that_contradicts_an_accepted_one_is_rejected_alone(driver: LedgerDriver) -> None:
    driver.take(case("R1", debtor="Ann"))
    driver.send_all()
    for rows in permutations((case("R1", debtor="Ann"), case("R1", debtor="Bob"))):
        assert sorted(driver.cases(driver.take(*rows))) == [KNOWN, REJECTED]


def test_vouchers_that_contradict_each_other_keep_their_children_back(driver: LedgerDriver) -> None:
    batch = driver.take(case("R1"), voucher(uid="U"), voucher(uid="C", parent="U"), voucher(uid="U", text="other"))
    driver.send_all()
    assert driver.vouchers(batch) == [REJECTED, BLOCKED, REJECTED]
    assert not driver.claim(RecordKind.VOUCHER)


def test_flat_rows_that_contradict_each_other_hold_back_all_vouchers(driver: LedgerDriver) -> None:
    rows = [(case("R1", cents=cents), voucher(None, text=f"{n}")) for n, cents in enumerate((100, 100, 200, 100))]
    batch = driver.take(*rows)
    assert (driver.cases(batch), driver.vouchers(batch)) == ([REJECTED] * 4, [BLOCKED] * 4)
    assert driver.balanced(batch)


# Suspected twins


@pytest.mark.parametrize("state", [None, State.ACCEPTED, State.IN_DOUBT, State.PENDING])
@pytest.mark.parametrize(("one", "other"), [("INV-17", "inv-17"), ("INV-17", "INV-0017"), ("0017", "17"), ("2026.10", "2026.1")])
def test_a_reference_that_differs_in_case_or_zeros_is_questioned(
    driver: LedgerDriver, one: str, other: str, state: State | None
) -> None:
    """With ``state``, the other one is of an earlier batch; without, of the same source."""
    twin = case(other, day=DAY)
    if state:
        driver.take(case(one, day=DAY))
        driver.send_all(state)
        batch = driver.take(twin, voucher(other))
        assert driver.cases(batch) == [QUESTIONED]
    else:
        batch = driver.take(case(one, day=DAY), twin, voucher(other))
        assert driver.cases(batch) == [PENDING, QUESTIONED]
    assert driver.vouchers(batch) == [BLOCKED]
    first, second, *_ = labels(driver)
    (why,) = [reason for reason in driver.reasons(batch) if "may be the same" in reason]
    assert f'case_ref "{other}" may be the same case as {first} (' in why
    assert f"reference {one}" in why
    assert f"`importer resolve {second} --send`" in why
    assert f"`importer resolve {second} --same-as {first}`" in why
    assert driver.balanced(batch)
    assert second not in {EntryLabel.of(RecordKind.CASE, c.entry.entry_id, "").text() for c in driver.claim()}


@pytest.mark.parametrize(
    "other",
    [
        case("inv-17", day=DAY, cents=999),
        case("inv-17", day="2026-02-01"),
        case("inv-17", day=DAY, debtor="Bob"),
        case("inv-17", day=DAY, creditor="Y"),
        case("inv-18", day=DAY),
        case("inv-17", day=DAY, test=True),
    ],
)
def test_other_claims_are_no_twins(driver: LedgerDriver, other: Any) -> None:
    driver.take(case("INV-17", day=DAY))
    assert driver.cases(driver.take(other)) == [PENDING]


def test_a_refused_case_is_no_twin(driver: LedgerDriver) -> None:
    driver.take(case("INV-17", day=DAY))
    driver.send_all(State.REFUSED)
    assert driver.cases(driver.take(case("INV-017", day=DAY))) == [PENDING]


@pytest.mark.parametrize(("one", "other"), [(None, None), ("R1", None), (None, "R1")])
def test_a_row_without_a_reference_is_questioned_if_another_source_has_its_debtor_and_date(
    driver: LedgerDriver, one: str | None, other: str | None
) -> None:
    driver.take(case(one, day=DAY, cents=89950))
    driver.send_all()
    batch = driver.take(case(other, day=DAY, cents=49950))
    assert driver.cases(batch) == [QUESTIONED]
    assert "the same debtor, date and currency, and one of them has no reference" in driver.reasons(batch)[0]


def test_rows_without_a_reference_of_one_source_are_several_cases(driver: LedgerDriver) -> None:
    batch = driver.take(*(case(None, day=DAY, cents=cents) for cents in (100, 200)))
    assert driver.cases(batch) == [PENDING, PENDING]
    driver.send_all()
    for rows in permutations([case(None, day=DAY, cents=cents) for cents in (100, 200, 300)]):
        again = driver.take(*rows)
        assert sorted(driver.cases(again)) == [KNOWN, KNOWN, PENDING]  # the new row is not one that the source holds itself


def test_a_question_stays_until_it_is_answered_and_is_new_only_once(driver: LedgerDriver) -> None:
    driver.take(case("INV-17", day=DAY))
    first = driver.take(case("inv-17", day=DAY))
    again = driver.take(case("inv-17", day=DAY))
    assert driver.cases(again) == [QUESTIONED]
    assert [_origins(driver, batch) for batch in (first, again)] == [["new"], ["asked"]]


def _origins(driver: LedgerDriver, batch: int) -> list[str]:
    query = f"SELECT case_origin FROM row WHERE batch_id = {batch} ORDER BY id"
    return list(run_sql(driver.ledger, lambda c: c.exec_driver_sql(query).scalars().all()))


def test_a_corrected_row_replaces_a_questioned_one(driver: LedgerDriver) -> None:
    driver.take(case("INV-17", day=DAY))
    driver.take(case("inv-17", day=DAY))
    assert driver.cases(driver.take(case("inv-17", day="2026-03-01"))) == [PENDING]
    driver.take(case("INV-0017", day=DAY))
    batch = driver.take(case("INV-18", day=DAY, hint=3))
    assert driver.cases(batch) == [PENDING]
    assert driver.entry(3).superseded_by == 4
    assert {json.loads(claim.payload)["creditorReference"] for claim in driver.send_all()} == {"INV-17", "inv-17", "INV-18"}


def test_a_claim_of_which_less_is_open_names_both_amounts(driver: LedgerDriver) -> None:
    driver.take(case("R1", cents=20000))
    driver.send_all()
    batch = driver.take(case("R1", cents=5000))
    assert driver.codes(batch) == ["now_part_paid"]
    (fact,) = [line.case for line in driver.lines(batch) if line.case]
    assert "less is open now: amount_to_recover was 200.00, is now 50.00. Tell the collection partner" in fact.reasons[0].message


# Vouchers


def numbered(number: str = "20312", **more: Any) -> Any:
    return voucher("R1", number=number, **more)


def test_an_invoice_whose_text_or_amount_changes_is_one_voucher(driver: LedgerDriver) -> None:
    driver.take(case("R1"), numbered(text="12 days late"))
    driver.send_all()
    driver.send_all(kind=RecordKind.VOUCHER)
    for changed in (numbered(text="13 days late"), numbered(cents=100), numbered(due="2026-03-01")):
        batch = driver.take(changed)
        assert driver.codes(batch) == ["changed_after_import"]
    assert len(driver.entries(RecordKind.VOUCHER)) == 1


@pytest.mark.parametrize("state", [State.PENDING, State.REFUSED])
def test_an_invoice_that_was_not_sent_is_replaced(driver: LedgerDriver, state: State) -> None:
    driver.take(case("R1"), numbered())
    driver.send_all()
    driver.send_all(state, kind=RecordKind.VOUCHER)
    (before,) = driver.entries(RecordKind.VOUCHER)
    for changed in (numbered(text="later"), numbered(day="2026-02-01"), numbered(due="2026-03-01")):
        driver.take(changed)
    (after,) = driver.entries(RecordKind.VOUCHER)
    assert (after.key, after.state) == (before.key, State.PENDING)
    assert json.loads(after.payload)["uniqueId"] == before.key


def test_derived_ids_of_documents_do_not_depend_on_text_amount_or_dates(tmp_path: Path) -> None:
    ids = set()
    for n, one in enumerate((numbered(), numbered(text="x", cents=1), numbered(day="2026-02-02", due="2026-03-03"))):
        (tmp_path / str(n)).mkdir()
        with open_driver(tmp_path / str(n)) as driver:
            driver.take(case("R1"), one)
            ids.add(driver.entries(RecordKind.VOUCHER)[0].key)
    assert len(ids) == 1


@pytest.mark.parametrize("kind", ["reminder fee", "deposit", "collection cost", "DK interest", "credit note"])
def test_fees_and_payments_under_one_reference_are_several_vouchers(driver: LedgerDriver, kind: str) -> None:
    fees = [numbered(kind=kind), numbered(kind=kind), numbered(kind=kind, day="2026-02-28"), numbered(kind=kind, cents=777)]
    batch = driver.take(case("R1"), *fees)
    assert driver.vouchers(batch) == [PENDING] * 4
    driver.send_all()
    assert len(driver.send_all(kind=RecordKind.VOUCHER)) == 4
    assert driver.vouchers(driver.take(*reversed(fees))) == [KNOWN] * 4
    assert driver.vouchers(driver.take(*fees, numbered(kind=kind))) == [KNOWN] * 4 + [PENDING]


def test_a_fee_whose_text_changes_is_the_same_and_the_others_keep_their_entries(driver: LedgerDriver) -> None:
    fees = [numbered(kind="reminder fee", text=text) for text in ("a", "b")]
    driver.take(case("R1"), *fees)
    driver.send_all()
    driver.send_all(kind=RecordKind.VOUCHER)
    for rows in permutations((numbered(kind="reminder fee", text="c"), fees[1])):
        batch = driver.take(*rows)
        assert sorted(driver.vouchers(batch)) == [KNOWN, RowStatus.CHANGED]
        assert "text was a, is now c" in driver.reasons(batch)[0]


def test_instalments_are_told_apart_by_their_due_days_in_any_order(driver: LedgerDriver) -> None:
    days = [numbered(due=due) for due in ("2026-03-01", "2026-04-01", "2026-05-01")]
    batch = driver.take(case("R1"), *days)
    assert driver.vouchers(batch) == [PENDING] * 3
    driver.send_all()
    assert len(driver.send_all(kind=RecordKind.VOUCHER)) == 3
    for rows in permutations(days):
        assert driver.vouchers(driver.take(*rows)) == [KNOWN] * 3
    assert driver.vouchers(driver.take(numbered(due="2026-06-01"), *days)) == [PENDING, *[KNOWN] * 3]


def test_alike_instalments_are_rejected_with_the_advice_to_give_a_unique_id(driver: LedgerDriver) -> None:
    batch = driver.take(case("R1"), numbered(due="2026-03-01"), numbered(due="2026-03-01", cents=100), numbered(due="2026-04-01"))
    assert driver.vouchers(batch) == [REJECTED, REJECTED, PENDING]
    assert "give each of them a unique_id" in driver.reasons(batch)[0]
    driver.send_all()
    assert len(driver.claim(RecordKind.VOUCHER)) == 1


def test_a_new_plan_of_instalments_for_a_sent_invoice_is_questioned(driver: LedgerDriver) -> None:
    driver.take(case("R1"), numbered(due="2026-03-01"))
    driver.send_all()
    driver.send_all(kind=RecordKind.VOUCHER)
    batch = driver.take(numbered(due="2026-04-01"), numbered(due="2026-05-01"))
    assert driver.vouchers(batch) == [QUESTIONED, QUESTIONED]
    assert not driver.claim(RecordKind.VOUCHER)


def test_a_document_with_a_known_number_and_another_date_is_questioned(driver: LedgerDriver) -> None:
    driver.take(case("R1"), numbered())
    driver.send_all()
    driver.send_all(kind=RecordKind.VOUCHER)
    for _ in range(2):
        batch = driver.take(numbered(day="2026-06-30"))
        assert driver.vouchers(batch) == [QUESTIONED]
    assert labels(driver)[1] in driver.reasons(batch)[0]
    assert driver.vouchers(driver.take(numbered(), numbered(day="2026-06-30"))) == [KNOWN, QUESTIONED]
    assert not driver.claim(RecordKind.VOUCHER)
    assert len(driver.entries(RecordKind.VOUCHER)) == 2


def test_equal_documents_of_one_source_are_repeated(driver: LedgerDriver) -> None:
    batch = driver.take(case("R1"), numbered(), numbered("20312\u200b"), voucher("R1", number="20 312"))
    assert driver.vouchers(batch) == [PENDING, REPEATED, PENDING]
    assert driver.balanced(batch)


def test_vouchers_of_a_corrected_case_keep_their_ids_and_are_sent_once(driver: LedgerDriver) -> None:
    vouchers = [numbered(), numbered(kind="reminder fee"), numbered(kind="reminder fee"), voucher("R1")]
    driver.take(case("R1"), *vouchers)
    driver.send_all(State.REFUSED)
    before = {e.id: e.key for e in driver.entries(RecordKind.VOUCHER)}
    driver.take(case("R9", hint=1))
    again = driver.take(*(replace(one, case_ref="R9") for one in vouchers))
    assert driver.vouchers(again) == [PENDING] * 4
    assert {e.id: e.key for e in driver.entries(RecordKind.VOUCHER)} == before
    driver.send_all()
    assert len(driver.send_all(kind=RecordKind.VOUCHER)) == 4
