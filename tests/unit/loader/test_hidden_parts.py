"""What a user does not see of a workbook: hidden sheets, rows and columns, and cells below a merge."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import openpyxl
import pytest
from openpyxl.workbook import Workbook

from importer.domain.notes import Note, NoteKind, rows_of
from importer.domain.records import CaseRecord, LoadedRow, LoadedSource, Reject
from importer.errors import FileRefused
from importer.loader.context import LoadContext
from importer.loader.files.reader import ReadOptions, open_source
from importer.loader.profile import NO_PROFILE, Profile
from importer.loader.profiles.sampling import sample_file
from importer.loader.source import load_raw, open_file
from importer.templates.sheets import template_workbook

DEFAULTS = {
    "creditor_company_name": "Nordlys Energi A/S",
    "creditor_country": "DK",
    "debtor_type": "Person",
    "debtor_country": "DK",
}
CONTEXT = LoadContext(today=date(2026, 6, 15), timezone=ZoneInfo("Europe/Copenhagen"), defaults=DEFAULTS)
HEADER = ["creditor_reference", "currency", "date", "due_date", "amount_to_recover", "debtor_name", "comments"]


def row(number: int, amount: float, currency: str = "DKK") -> list[Any]:
    return [f"F-{number}", currency, date(2026, 1, 31), date(2026, 2, 28), amount, f"Skyldner {number}", None]


def workbook(*rows: list[Any]) -> Workbook:
    book = openpyxl.Workbook()
    book.active.title = "Cases"
    for cells in (HEADER, *rows):
        book.active.append(cells)
    return book


def read(book: Workbook, tmp_path: Path, profile: Profile = NO_PROFILE) -> tuple[LoadedSource, list[LoadedRow]]:
    book.save(tmp_path / "a.xlsx")
    with open_file(tmp_path / "a.xlsx", profile, CONTEXT) as source:
        rows = list(source.rows)
        return replace(source, notes=(*source.notes, *source.found)), rows


def notes_of(source: LoadedSource, *kinds: NoteKind) -> list[Note]:
    return [note for note in source.notes if note.kind in kinds]


def references(rows: list[LoadedRow]) -> list[str | None]:
    return [loaded.case.ref for loaded in rows if isinstance(loaded.case, CaseRecord)]


# --- sheets -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["hidden", "veryHidden"])
def test_hidden_sheets_are_read_only_if_the_profile_names_them(tmp_path: Path, state) -> None:
    book = workbook(row(1, 100))
    old = book.create_sheet("Gammel")
    old.sheet_state = state
    for cells in (HEADER, row(2, 200)):
        old.append(cells)
    source, rows = read(book, tmp_path)
    assert references(rows) == ["F-1"]
    assert Note(NoteKind.HIDDEN_SHEET_NOT_READ, "Gammel") in source.notes
    assert not notes_of(source, NoteKind.SHEET_HIDDEN, NoteKind.SHEET_LEFT_OUT)
    assert [sample.name for sample in sample_file(tmp_path / "a.xlsx")] == ["Cases"]
    source, rows = read(book, tmp_path, Profile(sheet=["Cases", "Gammel"]))
    assert references(rows) == ["F-1", "F-2"]
    assert notes_of(source, NoteKind.SHEET_HIDDEN, NoteKind.HIDDEN_SHEET_NOT_READ) == [Note(NoteKind.SHEET_HIDDEN, "Gammel")]


def test_rows_on_hidden_sheets_alone_are_not_sent_and_not_unsaid(tmp_path: Path) -> None:
    book = workbook(row(1, 100))
    book.create_sheet("Forside").append(["Se de skjulte ark"])
    book["Cases"].sheet_state = "hidden"
    book.active = 1
    with pytest.raises(FileRefused, match=r'hidden sheets, which are not read \("Cases"\): name them in a profile'):
        read(book, tmp_path)


def test_templates_are_read_whole(tmp_path: Path) -> None:
    book = template_workbook()
    cases = book["Cases"]
    places = {cell.value: cell.column for cell in cases[1]}
    for number in (1, 2):
        for heading, value in zip(HEADER, row(number, 100.0), strict=True):
            cases.cell(number + 1, places[heading], value)
    cases.row_dimensions[3].hidden = True
    cases.sheet_state = "hidden"
    book.active = 1
    source, rows = read(book, tmp_path, Profile(hidden_rows="skip"))
    assert [loaded.row.number for loaded in rows] == [2, 3]
    assert not any(isinstance(loaded.case, Reject) and loaded.case.is_left_out for loaded in rows)
    assert notes_of(source, NoteKind.HIDDEN_ROWS_READ)


# --- rows and columns -------------------------------------------------------------------------------------------------


def hidden_rows() -> Workbook:
    book = workbook(row(1, 100), row(2, 200.5), row(3, 300), row(4, 50, "EUR"))
    for number in (3, 5):
        book.active.row_dimensions[number].hidden = True
    book.active.auto_filter.ref = "A1:G5"
    return book


def test_hidden_rows_are_read_and_counted_with_their_money(tmp_path: Path) -> None:
    source, rows = read(hidden_rows(), tmp_path)
    assert references(rows) == ["F-1", "F-2", "F-3", "F-4"]
    money = (("currency", "DKK"), ("cents", "20050"), ("currency", "EUR"), ("cents", "5000"))
    assert notes_of(source, NoteKind.HIDDEN_ROWS_READ, NoteKind.HIDDEN_ROWS) == [
        Note(NoteKind.HIDDEN_ROWS_READ, "Cases", rows_of([3, 5]), money)
    ]
    assert notes_of(source, NoteKind.FILTERED_ROWS)


def test_hidden_rows_that_the_profile_skips_are_listed_as_left_out(tmp_path: Path) -> None:
    source, rows = read(hidden_rows(), tmp_path, Profile(hidden_rows="skip"))
    assert references(rows) == ["F-1", "F-3"]
    left = [loaded.case for loaded in rows if isinstance(loaded.case, Reject)]
    assert [(one.is_left_out, one.money.currency, one.money.cents) for one in left] == [(True, "DKK", 20050), (True, "EUR", 5000)]
    assert [reason.code for one in left for reason in one.reasons] == ["hidden_row", "hidden_row"]
    assert [note.rows for note in notes_of(source, NoteKind.HIDDEN_ROWS_SKIPPED)] == [rows_of([3, 5])]
    assert not notes_of(source, NoteKind.HIDDEN_ROWS, NoteKind.FILTERED_ROWS, NoteKind.HIDDEN_ROWS_READ)


def sized(tmp_path: Path, *changes: tuple[str, str]) -> Path:
    """A sheet with rows 2 to 4, changed in its XML."""
    workbook(row(1, 100), row(2, 200.5), row(3, 300)).save(tmp_path / "plain.xlsx")
    with zipfile.ZipFile(tmp_path / "plain.xlsx") as plain, zipfile.ZipFile(tmp_path / "a.xlsx", "w") as changed:
        for name in plain.namelist():
            data = plain.read(name).decode()
            for old, new in changes if name.endswith("sheet1.xml") else ():
                assert old in data
                data = data.replace(old, new, 1)
            changed.writestr(name, data)
    return tmp_path / "a.xlsx"


def test_rows_without_height_and_columns_without_width_are_hidden(tmp_path: Path) -> None:
    column = '<cols><col min="5" max="5" width="0" customWidth="1"/></cols><sheetData>'
    path = sized(tmp_path, ('<row r="3"', '<row r="3" ht="0" customHeight="1"'), ("<sheetData>", column))
    with open_file(path, Profile(hidden_rows="skip"), CONTEXT) as source:
        rows = list(source.rows)
        notes = [*source.notes, *source.found]
    assert references(rows) == ["F-1", "F-3"]
    assert [note.rows for note in notes if note.kind is NoteKind.HIDDEN_ROWS_SKIPPED] == [rows_of([3])]
    assert [note.value("column") for note in notes if note.kind is NoteKind.HIDDEN_COLUMN_READ] == ["amount_to_recover"]


def test_rows_of_a_sheet_that_hides_all_unused_ones_are_shown(tmp_path: Path) -> None:
    path = sized(tmp_path, ("<sheetFormatPr", '<sheetFormatPr zeroHeight="1"'))
    with open_file(path, Profile(hidden_rows="skip"), CONTEXT) as source:
        assert references(list(source.rows)) == ["F-1", "F-2", "F-3"]


def test_an_error_sheet_is_read_whole(tmp_path: Path) -> None:
    book = workbook(row(1, 100), row(2, 200))
    book.active.insert_cols(1)
    book.active["A1"], book.active["A2"], book.active["A3"] = "#row", 2, 3
    book.active.row_dimensions[3].hidden = True
    _, rows = read(book, tmp_path, Profile(hidden_rows="skip"))
    assert references(rows) == ["F-1", "F-2"]


def test_a_hidden_column_that_is_used_is_named_with_its_money(tmp_path: Path) -> None:
    book = workbook(row(1, 100), row(2, 200.5))
    for letter in ("E", "G"):
        book.active.column_dimensions[letter].hidden = True
    source, _ = read(book, tmp_path)
    assert [note.values for note in notes_of(source, NoteKind.HIDDEN_COLUMN_READ)] == [
        (("heading", "amount_to_recover"), ("column", "amount_to_recover"), ("currency", "DKK"), ("cents", "30050")),
        (("heading", "comments"), ("column", "comments")),
    ]


# --- cells below a merge ----------------------------------------------------------------------------------------------


def merged(path: Path) -> Path:
    book = workbook(row(1, 100), row(2, 200))
    book.active["G2"] = "said"
    book.active.merge_cells("G2:G3")
    book.active._cells[3, 7] = openpyxl.cell.cell.Cell(book.active, row=3, column=7, value="unseen")
    book.save(path)
    return path


def test_cells_below_a_merge_are_named_with_their_rows(tmp_path: Path) -> None:
    path = merged(tmp_path / "a.xlsx")
    with open_file(path, NO_PROFILE, CONTEXT) as source:
        rows = list(source.rows)
        assert [loaded.row.cells[6] for loaded in rows] == ["said", None]
        assert Note(NoteKind.COVERED_CELLS, "Cases", rows_of([3])) in source.found
    with open_file(path, Profile(covered_cells="read"), CONTEXT) as source:
        assert [loaded.row.cells[6] for loaded in source.rows] == ["said", "unseen"]
        assert not [note for note in source.found if note.kind is NoteKind.COVERED_CELLS]
    with open_source(path, ReadOptions()) as raw:
        assert [loaded.row.cells[6] for loaded in load_raw(raw, NO_PROFILE, CONTEXT).rows] == ["said", None]
