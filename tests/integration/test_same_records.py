"""The same records in every shape and format: what is sent, and what identifies it, must not depend on the file."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from openpyxl import Workbook

from importer.domain.records import CaseRecord, LoadedRow, Reject, VoucherRecord
from importer.errors import FileRefused
from importer.loader.profile import NO_PROFILE, Profile
from importer.loader.records.row_reader import LoadContext
from importer.loader.source import open_file, open_frames

CONTEXT = LoadContext(today=date(2026, 6, 15), timezone=ZoneInfo("Europe/Copenhagen"))

CASES = [
    {
        "case_ref": f"C-{n}",
        "creditor_company_name": "Nordlys Energi A/S",
        "creditor_country": "DK",
        "currency": currency,
        "date": date(2026, 1, n),
        "amount_to_recover": amount,
        "debtor_type": "Company",
        "debtor_name": f"Æblegård nr. {n} ApS",
        "debtor_contact_person": "Mette Holm",
        "debtor_zip_code": code,
        "debtor_country": country,
    }
    for n, (currency, amount, country, code) in enumerate(
        [("DKK", 5000, "DK", "0801"), ("EUR", 1842.75, "DE", "01067"), ("SEK", 0.3, "SE", "114 55")], 1
    )
]
VOUCHERS = [
    {
        "case_ref": f"C-{case}",
        "voucher_type": kind,
        "voucher_amount": amount,
        "currency": CASES[case - 1]["currency"],
        "date": date(2026, 2, case),
        "source": "CREDITOR",
        "properties.costCentre": centre,
    }
    for case, kind, amount, centre in [(1, "invoice", 4000, "7"), (1, "reminder fee", 100.5, None), (2, "invoice", 1842.75, "8")]
]


@dataclass(frozen=True)
class ReadRecords:
    """What a source holds, without where in it."""

    cases: Counter[tuple[str, bytes]]
    vouchers: Counter[tuple[str, bytes]]
    rows: tuple[LoadedRow, ...]


def found_in(rows: Sequence[LoadedRow]) -> ReadRecords:
    for row in rows:
        for record in (row.case, row.voucher):
            assert not isinstance(record, Reject), [reason.text() for reason in record.reasons]
    return ReadRecords(
        Counter((r.case.base, r.case.payload) for r in rows if isinstance(r.case, CaseRecord)),
        Counter((r.voucher.fingerprint, r.voucher.payload) for r in rows if isinstance(r.voucher, VoucherRecord)),
        tuple(rows),
    )


def load(*paths: Path, profile: Profile = NO_PROFILE) -> ReadRecords:
    rows: list[LoadedRow] = []
    for path in paths:
        with open_file(path, profile, CONTEXT) as source:
            rows += source.rows
    return found_in(rows)


def flat_rows() -> list[dict[str, Any]]:
    """Every case with each of its vouchers; a case without a voucher has a row of its own."""
    rows = []
    for case in CASES:
        own = [v for v in VOUCHERS if v["case_ref"] == case["case_ref"]]
        for voucher in own or [dict.fromkeys(VOUCHERS[0])]:
            named = {k if k.startswith("voucher_") else f"voucher_{k}": v for k, v in voucher.items() if k != "case_ref"}
            rows.append(case | named)
    return rows


def cells(rows: Sequence[dict[str, Any]]) -> list[list[Any]]:
    return [list(rows[0]), *([row.get(name) for name in rows[0]] for row in rows)]


def write_workbook(path: Path, **sheets: Sequence[dict[str, Any]]) -> Path:
    book = Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for line in cells(rows):
            sheet.append(line)
    book.save(path)
    return path


def write_text(path: Path, rows: Sequence[dict[str, Any]], delimiter: str = ",", encoding: str = "utf-8") -> Path:
    lines = [delimiter.join("" if cell is None else str(cell) for cell in line) for line in cells(rows)]
    path.write_text("\r\n".join(lines) + "\r\n", encoding=encoding, newline="")
    return path


def write_ods(path: Path, **sheets: Sequence[dict[str, Any]]) -> Path:
    with pd.ExcelWriter(path, engine="odf") as writer:
        for name, rows in sheets.items():
            pd.DataFrame(rows).astype(object).to_excel(writer, sheet_name=name, index=False)
    return path


def write_xls(path: Path, **sheets: Sequence[dict[str, Any]]) -> Path:
    import xlwt

    book = xlwt.Workbook()
    day = xlwt.easyxf(num_format_str="YYYY-MM-DD")
    for name, rows in sheets.items():
        sheet = book.add_sheet(name)
        for r, line in enumerate(cells(rows)):
            for c, cell in enumerate(line):
                if cell is not None:
                    sheet.write(r, c, cell, day) if isinstance(cell, date) else sheet.write(r, c, cell)
    book.save(str(path))
    return path


@pytest.fixture
def two_sheets(tmp_path: Path) -> ReadRecords:
    return load(write_workbook(tmp_path / "two.xlsx", Cases=CASES, Vouchers=VOUCHERS))


def test_a_workbook_of_two_sheets(two_sheets: ReadRecords) -> None:
    assert [(r.row.sheet, r.row.number) for r in two_sheets.rows] == [
        *(("Cases", n) for n in (2, 3, 4)),
        *(("Vouchers", n) for n in (2, 3, 4)),
    ]
    first = json.loads(two_sheets.rows[0].case.payload)  # type: ignore[union-attr]
    assert first["debtor"] == {
        "type": "Company",
        "name": "Æblegård nr. 1 ApS",
        "contactPerson": "Mette Holm",
        "zipCode": "0801",
        "countryAlpha2": "DK",
    }
    assert json.loads(two_sheets.rows[3].voucher.payload)["properties"] == {"costCentre": "7"}  # type: ignore[union-attr]


Writer = Callable[[Path], Sequence[Path]]
SHAPES: dict[str, Writer] = {
    "vouchers before cases": lambda p: [write_workbook(p / "x.xlsx", Vouchers=VOUCHERS, Cases=CASES)],
    "other sheet names": lambda p: [write_workbook(p / "x.xlsx", Sager=CASES, Bilag=VOUCHERS)],
    "with a sheet of notes": lambda p: [write_workbook(p / "x.xlsx", Notes=[{"Read me": "x"}], Cases=CASES, Vouchers=VOUCHERS)],
    "old workbook": lambda p: [write_xls(p / "x.xls", Cases=CASES, Vouchers=VOUCHERS)],
    "open document": lambda p: [write_ods(p / "x.ods", Cases=CASES, Vouchers=VOUCHERS)],
    "two workbooks": lambda p: [write_workbook(p / "a.xlsx", A=CASES), write_workbook(p / "b.xlsx", B=VOUCHERS)],
    "two text files": lambda p: [write_text(p / "a.csv", CASES), write_text(p / "b.csv", VOUCHERS)],
    "semicolons in Windows-1252": lambda p: [
        write_text(p / "a.csv", CASES, ";", "cp1252"),
        write_text(p / "b.csv", VOUCHERS, ";", "cp1252"),
    ],
    "tabs with a BOM": lambda p: [
        write_text(p / "a.tsv", CASES, "\t", "utf-8-sig"),
        write_text(p / "b.tsv", VOUCHERS, "\t", "utf-8-sig"),
    ],
    "bars in UTF-16": lambda p: [write_text(p / "a.csv", CASES, "|", "utf-16"), write_text(p / "b.csv", VOUCHERS, "|", "utf-16")],
}


@pytest.mark.parametrize("shape", SHAPES)
def test_the_same_records_are_the_same_in_every_file(shape, two_sheets: ReadRecords, tmp_path: Path) -> None:
    folder = tmp_path / "other"
    folder.mkdir()
    found = load(*SHAPES[shape](folder))
    assert found.cases == two_sheets.cases
    assert found.vouchers == two_sheets.vouchers


FLAT: dict[str, Writer] = {
    "flat workbook": lambda p: [write_workbook(p / "x.xlsx", Anything=flat_rows())],
    "flat text": lambda p: [write_text(p / "x.csv", flat_rows())],
    "flat open document": lambda p: [write_ods(p / "x.ods", Sheet1=flat_rows())],
}


@pytest.mark.parametrize("shape", FLAT)
def test_flat_rows_repeat_their_case_and_hold_the_same_records(shape, two_sheets: ReadRecords, tmp_path: Path) -> None:
    folder = tmp_path / "other"
    folder.mkdir()
    found = load(*FLAT[shape](folder))
    assert found.vouchers == two_sheets.vouchers
    assert set(found.cases) == set(two_sheets.cases)
    assert sorted(found.cases.values()) == [1, 1, 2]
    assert [row.voucher is None for row in found.rows] == [False, False, False, True]


def test_a_flat_row_that_contradicts_its_case_is_told_apart_by_its_bytes(tmp_path: Path) -> None:
    rows = flat_rows()
    rows[1] = rows[1] | {"amount_to_recover": 4999}
    found = load(write_text(tmp_path / "x.csv", rows))
    bases = [row.case.base for row in found.rows if isinstance(row.case, CaseRecord)]
    payloads = {row.case.payload for row in found.rows if isinstance(row.case, CaseRecord) and row.case.base == bases[0]}
    assert bases[0] == bases[1]
    assert len(payloads) == 2


def test_frames_hold_the_same_records(two_sheets: ReadRecords) -> None:
    source = open_frames({"Cases": pd.DataFrame(CASES), "Vouchers": pd.DataFrame(VOUCHERS)}, CONTEXT)
    found = found_in(list(source.rows))
    assert (found.cases, found.vouchers) == (two_sheets.cases, two_sheets.vouchers)
    flat = found_in(list(open_frames({"Cases": pd.DataFrame(flat_rows())}, CONTEXT).rows))
    assert (set(flat.cases), flat.vouchers) == (set(two_sheets.cases), two_sheets.vouchers)


@pytest.mark.parametrize("named", [True, False])
def test_identity_does_not_depend_on_order_or_place(named, tmp_path: Path) -> None:
    rows = [row if named else {k: v for k, v in row.items() if k != "case_ref"} for row in flat_rows()]
    before = load(write_text(tmp_path / "before.csv", rows))
    shuffled = random.Random(7).sample(rows, len(rows))
    columns = random.Random(8).sample(list(rows[0]), len(rows[0]))
    moved = [{name: row.get(name) for name in columns} for row in [*shuffled[:2], dict.fromkeys(columns), *shuffled[2:]]]
    after = load(write_workbook(tmp_path / "renamed.xlsx", Other=moved))
    assert (after.cases, after.vouchers) == (before.cases, before.vouchers)
    assert [r.row.number for r in after.rows] != [r.row.number for r in before.rows]


def test_a_note_beside_the_table_of_a_workbook_rejects_nothing(tmp_path: Path) -> None:
    path = tmp_path / "x.xlsx"
    book = Workbook()
    sheet = book.active
    for line in cells(CASES):
        sheet.append(line)
    sheet.cell(3, len(CASES[0]) + 3).value = "called twice"
    book.save(path)
    found = load(path)
    assert len(found.rows) == 3
    assert found.rows[1].row.cells[-1] == "called twice"


@pytest.mark.parametrize("rows", [CASES, VOUCHERS, flat_rows()])
def test_an_unquoted_delimiter_in_a_text_file_rejects_its_row(rows, tmp_path: Path) -> None:
    path = write_text(tmp_path / "x.csv", rows)
    lines = path.read_text(encoding="utf-8").splitlines()
    lines[2] += ",more"
    path.write_text("\n".join(lines), encoding="utf-8")
    with open_file(path, NO_PROFILE, CONTEXT) as source:
        broken = {
            row.row.number: [reason.code for reason in record.reasons]
            for row in source.rows
            for record in (row.case, row.voucher)
            if isinstance(record, Reject)
        }
    assert broken == {3: ["too_many_cells"]}


def test_a_profile_reads_a_foreign_sheet_as_the_same_records(two_sheets: ReadRecords, tmp_path: Path) -> None:
    words = {
        "case_ref": "Sag",
        "amount_to_recover": "Beløb",
        "date": "Faktureret",
        "debtor_name": "Skyldner",
        "debtor_type": "Art",
    }
    rows = [
        {words.get(k, k): v for k, v in case.items() if k != "creditor_country"}
        | {
            "Beløb": f"{case['amount_to_recover']:.2f}".replace(".", ","),
            "Faktureret": f"{case['date']:%d.%m.%Y}",
            "Art": "E",
            "Intern": 1,
        }
        for case in CASES
    ]
    path = tmp_path / "sager.csv"
    text = "Åbne poster\n\n" + "\n".join("~".join(str(c) for c in line) for line in cells(rows))
    path.write_text(text, encoding="cp850")
    profile = Profile(
        columns={v: k for k, v in words.items()},
        constants={"creditor_country": "Denmark"},
        values={"debtor_type": {"E": "Company"}},
        ignore=["intern"],
        header_row=3,
        encoding="cp850",
        delimiter="~",
        decimal=",",
        date_format="DD.MM.YYYY",
    )
    with open_file(path, profile, CONTEXT) as source:
        found = found_in(list(source.rows))
        assert source.notes == ()
    assert found.cases == two_sheets.cases


def test_a_profile_names_the_sheet_that_counts(two_sheets: ReadRecords, tmp_path: Path) -> None:
    other = [case | {"case_ref": f"old-{case['case_ref']}"} for case in CASES]
    path = write_workbook(tmp_path / "x.xlsx", Old=other, Open=CASES)
    assert load(path, profile=Profile(sheet="Open")).cases == two_sheets.cases
    assert len(load(path).cases) == 6
    with pytest.raises(FileRefused, match="no sheet 'Closed'"):
        load(path, profile=Profile(sheet="Closed"))


def test_one_bad_sheet_refuses_the_whole_file(tmp_path: Path) -> None:
    bad = [{k: v for k, v in voucher.items() if k != "source"} for voucher in VOUCHERS]
    with pytest.raises(FileRefused, match='Sheet "Vouchers" has no column for: source'):
        load(write_workbook(tmp_path / "x.xlsx", Cases=CASES, Vouchers=bad))


def test_cells_without_a_value_reject_their_rows_each_for_its_reason(tmp_path: Path) -> None:
    path = tmp_path / "x.xlsx"
    book = Workbook()
    sheet = book.active
    for line in cells([*CASES, *CASES]):
        sheet.append(line)
    places = {name: place for place, name in enumerate(CASES[0], 1)}
    sheet.cell(2, places["amount_to_recover"]).value = "=1+1"  # openpyxl saves formulas without a result
    sheet.cell(3, places["debtor_name"]).value = "#N/A"
    sheet.cell(3, places["debtor_name"]).data_type = "e"
    sheet.cell(4, places["debtor_zip_code"]).value = 1234567890123456
    sheet.cell(5, places["date"]).value = 60
    sheet.cell(5, places["date"]).number_format = "yyyy-mm-dd"
    sheet.cell(6, places["date"]).value = 0.5
    sheet.cell(6, places["date"]).number_format = "hh:mm"
    sheet.cell(7, places["date"]).value = 46053
    sheet.cell(7, places["date"]).number_format = "General"
    book.save(path)
    with open_file(path, NO_PROFILE, CONTEXT) as source:
        told = {
            row.row.number: [(reason.column, reason.code) for reason in row.case.reasons]
            for row in source.rows
            if isinstance(row.case, Reject)
        }
    assert told == {
        2: [("amount_to_recover", "formula_not_calculated")],
        3: [("debtor_name", "error_cell")],
        4: [("debtor_zip_code", "digits_lost")],
        5: [("date", "not_a_date")],
        6: [("date", "not_a_date")],
        7: [("date", "not_a_date")],
    }
