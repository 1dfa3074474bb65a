"""The folders with the rows of batches: written from the beginning each time, and only then named as those to read.

The folder of a batch has a folder for each time that its rows were written, and ``current.json``, which names the one to read,
so that a reader has the files of one time, also while others write. Rows of a staged batch are read only if they are those
of the review that the ledger remembers.
"""

from __future__ import annotations

import json
import secrets
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from importer.domain.batches import BatchState
from importer.ledger.queries.report_rows import BatchInfo
from importer.web.work.batch_keys import batch_folder_name
from importer.web.work.environments import PageEnvironments

T = TypeVar("T")
ROWS, CURRENT = "rows", "current.json"
TRIES = 3
"""How often rows are read: those that were current may be removed meanwhile, because there are newer ones."""


class RowsMissing(FileNotFoundError):
    """The rows of a batch are not there, or are those of an earlier review: they must be found again."""


@dataclass(frozen=True)
class CurrentRows:
    """The folder with the rows of a batch; ``tally`` and ``mark`` say which rows they are: of an entered, of a staged batch."""

    folder: Path
    tally: str
    mark: str


@dataclass
class NewRows:
    """A new folder for the rows of a batch, which is read once it is made current."""

    environments: PageEnvironments
    info: BatchInfo
    folder: Path = field(init=False)

    def __post_init__(self) -> None:
        place = _rows_folder(self.environments) / batch_folder_name(self.info.id, self.info.run_id)
        self.folder = place / secrets.token_hex(8)
        self.environments.access.folders_to(self.folder)

    def make_current(self, tally: str, mark: str = "") -> None:
        """Have the rows read that were written, and remove those before them. Raises OSError."""
        place, name = self.folder.parent, self.folder.name
        former = _named(place)
        named = place / f"{name}.json"
        text = json.dumps({"folder": name, "tally": tally, "mark": mark})
        self.environments.access.write(named, text, durable=False)
        named.replace(place / CURRENT)
        if former is not None and former.folder != self.folder:
            shutil.rmtree(former.folder, ignore_errors=True)


def current_rows(environments: PageEnvironments, batch_id: int) -> CurrentRows:
    """Return the rows of a batch. Raises RowsMissing unless they are there, and of the review that is remembered."""
    key = environments.batch_key(batch_id)
    found = _named(_rows_folder(environments) / key.name) if key is not None else None
    if key is None or found is None or (key.state is BatchState.STAGED and found.mark != key.mark):
        raise RowsMissing(f"the rows of batch {batch_id}")
    return found


def read_rows(environments: PageEnvironments, batch_id: int, read: Callable[[Path], T]) -> T:
    """Read the files of a batch's rows, all of one time. Raises RowsMissing."""
    for left in reversed(range(TRIES)):
        folder = current_rows(environments, batch_id).folder
        try:
            return read(folder)
        except FileNotFoundError:
            if left == 0 or folder.is_dir():
                break
    raise RowsMissing(f"the rows of batch {batch_id}")


def remove_rows(environments: PageEnvironments, batch_id: int) -> None:
    """Remove the rows of a batch."""
    key = environments.batch_key(batch_id)
    if key is not None:
        shutil.rmtree(_rows_folder(environments) / key.name, ignore_errors=True)


def batches_with_rows(environments: PageEnvironments) -> Iterator[tuple[int, Path]]:
    """Yield the batches that have rows, each with its folder."""
    for path in list(_rows_folder(environments).iterdir()):
        number = path.name.partition("-")[0]
        if number.isdecimal():
            yield int(number), path


def _named(place: Path) -> CurrentRows | None:
    """Return the rows that the folder of a batch names."""
    try:
        found = json.loads((place / CURRENT).read_text(encoding="utf-8"))
        return CurrentRows(place / str(found["folder"]), str(found["tally"]), str(found["mark"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _rows_folder(environments: PageEnvironments) -> Path:
    return environments.ledger_folder(ROWS)
