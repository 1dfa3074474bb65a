"""Number formats against what LibreOffice shows, and what they mean for identifiers and amounts."""

from __future__ import annotations

import csv
from decimal import Decimal
from pathlib import Path

import pytest

from importer.domain.number_formats.built_in import BUILT_IN, LOCALE_BOUND, kept_built_in
from importer.domain.number_formats.meaning import OddAmount, bare_digits, identifier_text, must_be_kept, odd_amount
from importer.domain.number_formats.number_format import exact, number_format
from importer.domain.number_formats.section import CurrencySign
from importer.domain.number_formats.tokens import sections_of

GOLDEN = Path(__file__).parents[3] / "golden" / "number_formats" / "shown.tsv"
ENOUGH = 150
OWN_CHOICES = {
    # A section that takes what is left: LibreOffice drops the minus of numbers below zero, Excel keeps it.
    ('[>=1000]"big "0;"small "0', "-42"): "-small 42",
    ('[=5]"five";0', "-42"): "-42",
    ('[>1000]#,##0;[>10]0;"few "0', "-42"): "-few 42",
    ("[>=0]0;0", "-42"): "-42",
    # LibreOffice groups the digits only if the format has three places behind the comma, Excel always.
    **{(code, value): shown for code in ("#,#", "0,0") for value, shown in (("1234.5", "1,235"), ("-1234.5", "-1,235"))},
    **{(code, "1234567.891"): "1,234,568" for code in ("#,#", "0,0")},
    # LibreOffice shows a zero where the format has no place for it.
    ("#E+0", "0"): "E+0",
}


def golden() -> list[tuple[str, str, str]]:
    with GOLDEN.open(encoding="utf-8", newline="") as file:
        return [(row["code"], row["value"], row["shown"]) for row in csv.DictReader(file, delimiter="\t")]


def shown(code: str, value: str) -> str:
    form = number_format(code)
    return form.show_text(value) if value.isalpha() else form.show(exact(float(value))) or ""


def test_every_format_is_shown_as_libreoffice_shows_it() -> None:
    rows = golden()
    assert len({code for code, _, _ in rows}) >= ENOUGH
    ours = {(code, value): shown(code, value).strip() for code, value, _ in rows}
    theirs = {(code, value): text.strip() for code, value, text in rows}
    assert {key: text for key, text in ours.items() if text != theirs[key]} == OWN_CHOICES


@pytest.mark.parametrize(
    ("code", "value", "text"),
    [
        ('"INV-"0', 1067, "INV-1067"),
        ('"INV-"00000', 1067, "INV-01067"),
        ('0"/25"', 1067, "1067/25"),
        ('"0"0', 1067, "01067"),
        ("0.00", 2025.1, "2025.10"),
        ("0.00", 2025, "2025.00"),
        ("[$-406]0.00", 2025.1, "2025,10"),
        ("[$-da-DK]0.00", 2025.1, "2025,10"),
        ("00000.0", 7.5, "00007.5"),
        ("[<=99999]00000;00000-0000", 501, "00501"),
        ("[<=99999]00000;00000-0000", 123456789, "12345-6789"),
        ("[<=9999999]###-####;(###) ###-####", 5551234, "555-1234"),
        ("[<=9999999]###-####;(###) ###-####", 2125551234, "(212) 555-1234"),
        ("000-00-0000", 12345678, "012-34-5678"),
        ("#,##0", 1067, "1067"),
        ("_-* #,##0_-", 1067, "1067"),
        ("General", 2025.1, "2025.1"),
        *((code, 1067, text) for code, text in (("0-", "1067-"), ("(0)", "(1067)"), ("+0", "+1067"), ('"-"0', "-1067"))),
        *((code, 20250017, "2025-0017") for code in ("####-####", "####\\-####", "#-####")),
        ("#### ####", 20250017, "2025 0017"),
        ('"T-"@', 5, "5"),
        ("0.", 5, "5"),
        ("0;-0", -5, "-5"),
        ("0%", 0.5, "50%"),
        # what cannot be determined
        ("0", 2025.1, None),  # rounded
        ("0.0", 2025.25, None),
        ("#,##0.00", 1067, None),  # an amount
        ('#,##0.00 "kr."', 1067, None),
        ("0.00E+00", 100_000, None),  # 1E5 was perhaps typed
        ("# ?/?", 1.5, None),
        ("0,", 5000, None),
        ("0;0", -5, None),  # its minus is hidden
        (";;;", 5, None),
        ('"x"', 5, None),
        ("yyyy-mm-dd", 45717, None),
        ('"A"* 0', 5, None),  # as many blanks as fill the cell
        ("[>5]0;[<3]0", 4, None),  # no section applies
    ],
)
def test_an_identifier_as_its_cell_shows_it(code, value, text) -> None:
    assert identifier_text(code, value) == text


@pytest.mark.parametrize(
    ("code", "value", "odd"),
    [
        ("0%", 0.5, OddAmount.PERCENT),
        ('0.0 "%"', 0.5, None),  # only a literal
        ("#,##0,", 5000, OddAmount.DIVIDED),
        ('0.0,,"m"', 5000, OddAmount.DIVIDED),
        ("0.00;0.00", -5, OddAmount.WITHOUT_SIGN),
        ("0.00;0.00", 5, None),
        ("0.00;[Red]0.00", -5, None),
        ("0.00;(0.00)", -5, None),
        ("#,##0.00", -5, None),
        ("[<0]0;0", -5, OddAmount.WITHOUT_SIGN),
    ],
)
def test_amounts_that_are_shown_as_something_else(code, value, odd) -> None:
    assert odd_amount(code, value) is odd


