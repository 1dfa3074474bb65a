"""The files with the corrections of a batch: what each cell is to hold, who changed it, and the batches of corrected rows.

They are those of one batch of one ledger (:mod:`importer.web.work.batch_keys`). Before corrected rows are staged it is noted that
they will be, so that their batch is known as theirs even if the server is killed right after it was recorded.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import RLock
from typing import Any

from importer.domain.timestamps import to_timestamp
from importer.errors import UsageError
from importer.web.work.added_columns import position_of
from importer.web.work.batches import unknown
from importer.web.work.environments import PageEnvironments
from importer.workspace.connections import open_ledger_read_only
from importer.workspace.person import current_person

CELLS, HISTORY, ORIGIN = "cells.json", "history.jsonl", "origin.json"
INTENTS = "intents"
CHECKING = RLock()
"""Held while corrected rows are written and staged: each batch of them takes the place of the one before."""

RowPlace = tuple[int, int]
"""The sheet of a row, and its number there."""


@dataclass(frozen=True)
class CellCorrection:
    """One corrected cell: its place, what it held, what it is to hold, by whom and when. Personal numbers are masked.

    ``column`` is the name of the column if the sheet lacks it: its position is that of this name in this release.
    """

    sheet: int
    number: int
    position: int
    text: str
    before: str = ""
    by: str = ""
    at: str = ""
    column: str = ""

    def __post_init__(self) -> None:
        if self.column:
            object.__setattr__(self, "position", position_of(self.column))

    @property
    def row(self) -> RowPlace:
        """Return the place of its row."""
        return self.sheet, self.number

    @property
    def cell(self) -> tuple[int, int, int]:
        """Return its place."""
        return self.sheet, self.number, self.position


@dataclass(frozen=True)
class CorrectionOrigin:
    """The batch whose rows were corrected, and for each sheet of the corrected rows the one that they are from."""

    batch: int
    sheets: tuple[int, ...]


def corrections_of(environments: PageEnvironments, batch_id: int) -> list[CellCorrection]:
    """Return the corrections of a batch as they are now. Raises UsageError if their file is damaged."""
    path = _path(environments, batch_id, CELLS)
    try:
        return [CellCorrection(**one) for one in json.loads(path.read_text(encoding="utf-8"))] if path else []
    except FileNotFoundError:
        return []
    except (OSError, ValueError, TypeError):
        raise _damaged(path) from None


def history_of(environments: PageEnvironments, batch_id: int) -> list[dict[str, Any]]:
    """Return the batches that were made of corrections of a batch: digests and places, by whom and when. Raises UsageError.

    A batch that the ledger does not have any more, because it was put back from a backup, is none of them.
    """
    made = {one["batch"]: one for one in _lines(environments, batch_id) if "batch" in one}
    keys = {batch: environments.batch_key(batch) for batch in made}
    return [one for batch, one in made.items() if (key := keys[batch]) is not None and key.run == one.get("run")]


def changes_of(environments: PageEnvironments, batch_id: int) -> list[dict[str, Any]]:
    """Return every change of a cell of a batch, in order: by whom and when, the place, from what and to what.

    What it held is None once all is done, and nobody needs it here any more. Raises UsageError if the history is damaged.
    """
    return [{"from": None, "to": None, **one} for one in _lines(environments, batch_id) if "batch" not in one]


def origin_of(environments: PageEnvironments, batch_id: int) -> CorrectionOrigin:
    """Return the batch whose rows a batch of corrected rows has; for any other batch that one itself.

    Raises UsageError if the file that says so is damaged.
    """
    adopt_batches(environments)
    path = _path(environments, batch_id, ORIGIN)
    try:
        if path is not None:
            found = json.loads(path.read_text(encoding="utf-8"))
            return CorrectionOrigin(int(found["batch"]), tuple(found["sheets"]))
    except FileNotFoundError:
        pass
    except (OSError, ValueError, KeyError, TypeError):
        raise _damaged(path) from None
    return CorrectionOrigin(batch_id, ())


def append_history(environments: PageEnvironments, batch_id: int, lines: Sequence[Mapping[str, Any]]) -> None:
    """Add lines to the history of a batch's corrections. A line that was not written to its end is cut off first."""
    path = folder_of_batch(environments, batch_id) / HISTORY
    _lines(environments, batch_id)  # raises UsageError if it is damaged otherwise
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    with os.fdopen(environments.access.open(path, os.O_RDWR), "r+b") as file:
        written = file.read()
        file.seek(_end_of(written))
        file.truncate()
        file.write(text.encode())
        file.flush()
        os.fsync(file.fileno())


