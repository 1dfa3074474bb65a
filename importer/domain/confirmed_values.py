"""The values of columns that a person has confirmed for a kind of list, by approving an import that showed them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from importer.domain.notes import Note, NoteKind
from importer.domain.raw_rows import headings_digest
from importer.domain.row_states import IN_WORDS, WITH_WORDS, Meaning, StateColumn

ConfirmedValue = tuple[str, str]
"""A text of a column, and in words what it was taken for. It is confirmed only as long as it is taken for the same."""

Confirmed = Mapping[str, Mapping[str, tuple[ConfirmedValue, ...]]]
"""Kind of list (see :func:`list_keys`) → heading → the values in its column that were confirmed, sorted."""

NOTHING_CONFIRMED: Confirmed = {}


def list_keys(profile: str | None, header: Sequence[str]) -> tuple[str, ...]:
    """Return the names of a kind of list: that of its profile, and a digest of its headings if it has no profile."""
    return (f"profile {profile}",) if profile else (headings_digest(tuple(header)),)


def confirmed_in(confirmed: Confirmed, profile: str | None, header: Sequence[str]) -> Mapping[str, frozenset[ConfirmedValue]]:
    """Return the confirmed values of a list by heading."""
    found: dict[str, frozenset[ConfirmedValue]] = {}
    for key in list_keys(profile, header):
        for heading, values in confirmed.get(key, {}).items():
            found[heading] = found.get(heading, frozenset()).union(values)
    return found


def listed_values(notes: Iterable[Note]) -> Iterable[tuple[str, str, frozenset[ConfirmedValue]]]:
    """Yield what a review showed of the columns that show whether a row is a claim: sheet, heading, the known values."""
    for note in notes:
        if note.kind is NoteKind.VALUES_READ and note.value("column") in set(StateColumn):
            values = zip(note.all("value"), note.all("taken"), strict=True)
            yield note.sheet or "", note.value("heading"), frozenset((text, taken) for text, taken in values if taken)


class UnconfirmedValue(NamedTuple):
    """A value of a state that is known but not certain, and what it was taken for."""

    heading: str
    text: str
    meaning: Meaning

    @property
    def value(self) -> ConfirmedValue:
        return self.text, IN_WORDS[self.meaning]


def values_to_confirm(notes: Iterable[Note]) -> Iterable[UnconfirmedValue]:
    """Yield the values of states that are known but not certain, each with what it was taken for."""
    by_words = {words: meaning for meaning, words in IN_WORDS.items()}
    for note in notes:
        if note.kind is NoteKind.VALUES_READ and note.value("column") in WITH_WORDS:
            for text, taken, sure in zip(note.all("value"), note.all("taken"), note.all("sure"), strict=True):
                if sure == "no" and taken in by_words:
                    yield UnconfirmedValue(note.value("heading"), text, by_words[taken])
