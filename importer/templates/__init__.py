"""The templates: a workbook and a CSV file to fill in, and an example, all generated from the column table.

A list of invoices comes with its profile: its headings are those of a bookkeeping system, which no table of columns knows.
"""

from __future__ import annotations

import csv
import io
from importlib.resources import files
from pathlib import Path

from importer.domain.columns import CASE_COLUMNS, VOUCHER_COLUMNS, flat_name
from importer.domain.paths import exists
from importer.errors import UsageError
from importer.templates.example import example_workbook
from importer.templates.sheets import template_workbook
from importer.templates.workbook_bytes import is_as_written, pack

__all__ = ["flat_header", "write_templates"]

WORKBOOK, FLAT, EXAMPLE = "cases-and-vouchers.xlsx", "flat.csv", "example.xlsx"
INVOICE_LIST, INVOICE_PROFILE = "invoice-list.csv", "invoice-list.toml"


def write_templates(directory: Path) -> list[Path]:
    """Write the templates into ``directory``, with the same bytes every time, and return their paths.

    Raises UsageError, before anything is written, if one of them exists and was filled in.
    """
    contents = {WORKBOOK: pack(template_workbook()), FLAT: _flat(), EXAMPLE: pack(example_workbook()), **_invoice_list()}
    paths = {directory / name: content for name, content in contents.items()}
    for path in paths:
        if exists(path) and not _may_replace(path, contents[path.name]):
            raise UsageError(f"{path} has been changed since it was written. Move it away, or choose another folder.")
    try:
        directory.mkdir(parents=True, exist_ok=True)
        for path, content in paths.items():
            path.write_bytes(content)
    except OSError as error:
        what = f"{error.filename or directory} cannot be written ({error.strerror})"
        raise UsageError(f"{what}. Close it if it is open, or choose another folder.") from None
    return list(paths)


def flat_header() -> list[str]:
    """Return the headings of the flat shape. They lack the case of a voucher, which is that of the row."""
    vouchers = [flat_name(c.name) for c in VOUCHER_COLUMNS if c.name not in {"case_ref", "case_id"}]
    return [c.name for c in CASE_COLUMNS] + vouchers


def _flat() -> bytes:
    """Return the heading line, with ``;``, which Excel expects in most of Europe, and a BOM, so that æøå are kept."""
    text = io.StringIO()
    csv.writer(text, delimiter=";", lineterminator="\r\n").writerow(flat_header())
    return text.getvalue().encode("utf-8-sig")


def _invoice_list() -> dict[str, bytes]:
    """Return the list of invoices and its profile, as they are beside this module."""
    folder = files(__package__)
    return {name: folder.joinpath(name.replace("-", "_")).read_bytes() for name in (INVOICE_LIST, INVOICE_PROFILE)}


def _may_replace(path: Path, written: bytes) -> bool:
    """Return whether the file was not filled in: it is as written, or a CSV without a line below its heading."""
    try:
        content = path.read_bytes()
    except OSError:
        return False
    if content == written:
        return True
    if path.suffix == ".toml":
        return False
    return is_as_written(content) if path.suffix == ".xlsx" else len(content.splitlines()) <= 1
