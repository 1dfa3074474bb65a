"""The figures of the last files of a profile, from the ledger."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from support.ledgers import ACCOUNTS, LedgerDriver, case, left_out, open_driver, reject, run_sql, source, transaction, voucher

from importer.domain.kinds import RecordKind
from importer.domain.records import SheetHead
from importer.domain.states import State
from importer.domain.unusual import COMPARED_FILES
from importer.ledger.intake.intake import take_in
from importer.ledger.queries.history import BatchHistory, batch_history, new_creditors

pytestmark = pytest.mark.both_databases
CASE, VOUCHER = RecordKind.CASE, RecordKind.VOUCHER


class Files(LedgerDriver):
    """A ledger that takes each file in a run of its own."""

    runs = 0

    def file(self, *records, profile: str | None = "p", headings: tuple[str, ...] | None = None, run: str | None = None) -> int:
        self.runs += 1
        given = replace(source(*records), profile=profile)
        if headings is not None:
            heads = tuple(SheetHead(head.name, headings, (None,) * len(headings), head.flat) for head in given.heads)
            given = replace(given, heads=heads)
        with transaction(self.ledger) as connection:
            return take_in(connection, given, ACCOUNTS, run or f"run {self.runs}")

    def history(self, batch: int) -> BatchHistory:
        return run_sql(self.ledger, lambda c: batch_history(c, batch))

    def compared(self, batch: int) -> list[int]:
        """The cases that were sent of each file that the batch is compared with."""
        return [one.rows.get(CASE, 0) for one in self.history(batch).earlier]


@pytest.fixture
def files(tmp_path: Path) -> Iterator[Files]:
    with open_driver(tmp_path) as driver:
        yield Files(driver.ledger)


def some(count: int, prefix: str, **more: object) -> list:
    return [case(f"{prefix}{number}", **more) for number in range(count)]


def test_the_figures_of_a_batch(files: Files) -> None:
    batch = files.file(case("R1", cents=500), case("R2", cents=700), voucher("R1", cents=300), left_out(case("R3")), reject(CASE))
    found = files.history(batch).figures
    assert found.rows == {CASE: 2, VOUCHER: 1}
    assert found.money[CASE] == {"DKK": 1200}
    assert found.largest == {"DKK": 700}
    assert (found.all_rows, found.left_out) == (5, 1)


def test_earlier_files_of_the_profile_are_compared_the_newest_first(files: Files) -> None:
    files.file(*some(1, "a"))
    files.file(*some(9, "other"), profile="q")
    files.file(*some(2, "b"))
    files.send_all()
    assert files.compared(files.file(*some(3, "c"))) == [2, 1]


def test_what_was_sent_of_a_file_counts_whatever_became_of_it(files: Files) -> None:
    files.file(*some(2, "a"))
    files.send_all(State.REFUSED)
    assert files.compared(files.file(case("new"))) == [2]


def test_nights_of_which_nothing_was_sent_are_left_out(files: Files) -> None:
    files.file(*some(2, "a"))
    files.send_all()
    files.file(*some(2, "a"))  # all of it is known
    files.file(left_out(case("later")))
    assert files.compared(files.file(case("new"))) == [2]


def test_error_sheets_are_left_out(files: Files) -> None:
    files.file(case("a"), headings=("x",))
    files.file(case("b"), headings=("#row", "x"))
    assert files.compared(files.file(case("c"), headings=("x",))) == [1]


def test_an_error_sheet_is_compared_with_the_files_that_it_comes_from(files: Files) -> None:
    files.file(case("a"), profile=None, headings=("x",))
    assert files.compared(files.file(case("b"), profile=None, headings=("#row", "X "))) == [1]


def test_files_without_a_profile_are_compared_by_their_headings(files: Files) -> None:
    files.file(case("a"), profile=None, headings=("x", "y"))
    files.file(case("b"), profile=None, headings=("x", "z"))
    assert files.compared(files.file(case("c"), profile=None, headings=("Y", "x"))) == [1]


def test_the_other_files_of_a_run_are_not_compared(files: Files) -> None:
    files.file(case("a"), run="tonight")
    assert files.compared(files.file(case("b"), run="tonight")) == []


def test_at_most_ten_files_are_compared(files: Files) -> None:
    for number in range(COMPARED_FILES + 2):
        files.file(case(f"a{number}"))
    assert len(files.compared(files.file(case("last")))) == COMPARED_FILES


def test_creditors_of_which_nothing_was_sent_before(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importer.ledger.queries.history._ENTRIES_AT_ONCE", 2)
    files.file(*some(5, "a", creditor="Alfa"), profile="q")
    batch = files.file(case("b", creditor="Beta"), case("c", creditor="Alfa"), case("d", creditor='Gammå & "Søn"'))
    names = ["Beta", "Alfa", 'Gammå & "Søn"']
    assert run_sql(files.ledger, lambda c: new_creditors(c, batch, names)) == ["Beta", 'Gammå & "Søn"']
