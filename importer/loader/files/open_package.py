"""The package of a workbook (xlsx, xlsb): its parts as relationships name them, whatever the parts are called.

calamine expects the usual names. `OpenPackage.is_usual` is False for a package that it would misread: it then gets another one.
"""

from __future__ import annotations

import posixpath
from dataclasses import dataclass, field
from typing import NamedTuple

from importer.loader.files.xlsx_scan import parse_xml
from importer.loader.files.zip_archive import Archive

WORKBOOK, STYLES, TEXTS = "officedocument", "styles", "sharedstrings"
WITHOUT_CELLS = ("chartsheet", "dialogsheet", "xlmacrosheet", "xlintlmacrosheet")
"""The last words of the types of relationships, the same in both editions of the standard, folded."""

_USUAL_PARTS = {STYLES: "xl/styles", TEXTS: "xl/sharedStrings"}
_USUAL_BOOKS = ("xl/workbook.xml", "xl/workbook.bin")


class Relation(NamedTuple):
    """A relationship: the last word of its type, and the part that it leads to (None if there is no such part)."""

    kind: str
    part: str | None
    target: str


@dataclass(frozen=True)
class OpenPackage:
    """The parts of a workbook. ``relations`` are those of its main part, by their ids."""

    archive: Archive
    book: str
    relations: dict[str, Relation] = field(default_factory=dict)

    @property
    def is_binary(self) -> bool:
        """Return whether the workbook is an xlsb."""
        return self.book.casefold().endswith(".bin")

    def part_of(self, kind: str) -> str | None:
        """Return the part of the styles or of the shared texts: the one that is related, or that with the usual name, or None."""
        related = [one.part for one in self.relations.values() if one.kind == kind]
        if not related:
            return self.archive.find(f"{_USUAL_PARTS[kind]}.{self._ending}")
        return related[0]

    @property
    def _ending(self) -> str:
        return "bin" if self.is_binary else "xml"

    @property
    def is_usual(self) -> bool:
        """Return whether the package has the usual names, so that calamine finds the same parts."""
        if self.archive.has_odd_names or self.book.casefold() != f"xl/workbook.{self._ending}":
            return False
        for kind, usual in _USUAL_PARTS.items():
            if self.part_of(kind) != self.archive.find(f"{usual}.{self._ending}"):
                return False
        return all(_is_plain(one.target) for one in self.relations.values() if one.kind.endswith("sheet"))


def open_package(archive: Archive) -> OpenPackage | None:
    """Return the package of a workbook, or None if the archive holds none. Raises FileRefused and expat.ExpatError."""
    book = _book_of(archive)
    if book is None:
        return None
    folder, file = posixpath.split(book)
    return OpenPackage(archive, book, _relations(archive, f"{folder}/_rels/{file}.rels", folder))


def _book_of(archive: Archive) -> str | None:
    related = _relations(archive, "_rels/.rels", "").values()
    named = next((one.part for one in related if one.kind == WORKBOOK and one.part), None)
    usual = (part for usual in _USUAL_BOOKS if (part := archive.find(usual)))
    return named if named and named.casefold().endswith((".xml", ".bin")) else next(usual, None)


def _relations(archive: Archive, rels: str, folder: str) -> dict[str, Relation]:
    found: dict[str, Relation] = {}
    part = archive.find(rels.removeprefix("/"))

    def start(tag: str, attributes: dict[str, str]) -> None:
        if tag.rpartition(":")[2] == "Relationship" and attributes.get("TargetMode", "").casefold() != "external":
            target = attributes.get("Target", "")
            kind = attributes.get("Type", "").rpartition("/")[2].casefold()
            found[attributes.get("Id", "")] = Relation(kind, _target_part(archive, target, folder), target)

    if part:
        parse_xml(archive.blocks(part), start=start)
    return found


def _target_part(archive: Archive, target: str, folder: str) -> str | None:
    """Return the part that a target names: from the root, from the folder of the part that names it, or as it stands."""
    path = target.replace("\\", "/")
    ways = [path.lstrip("/")] if path.startswith("/") else [posixpath.join(folder, path), path]
    return next((part for way in ways if (part := archive.find(posixpath.normpath(way)))), None)


def _is_plain(target: str) -> bool:
    """Return whether a target of a sheet is written as common programs do, so that every reader resolves it alike."""
    path = target.casefold().removeprefix("/").removeprefix("xl/")
    return path.count("/") == 1 and path.startswith(("worksheets/", "chartsheets/", "dialogsheets/"))
