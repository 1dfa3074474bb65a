"""Compare what the importer reads with what other readers read, cell by cell, and print the kinds of differences.

    python tests/proofs/readers/compare_readers.py FOLDER [--office] [--show 3]
    python tests/proofs/readers/compare_readers.py --generate 2000 --seed 1

xlsx is compared with openpyxl, xls with xlrd, ods with odfpy and, with ``--office``, every workbook with LibreOffice. Nothing
leaves the machine; values of cells are printed only with ``--show``.
"""

from __future__ import annotations

import argparse
import datetime as dt
import re
import shutil
import subprocess
import sys
import tempfile
import warnings
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import openpyxl
import xlrd
from odf.opendocument import load as load_odf
from odf.table import CoveredTableCell, Table, TableCell, TableRow
from random_workbooks import generate

from importer.domain.special_cells import ShownNumber, cell_text, clean_number
from importer.errors import FileRefused
from importer.loader.files.reader import ReadOptions, open_source

Cells = dict[tuple[str, int, int], str]
"""(sheet, row from 1, column from 1) → the canonical text of a cell that is not empty."""

WORKBOOKS = (".xlsx", ".xls", ".xlsb", ".ods")
MOST_REPEATED = 1_000
OFFICE_AT_ONCE = 50


@dataclass
class Comparison:
    """What came of the files: outcomes, and differences by (format, reader, kind) with places of the first ones."""

    files: Counter[str] = field(default_factory=Counter)
    cells: Counter[str] = field(default_factory=Counter)
    kinds: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    places: dict[tuple[str, str, str], list[str]] = field(default_factory=lambda: defaultdict(list))

    def add(self, ending: str, reader: str, kind: str, place: str) -> None:
        """Count one difference."""
        self.kinds[ending, reader, kind] += 1
        self.places[ending, reader, kind].append(place)


def canonical(value: Any) -> str:
    """Return the text by which cells are compared: numbers without formats, days without midnight."""
    if isinstance(value, ShownNumber):
        value = value.held
    if isinstance(value, dt.datetime):
        value = value.replace(microsecond=0) + dt.timedelta(seconds=value.microsecond >= 500_000)
        value = value.date() if value.time() == dt.time() else value
    if isinstance(value, dt.timedelta) and dt.timedelta() <= value < dt.timedelta(days=1):
        value = (dt.datetime.combine(dt.date(2000, 1, 1), dt.time()) + value).time()  # a time of day and a duration look alike
    if isinstance(value, dt.time) and value.microsecond:
        value = (dt.datetime.combine(dt.date(2000, 1, 1), value) + dt.timedelta(milliseconds=1)).time().replace(microsecond=0)
    if isinstance(value, float | int) and not isinstance(value, bool):
        value = clean_number(value)
    return cell_text(value)


def ours(path: Path) -> Cells:
    """Read a file with the importer. Raises FileRefused."""
    found: Cells = {}
    with open_source(path, ReadOptions()) as source:
        for sheet in source.sheets:
            for row, cells in sheet.rows():
                for column, value in enumerate(cells, 1):
                    if text := canonical(value):
                        found[sheet.name, row, column] = text
    return found


def by_openpyxl(path: Path) -> Cells:
    """Read an xlsx with openpyxl."""
    found: Cells = {}
    book = openpyxl.load_workbook(path, data_only=True)
    for sheet in book.worksheets:
        for row in sheet.iter_rows():
            for cell in row:
                if text := canonical(cell.value):
                    found[sheet.title, cell.row, cell.column] = text
    return found


def by_xlrd(path: Path) -> Cells:
    """Read an xls with xlrd."""
    found: Cells = {}
    book = xlrd.open_workbook(path, formatting_info=True, logfile=open("/dev/null", "w"))  # noqa: PTH123, SIM115
    for sheet in book.sheets():
        for row in range(sheet.nrows):
            for column in range(sheet.ncols):
                if text := canonical(_value_of_xls(book, sheet.cell(row, column))):
                    found[sheet.name, row + 1, column + 1] = text
    return found


