"""Write an xlsx again, in the plainest form: the usual names of parts, and of each sheet its rows and cells only.

calamine reads what common programs write. Odd names of parts, dimensions, merges, CDATA sections and unknown errors make it fail
or lose cells although nothing is wrong with the data. Such a workbook is handed to it in this form. The values are unchanged.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Collection, Mapping
from typing import IO
from xml.sax.saxutils import escape, quoteattr

from importer.loader.files.number_formats import is_taken_for_date
from importer.loader.files.open_package import STYLES, TEXTS, OpenPackage
from importer.loader.files.xlsx_scan import parse_xml
from importer.loader.files.zip_archive import Archive

CALAMINE_ERRORS = frozenset(("#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!"))
"""The errors that calamine knows. It fails on any other; the text itself is kept in the corrections of the sheet."""

_MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_FLUSH_AT = 1 << 16  # pieces of XML


def rewrite_xlsx(package: OpenPackage, sheets: Mapping[str, str], hidden: Collection[str], *, epoch_1904: bool) -> bytes:
    """Return an xlsx with these sheets, name → part. Raises FileRefused or expat.ExpatError for a damaged part."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as written:
        for name, text in _frame(list(sheets), hidden, epoch_1904=epoch_1904).items():
            written.writestr(name, _HEAD + text)
        for kind, name in ((STYLES, "xl/styles.xml"), (TEXTS, "xl/sharedStrings.xml")):
            if part := package.part_of(kind):
                with written.open(name, "w", force_zip64=True) as stream:
                    _PlainStyles(stream).copy(package.archive, part)
        for number, part in enumerate(sheets.values(), 1):
            with written.open(f"xl/worksheets/sheet{number}.xml", "w", force_zip64=True) as stream:
                _PlainSheet(stream).copy(package.archive, part)
    return target.getvalue()


def _frame(sheets: list[str], hidden: Collection[str], *, epoch_1904: bool) -> dict[str, str]:
    """Return the parts that list the others, by their names."""
    numbers = range(1, len(sheets) + 1)
    states = ("hidden" if name in hidden else "visible" for name in sheets)
    listed = "".join(
        f'<sheet name={quoteattr(name)} sheetId="{number}" state="{state}" r:id="rId{number}"/>'
        for number, name, state in zip(numbers, sheets, states, strict=True)
    )
    targets = [(f"rId{number}", "worksheet", f"worksheets/sheet{number}.xml") for number in numbers]
    targets += [("rIdStyles", "styles", "styles.xml"), ("rIdTexts", "sharedStrings", "sharedStrings.xml")]
    return {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types"/>',
        "_rels/.rels": _relationships([("rId1", "officeDocument", "xl/workbook.xml")]),
        "xl/_rels/workbook.xml.rels": _relationships(targets),
        "xl/workbook.xml": (
            f'<workbook {_MAIN} xmlns:r="{_OFFICE}"><workbookPr date1904="{int(epoch_1904)}"/>'
            f"<sheets>{listed}</sheets></workbook>"
        ),
    }


def _relationships(targets: list[tuple[str, str, str]]) -> str:
    lines = (f'<Relationship Id="{key}" Type="{_OFFICE}/{kind}" Target="{target}"/>' for key, kind, target in targets)
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{"".join(lines)}</Relationships>'


class _PlainXml:
    """Copies XML without CDATA sections, comments, instructions and prefixes."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._pieces: list[str] = [_HEAD]

    def copy(self, archive: Archive, part: str) -> None:
        """Write a part. Raises FileRefused or expat.ExpatError."""
        parse_xml(archive.blocks(part), start=self._start, end=self._end, data=self._data)
        self._flush()

    def _write(self, text: str) -> None:
        self._pieces.append(text)
        if len(self._pieces) > _FLUSH_AT:
            self._flush()

    def _flush(self) -> None:
        self._stream.write("".join(self._pieces).encode())
        self._pieces.clear()

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        kept = {key: value for key, value in attributes.items() if ":" not in key or key == "xml:space"}
        members = "".join(f" {key}={quoteattr(value)}" for key, value in kept.items())
        self._write(f"<{_local(tag)}{members}>")

    def _end(self, tag: str) -> None:
        self._write(f"</{_local(tag)}>")

    def _data(self, text: str) -> None:
        self._write(escape(text, {"\r": "&#13;"}))


class _PlainStyles(_PlainXml):
    """Copies styles or shared texts. Numbers in a format that would be taken for that of a date get a plain one."""

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        if _local(tag) == "numFmt" and is_taken_for_date(attributes.get("formatCode", "")):
            attributes = attributes | {"formatCode": "0"}
        super()._start(tag, attributes)


class _PlainSheet(_PlainXml):
    """Copies the rows and cells of a sheet, without what surrounds them. An unknown error is written as a known one."""

    def __init__(self, stream: IO[bytes]) -> None:
        super().__init__(stream)
        self._inside: list[str] = []
        self._is_error = False
        self._error: list[str] = []

    def copy(self, archive: Archive, part: str) -> None:
        """Write a sheet. Raises FileRefused or expat.ExpatError."""
        self._write(f"<worksheet {_MAIN}><sheetData>")
        parse_xml(archive.blocks(part), start=self._start, end=self._end, data=self._data)
        self._write("</sheetData></worksheet>")
        self._flush()

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        name = _local(tag)
        if name == "row" or self._inside:
            self._inside.append(name)
            self._is_error = attributes.get("t") == "e" if name == "c" else self._is_error
            super()._start(tag, attributes)

    def _end(self, tag: str) -> None:
        if not self._inside:
            return
        if self._is_value_of_error():
            text = "".join(self._error).strip()
            self._write(text if text in CALAMINE_ERRORS else "#N/A")
            self._error.clear()
        self._inside.pop()
        super()._end(tag)

    def _data(self, text: str) -> None:
        if self._is_value_of_error():
            self._error.append(text)
        elif self._inside[-1:] not in (["row"], ["c"], []):
            super()._data(text)

    def _is_value_of_error(self) -> bool:
        return self._is_error and self._inside[-1:] == ["v"]


def _local(tag: str) -> str:
    return tag.rpartition(":")[2]
