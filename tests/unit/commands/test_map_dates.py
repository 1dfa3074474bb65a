"""The question of `map` about dates that do not show which part is the day."""

from __future__ import annotations

import pytest

from importer.commands.map import map_file
from importer.commands.map_request import MapRequest
from importer.errors import ExitCode
from importer.loader.profiles.profile_file import read_profile
from importer.settings import Settings

HEAD = "Case ref;Creditor company name;Creditor country;Debtor type;Debtor name;Debtor country;Creditor reference;Date;Due date;"
ROW = "C1;Nordlys A/S;DK;Person;Bo Ek;DK;F1;{};2026-12-24;DKK;5.00\n"


class Typist:
    def __init__(self, *typed):
        self.typed, self.heard = list(typed), []

    def say(self, line):
        self.heard.append(line)

    def ask(self, prompt):
        self.heard.append(prompt)
        return self.typed.pop(0)


def mapped(folder, day, user):
    path = folder / "a.csv"
    path.write_text(f"{HEAD}Currency;Amount to recover\n{ROW.format(day)}", encoding="utf-8")
    return map_file(MapRequest(path, folders=(folder / "profiles",)), Settings(), user, lambda _: None)


@pytest.mark.parametrize(("typed", "written"), [("1", "DD/MM/YYYY"), ("2", "MM/DD/YYYY")])
def test_the_order_of_days_is_asked_for(tmp_path, typed, written):
    user = Typist("x", typed, "y")
    assert mapped(tmp_path, "03/04/2026", user).exit_code is ExitCode.OK
    assert read_profile(tmp_path / "profiles" / "a.toml").date_format == written
    assert any("do not show which part is the day" in line for line in user.heard)


def test_without_a_terminal_or_an_answer_the_commands_are_named(tmp_path):
    for user in (None, Typist("")):
        lines = " ".join(mapped(tmp_path, "03/04/2026", user).lines)
        assert "--date-format DD/MM/YYYY` or `importer map" in lines
        assert not (tmp_path / "profiles").exists()


@pytest.mark.parametrize("day", ["25/04/2026", "2026-04-03"])
def test_dates_that_show_their_order_are_not_asked_about(tmp_path, day):
    assert "date-format" not in " ".join(mapped(tmp_path, day, Typist()).lines)
