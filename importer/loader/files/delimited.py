"""Read CSV and TSV: bytes to records of text, in three passes with constant memory.

The first pass reads every byte for the hash, NUL bytes and the encoding. The second splits the text into rows and finds those
whose quotes cannot be right, so that a file is refused before a row of it is read. The third yields the records.
"""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from importer.errors import FileRefused, FileUnreachable
from importer.loader.files.byte_check import DOS_END, MAX_LINE, ByteCheck, long_line
from importer.loader.files.dialect import Dialect, detect
from importer.loader.files.former_texts import with_spaces_held
from importer.loader.files.quote_faults import quotes_refused
from importer.loader.files.quoting import FIELD_LIMIT, RowSplitter
from importer.loader.files.safety import TextFile, file_signature, open_regular
from importer.loader.files.text_encoding import ask_for_encoding, codec_of, known_encoding, lines_read_once, marked_encoding
from importer.loader.files.text_layout import TextLayout
from importer.loader.files.text_scan import TextScan, doubles_backslashes, fits_unquoted, scan_quoted, scan_unquoted, usual_width

__all__ = ["FIELD_LIMIT", "MAX_LINE", "Delimited", "detect_and_check"]

MAX_COLUMNS = 2_000
"""The same limit as for workbooks."""

SAMPLE = 256 << 10
"""Characters at the start of the file from which delimiter and quotes are detected."""

_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class _Text:
    """A text file whose encoding is known. Its lines can be read again and again."""

    path: Path
    encoding: str
    signature: tuple[int, ...]
    has_end_mark: bool = False

    def lines(self, *, skip: int = 0) -> Iterator[str]:
        """Yield the lines with their ends, without the first ``skip`` ones and the end mark of DOS.

        Raises FileRefused for a changed file and for a line that is too long.
        """
        with _open(self.path, self.encoding, self.signature) as stream:
            lines = lines_read_once(stream, self.encoding)
            lines = _without_end_mark(lines) if self.has_end_mark else lines
            try:
                for line in islice(lines, skip, None):
                    if len(line) > MAX_LINE:
                        raise long_line(self.path.name)
                    yield line
            except UnicodeError as error:
                raise _changed(self.path.name) from error

    def sample(self) -> list[str]:
        """Return the lines at the start of the file."""
        with _open(self.path, self.encoding, self.signature) as stream:
            text = stream.read(SAMPLE)
        lines = list(lines_read_once(io.StringIO(text, newline=""), self.encoding))
        if len(text) == SAMPLE and len(lines) > 1:
            lines.pop()  # the sample may end in the middle of a line
        return lines


def _without_end_mark(lines: Iterator[str]) -> Iterator[str]:
    """Yield the lines without the end marks of DOS at the end of the last one."""
    last = next(lines, None)
    for line in lines:
        if last is not None:
            yield last
        last = line
    if last is not None and (text := last.rstrip("\r\n" + DOS_END)):
        yield text


@dataclass(frozen=True, slots=True)
class Delimited:
    """A delimited text file that can be read: every row of it can be split into cells."""

    path: Path
    sha256: str
    encoding: str
    dialect: Dialect
    layout: TextLayout
    text: _Text

    def records(self) -> Iterator[tuple[int, list[str]]]:
        """Yield (row number that Excel shows, cells) for all but blank lines.

        Cells from which spaces before a quote are taken off keep how earlier releases read them.
        A record counts as one row however many lines it has, and so does a blank line. The hint ``sep=;`` is not counted.
        Raises FileRefused for rows above the limits, and for a changed file.
        """
        lines = self.text.lines(skip=int(self.dialect.sep_line))
        is_plain = self.layout.by_csv and not self.dialect.skips_newly
        rows = self.dialect.records(lines) if is_plain else self._split(lines)
        row = 0
        try:
            for row, record in enumerate(rows, start=1):
                if len(record) > MAX_COLUMNS:
                    raise FileRefused(
                        f"{self.path.name}, row {row}, has {len(record):,} columns; at most {MAX_COLUMNS:,} are read. "
                        "Check the delimiter, or delete the columns that are not needed."
                    )
                if record:
                    yield row, record
        except csv.Error as error:
            raise FileUnreachable(f"{self.path.name} was changed while it was read: row {row + 1} is not what it was.") from error

    def _split(self, lines: Iterator[str]) -> Iterator[list[str]]:
        rows = RowSplitter(self.dialect).rows(lines)
        if not self.dialect.skips_newly:
            return (found.cells for found in rows)
        return (with_spaces_held(found.cells, found.lines, self.dialect) for found in rows)


