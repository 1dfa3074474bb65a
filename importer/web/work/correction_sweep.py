"""How long the corrections of a batch are kept, and what is removed once nobody needs it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from importer.domain.batches import BatchState
from importer.errors import UsageError
from importer.reporter.summary import summarize
from importer.web.work.batches import has_ledger
from importer.web.work.corrected_sheets import corrected_rows
from importer.web.work.correction_store import (
    CELLS,
    HISTORY,
    batches_with_corrections,
    changes_of,
    folder_of_batch,
    history_of,
)
from importer.web.work.environments import PageEnvironments
from importer.workspace.connections import open_ledger_read_only

_OVER = frozenset({BatchState.DONE, BatchState.DISCARDED})


def sweep_corrections(environments: PageEnvironments) -> None:
    """Remove what no batch needs any more.

    A sheet of corrected rows is needed until its batch is done or discarded. Once that is so of all batches of corrected rows and
    of the first batch, what the cells held is removed too, unless corrected rows were not checked yet: the ledger has it, and
    the history keeps who corrected which cell, and when.
    """
    with environments.reading() as environment:
        if not has_ledger(environment):
            return
    for batch_id in batches_with_corrections(environments):
        with suppress(UsageError, OSError):  # what cannot be read stays, and the others are removed
            _sweep(environments, batch_id)


def _sweep(environments: PageEnvironments, batch_id: int) -> None:
    folder, made = folder_of_batch(environments, batch_id), history_of(environments, batch_id)
    batches = {batch_id, *(one["batch"] for one in made)}
    over = _over(environments, batches)
    for one in made:
        if one["batch"] in over:
            shutil.rmtree(folder / str(int(one["folder"])), ignore_errors=True)
    is_over = (folder / HISTORY).exists() and batches <= over
    if is_over and not corrected_rows(environments, batch_id).unchecked:  # else a person has not finished
        _forget_values(environments, batch_id, folder)


def _over(environments: PageEnvironments, batches: Iterable[int]) -> set[int]:
    """Return those of the batches of which nothing is left to do."""
    with environments.reading() as environment, open_ledger_read_only(environment) as ledger, ledger.queries() as queries:
        infos = {batch: queries.batch(batch) for batch in batches}
        return {batch for batch, info in infos.items() if info is None or summarize(queries, info).state in _OVER}


def _forget_values(environments: PageEnvironments, batch_id: int, folder: Path) -> None:
    lines = [*changes_of(environments, batch_id), *history_of(environments, batch_id)]
    kept = [{name: value for name, value in line.items() if name not in {"from", "to", "texts"}} for line in lines]
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in kept)
    environments.access.write(folder / HISTORY, text)
    (folder / CELLS).unlink(missing_ok=True)
