"""The same invented cases in every kind of file that is read: ``python -m benchmarks.kinds KIND ROWS PATH``."""

from __future__ import annotations

import csv
import os
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from benchmarks.data import CASE_COLUMNS, Value, rows, write_csv, write_xlsx
from benchmarks.measure import note, run

VERSION = 2
"""Part of every file's name: raise it when the files change, so that no old ones are used."""

_ODS_KIND = "application/vnd.oasis.opendocument.spreadsheet"
_ODS_NAMES = "urn:oasis:names:tc:opendocument:xmlns"
_ODS_MANIFEST = (
    f'<manifest:manifest xmlns:manifest="{_ODS_NAMES}:manifest:1.0" manifest:version="1.2">'
    f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{_ODS_KIND}"/>'
    '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/></manifest:manifest>'
)


def _plain_csv(path: Path, count: int) -> None:
    write_csv(path, "cases", count)


def _quoted_csv(path: Path, count: int) -> None:
    """Every cell in quotes, delimited by semicolons, as many systems write their exports."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, delimiter=";", quoting=csv.QUOTE_ALL)
        writer.writerow(CASE_COLUMNS)
        writer.writerows(rows("cases", count))


def _lines_csv(path: Path, count: int) -> None:
    """Quotes around some cells only: texts of two lines, and texts with a delimiter."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, delimiter=";")
        writer.writerow(CASE_COLUMNS)
        at = CASE_COLUMNS.index("comments")
        for number, row in enumerate(rows("cases", count)):
            row[at] = ("Two reminders\nsent", "Call first; then write", None)[number % 3]
            writer.writerow(row)


def _xlsx(path: Path, count: int) -> None:
    write_xlsx(path, "cases", count)


def _flat_xlsx(path: Path, count: int) -> None:
    write_xlsx(path, "flat", count)


def _money_xlsx(path: Path, count: int, code: str) -> None:
    """Amounts and postal codes are numbers that their formats show, as accounting programs write them."""
    import xlsxwriter

    with xlsxwriter.Workbook(str(path), {"default_date_format": "dd-mm-yyyy", "strings_to_urls": False}) as book:
        forms = {
            "amount_to_recover": book.add_format({"num_format": code}),
            "debtor_zip_code": book.add_format({"num_format": "0000"}),
        }
        sheet = book.add_worksheet("Cases")
        sheet.write_row(0, 0, CASE_COLUMNS)
        for at, row in enumerate(rows("cases", count), start=1):
            for column, (name, value) in enumerate(zip(CASE_COLUMNS, row, strict=True)):
                sheet.write(at, column, int(str(value)) if name == "debtor_zip_code" else value, forms.get(name))


def _amounts_xlsx(path: Path, count: int) -> None:
    _money_xlsx(path, count, "#,##0.00")


def _currency_xlsx(path: Path, count: int) -> None:
    _money_xlsx(path, count, "#,##0.00 [$DKK]")


def _xls(path: Path, count: int) -> None:
    import xlwt  # type: ignore[import-untyped]

    book = xlwt.Workbook()
    sheet = book.add_sheet("Cases")
    day, money = xlwt.easyxf(num_format_str="dd-mm-yyyy"), xlwt.easyxf(num_format_str="#,##0.00")
    for column, heading in enumerate(CASE_COLUMNS):
        sheet.write(0, column, heading)
    for at, row in enumerate(rows("cases", count), start=1):
        for column, value in enumerate(row):
            if isinstance(value, date):
                sheet.write(at, column, value, day)
            elif isinstance(value, Decimal):
                sheet.write(at, column, value, money)
            elif value is not None:
                sheet.write(at, column, value)
    book.save(str(path))


def _ods(path: Path, count: int) -> None:
    names = " ".join(f'xmlns:{one}="{_ODS_NAMES}:{one}:1.0"' for one in ("office", "table", "text"))
    head = f"<office:document-content {names}><office:body><office:spreadsheet><table:table table:name='Cases'>"
    tail = "</table:table></office:spreadsheet></office:body></office:document-content>"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo("mimetype"), _ODS_KIND)
        archive.writestr("META-INF/manifest.xml", _ODS_MANIFEST)
        with archive.open("content.xml", "w") as part:
            part.write(head.encode())
            part.writelines(line.encode() for line in _ods_rows(count))
            part.write(tail.encode())


def _ods_rows(count: int) -> Iterator[str]:
    yield f"<table:table-row>{''.join(map(_ods_cell, CASE_COLUMNS))}</table:table-row>"
    for row in rows("cases", count):
        yield f"<table:table-row>{''.join(map(_ods_cell, row))}</table:table-row>"


def _ods_cell(value: Value) -> str:
    if value is None:
        return "<table:table-cell/>"
    kind = "string"
    if isinstance(value, date):
        kind = f"date' office:date-value='{value}"
    elif isinstance(value, Decimal):
        kind = f"float' office:value='{value}"
    return f"<table:table-cell office:value-type='{kind}'><text:p>{escape(str(value))}</text:p></table:table-cell>"


KINDS: dict[str, tuple[str, Callable[[Path, int], Any]]] = {
    "csv": ("csv", _plain_csv),
    "quoted csv": ("csv", _quoted_csv),
    "csv with texts of two lines": ("csv", _lines_csv),
    "xlsx": ("xlsx", _xlsx),
    "xlsx, a voucher in each row": ("xlsx", _flat_xlsx),
    "xlsx, amounts as #,##0.00": ("xlsx", _amounts_xlsx),
    "xlsx, amounts as #,##0.00 [$DKK]": ("xlsx", _currency_xlsx),
    "xls": ("xls", _xls),
    "ods": ("ods", _ods),
}
"""By what they are called: the ending of the file, and what writes it."""


def file_of(kind: str, count: int) -> Path:
    """Return a file of ``count`` rows. It is made once, by a child process to save memory, and kept in the system's folder."""
    folder = Path(tempfile.gettempdir()) / f"importer-benchmarks-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    path = folder / f"kind-{list(KINDS).index(kind)}-{count}-{VERSION}.{KINDS[kind][0]}"
    if not path.is_file():
        note(f"making {kind}, {count:,} rows")
        run("-m", "benchmarks.kinds", kind, str(count), path)
    return path


def main() -> None:
    kind, count, path = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
    partial = path.with_suffix(f".partial{path.suffix}")
    KINDS[kind][1](partial, count)
    partial.replace(path)


if __name__ == "__main__":
    main()
