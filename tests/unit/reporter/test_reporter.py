"""Tests of reports from a real ledger: totals balance, and sheets contain every cell unchanged."""

from __future__ import annotations

import json
import stat
import sys
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from sqlalchemy import update
from support.ledgers import (
    CASES,
    FLAT,
    VOUCHERS,
    LedgerDriver,
    case,
    left_out,
    open_driver,
    reject,
    run_sql,
    transaction,
    voucher,
)

from importer.domain.identity import EntryLabel
from importer.domain.kinds import RecordKind
from importer.domain.reasons import Reason
from importer.domain.records import SheetHead
from importer.domain.states import RowStatus, State
from importer.domain.timestamps import from_timestamp
from importer.errors import ExitCode, UsageError
from importer.ledger.queries.queries import Queries
from importer.ledger.queries.report_rows import RecordResult, ReportRow
from importer.ledger.storage.schema import batch as batch_table
from importer.reporter.error_groups import GroupTotals
from importer.reporter.manifest import MANIFEST
from importer.reporter.report import Report, write_report
from importer.reporter.result_folder import LOCK
from importer.reporter.row_reasons import worse_status
from importer.reporter.sheets import ERROR_COLUMNS, SUCCESS_COLUMNS, write_sheets
from importer.reporter.summary import exit_code_of


@pytest.fixture
def driver(tmp_path: Path) -> Iterator[LedgerDriver]:
    with open_driver(tmp_path) as driver:
        yield driver


def report(driver: LedgerDriver, batch: int, folder: Path, **more: Any) -> Report:
    return run_sql(driver.ledger, lambda c: write_report(Queries(c), batch, folder, **more))


def summary(found: Report) -> dict[str, Any]:
    reasons: dict[str, Any] = json.loads((found.folder / "summary.json").read_text(encoding="utf-8"))
    return reasons


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other permissions")
def test_only_its_owner_can_read_a_report(driver: LedgerDriver, tmp_path: Path) -> None:
    folder = report(driver, everything(driver), tmp_path / "out").folder
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (folder, *folder.iterdir())}
    files = ("errors.xlsx", "success.xlsx", "summary.json", MANIFEST, LOCK)
    assert modes == {folder.name: 0o700} | dict.fromkeys(files, 0o600)


def everything(driver: LedgerDriver) -> int:
    """Stage a batch with a row in every status but left out, changed and withdrawn."""
    driver.take(case("known", cents=1, day="2026-01-31"), voucher("known", cents=2))
    driver.send_all()
    driver.send_all(kind=RecordKind.VOUCHER)
    names = ["accepted", "refused", "in_doubt", "held", "pending"]
    cases = [case(name, debtor=name, cents=10 ** (i + 1)) for i, name in enumerate(names)]
    linked = [voucher(name, cents=3 * 10 ** (i + 1)) for i, name in enumerate(["known", "accepted", "refused"])]
    known = case("known", cents=1, day="2026-01-31")
    batch = driver.take(
        *(known, *cases, reject(RecordKind.CASE, "gone", 7_000_000), *linked, voucher("gone"), voucher("none")),
        *(known, case("KNOWN", cents=1, day="2026-01-31")),
    )
    states = [State.ACCEPTED, State.REFUSED, State.IN_DOUBT, State.IN_DOUBT]
    claims = driver.claim(limit=4)
    for claim, state in zip(claims, states, strict=True):
        driver.settle([claim], state, reasons=(Reason("x", "No", "currency"),) if state is State.REFUSED else ())
    assert driver.ledger.doubts.move(claims[3].entry.entry_id, State.HELD)
    driver.settle(driver.claim(RecordKind.VOUCHER, limit=1), State.REFUSED, reasons=(Reason("x", "No"),))
    return batch


