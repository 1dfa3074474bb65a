"""The text of a cell of an OpenDocument sheet, as the standard composes it from paragraphs, blanks, tabs and line breaks."""

from __future__ import annotations

import re

from importer.domain.cells import MAX_CELL_CHARACTERS

_WHITE = re.compile(r"[ \t\r\n]+")
_ODD_WHITE = re.compile(r"\A |[\t\r\n]|  ")
"""White space that is not shown as it is written."""
_PARAGRAPHS = frozenset(("p", "h"))
_PIECES = {"s": "", "tab": "\v", "line-break": "\f"}
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
