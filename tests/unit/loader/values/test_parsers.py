# ruff: noqa: DTZ001  (cells of a sheet have no time zone)
from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer.domain.columns import ValueKind
from importer.domain.special_cells import CellError, FalseDate, LostDigits, MissingValue, shows_error
from importer.loader.values.amounts import currencies_of
from importer.loader.values.formats import DateOrder
from importer.loader.values.identifiers import check_postal_code
from importer.loader.values.parsers import (
    READERS,
    Formats,
    ValueProblem,
    display_text,
    is_blank,
    read_country,
    read_currency,
    read_date,
    read_flag,
    read_identifier,
    read_json_list,
    read_money,
    read_number,
    read_rate,
    read_text,
    read_uuid,
    strptime_format,
)

ANY = Formats()
POINT = Formats(decimal=".")
COMMA = Formats(decimal=",")


def refusal(read, cell, formats: Formats = ANY) -> str:
    with pytest.raises(ValueProblem) as caught:
        read(cell, formats)
    message = str(caught.value)
    assert ". " in message, "a refusal says what is wrong and what to do"
    return caught.value.code


# Text


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("  Ærø\n", "Ærø"),
        ("A\u030a", "Å"),  # composed: the same letter from a Mac and from Windows
        ("007", "007"),
        (7, "7"),
        (1001.0, "1001"),
        (0.1 + 0.2, "0.3"),
        (1e-7, "0.0000001"),
        (123456789012345.0, "123456789012345"),
        (True, "yes"),
        (False, "no"),
        (date(2026, 1, 31), "2026-01-31"),
        (datetime(2026, 1, 31), "2026-01-31"),
        (datetime(2026, 1, 31, 14, 30), "2026-01-31 14:30:00"),
        (time(14, 30), "14:30:00"),
        (Decimal("1.50"), "1.50"),
    ],
)
def test_a_cell_reads_as_its_user_sees_it(cell, text) -> None:
    assert read_text(cell) == text


@pytest.mark.parametrize(
    ("cell", "blank"), [(None, True), ("", True), (" \t\u00a0", True), (0, False), ("0", False), (False, False)]
)
def test_blank(cell, blank) -> None:
    assert is_blank(cell) is blank


def test_text_that_no_cell_can_hold_is_refused() -> None:
    assert read_text("x" * 32_767)
    assert refusal(READERS[ValueKind.TEXT], "x" * 32_768) == "cell_too_long"


MARKED = [
    (CellError("#N/A"), "error_cell", "Correct the formula"),
    (CellError("#DIV/0!"), "error_cell", "Correct the formula"),
    (MissingValue("formula without a value"), "formula_not_calculated", "save it"),
    (LostDigits("1234567890123450"), "digits_lost", "as text"),
    (FalseDate("1900-02-29"), "not_a_date", "29 February"),
]


@pytest.mark.parametrize("value_kind", ValueKind)
@pytest.mark.parametrize(("cell", "code", "words"), MARKED)
def test_a_cell_without_a_value_is_refused_in_every_column(value_kind, cell, code, words) -> None:
    with pytest.raises(ValueProblem, match=words) as caught:
        READERS[value_kind](cell, ANY)
    assert caught.value.code == code
    assert display_text(cell) == str(cell)


# Money


@pytest.mark.parametrize(
    ("cell", "formats", "value"),
    [
        (5000, ANY, "5000"),
        (1234.5, ANY, "1234.5"),
        (0.1 + 0.2, ANY, "0.3"),  # what Excel shows: it keeps 15 digits
        (1.1 * 3, ANY, "3.3"),
        (-0.01, ANY, "-0.01"),
        (9999999999999.99, ANY, "9999999999999.99"),
        (Decimal("1234.50"), COMMA, "1234.50"),  # a number is no text: the decimal mark does not concern it
        (Decimal("1.500"), COMMA, "1.5"),
        ("1234", ANY, "1234"),
        ("1234.50", ANY, "1234.50"),
        (" 1234.50 ", ANY, "1234.50"),
        ("+7", ANY, "7"),
        ("-7.5", ANY, "-7.5"),
        ("- 1 234.50", ANY, "-1234.50"),
        ("1,234.50", ANY, "1234.50"),
        ("1.234,50", ANY, "1234.50"),
        ("1,234,567.89", ANY, "1234567.89"),
        ("1.234.567,89", ANY, "1234567.89"),
        ("1,234,567", ANY, "1234567"),
        ("1.234.567", ANY, "1234567"),
        ("1234,50", ANY, "1234.50"),
        ("0,5", ANY, "0.5"),
        ("1 234,50", ANY, "1234.50"),
        ("1\u00a0234\u00a0567.5", ANY, "1234567.5"),
        ("1\u202f234,5", ANY, "1234.5"),
        ("1'234.50", ANY, "1234.50"),
        ("1,234", POINT, "1234"),
        ("1,234", COMMA, "1.234"),  # three decimals: refused later, as money
        ("1.234", COMMA, "1234"),
        ("1.234", POINT, "1.234"),
        ("0.125", ANY, "0.125"),  # nobody writes 125 like this
        ("0,125", ANY, "0.125"),
        ("1234.500", ANY, "1234.5"),
        ("1.234,50", COMMA, "1234.50"),
        ("1,234.50", POINT, "1234.50"),
    ],
)
def test_an_amount_is_the_exact_decimal_that_the_cell_shows(cell, formats, value) -> None:
    read = read_number(cell, formats)
    assert isinstance(read, Decimal)
    assert read == Decimal(value)


