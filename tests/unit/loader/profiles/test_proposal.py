from __future__ import annotations

import re
from datetime import date

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from support.examples import examples

from importer.domain.code_lists import VoucherTypes
from importer.domain.columns import columns_of, flat_index, index_of
from importer.domain.kinds import RecordKind
from importer.domain.text_keys import header_key
from importer.loader.profiles.proposal import Guess, Heading, SheetProposal, propose, shape_by
from importer.loader.sheets.plan import Shape

TYPES = VoucherTypes()
DAYS = (date(2026, 1, 31), date(2026, 2, 14), date(2026, 3, 1))
AMOUNTS = (1234.5, 99.0, 10.25)
NAMES = ("Havblik Handel ApS", "Nordlys Butik A/S", "Bodil Zebrahest")
MAILS = ("mette@havblik.example", "bo@nord.example", "ib@syd.example")
NUMBERS = (100045, 100046, 100047)


def proposal(shape: Shape = Shape.CASES, **columns: tuple[object, ...]) -> SheetProposal:
    return propose([Heading(text, cells) for text, cells in columns.items()], shape, TYPES)


def guess(text: str, *cells: object, shape: Shape = Shape.CASES) -> Guess:
    (found,) = propose([Heading(text, cells)], shape, TYPES).guesses
    return found


@pytest.mark.parametrize("shape", Shape)
def test_every_name_and_alias_is_sure_if_nothing_speaks_against_it(shape):
    index = {Shape.CASES: index_of(RecordKind.CASE), Shape.VOUCHERS: index_of(RecordKind.VOUCHER), Shape.FLAT: flat_index()}[
        shape
    ]
    for alias, name in index.items():
        found = guess(alias, shape=shape)
        assert (found.suggested, found.sure) == (name, True), alias


@pytest.mark.parametrize(
    ("heading", "cells", "wanted"),
    [
        ("Invocie date", DAYS, "date"),  # two letters transposed
        ("Invoice dattes", DAYS, None),
        ("Date invoice", DAYS, "date"),
        ("Date of invoice:", DAYS, "date"),
        ("Debtor emaill", MAILS, "debtor_email"),
        ("Invocie date", NAMES, None),
        ("Invocie date", (), None),  # no cells that could confirm it
        ("Invoce date", DAYS, None),  # a letter that is missing may make another word
    ],
)
def test_a_slip_is_sure_only_if_it_makes_no_other_word_and_the_cells_agree(heading, cells, wanted):
    found = guess(heading, *cells)
    assert (found.suggested if found.sure else None) == wanted


@pytest.mark.parametrize(
    ("heading", "cells"),
    [
        ("Currency", ("1.0", "7.45", "1.12")),  # a rate of exchange
        ("Due date", ("Netto 14", "Netto 30", "Netto 8")),
        ("Principal amount", NAMES),
        ("Country", ("North", "South", "West")),
        ("Email", ("yes", "no", "yes")),
        ("Debtor", MAILS),
        ("Date", NAMES),
    ],
)
def test_even_the_very_name_is_not_sure_above_cells_of_another_kind(heading, cells):
    found = guess(heading, *cells)
    assert found.candidates
    assert not found.sure


ANY = frozenset(c.name for kind in RecordKind for c in columns_of(kind))


@pytest.mark.parametrize(
    ("heading", "cells", "right"),
    [
        ("Kontonr.", NUMBERS, set()),
        ("Faktureret af", NAMES, set()),
        ("Betalt dato", DAYS, set()),
        ("Betalt den", DAYS, set()),
        ("Betald datum", DAYS, set()),
        ("Rykkerdato", DAYS, set()),
        ("Rykker 1 dato", DAYS, set()),
        ("Kontaktdato", DAYS, set()),
        ("Kontraktdato", DAYS, set()),
        ("Oprettelsesdato", DAYS, set()),
        ("Leveringsdato", DAYS, set()),
        ("Kundenr.", NUMBERS, {"case_ref"}),
        ("Kundegruppe", ("A", "B", "C"), set()),
        ("Betalt beløb", AMOUNTS, set()),
        ("Rykkergebyr", AMOUNTS, set()),
        ("Moms", AMOUNTS, set()),
        ("Sælgers e-mail", MAILS, set()),
        ("Salesperson email", MAILS, set()),
        ("Sælger", NAMES, set()),
        ("Faktureringsadresse land", ("DK", "SE", "NO"), {"debtor_country"}),
        ("Creditor company registration number", ("12345678", "87654321"), set()),
        ("Creditor name", NAMES, {"creditor_company_name"}),
        ("Creditor address", ("Havnegade 4", "Torvet 1"), set()),
        ("Invoice date 2", DAYS, set()),
        ("Paid date", DAYS, set()),
        ("Last invoice date", DAYS, set()),
        ("Amount paid", AMOUNTS, set()),
        ("Original currency", ("DKK", "SEK", "EUR"), {"currency"}),
        ("Lån", AMOUNTS, set()),
    ],
)
def test_confusable_headings_are_never_sure_of_a_wrong_column(heading, cells, right):
    for shape in Shape:
        found = guess(heading, *cells, shape=shape)
        assert not found.sure or found.suggested in right | {f"voucher_{name}" for name in right}, (shape, found)


