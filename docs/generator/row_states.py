"""The tables of docs/columns.md on the columns that show whether a row is a claim, and on the values in them."""

from __future__ import annotations

from generator.text import code, sentence, table
from importer.domain.row_states import IN_WORDS, Meaning, StateColumn, headings_of, sort_of, words_of


def headings() -> str:
    rows = [[code(column), ", ".join(headings_of(column)), ", ".join(headings_of(column, weak=True))] for column in StateColumn]
    return table(("column", "taken", "taken if the first cells are known values"), rows)


def words() -> str:
    rows = []
    for meaning in Meaning:
        certain, confirmed = words_of(meaning)
        name = code(meaning.value.replace("_", " "))
        rows.append([name, sentence(IN_WORDS[meaning]), sort_of(meaning), ", ".join(certain), ", ".join(confirmed)])
    return table(("meaning", "the row is", "sort", "certain", "to be confirmed once"), rows)
