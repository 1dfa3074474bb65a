"""The cases that carry documents."""

from __future__ import annotations

from dataclasses import dataclass

from importer.domain.document_keys import CarriedDocument
from importer.ledger.intake.decisions import ExistingEntry


@dataclass(frozen=True, slots=True)
class Carrier:
    """A case that carries a document, as it was when the case was made.

    ``last_cents`` is what was open of it in the newest list, of the day ``listed_on``; ``gone_on`` is the day of a list in which
    it was missing.
    """

    known: ExistingEntry
    carried: CarriedDocument
    last_cents: int | None = None
    listed_on: str | None = None
    gone_on: str | None = None
