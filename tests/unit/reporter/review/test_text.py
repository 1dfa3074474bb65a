"""Lines of at most 80 columns."""

from __future__ import annotations

import unicodedata

from hypothesis import given, settings
from hypothesis import strategies as st
from support.examples import examples
from support.reviews import TEXTS, columns

from importer.reporter.review.text import counted, flow, visible, wrapped


@settings(max_examples=examples(30), deadline=None)
@given(TEXTS, st.integers(0, 40), st.integers(0, 40))
def test_a_text_is_wrapped_and_not_cut(text, first, rest) -> None:
    lines = wrapped(text, " " * first, " " * rest)
    assert all(columns(line) <= 80 for line in lines)
    assert "".join("".join(lines).split()) == "".join(visible(text).split())


@settings(max_examples=examples(30), deadline=None)
@given(TEXTS)
def test_nothing_is_left_that_a_terminal_takes_for_a_command(text) -> None:
    assert not any(unicodedata.category(character) in {"Cc", "Cf", "Zl", "Zp"} for character in visible(text))


def test_amounts_are_not_divided_between_lines() -> None:
    lines = flow([f"DKK {number},000.00" for number in range(100, 110)], "  Cases  ", gap="  ")
    assert all(line.endswith("000.00") for line in lines)
    assert [line[:9] for line in lines] == ["  Cases  ", " " * 9, " " * 9]


def test_wide_letters_take_two_columns() -> None:
    assert [len(line) for line in wrapped("中" * 100)] == [40, 40, 20]


def test_numbers_with_their_nouns() -> None:
    assert (counted(1, "case"), counted(1200, "case"), counted(0, "file")) == ("1 case", "1,200 cases", "0 files")
