"""The version of a source: digests of everything that determines the rows of a file, computed without parsing it."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from importer.domain.personal_numbers.names import shown_name
from importer.errors import FileRefused
from importer.ledger.intake.unchanged_source import SourceVersion
from importer.loader.context import LoadContext
from importer.loader.files.safety import open_regular
from importer.loader.profile import Profile
from importer.loader.profiles.recognition import ProfileSet


def version_of(path: Path, read_with: str, today: date) -> SourceVersion | None:
    """Return the present version of a file; None if it cannot be determined. Reading the file then reports why.

    A symbolic link has no version: it may point to another file by the time it is read.
    """
    if os.path.islink(path):  # noqa: PTH114  (Path raises for some invalid paths)
        return None
    try:
        with os.fdopen(open_regular(path), "rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
    except (OSError, FileRefused):
        return None
    return SourceVersion(shown_name(path.name), digest, read_with, today.isoformat())


def reader_version(profile: Profile, profile_set: ProfileSet, context: LoadContext) -> str:
    """Return a digest of everything that affects reading, except the files themselves, their folders and the day.

    Folders matter only to attached files, and rows with one are always read again. Corrected rules of a time zone do not
    change entries that were accepted before.
    """
    profiles = [(one.path.as_posix(), one.profile.model_dump_json()) for one in profile_set.profiles]
    settings = replace(context, today=date.min, folder=Path())  # all other fields count, including future ones
    everything = repr((profile.model_dump_json(), profiles, settings, _version()))
    return hashlib.sha256(everything.encode()).hexdigest()


@cache
def _version() -> str:
    """Return a digest of the importer's own files and of the installed packages; it takes 10 ms.

    All of them count, so that no version number has to be raised by hand. An irrelevant change only causes one more
    reading.
    """
    digest = hashlib.sha256(sys.version.encode())
    own = sorted(_own_files(files("importer"), ""))
    if not own:  # installed without its sources, so that the version cannot be recognised
        return os.urandom(32).hex()
    for name, content in own:
        digest.update(f"\0{name}\0{len(content)}\0".encode() + content)
    for name in sorted({name for folder in sys.path for name in _installed(folder)}):
        digest.update(f"\0{name}".encode())
    return digest.hexdigest()


def _own_files(folder: Traversable, prefix: str) -> Iterator[tuple[str, bytes]]:
    for item in folder.iterdir():
        if item.is_dir():
            yield from _own_files(item, f"{prefix}{item.name}/")
        elif item.name.endswith((".py", ".toml")):
            yield prefix + item.name, item.read_bytes()


def _installed(folder: str) -> list[str]:
    """Return the names of the .dist-info folders in a folder of Python's path, which contain the versions."""
    try:
        return [name for name in os.listdir(folder) if name.endswith(".dist-info")]  # noqa: PTH208  (names alone, of thousands)
    except OSError:
        return []  # a zip file, or a missing folder
