"""Tests of the error sheet as a user sees it: coloured cells, notes on them, and a summary.

Each ``tests/golden/errors/NAME.csv`` beside ``NAME.txt`` is a sheet with all that a user sees in its ``errors.xlsx``.

    PYTHONPATH=tests python tests/unit/reporter/test_error_sheet.py

writes the texts again. Review them: do they help a user to correct the sheet?
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

import openpyxl
import pytest
from support.ledgers import ACCOUNTS, LedgerDriver, case, open_driver, reject, run_sql, transaction, voucher
from support.paths import GOLDEN_FILES

from importer.domain.kinds import RecordKind
from importer.domain.money import Money
from importer.domain.reasons import Reason
from importer.domain.records import SheetHead
from importer.domain.states import RowStatus, State
from importer.errors import FileRefused
from importer.ledger.intake.intake import take_in
from importer.ledger.queries.queries import Queries
from importer.ledger.queries.report_rows import RecordResult, ReportRow
from importer.loader.context import LoadContext
from importer.loader.profile import Profile
from importer.loader.source import open_file
from importer.reporter.error_groups import MOST_GROUPS
from importer.reporter.report import write_report
from importer.reporter.sheets import ERROR_COLUMNS, groups_by_book, write_sheets
from importer.reporter.xlsx import sheet_writer
from importer.reporter.xlsx.sheet_writer import SheetWriter

GOLDEN = GOLDEN_FILES / "errors"
CONTEXT = LoadContext(today=date(2026, 6, 15), timezone=ZoneInfo("Europe/Copenhagen"))
RED, YELLOW = "FFFFC7CE", "FFFFEB9C"
PLAIN = {"00000000", "FFE7EEF4"}


@pytest.fixture
def driver(tmp_path: Path) -> Iterator[LedgerDriver]:
    with open_driver(tmp_path) as driver:
        yield driver


def seen(path: Path) -> str:
    """Describe all that a workbook shows: cells, colours and notes, one line for each cell."""
    names = {RED: "red", YELLOW: "yellow"}
    reasons = []
    for sheet in openpyxl.load_workbook(path):
        reasons.append(f"== {sheet.title}")
        for row in sheet.iter_rows():
            for cell in row:
                colour = names.get(cell.fill.fgColor.rgb, "")
                if cell.value is not None or colour or cell.comment:
                    note = f"  [{cell.comment.text}]" if cell.comment else ""
                    reasons.append(f"{cell.coordinate:<5}{colour:<7}{'' if cell.value is None else cell.value!s}{note}")
    return "\n".join(reasons) + "\n"


def sheet_of(name: str, folder: Path) -> str:
    """Describe the error sheet of a golden input."""
    with open_driver(folder) as driver, open_file(GOLDEN / name, Profile(), CONTEXT) as source:
        with transaction(driver.ledger) as connection:
            batch = take_in(connection, source, ACCOUNTS, "run")
        found = run_sql(driver.ledger, lambda c: write_report(Queries(c), batch, folder, checking=True))
    return seen(found.folder / "errors.xlsx")


@pytest.mark.parametrize("name", [path.name for path in sorted(GOLDEN.glob("*.csv"))])
def test_the_error_sheet_as_it_is_seen(name: str, tmp_path: Path) -> None:
    assert sheet_of(name, tmp_path) == (GOLDEN / name).with_suffix(".txt").read_text(encoding="utf-8")


HEAD = SheetHead(
    "S",
    ("#row", "Land", "Bilag", "Valuta", "Bilagsvaluta", "Land"),
    (None, "debtor_country", "creditor_reference voucher_reference_id", "currency", "voucher_currency", None),
    flat=True,
)


def colours(head: SheetHead, lines: list[ReportRow], folder: Path) -> dict[str, str]:
    _, left = write_sheets(folder, [head], lines, checking=False)
    cells = [cell for row in openpyxl.load_workbook(left).worksheets[0].iter_rows() for cell in row]
    return {cell.coordinate: cell.fill.fgColor.rgb for cell in cells if cell.fill.fgColor.rgb not in PLAIN}


@pytest.mark.parametrize(
    ("kind", "field", "column", "wanted"),
    [
        (RecordKind.CASE, "debtor_country", "Land", "F2"),  # the first heading of that name is the one that is read
        (RecordKind.CASE, "debtor_country", None, "F2"),
        (RecordKind.CASE, "creditor_reference", "Bilag", "G2"),
        (RecordKind.CASE, "case_ref", None, "G2"),  # without such a column, the reference identifies the case
        (RecordKind.VOUCHER, "reference_id", None, "G2"),
        (RecordKind.CASE, "currency", None, "H2"),
        (RecordKind.VOUCHER, "currency", None, "I2"),
        (RecordKind.VOUCHER, "currency", "Valuta", "H2"),
        (RecordKind.CASE, "debtor_type", "debtor_type", "C2"),  # a constant of the profile: the row is wrong, but no cell of it
        (RecordKind.CASE, None, None, "C2"),
    ],
)
def test_the_cell_that_a_reason_is_about(
    tmp_path: Path, kind: RecordKind, field: str | None, column: str | None, wanted: str
) -> None:
    fact = RecordResult(RowStatus.REJECTED, (Reason("x", "is wrong", field, column),))
    line = ReportRow(0, 2, (9, "a"), *((fact, None) if kind is RecordKind.CASE else (None, fact)))
    assert colours(HEAD, [line], tmp_path) == {wanted: RED}


def test_what_only_waits_is_yellow_and_a_cell_that_is_also_wrong_is_red(tmp_path: Path) -> None:
    reasons = (Reason("x", "waits", "currency"), Reason("x", "waits"))
    waits = ReportRow(0, 2, (), None, RecordResult(RowStatus.BLOCKED, reasons))
    both = ReportRow(
        0, 3, (), RecordResult(RowStatus.REFUSED, (Reason("x", "is wrong", "currency", "Bilagsvaluta"),)), waits.voucher
    )
    assert colours(HEAD, [waits, both], tmp_path) == {"C2": YELLOW, "I2": YELLOW, "C3": YELLOW, "I3": RED}


def test_cells_keep_their_format_in_colour(tmp_path: Path) -> None:
    head = SheetHead("S", ("d",), ("date",))
    line = ReportRow(0, 2, (date(2062, 1, 5),), RecordResult(RowStatus.REJECTED, (Reason("x", "is wrong", "date"),)), None)
    _, left = write_sheets(tmp_path, [head], [line], checking=False)
    cell = openpyxl.load_workbook(left).worksheets[0]["F2"]
    assert (cell.is_date, cell.fill.fgColor.rgb) == (True, RED)


def test_notes_are_bounded_and_the_summary_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheet_writer, "MOST_NOTES", 3)
    head = SheetHead("S", ("d",), ("date",))
    lines = [
        ReportRow(0, n, ("x",), RecordResult(RowStatus.REJECTED, (Reason("x", "is wrong", "date"),)), None) for n in range(2, 7)
    ]
    _, left = write_sheets(tmp_path, [head], lines, checking=False)
    book = openpyxl.load_workbook(left)
    assert [bool(row[5].comment) for row in book["S"].iter_rows(min_row=2)] == [True] * 3 + [False] * 2
    assert [row[5].fill.fgColor.rgb for row in book["S"].iter_rows(min_row=2)] == [RED] * 5
    assert "The first 3 coloured cells have a note" in seen(left)


# The summary


def rows_of(path: Path, sheet: str = "Summary") -> list[tuple[object, ...]]:
    return [tuple(row) for row in openpyxl.load_workbook(path)[sheet].iter_rows(values_only=True)]


def test_causes_stand_before_what_follows_from_them_with_rows_and_money(driver: LedgerDriver, tmp_path: Path) -> None:
    rows = [
        reject(RecordKind.CASE, "R1", 700),
        *(voucher("R1", uid=f"U{i}", cents=1000) for i in range(5)),
        voucher("none", cents=50),
    ]
    batch = driver.take(*rows)
    found = run_sql(driver.ledger, lambda c: write_report(Queries(c), batch, tmp_path))
    header, *lines = rows_of(found.folder / "errors.xlsx")
    assert header == ("#rows", "#what", "#status", "#column", "#reason", "#values", "#example", "#DKK")
    reasons = [(line[0], line[1], line[2], line[6], line[7]) for line in lines if line[2]]
    assert reasons == [
        (1, "cases", "rejected", "Cases, row 2", 7),
        (1, "vouchers", "rejected", "Vouchers, row 8", 0.5),
        (5, "vouchers", "blocked", "Vouchers, row 3", 50),
    ]
    assert [(line[0], line[1], line[7]) for line in lines if line[0] and not line[2]] == [(1, "cases", 7), (6, "vouchers", 50.5)]
    at = found.text.index("  most frequent reasons:")
    assert [text.strip() for text in found.text[at + 1 : at + 5]] == [
        "1 × date is missing",
        "1 × case_ref is not the reference of a case in this file or of one imported before. Correct it, or add the case",
        "none (1)",
        "5 only follow from these: correct the cases, and import the vouchers with them",
    ]


def test_money_that_a_cell_would_round_is_written_as_text(driver: LedgerDriver, tmp_path: Path) -> None:
    batch = driver.take(reject(RecordKind.CASE, "R1", 2**53 + 1), reject(RecordKind.VOUCHER, "R2", 10**15 - 1))
    found = run_sql(driver.ledger, lambda c: write_report(Queries(c), batch, tmp_path))
    reasons = {line[1]: line[7] for line in rows_of(found.folder / "errors.xlsx")[1:] if line[2]}
    assert reasons == {"cases": "90071992547409.93", "vouchers": 9999999999999.99}
    assert any("DKK 90,071,992,547,409.93" in line for line in found.text)


REUSED = (
    "This case was imported before with other values. Nothing was sent. If it is another case, give the row a reference of its "
    "own; else tell the collection partner"
)


def test_reasons_that_differ_in_particulars_are_one_group(driver: LedgerDriver, tmp_path: Path) -> None:
    driver.take(*[case(f"R{i}", debtor="Ann") for i in range(9)])
    driver.send_all()
    batch = driver.take(*[case(f"R{i}", debtor=f"Bob {i}") for i in range(9)])
    found = run_sql(driver.ledger, lambda c: write_report(Queries(c), batch, tmp_path))
    (line,) = (line for line in rows_of(found.folder / "errors.xlsx")[1:] if line[2])
    assert (line[0], line[4]) == (9, REUSED)


def test_a_flat_row_that_repeats_a_refused_case_counts_it_once(driver: LedgerDriver, tmp_path: Path) -> None:
    batch = driver.take(*[(case("R1"), voucher(None, text=text)) for text in "abc"])
    driver.send_all(State.REFUSED, reasons=(Reason("x", "No"),))
    found = run_sql(driver.ledger, lambda c: write_report(Queries(c), batch, tmp_path))
    reasons = [line[:3] for line in rows_of(found.folder / "errors.xlsx")[1:] if line[2]]
    assert reasons == [(1, "cases", "refused"), (3, "vouchers", "blocked")]


def test_a_server_that_gives_every_row_a_text_of_its_own_fills_no_memory(tmp_path: Path) -> None:
    head = SheetHead("S", ("h",), (None,))
    lines = [
        ReportRow(0, n, (1,), RecordResult(RowStatus.REFUSED, (Reason("server", f"Ticket {n}"),), Money("DKK", 100)), None)
        for n in range(2, MOST_GROUPS + 50)
    ]
    books = groups_by_book()
    write_sheets(tmp_path, [head], lines, checking=False, groups=books)
    groups = books["errors"]
    assert len(groups.ordered()) == MOST_GROUPS + 1
    assert sum(group.rows for _, group in groups.ordered()) == len(lines)
    assert groups.ordered()[0][0].template.startswith("other reasons")


def test_a_source_may_have_a_sheet_of_that_name(tmp_path: Path) -> None:
    head = SheetHead("summary", ("h",), (None,))
    _, left = write_sheets(tmp_path, [head], [ReportRow(0, 2, (1,), RecordResult(RowStatus.REFUSED), None)], checking=False)
    assert openpyxl.load_workbook(left).sheetnames == ["summary", "Summary 2"]


def test_a_sheet_without_errors_has_none_and_a_batch_without_errors_has_no_error_sheet(tmp_path: Path) -> None:
    heads = [SheetHead(name, ("h",), (None,)) for name in "AB"]
    accepted, refused = (RecordResult(status) for status in (RowStatus.ACCEPTED, RowStatus.REFUSED))
    (done,) = write_sheets(tmp_path, heads, [ReportRow(1, 2, (1,), accepted, None)], checking=False)
    assert openpyxl.load_workbook(done).sheetnames == ["A", "B"]
    _, left = write_sheets(tmp_path, heads, [ReportRow(1, 2, (1,), refused, None)], checking=False)
    assert openpyxl.load_workbook(left).sheetnames == ["B", "Summary"]


@pytest.mark.parametrize(
    "profile",
    [
        Profile(),
        Profile(holds="cases"),
        Profile(header_row=3),
        Profile(constants={"debtor_type": "Person", "debtor_name": "Ann"}),
    ],
    ids=["none", "holds", "header_row", "constants"],
)
def test_the_summary_is_passed_over_when_the_file_comes_back(tmp_path: Path, profile: Profile) -> None:
    with open_driver(tmp_path) as driver, open_file(GOLDEN / "cases.csv", Profile(), CONTEXT) as source:
        with transaction(driver.ledger) as connection:
            batch = take_in(connection, source, ACCOUNTS, "run")
        found = run_sql(driver.ledger, lambda c: write_report(Queries(c), batch, tmp_path, checking=True))
    named = {"debtor_type", "debtor_name"} if profile.constants else set()
    path = found.folder / "errors.xlsx"
    book = openpyxl.load_workbook(path)
    for cell in book.worksheets[0][1]:
        if cell.value in named:
            cell.value = f"#{cell.value}"
    book.save(path)
    with open_file(path, profile, CONTEXT) as source:
        assert [head.name for head in source.heads] == ["cases.csv"]
        assert len(list(source.rows)) == 3
        assert source.notes == ()


def test_an_error_sheet_of_an_earlier_release_without_errors_holds_no_rows(tmp_path: Path) -> None:
    left = tmp_path / "errors.xlsx"
    with SheetWriter(left, [SheetHead("A", ("h",), (None,))], ERROR_COLUMNS, sparing=True) as book:
        book.append_sheet("Summary", ("#rows", "#reason"), [(None, "Nothing is left.")], {})
    with pytest.raises(FileRefused, match="holds no rows"), open_file(left, Profile(), CONTEXT):
        pass


if __name__ == "__main__":
    for path in sorted(GOLDEN.glob("*.csv")):
        with TemporaryDirectory() as folder:
            reasons = sheet_of(path.name, Path(folder))
        path.with_suffix(".txt").write_text(reasons, encoding="utf-8")
        sys.stdout.write(reasons)
