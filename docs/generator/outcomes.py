"""The outcomes, states and doubts of docs/outcomes.md."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from generator.text import code, comments_of, sentence, table
from importer.dispatcher.outcomes.judge import Outcome, OutcomeKind, judge, state_after
from importer.dispatcher.outcomes.reply import Answer, NotSent, ResponseLost
from importer.domain.kinds import RecordKind
from importer.domain.states import MOVES, DoubtCause, State


@dataclass(frozen=True)
class Reaction:
    """What may come back for a request, in words and as an example. ``kinds`` are those for which it means the same."""

    words: str
    reply: Answer | NotSent | ResponseLost
    kinds: tuple[RecordKind, ...] = tuple(RecordKind)
    payload: bytes = b"{}"

    def outcome(self, kind: RecordKind) -> Outcome:
        return judge(kind, self.reply, self.payload)


def _answer(status: int, body: object = None) -> Answer:
    return Answer(status, json.dumps(body).encode())


def _business_error(kind: str) -> dict[str, object]:
    return {"businessErrors": [{"type": kind, "message": "..."}]}


_ID, _NIL = "5b1c2d3e-0000-4000-8000-000000000001", "00000000-0000-0000-0000-000000000000"
_CASE, _VOUCHER = (RecordKind.CASE,), (RecordKind.VOUCHER,)
REACTIONS: tuple[Reaction, ...] = (
    Reaction("No connection, a TLS or DNS failure, or a wait for a free connection that was too long", NotSent("ConnectError")),
    Reaction("The connection was lost, or the time ran out, after the first byte had been sent", ResponseLost("ReadError")),
    Reaction("A truncated answer", ResponseLost("ClientPayloadError")),
    Reaction("2xx with an id", _answer(200, {"id": _ID, "caseVoucherId": _ID})),
    Reaction(
        "2xx with an id, but with another amount, currency or debtor than was sent, or wrongly (no) test case",
        _answer(200, {"id": _ID, "currency": "SEK"}),
        _CASE,
        b'{"currencyCode":"DKK"}',
    ),
    Reaction("2xx with an id that cannot be one, such as a UUID of zeros", _answer(200, {"id": _NIL, "caseVoucherId": _NIL})),
    Reaction("2xx without a readable id, or with a body that is not JSON", _answer(200, "ok")),
    Reaction("429", _answer(429, {"retryAfter": 5})),
    Reaction("408", _answer(408)),
    Reaction("5xx", _answer(503)),
    Reaction("400, 409 or 422 that calls the `uniqueId` taken", _answer(409, {"error": "uniqueId already exists"}), _VOUCHER),
    Reaction(
        "The business error `DuplicateReference` or `DuplicateCreditorReference`",
        _answer(400, _business_error("DuplicateCreditorReference")),
    ),
    Reaction("Any other 409, or the business error `IdempotencyConflict`", _answer(409)),
    Reaction("400 that objects to the idempotency key", _answer(400, {"error": "Idempotency-Key was used"}), _VOUCHER),
    Reaction("Any other 400, 413, 415 or 422", _answer(422, {"errors": {"debtor.name": ["is required"]}})),
    Reaction("404", _answer(404), _VOUCHER),
    Reaction("404", _answer(404), _CASE),
    Reaction("401: the credentials are refused", _answer(401)),
    Reaction("403: the credentials do not allow this", _answer(403)),
    Reaction("303", _answer(303)),
    Reaction("Any other 3xx: it is never followed", _answer(307)),
    Reaction("Any other status", _answer(405)),
)
"""Examples of everything that an attempt may meet; a test asserts that every line of the outcome table has one."""


def outcomes() -> str:
    rows = []
    for reaction in REACTIONS:
        (verdict,) = {reaction.outcome(kind).verdict for kind in reaction.kinds}
        kind = reaction.kinds[0] if len(reaction.kinds) == 1 else "both"
        after = [_states_after(reaction, doubted=doubted) for doubted in (False, True)]
        rows.append([reaction.words, kind, verdict.value, *after])
    return table(("what came back", "for a", "outcome", "state of the entry", "state if it was in doubt before"), rows)


def _states_after(reaction: Reaction, *, doubted: bool) -> str:
    found: dict[str, list[str]] = {}
    for kind in reaction.kinds:
        outcome = reaction.outcome(kind)
        looked_up = outcome.verdict is OutcomeKind.EXISTS or (
            doubted and kind is RecordKind.VOUCHER and outcome.verdict is OutcomeKind.REFUSED
        )
        state = state_after(outcome, doubted=doubted, looked_up=kind is RecordKind.VOUCHER)
        found.setdefault("the list of its case decides" if looked_up else code(state), []).append(kind)
    return "; ".join(text if len(found) == 1 else f"{'/'.join(kinds)}: {text}" for text, kinds in found.items())


def doubts() -> str:
    meanings = comments_of(DoubtCause)
    return table(("cause", "meaning"), ([code(cause), sentence(meanings[cause.name])] for cause in DoubtCause))


def states() -> str:
    meanings = comments_of(State)
    return table(("state", "meaning", "can become"), _state_rows(meanings))


def _state_rows(meanings: dict[str, str]) -> Iterator[list[str]]:
    for state in State:
        targets = ", ".join(code(target) for target in State if target in MOVES[state])
        yield [code(state), sentence(meanings[state.name]), targets or "nothing: it is final"]
