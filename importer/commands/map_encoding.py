"""The question of `importer map` about a text whose letters fit several encodings."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from importer.errors import EncodingUnclear, FileRefused
from importer.loader.files.text_encoding import known_encoding
from importer.loader.profiles.recognition import ProfileSet
from importer.loader.profiles.sampling import sample_file
from importer.workspace.dialogue import Dialogue

Read = TypeVar("Read")


def in_encoding(read: Callable[[str | None], Read], encoding: str | None, dialogue: Dialogue | None) -> tuple[str | None, Read]:
    """Return the encoding of a text, asked for if its letters leave it open, and what is read with it.

    ``encoding`` is the one that the user has given. Raises EncodingUnclear if there is no answer.
    """
    try:
        return encoding, read(encoding)
    except EncodingUnclear as unclear:
        answer = _asked(dialogue, unclear) if dialogue else None
        if answer is None:
            raise
    return answer, read(answer)


def _asked(dialogue: Dialogue, unclear: EncodingUnclear) -> str | None:
    """Ask which encoding is right; None if the user leaves it open."""
    ways = {str(number): way for number, way in enumerate(unclear.ways, start=1)}
    dialogue.say("\nThe file is not UTF-8, and its letters fit several encodings. Which of these is right?")
    for number, (encoding, word) in ways.items():
        dialogue.say(f"  {number}  {word}  ({encoding})")
    while typed := dialogue.ask("Number, or the name of another encoding; Enter leaves it open: ").strip():
        if typed in ways:
            return ways[typed][0]
        try:
            known_encoding("The file", typed)
        except FileRefused:
            dialogue.say(f"No encoding of texts is called {typed!r}. Names are, for instance, cp866, koi8-r and utf-8-twice.")
        else:
            return typed
    return None


def has_profile_with_encoding(path: Path, known: ProfileSet) -> bool:
    """Return whether a saved profile that names an encoding is for a file, as it is read in that encoding."""
    named = [one for one in known.profiles if one.profile.encoding]
    for encoding in {one.profile.encoding for one in named}:
        try:
            headings = {sample.name: sample.header for sample in sample_file(path, encoding)}
        except FileRefused:
            continue
        if any(one.matches(headings) for one in named if one.profile.encoding == encoding):
            return True
    return False