def test_a_summary_that_balances_in_every_status(driver: LedgerDriver, tmp_path: Path) -> None:
    reasons = summary(report(driver, everything(driver), tmp_path))
    assert reasons["balanced"] is True
    statuses = [s.value for s in RowStatus]
    assert reasons["counts"]["cases"] == {"rows": 9} | dict.fromkeys(statuses, 1) | dict.fromkeys(
        ("blocked", "left_out", "changed", "withdrawn"), 0
    )
    assert reasons["counts"]["vouchers"] == {"rows": 5} | dict.fromkeys(statuses, 0) | {
        "refused": 1,
        "pending": 1,
        "blocked": 2,
        "rejected": 1,
    }
    for kind in ("cases", "vouchers"):
        for sums in reasons["totals"][kind].values():
            cents = {name: int(value.replace(".", "")) for name, value in sums.items()}
            assert cents.pop("rows") == sum(cents.values())
    assert reasons["totals"]["cases"]["DKK"]["rejected"] == "70000.00"
    assert reasons["totals"]["cases"]["DKK"]["already_imported"] == "0.01"
    assert reasons["exit_code"] == ExitCode.IN_DOUBT
    assert reasons["source"] == {"name": "a.xlsx", "sha256": "0" * 64}


def test_rows_that_were_left_out_have_a_sheet_of_their_own(driver: LedgerDriver, tmp_path: Path) -> None:
    batch = driver.take(
        case("due"), left_out(case("later", cents=700)), voucher("later", cents=300), (left_out(case("flat")), None)
    )
    driver.send_all()
    found = report(driver, batch, tmp_path)
    counts = summary(found)
    shown = {path.name for path in found.folder.iterdir()} - {MANIFEST, LOCK}
    assert shown == {"left-out.xlsx", "success.xlsx", "summary.json"}
    rows = [
        (sheet.title, *row[:3])
        for sheet in openpyxl.load_workbook(found.folder / "left-out.xlsx")
        for row in sheet.iter_rows(min_row=2, values_only=True)
    ]
    not_due = "due_date is today or later, so that the claim is not due yet"
    with_case = "case_ref is the reference of a case that is left out. The voucher comes with the case"
    assert rows[:3] == [
        (CASES, 3, "left out", not_due),
        (VOUCHERS, 4, "left out", with_case.replace("case_ref", 'case_ref "later"')),
        (FLAT, 5, "left out", not_due),
    ]
    assert rows[3][1:4] == (2, "cases", "left out")
    assert (counts["balanced"], counts["exit_code"]) == (True, ExitCode.OK)
    assert counts["counts"]["cases"]["left_out"] == 2
    assert counts["totals"]["cases"]["DKK"]["left_out"] == "107.00"
    assert counts["totals"]["vouchers"]["DKK"] == {"rows": "3.00", "left_out": "3.00"} | {
        name: "0.00" for name in counts["totals"]["vouchers"]["DKK"] if name not in {"rows", "left_out"}
    }
    text = "\n".join(found.text)
    assert "    left out                  2  DKK 107.00" in text
    assert f"  left out, and listed in left-out.xlsx:\n       2 × {not_due}" in text
    assert "next:" not in text


@pytest.mark.parametrize("change", ["cents = cents + 1", "currency = 'EUR'", "kind = 'voucher'"])
def test_a_cent_or_a_row_that_is_lost_breaks_the_balance(driver: LedgerDriver, tmp_path: Path, change: str) -> None:
    batch = everything(driver)
    with transaction(driver.ledger) as connection:
        connection.exec_driver_sql(f"UPDATE reject SET {change} WHERE batch_id = {batch} AND kind = 'case'")
    found = report(driver, batch, tmp_path)
    assert summary(found)["balanced"] is False
    assert any("NOT BALANCED" in line for line in found.text)


@pytest.mark.slow
def test_every_row_stands_in_exactly_one_sheet(driver: LedgerDriver, tmp_path: Path) -> None:
    found = report(driver, everything(driver), tmp_path)
    done, left = (read(found.folder / name) for name in ("success.xlsx", "errors.xlsx"))
    assert list(left) == ["Cases", "Vouchers", "Summary"]  # and no Flat, which has no errors
    del left["Summary"]
    numbers = [row[0] for book in (done, left) for sheet in book.values() for row in sheet[1:]]
    assert sorted(numbers) == list(range(2, 16))
    by_row = {row[0]: row for sheet in left.values() for row in sheet[1:]}
    assert by_row[4][1:3] == ("refused", "currency: No")
    assert str(by_row[4][3]).startswith("C4-")
    assert "importer resume" in str(by_row[5][2])
    assert f"importer resolve {by_row[6][3]} --absent" in str(by_row[6][2])
    assert all(row[2] for row in by_row.values() if row[1] != "pending")
    accepted = {row[0]: row for row in done["Cases"][1:]}
    assert accepted[2][1:3] == ("already imported", "remote-1")
    assert accepted[3][1] == "accepted"
    repeated, questioned = accepted[14], by_row[15]
    assert (repeated[1], repeated[2], repeated[7]) == ("repeated", "remote-1", 'this file, row 2 of sheet "Cases"')
    assert questioned[1] == "questioned"
    assert f"`importer resolve {questioned[3]} --send`" in str(questioned[2])
    assert f"`importer resolve {questioned[3]} --same-as C1-" in str(questioned[2])
    assert accepted[3][6]


