"""Read CSV and TSV: bytes to records of text, in two passes with constant memory.

The first pass reads every byte for the hash, NUL bytes and the encoding. The second pass decodes the text and splits it
into records. Quotes that are never closed are found in the second, so `Delimited.records` may raise after some records.
"""

from __future__ import annotations

import codecs
import csv
import hashlib
import io
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path

from importer.errors import FileRefused, FileUnreachable
from importer.loader.files.dialect import Dialect, detect
from importer.loader.files.safety import TextFile, file_signature, open_regular

FIELD_LIMIT = csv.field_size_limit()
"""Characters of a cell: 131,072, four times the limit of Excel. A longer one means a quote that is never closed."""

MAX_LINE = 4 << 20
"""Characters of a line: two thousand columns of two thousand characters. Bounds memory for a file without line ends."""

MAX_COLUMNS = 2_000
"""The same limit as for workbooks."""

SAMPLE = 256 << 10
"""Characters at the start of the file from which delimiter and quotes are detected."""

_BLOCK = 1 << 20
_UNDEFINED_1252 = bytes((0x81, 0x8D, 0x8F, 0x90, 0x9D))
_ESCAPED_QUOTES = (b'\\"', b'\\\0"', b"\\'")
_UTF8_PAIR = re.compile(rb"[\xc2-\xf4][\x80-\xbf]+")
_HIGH = re.compile(rb"[\x80-\xff]")
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass(frozen=True, slots=True)
class Delimited:
    """A delimited text file that passed the first pass."""

    path: Path
    sha256: str
    encoding: str
    dialect: Dialect
    signature: tuple[int, ...]

    def records(self) -> Iterator[tuple[int, list[str]]]:
        """Yield (row number that Excel shows, cells) for all but blank lines.

        A record counts as one row however many lines it has, and so does a blank line. The hint ``sep=;`` is not counted.
        Raises FileRefused for quotes that are not closed, for cells and lines above the limits, and for a changed file.
        """
        row = 0
        with _text(self.path, self.encoding, self.signature) as stream:
            records = self.dialect.records(_lines(self.path.name, stream))
            if self.dialect.sep_line:
                stream.readline()
            try:
                for row, record in enumerate(records, start=1):
                    if len(record) > MAX_COLUMNS:
                        raise FileRefused(
                            f"{self.path.name}, row {row}, has {len(record):,} columns; at most {MAX_COLUMNS:,} are read. "
                            "Check the delimiter, or delete the columns that are not needed."
                        )
                    if record:
                        yield row, record
            except csv.Error as error:
                raise self._refusal(row + 1, str(error)) from error
            except UnicodeError as error:
                raise FileRefused(f"{self.path.name} is not {self.encoding} after row {row}. Save it as UTF-8.") from error

    def _refusal(self, row: int, reason: str) -> FileRefused:
        quote = self.dialect.quote
        if "field limit" in reason:
            what = f"a cell has more than {FIELD_LIMIT:,} characters, or a quote ({quote}) that opens there is never closed"
        elif "unexpected end" in reason:
            what = f"a quote ({quote}) opens there and is never closed"
        else:
            what = f"a quote ({quote}) opens there and is closed in the middle of a cell"
        return FileRefused(f"{self.path.name}, row {row}: {what}. Close the quote, or double those within the text.")


def detect_and_check(
    path: Path, file: TextFile, *, encoding: str | None = None, delimiter: str | None = None, quote: str | None = None
) -> Delimited:
    """Read every byte once and detect encoding, delimiter and quotes.

    Raises FileRefused for NUL bytes, undecodable bytes and for a delimiter that cannot be decided.
    """
    _check_settings(path.name, delimiter, quote)
    check = _checked(path, file, encoding)
    found = check.close()
    dialect = _dialect(path, found, file, delimiter, quote)
    if check.escaped_quotes:
        dialect = _proven_escape(path, found, file, dialect)
    return Delimited(path, check.sha256, found, dialect, file.signature)


def _check_settings(name: str, delimiter: str | None, quote: str | None) -> None:
    for setting, value in (("delimiter", delimiter), ("quote", quote)):
        if value is not None and (len(value) != 1 or value in "\r\n\0"):
            raise FileRefused(f"{name} cannot be read with {setting} = {value!r}: it must be one character. Correct it.")
    if delimiter is not None and delimiter == (quote or '"'):
        raise FileRefused(f"{name} cannot be read with the same character as delimiter and quote. Correct one of them.")


