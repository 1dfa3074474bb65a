"""Notes as data: they survive the ledger, and name few rows however many there are."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from importer.domain.notes import MAX_NAMED, Note, NoteKind, RowNumbers, notes_from_json, notes_to_json, rows_of

_ROWS = st.lists(st.integers(1, 2_000_000), unique=True, max_size=300).map(sorted)
_NOTES = st.builds(
    Note,
    kind=st.sampled_from(NoteKind),
    sheet=st.none() | st.text(max_size=8),
    rows=_ROWS.map(rows_of),
    values=st.lists(st.tuples(st.sampled_from(("heading", "text")), st.text(max_size=8)), max_size=3).map(tuple),
)


@given(notes=st.lists(_NOTES, max_size=3).map(tuple))
def test_notes_survive_the_ledger(notes) -> None:
    assert notes_from_json(notes_to_json(notes)) == notes


def test_a_note_without_particulars_is_short() -> None:
    assert notes_to_json([Note(NoteKind.LINKED_WORKBOOKS)]) == '[{"kind":"linked_workbooks"}]'


def test_a_sentence_of_an_earlier_version_is_kept_as_it_is() -> None:
    said = 'Sheet "Åbne poster": not used: "Sælger".'
    (note,) = notes_from_json(json.dumps([said]))
    assert (note.kind, note.value("text")) == (NoteKind.SENTENCE, said)


def test_rows_are_kept_as_ranges() -> None:
    assert rows_of([3, 4, 5, 9]) == RowNumbers(((3, 5), (9, 9)))
    assert rows_of([3, 4, 5, 9]).count == 4


@given(numbers=_ROWS)
def test_rows_are_all_counted_and_few_are_kept(numbers) -> None:
    rows = rows_of(numbers)
    named = [number for first, last in rows.ranges for number in range(first, last + 1)]
    assert named == numbers[:MAX_NAMED]
    assert rows.count == len(numbers)
    assert rows.last == (numbers[-1] if rows.more else 0)


def test_a_million_rows_are_as_short_as_some_hundreds() -> None:
    assert len(notes_to_json([Note(NoteKind.TOTALS, "Cases", rows_of(range(1, 1_000_000, 2)))])) < 20 * MAX_NAMED
