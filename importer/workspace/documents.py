"""The documents of a request: a folder or a ZIP that is named, or one beside the list that has its name."""

from __future__ import annotations

import hashlib
import os
import stat
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from importer.domain.document_files import DOCUMENT_ENDINGS, DocumentFile, DocumentFolder, member_name
from importer.domain.file_names import is_passed_over
from importer.domain.personal_numbers.names import shown_name
from importer.errors import FileRefused

MOST_FILES = 20_000
"""Files in a folder or members of a ZIP."""
MOST_FOLDERS = 8
"""How deep a document may lie."""
MOST_UNPACKED = 8 << 30
"""Bytes of all members of a ZIP as its directory gives them. Each is read alone, and no further than the limit of a document."""
MOST_RATIO, RATIO_FROM = 250, 64 << 20
"""Ratio of unpacked to packed size of a member that is larger than 64 MB. Documents are packed already, and reach about 10."""


def open_documents(path: Path) -> DocumentFolder:
    """Return the files of a folder or a ZIP. Raises FileRefused if it cannot be read, or if it is not safe to."""
    try:
        if path.is_dir():
            found = [*_in_folder(path)]
        elif path.is_file():
            found = [*_in_zip(path)]
        else:
            raise FileRefused(f"{path} does not exist: the documents should be there. Check the path.")
    except OSError as error:
        raise FileRefused(f"{path} cannot be read: {error.strerror or error}. The documents should be there.") from None
    digest = hashlib.sha256(repr([(file.name, size) for file, size in found]).encode()).hexdigest()
    return DocumentFolder(shown_name(path.name), digest, tuple(file for file, _ in found))


def documents_beside(folder: Path, stem: str) -> DocumentFolder | None:
    """Return the documents in a folder or a ZIP that has the name of a list and lies beside it; None without any.

    Raises FileRefused if there are both, or if they are not safe to read.
    """
    found = [path for path in (folder / stem, folder / f"{stem}.zip") if _holds_documents(path)]
    if len(found) > 1:
        raise FileRefused(
            f"There are documents both in {found[0]} and in {found[1].name}. Say which to take: --documents {found[0].name}"
        )
    return open_documents(found[0]) if found else None


def _holds_documents(path: Path) -> bool:
    """Return whether a folder or a ZIP holds a file that can be a document; what else it holds does not matter."""
    try:
        if path.is_dir():
            names = [file.name for file, _ in _in_folder(path)]
        elif path.is_file() and zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                names = archive.namelist()
        else:
            return False
    except (OSError, FileRefused, zipfile.BadZipFile, ValueError, NotImplementedError):
        return False
    return any(PurePosixPath(name).suffix.casefold() in DOCUMENT_ENDINGS for name in names)


def _in_folder(folder: Path) -> Iterator[tuple[DocumentFile, int]]:
    """Yield the files below a folder with their sizes, in the order of their names. Links are not followed."""
    count, folder = 0, folder.resolve()
    for root, folders, names in os.walk(folder):
        here = Path(root)
        below = here.relative_to(folder)
        folders[:] = sorted(name for name in folders if not is_passed_over(name)) if len(below.parts) < MOST_FOLDERS else []
        for name in sorted(names):
            path = here / name
            if is_passed_over(name) or not stat.S_ISREG((found := path.lstat()).st_mode):
                continue
            count += 1
            _refuse_many(folder, count)
            yield DocumentFile((below / name).as_posix(), str(path)), found.st_size


def _refuse_many(path: Path, count: int) -> None:
    if count > MOST_FILES:
        raise FileRefused(f"{path} holds more than {MOST_FILES:,} files. Give the documents of one list alone.")


def _in_zip(path: Path) -> Iterator[tuple[DocumentFile, int]]:
    """Yield the files in a ZIP with their sizes. Raises FileRefused if it is damaged, encrypted or made to do harm."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, EOFError):
        raise FileRefused(f"{path} is no ZIP, or is cut short or damaged. Make it again.") from None
    _refuse_many(path, len(members))
    if sum(one.file_size for one in members) > MOST_UNPACKED:
        raise FileRefused(f"{path} unpacks to more than {MOST_UNPACKED >> 30} GB. Give the documents of one list alone.")
    seen: set[str] = set()
    for one in members:
        name = member_name(one)
        _refuse_unsafe(path, one, name)
        if name.casefold() in seen:
            raise FileRefused(f"{path} holds {name!r} twice, so that it is not clear which one counts. Make it again.")
        seen.add(name.casefold())
        parts = PurePosixPath(name).parts
        if not name.endswith("/") and not any(map(is_passed_over, parts)) and parts[0] != "__MACOSX":
            yield DocumentFile(name, str(path.resolve() / name)), one.file_size


def _refuse_unsafe(path: Path, one: zipfile.ZipInfo, name: str) -> None:
    parts = name.rstrip("/").split("/")
    if name.startswith("/") or any(letter in name for letter in ":\0") or not {"", ".", ".."}.isdisjoint(parts):
        raise FileRefused(f"{path} holds {name!r}, whose path leads out of it. Do not open it.")
    if stat.S_ISLNK(one.external_attr >> 16):
        raise FileRefused(f"{path} holds {name!r}, which is a link to another file. Do not open it.")
    if one.flag_bits & 1:
        raise FileRefused(f"{path} is encrypted. Save it without a password.")
    if one.file_size > RATIO_FROM and one.file_size > MOST_RATIO * max(one.compress_size, 1):
        raise FileRefused(f"{path} holds {name!r}, which unpacks to {one.file_size >> 20:,} MB (a zip bomb). Do not open it.")
