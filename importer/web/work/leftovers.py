"""What an earlier layout of the page has left: rows and corrections that name their batch, and not the ledger of it.

Nobody can say any more to which ledger they belong, and they hold data of debtors. Rows are made again when they are asked
for; a row of which a correction was not checked is still in the error sheet of its batch.
"""

from __future__ import annotations

import shutil

from importer.web.work.environments import FOLDER, PageEnvironments
from importer.workspace.operator_log import log_event

FORMER = ("rows", "corrections")
"""The folders of the former layout; those of the present one are in a folder for each ledger."""


def sweep_leftovers(environments: PageEnvironments) -> None:
    """Remove the folders of the former layout, and say so in the log. Raises OSError."""
    for name in FORMER:
        path = environments.workspace.root.absolute() / FOLDER / name
        if path.is_symlink() or not path.is_dir():
            continue
        files = sum(one.is_file() for one in path.rglob("*"))
        shutil.rmtree(path)
        log_event("leftovers", folder=path.as_posix(), files=files)
