"""Documents that were dropped with the sheets that name them: kept until nothing of their batches waits any more.

An attachment is read when its voucher is sent, which may be days after the drop, so that it cannot lie with the uploads, which
end with the server.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import BinaryIO

from importer.errors import UsageError
from importer.loader.records.file_types import FILE_TYPES
from importer.web.work.environments import PageEnvironments
from importer.web.work.uploads import CHUNK_BYTES, safe_name
from importer.workspace.connections import open_ledger_read_only
from importer.workspace.input_files import SPREADSHEETS

FOLDER, BATCHES = "attachments", ".batches"
MOST_FOLDERS = 8
"""How deep a document may lie in the folder that was dropped."""
LONGEST_PART = 255
"""The bytes that file systems take as the name of a file or a folder."""


def can_be_attached(name: str) -> bool:
    """Return whether a file of this name may be attached to a voucher; spreadsheets may, too."""
    return Path(name).suffix.casefold() in FILE_TYPES


def is_document(name: str) -> bool:
    """Return whether a file of this name may be attached to a voucher, and cannot be a sheet to import."""
    return can_be_attached(name) and Path(name).suffix.casefold() not in SPREADSHEETS


def keep_attachment(environments: PageEnvironments, job_id: str, name: str, content: BinaryIO) -> None:
    """Write a document of a drop; ``name`` may name folders, with slashes. Raises UsageError, or OSError if the disk is full."""
    parts = [safe_name(part) for part in re.split(r"[/\\]", name) if part not in {"", "."}]
    is_too_long = any(len(part.encode()) > LONGEST_PART for part in parts)  # a shorter one is not the name that the sheet has
    if not parts or len(parts) > MOST_FOLDERS or "" in parts or is_too_long:
        raise UsageError(f"{name[:200]!r} cannot be the name of a document. Give it another one, and drop it again.")
    path = _folder(environments, job_id).joinpath(*parts)
    environments.access.folders_to(path.parent)
    try:
        descriptor = environments.access.open(path, os.O_WRONLY | os.O_EXCL)
    except FileExistsError:
        raise UsageError(f"There are two documents of the name {name}. Give them names of their own, in the sheet too.") from None
    with os.fdopen(descriptor, "wb") as file:
        shutil.copyfileobj(content, file, CHUNK_BYTES)


def attachments_beside(environments: PageEnvironments, paths: Sequence[Path]) -> Path | None:
    """Return the folder of the documents that were dropped with uploads; None if there were none."""
    folder = environments.folder(FOLDER) / paths[0].parent.name
    return folder if folder.is_dir() else None


def attachments_of(environments: PageEnvironments, batch_id: int) -> Path | None:
    """Return the folder of the documents that were dropped with the source of a batch; None if there were none."""
    return next((folder for folder in _folders(environments) if batch_id in _batches(folder)), None)


def note_batches(environments: PageEnvironments, folder: Path, batches: Iterable[int]) -> None:
    """Remember that these batches may need the documents of a folder."""
    noted = sorted({*_batches(folder), *batches})
    environments.access.write(folder / BATCHES, json.dumps(noted), durable=False)


def forget_attachments(environments: PageEnvironments, job_id: str) -> None:
    """Remove the documents of a drop, unless a batch was made with them."""
    folder = _folder(environments, job_id)
    if not _batches(folder):
        shutil.rmtree(folder, ignore_errors=True)


def sweep_attachments(environments: PageEnvironments) -> None:
    """Remove the documents of which no batch is open any more: all is sent, or was discarded. Raises LedgerError."""
    folders = _folders(environments)
    if not folders:
        return
    with environments.reading() as environment, open_ledger_read_only(environment) as ledger, ledger.queries() as queries:
        waiting = queries.waiting_batches()
    for folder in folders:
        if not waiting.intersection(_batches(folder)):
            shutil.rmtree(folder, ignore_errors=True)


def _folder(environments: PageEnvironments, job_id: str) -> Path:
    return environments.folder(FOLDER) / job_id


def _folders(environments: PageEnvironments) -> list[Path]:
    return [path for path in environments.folder(FOLDER).iterdir() if path.is_dir()]


def _batches(folder: Path) -> list[int]:
    try:
        return [int(one) for one in json.loads((folder / BATCHES).read_text(encoding="utf-8"))]
    except (OSError, ValueError, TypeError):
        return []
