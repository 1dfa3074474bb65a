import pytest

from importer.domain.personal_numbers.texts import is_masked, mask_text, without_masks


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("010180-1234", "010180-****"),
        ("Ring til Jens, 010180-1234", "Ring til Jens, 010180-****"),
        ("800101-1234", "800101-****"),  # year, month, day
        ("800161-1234", "800161-****"),  # a Swedish coordination number
        ("800101+1234", "800101+****"),
        ("19800101-1234", "19800101-****"),
        ("010180 - 1234", "010180 - ****"),
        ("131052-308T", "131052-****"),
        ("010101A123X", "010101*****"),
        ("29029600013", "290296*****"),  # both check digits fit
        ("690296 00013", "690296 00013"),  # they do not, for a D-number
        ("010180-12345", "010180-*****"),
        ("CPR 010180 1234", "CPR 010180 ****"),
        ("cpr-nr.: 0101801234, ring 12 34 56 78", "cpr-nr.: 010180****, ring 12 34 56 78"),
        ("Fødselsnr: 010180 12345", "Fødselsnr: 010180 *****"),
        ("BSN 123456782", "BSN *********"),
        ("PESEL: 44051401359", "PESEL: ***********"),
        ("SSN 123 45 6789", "SSN *********"),
        ("123-45-6789", "*********"),
        ("RSSMRA80A01H501U", "****************"),
        ("SE800101123401", "SE800101****01"),
        ("０１０１８０－１２３４", "010180-****"),
        ("0101\u200b80\u20131234", "010180-****"),
        ("80.01.01-123.45", "80.01.01-*****"),
        ("X1234567L", "*********"),
        ("CPR: 010180/1234", "CPR: 010180/****"),
        ("CPR 01 01 80 1234", "CPR 01 01 80 ****"),
        ("CPR_0101801234", "CPR_010180****"),
        ("cpr-nummer er 0101801234", "cpr-nummer er 010180****"),
        ("personnr 01.01.80 1234", "personnr 01.01.80 ****"),
        ("01.01.80-1234", "01.01.80-****"),
        ("fnr. 01018012345", "fnr. 010180*****"),
        ("f.nr 010180 12345", "f.nr 010180 *****"),
        ("P-nr 010155 1234", "P-nr 010155 ****"),
        ("svnr 1237 010180", "svnr **********"),
        ("010180-1234,020280-2345 0303803456", "010180-****,020280-**** 030380****"),
    ],
)
def test_a_personal_number_is_masked(text, masked) -> None:
    assert mask_text(text) == masked
    assert mask_text(masked) == masked


@pytest.mark.parametrize(
    "text",
    [
        *("INV-20261", "12345678", "5560125790", "SE556012579001", "0101801234", "44051401359", "123456782", "999888777"),
        *("2026-01-31", "31.01.2026 12:00", "070-123 45 67", "+45 12 34 56 78", "DK5000400440116243", "321380-1234"),
        *("000-12-3456", "Havnegade 4, 8000 Århus", "faktura 12345678 af 2026-01-31", "X1234567A", "", "-"),
        *("F.nr 202600012", "cpr mangler faktura 1234567890", "P-nr 1063388394", "fnr 1234567890"),
    ],
)
def test_other_numbers_stay_as_they_are(text) -> None:
    assert mask_text(text) is text


@pytest.mark.parametrize(
    ("text", "alone"),
    [("010180-****", True), ("010180****", True), ("SE800101****01", True), ("*********", True), ("CPR 010180-****", False)],
)
def test_a_masked_cell_is_recognised(text, alone) -> None:
    assert is_masked(text) is alone


@pytest.mark.parametrize("text", ["*", "**", "4571 **** 1234", "Total ****x", "010180-1234"])
def test_other_stars_are_no_mask(text) -> None:
    assert not is_masked(text)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Jens Hansen 010180-****", "Jens Hansen"),
        ("Jens Hansen (CPR 010180-****)", "Jens Hansen"),
        ("Hansen, Jens, cpr.nr. 010180-****", "Hansen, Jens"),
        ("010180-**** Jens Hansen", "Jens Hansen"),
        ("Jens Hansen", "Jens Hansen"),
    ],
)
def test_a_name_is_read_without_the_number(text, name) -> None:
    assert without_masks(text) == name
