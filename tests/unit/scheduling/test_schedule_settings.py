"""The sections of schedules: what they must have, and what is refused with a reason."""

from pathlib import Path

import pytest

from importer.errors import SettingsError
from importer.settings import load_settings

NIGHTLY = '[schedule.nightly]\npaths = "incoming"\nat = "Mon..Fri 03:30"\n'


def load(tmp_path, text):
    path = tmp_path / "importer.toml"
    path.write_text(text, encoding="utf-8")
    return load_settings(path)


def test_one_path_and_one_time_are_enough(tmp_path):
    found = load(tmp_path, NIGHTLY).schedule["nightly"]
    assert (found.paths, found.at) == (("incoming",), ("Mon..Fri 03:30",))
    assert (found.stop_at_quota, found.resume_first, found.on_battery, found.system) == (True, True, True, False)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ('at = "daily"', 'write it as "Mon..Fri 03:30"'),
        ("at = []", "schedule.nightly.at"),
        ('paths = ["a/**/*.xlsx"]', r"\*\* is not supported"),
        ('paths = ""', "name a file, a folder or a pattern"),
        ('timezone = "Mars"', "is not a time zone"),
        ('max_rejected = "5"', "write it in percent"),
        ('user = "a b"', "is not the name of a user"),
        ('credentials = { debbie_token = "x" }', "write the whole path"),
        ('credentials = { password = "/x" }', "schedule.nightly.credentials"),
        ("bogus = 1", "there is no such key"),
    ],
)
def test_what_is_wrong_is_named(tmp_path, more, said):
    name = more.partition(" ")[0]
    kept = "\n".join(line for line in NIGHTLY.splitlines() if not line.startswith(f"{name} "))
    with pytest.raises(SettingsError, match=said):
        load(tmp_path, f"{kept}\n{more}\n")


def test_a_name_that_is_no_name_of_a_file_is_refused(tmp_path):
    with pytest.raises(SettingsError, match="cannot name a schedule"):
        load(tmp_path, NIGHTLY.replace("nightly", '"../x"'))


def test_one_setting_of_a_schedule_comes_from_a_variable(tmp_path, monkeypatch):
    monkeypatch.setenv("IMPORTER_SCHEDULE__NIGHTLY__OUTPUT", "reports")
    assert load(tmp_path, NIGHTLY).schedule["nightly"].output == Path("reports")