KNOWN = sorted(index_of(RecordKind.CASE))


def with_single_letters(heading):
    return re.sub(r"(\D)\1+", r"\1", heading.replace("å", "aa"))


@settings(max_examples=examples(20), deadline=None)
@given(alias=st.sampled_from(KNOWN), at=st.integers(0, 40), letter=st.sampled_from("abdegiklmnorstvxå19"), drop=st.booleans())
@example(alias="cvrnr", at=3, letter="a", drop=True)  # cvrr is cvr with a letter doubled
def test_one_letter_more_less_or_other_is_not_sure(alias, at, letter, drop):
    at %= len(alias)
    heading = alias[:at] + ("" if drop else letter) + alias[at + 1 :]
    found = guess(heading, *DAYS)
    letters = set(heading.replace("å", "a"))  # å is a doubled a
    spelt_the_same = any(letters == set(known.replace("å", "a")) for known in KNOWN)
    if found.sure and header_key(heading) not in index_of(RecordKind.CASE):
        # Only a doubled letter was dropped, or a letter doubled: of this name or of another one.
        assert spelt_the_same or with_single_letters(heading) in map(with_single_letters, KNOWN)


@settings(max_examples=examples(15), deadline=None)
@given(st.lists(st.text(min_size=1, max_size=30), max_size=6), st.sampled_from(Shape))
def test_no_two_headings_are_offered_the_same_column(texts, shape):
    found = propose([Heading(text) for text in (*texts, "Due date", "Duedate:", "Currency")], shape, TYPES)
    offered = [g.suggested for g in found.guesses if g.suggested]
    assert len(offered) == len(set(offered))


def test_what_a_column_holds_makes_a_candidate_of_it():
    found = proposal(Kundemail=MAILS, Tegn=("DKK", "DKK", "SEK"), Hvor=("DK", "SE", "DE")).guesses
    assert [(g.suggested, g.sure) for g in found[:2]] == [("debtor_email", False), ("currency", False)]
    assert {c.name for c in found[2].candidates} >= {"creditor_country", "debtor_country"}
    assert found[2].suggested is None  # whose country it is, the cells do not tell


def test_two_headings_for_one_column_are_a_question():
    found = propose([Heading("Invoice date", DAYS), Heading("Issue date", DAYS), Heading("Due date", DAYS)], Shape.CASES, TYPES)
    assert [g.sure for g in found.guesses] == [False, False, True]
    assert [g.suggested for g in found.guesses] == ["date", None, "due_date"]
    assert found.sure() == {"Due date": "due_date"}


def test_a_heading_that_stands_twice_is_not_mapped():
    found = propose([Heading("Currency", ("DKK",)), Heading("currency", ("SEK",))], Shape.CASES, TYPES)
    assert [(g.repeated, g.sure, g.candidates) for g in found.guesses] == [(True, False, ())] * 2


def test_the_reports_own_columns_and_blank_headings_are_passed_over():
    found = propose([Heading("#row"), Heading(""), Heading(" "), Heading("Currency")], Shape.CASES, TYPES)
    assert [g.heading.text for g in found.guesses] == ["Currency"]


@pytest.mark.parametrize(
    ("headings", "wanted"),
    [
        (("Debtor name", "Country", "Amount"), Shape.CASES),
        (("Case ref", "voucher_type", "voucher_amount", "Date"), Shape.VOUCHERS),
        (("Debtor name", "Country", "voucher_type", "voucher_amount", "amount_to_recover"), Shape.FLAT),
        (("Zzz", "Qqq", "Date"), None),
    ],
)
def test_what_a_row_holds_is_told_by_the_headings(headings, wanted):
    cells = [Heading(text) for text in headings]
    assert shape_by(propose(cells, Shape.CASES, TYPES), propose(cells, Shape.VOUCHERS, TYPES)) is wanted
