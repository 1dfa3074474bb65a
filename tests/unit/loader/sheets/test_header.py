"""Tests of finding the headings, and the rows below them that are not data, from rows alone."""

from __future__ import annotations

from datetime import date

import pytest

from importer.errors import FileRefused
from importer.loader.files.projection import PeekableRows
from importer.loader.profile import NO_PROFILE, Profile
from importer.loader.sheets.header import LOOK_AHEAD, find_header, known_headings
from importer.loader.sheets.labels import begins_like_a_total, is_page_mark, is_total_label, is_unit

HEADER = ("Fakturanr.", "Kundenavn", "Fakturadato", "Restbeløb", "Valuta")
DATA = ("1", "Bodil Zebrahest", "2026-01-31", "10,00", "DKK")


def top(*rows, profile: Profile = NO_PROFILE):
    """The top of a sheet with these rows, and the number of the first row of data."""
    ahead = PeekableRows((number, tuple(row)) for number, row in enumerate(rows, start=1))
    found = find_header("Ark1", ahead, profile)
    return found, next(ahead, (None,))[0]


def test_rows_can_be_looked_at_and_are_still_there() -> None:
    rows = PeekableRows((n, ()) for n in range(1, 6))
    assert [n for n, _ in rows.peek(3)] == [1, 2, 3]
    assert next(rows)[0] == 1
    assert [n for n, _ in rows.peek(9)] == [2, 3, 4, 5]
    assert [n for n, _ in rows] == [2, 3, 4, 5]


@pytest.mark.parametrize("above", [(), (("Åbne poster",),), (("Åbne poster",), (), ("Dato", "2026-06-01"), ("Kunde", "Alle"))])
def test_the_headings_are_the_row_that_is_known(above) -> None:
    found, first = top(*above, HEADER, DATA)
    assert (found.row, found.header, first) == (len(above) + 1, HEADER, len(above) + 2)
    assert [number for number, _ in found.above] == [n for n, row in enumerate(above, start=1) if row]


def test_where_no_row_is_known_the_first_one_is_the_header() -> None:
    found, first = top((), ("Ref", "Navn på skyldneren"), DATA)
    assert (found.row, found.header, first) == (2, ("Ref", "Navn på skyldneren"), 3)


def test_an_empty_sheet_has_no_header() -> None:
    assert top()[0].header == ()


def test_headings_beyond_the_first_rows_are_not_looked_for() -> None:
    found, _ = top(*(("Tekst",) for _ in range(LOOK_AHEAD)), HEADER, DATA)
    assert found.row == 1


def test_a_sheet_of_our_own_reports_begins_with_its_header() -> None:
    found, first = top(("#row", "#status", "Ref"), HEADER, DATA)
    assert (found.row, first) == (1, 3)
    assert found.below == (2,)


def test_headings_that_a_profile_maps_are_known_headings() -> None:
    profile = Profile(columns={"A1": "debtor_name", "B2": "date", "C3": "amount_to_recover"})
    assert top(("Rapport",), ("A1", "B2", "C3"), DATA, profile=profile)[0].row == 2
    assert top(("Rapport",), ("A1", "B2", "C3"), DATA)[0].row == 1


def test_the_header_row_of_a_profile_wins() -> None:
    found, first = top(HEADER, ("x", "y"), DATA, profile=Profile(header_row=2))
    assert (found.row, found.header, first, found.above) == (2, ("x", "y"), 3, ())


def test_a_row_of_data_is_no_header_however_its_words_read() -> None:
    assert known_headings(("Kunde", "Ort", "Land", 100, date(2026, 1, 31), 7)) == 0
    assert known_headings(("Kunde", "Havblik", "Dato", "2026-06-01", "Valuta", "DKK")) == 0
    assert known_headings(HEADER) == 5
    assert known_headings(("Fakturanr.", "Kundenavn", "Beløb", "0-30", "31-60")) == 3


def test_a_row_that_groups_the_headings_is_left_out() -> None:
    found, _ = top(
        ("Faktura", "Kunde", "Beløb"), ("Fakturanr.", "Kundenavn", "Fakturadato", "Forfaldsdato", "Restbeløb", "Valuta"), DATA
    )
    assert found.row == 2


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ((HEADER, tuple(reversed(HEADER)), DATA), "rows 1 and 2 could both be the headings.*header_row = 1 or header_row = 2"),
        ((HEADER, DATA, ("Kunde", "Adresse", "By"), DATA), "two tables: row 1 .* row 3"),
        ((*[("a", "b", "c", "7")] * 3, HEADER, DATA), "rows 1 to 3 above it look like a table.*header_row = 4"),
    ],
)
def test_two_rows_that_could_be_the_headings_are_a_question(rows, said) -> None:
    with pytest.raises(FileRefused, match=said):
        top(*rows)


def test_headings_that_are_repeated_are_no_second_table() -> None:
    assert top(HEADER, DATA, HEADER, DATA)[0].row == 1


@pytest.mark.parametrize(
    ("units", "below"),
    [
        (("", "", "dd-mm-åååå", "(kr.)", ""), (2,)),
        ((None, None, "TT.MM.JJJJ", "EUR"), (2,)),
        ((None, None, None, "DKK"), (2,)),
        ((None, None, None, None, "DKK"), ()),
        (("Text", "Havblik", "dd-mm-åååå", "DKK"), ()),
        (("Invoice no.", "Customer name", "Invoice date", "Remaining amount", "Currency"), (2,)),
    ],
)
def test_a_row_of_units_or_of_headings_in_another_language_is_no_data(units, below) -> None:
    found, first = top(HEADER, units, DATA)
    assert (found.below, first) == (below, 2 + len(below))


@pytest.mark.parametrize(
    "text", ["Total", "TOTAL:", "I alt", "Ialt DKK", "Summa", "Sum", "Summe EUR", "Gesamtsumme", "Sum totalt", "Saldo"]
)
def test_labels_of_totals(text) -> None:
    assert is_total_label(text)


@pytest.mark.parametrize("text", ["Total Energi A/S", "Summit ApS", "Totalbanken", "Gesamtschule Nord", "Sumo", "", None, 5])
def test_what_is_no_label_of_a_total(text) -> None:
    assert not is_total_label(text)


def test_words_of_totals_units_and_pages() -> None:
    assert begins_like_a_total("I alt kunde 1001")
    assert not begins_like_a_total("Summit ApS")
    assert is_unit("(kr.)")
    assert not is_unit("Havblik")
    assert is_page_mark("Side 2 af 7")
    assert not is_page_mark("Sidegade 2")