@pytest.mark.parametrize(
    ("code", "is_date"),
    [
        *((code, False) for code in ("0.00 SEK", "USD 0.00", "DKK #,##0", "0 kr", '0 "d"')),
        *((code, True) for code in ("yyyy-mm-dd", "mm:ss.0", "h:mm:ss.000 AM/PM", "[h]:mm:ss.00", "d/m")),
    ],
)
def test_letters_of_dates_beside_digits(code, is_date) -> None:
    assert number_format(code).sections[0].is_date is is_date


@pytest.mark.parametrize(
    ("code", "signs"),
    [
        ("#,##0.00\\ [$€-407]", [("€", "407", True)]),
        ("[$€-2] #,##0.00", [("€", "2", True)]),
        ("#,##0.00 [$SEK]", [("SEK", "", True)]),
        ("[$-409]#,##0.00", []),
        ('_-* #,##0.00\\ "kr."_-', [("kr.", "", False)]),
        ("$ #,##0.00_)", [("$", "", False)]),
        ('"kr" -#,##0.00', [("kr", "", False)]),
        ('"EUR" 0 "stk."', [("EUR", "", False), ("stk.", "", False)]),
        ("#,##0.00\\ _€", []),  # only a gap as wide as the sign
    ],
)
def test_texts_beside_a_number_that_may_be_its_currency(code, signs) -> None:
    assert number_format(code).signs(Decimal(5)) == tuple(CurrencySign(*sign) for sign in signs)


@pytest.mark.parametrize(
    ("code", "kept"),
    [
        *((code, False) for code in ("General", "@", "yyyy-mm-dd", "dd-mm-yyyy;@", "[h]:mm")),
        *((code, True) for code in ("0", "0.##", "#,##0", "#,##0.00", "#,##0.00;[Red]-#,##0.00", "#,##0.00_);(#,##0.00)")),
        *((code, True) for code in ("0.00", "00000", '"F-"0', "0%", "0.00E+00", "#,##0,", "#,##0;#,##0", '"F-"@')),
        *((code, True) for code in ("[$SEK] 0", "[<9]0;00", ";;;", "# ?/?", "####-####", "0-", "(0)", "+0", "General;General")),
        *((code, True) for code in ('_-* #,##0.00_-;\\-* #,##0.00_-;_-* "-"??_-;_-@_-', '#,##0.00 "kr."', "[<0]-0;0")),
        *((code, True) for code in ("-#,##0;#,##0", '0"-"')),  # signs that numbers above zero do not have
    ],
)
def test_formats_that_a_reader_must_keep(code, kept) -> None:
    assert must_be_kept(number_format(code)) is kept


def test_formats_without_a_code_of_their_own() -> None:
    assert set(kept_built_in()) == {"1", "2", "3", "4", "9", "10", "11", "12", "13", "48"}
    assert LOCALE_BOUND.isdisjoint(BUILT_IN)


def test_sections_are_parted_by_semicolons_that_are_neither_quoted_nor_escaped() -> None:
    assert sections_of('"a;b"0;\\;0;[$;-409]0;_;0') == ['"a;b"0', "\\;0", "[$;-409]0", "_;0"]
    assert sections_of("") == [""]
    assert sections_of("0;") == ["0", ""]


@pytest.mark.parametrize(
    "code", ["", "[", "[$", '"', "\\", "_", "*", ";;;;;", "[>]0", "[<=x]0", "0.0.0", "E+", "@@", "//", "[$-zz]0.0"]
)
def test_odd_codes_are_formats_too(code) -> None:
    form = number_format(code)
    assert isinstance(form.show(Decimal("1.5")) or "", str)
    assert isinstance(must_be_kept(form), bool)
    assert isinstance(identifier_text(code, 1.5) or "", str)


ALIKE = {
    "0": {5, 1067, -5, 0},
    "#,##0": {5, 1067, -5, 0},
    "_-* #,##0_-": {5, 1067, -5, 0},
    "#": {5, 1067, -5},
    "#,##0.00": {2025.25, -2025.25, 0.25},
    "#,##0.00_);(#,##0.00)": {2025.25, 0.25},
    "0.0": {2025.1},
    "0.##": {5, 1067, -5, 0, 2025.1, 2025.25, -2025.25, 0.25},
    ".00": {2025.25, -2025.25},
    '_-* #,##0.00\\ _k_r_-;\\-* #,##0.00\\ _k_r_-;_-* "-"??\\ _k_r_-;_-@_-': {2025.25, 0.25},
}
NEVER = (
    "####-####",
    "0-",
    "(0)",
    "+0",
    "00",
    "#\\ ##0",
    "0%",
    "0,",
    "[<9]0;0",
    "[$-406]0.00",
    '"F-"0',
    "# ?/?",
    "0E+0",
    '0;0;0;"F-"@',
)


@pytest.mark.parametrize(("code", "alike"), [*ALIKE.items(), *((code, set()) for code in NEVER)])
def test_numbers_that_a_format_shows_as_their_digits_alone(code, alike) -> None:
    """A reader gives them as plain numbers, so that their text must be what the cell shows, apart from marks of thousands."""
    form, values = number_format(code), (5, 1067, -5, 0, 2025.1, 2025.25, -2025.25, 0.25, 2025.123, 1e-7)
    bare = bare_digits(form)
    found = {value for value in values if bare is not None and bare.shows(value)}
    assert found == alike
    for value in found:
        assert (form.show(exact(value)) or "").replace(" ", "").replace(",", "").rstrip(".") == f"{value:.15g}"
