"""Every row below the headings is data, or is named in a note; what could be sent is always data."""

from __future__ import annotations

import string
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.examples import examples

from importer.domain.notes import Note, NoteKind, rows_of
from importer.domain.records import CaseRecord, Reject
from importer.errors import FileRefused
from importer.loader.context import LoadContext
from importer.loader.profile import Profile
from importer.loader.source import open_file, open_frames
from importer.reporter.notes import sentence

CONTEXT = LoadContext(
    today=date(2026, 6, 15),
    timezone=ZoneInfo("Europe/Copenhagen"),
    defaults={"creditor_company_name": "Nordlys Energi A/S", "creditor_country": "DK", "debtor_country": "DK"},
)
PROFILE = Profile(constants={"debtor_type": "Person"}, decimal=",")
HEADER = "Fakturanr.;Kundenavn;Fakturadato;Restbeløb;Valuta"


def line(number: int, amount: str = "10,00") -> str:
    return f"{number};Bodil Zebrahest;2026-01-31;{amount};DKK"


def load(tmp_path: Path, *lines: str, profile: Profile = PROFILE):
    path = tmp_path / "in.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    with open_file(path, profile, CONTEXT) as source:
        rows = list(source.rows)
        found = [note for note in source.found if note.kind not in {NoteKind.VALUES_READ, NoteKind.LINES_READ}]
        return rows, [sentence(note).removeprefix('Sheet "in.csv": ') for note in found]


def numbers(rows) -> list[int]:
    """Return the rows of data: those that are left out are listed, and are no data."""
    return [row.row.number for row in rows if not (isinstance(row.case, Reject) and row.case.is_left_out)]


def test_a_total_is_checked_against_the_rows_above_it(tmp_path: Path) -> None:
    rows, notes = load(tmp_path, HEADER, line(1), line(2, "20,50"), "I alt;;;30,50;")
    assert (numbers(rows), notes) == ([2, 3], ["row 4 is the total of the rows above and was left out."])
    _, notes = load(tmp_path, HEADER, line(1), line(2, "20,50"), "I alt;;;31,50;")
    assert "row 4 is a total of 31.50 and was left out, but the rows above it add up to 30.50." in notes[0]


def test_totals_of_parts_are_checked_against_their_parts(tmp_path: Path) -> None:
    parts = (line(1), line(2), "Sum kunde 1;;;20,00;", line(3, "5,00"), "Sum kunde 2;;;5,00;", "Total;;;25,00;")
    rows, notes = load(tmp_path, HEADER, *parts)
    assert numbers(rows) == [2, 3, 5]
    assert notes == ["rows 4 and 6–7 are totals of the rows above and were left out."]


@pytest.mark.parametrize(
    "row",
    [
        "4711;Total;2026-01-31;10,00;DKK",  # a debtor of that name, whole
        ";Total Energi A/S;;10,00;",
        "Total;;2026-01-31;10,00;",
        "4711;;;10,00;",
        ";;;11,00;",
        ";;;;DKK",
    ],
)
def test_what_may_be_a_claim_is_never_left_out_as_a_total(tmp_path: Path, row) -> None:
    rows, notes = load(tmp_path, HEADER, line(1), row, line(2))
    assert (numbers(rows), notes) == ([2, 3, 4], [])


def test_a_total_that_would_pass_as_a_case_is_not_sent(tmp_path: Path) -> None:
    profile = Profile(constants={"debtor_type": "Person", "currency": "DKK", "date": "2026-01-31"})
    rows, notes = load(tmp_path, "Kundenavn;Restbeløb;Telefon", "Bodil Zebrahest;10.00;1", "I alt;10.00;", profile=profile)
    assert numbers(rows) == [2]
    assert "row 3" in notes[0]


def test_headings_titles_and_page_numbers_that_are_repeated_are_left_out(tmp_path: Path) -> None:
    rows, notes = load(tmp_path, "Åbne poster", HEADER, line(1), "Side 1 af 2", "Åbne poster", HEADER, line(2))
    assert numbers(rows) == [3, 7]
    assert notes == [
        "row 6 holds the headings once more and was left out.",
        "rows 4–5 are titles or page numbers and were left out.",
    ]


@pytest.mark.parametrize(
    ("tail", "left_out"),
    [
        (("", "Udskrevet af ABC"), True),
        (("Udskrevet af ABC den 1. juni",), True),
        (("I alt;;;10,00;", "Havblik"), True),
        (("4712",), False),
        ((";Havblik Handel",), False),
    ],
)
def test_a_lone_text_at_the_end_is_a_note_only_if_it_cannot_be_a_row(tmp_path: Path, tail, left_out) -> None:
    rows, notes = load(tmp_path, HEADER, line(1), *tail)
    last = 2 + len(tail)
    assert (last in numbers(rows)) is not left_out
    assert any(f"row {last} is a note" in note for note in notes) is left_out


def test_a_lone_text_before_more_rows_is_a_row_in_its_place(tmp_path: Path) -> None:
    rows, notes = load(tmp_path, HEADER, line(1), "Kunder i Jylland;;;;", line(2))
    assert (numbers(rows), notes) == ([2, 3, 4], [])


