"""The vocabulary of states: one file that names its sources and that anybody may extend."""

from __future__ import annotations

import tomllib
from importlib.resources import files

import pytest

from importer.domain import row_states
from importer.domain.aliases import LANGUAGES, keys, systems
from importer.domain.row_states import Meaning, StateColumn, StateWord, find

TEXT = files("importer.domain").joinpath("row_states.toml").read_text(encoding="utf-8")
FILE = tomllib.loads(TEXT)


def test_every_name_in_the_file_is_known():
    assert set(FILE["heading"]) == {*StateColumn, "unclear_amount"}
    assert set(FILE["word"]) == set(Meaning)
    assert {name for entry in FILE["system"] for name in entry} <= {"name", *Meaning}
    assert {language for entry in FILE["word"].values() for language in entry} <= {*LANGUAGES, "confirm"}


def test_every_system_is_recognised_by_its_headings_and_has_a_source():
    names = {entry["name"] for entry in FILE["system"]}
    assert names <= {system.name for system in systems()}
    sources = "".join(line.lstrip("# ") for line in TEXT.splitlines() if line.startswith("#"))
    spelt = {"Zoho Books": "Zoho"}
    assert {name for name in names if f"{spelt.get(name, name)}:" not in sources} == set()


def test_no_word_is_certain_in_two_meanings():
    found: dict[str, set[str]] = {}
    for name, entry in FILE["word"].items():
        for key in keys(word for language in LANGUAGES for word in entry.get(language, ())):
            found.setdefault(key, set()).add(name)
    assert {key: names for key, names in found.items() if len(names) > 1} == {}


@pytest.fixture
def extended(monkeypatch):
    """The vocabulary with a line that somebody has added, and without what was remembered of the file."""
    more = TEXT.replace('da = ["Betalt", ', 'da = ["Betalt", "Klaret", ', 1)
    monkeypatch.setattr(row_states, "_file", lambda: tomllib.loads(more))
    row_states._words.cache_clear()
    yield
    row_states._words.cache_clear()


@pytest.mark.usefixtures("extended")
def test_a_word_that_somebody_adds_is_understood():
    assert find(StateColumn.ROW_STATE, "klaret", None) == StateWord(Meaning.PAID, is_certain=True)


def test_it_is_unknown_before():
    assert find(StateColumn.ROW_STATE, "klaret", None) is None
