"""Amounts that their cells show otherwise than they hold them."""

import pytest

from importer.domain.special_cells import ShownNumber
from importer.loader.values.amounts import read_money
from importer.loader.values.formats import Formats
from importer.loader.values.shown_amounts import may_be_unclear, unclear_amount
from importer.loader.values.text import ValueProblem


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        # a minus, or brackets, that the number does not have
        ("-#,##0.00;#,##0.00", "-1,234.50"),
        ("(#,##0.00)", "(1,234.50)"),
        ('#,##0.00"-";#,##0.00', "1,234.50-"),
        ('"-"#,##0.00', "-1,234.50"),
        ("\u2212#,##0.00", "\u22121,234.50"),
        ('\\-#,##0.00\\ "kr."', "-1,234.50 kr."),
        ('[<0]0.00;"-"0.00', "-1234.50"),
        # words that say what is meant
        ('#,##0.00" Cr"', "1,234.50 Cr"),
        ('#,##0.00" CR";#,##0.00" DR"', "1,234.50 CR"),
        ('#,##0.00 "kredit"', "1,234.50 kredit"),
        ('"minus "#,##0.00', "minus 1,234.50"),
        ('#,##0.00" (betalt)"', "1,234.50 (betalt)"),
        ('#,##0.00 "TEUR"', "1,234.50 TEUR"),
        ('#,##0.00 "T\u20ac"', "1,234.50 T\u20ac"),
        ('#,##0.00" Mio. \u20ac"', "1,234.50 Mio. \u20ac"),
        ('#,##0.00 "t.kr."', "1,234.50 t.kr."),
        ('0.00 "mio."', "1234.50 mio."),
        ('0.00 "lei"', "1234.50 lei"),
        # a currency in a longer text
        ('0.00 "EUR netto"', "1234.50 EUR netto"),
        ('"Beløb EUR "0.00', "Beløb EUR 1234.50"),
        ('0.00" \u20ac/md."', "1234.50 \u20ac/md."),
        ('0.00 "SEK pr. md."', "1234.50 SEK pr. md."),
        ('0.00 "SEK kr"', "1234.50 SEK kr"),
        # no number, or another one
        ('"betalt"', "betalt"),
        ('[=1234.5]"betalt";0', "betalt"),
        ('0" kr "00', "12 kr 35"),
        ('0"."000","000', "0.001,235"),
    ],
)
def test_what_is_shown_and_what_is_held_are_named(code, shown) -> None:
    cell = ShownNumber(1234.5, code)
    with pytest.raises(ValueProblem) as problem:
        read_money(cell, Formats())
    assert problem.value.code == "amount_unclear"
    assert f'is shown as "{shown}", but the cell holds 1234.5,' in str(problem.value)
    assert problem.value.gist
    assert "1234.5" not in problem.value.gist
    assert may_be_unclear(code)


def test_a_number_that_is_not_shown_at_all() -> None:
    found = unclear_amount(ShownNumber(5, ";;;"))
    assert found
    assert found[0] == "is not shown at all, but the cell holds 5"


@pytest.mark.parametrize(
    "code",
    [
        "#,##0.00_);(#,##0.00)",
        '_-* #,##0.00\\ "kr."_-;\\-* #,##0.00\\ "kr."_-;_-* "-"??\\ "kr."_-;_-@_-',
        "#,##0.00\\ [$\u20ac-407];[Red]-#,##0.00\\ [$\u20ac-407]",
        '"EUR: "0.00',
        '0.00" (EUR)"',
        '0.00" EUR*"',
        '"*** "0.00',
        '0",-"',
        '"Fr. "0".-"',
        "#\\ ##0.00",
        "0.00 SEK",
        'General" EUR"',
        "+0;-0",
        '[<0]"-"0.00;0.00',
        '#,##0.00" kr."',
    ],
)
def test_amounts_that_are_shown_as_they_are_held(code) -> None:
    assert unclear_amount(ShownNumber(1234, code)) is None
    assert not may_be_unclear(code)
    assert read_money(ShownNumber(1234, code), Formats()) == 1234


def test_zero_and_amounts_below_zero_have_sections_of_their_own() -> None:
    code = '0.00" kr.";-0.00" kr.";"-"'
    assert [unclear_amount(ShownNumber(value, code)) for value in (5, -5, 0)] == [None, None, None]
    assert unclear_amount(ShownNumber(-5, '0.00;-0.00" Cr"'))
