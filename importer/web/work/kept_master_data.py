"""The master data of the debtors of a batch, kept so that its corrected rows are completed as the list was.

The files that were dropped are removed when the server ends or needs the room, and a file that a profile names may be another one
by then. Personal numbers are masked in master data, as they are in the rows.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from time import time

from importer.domain.batches import BatchState
from importer.domain.master_data import NO_MASTER_DATA, MasterData, master_data_from_json
from importer.errors import FileRefused, UsageError
from importer.ledger.queries.report_rows import BatchInfo
from importer.loader.master_data.apart import digest_completed_from, names_completed_from
from importer.loader.master_data.reading import read_file
from importer.reporter.summary import Summary, summarize
from importer.web.work.batches import has_ledger
from importer.web.work.correction_store import batches_with_corrections, folder_of_batch
from importer.web.work.corrections import CORRECTABLE, profile_of
from importer.web.work.environments import PageEnvironments
from importer.workspace.connections import open_ledger_read_only

FILE = "master-data.json"
KEPT_DAYS = 90
"""Days after which the master data of a batch are removed of which only rejected rows are left."""
_SECONDS_OF_DAY = 24 * 3600.0


@dataclass
class KeptMasterData:
    """The master data of batches while they are staged; they are written once the batches are recorded."""

    environments: PageEnvironments
    _found: dict[int, MasterData] = field(default_factory=dict)

    def add(self, batch_id: int, data: MasterData) -> None:
        """Take the master data of a batch."""
        if data:
            self._found[batch_id] = data

    def keep(self, batches: Iterable[int]) -> None:
        """Write the master data of these batches. Without room for them, it is said when rows are corrected."""
        for batch in batches:
            if data := self._found.get(batch):
                with suppress(OSError):
                    self.environments.access.write(folder_of_batch(self.environments, batch) / FILE, data.as_json())


def master_data_of(environments: PageEnvironments, info: BatchInfo) -> MasterData:
    """Return the master data from which the rows of a batch were completed; none if they were not.

    Those that are kept count, else those of the file that the profile names, if it still holds the same. Raises UsageError if
    neither is so: the corrected rows would be completed otherwise than the list.
    """
    names = next(filter(None, map(names_completed_from, info.heads)), "")
    if not names:
        return NO_MASTER_DATA
    found = _kept(environments, info) or _named(environments, info)
    if found is None:
        raise UsageError(
            f"The rows of batch {info.id} were completed from {names}, which the page does not have any more, or which has "
            f"changed since. Nothing was checked. Correct the cells in the file, and drop {info.source_name} again together with "
            f"{names}."
        )
    return found


def _kept(environments: PageEnvironments, info: BatchInfo) -> MasterData | None:
    """Return the master data that were kept for a batch; None if there are none that can be read."""
    try:
        return master_data_from_json((folder_of_batch(environments, info.id) / FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _named(environments: PageEnvironments, info: BatchInfo) -> MasterData | None:
    """Return the master data of the file that the profile of a batch names, if they are those of then."""
    rules = profile_of(environments, info).master_data
    known = next(filter(None, map(digest_completed_from, info.heads)), "")
    if not rules.file or not known:
        return None
    try:
        found = read_file(environments.workspace.root / Path(rules.file), rules, is_named=True)
    except FileRefused:
        return None
    return found if found.digest == known else None


def sweep_master_data(environments: PageEnvironments) -> None:
    """Remove the master data of batches of which no row is left to be corrected."""
    with environments.reading() as environment:
        if not has_ledger(environment):
            return
    for batch_id in batches_with_corrections(environments):
        path = folder_of_batch(environments, batch_id) / FILE
        with suppress(OSError):
            if path.exists() and not _is_needed(environments, batch_id, time() - path.stat().st_mtime):
                path.unlink()


def _is_needed(environments: PageEnvironments, batch_id: int, age: float) -> bool:
    """Return whether rows of a batch may still be corrected, ``age`` seconds after it was staged."""
    with environments.reading() as environment, open_ledger_read_only(environment) as ledger, ledger.queries() as queries:
        info = queries.batch(batch_id)
        if info is None or info.state is BatchState.DISCARDED:
            return False
        summary = summarize(queries, info)
    if summary.state is not BatchState.DONE:
        return True
    return _has_rows_to_correct(summary) and age < KEPT_DAYS * _SECONDS_OF_DAY


def _has_rows_to_correct(summary: Summary) -> bool:
    return any(tally.get(status) for tally in summary.tallies.values() for status in CORRECTABLE)