def _value_of_xls(book: Any, cell: Any) -> Any:
    if cell.ctype == xlrd.XL_CELL_ERROR:
        return xlrd.error_text_from_code.get(cell.value, "#VALUE!")
    if cell.ctype == xlrd.XL_CELL_BOOLEAN:
        return bool(cell.value)
    if cell.ctype != xlrd.XL_CELL_DATE:
        return cell.value
    code = book.format_map[book.xf_list[cell.xf_index].format_key].format_str
    if "[h" in code or "[m" in code or "[s" in code:
        return dt.timedelta(milliseconds=round(cell.value * 86_400_000))
    try:
        moment = xlrd.xldate_as_datetime(cell.value, book.datemode)
    except (ValueError, OverflowError):
        return cell.value
    return moment.time() if cell.value < 1 else moment


def by_odfpy(path: Path) -> Cells:
    """Read an ods with odfpy."""
    found: Cells = {}
    for table in load_odf(path).spreadsheet.getElementsByType(Table):
        name, number = table.getAttribute("name"), 0
        for row in table.getElementsByType(TableRow):
            repeats = min(int(row.getAttribute("numberrowsrepeated") or 1), MOST_REPEATED)
            cells = list(_cells_of_ods(row))
            for _ in range(repeats):
                number += 1
                found |= {(name, number, column): text for column, text in cells}
    return found


def _cells_of_ods(row: Any) -> Iterator[tuple[int, str]]:
    column = 0
    for cell in row.childNodes:
        if cell.qname not in (TableCell().qname, CoveredTableCell().qname):
            continue
        repeats = int(cell.getAttribute("numbercolumnsrepeated") or 1)
        text = canonical(_value_of_ods(cell)) if cell.qname == TableCell().qname else ""
        for _ in range(min(repeats, MOST_REPEATED)):
            column += 1
            if text:
                yield column, text
        column += max(repeats - MOST_REPEATED, 0)


def _value_of_ods(cell: Any) -> Any:
    kind = cell.getAttribute("valuetype")
    if kind in ("float", "currency", "percentage"):
        return float(cell.getAttribute("value"))
    if kind == "date":
        return dt.datetime.fromisoformat(cell.getAttribute("datevalue"))
    if kind == "boolean":
        return cell.getAttribute("booleanvalue") == "true"
    if kind == "time":
        hours, minutes, seconds = (float(part) for part in _clock(cell.getAttribute("timevalue")))
        return dt.timedelta(hours=hours, minutes=minutes, seconds=seconds)
    paragraphs = [node for node in cell.childNodes if node.qname[1] in ("p", "h")]
    return "\n".join(_text_of(node) for node in paragraphs)


def _clock(text: str) -> list[str]:
    hours, _, rest = text.removeprefix("PT").partition("H")
    minutes, _, seconds = rest.partition("M")
    return [hours, minutes, seconds.rstrip("S") or "0"]


def _text_of(node: Any) -> str:
    if node.nodeType == node.TEXT_NODE:
        return str(node.data)
    name = node.qname[1]
    if name == "s":
        return " " * int(node.getAttribute("c") or 1)
    if name in ("tab", "line-break"):
        return "\t" if name == "tab" else "\n"
    return "".join(map(_text_of, node.childNodes))


def by_office(paths: list[Path], folder: Path) -> Mapping[Path, Path]:
    """Convert workbooks to xlsx with LibreOffice, and return the results that there are."""
    converted: dict[Path, Path] = {}
    for start in range(0, len(paths), OFFICE_AT_ONCE):
        part, target = paths[start : start + OFFICE_AT_ONCE], folder / f"office{start}"
        copies = {path: folder / f"in{start}" / f"{number}{path.suffix}" for number, path in enumerate(part)}
        for path, copy in copies.items():
            copy.parent.mkdir(exist_ok=True)
            shutil.copy(path, copy)
        profile = f"-env:UserInstallation=file://{folder}/profile"
        command = ["soffice", profile, "--headless", "--convert-to", "xlsx", "--outdir", str(target), *map(str, copies.values())]
        subprocess.run(command, capture_output=True, timeout=600, check=False)
        converted |= {path: made for path, copy in copies.items() if (made := target / f"{copy.stem}.xlsx").exists()}
    return converted


READERS: dict[str, tuple[str, Callable[[Path], Cells]]] = {
    ".xlsx": ("openpyxl", by_openpyxl),
    ".xls": ("xlrd", by_xlrd),
    ".ods": ("odfpy", by_odfpy),
}