def test_an_already_imported_row_says_where_and_when_it_came_first(driver: LedgerDriver, tmp_path: Path) -> None:
    driver.take(case("R1"), voucher("R1"), name="october.xlsx")
    driver.send_all()
    driver.send_all(kind=RecordKind.VOUCHER)
    found = report(driver, driver.take(case("R2"), case("R1"), voucher("R1"), name="november.xlsx"), tmp_path)
    driver.send_all()
    book = read(found.folder / "success.xlsx")
    at = SUCCESS_COLUMNS.index("#imported_from")
    assert [row[at] for row in book["Cases"][1:]] == ['october.xlsx, row 2 of sheet "Cases"']
    assert [row[at] for row in book["Vouchers"][1:]] == ['october.xlsx, row 3 of sheet "Vouchers"']
    assert book["Cases"][1][at - 1] == driver.entries()[0].accepted_at[:19].replace("T", " ")


def read(path: Path) -> dict[str, list[tuple[Any, ...]]]:
    book = openpyxl.load_workbook(path)
    sheets = {sheet.title: [tuple(row) for row in sheet.iter_rows(values_only=True)] for sheet in book}
    for sheet in book:
        assert not [cell.coordinate for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]
    book.close()
    return sheets


CELLS = [
    *(
        "plain",
        "=1+1",
        "+45 12345678",
        "-5",
        "@x",
        "\tx",
        "\nx",
        "00123",
        "1e5",
        "https://x.dk",
        "mailto:a@b.dk",
        "'quoted",
        "æøå 🙂",
    ),
    *(1, 0, -5, 12.5, 0.1, 123456789012345, True, False),
    *(date(2026, 2, 28), datetime(2026, 2, 28, 13, 5, 7), time(13, 5, 7), timedelta(hours=30, minutes=5)),  # noqa: DTZ001
    *("x" * 32_767, "&<>\"'", "{=1}", "ends with space ", None),
]


def fact(status: RowStatus, **more: Any) -> RecordResult:
    return RecordResult(status, (Reason("x", "is wrong", "currency"),), **more)


def line(cells: tuple[Any, ...], status: RowStatus, sheet: int = 0, number: int = 2) -> ReportRow:
    return ReportRow(sheet, number, cells, fact(status), None)


@pytest.mark.parametrize("status", [RowStatus.ACCEPTED, RowStatus.REFUSED])
def test_cells_come_back_equal(tmp_path: Path, status: RowStatus) -> None:
    head = SheetHead("Sheet", tuple(f"h{i}" for i in range(len(CELLS))), (None,) * len(CELLS))
    paths = write_sheets(tmp_path, [head], [line(tuple(CELLS), status)], checking=False)
    own = len(ERROR_COLUMNS if status is RowStatus.REFUSED else SUCCESS_COLUMNS)
    header, row = read(paths[status is RowStatus.REFUSED])["Sheet"]
    assert header[own:] == head.header
    for cell, back in zip(CELLS, row[own:] + (None,) * len(CELLS), strict=False):
        wanted = datetime.combine(cell, time()) if type(cell) is date else cell
        assert (back, type(back)) == (wanted, type(wanted)), cell


def test_a_cell_that_is_too_long_for_excel_is_cut(tmp_path: Path) -> None:
    head = SheetHead("S", ("h",), (None,))
    _, left = write_sheets(tmp_path, [head], [line(("y" * 40_000,), RowStatus.REFUSED)], checking=False)
    assert len(read(left)["S"][1][-1]) == 32_767


