"""Whether the content of a file is complete: programs reserve a file's whole size at first, and write into it afterwards."""

from __future__ import annotations

import lzma
import zipfile
import zlib
from pathlib import Path
from typing import BinaryIO

_ZIPPED = frozenset({".xlsx", ".xlsm", ".xltx", ".xltm", ".xlsb", ".ods"})
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_DIRECTORY = "Root Entry".encode("utf-16-le")
_MOST_CHECKED = 64 << 20
"""Bytes of a member's content up to which its checksum is computed."""


def is_whole(path: Path) -> bool:
    """Return whether the file is written to its end, as far as its content shows. Raises OSError if it cannot be read."""
    with path.open("rb") as file:
        suffix = path.suffix.casefold()
        beginning = file.read(len(_OLE))
        if suffix in _ZIPPED:
            return beginning == _OLE or _is_whole_zip(file)  # one with a password is of the older kind inside
        if suffix == ".xls" and beginning == _OLE:
            return _has_directory(file)
        return not _ends_in_zeros(file, beginning)


def _is_whole_zip(file: BinaryIO) -> bool:
    """Return whether the archive has its end record, and the members their checksums."""
    try:
        with zipfile.ZipFile(file) as archive:
            for member in archive.infolist():
                if not member.flag_bits & 1 and member.file_size <= _MOST_CHECKED:
                    _check(archive, member)
    except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, ValueError, RuntimeError, OverflowError):
        return False
    return True


def _check(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> None:
    """Read a member to the end, at most as far as it says; its checksum is compared there. Raises BadZipFile."""
    left = member.file_size + 1
    with archive.open(member) as content:
        while left > 0 and (part := content.read(min(left, 1 << 20))):
            left -= len(part)


def _has_directory(file: BinaryIO) -> bool:
    """Return whether the file of an older workbook has its table of contents, which is written near the end."""
    file.seek(0)
    header = file.read(512)
    size = 1 << int.from_bytes(header[30:32], "little") if len(header) == 512 and header[30] < 16 else 512  # noqa: PLR2004
    file.seek((int.from_bytes(header[48:52], "little") + 1) * size)
    return file.read(len(_DIRECTORY)) == _DIRECTORY


def _ends_in_zeros(file: BinaryIO, beginning: bytes) -> bool:
    """Return whether a text ends in zero bytes (one, or two in UTF-16, whose line ends have one), or has no content yet."""
    size = file.seek(0, 2)
    is_wide = beginning[:2] == b"\xff\xfe" or (len(beginning) > 1 and beginning[0] != 0 and beginning[1] == 0)
    width = 2 if is_wide else 1
    file.seek(max(0, size - width))
    return file.read(width) == bytes(width)[: min(width, size)]