_CODED = re.compile("_x([0-9A-F]{4})_")
EXPLAINED = {
    "openpyxl": ("_x000D_ is not decoded", lambda mine, other: mine == _CODED.sub(lambda code: chr(int(code[1], 16)), other)),
    "odfpy": ("blank at the beginning is kept", lambda mine, other: bool(mine) and mine == other.lstrip(" ")),
}
"""What other readers do against the standard of the format, by reader: the kind of the difference, and whether it is one."""
_LONE_RETURN = "text of a lone carriage return, which LibreOffice writes as it is and XML reads as white space"


def kind_of(reader: str, mine: str, other: str) -> str:
    """Return the kind of a difference between two texts of a cell."""
    explained, is_so = EXPLAINED.get(reader, ("", None))
    if is_so and is_so(mine, other):
        return explained
    if reader == "odfpy" and not mine and other == "\r":
        return _LONE_RETURN
    if not mine or not other:
        return f"only {'the other' if not mine else 'the importer'} reads a cell"
    if "".join(mine.split()) == "".join(other.split()):
        return "white space"
    try:
        return "numbers" if abs(float(mine) - float(other)) > 1e-9 * abs(float(other)) else "digits beyond 15"
    except ValueError:
        return "errors" if mine.startswith("#") or other.startswith("#") else "texts, dates or kinds"


def compare(found: Comparison, path: Path, reader: str, mine: Cells, read: Callable[[], Cells]) -> None:
    """Compare one file with one other reader."""
    ending = path.suffix.casefold()
    try:
        others = read()
    except Exception as error:  # noqa: BLE001  (the other reader may fail in any way: that is one of the results)
        found.files[f"{ending}: {reader} fails"] += 1
        found.add(ending, reader, f"{reader} fails where the importer reads ({type(error).__name__})", str(path))
        return
    found.cells[reader] += len(others)
    for place in mine.keys() | others.keys():
        one, other = mine.get(place, ""), others.get(place, "")
        if one != other:
            sheet, row, column = place
            where = f"{path} {sheet!r} row {row} column {column}: {one!r}, {reader} {other!r}"
            found.add(ending, reader, kind_of(reader, one, other), where)


def compare_all(paths: list[Path], *, office: bool) -> Comparison:
    """Compare all files with the other readers of their format, and with LibreOffice if asked for."""
    found = Comparison()
    with tempfile.TemporaryDirectory() as name:
        converted = by_office(paths, Path(name)) if office and shutil.which("soffice") else {}
        for path in paths:
            ending = path.suffix.casefold()
            reader, read = READERS.get(ending, ("", by_openpyxl))
            try:
                mine = ours(path)
            except FileRefused as refusal:
                found.files[f"{ending}: refused"] += 1
                found.add(ending, "importer", "refused" + (", LibreOffice reads it" if path in converted else ""), str(refusal))
                continue
            found.files[f"{ending}: read"] += 1
            if reader:
                compare(found, path, reader, mine, lambda path=path, read=read: read(path))
            if path in converted:
                compare(found, path, "LibreOffice", mine, lambda path=path: by_openpyxl(converted[path]))
    return found


def main() -> int:
    """Compare the files of a folder, or generated ones, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--generate", type=int, default=0, metavar="N")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--office", action="store_true")
    parser.add_argument("--show", type=int, default=0, metavar="N", help="print the first N differences of each kind")
    chosen = parser.parse_args()
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory() as name:
        folder = chosen.folder or Path(name)
        if chosen.generate:
            generate(folder, chosen.generate, chosen.seed)
        paths = sorted(path for path in folder.rglob("*") if path.suffix.casefold() in WORKBOOKS and path.is_file())
        found = compare_all(paths, office=chosen.office)
    lines = [f"{count:7,} files  {what}" for what, count in sorted(found.files.items())]
    lines += [f"{count:7,} cells compared with {reader}" for reader, count in sorted(found.cells.items())]
    for key, count in found.kinds.most_common():
        lines += [f"{count:7,}  {' | '.join(key)}", *(f"           {place}" for place in found.places[key][: chosen.show])]
    sys.stdout.write("\n".join(lines) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