def test_another_table_far_below_refuses_the_file(tmp_path: Path) -> None:
    lines = [line(n) for n in range(200)]
    with pytest.raises(FileRefused, match=r"row 1 has headings, and row 202 has others.*header_row = 202"):
        load(tmp_path, HEADER, *lines, "Kunde;Adresse;By;;", "Bodil;Havnegade 4;Aarhus;;")


def test_rows_beside_the_table_are_left_out_and_those_in_it_are_not(tmp_path: Path) -> None:
    rows, notes = load(tmp_path, f"{HEADER};;Kategori", f"{line(1)};;A", ";;;;;;B", f"{line(2)};;")
    assert numbers(rows) == [2, 4]
    assert notes == ["row 3 has cells beside the table only and was left out."]
    rows, notes = load(tmp_path, f"{HEADER};Kategori", f"{line(1)};A", ";;;;;7")
    assert (numbers(rows), notes) == ([2, 3], [])


def test_a_credit_note_a_payment_or_a_fee_is_no_claim_whatever_its_sign(tmp_path: Path) -> None:
    kinds = ("Faktura", "Kreditnota", "Betaling", "Rykker", "")
    rows, _ = load(tmp_path, f"Bilagstype;{HEADER}", *(f"{kind};{line(n)}" for n, kind in enumerate(kinds)))
    assert [isinstance(row.case, CaseRecord) for row in rows] == [True, False, False, False, True]


def test_frames_are_read_in_the_same_way() -> None:
    import pandas as pd

    cells = [part.split(";") for part in (line(1), "I alt;;;10,00;")]
    source = open_frames({"Cases": pd.DataFrame(cells, columns=HEADER.split(";"))}, CONTEXT, PROFILE)
    assert numbers(source.rows) == [2]
    assert source.found[0] == Note(NoteKind.CONFIRMED_TOTALS, "Cases", rows_of([3]))


GARBAGE = (line(1), "2;;2026-01-31;10,00;DKK", "3;;2026-01-31;10,00;DKK", "4;Kaj Drossel;2026-01-31;10,00;DKK")
TEXTS_ABOVE = ("Alfa", "Beta", "5;;2026-01-31;10,00;DKK")


@pytest.mark.parametrize("between", [0, 250])
def test_texts_above_each_other_do_not_make_a_report_of_an_ordinary_list(tmp_path: Path, between) -> None:
    names = ("", "Kaj Drossel", "", "Bodil Zebrahest")
    more = [f"{at};{names[at % 4]};2026-01-31;10,00;DKK" for at in range(8, 8 + between)]
    rows, _ = load(tmp_path, HEADER, *GARBAGE, *more, *TEXTS_ABOVE)
    assert numbers(rows) == list(range(2, 2 + len(GARBAGE) + between + len(TEXTS_ABOVE)))
    named = [2, 5, *(6 + at for at in range(between) if names[at % 4])]
    assert [row.row.number for row in rows if isinstance(row.case, CaseRecord)] == named


def test_texts_above_each_other_are_refused_in_a_report_whose_totals_are_proven(tmp_path: Path) -> None:
    totals = ("I alt Bodil Zebrahest;;;20,00;", "I alt Kaj Drossel;;;20,00;")
    first, second = (line(1), "2;;2026-01-31;10,00;DKK"), (GARBAGE[3], "5;;2026-01-31;10,00;DKK")
    with pytest.raises(FileRefused, match="are heads above the same rows"):
        load(tmp_path, HEADER, *first, totals[0], *second, totals[1], *TEXTS_ABOVE)


def test_a_blank_row_of_a_report_stays_blank() -> None:
    import pandas as pd

    cells = [part.split(";") for part in (*GARBAGE, ";;;;", "5;;2026-01-31;10,00;DKK")]
    source = open_frames({"Cases": pd.DataFrame(cells, columns=HEADER.split(";"))}, CONTEXT, PROFILE)
    assert [(row.row.number, isinstance(row.case, CaseRecord)) for row in source.rows] == [(row, True) for row in (2, 3, 4, 5, 7)]


CELL = st.sampled_from(
    ["", "", "Total", "I alt", "10,00", "7", "DKK", "Bodil", "2026-01-31", "Side 1", "Udskrevet af A B"]
) | st.text(string.ascii_letters + " ", max_size=8)


@pytest.mark.slow
@settings(max_examples=examples(20), deadline=None)
@given(rows=st.lists(st.lists(CELL, min_size=5, max_size=5), max_size=8))
def test_every_row_is_read_or_named(rows) -> None:
    import pandas as pd

    rows = [["4711", "Bodil", "2026-01-31", "10,00", "DKK"], *rows]
    source = open_frames({"Cases": pd.DataFrame(rows, columns=HEADER.split(";"))}, CONTEXT, PROFILE)
    read = set(numbers(source.rows))
    named = {row for note in source.found for first, last in note.rows.ranges for row in range(first, last + 1)}
    filled = {n for n, row in enumerate(rows, start=2) if any(cell.strip() for cell in row)}
    assert read | named == filled
    assert not read & named
