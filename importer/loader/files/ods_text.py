"""The text of a cell of an OpenDocument sheet, as the standard composes it from paragraphs, blanks, tabs and line breaks."""

from __future__ import annotations

import re
from collections.abc import Sequence

from importer.domain.cells import MAX_CELL_CHARACTERS
from importer.loader.files.multipliers import count_in

Event = tuple[str, dict[str, str]] | str | None
"""What an XML parser finds in a cell: the start of an element with its attributes, characters, or the end of an element."""

_WHITE = re.compile(r"[ \t\r\n]+")
_ODD_WHITE = re.compile(r"\A |[\t\r\n]|  ")
"""White space that is not shown as it is written."""
_PARAGRAPHS = frozenset(("p", "h"))
_PIECES = {"s": "", "tab": "\v", "line-break": "\f"}
_EVENTS_OF_PARAGRAPH = 3
_UNSEEN = frozenset(("annotation", "ruby-text", "note", "table"))
"""Elements in a cell that are no part of its text: comments, readings of a script, notes, tables in drawings."""


class CellText:
    """Collects the text of one cell from the events of an XML parser.

    Drawings and comments in the cell are left out. ``is_plain`` is False if a reader that joins all texts of the cell as they
    are written would come to another one. ``blanks`` are those that the file only counts; they are not part of ``text``.
    """

    def __init__(self) -> None:
        self.blanks = 0
        self.is_plain = True
        self._paragraphs: list[list[tuple[str, int]]] = []  # of each the pieces: a text, or "" with a number of blanks
        self._depth = self._unseen = self._comments = 0
        self._joined: list[str] = []  # as earlier releases joined the texts
        self._in_joined = 0

    def start(self, tag: str, count: int) -> None:
        """Note the beginning of an element in the cell; ``count`` is the number of blanks that it may stand for."""
        prefix, _, name = tag.rpartition(":")
        self._start_joined(name, count)
        if self._unseen or prefix == "draw" or name in _UNSEEN:
            self._unseen += 1
            self.is_plain = self.is_plain and (name == "annotation" or self._unseen > 1)
        elif name in _PARAGRAPHS:
            self._depth += 1
            self._paragraphs.append([])
        elif self._depth and name in _PIECES:
            self._add_piece(name, count)

    def _add_piece(self, name: str, count: int) -> None:
        self._paragraphs[-1].append((_PIECES[name], count if name == "s" else 0))
        self.is_plain = self.is_plain and name == "s"

    def end(self, tag: str) -> None:
        """Note the end of an element in the cell."""
        name = tag.rpartition(":")[2]
        self._comments -= name == "annotation"
        self._in_joined -= name in _PARAGRAPHS
        if self._unseen:
            self._unseen -= 1
        elif name in _PARAGRAPHS:
            self._depth -= 1

    def data(self, text: str) -> None:
        """Add characters, which count only in a paragraph."""
        if self._in_joined and not self._comments:
            self._joined.append(text)
        if self._unseen:
            return
        if self._depth:
            self._paragraphs[-1].append((text, 0))
        elif text.strip():
            self.is_plain = False

    def _start_joined(self, name: str, count: int) -> None:
        self._comments += name == "annotation"
        if name == "s":
            self.blanks += count  # also in a comment: a parser may write them out
            self._joined += [" " * min(count, MAX_CELL_CHARACTERS)] if self._in_joined and not self._comments else []
        elif name in _PARAGRAPHS:
            self._joined += ["\n"] if self._joined and not self._comments else []
            self._in_joined += 1

    def formerly(self) -> str:
        """Return the text as earlier releases read it: texts of drawings joined to it, without line breaks and tabs."""
        return "".join(self._joined)

    def close(self) -> str:
        """Return the text without the counted blanks."""
        if self.is_plain and len(self._paragraphs) <= 1:  # most cells
            pieces = self._paragraphs[0] if self._paragraphs else ()
            if not pieces:
                return ""
            if len(pieces) == 1 and not _ODD_WHITE.search(pieces[0][0]):
                return pieces[0][0]
        return "".join(text for paragraph in self._lines() for text, _ in paragraph)

    def whole(self) -> str:
        """Return the text with the counted blanks. Their number must have been checked before."""
        return "".join(text or " " * blanks for paragraph in self._lines() for text, blanks in paragraph)

    def _lines(self) -> list[list[tuple[str, int]]]:
        lines = [self._collapsed(pieces) for pieces in self._paragraphs]
        return [[*([("\n", 0)] if at else []), *line] for at, line in enumerate(lines)]

    def _collapsed(self, pieces: list[tuple[str, int]]) -> list[tuple[str, int]]:
        """Join white space within a paragraph to one blank, and leave it out at its beginning.

        The standard leaves it out at the end too, but LibreOffice writes a last blank of a text as it is.
        """
        found: list[tuple[str, int]] = []
        after_white = True
        for text, blanks in pieces:
            if not text or text in "\v\f":
                found.append(({"\v": "\t", "\f": "\n"}.get(text, ""), blanks))
                after_white = False
                continue
            joined = _WHITE.sub(" ", text)
            joined = joined[1:] if after_white and joined.startswith(" ") else joined
            self.is_plain = self.is_plain and joined == text
            if joined:
                found.append((joined, 0))
                after_white = joined.endswith(" ")
        return found


def _is_shown_as_written(text: str) -> bool:
    """Return whether a paragraph has no white space that is shown in another way than it is written."""
    if text.isprintable():  # most texts; the pattern takes ten times as long
        return text[:1] != " " and "  " not in text
    return _ODD_WHITE.search(text) is None


def plain_text(events: Sequence[Event]) -> str | None:
    """Return the text of a cell whose only content is one paragraph that is shown as it is written, else None."""
    if len(events) == _EVENTS_OF_PARAGRAPH and isinstance(text := events[1], str):
        first = events[0]
        if isinstance(first, tuple) and first[0] == "text:p" and events[2] is None and _is_shown_as_written(text):
            return text
    return None


class CellContent:
    """Composes the text of one cell from its events, without the tables in it, which are parts of drawings."""

    def __init__(self) -> None:
        self.text = CellText()
        self.holds_table = False
        self._open: list[str] = []
        self._in_table = 0  # how deep

    def take(self, events: Sequence[Event]) -> None:
        """Take events in their order."""
        for event in events:
            if isinstance(event, tuple):
                self._start(*event)
            elif self._in_table:
                self._in_table -= event is None
            elif event is None:
                self.text.end(self._open.pop())
            else:
                self.text.data(event)

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        if self._in_table or tag == "table:table":
            self.holds_table = True
            self._in_table += 1
            return
        self._open.append(tag)
        self.text.start(tag, count_in(attributes, "c") if tag.endswith(":s") or tag == "s" else 0)
