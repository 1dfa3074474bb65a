"""Opening the ledger for a run: while another command holds it, the run waits for a while."""

from __future__ import annotations

from time import monotonic, sleep

from importer.errors import LedgerHeld
from importer.ledger.ledger import Ledger
from importer.workspace.console import Console
from importer.workspace.environment import Environment

POLL_SECONDS = 0.25


def open_when_free(environment: Environment, command: str, console: Console) -> Ledger:
    """Open the ledger for writing, on behalf of ``command``.

    Raises LedgerError, or LedgerHeld if another command holds it for longer than ``[ledger] wait_seconds``.
    """
    latest = monotonic() + environment.settings.ledger.wait_seconds
    is_noted = False
    while True:
        try:
            return environment.open_ledger(command)
        except LedgerHeld as error:
            if monotonic() >= latest:
                raise
            if not is_noted:
                console.note(f"{error} This run begins then. Ctrl-C ends it now.")
                is_noted = True
            sleep(POLL_SECONDS)
