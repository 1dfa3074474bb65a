"""Files to attach: what their bytes are, and whether that is what their names say."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from openpyxl import Workbook

from importer.loader.records.attachment import MAX_APPENDIX_BYTES, find_appendix
from importer.loader.records.file_types import FILE_TYPES, Content, content_of
from importer.loader.values.parsers import ValueProblem


def archive(*names: str) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as written:
        for name in names:
            written.writestr(name, "x")
    return stream.getvalue()


def workbook() -> bytes:
    stream = io.BytesIO()
    Workbook().save(stream)
    return stream.getvalue()


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)
GOOD = {
    ".pdf": [b"%PDF-1.7\n\xe2\xe3", b"\r\n%PDF-1.4", b"\x00\x01junk\n%PDF-1.4"],
    ".png": [b"\x89PNG\r\n\x1a\n\0\0"],
    ".jpg": [b"\xff\xd8\xff\xe0\0\x10JFIF"],
    ".jpeg": [b"\xff\xd8\xff\xe1Exif"],
    ".gif": [b"GIF87a..", b"GIF89a.."],
    ".tif": [b"II*\0\x08", b"MM\0*\0"],
    ".tiff": [b"II*\0\x08"],
    ".txt": [
        *(b"Faktura 7", "Rückstand, æøå".encode(), "Rückstand".encode("latin-1"), "Rückstand".encode("utf-16")),
        *(b"The file begins with %PDF-1.4, they say", b"MZ is how programs begin", b"one\r\n\x0ctwo\r\n\x1a"),
    ],
    ".csv": [b"a;b\r\n1;2\r\n", b"\xef\xbb\xbfa,b\n"],
    ".doc": [OLE],
    ".docx": [archive("[Content_Types].xml", "word/document.xml")],
    ".xls": [OLE],
    ".xlsx": [workbook()],
    ".zip": [archive("a.pdf"), archive("xl/odd.txt")],
}
EMPTY = [b"", b" \r\n\t\n", b"\xef\xbb\xbf", b"\xff\xfe", archive()]
NEITHER = {
    "a web page": [b"<!DOCTYPE html><title>Log in</title>", b"\n<html>", b"\xef\xbb\xbf<HTML>", b"<!-- x -->\n<html>"],
    "a program": [b"MZ\x90\0\x03", b"\x7fELF\x02\x01\x01\0"],
    "none that can be recognised": [bytes(100), b"PK\x03\x04 cut off", b"\x00\xff" * 50, b"\xff\xfe\x00\xd8"],
}


def tried(folder: Path, name: str, data: bytes) -> str:
    """Return the reason against a file; empty if it can be attached."""
    (folder / name).write_bytes(data)
    try:
        found = find_appendix(folder, name)
    except ValueProblem as problem:
        return str(problem)
    assert found.content_type == FILE_TYPES[Path(name).suffix.casefold()].media_type
    return ""


def test_every_type_has_an_example() -> None:
    assert GOOD.keys() == FILE_TYPES.keys()


@pytest.mark.parametrize(("ending", "data"), [(ending, data) for ending, found in GOOD.items() for data in found])
def test_a_file_that_is_what_it_says_can_be_attached(tmp_path: Path, ending: str, data: bytes) -> None:
    assert tried(tmp_path, f"a{ending}", data) == ""
    assert tried(tmp_path, f"b{ending.upper()}", data) == ""


@pytest.mark.parametrize("ending", FILE_TYPES)
def test_a_file_that_is_something_else_cannot(tmp_path: Path, ending: str) -> None:
    wanted = FILE_TYPES[ending].content
    others = [(FILE_TYPES[other].content, data) for other, found in GOOD.items() for data in found]
    others += [(Content(words), data) for words, found in NEITHER.items() for data in found]
    for content, data in others:
        assert content_of(data) is content, data[:20]
        if content is not wanted:
            reason = tried(tmp_path, f"a{ending}", data)
            assert wanted.value in reason
            assert content.value in reason


@pytest.mark.parametrize("ending", FILE_TYPES)
@pytest.mark.parametrize("data", EMPTY)
def test_an_empty_file_cannot_be_attached(tmp_path: Path, ending: str, data: bytes) -> None:
    assert "is an empty file" in tried(tmp_path, f"a{ending}", data)


@pytest.mark.parametrize("name", ["a.exe", "a", "a.html", "a.pdf.js", ".pdf"])
def test_another_ending_is_not_supported(tmp_path: Path, name: str) -> None:
    assert "is not a supported type" in tried(tmp_path, name, b"%PDF-1")


def test_a_large_file_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "a.pdf").open("wb") as file:
        file.truncate(MAX_APPENDIX_BYTES + 1)
    with pytest.raises(ValueProblem, match="larger than 15 MB"):
        find_appendix(tmp_path, "a.pdf")
