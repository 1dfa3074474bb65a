"""A workbook of row sheets: XlsxWriter writes everything except the rows, which are copied into it from their own files."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from io import BytesIO
from pathlib import Path
from shutil import copyfileobj
from typing import Any
from zipfile import ZIP64_LIMIT, ZIP_DEFLATED, ZipFile, ZipInfo

import xlsxwriter

from importer.reporter.xlsx.fast_rows import ROWS_BEGIN, RowSheet

LEVEL = 1
"""The compression level, as in spreadsheet programs: a third of the default's time, for a file that is a fifth larger."""

_CHUNK = 1 << 20


class RowBook:
    """A workbook at ``path``, whose file exists once it is closed."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._parts = BytesIO()
        self._book = xlsxwriter.Workbook(self._parts, {"in_memory": True})
        self._sheets: dict[str, RowSheet] = {}

    def set_created(self, moment: datetime) -> None:
        self._book.set_properties({"created": moment})

    def add_format(self, properties: dict[str, Any]) -> Any:
        return self._book.add_format(properties)

    def add_sheet(self, name: str) -> RowSheet:
        sheet: RowSheet = self._book.add_worksheet(name, partial(RowSheet, self._path.parent))
        self._sheets[f"xl/worksheets/sheet{sheet.index + 1}.xml"] = sheet
        return sheet

    def close(self) -> None:
        """Write the workbook. Raises OSError if it cannot be written."""
        try:
            for sheet in self._sheets.values():
                sheet.finish()
            self._book.close()
            self._pack()
        except OSError:
            self._path.unlink(missing_ok=True)  # an incomplete file is useless, and takes space
            raise
        finally:
            self.discard()

    def discard(self) -> None:
        """Discard what was written so far."""
        for sheet in self._sheets.values():
            sheet.rows.close()

    def _pack(self) -> None:
        with ZipFile(self._parts) as parts, ZipFile(self._path, "w", ZIP_DEFLATED, compresslevel=LEVEL) as packed:
            for name in parts.namelist():
                content = parts.read(name)
                if name in self._sheets:
                    _pack_sheet(packed, name, content, self._sheets[name])
                else:
                    packed.writestr(ZipInfo(name), content, ZIP_DEFLATED, LEVEL)  # without a time of its own


def _pack_sheet(packed: ZipFile, name: str, frame: bytes, sheet: RowSheet) -> None:
    before, begin, after = frame.partition(ROWS_BEGIN.encode())
    is_large = len(frame) + sheet.size > ZIP64_LIMIT
    with packed.open(name, "w", force_zip64=is_large) as part:
        part.write(before + begin)
        copyfileobj(sheet.rows, part, _CHUNK)
        part.write(after)
