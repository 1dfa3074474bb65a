"""The styles of an xlsx: which of its cells show something else than their values."""

from __future__ import annotations

from dataclasses import replace

from importer.domain.number_formats.built_in import kept_built_in
from importer.domain.number_formats.number_format import NumberFormat
from importer.loader.files.number_formats import is_taken_for_date, keep_format, shows_more
from importer.loader.files.xlsx_scan import Styles, parse_xml
from importer.loader.files.zip_archive import Archive


def read_styles(archive: Archive, part: str | None) -> Styles:
    """Return the styles of an xlsx; none if it has no part for them. Raises FileRefused or expat.ExpatError."""
    if part is None:
        return Styles()
    found = _StylesPart()
    parse_xml(archive.blocks(part), start=found.start, end=found.end)
    return found.styles()


class _StylesPart:
    """Handlers of the XML parser for the part of the styles."""

    def __init__(self) -> None:
        self._codes: dict[str, NumberFormat] = kept_built_in()
        self._cells: list[str] = []
        self._false_dates: set[str] = set()
        self._conditional: set[str] = set()
        self._inside: list[str] = []
        self._differences = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """Take the start of an element."""
        name = tag.rpartition(":")[2]
        self._inside.append(name)
        number, code = attributes.get("numFmtId", ""), attributes.get("formatCode", "")
        if name == "dxf":
            self._differences += 1
        elif name == "numFmt" and "dxf" in self._inside:
            self._conditional |= {str(self._differences - 1)} if shows_more(code) else set()
        elif name == "numFmt":
            keep_format(self._codes, number, code)
            self._false_dates |= {number} if is_taken_for_date(code) else set()
        elif name == "xf" and "cellXfs" in self._inside:
            self._cells.append(number)

    def end(self, _tag: str) -> None:
        """Take the end of an element."""
        self._inside.pop()

    def styles(self) -> Styles:
        """Return the styles of cells, and of conditions."""
        has_false_dates = not self._false_dates.isdisjoint(self._cells)
        return replace(Styles.of(self._codes, self._cells), conditional=frozenset(self._conditional), false_dates=has_false_dates)
