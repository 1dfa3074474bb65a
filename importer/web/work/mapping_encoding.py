"""The question of the page about a text whose letters fit several encodings: some of its lines as they are in each."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from importer.domain.personal_numbers.texts import mask_text
from importer.errors import EncodingUnclear
from importer.loader.files.letters import called
from importer.loader.files.text_encoding import codec_of
from importer.loader.profiles.sampling import sample_file

MOST_LINES = 3
LONGEST_LINE = 160
_SAMPLE = 256 << 10
_WITH_LETTERS = re.compile(rb"[^\r\n]*[\x80-\xff][^\r\n]*")
_DIGITS = re.compile(r"\d[\d .,:/+-]{4,}\d")
"""Dates, amounts and numbers, which are the same in every encoding and may be personal numbers."""


@dataclass(frozen=True)
class EncodingWay:
    """An encoding that may be right: its name in a profile, what it is called, and lines of the text as they are in it."""

    encoding: str
    called: str
    lines: tuple[str, ...]


def encoding_ways(path: Path) -> tuple[EncodingWay, ...]:
    """Return the encodings of which one must be chosen before a file can be read; none if its letters leave nothing open.

    Raises FileRefused if the file cannot be read for another reason.
    """
    try:
        sample_file(path)
    except EncodingUnclear as unclear:
        lines = _lines_of(path)
        return tuple(
            EncodingWay(encoding, called(encoding), tuple(_shown(line, encoding) for line in lines))
            for encoding, _ in unclear.ways
        )
    return ()


def _lines_of(path: Path) -> list[bytes]:
    """Return the first lines with letters beyond ASCII, each once."""
    with path.open("rb") as file:
        found = _WITH_LETTERS.findall(file.read(_SAMPLE))
    return list(dict.fromkeys(found))[:MOST_LINES]


def _shown(line: bytes, encoding: str) -> str:
    text = _DIGITS.sub("…", mask_text(line.decode(codec_of(encoding), errors="replace")))
    return text if len(text) <= LONGEST_LINE else f"{text[:LONGEST_LINE]} …"