@pytest.mark.parametrize(
    ("cell", "formats", "code"),
    [
        ("1,234", ANY, "decimal_mark_unknown"),
        ("1.234", ANY, "decimal_mark_unknown"),
        ("1.500", ANY, "decimal_mark_unknown"),  # with a decimal point it would pass as 1.50
        ("0.500", COMMA, "not_a_number"),
        ("0,500", POINT, "not_a_number"),
        ("1.234,5,6", ANY, "not_a_number"),
        ("1.234,50", POINT, "not_a_number"),
        ("1,234.50", COMMA, "not_a_number"),
        ("1234.50", COMMA, "not_a_number"),
        ("1.23.456", ANY, "not_a_number"),
        ("12,34,567", ANY, "not_a_number"),
        ("1,2345,678.00", ANY, "not_a_number"),
        ("10 20", ANY, "not_a_number"),
        ("12 34.50", ANY, "not_a_number"),
        ("1 234'567", ANY, "not_a_number"),
        ("1e5", ANY, "not_a_number"),
        ("--5", ANY, "not_a_number"),
        ("½", ANY, "not_a_number"),
        (".", ANY, "not_a_number"),
        ("5.", ANY, "not_a_number"),
        (".5", ANY, "not_a_number"),
        ("nan", ANY, "not_a_number"),
        (float("inf"), ANY, "not_a_number"),
        (float("nan"), ANY, "not_a_number"),
        (Decimal("Infinity"), ANY, "not_a_number"),
        (True, ANY, "not_a_number"),
        (date(2026, 1, 31), ANY, "not_a_number"),
        (time(1, 2), ANY, "not_a_number"),
        (timedelta(hours=5), ANY, "not_a_number"),
    ],
)
def test_what_could_mean_two_amounts_or_none_is_refused(cell, formats, code) -> None:
    assert refusal(read_number, cell, formats) == code


def _written(value: Decimal, group: str, mark: str, places: int) -> str:
    return f"{value:,.{places}f}".replace(",", "G").replace(".", mark).replace("G", group)


AMOUNTS = st.decimals(min_value=Decimal("-9999999999999.99"), max_value=Decimal("9999999999999.99"), places=2)
WRITTEN = st.sampled_from([("", "."), ("", ","), (",", "."), (".", ","), (" ", "."), (" ", ","), ("\u00a0", ","), ("'", ".")])


@given(AMOUNTS, WRITTEN, st.sampled_from([None, ".", ","]), st.integers(2, 3))
def test_an_amount_in_any_writing_is_read_as_itself_or_refused(amount, marks, decimal, places) -> None:
    group, mark = marks
    text = _written(amount, group, mark, places)
    try:
        read = read_number(text, Formats(decimal=decimal))
    except ValueProblem:
        # Only a text that the profile contradicts, or whose mark may group thousands, is refused.
        assert decimal not in (None, mark) or (decimal is None and places == 3 and 1 <= abs(amount) < 1000)
        return
    # With three decimals the mark may group thousands, if the profile states the other one as the decimal mark.
    assert read == amount or (decimal not in (None, mark) and places == 3 and 1 <= abs(amount) < 1000)


@given(st.decimals(min_value=Decimal("-999999999999.99"), max_value=Decimal("999999999999.99"), places=2))
def test_an_amount_from_a_numeric_cell_is_exact(amount) -> None:
    assert read_number(float(amount), ANY) == amount


