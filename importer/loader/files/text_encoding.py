"""The encodings of text files: those that a mark or the bytes themselves show, and those that must be asked for."""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator
from typing import BinaryIO

from importer.domain.read_twice import again_as_utf8
from importer.errors import EncodingUnclear, FileRefused
from importer.loader.files.letters import WINDOWS, looks_like, words_in

READ_TWICE = "utf-8-twice"
"""The name in a profile of a text in UTF-8 that was read as Windows-1252 and saved as UTF-8 again."""

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def known_encoding(name: str, encoding: str) -> str:
    """Return an encoding as it is called here. Raises FileRefused if there is none of this name."""
    if is_read_twice(encoding):
        return READ_TWICE
    try:
        found = codecs.lookup(encoding)
    except (LookupError, ValueError) as error:
        raise FileRefused(f"{name} cannot be read as {encoding!r}: no such encoding. Correct it in the profile.") from error
    if not found._is_text_encoding:  # noqa: SLF001 - no public attribute; base64 and zip are codecs too
        raise FileRefused(f"{name} cannot be read as {encoding!r}: it is not a text encoding. Correct it in the profile.")
    return "utf-8-sig" if found.name == "utf-8" else found.name


def is_read_twice(encoding: str) -> bool:
    """Return whether this is the name of UTF-8 that was read as Windows-1252."""
    return encoding.casefold().replace("_", "-") == READ_TWICE


def codec_of(encoding: str) -> str:
    """Return the name by which Python knows an encoding."""
    return "utf-8-sig" if encoding == READ_TWICE else encoding


def lines_read_once(lines: Iterable[str], encoding: str) -> Iterator[str]:
    """Return the lines of a text as they were meant."""
    return map(again_as_utf8, lines) if encoding == READ_TWICE else iter(lines)


def marked_encoding(head: bytes) -> str | None:
    """Return the encoding that the beginning of a file shows, or None."""
    marked = next((encoding for mark, encoding in _MARKS if head.startswith(mark)), None)
    if marked:
        return marked
    # UTF-16 without a byte order mark: half of the bytes of western text are NUL, all at even or all at odd positions.
    even, odd, quarter = head[0::2].count(0), head[1::2].count(0), len(head) // 4
    if odd > quarter and even * 20 < odd:
        return "utf-16-le"
    if even > quarter and odd * 20 < even:
        return "utf-16-be"
    return None


def ask_for_encoding(name: str, stream: BinaryIO) -> None:
    """Ask for the encoding of a file that is not UTF-8, unless its letters are plausible in Windows-1252.

    Raises EncodingUnclear with the encoding that it looks like and the line for the profile.
    """
    found = looks_like(words_in(stream))
    if found is None:
        return
    as_windows = (WINDOWS, found.in_windows)
    if found.encoding is None:
        raise EncodingUnclear(
            f'{name} is not UTF-8, and its letters are not plausible in Windows-1252 ("{found.in_windows}"). Export it as '
            'UTF-8, or name the encoding of the program that wrote it in the profile: encoding = "...". If that text is right, '
            f'write encoding = "{WINDOWS}". {_ASKED}',
            (as_windows,),
        )
    others = "".join(f', encoding = "{encoding}" if it is "{word}"' for encoding, word in found.others)
    raise EncodingUnclear(
        f'{name} is not UTF-8, and its letters look like {found.called}: "{found.meant}" would be "{found.in_windows}" in '
        f'Windows-1252. Write into the profile which is right: encoding = "{found.encoding}"{others}, or encoding = "{WINDOWS}". '
        f"{_ASKED}",
        ((found.encoding, found.meant), *found.others, as_windows),
    )


_ASKED = "`importer map` asks for it, and writes the profile."