def test_sheet_names_are_kept_or_made_to_fit(tmp_path: Path) -> None:
    names = ["Cases", "cases", "a/b:c", "n" * 40, "'quoted'", "", "n" * 40]
    heads = [SheetHead(name, ("h",), (None,)) for name in names]
    _, left = write_sheets(tmp_path, heads, [line((1,), RowStatus.REFUSED, i) for i in range(len(names))], checking=False)
    titles = list(read(left))
    assert titles.pop() == "Summary"
    assert titles[0] == "Cases"
    assert titles[2:5] == ["a_b_c", "n" * 31, "quoted"]
    assert len({title.casefold() for title in titles}) == len(names)
    assert all(len(title) <= 31 for title in titles)


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("n" * 30 + "'s.csv", "n" * 30),
        ("a\x01b\nc\x0bd\ufffee\ud800f.csv", "a_b_c_d_e_f.csv"),
        ("open 🙂" * 9, "open 🙂" * 4 + "ope"),
        ("n" * 30 + "🙂", "n" * 30),
        ("''", "Sheet"),
        ("History", "History_"),
    ],
)
def test_a_sheet_is_named_as_excel_takes_it(tmp_path: Path, name: str, title: str) -> None:
    """The sheet of a CSV has the name of the file, which may contain any characters."""
    heads = [SheetHead(name, ("h",), (None,))] * 2
    _, left = write_sheets(tmp_path, heads, [line((1,), RowStatus.REFUSED, i) for i in range(2)], checking=False)
    first, second, _ = read(left)
    assert first == title
    assert second.endswith(" 2")
    assert len(second.encode("utf-16-le")) <= 2 * 31


def test_the_reporters_own_columns_are_written_once(tmp_path: Path) -> None:
    head = SheetHead("S", ("#row", "#status", "#errors", "#entry", "name", "#mine", "city"), (None,) * 7)
    cells = (9, "refused", "old", "C1", "Ann", "x", "Odense", "beyond")
    _, left = write_sheets(tmp_path, [head], [line(cells, RowStatus.REFUSED)], checking=False)
    header, row = read(left)["S"]
    assert header == (*ERROR_COLUMNS, "name", "city", None)
    assert row[-3:] == ("Ann", "Odense", "beyond")
    assert row[:2] == (2, "refused")


WORST_FIRST = [
    *(RowStatus.REJECTED, RowStatus.REFUSED, RowStatus.HELD, RowStatus.IN_DOUBT, RowStatus.BLOCKED, RowStatus.PENDING),
    *(RowStatus.ACCEPTED, RowStatus.ALREADY_IMPORTED),
]


@pytest.mark.parametrize("worse", range(len(WORST_FIRST)))
def test_a_flat_row_is_as_bad_as_the_worse_of_its_two(worse: int) -> None:
    for other in WORST_FIRST[worse:]:
        for pair in ((WORST_FIRST[worse], other), (other, WORST_FIRST[worse])):
            assert worse_status(ReportRow(0, 2, (), fact(pair[0]), fact(pair[1]))) is WORST_FIRST[worse]


def test_a_flat_row_tells_the_reasons_of_both_and_names_both(tmp_path: Path) -> None:
    head = SheetHead("S", ("Valuta", "voucher_currency"), ("currency", "voucher_currency"), flat=True)
    both = ReportRow(0, 2, (), fact(RowStatus.REFUSED, entry_id=3, key="a"), fact(RowStatus.BLOCKED, entry_id=4, key="b"))
    _, left = write_sheets(tmp_path, [head], [both], checking=False)
    labels = f"{EntryLabel.of(RecordKind.CASE, 3, 'a').text()} {EntryLabel.of(RecordKind.VOUCHER, 4, 'b').text()}"
    assert read(left)["S"][1][2:4] == ("Valuta is wrong\nvoucher_currency is wrong", labels)


def test_a_check_calls_a_valid_row_ready_and_writes_no_errors_for_it(driver: LedgerDriver, tmp_path: Path) -> None:
    found = report(driver, driver.take(case("R1"), reject(RecordKind.CASE)), tmp_path, checking=True)
    assert [row[1] for row in read(found.folder / "success.xlsx")["Cases"][1:]] == ["ready to send"]
    assert len(read(found.folder / "errors.xlsx")["Cases"]) == 2
    assert found.summary.exit_code is ExitCode.ROWS_LEFT


