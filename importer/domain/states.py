"""The states of an entry and the moves between them: the whole state machine in one table."""

from __future__ import annotations

from enum import StrEnum


class State(StrEnum):
    """Where an entry stands."""

    PENDING = "pending"  # not sent, or sent and provably without effect
    SENDING = "sending"  # committed as about to be sent; found after a crash it means: in doubt
    ACCEPTED = "accepted"  # it is there
    REFUSED = "refused"  # the server said no, and why
    IN_DOUBT = "in_doubt"  # it may or may not be there
    HELD = "held"  # in doubt, and a person must say what is true
    BLOCKED = "blocked"  # a voucher whose case was refused or is held


class RowOrigin(StrEnum):
    """How a row's record stood to the ledger when it was taken in."""

    NEW = "new"
    KNOWN = "known"  # accepted before: already imported
    REPEAT = "repeat"  # a flat row's case that an earlier row of the same source holds; counted there


class RejectStatus(StrEnum):
    """Why a row's record never became an entry."""

    REJECTED = "rejected"
    BLOCKED = "blocked"  # a valid voucher whose case was rejected


MOVES: dict[State, frozenset[State]] = {
    State.PENDING: frozenset({State.SENDING, State.BLOCKED, State.REFUSED}),  # refused unsent: its file was
    State.SENDING: frozenset({State.ACCEPTED, State.REFUSED, State.PENDING, State.IN_DOUBT}),
    # A keyed entry in doubt is sent again with the same bytes and key.
    State.IN_DOUBT: frozenset({State.ACCEPTED, State.REFUSED, State.PENDING, State.HELD, State.SENDING}),
    State.HELD: frozenset({State.ACCEPTED, State.PENDING}),
    State.REFUSED: frozenset({State.PENDING}),
    State.BLOCKED: frozenset({State.PENDING}),
    State.ACCEPTED: frozenset(),
}

REPLACEABLE = frozenset({State.PENDING, State.REFUSED, State.BLOCKED})
"""A row taken in again may bring another payload: nothing of the old one is out there."""

BLOCKING = frozenset({State.REFUSED, State.HELD, State.BLOCKED})
"""A case or parent voucher in one of these keeps its vouchers from being sent."""

UNRESOLVED = frozenset({State.SENDING, State.IN_DOUBT, State.HELD})


def sources_of(target: State) -> frozenset[State]:
    """The states from which an entry may move to ``target``."""
    return frozenset(state for state, targets in MOVES.items() if target in targets)


class Status(StrEnum):
    """What became of a row's case or voucher; the words of the sheets and of the summary."""

    ACCEPTED = "accepted"
    ALREADY_IMPORTED = "already_imported"
    REJECTED = "rejected"
    REFUSED = "refused"
    BLOCKED = "blocked"
    IN_DOUBT = "in_doubt"
    HELD = "held"
    PENDING = "pending"


DONE = frozenset({Status.ACCEPTED, Status.ALREADY_IMPORTED})


def status_of(state: State, standing: str | None) -> Status:
    if state is State.ACCEPTED and standing == RowOrigin.KNOWN:
        return Status.ALREADY_IMPORTED
    return Status.PENDING if state is State.SENDING else Status(state.value)
