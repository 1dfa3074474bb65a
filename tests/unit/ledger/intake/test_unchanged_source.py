"""Tests of reusing an unchanged source: the result equals that of reading it, or it is not reused."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, select
from support.examples import examples
from support.ledgers import ACCOUNTS, Entered, LedgerDriver, case, open_driver, reject, source, transaction, voucher

from importer.domain.accounts import Accounts
from importer.domain.kinds import RecordKind
from importer.domain.money import Money
from importer.domain.reasons import Reason
from importer.domain.records import AppendixFile, Reject
from importer.domain.states import RejectStatus, State
from importer.ledger.intake.intake import take_in
from importer.ledger.intake.unchanged_source import SourceVersion, has_cases, reuse_unchanged_batch
from importer.ledger.storage.copying import go_on_numbering
from importer.ledger.storage.schema import batch, entry, row, source_version
from importer.ledger.storage.schema import reject as reject_table

TABLES = (batch, row, entry, reject_table, source_version)
Records = Sequence[Entered]


@pytest.fixture
def driver(tmp_path: Path) -> Iterator[LedgerDriver]:
    with open_driver(tmp_path) as driver:
        yield driver


def reading_of(records: Records, day: str = "2026-03-01") -> SourceVersion:
    return SourceVersion("a.xlsx", hashlib.sha256(repr(records).encode()).hexdigest(), "as ever", day)


def read(connection: Connection, records: Records, of: SourceVersion, earlier: Sequence[int] = ()) -> int:
    taken = replace(source(*records), sha256=of.sha256)
    return take_in(connection, taken, ACCOUNTS, "run", earlier, of)


def take(driver: LedgerDriver, *records: Entered, earlier: Sequence[int] = ()) -> int:
    with transaction(driver.ledger) as connection:
        return read(connection, records, reading_of(records), earlier)


def accept(driver: LedgerDriver) -> None:
    """Send all that can be sent, parents before their children."""
    driver.send_all()
    while driver.send_all(kind=RecordKind.VOUCHER):
        pass


class _UndoneError(Exception):
    pass


@contextmanager
def undone(driver: LedgerDriver) -> Iterator[Connection]:
    """A transaction that is rolled back, with the numbers that it gave to rows: a server does not give them again."""
    with suppress(_UndoneError), transaction(driver.ledger) as connection:
        yield connection
        raise _UndoneError
    with transaction(driver.ledger) as connection:
        go_on_numbering(connection)


def dump(connection: Connection) -> dict[str, list[dict[str, Any]]]:
    """Return the tables without times and run ids, with JSON decoded, and equal vouchers of rows made comparable."""
    found: dict[str, list[dict[str, Any]]] = {}
    bases = {one.id: one.base for one in connection.execute(select(entry.c.id, entry.c.base))}
    for table in TABLES:
        for line in connection.execute(select(table).order_by(*table.primary_key)).mappings():
            values = {n: v for n, v in line.items() if n not in {"run_id", "taken_at"}}
            values |= {n: json.loads(values[n]) for n in ("heads", "notes", "control") if n in values}
            values |= {n: bases.get(values[n]) for n in ("voucher_entry",) if n in values}
            found.setdefault(table.name, []).append(values)
    return found


def quickly(driver: LedgerDriver, records: Records, earlier: Sequence[int] = (), **changes: Any) -> dict[str, Any] | None:
    """Return the ledger after the reuse and after reading instead; None if the batch was not reused."""
    found = None
    with undone(driver) as connection:
        if reuse_unchanged_batch(connection, replace(reading_of(records), **changes), ACCOUNTS, "run", earlier):
            found = dump(connection)
    return found


def slowly(driver: LedgerDriver, records: Records, earlier: Sequence[int] = (), **changes: Any) -> dict[str, Any]:
    found = None
    with undone(driver) as connection:
        read(connection, records, replace(reading_of(records), **changes), earlier)
        found = dump(connection)
    assert found is not None
    return found


def is_taken(driver: LedgerDriver, *records: Entered, earlier: Sequence[int] = (), **changes: Any) -> bool:
    """Return whether the batch is reused; the result must equal that of reading."""
    found = quickly(driver, records, earlier, **changes)
    if found is not None:
        assert found == slowly(driver, records, earlier, **changes)
    return found is not None


TWO_SHEETS = (case("R1"), case("R2", cents=77), voucher("R1"), voucher("R2", uid="U2", parent="U1"), voucher("R1", uid="U1"))
FLAT = ((case("R1"), voucher(None)), (case("R1"), voucher(None, text="rent")), (case("R2"), voucher(None)))
NAMELESS = (case(None), case(None, debtor="Bob"))
EQUAL = (*NAMELESS, case(None))  # the last row is questioned
TESTS = (case("R1", test=True), voucher("R1", uid="U1"))
FOREIGN = (voucher(None, case_id="8f3c", uid="U1"), voucher(None, case_id="8f3c"))
NOTE = Reject(
    RecordKind.CASE,
    (Reason("notes_below", "The row is a note below the table"),),
    Money("", 0),
    None,
    status=RejectStatus.LEFT_OUT,
)
WITH_A_NOTE = (case("R1"), voucher("R1"), NOTE)
# The upper one waits for its parent and is staged after the lower one; when read again, neither waits.
EQUAL_CHILDREN = (voucher("R1", parent="U1"), case("R1"), voucher("R1", uid="U1"), voucher("R1", parent="U1"))


@pytest.mark.parametrize("records", [TWO_SHEETS, FLAT, NAMELESS, TESTS, FOREIGN, EQUAL_CHILDREN, WITH_A_NOTE])
def test_what_is_all_imported_is_copied(driver: LedgerDriver, records: Records) -> None:
    take(driver, *records)
    assert not is_taken(driver, *records), "nothing was sent yet"
    accept(driver)
    assert is_taken(driver, *records)
    with transaction(driver.ledger) as connection:
        again = reuse_unchanged_batch(connection, reading_of(records), ACCOUNTS, "run")
    assert again == 2
    facts = [fact for line in driver.lines(again) for fact in (line.case, line.voucher) if fact and not fact.repeats]
    assert {fact.status for fact in facts} - {"left_out"} == {"already_imported"}
    assert driver.balanced(again)
    assert is_taken(driver, *records), "a copy is as good as what it was copied from"


def test_rows_that_an_earlier_file_brought(driver: LedgerDriver) -> None:
    take(driver, case("R1"), voucher("R1"))
    accept(driver)
    records = (case("R1"), case("R3"), voucher("R1"))
    take(driver, *records)
    accept(driver)
    assert is_taken(driver, *records)


def test_vouchers_of_another_file(driver: LedgerDriver) -> None:
    take(driver, case("R1"), case("R2"))
    records = (voucher("R1"), voucher("R2", uid="U2"))
    take(driver, *records)
    accept(driver)
    assert is_taken(driver, *records)
    again = take(driver, case("R1"), reject(RecordKind.CASE))
    assert is_taken(driver, *records, earlier=[again])
    rejected = take(driver, case("R9"), reject(RecordKind.CASE, "R1"))
    assert not is_taken(driver, *records, earlier=[rejected])
    take(driver, case("R1", creditor="Y"))  # from now on the reference is ambiguous
    assert not is_taken(driver, *records)
    assert is_taken(driver, case("R1"), case("R2"))


@pytest.mark.parametrize("state", [State.REFUSED, State.PENDING, State.IN_DOUBT])
def test_a_row_that_is_not_done(driver: LedgerDriver, state: State) -> None:
    records = (case("R1"), case("R2"))
    take(driver, *records)
    claims = driver.claim()
    driver.settle(claims[:1], State.ACCEPTED)
    driver.settle(claims[1:], state)
    assert not is_taken(driver, *records)


PAID = replace(NOTE, reasons=(Reason("no_claim_paid", "is paid, so that it is no claim", "row_state"),))


@pytest.mark.parametrize(
    "records", [(case("R1"), reject(RecordKind.CASE)), (case("R1"), PAID), ((case("R1"), reject(RecordKind.VOUCHER)),)]
)
def test_a_row_that_was_rejected_as_a_whole_or_in_part(driver: LedgerDriver, records: Records) -> None:
    take(driver, *records)
    accept(driver)
    assert not is_taken(driver, *records)


def test_a_row_whose_payload_another_file_has_replaced(driver: LedgerDriver) -> None:
    records = (case("R1", debtor="Ann"),)
    take(driver, *records)
    take(driver, case("R1", debtor="Anna"))
    accept(driver)
    assert not is_taken(driver, *records)


def test_a_row_that_was_corrected(driver: LedgerDriver) -> None:
    records = (case("R1"), case("R2"), voucher("R1"))
    take(driver, *records)
    first, second = driver.claim()
    driver.settle([first], State.REFUSED)
    driver.settle([second], State.ACCEPTED)
    driver.take(case("R9", hint=first.entry.entry_id))
    accept(driver)
    assert not is_taken(driver, *records)


def test_a_reference_that_a_correction_gave_to_another_case(driver: LedgerDriver) -> None:
    records = (case("R1"), voucher("R1"))
    take(driver, *records)
    accept(driver)
    driver.take(case("R2", debtor="Bob"))
    driver.send_all(State.REFUSED)
    assert is_taken(driver, *records)
    wrong = driver.entries(RecordKind.CASE)[-1]
    driver.take(case("R1", hint=wrong.id))  # it was this case before, too
    assert not is_taken(driver, *records)


def test_a_voucher_whose_case_was_corrected_to_another_reference(driver: LedgerDriver) -> None:
    """Its reference means the corrected case until another case with that reference is imported."""
    take(driver, case("R1"))
    records = (voucher("R1"),)
    take(driver, *records)
    driver.send_all(State.REFUSED)
    driver.take(case("R2", hint=1))
    accept(driver)
    assert [e.state for e in driver.entries(RecordKind.VOUCHER)] == ["accepted"]
    driver.take(case("R1", creditor="Y"))
    assert not is_taken(driver, *records)


def test_a_row_with_an_appendix(driver: LedgerDriver) -> None:
    file = AppendixFile("/there/a.pdf", "0" * 64, "application/pdf")
    records = (case("R1"), replace(voucher("R1"), appendix=file))
    take(driver, *records)
    accept(driver)
    assert [e.state for e in driver.entries()] == ["accepted"] * 2
    assert not is_taken(driver, *records)


@pytest.mark.parametrize("changes", [{"name": "b.xlsx"}, {"sha256": "1" * 64}, {"reader_version": "other"}])
def test_another_reading(driver: LedgerDriver, changes: dict[str, str]) -> None:
    take(driver, *TWO_SHEETS)
    accept(driver)
    assert not is_taken(driver, *TWO_SHEETS, **changes)


@pytest.mark.parametrize(
    ("day", "taken"), [("2026-03-01", True), ("2026-12-31", True), ("2026-02-28", False), ("2027-01-01", False)]
)
def test_another_day(driver: LedgerDriver, *, day: str, taken: bool) -> None:
    """On an earlier day more dates are in the future, and in another year two digits may mean another year."""
    take(driver, *TWO_SHEETS)
    accept(driver)
    assert is_taken(driver, *TWO_SHEETS, day=day) is taken


@pytest.mark.parametrize("other", [Accounts("partner", "other"), Accounts("other", "tenant")])
def test_another_account(driver: LedgerDriver, other: Accounts) -> None:
    take(driver, *TWO_SHEETS)
    accept(driver)
    with transaction(driver.ledger) as connection:
        assert reuse_unchanged_batch(connection, reading_of(TWO_SHEETS), other, "run") is None


def test_what_was_really_read_counts(driver: LedgerDriver) -> None:
    """The file was changed between hashing and reading it."""
    with transaction(driver.ledger) as connection:
        take_in(connection, source(case("R1")), ACCOUNTS, "run", (), reading_of([case("R2")]))
    accept(driver)
    with transaction(driver.ledger) as connection:
        assert reuse_unchanged_batch(connection, reading_of([case("R2")]), ACCOUNTS, "run") is None
        assert reuse_unchanged_batch(connection, replace(reading_of([]), sha256="0" * 64), ACCOUNTS, "run")


def test_a_sheet_of_a_report_is_read(driver: LedgerDriver) -> None:
    """Its rows name entries, which may have been superseded."""
    taken = source(case("R1"))
    taken = replace(taken, heads=(replace(taken.heads[0], header=("#row", "x")), *taken.heads[1:]), sha256="0" * 64)
    with transaction(driver.ledger) as connection:
        take_in(connection, taken, ACCOUNTS, "run", (), replace(reading_of([]), sha256="0" * 64))
        assert not connection.execute(select(source_version)).all()


def test_whether_a_known_file_holds_cases(driver: LedgerDriver) -> None:
    take(driver, *TWO_SHEETS)
    with transaction(driver.ledger) as connection:
        assert has_cases(connection, reading_of(TWO_SHEETS))
        assert has_cases(connection, reading_of(FLAT)) is None


# Any history

cases = st.builds(
    case, st.sampled_from(("R1", "R2", None)), debtor=st.sampled_from(("Ann", "Bob")), creditor=st.sampled_from("XY")
)
vouchers = st.builds(
    voucher,
    st.sampled_from(("R1", "R2")),
    uid=st.sampled_from(("U1", "U2", None, None)),
    text=st.sampled_from(("fee", "rent")),
    parent=st.sampled_from(("U1", None, None, None)),
)
flat = st.tuples(cases, st.builds(voucher, st.none(), text=st.sampled_from(("fee", "rent"))))
rejects = st.sampled_from([NOTE, PAID, reject(RecordKind.CASE, "R1"), reject(RecordKind.VOUCHER)])
sources = st.one_of(
    st.sampled_from([TWO_SHEETS, FLAT, EQUAL, TESTS, WITH_A_NOTE, TWO_SHEETS[:2], TWO_SHEETS[2:]]),
    st.lists(st.one_of(cases, cases, vouchers, flat, rejects), min_size=1, max_size=4).map(tuple),
    st.lists(cases, min_size=1, max_size=3).map(tuple),
    st.lists(vouchers, min_size=1, max_size=2).map(tuple),
)
steps = st.one_of(
    st.tuples(st.just("take"), sources),
    st.tuples(st.just("accept"), st.none()),
    st.tuples(st.just("refuse"), st.sampled_from([State.REFUSED, State.IN_DOUBT])),
    st.tuples(st.just("correct"), st.integers(0, 15)),
)


def correct(driver: LedgerDriver, pick: int) -> None:
    """Return a row of an error sheet, which names its entry; any of its cells may have been changed."""
    entries = driver.entries()
    if entries:
        found = entries[pick % len(entries)]
        ref = ("R1", "R2", "R3")[pick % 3]
        driver.take(case(ref, hint=found.id) if found.kind == RecordKind.CASE else voucher(ref, hint=found.id))


@pytest.mark.slow
@settings(max_examples=examples(5), deadline=None)
@given(history=st.lists(steps, min_size=2, max_size=9), late=st.booleans())
def test_after_any_history_the_shortcut_gives_what_reading_gives(history: list[tuple[str, Any]], *, late: bool) -> None:
    with TemporaryDirectory() as folder, open_driver(Path(folder)) as driver:
        taken: dict[Records, int] = {}
        for step, value in (*history, ("accept", None)):
            if step == "take":
                taken[value] = take(driver, *value)
            elif step == "accept":
                accept(driver)
            elif step == "refuse":
                driver.send_all(value)
            else:
                correct(driver, value)
        for records in taken:
            is_taken(driver, *records, earlier=[max(taken.values())] if late else ())
