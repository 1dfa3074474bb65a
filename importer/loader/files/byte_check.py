"""The first pass over a delimited text: every byte is read once, for the hash, NUL bytes, the encoding and the line ends."""

from __future__ import annotations

import codecs
import hashlib
import re

from importer.errors import FileRefused
from importer.loader.files.text_encoding import codec_of

MAX_LINE = 4 << 20
"""Characters of a line: two thousand columns of two thousand characters. Bounds memory for a file without line ends."""

DOS_END = "\x1a"
"""The character with which DOS and old programs end a text file. It is no part of the last row."""

_UNDEFINED_1252 = bytes((0x81, 0x8D, 0x8F, 0x90, 0x9D))
_ESCAPED_QUOTES = (b'\\"', b'\\\0"', b"\\'")
_UTF8_PAIR = re.compile(rb"[\xc2-\xf4][\x80-\xbf]+")
_HIGH = re.compile(rb"[\x80-\xff]")
_MOST_BYTES = 4
"""Bytes of a character, at most."""
_TAIL = 256
"""Bytes at the end of the file that are kept: old programs fill up a block with end marks."""


class ByteCheck:
    """The first pass over a file. It takes the blocks in order; `close` returns the encoding.

    ``escaped_quotes``: a quote somewhere follows a backslash. ``quotes``: there is a ``"`` or ``'`` at all. ``last`` are the
    last bytes of the file.
    """

    def __init__(self, name: str, encoding: str | None) -> None:
        self._name, self._encoding = name, encoding
        self._hash = hashlib.sha256()
        self._decoder = codecs.getincrementaldecoder(codec_of(encoding or "utf-8"))()
        self._offset = self._row_ends = self._unbroken = 0
        self._failed = ""
        self._undefined = ""
        self._high = self._pairs = 0
        self._is_wide = (encoding or "").startswith(("utf-16", "utf-32"))
        self._lines = 0
        self.escaped_quotes = self.quotes = False
        self.last = b""

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()

    @property
    def lines(self) -> int | None:
        """The number of lines; None for an encoding in which the bytes of a line end may be those of letters."""
        if self._is_wide:
            return None
        return self._lines + (self.last[-1:] not in (b"\n", b"\r"))

    @property
    def has_end_mark(self) -> bool:
        """Whether the file ends in the end mark of DOS."""
        return self.last.rstrip(b"\r\n\0").endswith(DOS_END.encode())

    @property
    def ends_in_mark_alone(self) -> bool:
        """Whether the last line is an end mark alone."""
        return self.has_end_mark and self.last.rstrip(b"\r\n\0").rstrip(b"\0" + DOS_END.encode())[-1:] in (b"\n", b"\r")

    def feed(self, block: bytes) -> None:
        """Take the next bytes. Raises FileRefused for a NUL byte, and for a line that is too long."""
        self._hash.update(block)
        self.escaped_quotes = self.escaped_quotes or any(quote in block for quote in _ESCAPED_QUOTES)
        self.quotes = self.quotes or b'"' in block or b"'" in block
        if not self._is_wide and (at := block.find(b"\0")) >= 0:
            raise FileRefused(f"{self._name} holds a NUL byte ({self._where(block, at)}). Save it again as UTF-8.")
        self._decode(block)
        if self._encoding is None:
            self._note_high_bytes(block)
        self._count_lines(block)
        self._offset += len(block)
        self.last = (self.last + block)[-_TAIL:]

    def _count_lines(self, block: bytes) -> None:
        ends = block.count(b"\n")
        self._row_ends += ends
        returns = block.count(b"\r")
        split = self.last[-1:] == b"\r" and block[:1] == b"\n"
        self._lines += ends + returns - (block.count(b"\r\n") if returns else 0) - split
        end = max(block.rfind(b"\n"), block.rfind(b"\r"))
        self._unbroken = self._unbroken + len(block) if end < 0 else len(block) - end
        if self._unbroken > _MOST_BYTES * MAX_LINE:
            raise long_line(self._name)

    def _note_high_bytes(self, block: bytes) -> None:
        self._high += len(_HIGH.findall(block))
        self._pairs += sum(map(len, _UTF8_PAIR.findall(block)))
        if not self._undefined and len(block.translate(None, _UNDEFINED_1252)) < len(block):
            at = next(at for at, byte in enumerate(block) if byte in _UNDEFINED_1252)
            self._undefined = f"byte 0x{block[at]:02X}, {self._where(block, at)}"

    def _decode(self, block: bytes, *, final: bool = False) -> None:
        if self._failed:
            return
        pending = len(self._decoder.getstate()[0])
        try:
            self._decoder.decode(block, final)
        except UnicodeDecodeError as error:
            at = max(error.start - pending, 0)
            self._failed = self._where(block, at)
        except UnicodeError:
            self._failed = self._where(block, 0)

    def _where(self, block: bytes, at: int) -> str:
        line = self._row_ends + block.count(b"\n", 0, at) + 1
        return f"at byte {self._offset + at:,}, line {line:,}"

    def close(self) -> str | None:
        """Return the encoding; None if it has a byte a letter and is still to be found. Raises FileRefused if none fits."""
        self._decode(b"", final=True)
        if not self._failed:
            return self._encoding or "utf-8"
        if self._encoding:
            raise FileRefused(f"{self._name} is not {self._encoding}: it cannot be decoded {self._failed}. Save it as UTF-8.")
        return None

    @property
    def is_mixed(self) -> bool:
        """Whether a file that is not UTF-8 is so for the most part."""
        return self._pairs * 2 > self._high

    def refuse_unless_1252(self) -> None:
        """Refuse a file that has bytes without a meaning in Windows-1252, or two encodings. Raises FileRefused."""
        if self._undefined:
            raise FileRefused(
                f"{self._name} is neither UTF-8 ({self._failed}) nor Windows-1252 ({self._undefined}). Save it as UTF-8, "
                'or name its encoding in the profile: encoding = "..."'
            )
        if self.is_mixed:
            raise FileRefused(
                f"{self._name} is UTF-8 for the most part but not {self._failed}: two encodings are mixed. Save it as UTF-8."
            )


def long_line(name: str) -> FileRefused:
    """Return the error for a line above the limit."""
    return FileRefused(f"{name} has a line of more than {MAX_LINE:,} characters. Save it again as CSV.")
