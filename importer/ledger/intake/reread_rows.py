"""Rows whose cells this release reads better than the one that made their entries."""

from __future__ import annotations

from importer.domain.records import CaseRecord
from importer.domain.states import REPLACEABLE
from importer.ledger.intake.candidates import Candidate
from importer.ledger.intake.decisions import ExistingEntry, has_other_text, is_same_claim
from importer.ledger.intake.known_entries import ExistingEntries


def is_reread(existing: ExistingEntries, candidate: Candidate, known: ExistingEntry) -> bool:
    """Return whether a sent record has the cells of its entry, of which this release reads a text better."""
    if not candidate.is_reread or known.state in REPLACEABLE:
        return False
    if isinstance(candidate.record, CaseRecord) and candidate.record.former_base == known.base:
        return True  # without a reference the key holds all values, so that these are the same
    same_claim = is_same_claim(known.payload, candidate.values["payload"])
    return same_claim and existing.was_read_from(known, candidate.keys.cells)


def is_read_otherwise(existing: ExistingEntries, candidate: Candidate, known: ExistingEntry) -> bool:
    """Return whether a record has the cells of its entry, and other values only because this release reads them otherwise."""
    if isinstance(candidate.record, CaseRecord) and candidate.record.is_completed:
        return False  # the master data are others
    return has_other_text(known, candidate.values["payload"]) and existing.was_read_from(known, candidate.keys.cells)