def folder_of_batch(environments: PageEnvironments, batch_id: int) -> Path:
    """Return the folder with the corrections of a batch, which exists then. Raises UsageError for an unknown batch."""
    key = environments.batch_key(batch_id)
    if key is None:
        raise unknown(batch_id)
    path = corrections_folder(environments) / key.name
    environments.access.folders_to(path)
    return path


def batches_with_corrections(environments: PageEnvironments) -> Iterator[int]:
    """Yield the batches of the present ledger that have a folder here."""
    for path in list(corrections_folder(environments).iterdir()):
        number = path.name.partition("-")[0]
        key = environments.batch_key(int(number)) if number.isdecimal() else None
        if key is not None and key.name == path.name:
            yield key.id


def corrections_folder(environments: PageEnvironments) -> Path:
    """Return the folder with a folder for each batch of the present ledger of which cells were corrected."""
    return environments.ledger_folder("corrections")


def present_moment() -> dict[str, str]:
    """Return when something is done, and by whom."""
    return {"at": to_timestamp(datetime.now(UTC)), "by": current_person().text()}


# Batches of corrected rows


def intend_batch(environments: PageEnvironments, line: Mapping[str, Any], sheets: Sequence[int]) -> Path:
    """Note that corrected rows will be staged, and return the note. ``line`` is that of the history, without the batch."""
    folder = corrections_folder(environments) / INTENTS
    environments.access.folders_to(folder)
    path = folder / f"{line['source']['sha256']}.json"
    environments.access.write(path, json.dumps({"line": line, "sheets": list(sheets)}))
    return path


def record_batch(environments: PageEnvironments, intent: Path, batch_id: int) -> None:
    """Record of which corrections a batch is made, and that nothing of that is left to be noted."""
    found = json.loads(intent.read_text(encoding="utf-8"))
    key, first = environments.batch_key(batch_id), int(found["line"]["of"]["batch"])
    if key is None:
        raise unknown(batch_id)
    origin = {"batch": first, "sheets": found["sheets"]}
    environments.access.write(folder_of_batch(environments, batch_id) / ORIGIN, json.dumps(origin))
    if batch_id not in {one["batch"] for one in history_of(environments, first)}:
        append_history(environments, first, [{**found["line"], "batch": batch_id, "run": key.run}])
    intent.unlink(missing_ok=True)


def adopt_batches(environments: PageEnvironments) -> None:
    """Record the batches of corrected rows that a server has staged and could not record, since it was killed."""
    intents = list((corrections_folder(environments) / INTENTS).glob("*.json"))
    if not intents or not CHECKING.acquire(blocking=False):
        return
    try:
        for path in intents:
            with environments.reading() as environment, open_ledger_read_only(environment) as ledger, ledger.queries() as queries:
                made = queries.batches_by_digest(path.stem)
            if made and path.exists():
                record_batch(environments, path, made[0].id)
    finally:
        CHECKING.release()


def _path(environments: PageEnvironments, batch_id: int, name: str) -> Path | None:
    key = environments.batch_key(batch_id)
    return corrections_folder(environments) / key.name / name if key is not None else None


def _lines(environments: PageEnvironments, batch_id: int) -> list[dict[str, Any]]:
    """Return the lines of a history, without one at the end that was not written to its end. Raises UsageError."""
    path = _path(environments, batch_id, HISTORY)
    try:
        written = path.read_bytes() if path else b""
        lines = written[: _end_of(written)].decode("utf-8").splitlines()
        return [{"texts": [], **json.loads(line)} for line in lines if line.strip()]
    except FileNotFoundError:
        return []
    except (OSError, ValueError, TypeError):
        raise _damaged(path) from None


def _end_of(written: bytes) -> int:
    """Return how many bytes of a history are whole lines."""
    return written.rfind(b"\n") + 1


def _damaged(path: Path | None) -> UsageError:
    return UsageError(
        f"The page cannot read {path}, which has the corrections of a batch. Nothing was changed. Restore the file from a "
        f"backup, or move it away: then the corrections must be made again."
    )
