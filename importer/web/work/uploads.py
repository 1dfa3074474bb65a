"""The files that were dropped: kept in private folders under their own names, until they are not needed any more."""

from __future__ import annotations

import os
import re
import shutil
import unicodedata
from pathlib import Path
from typing import BinaryIO

from importer.domain.file_names import CONTROL
from importer.errors import UsageError
from importer.loader.records.file_types import FILE_TYPES
from importer.web.work.environments import PageEnvironments
from importer.workspace.input_files import SPREADSHEETS

LONGEST_NAME = 150
MOST_NAME_BYTES = 200
"""File systems count bytes: a name of Danish or Greek letters is longer than its characters, and results add to it."""
CHUNK_BYTES = 1 << 20
_JOB = re.compile(r"[0-9a-f]{32}")


class Uploads:
    """The folders of uploads, one for each job."""

    def __init__(self, environments: PageEnvironments) -> None:
        self._environments = environments

    def folder(self, job_id: str) -> Path:
        """Return the folder of a job's files. Raises UsageError for what is no id of a job."""
        if not _JOB.fullmatch(job_id):
            raise UsageError("There is no such upload. Drop the file again.")
        return self._environments.folder("uploads") / job_id

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
        shutil.rmtree(self.folder(job_id), ignore_errors=True)

    def forget_all(self) -> None:
        """Remove all files, such as those of a server that was killed."""
        shutil.rmtree(self._environments.folder("uploads"), ignore_errors=True)


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