def detect_and_check(
    path: Path, file: TextFile, *, encoding: str | None = None, delimiter: str | None = None, quote: str | None = None
) -> Delimited:
    """Read every byte and every row, and detect encoding, delimiter and quotes. An empty ``quote`` reads quotes as text.

    Raises FileRefused for NUL bytes, bytes that are no letters, an encoding or a delimiter that cannot be decided, and rows whose
    quotes cannot be right, with the numbers of all their lines.
    """
    _check_settings(path.name, delimiter, quote)
    check = _checked(path, file, encoding)
    text = _Text(path, _encoding_of(path, file, check), file.signature, check.has_end_mark)
    sample = text.sample()
    dialect = detect(path.name, sample, delimiter=delimiter, quote=quote, tabs_first=file.format == "tsv")
    dialect, layout = _settled(text, dialect, sample, check, is_stated=quote is not None)
    lines = check.lines if check.lines is not None else layout.lines + layout.apart
    layout = replace(layout, lines=lines, delimiter=dialect.delimiter, quotes_are_text=not dialect.quote)
    return Delimited(path, check.sha256, text.encoding, dialect, layout, text)


def _settled(
    text: _Text, dialect: Dialect, sample: list[str], check: ByteCheck, *, is_stated: bool
) -> tuple[Dialect, TextLayout]:
    """Return how the quotes of a file are read: the first way by which every row can be split. Raises FileRefused if none is."""
    skip = int(dialect.sep_line)
    apart = skip + check.ends_in_mark_alone
    if not dialect.quote or not check.quotes:
        found = scan_unquoted(text.lines(skip=skip), dialect.delimiter, apart)
        return _without_faults(text, dialect, found)
    width = usual_width(sample[skip:], dialect)

    def scan(dialect: Dialect) -> TextScan:
        return scan_quoted(text.lines(skip=skip), dialect, width, apart, may_hold_rows=is_stated)

    found = scan(dialect)
    if found.faults and check.escaped_quotes:
        escaped = replace(dialect, escape="\\", doubles_escape=doubles_backslashes(text.lines(skip=skip)))
        if not (again := scan(escaped)).faults:
            return escaped, again.layout
    if found.must_be_text and not is_stated and fits_unquoted(text.lines(skip=skip), dialect):
        return replace(dialect, quote=""), scan_unquoted(text.lines(skip=skip), dialect.delimiter, apart).layout
    return _without_faults(text, dialect, found)


def _without_faults(text: _Text, dialect: Dialect, found: TextScan) -> tuple[Dialect, TextLayout]:
    if found.faults:
        raise quotes_refused(text.path.name, found.faults, dialect, skipped=int(dialect.sep_line))
    return dialect, found.layout


def _check_settings(name: str, delimiter: str | None, quote: str | None) -> None:
    for setting, value in (("delimiter", delimiter), ("quote", quote or None)):
        if value is not None and (len(value) != 1 or value in "\r\n\0"):
            raise FileRefused(f"{name} cannot be read with {setting} = {value!r}: it must be one character. Correct it.")
    if delimiter is not None and delimiter == (quote or '"'):
        raise FileRefused(f"{name} cannot be read with the same character as delimiter and quote. Correct one of them.")


def _checked(path: Path, file: TextFile, encoding: str | None) -> ByteCheck:
    """Check every byte of a file."""
    with os.fdopen(open_regular(path), "rb") as stream:
        if file_signature(stream.fileno()) != file.signature:
            raise _changed(path.name)
        head = stream.read(SAMPLE)
        check = ByteCheck(path.name, known_encoding(path.name, encoding) if encoding else marked_encoding(head))
        stream.seek(0)
        try:
            while block := stream.read(_BLOCK):
                check.feed(block)
        except OSError as error:
            raise FileUnreachable(f"{path.name} cannot be read: {error.strerror}. Copy it to this computer's disk.") from error
    return check


def _encoding_of(path: Path, file: TextFile, check: ByteCheck) -> str:
    """Return the encoding of a file. Raises FileRefused if it must be asked for."""
    if (found := check.close()) is not None:
        return found
    if not check.is_mixed:
        with _open_bytes(path, file.signature) as stream:
            ask_for_encoding(path.name, stream)
    check.refuse_unless_1252()
    return "cp1252"


def _changed(name: str) -> FileUnreachable:
    return FileUnreachable(f"{name} was changed while it was read. Close it in other programs and start again.")


def _open_bytes(path: Path, signature: tuple[int, ...]) -> io.BufferedReader:
    stream = os.fdopen(open_regular(path), "rb")
    if file_signature(stream.fileno()) != signature:
        stream.close()
        raise _changed(path.name)
    return stream


def _open(path: Path, encoding: str, signature: tuple[int, ...]) -> io.TextIOWrapper:
    return io.TextIOWrapper(_open_bytes(path, signature), codec_of(encoding), newline="")
