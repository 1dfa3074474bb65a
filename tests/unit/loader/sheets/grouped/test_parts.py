"""The parts by which a report is understood: ages, the day of the list, heads, and what is refused or rejected."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import openpyxl
import pandas as pd
import pytest

from importer.domain.notes import NoteKind
from importer.domain.records import CaseRecord, Reject
from importer.errors import FileRefused
from importer.loader.context import LoadContext
from importer.loader.files.reader import open_source
from importer.loader.profile import NO_PROFILE, Profile
from importer.loader.profiles.recognition import reader_of_headings
from importer.loader.profiles.sampling import sample_file
from importer.loader.sheets.grouped.ages import age_columns, is_age
from importer.loader.sheets.grouped.amounts import Sum, split_side
from importer.loader.sheets.grouped.heads import Head, with_numbers
from importer.loader.sheets.grouped.report_date import day_above
from importer.loader.source import open_file, open_frames

TODAY = date(2026, 11, 28)
CONTEXT = LoadContext(
    today=TODAY,
    timezone=ZoneInfo("Europe/Copenhagen"),
    defaults={
        "creditor_company_name": "Nordlys Energi A/S",
        "creditor_country": "DK",
        "debtor_country": "DK",
        "debtor_type": "by name",
        "debtor_contact_person": "Accounts",
        "currency": "DKK",
    },
)


@pytest.mark.parametrize(
    "text",
    [
        *("1 - 30 days past due", "91 or more days past due", "Current", "Over 90", "> 90", "0-30", "61+", "Older", "1 Month"),
        *("< 1 Month", "Ikke forfalden", "Ej förfallet", "nicht fällig", "über 90 Tage", "31-60 dage", "Forfaldne 1-30 dage"),
    ],
)
def test_an_age(text):
    assert is_age(text)


@pytest.mark.parametrize(
    "text", ["Current A/S", "30 Days Fitness ApS", "Older & Sons", "1001 Havnens Fisk", "24. december ApS", "90"]
)
def test_no_age(text):
    assert not is_age(text)


def test_columns_of_ages_are_several():
    assert age_columns(("Number", "Current", "Total")) == ()
    assert age_columns(("Number", "Current", "1 - 30", "October", "Total")) == (1, 2)
    assert age_columns(("Number", "Current", "October", "September", "Older")) == (1, 2, 3, 4)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("As at 31 October 2026", date(2026, 10, 31)),
        ("As of October 31, 2026", date(2026, 10, 31)),
        ("Pr. 31-10-2026", date(2026, 10, 31)),
        ("Stichtag: 05.10.2026", date(2026, 10, 5)),
        ("Offene Posten zum 31.10.2026", date(2026, 10, 31)),
        ("Kundreskontra per 2026-10-31", date(2026, 10, 31)),
        ("Aged as of 31/10/2026", date(2026, 10, 31)),
        ("As of 05/06/2026", None),
        ("As of 05/12/2026", date(2026, 5, 12)),
        ("As at 31 December 2026", None),
        ("Nordlys Handel A/S, Vej 31, 2026 Odense", None),
    ],
)
def test_the_day_of_a_list(text, day):
    assert day_above([(1, ("Open invoices",)), (2, (text,))], TODAY) == day


def test_the_day_of_a_list_beside_its_label():
    assert day_above([(2, ("Stichtag", None, datetime(2026, 10, 31)))], TODAY) == date(2026, 10, 31)  # noqa: DTZ001


def test_a_number_is_taken_off_if_nearly_all_heads_have_one():
    numbered = with_numbers([Head(1, "10001 Musterfirma GmbH"), Head(5, "10002 Beispiel AG")])
    assert [(head.number, head.name) for head in numbered] == [("10001", "Musterfirma GmbH"), ("10002", "Beispiel AG")]
    named = with_numbers([Head(1, "3 Mobile Ltd"), Head(5, "Beispiel AG")])
    assert [(head.number, head.name) for head in named] == [(None, "3 Mobile Ltd"), (None, "Beispiel AG")]
    alone = with_numbers([Head(1, "3 Mobile Ltd")])
    assert [(head.number, head.name) for head in alone] == [(None, "3 Mobile Ltd")]
    behind = with_numbers([Head(1, "Musterfirma GmbH (10001)"), Head(5, "Beispiel AG (10002)")])
    assert [(head.number, head.name) for head in behind] == [("10001", "Musterfirma GmbH"), ("10002", "Beispiel AG")]


def test_a_sum_agrees_in_the_way_in_which_all_amounts_can_be_read():
    total = Sum()
    for text in ("1.190,00", "300,00-", "-", None, 10):
        total.add(text)
    assert total.agrees("900,00")
    assert total.agrees(Decimal(900))
    assert not total.agrees("901,00")
    total.add("n/a")
    assert not total.agrees("900,00")


def test_a_mark_of_debit_or_credit():
    assert split_side("1.190,00 S") == ("1.190,00", False)
    assert split_side("300.00Cr") == ("300.00", True)
    assert split_side("300.00") is None


def sheet(tmp_path, rows, name="list.xlsx"):
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.save(tmp_path / name)
    return tmp_path / name


def rows_of(path, profile=NO_PROFILE):
    with open_file(path, profile, CONTEXT) as source:
        return {row.row.number: row for row in source.rows}, source


HEADER = ["Invoice number", "Invoice date", "Due date", "Open amount"]
DAY, DUE = datetime(2026, 5, 1), datetime(2026, 5, 31)  # noqa: DTZ001


def test_a_workbook_with_a_head_that_has_become_a_day(tmp_path):
    path = sheet(
        tmp_path, [HEADER, ["Skov ApS"], ["INV-1", DAY, DUE, 10], [DAY], ["INV-2", DAY, DUE, 20], ["Total", None, None, 30]]
    )
    rows, _ = rows_of(path)
    assert isinstance(rows[3].case, CaseRecord)
    assert isinstance(rows[5].case, Reject)
    assert not rows[5].case.is_left_out


@pytest.mark.parametrize("head", ["October 2026", "Q3 2026", "2026-10", "Uge 40", "31.12.2026"])
def test_a_period_is_no_debtor(tmp_path, head):
    lines = [["Skov ApS"], ["INV-1", DAY, DUE, 10], [head], ["INV-2", DAY, DUE, 20]]
    rows, _ = rows_of(sheet(tmp_path, [HEADER, *lines]))
    assert isinstance(rows[3].case, CaseRecord)
    assert [reason.field for reason in rows[5].case.reasons] == ["debtor_name"]


def test_a_report_by_months_has_no_debtors(tmp_path):
    lines = [["October 2026"], ["INV-1", DAY, DUE, 10], ["September 2026"], ["INV-2", DAY, DUE, 20]]
    with pytest.raises(FileRefused, match="debtor_name"):
        rows_of(sheet(tmp_path, [HEADER, *lines]))


def test_a_document_below_a_subtotal_has_no_debtor(tmp_path):
    lines = [["Skov ApS"], ["INV-1", DAY, DUE, 10], ["Total Skov ApS", None, None, 10], ["INV-2", DAY, DUE, 20]]
    rows, _ = rows_of(sheet(tmp_path, [HEADER, *lines, ["Total", None, None, 30]]))
    assert [reason.field for reason in rows[5].case.reasons] == ["debtor_name"]


def test_the_number_of_a_document_is_no_debtor(tmp_path):
    lines = [["Skov ApS"], ["INV-1", DAY, DUE, 10], ["INV-2"], ["INV-3", DAY, DUE, 30], ["Total Skov ApS", None, None, 40]]
    rows, _ = rows_of(sheet(tmp_path, [HEADER, *lines]))
    assert isinstance(rows[5].case, CaseRecord)
    assert b"Skov ApS" in rows[5].case.payload
    assert isinstance(rows[4].case, Reject)
    assert not rows[4].case.is_left_out


def test_two_levels_of_heads_without_a_sign_are_refused(tmp_path):
    first = [["Alfa Byg"], ["Hus Nord"], ["INV-1", DAY, DUE, 10]]
    second = [["Beta Byg"], ["Hus Syd"], ["INV-2", DAY, DUE, 20]]
    with pytest.raises(FileRefused, match="rows 2 and 3 are heads above the same rows"):
        rows_of(sheet(tmp_path, [HEADER, *first, *second]))


def test_addresses_below_numbered_heads_are_no_debtors(tmp_path):
    first = [["10001 Skov ApS"], ["Havnegade 4, Odense"], ["INV-1", DAY, DUE, 10]]
    second = [["10002 Strand A/S"], ["Torvet 1, Vejle"], ["INV-2", DAY, DUE, 20]]
    rows, _ = rows_of(sheet(tmp_path, [HEADER, *first, *second]))
    assert b'"Skov ApS"' in rows[4].case.payload
    assert b'"Strand A/S"' in rows[7].case.payload


def test_the_end_of_a_report_without_its_subtotal_is_a_question(tmp_path):
    groups = [
        line
        for name in ("Alfa", "Beta")
        for line in ([f"{name} ApS"], [f"INV-{name}", DAY, DUE, 10], [f"Total {name} ApS", None, None, 10])
    ]
    rows, _ = rows_of(sheet(tmp_path, [HEADER, *groups, ["Gamma ApS"], ["INV-9", DAY, DUE, 20]]))
    assert [one.code for one in rows[9].case.questions] == ["subtotal_differs"]
    assert not rows[3].case.questions


def test_a_row_of_a_text_with_a_cell_too_few_is_rejected(tmp_path):
    lines = ["Invoice number;Text;Invoice date;Due date;Open amount", "Skov ApS;;;;"]
    lines += [f"INV-{at};x;2026-05-01;2026-05-31;10" for at in range(12)]
    lines += ["INV-13;2026-05-01;2026-05-31;10", "Total Skov ApS;;;;120"]
    path = tmp_path / "list.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    rows, _ = rows_of(path)
    assert isinstance(rows[3].case, CaseRecord)
    assert "cells_differ" in [reason.code for reason in rows[15].case.reasons]


def test_the_day_of_a_file_and_of_data_frames(tmp_path):
    path = tmp_path / "list.csv"
    path.write_text("Invoice number,Customer name,Invoice date,Open amount\n1,Skov ApS,2026-05-01,10\n", encoding="utf-8")
    _, source = rows_of(path)
    assert source.listed_on == datetime.fromtimestamp(path.stat().st_mtime, CONTEXT.timezone).date()
    assert not [note for note in source.notes if note.kind is NoteKind.LISTED_ON]
    assert open_frames({"Sheet": pd.read_csv(path)}, CONTEXT).listed_on is None


def test_many_documents_without_credits_are_said(tmp_path):
    lines = [["Skov ApS"], *([f"INV-{at}", DAY, DUE, 10] for at in range(101)), ["Total Skov ApS", None, None, 1010]]
    _, source = rows_of(sheet(tmp_path, [HEADER, *lines]))
    assert NoteKind.NO_CREDITS in {note.kind for note in source.notes}


def test_a_summary_beside_a_list_is_left_out(tmp_path):
    path = sheet(tmp_path, [["Contact", "Current", "1 - 30", "31 - 60", "Total"], ["Skov ApS", 0, 10, 0, 10]])
    with pytest.raises(FileRefused, match="is a summary"):
        rows_of(path)
    with pytest.raises(FileRefused, match="is a summary"):
        sample_file(path)
    book = openpyxl.load_workbook(path)
    other = book.create_sheet("Details")
    for row in [HEADER, ["Skov ApS"], ["INV-1", DAY, DUE, 10]]:
        other.append(row)
    book.save(path)
    rows, _ = rows_of(path)
    assert isinstance(rows[3].case, CaseRecord)


def test_a_sample_holds_the_documents_and_says_how_they_are_read(tmp_path):
    lines = [["Skov ApS"], ["INV-1", DAY, DUE, 10], ["Total Skov ApS", None, None, 10]]
    (sample,) = sample_file(sheet(tmp_path, [HEADER, *lines]))
    assert sample.header[-2:] == ("Customer number", "Customer name")
    assert [row[-1] for row in sample.rows] == ["Skov ApS"]
    assert [note.kind for note in sample.notes] == [NoteKind.REPORT_READ]


def test_a_report_has_the_same_headings_with_its_profile_and_without(tmp_path):
    lines = [["Contact", "Number", "Invoice date", "Due date", "Soll", "Haben", "Saldo"], ["Skov ApS"]]
    path = sheet(tmp_path, [*lines, [None, "INV-1", DAY, DUE, 10, None, 10], [None, "INV-2", DAY, DUE, None, 4, 6]])
    (sample,) = sample_file(path)
    columns = {"Number": "creditor_reference", "Invoice date": "date", "Open amount": "amount_to_recover"}
    profile = Profile(columns=columns, headings=list(sample.header))
    with open_source(path) as raw:
        read = reader_of_headings(raw.sheets)
        assert read(profile) == read(NO_PROFILE) == {"Sheet": sample.header}
    rows, source = rows_of(path, profile)
    assert source.heads[0].header == sample.header
    assert rows[3].case.money.cents == 1000
    assert rows[4].case.money.cents == -400


def test_a_profile_names_the_row_of_the_headings_of_a_report(tmp_path):
    path = sheet(
        tmp_path, [["Report"], ["Nr", "Tag", "Frist", "Rest"], ["Skov ApS"], ["INV-1", DAY, DUE, 10], ["INV-2", DAY, DUE, 5]]
    )
    columns = {"Nr": "creditor_reference", "Tag": "date", "Frist": "due_date", "Rest": "amount_to_recover"}
    rows, _ = rows_of(path, Profile(header_row=2, columns=columns))
    assert [b"Skov ApS" in rows[at].case.payload for at in (4, 5)] == [True, True]
