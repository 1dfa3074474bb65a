"""What other rows of a source mean for a case: its twins, and what a later row of the same case asks.

Which of the rows stands first makes no difference. That is settled after the last row; see :mod:`.conflicts`.
"""

from __future__ import annotations

from importer.domain.kinds import RecordKind
from importer.domain.states import State
from importer.ledger.intake.candidates import BatchIntake, Candidate
from importer.ledger.intake.decisions import ExistingEntry, IntakeDecision
from importer.ledger.intake.known_entries import ExistingEntries, Twins
from importer.ledger.intake.user_answer import unanswered

ASKABLE = frozenset({State.PENDING, State.QUESTIONED})
"""The states of cases of which something can be asked before they are sent."""

ASKED_BY_A_LATER_ROW = frozenset({IntakeDecision.REPEATED, IntakeDecision.SHARED})
"""The decisions on a row whose case an earlier row of the source holds with the same values."""


def ask_again(batch: BatchIntake, known: ExistingEntry, candidate: Candidate) -> None:
    """Ask about a case what a later row with the same values asks: it may call the case disputed, and the first row open."""
    if candidate.kind is not RecordKind.CASE or known.state not in ASKABLE:
        return
    if asked := unanswered(known.answer, batch.asked_by(candidate.record), known.digest):
        batch.conflicts.ask(known, asked)


def suspect(batch: BatchIntake, existing: ExistingEntries, known: ExistingEntry, candidate: Candidate, *, is_new: bool) -> None:
    """Note the cases that a new or changed case may be the same as, and that those of this source may be the same as it."""
    if not candidate.carries:  # it claims nothing, and asks about a document of another case alone
        return
    twins = existing.twins(known, candidate.keys)
    if twins is not None and (not is_new or candidate.record.hint is not None):  # it was a row of its own before
        twins = twins.without_equal()
    if twins is None:
        return
    batch.conflicts.suspect(known, twins)
    if known.state is State.QUESTIONED:  # by its own row, so that an earlier row of this source cannot be surely another claim
        _suspect_others(batch, existing, known, twins)


def _suspect_others(batch: BatchIntake, existing: ExistingEntries, known: ExistingEntry, twins: Twins) -> None:
    for other in existing.entries(twins.alike):
        if other.batch_id == batch.id:
            batch.conflicts.suspect_also(other, Twins((known.id,), ()))
    for other in existing.entries(twins.equal):
        if other.batch_id == batch.id:
            batch.conflicts.suspect_also(other, Twins((), (), (known.id,)))
