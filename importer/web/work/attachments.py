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
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from importer.errors import UsageError
from importer.loader.records.file_types import FILE_TYPES
from importer.web.work.batch_keys import batch_folder_name
from importer.web.work.environments import PageEnvironments
from importer.web.work.uploads import CHUNK_BYTES, safe_name, uploads_of
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


def documents_in(folder: Path | None) -> Path | None:
    """Return where documents may be that belong to invoices by their names: the only ZIP that was dropped, else the folder."""
    if folder is None:
        return None
    dropped = [path for path in folder.iterdir() if path.name != BATCHES]
    return dropped[0] if len(dropped) == 1 and dropped[0].suffix.casefold() == ".zip" else folder


def attachments_of(environments: PageEnvironments, batch_id: int) -> Path | None:
    """Return the folder of the documents that were dropped with the source of a batch; None if there were none."""
    key = environments.batch_key(batch_id)
    if key is None:
        return None
    return next((folder for folder in _folders(environments) if key.name in _noted(folder).get(key.ledger, ())), None)


def note_batches(environments: PageEnvironments, folder: Path, batches: Iterable[int]) -> None:
    """Remember that these batches may need the documents of a folder."""
    noted = _noted(folder)
    for key in filter(None, map(environments.batch_key, batches)):
        noted[key.ledger] = sorted({*noted.get(key.ledger, ()), key.name})
    environments.access.write(folder / BATCHES, json.dumps(noted))


def forget_attachments(environments: PageEnvironments, job_id: str) -> None:
    """Remove the documents of a drop, unless a batch was made with them."""
    folder = _folder(environments, job_id)
    if not _noted(folder):
        shutil.rmtree(folder, ignore_errors=True)


def sweep_attachments(environments: PageEnvironments) -> None:
    """Remove the documents of which no batch is open any more: all is sent, or was discarded. Raises LedgerError."""
    folders, ledger_id = _folders(environments), environments.ledger_id()
    waiting = _waiting(environments) if folders and ledger_id else set()
    dropped = {path.name for path in uploads_of(environments)}  # of a drop that is not staged yet, perhaps of another server
    for folder in folders:
        with suppress(UsageError):  # what is noted of one of them cannot be read: it stays, and the others are removed
            noted = _noted(folder)
            is_needed = any(known != ledger_id or waiting.intersection(names) for known, names in noted.items())
            if not is_needed and (noted or folder.name not in dropped):
                shutil.rmtree(folder, ignore_errors=True)


def _waiting(environments: PageEnvironments) -> set[str]:
    """Return the names of the batches that may need documents: open ones, and those of which a part is open."""
    with environments.reading() as environment, open_ledger_read_only(environment) as ledger, ledger.queries() as queries:
        infos = [info for batch in queries.waiting_batches() if (info := queries.batch(batch))]
        infos += [info for one in infos if one.part_of is not None and (info := queries.batch(one.part_of))]
    return {batch_folder_name(info.id, info.run_id) for info in infos}


def _folder(environments: PageEnvironments, job_id: str) -> Path:
    return environments.folder(FOLDER) / job_id


def _folders(environments: PageEnvironments) -> list[Path]:
    return [path for path in environments.folder(FOLDER).iterdir() if path.is_dir()]


def _noted(folder: Path) -> dict[str, list[str]]:
    """Return the batches that may need the documents of a folder, by the id of their ledger. Raises UsageError."""
    path = folder / BATCHES
    try:
        return {ledger: list(names) for ledger, names in json.loads(path.read_text(encoding="utf-8")).items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError, AttributeError):
        raise UsageError(f"{path} cannot be read, which names the batches of its documents. Restore it from a backup.") from None