@given(st.text(alphabet="0123456789.,' -+\u00a0", max_size=12), st.sampled_from([ANY, POINT, COMMA]))
def test_any_text_of_digits_and_marks_is_one_number_or_refused(text, formats) -> None:
    try:
        read = read_number(text, formats)
    except ValueProblem:
        return
    assert "".join(c for c in f"{abs(read):f}" if c.isdigit()).strip("0") == "".join(c for c in text if c.isdigit()).strip("0")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *((text, "1234.50") for text in ("kr. 1.234,50", "1.234,50 kr", "1 234,50 kr.", "DKK 1.234,50", "1.234,50 dkk")),
        *((text, "1234.50") for text in ("€ 1.234,50", "1.234,50€", "$1,234.50", "US$ 1,234.50", "CHF 1’234.50", "Fr. 1'234.50")),
        *((text, "1234.50") for text in ("1\u00a0234,50", "1\u202f234,50", "1\u2009234,50", "1\u2007234,50", "1\u2003234,50")),
        *((text, "-1234.50") for text in ("1.234,50-", "(1.234,50)", "−1.234,50", "–1.234,50", "1.234,50 -", "(kr. 1.234,50)")),
        *((text, "-1234.50") for text in ("-kr. 1.234,50", "kr. -1.234,50", "€ (1.234,50)", "-$1,234.50", "$-1,234.50")),
        *((text, "1234") for text in ("1.234,-", "1.234,--", "1234,–", "1.234,- kr.", "kr. 1.234,-", "1'234.-", "1,234.--")),
        ("\u200e-1.234,50", "-1234.50"),
        ("+5", "5"),
        ("1.234,50 kroner", "1234.50"),
        ("5000 kr", "5000"),
        ("0,50 kr", "0.50"),
    ],
)
def test_an_amount_may_have_a_sign_a_currency_and_spaces_of_every_kind(text, value) -> None:
    assert read_money(text, ANY) == Decimal(value)


@pytest.mark.parametrize(
    "text",
    [
        *("(5.00", "5.00)", "(-5.00)", "-(5.00)", "-5.00-", "--5", "5--", "+-5", ")5(", "5 hr", "5 kr kr", "kr 5 kr", "€ 5 €"),
        *(
            "k 5 r",
            "1.234.-",
            "1,234,-",
            "5%",
            "٥",
            "５",
            "1.٢٣٤,50",
            "5 DKK 6",
            "DKK",
            "kr.",
            "5 XYZ",
            "XXX 5",
            "1 234 5",
        ),
    ],
)
def test_what_is_no_amount_for_certain_is_refused(text) -> None:
    assert refusal(read_money, text) == "not_a_number"


def test_a_sign_is_no_part_of_a_rate_or_a_plain_number() -> None:
    assert refusal(read_number, "5 kr") == "not_a_number"
    assert refusal(read_rate, "5 kr %") == "not_a_number"


@pytest.mark.parametrize(
    ("text", "fits", "not_fits"),
    [
        ("5 kr", {"DKK", "SEK", "NOK"}, {"EUR", "USD"}),
        ("$5", {"USD", "CAD", "AUD"}, {"DKK", "EUR", "MXN"}),
        ("5 €", {"EUR"}, {"DKK"}),
        ("£5", {"GBP"}, {"EUR"}),
        ("sek 5", {"SEK"}, {"DKK", "NOK"}),
        ("5 Fr.", {"CHF"}, {"EUR"}),
        ("5 zł", {"PLN"}, {"EUR"}),
        ("¥5", {"JPY", "CNY"}, {"USD"}),
    ],
)
def test_a_sign_stands_for_the_currencies_that_use_it(text, fits, not_fits) -> None:
    assert fits <= currencies_of(text)
    assert not not_fits & currencies_of(text)
    assert currencies_of("5") == currencies_of("soon") == frozenset()


def test_three_decimals_are_not_taken_for_an_amount_because_other_rows_have_two() -> None:
    proven = Formats(proven_decimal=".")
    assert refusal(read_money, "1.500", proven) == "three_decimals"  # it may as well be 1500 from another hand
    assert read_money("1,500", proven) == Decimal(1500)
    assert read_money("1.500", POINT) == Decimal("1.5")  # a person has said so


# Rates


