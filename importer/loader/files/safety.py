"""Check that a file is safe to read and that its content matches its extension, before any parser reads it."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from xml.parsers import expat

from importer.errors import FileRefused, FileUnreachable
from importer.loader.files.corrections import MAX_CORRECTIONS, TooManyCorrections
from importer.loader.files.ods import scan_ods
from importer.loader.files.open_package import open_package
from importer.loader.files.xls import scan_xls
from importer.loader.files.xlsb import scan_xlsb
from importer.loader.files.xlsx import WorkbookScan, scan_xlsx
from importer.loader.files.zip_archive import Archive

MAX_WORKBOOK = 512 << 20
"""Largest workbook in bytes. It is held in memory while it is read; a million rows of 25 columns have about 130 MB."""

WORKBOOKS = {".xlsx": "xlsx", ".xls": "xls", ".xlsb": "xlsb", ".ods": "ods"}
TEXTS = {".csv": "csv", ".tsv": "tsv", ".tab": "tsv", ".txt": "csv"}
"""The format of each file extension that is read, for single files and for files in a folder."""

_HOW = {
    ".xlsm": "a workbook with macros. Save it as .xlsx, without them.",
    ".xltm": "a template with macros. Save it as .xlsx, without them.",
    ".xltx": "a template. Save it as .xlsx.",
    ".numbers": "a Numbers document. Export it as .xlsx or .csv.",
    ".pdf": "a PDF, which holds no cells. Ask for the sheet itself, as .xlsx or .csv.",
    ".zip": "a zip file. Unpack it and give the sheet in it.",
    ".gz": "a packed file. Unpack it and give the sheet in it.",
}
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_BEGINNINGS = {"xlsx": _ZIP, "xlsb": _ZIP, "ods": _ZIP, "xls": _OLE}
_TEXT = "a text file such as a CSV"
_SIGNS = (
    (_ZIP, "a zip file or newer workbook"),
    (b"PK\x05\x06", "an empty zip file"),
    (_OLE, "an old or an encrypted workbook"),
    (b"%PDF", "a PDF"),
    (b"\x1f\x8b", "a gzip file"),
    (b"7z\xbc\xaf", "a 7-Zip file"),
    (b"Rar!", "a RAR file"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"{\\rtf", "a Word document"),
    (b"SQLite format 3\0", "a database"),
    (b"\x7fELF", "a program"),
)


@dataclass(frozen=True, slots=True)
class Workbook:
    """A workbook that passed the checks: its bytes and the result of the scan of its sheets."""

    format: str
    sha256: str
    data: bytes
    scan: WorkbookScan


@dataclass(frozen=True, slots=True)
class TextFile:
    """A file that may hold text. Its ``signature`` differs from that of the file if the file was changed later."""

    format: str
    signature: tuple[int, ...]


def check_file(path: Path, sheets: Collection[str] = ()) -> Workbook | TextFile:
    """Check a file and scan it if it is a workbook. ``sheets`` are those that are read; empty: all of them.

    Raises FileRefused, with a message that names the file and what to do, unless it is a regular, readable, non-empty
    and undamaged file of a supported format without unsafe content.
    """
    kind = _kind(path)
    with os.fdopen(open_regular(path), "rb") as stream:
        signature = file_signature(stream.fileno())
        head = stream.read(4096)
        if not head:
            raise FileRefused(f"{path.name} is empty. Save the sheet again, or remove the file.")
        check_content(path.name, kind, head)
        if kind in TEXTS.values():
            return TextFile(kind, signature)
        size = os.fstat(stream.fileno()).st_size
        if size > MAX_WORKBOOK:
            raise FileRefused(f"{path.name} has more than {MAX_WORKBOOK >> 20} MB. Split it into smaller files.")
        try:
            data = head + stream.read(size)
        except OSError as error:
            raise FileUnreachable(f"{path.name} cannot be read: {error.strerror}. Copy it to this computer's disk.") from error
    return Workbook(kind, hashlib.sha256(data).hexdigest(), data, _scan_guarded(path.name, kind, data, sheets))


def _kind(path: Path) -> str:
    ending = path.suffix.casefold()
    kind = WORKBOOKS.get(ending) or TEXTS.get(ending)
    _check_path(path)
    if kind is None:
        what = _HOW.get(ending, "not a format that is read. Save it as .xlsx, .xls, .xlsb, .ods, .csv or .tsv.")
        raise FileRefused(f"{path.name} is {what}")
    return kind


def _check_path(path: Path) -> None:
    if not path.name.isascii() and any("\ud800" <= letter <= "\udfff" for letter in path.name):
        raise FileRefused(f"{path.name!r} has a name with bytes that are not valid characters. Rename it.")
    try:
        found = path.lstat()
        if stat.S_ISLNK(found.st_mode):
            target = path.resolve(strict=True)
            if not target.is_relative_to(path.parent.resolve()):
                raise FileRefused(f"{path.name} is a link that leads out of its folder. Copy the file itself there.")
            found = target.stat()
    except (OSError, ValueError, RuntimeError) as error:
        raise _unreachable(path, error) from error
    if stat.S_ISDIR(found.st_mode):
        raise FileRefused(f"{path.name} is a folder, not a file. Give the file in it, or the folder that holds the sheets.")
    if not stat.S_ISREG(found.st_mode):
        raise FileRefused(f"{path.name} is a pipe, socket or device, not a file. Save the sheet to a file.")


def _unreachable(path: Path, error: Exception) -> FileRefused:
    number = error.errno if isinstance(error, OSError) else None
    if number in (errno.EACCES, errno.EPERM):
        return FileUnreachable(f"{path.name} may not be read by you. Ask for permission, or copy it to a folder of yours.")
    if number in (errno.ENOENT, errno.ENOTDIR):
        return FileUnreachable(f"{path.name} was not found in {path.parent}. Check the path.")
    if number == errno.ELOOP or isinstance(error, RuntimeError):  # which of them depends on Python's version
        return FileRefused(f"{path.name} is a link that leads in a circle. Copy the file itself there.")
    reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
    kind = FileUnreachable if number not in (None, errno.ENAMETOOLONG, errno.EINVAL) else FileRefused
    return kind(f"{path.name[:200]!r} cannot be opened: {reason}. Check the path.")


def open_regular(path: Path) -> int:
    """Open a regular file for reading and return its descriptor. Never blocks on a pipe. Raises FileRefused."""
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except (OSError, ValueError) as error:
        raise _unreachable(path, error) from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise FileRefused(f"{path.name} is not a regular file. Save the sheet to a file.")
    return descriptor


def file_signature(descriptor: int) -> tuple[int, ...]:
    """Return values that change when a file is replaced or written to: device, inode, size, modification time."""
    found = os.fstat(descriptor)
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns


def check_content(name: str, kind: str, head: bytes) -> None:
    """Refuse a file whose first bytes contradict its extension. Raises FileRefused."""
    wanted, found = _BEGINNINGS.get(kind), _what_begins(head)
    if head.startswith(wanted) if wanted else found == _TEXT:
        return
    if wanted == _ZIP and head.startswith(_OLE):
        raise FileRefused(
            f"{name} is encrypted, or an old workbook under a new name. Save it without a password, or rename it to .xls."
        )
    article = "a workbook" if wanted else "a text file"
    raise FileRefused(f"{name} is not {article}: it begins like {found}. {_what_helps(head, found)}")


def _what_helps(head: bytes, found: str) -> str:
    """Return what to do about a file with another content. Opening a text in Excel would change its numbers and dates."""
    if found == _TEXT:
        return "Rename it to .csv."
    if head.startswith((_ZIP, _OLE)):
        return f"Rename it to {'.xlsx' if head.startswith(_ZIP) else '.xls'} if it is a workbook."
    return "Ask for another export of the list, as .xlsx or .csv."


def _what_begins(head: bytes) -> str:
    sign = next((what for start, what in _SIGNS if head.startswith(start)), None)
    return sign or ("an HTML or XML file" if _is_markup(head) else _TEXT)


def _is_markup(head: bytes) -> bool:
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    return start.startswith((b"<!doctype", b"<html", b"<?xml", b"<table", b"<head", b"<meta", b"<!--", b"<style"))


def _scan(name: str, kind: str, data: bytes, sheets: Collection[str]) -> WorkbookScan:
    if kind == "xls":
        return scan_xls(name, data, sheets)
    archive = Archive(name, data)
    held = _held_by(archive)
    if held and held != kind:
        raise FileRefused(f"{name} is not what its name says: it holds an .{held} workbook. Rename it to .{held}.")
    return {"xlsx": scan_xlsx, "xlsb": scan_xlsb, "ods": scan_ods}[kind](archive, sheets)


def _held_by(archive: Archive) -> str | None:
    """Return the format of the workbook in an archive, None if there is none or if it cannot be recognized."""
    try:
        package = open_package(archive)
    except expat.ExpatError:
        return None
    if package:
        return "xlsb" if package.is_binary else "xlsx"
    return "ods" if archive.find("content.xml") else None


def _scan_guarded(name: str, kind: str, data: bytes, sheets: Collection[str]) -> WorkbookScan:
    try:
        return _scan(name, kind, data, sheets)
    except TooManyCorrections as error:
        raise FileRefused(f"{name} has more than {MAX_CORRECTIONS:,} cells with errors. Correct its formulas.") from error
