"""Pieces of Markdown, and the words that the code itself has for its values."""

from __future__ import annotations

import inspect
import tokenize
from collections.abc import Iterable, Sequence
from enum import Enum
from io import StringIO


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def code(text: object) -> str:
    return f"`{text}`"


def comments_of(enum: type[Enum]) -> dict[str, str]:
    """Return the comment behind each member of an enumeration in its source, by the member's name."""
    found, member = {}, ""
    for token in tokenize.generate_tokens(StringIO(inspect.getsource(enum)).readline):
        if token.type == tokenize.NAME and token.string in enum.__members__:
            member = token.string
        elif token.type == tokenize.COMMENT and member:
            found[member] = token.string.removeprefix("#").strip()
        elif token.type == tokenize.NEWLINE:
            member = ""
    return found


def sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}" + ("" if text.endswith(".") else ".")
