"""A workbook that XlsxWriter writes cell by cell, by its documented interface: slower, but with any version of it."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import xlsxwriter
from xlsxwriter.exceptions import XlsxFileError

from importer.domain.cells import Cell
from importer.domain.special_cells import ShownNumber
from importer.reporter.xlsx.book import FormatOf, OutputSheet
from importer.reporter.xlsx.cell_values import NUMBER_FORMATS, stored_value

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


class PlainBook:
    """A workbook at ``path``, whose file exists once it is closed."""

    def __init__(self, path: Path) -> None:
        self._path = path
        # In the report's folder, since the system's temporary folder may be too small.
        self._rows = TemporaryDirectory(dir=path.parent, ignore_cleanup_errors=True)
        self._book = xlsxwriter.Workbook(str(path), {"constant_memory": True, "tmpdir": self._rows.name})
        self._book.use_zip64()
        self._no_format = self._book.add_format()

    def set_created(self, moment: datetime) -> None:
        self._book.set_properties({"created": moment})

    def add_format(self, properties: dict[str, Any]) -> Any:
        return self._book.add_format(properties)

    def add_sheet(self, name: str) -> OutputSheet:
        return PlainSheet(self._book.add_worksheet(name), self._no_format)

    def close(self) -> None:
        """Write the workbook. Raises OSError if it cannot be written."""
        try:
            self._book.close()
        except XlsxFileError as error:
            self._path.unlink(missing_ok=True)  # an incomplete file is useless, and takes space
            raise OSError(*getattr(error.args[0], "args", error.args)) from error
        finally:
            self._rows.cleanup()

    def discard(self) -> None:
        """Discard what was written so far."""
        with suppress(OSError):
            self.close()  # only this closes the temporary files
        self._path.unlink(missing_ok=True)


class PlainSheet:
    """A sheet whose rows are written from top to bottom."""

    def __init__(self, sheet: Any, no_format: Any) -> None:
        self._sheet, self._no_format = sheet, no_format
        self.freeze_panes, self.set_column, self.write_comment = sheet.freeze_panes, sheet.set_column, sheet.write_comment
        self.data_validation = sheet.data_validation

    def write_cells(self, row: int, cells: Sequence[Cell], format_of: FormatOf, coloured: Collection[int] = ()) -> None:
        """Write row ``row``; see :meth:`OutputSheet.write_cells`."""
        for column, cell in enumerate(cells):
            number_format = cell.code if isinstance(cell, ShownNumber) else NUMBER_FORMATS.get(type(cell), "")
            wanted = format_of(number_format, column) if number_format or column in coloured else None
            self._write(row, column, cell, wanted)

    def _write(self, row: int, column: int, cell: Cell, wanted: Any) -> None:
        value = stored_value(cell)
        if isinstance(value, str):
            self._write_text(row, column, _LONE_SURROGATE.sub("\ufffd", value), wanted)
        elif isinstance(value, bool):
            self._sheet.write_boolean(row, column, value, wanted)
        elif value is None:
            self._sheet.write_blank(row, column, None, wanted)  # it writes nothing without a format
        else:
            self._sheet.write_number(row, column, value, wanted)

    def _write_text(self, row: int, column: int, text: str, wanted: Any) -> None:
        if text.startswith("<r>") and text.endswith("</r>"):  # XlsxWriter reads this as markup, unless it is split
            self._sheet.write_rich_string(row, column, text[:1], self._no_format, text[1:], *([wanted] if wanted else []))
        else:
            self._sheet.write_string(row, column, text, wanted)
