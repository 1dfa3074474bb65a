"""Pack the parts of an xlsb under the usual names, by which calamine looks for them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable
from xml.sax.saxutils import quoteattr

from importer.loader.files.open_package import STYLES, TEXTS, OpenPackage

_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def rename_parts(package: OpenPackage, sheets: Iterable[str]) -> bytes:
    """Return the workbook with the parts that are read. Its list of sheets keeps the ids of the relationships."""
    named = ((package.part_of(kind), name) for kind, name in ((STYLES, "styles"), (TEXTS, "sharedStrings")))
    parts = {package.book: "xl/workbook.bin"} | {part: f"xl/{name}.bin" for part, name in named if part}
    parts |= {part: f"xl/worksheets/sheet{number}.bin" for number, part in enumerate(sheets, 1)}
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as written:
        written.writestr("xl/_rels/workbook.bin.rels", _relationships(package, parts))
        for part, name in parts.items():
            with written.open(name, "w", force_zip64=True) as stream:
                for block in package.archive.blocks(part, is_xml=False):
                    stream.write(block)
    return target.getvalue()


def _relationships(package: OpenPackage, parts: dict[str, str]) -> str:
    named = [(key, one.kind, parts[one.part]) for key, one in package.relations.items() if one.part in parts]
    lines = "".join(
        f'<Relationship Id={quoteattr(key)} Type="{_OFFICE}/{kind}" Target="{name.removeprefix("xl/")}"/>'
        for key, kind, name in named
    )
    return f'<Relationships xmlns="{_PACKAGE}">{lines}</Relationships>'