def _checked(path: Path, file: TextFile, encoding: str | None) -> _ByteCheck:
    """Check every byte of a file."""
    with os.fdopen(open_regular(path), "rb") as stream:
        if file_signature(stream.fileno()) != file.signature:
            raise _changed(path.name)
        head = stream.read(SAMPLE)
        check = _ByteCheck(path.name, _known_encoding(path.name, encoding) if encoding else _marked_encoding(head))
        stream.seek(0)
        try:
            while block := stream.read(_BLOCK):
                check.feed(block)
        except OSError as error:
            raise FileUnreachable(f"{path.name} cannot be read: {error.strerror}. Copy it to this computer's disk.") from error
    return check


def _changed(name: str) -> FileUnreachable:
    return FileUnreachable(f"{name} was changed while it was read. Close it in other programs and start again.")


def _known_encoding(name: str, encoding: str) -> str:
    try:
        found = codecs.lookup(encoding)
    except (LookupError, ValueError) as error:
        raise FileRefused(f"{name} cannot be read as {encoding!r}: no such encoding. Correct it in the profile.") from error
    if not found._is_text_encoding:  # noqa: SLF001 - no public attribute; base64 and zip are codecs too
        raise FileRefused(f"{name} cannot be read as {encoding!r}: it is not a text encoding. Correct it in the profile.")
    return "utf-8-sig" if found.name == "utf-8" else found.name


def _marked_encoding(head: bytes) -> str | None:
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


class _ByteCheck:
    """The first pass over a file. It takes the blocks in order; `close` returns the encoding."""

    def __init__(self, name: str, encoding: str | None) -> None:
        self._name, self._encoding = name, encoding
        self._hash = hashlib.sha256()
        self._decoder = codecs.getincrementaldecoder(encoding or "utf-8")()
        self._offset = self._row_ends = 0
        self._failed = ""
        self._undefined = ""
        self._high = self._pairs = 0
        self.escaped_quotes = False

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()

    def feed(self, block: bytes) -> None:
        self._hash.update(block)
        self.escaped_quotes = self.escaped_quotes or any(quote in block for quote in _ESCAPED_QUOTES)
        if not (self._encoding or "").startswith(("utf-16", "utf-32")) and (at := block.find(b"\0")) >= 0:
            raise FileRefused(f"{self._name} holds a NUL byte ({self._where(block, at)}). Save it again as UTF-8.")
        self._decode(block)
        if self._encoding is None:
            self._note_high_bytes(block)
        self._row_ends += block.count(b"\n")
        self._offset += len(block)

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

    def close(self) -> str:
        """Return the encoding. Raises FileRefused when none fits."""
        self._decode(b"", final=True)
        if not self._failed:
            return self._encoding or "utf-8"
        if self._encoding:
            raise FileRefused(f"{self._name} is not {self._encoding}: it cannot be decoded {self._failed}. Save it as UTF-8.")
        if self._undefined:
            raise FileRefused(
                f"{self._name} is neither UTF-8 ({self._failed}) nor Windows-1252 ({self._undefined}). Save it as UTF-8, "
                'or name its encoding in the profile: encoding = "..."'
            )
        if self._pairs * 2 > self._high:
            raise FileRefused(
                f"{self._name} is UTF-8 for the most part but not {self._failed}: two encodings are mixed. Save it as UTF-8."
            )
        return "cp1252"


def _text(path: Path, encoding: str, signature: tuple[int, ...]) -> io.TextIOWrapper:
    stream = os.fdopen(open_regular(path), "rb")
    if file_signature(stream.fileno()) != signature:
        stream.close()
        raise _changed(path.name)
    return io.TextIOWrapper(stream, encoding, newline="")


def _lines(name: str, stream: io.TextIOWrapper) -> Iterator[str]:
    for line in iter(partial(stream.readline, MAX_LINE), ""):
        if len(line) == MAX_LINE:
            raise FileRefused(f"{name} has a line of more than {MAX_LINE:,} characters. Save it again as CSV.")
        yield line


def _dialect(path: Path, encoding: str, file: TextFile, delimiter: str | None, quote: str | None) -> Dialect:
    with _text(path, encoding, file.signature) as stream:
        sample = stream.read(SAMPLE)
    lines = io.StringIO(sample, newline="").readlines()
    if len(sample) == SAMPLE and len(lines) > 1:
        lines.pop()  # the sample may end in the middle of a line
    return detect(path.name, lines, delimiter=delimiter, quote=quote, tabs_first=file.format == "tsv")


def _proven_escape(path: Path, encoding: str, file: TextFile, dialect: Dialect) -> Dialect:
    """Return a dialect with the backslash as escape if the quotes of the whole file are closed only with it."""
    escaped = Dialect(dialect.delimiter, dialect.quote, "\\", dialect.skip_space, dialect.sep_line)
    for choice in (dialect, escaped):
        try:
            with _text(path, encoding, file.signature) as stream:
                for _ in islice(choice.records(_lines(path.name, stream)), None):
                    pass
        except (csv.Error, UnicodeError):
            continue
        return choice
    return dialect
