"""Opening the ledger while another command holds it: for a while it is tried again."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic, sleep

from importer.errors import LedgerHeld
from importer.ledger.ledger import Ledger

POLL_SECONDS = 0.25
MOST_WITHOUT_A_NOTE = 5.0
"""The longest wait, in seconds, of which the user is not informed: a sender that begins again after a wait is done by then."""


def open_when_free(open_now: Callable[[], Ledger], seconds: float, note: Callable[[str], None] | None) -> Ledger:
    """Open the ledger, and while another command holds it, try again for ``seconds``. Raises LedgerHeld after that.

    Without a ``note``, to which the wait is shown, it is a short one.
    """
    latest = monotonic() + (seconds if note else min(seconds, MOST_WITHOUT_A_NOTE))
    is_shown = False
    while True:
        try:
            return open_now()
        except LedgerHeld as error:
            if monotonic() >= latest:
                raise
            if note and not is_shown:
                note(f"{error} This run then begins. Ctrl-C ends it now.")
                is_shown = True
            sleep(POLL_SECONDS)
