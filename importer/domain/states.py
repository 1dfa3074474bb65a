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


class DoubtCause(StrEnum):
    """Why an attempt left its entry in doubt."""

    ANSWER_LOST = "answer_lost"  # the request went out, and no whole answer came back
    SERVER_ERROR = "server_error"  # HTTP 408 or 5xx
    NO_ID = "no_id"  # a success without a readable id
    REDIRECTED = "redirected"  # 303, by its definition the answer to a POST that was carried out
    CRASHED = "crashed"  # the process ended between the intent and the outcome
    REFERENCE_IN_USE = "reference_in_use"  # another case has the reference, says Debitura
    CONFLICT = "conflict"  # the API reports a conflict with what it has
    KEY_USED = "key_used"  # the idempotency key was used for another request
    FOREIGN_ID = "foreign_id"  # the answer names what another entry has made
    NOT_LISTED = "not_listed"  # the unique id is taken, but the case's list does not show the voucher
    REFUSED_AFTER_DOUBT = "refused_after_doubt"  # refused, and an earlier attempt may have succeeded unlisted
    ALIKE_LISTED = "alike_listed"  # refused, but the case has vouchers like it
    LIST_UNREADABLE = "list_unreadable"  # the case's vouchers could not be listed
    EARLIER_DOUBT = "earlier_doubt"  # this attempt did nothing; an earlier one may have


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
