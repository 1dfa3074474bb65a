"""The first pass over a sheet: what it looks at, what it finds, and when there is nothing to look for."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from openpyxl import Workbook

from importer.domain.kinds import RecordKind
from importer.domain.records import CaseRecord, Reject
from importer.loader.context import LoadContext
from importer.loader.files.calamine_book import CalamineBook
from importer.loader.files.reader import open_source
from importer.loader.profile import NO_PROFILE, Profile
from importer.loader.sheets.column_formats import SheetFormats, formats_of
from importer.loader.sheets.plan import plan_sheet
from importer.loader.source import open_file, open_frames
from importer.loader.values.formats import DateOrder
from importer.reporter.notes import sentence

TODAY = date(2026, 6, 15)
CONTEXT = LoadContext(today=TODAY, timezone=ZoneInfo("Europe/Copenhagen"))
HEADER = ("case_ref", "creditor_company_name", "creditor_country", "currency", "date", "amount_to_recover")
HEADER += ("debtor_type", "debtor_name", "debtor_country")
ROW = ("1", "Nordlys Energi A/S", "DK", "DKK", "03/04/2026", "1.234", "Person", "Bodil Zebrahest", "DK")
PROVING = ("2", "Nordlys Energi A/S", "DK", "DKK", "31/01/2026", "99,95", "Person", "Bodil Zebrahest", "DK")


def formats(rows: list[tuple], profile: Profile = NO_PROFILE, *, delimited: bool = True) -> SheetFormats:
    plan = plan_sheet("Cases", 1, HEADER, profile, {})
    assert plan is not None

    def read_columns(positions):
        return ((row, [cells[p] for p in positions]) for row, cells in enumerate([HEADER, *rows], 1))

    return formats_of(plan, read_columns, profile, TODAY, delimited=delimited)


def test_columns_are_decided_one_by_one_and_the_report_says_by_which_row() -> None:
    found = formats([ROW, PROVING])
    assert found.by_column[RecordKind.CASE, "date"].order is DateOrder.DAY_FIRST
    assert found.by_column[RecordKind.CASE, "amount_to_recover"].proven_decimal == ","
    assert tuple(map(sentence, found.notes)) == (
        'Sheet "Cases", column "date": dates have the day first, as row 3 proves ("31/01/2026").',
        'Sheet "Cases", column "amount_to_recover": the decimal mark is a comma, as row 3 proves ("99,95").',
    )


def test_nothing_is_told_of_a_column_in_which_nothing_was_open() -> None:
    assert formats([PROVING, PROVING]).notes == ()


@pytest.mark.parametrize(
    ("profile", "delimited"),
    [
        (Profile(decimal=",", date_format="DD/MM/YYYY"), True),
        (Profile(decimal=",", date_format="DD/MM/YYYY", date_cells="trusted"), False),
    ],
)
def test_a_profile_that_says_it_all_spares_the_pass(profile, delimited) -> None:
    def never(_):
        raise AssertionError("there is nothing to look for")

    plan = plan_sheet("Cases", 1, HEADER, profile, {})
    assert plan is not None
    assert formats_of(plan, never, profile, TODAY, delimited=delimited).by_column == {}


def test_what_the_profile_says_is_not_decided_again() -> None:
    found = formats([ROW, PROVING], Profile(decimal=".", date_format="MM/DD/YYYY"), delimited=False)
    assert {f.proven_decimal for f in found.by_column.values()} == {None}
    assert {f.order for f in found.by_column.values()} == {None}
    assert {f.date_format for f in found.by_column.values()} == {"MM/DD/YYYY"}


def test_a_table_that_begins_further_in_is_looked_at_where_it_stands(tmp_path: Path) -> None:
    book, path = Workbook(), tmp_path / "far.xlsx"
    for r, line in enumerate([HEADER, ROW, PROVING], 4):
        for c, value in enumerate(line, 3):
            book.active.cell(r, c, value)
    book.active.cell(6, 7).value = datetime(2026, 1, 31)  # noqa: DTZ001
    book.save(path)
    with open_source(path) as source:
        (sheet,) = source.sheets
        looked = list(sheet.read_columns([1, 6, 7, 40]))
    assert looked[3:] == [
        (4, [None, "date", "amount_to_recover", None]),
        (5, [None, "03/04/2026", "1.234", None]),
        (6, [None, date(2026, 1, 31), "99,95", None]),
    ]
    with open_file(path, NO_PROFILE, CONTEXT) as loaded:
        amounts = [row.case.money.cents for row in loaded.rows if row.case]
    assert amounts[1] == 9995


def test_a_sheet_is_parsed_once_while_its_rows_are_read(tmp_path: Path) -> None:
    book, path = Workbook(), tmp_path / "long.xlsx"
    for n in range(5000):
        book.active.append([n])
    book.save(path)
    workbook = CalamineBook(path.read_bytes())
    _, rows = workbook.open_rows("Sheet")
    next(rows)
    (parsed,) = workbook._parsed.values()
    assert len(list(workbook.open_rows("Sheet", [0])[1])) == 5000
    assert list(workbook._parsed.values()) == [parsed]
    del parsed
    assert sum(1 for _ in rows) == 4999
    del rows
    assert list(workbook._parsed.values()) == []  # and given back with the last row


def test_frames_prove_as_files_do() -> None:
    frame = pd.DataFrame([ROW, PROVING], columns=list(HEADER))
    source = open_frames({"Cases": frame}, CONTEXT)
    first, second = source.rows
    assert isinstance(first.case, CaseRecord)
    assert b'"date":"2026-04-03"' in first.case.payload
    assert b'"amountToRecover":1234.0' in first.case.payload
    assert isinstance(second.case, CaseRecord)


def test_a_column_against_itself_rejects_all_its_texts_but_no_number() -> None:
    frame = pd.DataFrame([ROW, PROVING, (*ROW[:5], 5, *ROW[6:]), (*ROW[:5], "1,234.50", *ROW[6:])], columns=list(HEADER))
    rows = list(open_frames({"Cases": frame}, CONTEXT).rows)
    assert [isinstance(row.case, Reject) for row in rows] == [True, True, False, True]
    assert {reason.code for row in rows if isinstance(row.case, Reject) for reason in row.case.reasons} == {
        "decimal_marks_differ"
    }


@pytest.mark.parametrize("proven_in", [1000, 1001, 2500])
def test_a_proof_counts_wherever_it_stands_in_a_long_sheet(proven_in: int) -> None:
    rows = [(*ROW[:4], date(2026, 1, 31), 5, *ROW[6:])] * 3000
    rows[proven_in - 2] = PROVING
    found = formats(rows, delimited=False)
    assert [(proof.heading, proof.row) for proof in found.proofs] == []  # nothing was open
    rows[1] = ROW
    found = formats(rows, delimited=False)
    assert {(proof.heading, proof.row) for proof in found.proofs} == {("date", proven_in), ("amount_to_recover", proven_in)}


def test_a_late_day_far_down_clears_the_date_cells_of_suspicion() -> None:
    rows = [PROVING, *[(*ROW[:4], date(2026, 1, 2), 5, *ROW[6:])] * 2000]
    assert "swapped" in formats(rows, delimited=False).by_column[RecordKind.CASE, "date"].date_cell_doubt
    rows.append((*ROW[:4], date(2026, 1, 31), 5, *ROW[6:]))
    assert not formats(rows, delimited=False).by_column[RecordKind.CASE, "date"].date_cell_doubt
