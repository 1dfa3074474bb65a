"""Which formatted cells of an xlsx are noted: all whose formats show something else than their numbers, and few others."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import xlsxwriter

from importer.domain.number_formats.meaning import bare_digits
from importer.domain.number_formats.number_format import number_format
from importer.domain.records import CaseRecord, Reject
from importer.loader.context import LoadContext
from importer.loader.files.ordinary_cells import OrdinaryCells
from importer.loader.profile import NO_PROFILE
from importer.loader.source import open_file

CODES = ("0", "#,##0.00", "0.##", "####-####", "#,##0.00_);(#,##0.00)", "0.00", "#")
VALUES = ("1067", "2025.1", "2025.25", "2025.123", "-5", "-5.25", "0", "0.25", "1.0000000000000001E-5")
CONTEXT = LoadContext(
    date(2026, 6, 15),
    ZoneInfo("Europe/Copenhagen"),
    defaults={
        "creditor_company_name": "Nordlys Energi A/S",
        "creditor_country": "DK",
        "debtor_type": "Person",
        "currency": "DKK",
        "debtor_country": "DK",
    },
)


def noted(cells: str) -> set[tuple[str, int]]:
    forms = [bare_digits(number_format(code)) for code in CODES]
    ordinary = OrdinaryCells(range(len(CODES)), {at: bare for at, bare in enumerate(forms) if bare})
    assert b"<c" not in ordinary.cut_out(cells.encode())
    return {(letters.decode(), int(row)) for letters, row, _ in ordinary.formatted}


def test_no_number_is_passed_over_that_is_shown_otherwise() -> None:
    columns = "ABCDEFG"
    rows = (
        f'<row r="{row}">'
        + "".join(f'<c r="{columns[style]}{row}" s="{style}"><v>{value}</v></c>' for style in range(len(CODES)))
        + "</row>"
        for row, value in enumerate(VALUES, 1)
    )
    found = noted("".join(rows))
    for row, value in enumerate(VALUES, 1):
        for style, code in enumerate(CODES):
            bare = bare_digits(number_format(code))
            assert (columns[style], row) in found or (bare and bare.shows(float(value))), (code, value)


def test_cells_that_are_empty_or_show_their_numbers_are_passed_over() -> None:
    found = noted(
        '<row r="1"><c r="A1" s="1"/><c r="B1" s="1"><f>A2*2</f><v>5.25</v></c><c r="C1" s="1" t="n"><f>A2*2</f><v>5.2</v></c>'
        '<c r="D1" s="0"><v>1067</v></c><c r="E1" s="5"><v>-2025.25</v></c><c r="F1" s="4"><v>-2025.25</v></c></row>'
    )
    assert found == {("C", 1), ("F", 1)}


@pytest.mark.parametrize(
    ("value", "code", "shown"),
    [
        (20250017, "####-####", "2025-0017"),
        *((1067, code, text) for code, text in (("0-", "1067-"), ("(0)", "(1067)"), ("+0", "+1067"), ('"-"0', "-1067"))),
        *((2025, code, text) for code, text in (("0.0", "2025.0"), ("0.00", "2025.00"), ("0", "2025"), ("#,##0", "2025"))),
        *((2025.1, code, text) for code, text in (("0.0", "2025.1"), ("0.00", "2025.10"), ("0.##", "2025.1"))),
        *((2025.1, code, None) for code in ("0", "#,##0", "#,##0.00")),
        *((2025, code, None) for code in ("#,##0.00", "_-* #,##0.00_-")),
    ],
)
def test_a_reference_is_read_as_it_is_shown_or_rejected(tmp_path: Path, value, code, shown) -> None:
    book = xlsxwriter.Workbook(tmp_path / "a.xlsx")
    sheet = book.add_worksheet("Cases")
    sheet.write_row(0, 0, ("creditor_reference", "debtor_name", "amount_to_recover", "date", "debtor_zip_code"))
    sheet.write_row(1, 0, ("", "Ida Lund", "100.50", "2026-01-31", "2100"))
    sheet.write_number(1, 0, value, book.add_format({"num_format": code}))
    book.close()
    with open_file(tmp_path / "a.xlsx", NO_PROFILE, CONTEXT) as source:
        (row,) = source.rows
    if shown is None:
        assert isinstance(row.case, Reject)
        assert [reason.code for reason in row.case.reasons] == ["shown_unclear"]
        assert isinstance(row.case.formerly, CaseRecord)
    else:
        assert isinstance(row.case, CaseRecord)
        assert row.case.ref == shown
        assert row.case.former_ref == (f"{value}" if shown != f"{value}" else None)
