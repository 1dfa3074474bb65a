"""Answers of a person that still hold when the row of an entry is read again."""

from __future__ import annotations

from dataclasses import replace

from importer.domain.kinds import RecordKind
from importer.domain.records import CaseRecord
from importer.ledger.intake.candidates import Candidate
from importer.ledger.intake.decisions import ExistingEntry
from importer.ledger.intake.parties import differs_in_debtor_only, values_of_answered
from importer.ledger.intake.user_answer import for_values


def answer_for(known: ExistingEntry, candidate: Candidate) -> str | None:
    """Return the answer about an entry as far as it holds for its row: not with other values, unless of the debtor's kind."""
    digest = candidate.values["digest"]
    if known.digest == digest and known.payload == candidate.values["payload"]:
        return known.answer
    if candidate.kind is RecordKind.CASE and differs_in_debtor_only(candidate.record, known):
        return for_values(known.answer, known.digest, digest)
    return None  # it was about the old values


def keep_answer(candidate: Candidate, known: ExistingEntry | None) -> None:
    """Take over what a person has answered about the debtor of a case, so that its row is not asked again."""
    if isinstance(candidate.record, CaseRecord) and (answered := values_of_answered(candidate.record, known)):
        candidate.values |= answered
        candidate.record = replace(candidate.record, asked=())
