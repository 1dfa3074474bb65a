"""The question of `map` about a text whose letters fit several encodings."""

from __future__ import annotations

import pytest

from importer.commands.map import map_file
from importer.commands.map_request import MapRequest
from importer.errors import EncodingUnclear, ExitCode, UsageError
from importer.loader.profiles.profile_file import read_profile
from importer.settings import Settings

LIST = (
    "Case ref;Creditor company name;Creditor country;Debtor type;Debtor name;Debtor country;Creditor reference;Date;Due date;"
    "Currency;Amount to recover\nC1;Nordlys A/S;DK;Person;S\u00f8ren B\u00f8l;DK;F1;2026-03-04;2026-12-24;DKK;5.00\n"
)


class Answering:
    def __init__(self, *typed):
        self.typed, self.shown = list(typed), []

    def say(self, line):
        self.shown.append(line)

    def ask(self, prompt):
        self.shown.append(prompt)
        return self.typed.pop(0)


def mapped(folder, user, **more):
    path = folder / "a.csv"
    path.write_bytes(LIST.encode("cp850"))
    return map_file(MapRequest(path, folders=(folder / "profiles",), **more), Settings(), user, lambda _: None)


@pytest.mark.parametrize(
    ("typed", "written"), [(("1",), "cp850"), (("2",), "cp1252"), (("7", "no-such", "base64", "cp865"), "cp865")]
)
def test_the_right_encoding_is_asked_for_and_written(tmp_path, typed, written) -> None:
    user = Answering(*typed, "y")
    assert mapped(tmp_path, user).exit_code is ExitCode.OK
    assert user.typed == []
    assert read_profile(tmp_path / "profiles" / "a.toml").encoding == written
    assert [line for line in user.shown if line.startswith("  1  ") and line.endswith("(cp850)")]


def test_an_option_answers_without_a_terminal(tmp_path) -> None:
    assert mapped(tmp_path, None, encoding="cp850", only_sure=True).exit_code is ExitCode.OK
    assert read_profile(tmp_path / "profiles" / "a.toml").encoding == "cp850"


@pytest.mark.parametrize("user", [None, Answering("")])
def test_without_an_answer_the_file_is_refused_and_nothing_written(tmp_path, user) -> None:
    with pytest.raises(EncodingUnclear, match='encoding = "cp850", or encoding = "cp1252"'):
        mapped(tmp_path, user)
    assert not (tmp_path / "profiles").exists()


def test_an_unknown_encoding_is_a_wrong_option(tmp_path) -> None:
    with pytest.raises(UsageError, match="no encoding has this name"):
        mapped(tmp_path, None, encoding="no-such", only_sure=True)