@pytest.mark.parametrize(
    ("cell", "rate"),
    [
        *(("8.05 %", "0.0805"), ("8.05%", "0.0805"), ("8,05 %", "0.0805"), ("100 %", "1"), ("0 %", "0")),
        *((0.0805, "0.0805"), ("0.0805", "0.0805"), ("0,0805", "0.0805"), (0, "0")),
    ],
)
def test_a_rate_is_a_fraction(cell, rate) -> None:
    assert read_rate(cell, ANY) == Decimal(rate)


@pytest.mark.parametrize(
    ("cell", "code"),
    [(8.05, "rate"), ("8.05", "rate"), (1, "rate"), ("-8.05", "rate"), ("%", "not_a_number"), ("8 procent", "not_a_number")],
)
def test_a_rate_that_could_be_a_percentage_or_a_factor_is_refused(cell, code) -> None:
    assert refusal(read_rate, cell) == code


# Dates


@pytest.mark.parametrize(
    ("cell", "date_format"),
    [
        ("2026-01-31", None),
        (" 2026-01-31 ", None),
        ("2026-01-31 00:00:00", None),
        ("2026-01-31T00:00:00.000Z", None),
        ("2026-01-31 00:00:00+02:00", None),
        ("2026-01-31T23:00:00+01:00", None),
        ("2026-01-31T12:30:00Z", None),
        ("2026-01-31 14:30:00", None),
        ("2026-01-31T14:30", None),
        ("2026-01-31", "DD.MM.YYYY"),
        (date(2026, 1, 31), None),
        (datetime(2026, 1, 31), None),
        (datetime(2026, 1, 31, 23, 59, 59), None),
        (date(2026, 1, 31), "M/D/YYYY"),
        ("1/31/2026", "M/D/YYYY"),
        ("01/31/2026", "M/D/YYYY"),
        ("31.01.2026", "DD.MM.YYYY"),
        ("31.1.26", "D.M.YY"),
        ("31-01-2026", "DD-MM-YYYY"),
        ("31. 1. 2026", "D. M. YYYY"),
        ("2026/1/31", "YYYY/M/D"),
        ("2026.01.31.", "YYYY.MM.DD."),
        ("20260131", "YYYYMMDD"),
        (20260131, "YYYYMMDD"),
        ("31.01.2026 00:00:00", "DD.MM.YYYY"),
        ("31.01.2026 14:30", "DD.MM.YYYY"),
        ("31. jan. 2026", "DD.MM.YYYY"),
        *(
            (text, None)
            for text in ("31/01/2026", "1/31/2026", "31.1.2026", "31-01-2026", "31. 1. 2026", "31/1-2026", "31 01 2026")
        ),
        *((text, None) for text in ("31.01.26", "1/31/26", "31/1-26", "31.01.2026 00:00:00", "1/31/2026 12:00:00 AM")),
        *((text, None) for text in ("2026/01/31", "2026.01.31", "2026. 01. 31.", "2026-1-31", "20260131", "2026/01/31 08:15")),
        *((text, None) for text in ("31. januar 2026", "31. januari 2026", "31. Januar 2026", "31 January 2026", "31 Jan 2026")),
        *(
            (text, None)
            for text in ("January 31, 2026", "Jan 31, 2026", "Jan. 31 2026", "JAN 31st, 2026", "31st of January 2026")
        ),
        *((text, None) for text in ("31-jan-26", "31-JAN-2026", "31.jan.2026", "31jan2026", "2026-Jan-31", "31. jan. 26")),
        *(
            (text, None)
            for text in ("lørdag den 31. januar 2026", "lör 31 jan 2026", "Samstag, 31. Januar 2026", "Sat, 31 Jan 2026")
        ),
        ("310126", "DDMMYY"),
    ],
)
def test_a_date_is_the_day_that_it_says(cell, date_format) -> None:
    assert read_date(cell, Formats(date_format=date_format)) == date(2026, 1, 31)


