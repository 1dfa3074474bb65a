"""Outcomes without our own credentials: a server may repeat them in its texts, which are stored and shown."""

from __future__ import annotations

from dataclasses import asdict, replace

from importer.dispatcher.outcomes.judge import Outcome, in_doubt
from importer.domain.reasons import Reason
from importer.domain.remote_facts import RemoteFacts
from importer.domain.secrets import Secrets
from importer.domain.states import DoubtCause


def without_secrets(outcome: Outcome, secrets: Secrets) -> Outcome:
    """Return the outcome with every credential in it replaced. An id that contains one is no id: the outcome is in doubt."""
    if not secrets:
        return outcome
    if outcome.remote_id and secrets.masked_data(outcome.remote_id) != outcome.remote_id:
        return in_doubt(DoubtCause.NO_ID, "the id in the answer contains a credential", outcome.status)
    facts = {name: secrets.masked(text) if text else text for name, text in asdict(outcome.facts).items()}
    return replace(
        outcome,
        reference=secrets.masked_data(outcome.reference),
        detail=secrets.masked(outcome.detail) if outcome.detail else outcome.detail,
        reasons=tuple(_masked(reason, secrets) for reason in outcome.reasons),
        facts=RemoteFacts(**facts),
    )


def _masked(reason: Reason, secrets: Secrets) -> Reason:
    """Return the reason without credentials; its value is from the sheet, not from the server."""
    return replace(
        reason,
        code=secrets.masked(reason.code),
        message=secrets.masked(reason.message),
        field=secrets.masked(reason.field) if reason.field else reason.field,
        gist=secrets.masked(reason.gist) if reason.gist else reason.gist,
    )
