"""Tests of the templates: they contain every column and can be loaded, and the committed files equal the generated ones."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from openpyxl import load_workbook
from openpyxl.worksheet.datavalidation import DataValidationList
from support.paths import ROOT

from importer.domain.code_lists import VoucherTypes, case_currencies, find_country
from importer.domain.columns import Requirement, ValueKind, columns_of
from importer.domain.kinds import RecordKind
from importer.domain.records import CaseRecord, Reject, VoucherRecord
from importer.errors import UsageError
from importer.loader.profile import NO_PROFILE
from importer.loader.records.row_reader import LoadContext
from importer.loader.source import open_file
from importer.templates import flat_header, write_templates
from importer.templates.drop_downs import all_choices, choices_of
from importer.templates.example import example_rows
from importer.templates.styles import HEADING_LOOKS

COMMITTED = ROOT / "templates"
WORKBOOKS = ["cases-and-vouchers.xlsx", "example.xlsx"]
SHEETS = {"Cases": RecordKind.CASE, "Vouchers": RecordKind.VOUCHER}
TODAY = date(2026, 7, 1)
LATEST = date(2026, 6, 30)
CONTEXT = LoadContext(today=TODAY, timezone=ZoneInfo("Europe/Copenhagen"))

WRONG = {  # sheet row → column, code and problem, in the example
    ("Cases", 8): ("debtor_country", "country"),  # a misspelt country
    ("Cases", 13): ("debtor_contact_person", "contact_person"),  # a company without one
    ("Cases", 18): ("amount_to_recover", "too_many_decimals"),
    ("Cases", 20): ("amount_to_recover", "currency_differs"),  # 22.310,00 € among kronor
    ("Cases", 25): ("date", "date_order_unknown"),  # 01/10/2025, as text
    ("Cases", 30): ("due_date", "not_a_date"),  # 31. juni 2025
    ("Cases", 33): ("date", "future_date"),  # 2062 for 2026
    ("Cases", 37): ("debtor_name", "required"),
    ("Cases", 42): ("currency", "currency"),  # DDK
    ("Cases", 47): ("debtor_zip_code", "postal_code_short"),  # 900 for 9000
    ("Vouchers", 83): ("voucher_amount", "sign_contradicts_type"),
    ("Vouchers", 86): ("voucher_type", "voucher_type"),  # invioce
}
TAKEN_TWICE, UNKNOWN_CASE = "C-1037", "C-10450"  # wrong too, but only compared with the other rows
TAKEN_TWICE_ROW = 39
UNREACHABLE = {  # no subscriber has these: documented drama numbers (SE, DE) or a first digit that is not given out
    "DK": "+45 10 00 00",
    "NO": "+47 10 00 00",
    "NL": "+31 6 00 00 00",
    "FI": "+358 9 000 00",
    "SE": ("+46 8 465 004", "+46 31 390 06", "+46 40 628 04"),
    "DE": ("+49 30 23125 0", "+49 40 66969 0", "+49 221 4710 0", "+49 89 99998 0"),
}


@pytest.fixture(scope="module")
def fresh(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("templates")
    write_templates(folder)
    return folder


@pytest.fixture(scope="module")
def template(fresh):
    return load_workbook(fresh / "cases-and-vouchers.xlsx")


def load(path: Path):
    with open_file(path, NO_PROFILE, CONTEXT) as source:
        return source, list(source.rows)


def contents(path: Path) -> dict:
    """Return all that a user would notice, without what depends on versions of libraries (bytes, lists of countries)."""
    workbook = load_workbook(path)
    found = {"sheets": [(s.title, s.sheet_state) for s in workbook], "names": sorted(workbook.defined_names)}
    for sheet in workbook:
        if sheet.title == "Lists":
            found["lists"] = [cell.value for cell in sheet[1]]
            continue
        found[sheet.title] = {
            "cells": [[_cell(cell) for cell in row] for row in sheet.iter_rows()],
            "columns": {k: (d.width, d.number_format) for k, d in sorted(sheet.column_dimensions.items())},
            "validations": [(str(v.sqref), v.type, v.formula1, v.errorStyle, v.error) for v in _validations(sheet)],
            "frozen": sheet.freeze_panes,
        }
    return found


def _cell(cell) -> tuple:
    look = (cell.font.b, cell.font.color and cell.font.color.rgb, cell.fill.start_color.rgb, cell.number_format)
    return cell.value, cell.comment and cell.comment.text, *look


def _validations(sheet) -> list:
    assert isinstance(sheet.data_validations, DataValidationList)
    return sheet.data_validations.dataValidation


# Stale files


@pytest.mark.parametrize("name", WORKBOOKS)
def test_the_committed_workbooks_are_not_stale(fresh, name):
    assert contents(COMMITTED / name) == contents(fresh / name), "run `importer template`"


def test_the_committed_csv_is_not_stale(fresh):
    committed, written = ((folder / "flat.csv").read_text("utf-8-sig").splitlines() for folder in (COMMITTED, fresh))
    assert committed == written, "run `importer template`"


def test_writing_twice_gives_the_same_bytes(fresh, tmp_path):
    for path in write_templates(tmp_path / "new" / "folder"):
        assert path.read_bytes() == (fresh / path.name).read_bytes()


# The workbook


@pytest.mark.parametrize("title", SHEETS)
def test_every_column_is_there_with_help_and_marker(template, title):
    columns, headings = columns_of(SHEETS[title]), template[title][1]
    assert [cell.value for cell in headings] == [column.name for column in columns]
    for cell, column in zip(headings, columns, strict=True):
        assert column.help in cell.comment.text
        assert column.example in cell.comment.text
        assert cell.comment.text.startswith("Required.") == (column.requirement is Requirement.REQUIRED)
        assert cell.fill.start_color.rgb.endswith(HEADING_LOOKS[column.requirement].fill)
        assert cell.font.b


def test_the_needs_look_different():
    assert len({look.fill for look in HEADING_LOOKS.values()}) == len(Requirement)


@pytest.mark.parametrize("title", SHEETS)
def test_no_cell_is_written_below_the_headings(template, title):
    assert template[title].max_row == 1
    assert template[title].freeze_panes == "B2"


@pytest.mark.parametrize("title", SHEETS)
def test_formats_hold_for_whole_columns(template, title):
    wanted = {ValueKind.DATE: "yyyy-mm-dd", ValueKind.IDENTIFIER: "@", ValueKind.MONEY: "#,##0.00"}
    for cell, column in zip(template[title][1], columns_of(SHEETS[title]), strict=True):
        dimension = template[title].column_dimensions[cell.column_letter]
        assert dimension.number_format == wanted.get(column.value_kind, dimension.number_format)
        assert dimension.width > len(column.name)


@pytest.mark.parametrize("title", SHEETS)
def test_drop_downs(template, title):
    lists = {v.formula1: {str(r) for r in v.sqref.ranges} for v in _validations(template[title]) if v.type == "list"}
    columns = list(zip(template[title][1], columns_of(SHEETS[title]), strict=True))
    wanted = {f"list_{name}" for _, column in columns if (name := choices_of(column))}
    assert set(lists) == wanted
    for cell, column in columns:
        if name := choices_of(column):
            assert f"{cell.column_letter}2:{cell.column_letter}10000" in lists[f"list_{name}"]


def test_every_closed_list_has_a_drop_down():
    closed = {ValueKind.COUNTRY, ValueKind.CURRENCY, ValueKind.FLAG, ValueKind.CHOICE}
    for kind in RecordKind:
        for column in columns_of(kind):
            assert (choices_of(column) is not None) == (column.value_kind in closed), column.name


def test_the_lists_are_hidden_and_hold_what_the_importer_takes(template):
    sheet = template["Lists"]
    assert sheet.sheet_state == "veryHidden"
    found = {}
    for choices, column in zip(all_choices(), sheet.iter_cols(), strict=True):
        heading, *members = (cell.value for cell in column if cell.value is not None)
        assert heading == f"#{choices.name}"
        assert template.defined_names[choices.range_name].attr_text.endswith(f"${len(members) + 1}")
        found[choices.name] = members
    assert all(find_country(name) for name in found["countries"])
    assert {"Denmark", "Germany"} <= set(found["countries"])
    assert set(found["case_currencies"]) == case_currencies()
    assert found["voucher_currencies"] == found["case_currencies"][:7]
    assert all(VoucherTypes().find(name) for name in found["voucher_types"])
    assert len(found["voucher_types"]) == 13


def test_the_guide_names_every_column_and_every_type(template):
    texts = [[cell.value for cell in row] for row in template["Guide"].iter_rows()]
    listed = {(row[0], row[1]) for row in texts}
    for title, kind in SHEETS.items():
        assert {(title, column.name) for column in columns_of(kind)} <= listed
    assert [None, "deposit", "Indbetaling", "reduces what the debtor owes", None] in texts
    assert [None, "invoice", "Faktura", "the debtor owes it", None] in texts


def test_the_csv_has_the_flat_headings():
    assert {"case_ref", "amount_to_recover", "voucher_type", "voucher_amount", "voucher_due_date"} <= set(flat_header())
    assert (
        len(flat_header())
        == len(set(flat_header()))
        == len(columns_of(RecordKind.CASE)) + len(columns_of(RecordKind.VOUCHER)) - 2
    )


@pytest.mark.parametrize(("name", "sheets"), [("cases-and-vouchers.xlsx", ("Cases", "Vouchers")), ("flat.csv", ("flat.csv",))])
def test_the_templates_load_and_hold_no_rows(fresh, name, sheets):
    source, rows = load(fresh / name)
    assert rows == []
    assert tuple(head.name for head in source.heads) == sheets
    assert all(all(head.names) for head in source.heads)


def test_a_filled_in_template_loads(fresh, tmp_path):
    workbook = load_workbook(fresh / "cases-and-vouchers.xlsx")
    for title, kind in SHEETS.items():
        for place, column in enumerate(columns_of(kind), 1):
            workbook[title].cell(2, place, column.example or None)
    workbook.save(tmp_path / "filled.xlsx")
    _, rows = load(tmp_path / "filled.xlsx")
    assert [type(row.case or row.voucher) for row in rows] == [CaseRecord, VoucherRecord]


# Filled-in files are not overwritten


def test_what_nobody_touched_is_written_again(tmp_path):
    assert write_templates(tmp_path) == write_templates(tmp_path)


@pytest.mark.parametrize("name", WORKBOOKS)
def test_a_workbook_that_was_saved_since_is_not_overwritten(tmp_path, name):
    write_templates(tmp_path)
    load_workbook(tmp_path / name).save(tmp_path / name)
    before = (tmp_path / name).read_bytes()
    with pytest.raises(UsageError, match=f"{name} has been changed"):
        write_templates(tmp_path)
    assert (tmp_path / name).read_bytes() == before


def test_a_csv_with_rows_is_not_overwritten_and_nothing_else_is_written(tmp_path):
    (tmp_path / "flat.csv").write_text("a;b\n1;2\n")
    with pytest.raises(UsageError, match=r"flat\.csv has been changed"):
        write_templates(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["flat.csv"]


def test_a_file_where_the_folder_should_be(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="cannot be written"):
        write_templates(tmp_path / "file")


# The example


@pytest.fixture(scope="module")
def example(fresh):
    return load(fresh / "example.xlsx")[1]


@pytest.fixture(scope="module")
def cases() -> list[dict[str, str]]:
    return list(example_rows(RecordKind.CASE))


@pytest.fixture(scope="module")
def vouchers() -> list[dict[str, str]]:
    return list(example_rows(RecordKind.VOUCHER))


def test_the_example_is_as_large_and_as_mixed_as_promised(cases, vouchers):
    assert (len(cases), len(vouchers)) == (60, 90)
    countries = {find_country(row["debtor_country"]) for row in cases} - {None}
    assert countries == {"DK", "SE", "NO", "DE", "NL", "FI"}
    assert {row["currency"] for row in cases} - {"DDK"} == {row["currency"] for row in vouchers} == {"DKK", "SEK", "NOK", "EUR"}
    types = Counter(kind.name for row in vouchers if (kind := VoucherTypes().find(row["voucher_type"])))
    assert {"reminder fee", "deposit", "credit note", "DK interest", "fixed interest", "yearly interest"} <= set(types)


def test_exactly_the_rows_that_are_meant_to_be_wrong_are(example):
    found = {}
    for row in example:
        record = row.case or row.voucher
        if isinstance(record, Reject):
            assert len(record.reasons) == 1
            reason = record.reasons[0]
            found[row.row.sheet, row.row.number] = (reason.field.replace("debtor.", "debtor_"), reason.code)
    assert found == WRONG


def test_two_rows_are_wrong_beside_others(cases, vouchers):
    refs = Counter(row["case_ref"] for row in cases)
    assert [ref for ref, count in refs.items() if count > 1] == [TAKEN_TWICE]
    assert [row["case_ref"] for row in vouchers if row["case_ref"] not in refs] == [UNKNOWN_CASE]
    ids = {row["unique_id"] for row in vouchers}
    assert len(ids) == len(vouchers)
    assert {row["parent_unique_id"] for row in vouchers} - {""} <= ids


def test_all_days_are_past_but_the_one_that_is_wrong(fresh):
    workbook = load_workbook(fresh / "example.xlsx")
    days = [c.value.date() for sheet in workbook for row in sheet.iter_rows() for c in row if isinstance(c.value, datetime)]
    assert min(days) >= date(2025, 1, 1)
    assert [day for day in days if day > LATEST] == [date(2062, 1, 5)]


def test_a_case_is_worth_what_its_vouchers_say(cases, vouchers):
    principal = {"invoice", "final statement", "on-account invoice", "credit note", "deposit"}
    wrong = {key[1] for key in WRONG if key[0] == "Cases"}
    totals: dict[str, Decimal] = {}
    for row in vouchers:
        kind = VoucherTypes().find("invoice" if row["voucher_type"] == "invioce" else row["voucher_type"])
        if kind.name in principal:
            amount = abs(Decimal(row["voucher_amount"]))
            totals[row["case_ref"]] = totals.get(row["case_ref"], Decimal()) - amount * kind.direction
    checked = 0
    for number, row in enumerate(cases, 2):
        if number not in wrong and row["case_ref"] in totals and number != TAKEN_TWICE_ROW:
            assert Decimal(row["amount_to_recover"]) == totals[row["case_ref"]], row["case_ref"]
            checked += 1
    assert checked == 48


def test_nobody_in_the_example_can_be_reached(cases):
    for row in cases:
        assert not row["debtor_email"] or row["debtor_email"].endswith(".example")
        if row["debtor_phone"]:
            assert row["debtor_phone"].startswith(UNREACHABLE[find_country(row["debtor_country"]) or "SE"])