@pytest.mark.parametrize(
    ("cell", "date_format", "code"),
    [
        ("2026-02-30", None, "not_a_date"),
        ("2025-02-29", None, "not_a_date"),
        ("31.02.2026", "DD.MM.YYYY", "not_a_date"),
        ("01/31/2026", "D/M/YYYY", "not_a_date"),
        ("31/01/2026", "DD.MM.YYYY", "not_a_date"),
        ("2026131", "YYYYMMDD", "not_a_date"),
        ("01/02/2026", None, "date_order_unknown"),
        ("2026-01-31T23:00:00Z", None, "date_with_zone"),  # midnight in Copenhagen, so the 1st of February
        ("2026-01-31 22:00 UTC", None, "date_with_zone"),
        ("soon", None, "not_a_date"),
        (46053, None, "not_a_date"),
        (46053.5, None, "not_a_date"),
        (46053, "DD.MM.YYYY", "not_a_date"),
        (True, None, "not_a_date"),
        (time(14, 30), None, "not_a_date"),
        (timedelta(hours=30), None, "not_a_date"),
        (date(1899, 12, 30), None, "not_a_date"),
        (datetime(1899, 12, 31, 14, 30), None, "not_a_date"),
        ("0026-01-31", None, "not_a_date"),
        ("FY2026", None, "date_order_unknown"),
        ("31.02.2026", None, "not_a_date"),
        ("31/31/2026", None, "not_a_date"),
        ("29. februar 2026", None, "not_a_date"),
        ("søndag 31. januar 2026", None, "not_a_date"),  # it was a Saturday
        ("31. Foo 2026", None, "month_name"),
        ("jan 2026", None, "month_name"),
        ("31-01-26", None, "date_order_unknown"),  # or the 26th of January 2031, in Sweden
        ("20261301", None, "not_a_date"),
        ("31012026", None, "date_order_unknown"),
        ("01/02/26", None, "date_order_unknown"),
        (20260131, None, "not_a_date"),
        (20261301, "YYYYMMDD", "not_a_date"),
        (1022026, "DDMMYYYY", "not_a_date"),  # its zero is lost
        ("2026/01/02 x", None, "date_order_unknown"),
        ("2026-01-31", "YYYY-DD-MM", "not_a_date"),
        ("31. februar 2026", "DD.MM.YYYY", "not_a_date"),
        ("x" * 61, None, "not_a_date"),
    ],
)
def test_what_is_no_day_for_certain_is_refused(cell, date_format, code) -> None:
    assert refusal(read_date, cell, Formats(date_format=date_format)) == code


def test_a_time_is_not_called_a_number() -> None:
    with pytest.raises(ValueProblem, match="time of day"):
        read_date(time(14, 30), ANY)


@pytest.mark.parametrize(
    "tokens",
    ["", "YYYY", "DD.MM", "DD.DD.YYYY", "DD.MM.YYYY hh", "%d.%m.%Y", "dd.mm.yyyy", "YYYYMMD", "D/M-YYYY", "DD.MM.YYYY.YY"],
)
def test_a_date_format_names_day_month_and_year_once(tokens) -> None:
    with pytest.raises(ValueError, match=r"^.*$"):
        strptime_format(tokens)


@given(
    st.dates(min_value=date(1937, 1, 1), max_value=date(2036, 12, 31)),
    st.sampled_from(["M/D/YYYY", "DD.MM.YYYY", "YY-M-D", "YYYYMMDD"]),
)
def test_every_day_written_in_the_profiles_format_is_read_as_itself(day, tokens) -> None:
    text = day.strftime(strptime_format(tokens))
    assert read_date(text, Formats(date_format=tokens, last_year=2036)) == day


@pytest.mark.parametrize(
    ("names", "month"),
    [
        (("januar", "januari", "January", "jan", "jan."), 1),
        (("februar", "februari", "February", "feb."), 2),
        (("marts", "mars", "März", "March", "mar", "mär", "Mrz"), 3),
        (("april", "apr."), 4),
        (("maj", "mai", "Mai", "May"), 5),
        (("juni", "June", "jun"), 6),
        (("juli", "July", "jul."), 7),
        (("august", "augusti", "aug"), 8),
        (("september", "Sept.", "sep"), 9),
        (("oktober", "October", "okt.", "oct"), 10),
        (("november", "nov."), 11),
        (("december", "desember", "Dezember", "des.", "dec.", "dez.", "dez"), 12),
    ],
)
def test_a_months_name_in_five_languages(names, month) -> None:
    for name in names:
        assert read_date(f"7. {name} 2026", ANY) == date(2026, month, 7)
        assert read_date(f"7-{name.upper()}-26", ANY) == date(2026, month, 7)


@pytest.mark.parametrize(("text", "year"), [("26", 2026), ("36", 2036), ("37", 1937), ("85", 1985), ("00", 2000), ("99", 1999)])
def test_two_digits_are_the_latest_year_that_is_not_far_ahead(text, year) -> None:
    formats = Formats(order=DateOrder.DAY_FIRST, last_year=2036)
    assert read_date(f"03.04.{text}", formats) == date(year, 4, 3)
    assert read_date(f"3. april {text}", formats) == date(year, 4, 3)
    assert read_date(f"03.04.{text}", Formats(date_format="DD.MM.YY", last_year=2036)) == date(year, 4, 3)


