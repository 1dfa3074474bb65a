"""Cases that the server has reported as finished: nothing is added to them."""

from __future__ import annotations

from sqlalchemy import Connection, select

from importer.domain.remote_facts import RemoteFacts
from importer.ledger.intake.decisions import ExistingEntry
from importer.ledger.storage.schema import entry

_WORDS = ("closed", "finished", "completed", "paid", "cancelled", "canceled", "withdrawn", "rejected")
"""Words in lifecycles that may end a case: the labels are not documented, and count beside the day on which it ended."""


def is_finished(connection: Connection, known: ExistingEntry) -> bool:
    """Return whether what the ledger knows of a case from the server says that it has ended.

    These facts are as of the time at which the case was accepted, was found again, or was read in the list as finished.
    """
    stored = connection.scalar(select(entry.c.remote_facts).where(entry.c.id == known.id))
    facts = RemoteFacts.from_json(stored)
    lifecycle = (facts.lifecycle or "").casefold()
    return facts.finished is not None or any(word in lifecycle.split() for word in _WORDS)
