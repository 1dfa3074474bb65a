"""Workbooks with random cells, written by openpyxl, XlsxWriter, xlwt, odfpy and, where it is installed, LibreOffice."""

from __future__ import annotations

import datetime as dt
import random
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import xlsxwriter
import xlwt
from odf.opendocument import OpenDocumentSpreadsheet
from odf.table import Table, TableCell, TableRow
from odf.teletype import addTextToElement
from odf.text import P

Placed = dict[tuple[int, int], Any]
"""(row, column) from 0 → the value of a cell."""

TEXTS = (
    *("Vibeke Holm", "Søren Ågård", "00123", "1.234,50", "=1+1", "'x", " a ", "two\nlines", "a  b", "tab\there", "€ 5", "«q»"),
    *(
        "#N/A as text",
        "TRUE",
        "2026-01-31",
        "日本",
        "a & b < c > d",
        '"quoted"',
        "é",
        "\u00a0x\u00a0",
        "_x000D_",
        "x" * 300,
        "-",
        "ß",
    ),
)
NUMBERS = (0, 1, -1, 59, 60, 61, 1234.5, 0.1, 1e-7, 99999999999, 123456789012345, -2.5, 3.14159265358979, 1 / 3)
EVERY_OFFICE = 10


def generate(folder: Path, count: int, seed: int) -> None:
    """Write ``count`` workbooks into a folder. The same seed makes the same cells."""
    folder.mkdir(parents=True, exist_ok=True)
    writers: list[Callable[[Path, random.Random], Path]] = [_by_openpyxl, _by_xlsxwriter, _by_xlwt, _by_odfpy]
    for number in range(count):
        chance = random.Random(f"{seed}:{number}")
        writers[number % len(writers)](folder / f"w{number:05}", chance)
    if shutil.which("soffice"):
        _by_office(folder, sorted(folder.glob("w*"))[::EVERY_OFFICE])


def _cells(chance: random.Random) -> Placed:
    top, left = chance.choice((0, 0, 0, 3)), chance.choice((0, 0, 0, 2))
    rows, columns = chance.randrange(1, 12), chance.randrange(1, 9)
    places = [(top + row, left + column) for row in range(rows) for column in range(columns)]
    return {place: _value(chance) for place in places if chance.random() < 0.8}


def _value(chance: random.Random) -> Any:
    day = dt.date(chance.randrange(1995, 2035), chance.randrange(1, 13), chance.randrange(1, 28))
    kinds: list[Callable[[], Any]] = [
        lambda: chance.choice(TEXTS),
        lambda: chance.choice(TEXTS),
        lambda: chance.choice(NUMBERS),
        lambda: round(chance.uniform(-1e6, 1e6), 2),
        lambda: day,
        lambda: dt.datetime.combine(day, dt.time(chance.randrange(24), chance.randrange(60), chance.randrange(60))),
        lambda: dt.time(chance.randrange(1, 24), chance.randrange(60), chance.randrange(60)),
        lambda: chance.random() < 0.5,
    ]
    return chance.choice(kinds)()


def _by_openpyxl(path: Path, chance: random.Random) -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    for (row, column), value in _cells(chance).items():
        cell = sheet.cell(row + 1, column + 1)
        cell.value = value
        if isinstance(value, str):
            cell.data_type = "s"  # also a text that begins like a formula
    for row in range(1, chance.choice((1, 4))):
        sheet.row_dimensions[row].hidden = True
    if chance.random() < 0.2:
        sheet.merge_cells("B2:C3")
    if chance.random() < 0.2:
        book.create_sheet("Zweites Blatt & <mehr>").append(["x", 1])
    book.save(target := path.with_suffix(".xlsx"))
    return target


def _by_xlsxwriter(path: Path, chance: random.Random) -> Path:
    target = path.with_suffix(".xlsx")
    options = {"strings_to_formulas": False, "strings_to_urls": False, "constant_memory": chance.random() < 0.3}
    book = xlsxwriter.Workbook(target, options | {"date_1904": chance.random() < 0.2})
    sheet = book.add_worksheet()
    formats = [book.add_format({"num_format": code}) for code in ("yyyy-mm-dd", "yyyy-mm-dd hh:mm:ss", "hh:mm:ss", "0.00")]
    for (row, column), value in sorted(_cells(chance).items(), key=lambda item: item[0]):
        _write(sheet, (row, column), value, formats)
    book.close()
    return target


def _write(sheet: Any, place: tuple[int, int], value: Any, formats: list[Any]) -> None:
    if isinstance(value, dt.date | dt.time):
        kind = 1 if isinstance(value, dt.datetime) else 2 if isinstance(value, dt.time) else 0
        sheet.write_datetime(*place, value, formats[kind])
    elif isinstance(value, str):
        sheet.write_string(*place, value)
    else:
        sheet.write(*place, value)


def _by_xlwt(path: Path, chance: random.Random) -> Path:
    book = xlwt.Workbook()
    sheet = book.add_sheet("Ark 1", cell_overwrite_ok=True)
    for (row, column), value in _cells(chance).items():
        code = "General"
        if isinstance(value, dt.date | dt.time):
            is_time = isinstance(value, dt.time)
            code = "hh:mm:ss" if is_time else "yyyy-mm-dd hh:mm:ss" if isinstance(value, dt.datetime) else "yyyy-mm-dd"
        sheet.write(row, column, value, xlwt.easyxf(num_format_str=code))
    if chance.random() < 0.3:
        sheet.row(1).hidden = True
    book.save(str(target := path.with_suffix(".xls")))
    return target


def _by_odfpy(path: Path, chance: random.Random) -> Path:
    document, table, cells = OpenDocumentSpreadsheet(), Table(name="Ark 1"), _cells(chance)
    width = max((column for _, column in cells), default=0) + 1
    for row in range(max((row for row, _ in cells), default=0) + 1):
        line = TableRow()
        for column in range(width):
            line.addElement(_ods_cell(cells.get((row, column))))
        table.addElement(line)
    document.spreadsheet.addElement(table)
    document.save(str(target := path.with_suffix(".ods")))
    return target


def _ods_cell(value: Any) -> TableCell:
    if value is None:
        return TableCell()
    attributes: dict[str, Any] = {"valuetype": "string"}
    text = str(value)
    if isinstance(value, bool):
        attributes = {"valuetype": "boolean", "booleanvalue": str(value).lower()}
    elif isinstance(value, int | float):
        attributes = {"valuetype": "float", "value": repr(value)}
    elif isinstance(value, dt.date):
        attributes, text = {"valuetype": "date", "datevalue": value.isoformat()}, value.strftime("%d.%m.%Y")
    elif isinstance(value, dt.time):
        attributes = {"valuetype": "time", "timevalue": value.strftime("PT%HH%MM%SS")}
    cell = TableCell(**attributes)
    for line in text.split("\n"):
        addTextToElement(paragraph := P(), line)
        cell.addElement(paragraph)
    return cell


def _by_office(folder: Path, paths: list[Path]) -> None:
    """Convert some workbooks to each other's formats with LibreOffice, beside the originals."""
    for number, ending in enumerate(("xlsx", "ods", "xls")):
        part = [str(path) for path in paths[number::3]]
        target = folder / f"office-{ending}"
        command = ["soffice", f"-env:UserInstallation=file://{folder}/profile", "--headless", "--convert-to", ending]
        if part:
            subprocess.run([*command, "--outdir", str(target), *part], capture_output=True, timeout=900, check=False)
    shutil.rmtree(folder / "profile", ignore_errors=True)
