from __future__ import annotations

from pathlib import Path

import pytest
from support.paths import ROOT

from importer.errors import ExitCode, ProfileError
from importer.loader.profile import Profile
from importer.loader.profiles.profile_file import load_profile
from importer.loader.values.parsers import Formats

WHOLE = """
description = "Open items"
sheet = ["Open", "Closed"]
holds = "flat"
header_row = 3
encoding = "windows-1252"
delimiter = ";"
quote = "'"
date_format = "DD.MM.YYYY"
decimal = ","
date_cells = "trusted"
amount_sign = "signed"
ignore = ["Internal"]
[columns]
Kunde = "debtor_name"
"Beløb" = ["amount_to_recover", "voucher_amount"]
[constants]
currency = "DKK"
"voucher_properties.costCentre" = "7"
[values.debtor_type]
E = "Company"
"""


def test_every_key_of_a_profile(tmp_path: Path) -> None:
    (tmp_path / "open.toml").write_text(WHOLE, encoding="utf-8")
    profile = load_profile("open", (tmp_path,))
    assert profile.name == "open"
    assert profile.sheets() == ("Open", "Closed")
    assert (profile.holds, profile.header_row, profile.amount_sign) == ("flat", 3, "signed")
    assert (profile.encoding, profile.delimiter, profile.quote) == ("windows-1252", ";", "'")
    assert profile.date_cells == "trusted"
    assert profile.formats() == Formats(decimal=",", date_format="DD.MM.YYYY")
    assert profile.targets() == ["debtor_name", "amount_to_recover", "voucher_amount"]
    assert profile.constants == {"currency": "DKK", "voucher_properties.costCentre": "7"}
    assert profile.values == {"debtor_type": {"E": "Company"}}
    assert profile.ignore == ["Internal"]


def test_an_empty_profile_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "none.toml"
    path.write_text("")
    profile = load_profile(str(path), ())
    assert profile == Profile(name="none")
    assert profile.sheets() == ()


def test_the_worked_example_is_a_valid_profile() -> None:
    folder = ROOT / "templates" / "profiles"
    assert load_profile("accounts-receivable", (folder,)).date_format == "M/D/YYYY"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("colums = 1", "colums: there is no such key"),
        ('decimal = "x"', "decimal"),
        ("header_row = 0", "header_row"),
        ('delimiter = ";;"', "delimiter"),
        ('encoding = "utf-99"', "no encoding has this name"),
        ('date_format = "DD.MM"', "date_format: write day, month and year"),
        ('date_format = "DD.DD.YYYY"', "date_format: write day, month and year"),
        ('holds = "case"', "holds"),
        ('amount_sign = "minus"', "amount_sign"),
        ('[columns]\nKunde = "debtor"', '"debtor" is not a column'),
        ('[constants]\nnobody = "x"', '"nobody" is not a column'),
        ('[values.nothing]\na = "b"', '"nothing" is not a column'),
        ('[columns]\nA = "currency"\n[constants]\ncurrency = "DKK"', "both mapped and constant"),
        ('ignore = ["Date"]\n[columns]\ndate = "date"', '"date" is both in ignore and in [columns]'),
        ("[columns", "not valid TOML"),
        ('[columns]\nBeløb = "amount_to_recover"', "must be in quotes"),
    ],
)
def test_a_mistake_in_a_profile_is_reported_with_its_key(tmp_path: Path, text, message) -> None:
    path = tmp_path / "p.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ProfileError) as caught:
        load_profile(str(path), ())
    assert message in str(caught.value)
    assert "p.toml" in str(caught.value)
    assert caught.value.exit_code is ExitCode.USAGE


@pytest.mark.parametrize("name", ["source", "voucher_source", "properties.x", "voucher_properties.x", "case_id", "tag"])
def test_names_of_every_shape_may_be_used(name) -> None:
    Profile(constants={name: "x"})


def test_a_profile_that_is_not_there_names_those_that_are(tmp_path: Path) -> None:
    with pytest.raises(ProfileError, match=r"write profiles/NAME\.toml"):
        load_profile("bank", (tmp_path,))
    (tmp_path / "other.toml").write_text("")
    with pytest.raises(ProfileError, match="Profiles here: other"):
        load_profile("bank", (tmp_path,))
    with pytest.raises(ProfileError, match="no profile file"):
        load_profile(str(tmp_path / "bank.toml"), ())


def test_a_profile_that_notepad_wrote(tmp_path: Path) -> None:
    (tmp_path / "p.toml").write_bytes(b'\xef\xbb\xbfdecimal = ","\r\n')
    assert load_profile("p", (tmp_path,)).decimal == ","


def test_a_profile_that_is_not_utf8_is_told(tmp_path: Path) -> None:
    (tmp_path / "p.toml").write_bytes('description = "Beløb"'.encode("cp1252"))
    with pytest.raises(ProfileError, match="not valid TOML"):
        load_profile("p", (tmp_path,))
