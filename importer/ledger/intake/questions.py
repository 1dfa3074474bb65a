"""Asking about an entry: every question of the intake is put by one function, after what the profile says for good."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from importer.domain.questions import StandingAnswer, StandingAnswers, kinds_of
from importer.domain.reasons import Reason, reasons_to_json
from importer.domain.states import State
from importer.ledger.intake.answer_reasons import left_out_by_profile
from importer.ledger.intake.user_answer import UserAnswer


def question_columns(asked: Sequence[Reason], standing: StandingAnswers, digest: str) -> dict[str, Any]:
    """Return the columns of an entry about which these questions are asked; they replace those that it has otherwise.

    The entry is questioned, unless the profile answers all of the questions for good: then it is sent, or left out.
    ``digest`` is that of its values, for which the profile's answer is recorded.
    """
    kinds = kinds_of(asked)
    decision = standing.decide(kinds)
    if decision is StandingAnswer.ASK:
        return {"state": State.QUESTIONED, "ready": False, "reasons": reasons_to_json(tuple(asked))}
    answer = UserAnswer(f"profile {standing.profile}", decision.value).as_json(kinds, digest)
    if decision is StandingAnswer.SEND:
        return {"answer": answer}
    why = reasons_to_json((left_out_by_profile(standing.profile, kinds),))
    return {"state": State.DROPPED, "ready": False, "reasons": why, "answer": answer}
