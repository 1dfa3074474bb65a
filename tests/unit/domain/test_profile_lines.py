"""Every line that a message advises for a profile is valid TOML, whatever the headings and values are."""

from __future__ import annotations

import tomllib

from hypothesis import given
from hypothesis import strategies as st

from importer.domain.profile_lines import assignment, profile_lines

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@given(TEXTS, TEXTS, st.lists(TEXTS, max_size=3))
def test_a_line_gives_its_key_its_value(key, value, values):
    assert tomllib.loads(assignment(key, value)) == {key: value}
    assert tomllib.loads(assignment(key, values)) == {key: values}


@given(st.dictionaries(TEXTS, TEXTS, max_size=4), st.dictionaries(TEXTS, TEXTS, max_size=4), st.lists(TEXTS, max_size=3))
def test_advice_is_valid_line_by_line_and_as_a_whole(columns, constants, ignored):
    text = profile_lines({"columns": columns, "ignore": ignored, "constants": constants}, dict.fromkeys(columns, "or another"))
    for line in text.split("\n"):
        tomllib.loads(line)
    wanted = {"columns": columns, "constants": constants}
    assert tomllib.loads(text) == {"ignore": ignored} | {name: table for name, table in wanted.items() if table}
