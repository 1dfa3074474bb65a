"""Write an OpenDocument sheet again, in the plainest form: its tables, rows and cells, each text as it is shown.

calamine needs a file that says what it is, and nothing between its tags. It loses line breaks, tabs and CDATA sections, and joins
the texts of drawings to those of cells. Such a file is handed to it in this form. The values are unchanged.
"""

from __future__ import annotations

import io
import zipfile
from typing import IO
from xml.sax.saxutils import escape, quoteattr

from importer.loader.files.multipliers import count_in
from importer.loader.files.ods_nesting import Nesting
from importer.loader.files.ods_text import CellText
from importer.loader.files.xlsx_scan import parse_xml
from importer.loader.files.zip_archive import Archive

_KIND = "application/vnd.oasis.opendocument.spreadsheet"
_NAMES = "urn:oasis:names:tc:opendocument:xmlns"
_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    f'<office:document-content xmlns:office="{_NAMES}:office:1.0" xmlns:table="{_NAMES}:table:1.0" '
    f'xmlns:text="{_NAMES}:text:1.0" xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0">'
    "<office:body><office:spreadsheet>"
)
_END = "</office:spreadsheet></office:body></office:document-content>"
_FLUSH_AT = 1 << 14  # pieces of XML
_CELLS = ("table-cell", "covered-table-cell")


def rewrite_ods(archive: Archive, content: str) -> bytes:
    """Return a workbook with the sheets of the part ``content``, which was checked before. Raises FileRefused."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as written:
        written.writestr(zipfile.ZipInfo("mimetype"), _KIND)
        manifest = f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{_KIND}"/>'
        written.writestr(
            "META-INF/manifest.xml", f'<manifest:manifest xmlns:manifest="{_NAMES}:manifest:1.0">{manifest}</manifest:manifest>'
        )
        with written.open("content.xml", "w", force_zip64=True) as stream:
            _PlainTables(stream).copy(archive, content)
    return target.getvalue()


class _PlainTables:
    """Copies tables, rows and cells, each cell with its attributes and its text."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._pieces: list[str] = [_HEAD]
        self._cell: CellText | None = None
        self._nesting = Nesting()

    def copy(self, archive: Archive, part: str) -> None:
        """Write the tables of a part. Raises FileRefused or expat.ExpatError."""
        parse_xml(archive.blocks(part), start=self._start, end=self._end, data=self._data)
        self._pieces.append(_END)
        self._flush()

    def _flush(self) -> None:
        self._stream.write("".join(self._pieces).encode())
        self._pieces.clear()

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        if self._nesting.skips_start(tag):
            return
        name = tag.rpartition(":")[2]
        if self._cell is not None:
            self._cell.start(tag, count_in(attributes, "c") if name == "s" else 0)
        elif name in _CELLS or name == "table-row" or tag == "table:table":
            kept = {key: value for key, value in attributes.items() if key.startswith(("office:", "table:", "calcext:"))}
            members = "".join(f" {key}={quoteattr(value)}" for key, value in kept.items() if not key.endswith("style-name"))
            self._pieces.append(f"<table:{name}{members}>")
            self._cell = CellText() if name in _CELLS else None

    def _end(self, tag: str) -> None:
        if self._nesting.skips_end():
            return
        name = tag.rpartition(":")[2]
        if self._cell is not None and name not in _CELLS:
            self._cell.end(tag)
        elif self._cell is not None:
            text = self._cell.whole()
            self._pieces += [f"<text:p>{escape(line)}</text:p>" for line in text.split("\n")] if text else []
            self._cell = None
            self._pieces.append(f"</table:{name}>")
        elif name == "table-row" or tag == "table:table":
            self._pieces.append(f"</table:{name}>")
            if len(self._pieces) > _FLUSH_AT:
                self._flush()

    def _data(self, text: str) -> None:
        if self._cell is not None and not self._nesting.is_skipping:
            self._cell.data(text)
