"""The templates: workbooks and a CSV to fill in, and an example, all from the column table that the loader reads with."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from importer.domain.columns import CASE_COLUMNS, VOUCHER_COLUMNS, flat_name
from importer.errors import UsageError
from importer.templates.example import example_workbook
from importer.templates.sheets import template_workbook
from importer.templates.workbook_bytes import is_as_written, pack

__all__ = ["flat_header", "write_templates"]

WORKBOOK, FLAT, EXAMPLE = "cases-and-vouchers.xlsx", "flat.csv", "example.xlsx"


def write_templates(directory: Path) -> list[Path]:
    """Write the templates into ``directory`` and give their paths; the same bytes every time.

    Raises UsageError, before anything is written, when one of them is there already and somebody has filled it in.
    """
    contents = {WORKBOOK: pack(template_workbook()), FLAT: _flat(), EXAMPLE: pack(example_workbook())}
    paths = {directory / name: content for name, content in contents.items()}
    for path in paths:
        if path.exists() and not _may_replace(path):
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
    """The headings of the flat shape. Its vouchers belong to the row's own case, so they name none."""
    vouchers = [flat_name(c.name) for c in VOUCHER_COLUMNS if c.name not in {"case_ref", "case_id"}]
    return [c.name for c in CASE_COLUMNS] + vouchers


def _flat() -> bytes:
    """The heading line alone; with ``;``, as Excel in most of Europe opens and saves it, and a BOM, so that æøå survive."""
    text = io.StringIO()
    csv.writer(text, delimiter=";", lineterminator="\r\n").writerow(flat_header())
    return text.getvalue().encode("utf-8-sig")


def _may_replace(path: Path) -> bool:
    """Whether nobody's work is lost with the file: a workbook is as we wrote it, a CSV has no line below its heading."""
    try:
        content = path.read_bytes()
    except OSError:
        return False
    return is_as_written(content) if path.suffix == ".xlsx" else len(content.splitlines()) <= 1
