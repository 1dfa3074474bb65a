"""The files that were dropped: kept in private folders under their own names, until they are not needed any more."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import unicodedata
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import BinaryIO

from importer.domain.file_names import CONTROL
from importer.errors import UsageError
from importer.ledger.storage.lock import OwnedLock
from importer.loader.records.file_types import FILE_TYPES
from importer.web.work.environments import FOLDER, PageEnvironments
from importer.workspace.input_files import SPREADSHEETS

LONGEST_NAME = 150
MOST_NAME_BYTES = 200
"""File systems count bytes: a name of Danish or Greek letters is longer than its characters, and results add to it."""
CHUNK_BYTES = 1 << 20
UPLOADS = "uploads"
_JOB = re.compile(r"[0-9a-f]{32}")


class Uploads:
    """The folders of uploads of this server, one for each job. Other servers in the workspace have theirs.

    A lock says that the server runs: it ends with the process, so that the files of one that was killed can be removed.
    """

    def __init__(self, environments: PageEnvironments) -> None:
        """Begin to keep uploads. Raises UsageError if nothing can be written in the workspace."""
        self._environments = environments
        self._bytes: dict[str, int] = {}
        self._counting = Lock()
        self._name = f"{os.getpid()}-{secrets.token_hex(8)}"
        try:
            self._lock = _lock_of(environments, self._name)
            self._lock.acquire("importer serve")
            environments.access.folders_to(self._own)
        except OSError as error:
            raise UsageError(
                f"The page cannot write in its folder {environments.workspace.root / FOLDER} ({error.strerror}). Check that you "
                f"may write there, and that there is space left."
            ) from None

    @property
    def _own(self) -> Path:
        return self._environments.folder(UPLOADS) / self._name

    def folder(self, job_id: str) -> Path:
        """Return the folder of a job's files. Raises UsageError for what is no id of a job."""
        if not _JOB.fullmatch(job_id):
            raise UsageError("There is no such upload. Drop the file again.")
        return self._own / job_id

    def make_room(self, job_id: str, size: int, is_read: Callable[[str], bool]) -> list[str]:
        """Reserve the bytes of a drop. The files of drops that were read are removed for that, the oldest first.

        Returns the drops of which the files were removed. ``is_read``: whether the files of a drop are read, or will be. Raises
        UsageError if these leave too little room.
        """
        web = self._environments.settings.web
        most = round(max(web.waiting_megabytes, web.upload_megabytes) * 1_000_000)
        with self._counting:
            needed = {one for one in self._bytes if is_read(one)}
            taken = sum(self._bytes[one] for one in needed)
            if taken + size > most:
                raise UsageError(
                    f"The files that were dropped and are not read yet have {taken / 1e6:,.1f} MB, and these would be "
                    f"{size / 1e6:,.1f} MB more than the {most / 1e6:,.0f} MB that may wait. Drop them again once the others are "
                    f"read, or have waiting_megabytes under [web] raised. Nothing of them was kept."
                )
            removed = []
            while sum(self._bytes.values()) + size > most:
                removed.append(next(one for one in self._bytes if one not in needed))
                self._remove(removed[-1])
            self._bytes[job_id] = size
        return removed

    def keep(self, job_id: str, name: str, content: BinaryIO) -> Path:
        """Write a file of a job. Raises UsageError for a name that no spreadsheet has, and OSError if the disk is full."""
        folder = self.folder(job_id)
        self._environments.access.folders_to(folder)
        path = _free_path(folder, file_name(name))
        with os.fdopen(self._environments.access.open(path, os.O_WRONLY | os.O_EXCL), "wb") as file:
            shutil.copyfileobj(content, file, CHUNK_BYTES)
        return path

    def file(self, job_id: str, name: str) -> Path:
        """Return a file of a job by its name. Raises UsageError if it is not there any more."""
        folder = self.folder(job_id)
        found = {path.name: path for path in folder.iterdir()} if folder.is_dir() else {}
        if name not in found:
            raise UsageError("That file is not here any more. Drop it again.")
        return found[name]

    def forget(self, job_id: str) -> None:
        """Remove the files of a job."""
        with self._counting:
            self._remove(job_id)

    def _remove(self, job_id: str) -> None:
        shutil.rmtree(self.folder(job_id), ignore_errors=True)
        self._bytes.pop(job_id, None)

    def sweep(self) -> None:
        """Remove the files of servers that have ended without doing so."""
        for path in self._environments.folder(UPLOADS).iterdir():
            name = path.name.removesuffix(".lock").removesuffix(".owner")
            if name != self._name and not _lock_of(self._environments, name).is_held():
                _remove(self._environments, name)

    def close(self) -> None:
        """Remove all files of this server, which takes no more of them."""
        shutil.rmtree(self._own, ignore_errors=True)
        self._lock.release()
        _remove(self._environments, self._name)


def uploads_of(environments: PageEnvironments) -> list[Path]:
    """Return the folders of all jobs with uploads, of whichever server."""
    return [path for path in environments.folder(UPLOADS).glob("*/*") if path.is_dir()]


def _lock_of(environments: PageEnvironments, name: str) -> OwnedLock:
    return OwnedLock(str(environments.folder(UPLOADS) / name), environments.access)


def _remove(environments: PageEnvironments, name: str) -> None:
    folder = environments.folder(UPLOADS)
    shutil.rmtree(folder / name, ignore_errors=True)
    for path in (folder / f"{name}.owner", folder / f"{name}.lock"):
        with suppress(OSError):
            path.unlink(missing_ok=True)


def file_name(given: str) -> str:
    """Return the name under which an upload is kept: the last part of what the browser sends, without what no name has.

    Raises UsageError if it is not that of a spreadsheet.
    """
    name = safe_name(re.split(r"[/\\]", given)[-1])
    suffix = Path(name).suffix
    if suffix.casefold() not in SPREADSHEETS or name == suffix or name.casefold().endswith(CONTROL):
        sheets, documents = ", ".join(SPREADSHEETS), " ".join(one for one in FILE_TYPES if one not in SPREADSHEETS)
        raise UsageError(
            f"{name[:LONGEST_NAME] or 'The file'} is not a spreadsheet: its name must end in one of {sheets}. Nothing was kept "
            f"of it. Documents that a sheet names in appendix_file are dropped with it: {documents}."
        )
    return f"{_shortened(name.removesuffix(suffix), len(suffix))}{suffix}"


def _shortened(stem: str, taken: int) -> str:
    """Return as much of a name as fits beside ``taken`` characters of its ending, with no character cut in two."""
    return stem[: LONGEST_NAME - taken].encode("utf-8")[: MOST_NAME_BYTES - taken].decode("utf-8", "ignore")


def safe_name(part: str) -> str:
    """Return one part of a path without what no name of a file has: it leads to no other folder, and is not hidden."""
    kept = "".join(
        "_" if unicodedata.category(c) in {"Cc", "Cf", "Cs", "Co"} or c in '<>:"|?*/\\' else c
        for c in unicodedata.normalize("NFC", part)
    )
    return re.sub(r"\s+", " ", kept).strip(" .").lstrip("~$")


def _free_path(folder: Path, name: str) -> Path:
    path, number = folder / name, 1
    while path.exists():
        number += 1
        path = folder / f"{Path(name).stem}-{number}{Path(name).suffix}"
    return path