@pytest.mark.parametrize(
    ("statuses", "otherwise", "wanted"),
    [
        ([RowStatus.ACCEPTED, RowStatus.ALREADY_IMPORTED], ExitCode.OK, ExitCode.OK),
        ([], ExitCode.OK, ExitCode.OK),
        *[
            ([RowStatus.ACCEPTED, s], ExitCode.OK, ExitCode.ROWS_LEFT)
            for s in (RowStatus.REJECTED, RowStatus.REFUSED, RowStatus.BLOCKED)
        ],
        *[([RowStatus.REJECTED, s], ExitCode.OK, ExitCode.IN_DOUBT) for s in (RowStatus.IN_DOUBT, RowStatus.HELD)],
        ([RowStatus.PENDING, RowStatus.REJECTED], ExitCode.OK, ExitCode.API_STOPPED),
        ([RowStatus.PENDING, RowStatus.IN_DOUBT], ExitCode.API_STOPPED, ExitCode.API_STOPPED),
        ([RowStatus.PENDING, RowStatus.IN_DOUBT], ExitCode.INTERRUPTED, ExitCode.INTERRUPTED),
    ],
)
def test_exit_codes(statuses: list[RowStatus], otherwise: ExitCode, wanted: ExitCode) -> None:
    tallies: Any = {RecordKind.CASE: {status: {"DKK": (1, 100)} for status in statuses}, RecordKind.VOUCHER: {}}
    assert exit_code_of(tallies, otherwise) is wanted


def test_a_report_without_news_has_the_same_bytes(driver: LedgerDriver, tmp_path: Path) -> None:
    batch = everything(driver)
    first, second = (report(driver, batch, tmp_path / name).folder for name in "ab")
    for name in ("errors.xlsx", "success.xlsx"):
        assert (first / name).read_bytes() == (second / name).read_bytes()
        assert openpyxl.load_workbook(first / name).properties.created == from_timestamp(
            json.loads((first / MANIFEST).read_text())["taken_at"]
        ).replace(microsecond=0, tzinfo=None)


def test_the_folder_of_a_file_with_a_long_name_of_another_script(driver: LedgerDriver, tmp_path: Path) -> None:
    batch = driver.take(case("R1"), name="債" * 80 + ".csv")
    folder = report(driver, batch, tmp_path).folder
    assert folder.is_dir()
    assert len(folder.name.encode()) < 250


def test_a_report_that_cannot_be_written_says_that_nothing_is_lost(driver: LedgerDriver, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="importer report 1"):
        report(driver, driver.take(case("R1")), tmp_path / "file")
    with pytest.raises(UsageError, match="no batch 99"):
        report(driver, 99, tmp_path)


def test_control_characters_do_not_spoil_the_sheet(tmp_path: Path) -> None:
    _, left = write_sheets(
        tmp_path, [SheetHead("S", ("h",), (None,))], [line(("a\x01b\x0bc",), RowStatus.REFUSED)], checking=False
    )
    assert "a" in read(left)["S"][1][-1]


def test_the_frequent_reasons_end_the_report(driver: LedgerDriver, tmp_path: Path) -> None:
    found = report(driver, driver.take(*[reject(RecordKind.CASE)] * 3, voucher("none")), tmp_path)
    at = next(i for i, text in enumerate(found.text) if "most frequent reasons" in text)
    assert "3 × date is missing" in found.text[at + 1]
    assert found.text[-1].endswith(str(found.folder))


def test_a_full_disk_is_told_with_the_folder_and_what_to_do(driver: LedgerDriver, tmp_path: Path) -> None:
    resource = pytest.importorskip("resource")
    batch = driver.take(case("R1"))
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, before[1]))  # limits the size of files, as a full disk does
    try:
        with pytest.raises(UsageError, match=r"cannot be written to .*out.* run `importer report 1`"):
            report(driver, batch, tmp_path / "out")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_line_break_in_a_wrong_value_does_not_break_the_list_of_reasons() -> None:
    group = GroupTotals(0, 2)
    group.add(RecordResult(RowStatus.REJECTED), "DKK\n  balanced")
    assert group.frequent_values() == "DKK balanced (1)"


def test_a_ledger_of_an_earlier_version_shows_its_notes_as_they_are(driver: LedgerDriver, tmp_path: Path) -> None:
    batch = driver.take(case("R1"))
    with transaction(driver.ledger) as connection:
        connection.execute(update(batch_table).values(notes=json.dumps(['Sheet "Sager": not used: "Sælger".'])))
    found = report(driver, batch, tmp_path / "out")
    assert '  note: Sheet "Sager": not used: "Sælger".' in found.text
    assert found.summary.notes == ('Sheet "Sager": not used: "Sælger".',)
