"""Writing a workbook to reproducible bytes, and recognising whether a program has saved it since."""

from __future__ import annotations

import io
import re
from datetime import datetime
from typing import TYPE_CHECKING
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile, ZipInfo

if TYPE_CHECKING:
    from openpyxl import Workbook

_WRITTEN = datetime(2026, 1, 1)  # noqa: DTZ001  (openpyxl takes naive UTC)
_CORE = "docProps/core.xml"
_MODIFIED = re.compile(rb"(<dcterms:modified[^>]*>)[^<]*(</dcterms:modified>)")
_STAMP = f"{_WRITTEN:%Y-%m-%dT%H:%M:%SZ}".encode()


def pack(workbook: Workbook) -> bytes:
    """Return the bytes of ``workbook``, with fixed times in its properties and in the zip archive."""
    workbook.properties.creator = "importer template"
    workbook.properties.created = _WRITTEN
    raw, packed = io.BytesIO(), io.BytesIO()
    workbook.save(raw)
    with ZipFile(raw) as source, ZipFile(packed, "w", ZIP_DEFLATED) as target:
        for name in source.namelist():
            content = source.read(name)
            if name == _CORE:
                # openpyxl writes the time of saving, regardless of the property.
                content = _MODIFIED.sub(rb"\g<1>" + _STAMP + rb"\g<2>", content)
            member = ZipInfo(name, _WRITTEN.timetuple()[:6])
            member.create_system = 3  # otherwise it depends on the operating system
            member.compress_type = ZIP_DEFLATED
            target.writestr(member, content)
    return packed.getvalue()


def is_as_written(content: bytes) -> bool:
    """Return whether this is a workbook of :func:`pack` that no spreadsheet program has saved since."""
    try:
        with ZipFile(io.BytesIO(content)) as archive:
            found = _MODIFIED.search(archive.read(_CORE))
    except (BadZipFile, KeyError):
        return False
    return found is not None and _STAMP in found.group()