def test_a_format_of_the_profile_is_never_read_another_way() -> None:
    assert read_date("2026/01/02", Formats(date_format="YYYY/DD/MM")) == date(2026, 2, 1)
    assert read_date("20260102", Formats(date_format="YYYYDDMM")) == date(2026, 2, 1)
    assert refusal(read_date, "2026/01/02", Formats(date_format="DD/MM/YYYY")) == "not_a_date"


# Identifiers


@pytest.mark.parametrize("text", ["007", "0800", "12345678", "+45 12 34 56 78", "1.0.3", "10.00", "E+12", "1E5", "A-1", "1.5"])
def test_an_identifier_keeps_every_character(text) -> None:
    assert read_identifier(text, ANY) == text


@pytest.mark.parametrize(
    ("text", "code"),
    [*((t, "digits_lost") for t in ("1.23457E+12", "1,23457E+12", "4.5e+09", "1E+15")), ("1001.0", "made_a_number")],
)
def test_an_identifier_that_a_program_has_made_a_number_is_refused(text, code) -> None:
    assert refusal(read_identifier, text) == code


@pytest.mark.parametrize(
    ("country", "code", "short"),
    [
        *(("DK", "800", True), ("DK", "0800", False), ("DK", "DK-800", False), ("NO", "15", True), ("NO", "0015", False)),
        *(("DE", "1067", True), ("DE", "01067", False), ("DE", "D-1067", False), ("SE", "123 45", False), ("US", "2134", True)),
        *(("US", "02134-1000", False), ("GB", "12", False), ("", "12", False), ("FR", "1000", True), ("IT", "10", True)),
    ],
)
def test_a_postal_code_of_too_few_digits_has_lost_one(country, code, short) -> None:
    if short:
        with pytest.raises(ValueProblem, match="zero in front"):
            check_postal_code(country, code)
    else:
        check_postal_code(country, code)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        *((t, True) for t in ("#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!", "#I/T", "#NV", "#SAKNAS!")),
        *((t, True) for t in ("#VÆRDI!", "#REFERENCE!", "#WERT!", "#BEZUG!", "#VERDI!", "########", "##", "Err:502")),
        *((t, False) for t in ("#", "#1", "#NAVNE", "N/A", "# N/A", "Err:5", "", "No. #4")),
    ],
)
def test_the_errors_of_spreadsheets(text, error) -> None:
    assert shows_error(text) is error


# Lists and ids


def test_a_country_is_read_as_its_code() -> None:
    assert [read_country(text, ANY) for text in ("dk", "Denmark", "NA")] == ["DK", "DK", "NA"]
    assert refusal(read_country, "Swedn") == "country"


def test_a_currency_is_read_in_capitals() -> None:
    assert read_currency(" dkk ", ANY) == "DKK"


@pytest.mark.parametrize(
    ("cell", "flag"),
    [*((c, True) for c in (True, 1, 1.0, "yes", "YES", "x", "ja", "true")), *((c, False) for c in (False, 0, "no", "Nej", "0"))],
)
def test_a_flag(cell, flag) -> None:
    assert read_flag(cell, ANY) is flag


@pytest.mark.parametrize("cell", ["maybe", 2, "y e s", 0.5])
def test_a_flag_that_is_neither_is_refused(cell) -> None:
    assert refusal(read_flag, cell) == "flag"


def test_an_id() -> None:
    assert str(read_uuid(" 3C90C3CC-0d44-4b50-8888-8dd25736052a ", ANY)) == "3c90c3cc-0d44-4b50-8888-8dd25736052a"
    assert refusal(read_uuid, "3c90c3cc-0d44") == "uuid"
    assert refusal(read_uuid, 12) == "uuid"


def test_json() -> None:
    assert read_json_list('[{"amount": -50000}, {"amount": 1}]', ANY) == [{"amount": -50000}, {"amount": 1}]


@pytest.mark.parametrize("cell", ["{}", "[1]", "[{]", "x", '[{"amount": NaN}]', "[" * 30_000, '"[]"', 5])
def test_json_of_another_kind_is_refused(cell) -> None:
    assert refusal(read_json_list, cell) == "json"


def test_every_kind_of_column_has_a_reader() -> None:
    assert set(READERS) == set(ValueKind)
