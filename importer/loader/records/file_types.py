"""The types of files that can be attached, and how the content of a file shows which one it is."""

from __future__ import annotations

import codecs
import io
import re
import zipfile
from dataclasses import dataclass
from enum import StrEnum


class Content(StrEnum):
    """What the bytes of a file are, in the words of a message."""

    PDF = "a PDF"
    PNG = "a PNG picture"
    JPEG = "a JPEG picture"
    GIF = "a GIF picture"
    TIFF = "a TIFF picture"
    OLE = "a file of Word or Excel 97-2003, or one with a password"
    WORD = "a Word file (docx)"
    EXCEL = "an Excel file (xlsx)"
    ZIP = "a zip archive"
    TEXT = "a text"
    HTML = "a web page"
    PROGRAM = "a program"
    EMPTY = "empty"
    UNKNOWN = "none that can be recognised"


@dataclass(frozen=True, slots=True)
class FileType:
    """A type of file by its ending: its media type, and what its bytes must be."""

    media_type: str
    content: Content


_OOXML = "application/vnd.openxmlformats-officedocument."
FILE_TYPES = {
    ".pdf": FileType("application/pdf", Content.PDF),
    ".png": FileType("image/png", Content.PNG),
    ".jpg": FileType("image/jpeg", Content.JPEG),
    ".jpeg": FileType("image/jpeg", Content.JPEG),
    ".gif": FileType("image/gif", Content.GIF),
    ".tif": FileType("image/tiff", Content.TIFF),
    ".tiff": FileType("image/tiff", Content.TIFF),
    ".txt": FileType("text/plain", Content.TEXT),
    ".csv": FileType("text/csv", Content.TEXT),
    ".doc": FileType("application/msword", Content.OLE),
    ".docx": FileType(f"{_OOXML}wordprocessingml.document", Content.WORD),
    ".xls": FileType("application/vnd.ms-excel", Content.OLE),
    ".xlsx": FileType(f"{_OOXML}spreadsheetml.sheet", Content.EXCEL),
    ".zip": FileType("application/zip", Content.ZIP),
}
"""The types by their endings, in lower case."""

_BEGINNINGS = (
    (b"\x89PNG\r\n\x1a\n", Content.PNG),
    (b"\xff\xd8\xff", Content.JPEG),
    (b"GIF87a", Content.GIF),
    (b"GIF89a", Content.GIF),
    (b"II*\0", Content.TIFF),
    (b"II+\0", Content.TIFF),
    (b"MM\0*", Content.TIFF),
    (b"MM\0+", Content.TIFF),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Content.OLE),
    (b"MZ", Content.PROGRAM),
    (b"\x7fELF", Content.PROGRAM),
)
_PDF_WITHIN = 1024  # bytes
_HTML = re.compile(rb"\s*(?:<!--.{0,500}?-->\s*)?<(?:!doctype\s+html|html|head|body|script)\b", re.IGNORECASE | re.DOTALL)
_NOT_IN_TEXTS = re.compile(rb"[\x00-\x08\x0e-\x19\x1c-\x1f\x7f]")  # DOS ends a text with \x1a, and \x1b changes letters
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


def content_of(data: bytes) -> Content:
    """Return what the bytes of a file are, whatever its name."""
    if not _without_mark(data).strip() or data.startswith(b"PK\x05\x06"):  # the second: an archive without files
        return Content.EMPTY
    if data.startswith(b"PK\x03\x04"):
        return _zip_content(data)
    known = next((content for beginning, content in _BEGINNINGS if data.startswith(beginning)), None)
    if known is not None and not (known is Content.PROGRAM and _is_text(data)):  # a text may begin with MZ
        return known
    return Content.PDF if _is_pdf(data) else _text_content(data)


def _is_pdf(data: bytes) -> bool:
    """Return whether a reader of PDF would open the bytes: it passes over what comes before. A text may only mention PDF."""
    if _without_mark(data).lstrip().startswith(b"%PDF-"):
        return True
    return b"%PDF-" in data[:_PDF_WITHIN] and not _is_text(data)


def _zip_content(data: bytes) -> Content:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return Content.UNKNOWN  # cut off, or damaged
    if "[Content_Types].xml" in names:
        if any(name.startswith("word/") for name in names):
            return Content.WORD
        if any(name.startswith("xl/") for name in names):
            return Content.EXCEL
    return Content.ZIP


def _text_content(data: bytes) -> Content:
    if _HTML.match(_without_mark(data)):
        return Content.HTML
    return Content.TEXT if _is_text(data) else Content.UNKNOWN


def _without_mark(data: bytes) -> bytes:
    return next((data.removeprefix(mark) for mark, _ in _MARKS if data.startswith(mark)), data)


def _is_text(data: bytes) -> bool:
    """Return whether the bytes are a text in some encoding: with a mark that decodes, or without control characters."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            try:
                data = data.decode(encoding).encode()
            except UnicodeDecodeError:
                return False
            break
    return _NOT_IN_TEXTS.search(data) is None
