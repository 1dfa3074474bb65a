"""The columns of entries that wait for an answer: to what their rows ask, or to which entry they are."""

from __future__ import annotations

from typing import Any

from importer.domain.identity import EntryLabel
from importer.ledger.intake import reasons
from importer.ledger.intake.candidates import BatchIntake, Candidate, Match, Record, name_of
from importer.ledger.intake.conflicts import MOST_NAMED
from importer.ledger.intake.questions import question_columns
from importer.ledger.intake.user_answer import unanswered
from importer.ledger.queries.earlier_imports import earlier_imports


def asked_columns(batch: BatchIntake, values: dict[str, Any], record: Record, answer: str | None = None) -> dict[str, Any]:
    """Return the columns of an entry about which its row asks; those of any other entry as they are.

    ``answer``: an answer about the same values, which holds for the kinds of questions that it was about.
    """
    asked = unanswered(answer, batch.asked_by(record), values["digest"])
    if not asked:
        return values
    return values | question_columns(asked, batch.standing, values["digest"])


def twin_columns(batch: BatchIntake, candidate: Candidate, match: Match, identifier: int, key: str) -> dict[str, Any]:
    """Return the columns of an entry that is not sent before the user has answered which one it is."""
    kind, named = candidate.kind, match.several[:MOST_NAMED]
    places = earlier_imports(batch.connection, [known.id for known in named])
    twins = [reasons.Twin.of(kind, known, places.get(known.id)) for known in named]
    label, name = EntryLabel.of(kind, identifier, key).text(), name_of(candidate.record)
    why = reasons.several_alike(kind, label, name, twins, only_by_cells=match.only_by_cells)
    return question_columns([why], batch.standing, candidate.values["digest"])
