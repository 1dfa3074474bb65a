"""The states of an entry and the moves between them: the state machine as one table."""

from __future__ import annotations

from enum import StrEnum


class State(StrEnum):
    """The state of an entry."""

    PENDING = "pending"  # not sent, or sent and provably without effect
    SENDING = "sending"  # committed as about to be sent; after a crash it becomes in doubt
    ACCEPTED = "accepted"  # it exists remotely
    REFUSED = "refused"  # the server rejected it, with reasons
    IN_DOUBT = "in_doubt"  # it may exist remotely
    HELD = "held"  # in doubt, and only the user can find out whether it exists
    BLOCKED = "blocked"  # a voucher whose case or parent voucher cannot be sent now
    WITHDRAWN = "withdrawn"  # it waited to be sent, and a later sheet or a person took it back; a later sheet may open it again
    QUESTIONED = "questioned"  # never sent: the user must answer first whether it is another case or voucher
    DROPPED = "dropped"  # never sent: the user or a profile has answered a question so, or it is a voucher of such a case


class DoubtCause(StrEnum):
    """The cause of an entry's doubt after an attempt."""

    ANSWER_LOST = "answer_lost"  # the request was sent, and no complete response arrived
    SERVER_ERROR = "server_error"  # HTTP 408, 5xx, or a status that HTTP does not define
    NO_ID = "no_id"  # a success without a readable id
    REDIRECTED = "redirected"  # 303, by its definition the response to a POST that was carried out
    CRASHED = "crashed"  # the process ended between the intent and the outcome
    REFERENCE_IN_USE = "reference_in_use"  # Debitura reports that another case has the reference
    CONFLICT = "conflict"  # the API reports a conflict with existing data
    KEY_USED = "key_used"  # the idempotency key was used for another request
    FOREIGN_ID = "foreign_id"  # the response contains the id of another entry's case or voucher
    NOT_LISTED = "not_listed"  # the unique id is taken, but the case's list does not show the voucher
    REFUSED_AFTER_DOUBT = "refused_after_doubt"  # refused; an earlier attempt may have created it, although it is not listed
    ALIKE_LISTED = "alike_listed"  # refused, but the case has similar vouchers
    LIST_UNREADABLE = "list_unreadable"  # the case's vouchers could not be listed
    EARLIER_DOUBT = "earlier_doubt"  # this attempt created nothing, but an earlier one may have


class RowOrigin(StrEnum):
    """The origin of a row's entry, decided when the row was staged."""

    NEW = "new"
    KNOWN = "known"  # accepted in an earlier import
    SHARED = "repeat"  # a flat row's case that an earlier row of the same source holds and counts
    REPEATED = "repeated"  # the same case or voucher as in an earlier row of the same source
    ASKED = "asked"  # questioned; an earlier batch has reported it, with the same values


class RejectStatus(StrEnum):
    """The status of a record that did not become an entry."""

    REJECTED = "rejected"
    BLOCKED = "blocked"  # a valid voucher whose case was rejected
    LEFT_OUT = "left_out"  # not a claim yet, or the voucher of such a case: nothing is wrong with it
    WITHDRAWN = "withdrawn"  # left out, and the entry of an earlier row that waited to be sent is withdrawn
    CHANGED = "changed"  # accepted before with other values that do not raise the claim: nothing is sent


NOT_THERE = frozenset({RejectStatus.REJECTED, RejectStatus.BLOCKED})
"""The statuses of rows that are wrong, or wait for one that is. The record of a changed row exists."""
NO_CLAIM = frozenset({RejectStatus.LEFT_OUT, RejectStatus.WITHDRAWN})
"""The statuses of rows that are no claim, or not yet: nothing is wrong with them."""


MOVES: dict[State, frozenset[State]] = {
    # To REFUSED without a request: its file was refused, or the rows of a source contradict each other about it.
    # To ACCEPTED: a voucher of an adopted case that Debbie lists already.
    State.PENDING: frozenset(
        {State.SENDING, State.ACCEPTED, State.BLOCKED, State.REFUSED, State.QUESTIONED, State.WITHDRAWN, State.DROPPED}
    ),
    # To HELD: it was created, but with other values than were sent.
    State.SENDING: frozenset({State.ACCEPTED, State.REFUSED, State.PENDING, State.IN_DOUBT, State.HELD}),
    # To SENDING: a voucher, or a case whose idempotency key is trusted, is sent again with the same bytes and key.
    State.IN_DOUBT: frozenset({State.ACCEPTED, State.REFUSED, State.PENDING, State.HELD, State.SENDING}),
    State.HELD: frozenset({State.ACCEPTED, State.PENDING}),
    State.REFUSED: frozenset({State.PENDING, State.WITHDRAWN}),
    State.BLOCKED: frozenset({State.PENDING, State.REFUSED, State.WITHDRAWN, State.DROPPED}),
    State.QUESTIONED: frozenset({State.PENDING, State.BLOCKED, State.ACCEPTED, State.REFUSED, State.WITHDRAWN, State.DROPPED}),
    State.WITHDRAWN: frozenset({State.PENDING, State.BLOCKED, State.QUESTIONED, State.REFUSED, State.DROPPED}),
    # Another answer, or another row in its place, takes it back.
    State.DROPPED: frozenset({State.PENDING, State.BLOCKED, State.ACCEPTED, State.REFUSED, State.QUESTIONED, State.WITHDRAWN}),
    State.ACCEPTED: frozenset(),
}

REPLACEABLE = frozenset({State.PENDING, State.REFUSED, State.BLOCKED, State.QUESTIONED, State.WITHDRAWN, State.DROPPED})
"""A row that is imported again may replace the payload in these states: the old one created nothing remotely."""

WITHDRAWABLE = frozenset({State.PENDING, State.REFUSED, State.BLOCKED, State.QUESTIONED})
"""An entry in one of these states is withdrawn when a later sheet says that it is no claim."""

BLOCKING = frozenset({State.REFUSED, State.HELD, State.BLOCKED, State.QUESTIONED, State.WITHDRAWN, State.DROPPED})
"""A case or parent voucher in one of these states keeps its vouchers from being sent."""

UNRESOLVED = frozenset({State.SENDING, State.IN_DOUBT, State.HELD})


def sources_of(target: State) -> frozenset[State]:
    """Return the states from which an entry may move to ``target``."""
    return frozenset(state for state, targets in MOVES.items() if target in targets)


class RowStatus(StrEnum):
    """The status of a row's case or voucher, as written in sheets and summaries."""

    ACCEPTED = "accepted"
    ALREADY_IMPORTED = "already_imported"
    CHANGED = "changed"
    WITHDRAWN = "withdrawn"
    LEFT_OUT = "left_out"
    REPEATED = "repeated"
    REJECTED = "rejected"
    REFUSED = "refused"
    QUESTIONED = "questioned"
    BLOCKED = "blocked"
    IN_DOUBT = "in_doubt"
    HELD = "held"
    PENDING = "pending"


DONE = frozenset({RowStatus.ACCEPTED, RowStatus.ALREADY_IMPORTED, RowStatus.REPEATED})
NOTHING_TO_DO = DONE | {RowStatus.CHANGED, RowStatus.WITHDRAWN, RowStatus.LEFT_OUT}
"""The statuses of rows with which nothing is to be done."""


def status_of(state: State, origin: str | None) -> RowStatus:
    """Return the status of a row whose entry is in ``state`` and has this ``origin``."""
    if origin == RowOrigin.REPEATED:
        return RowStatus.REPEATED
    if state is State.ACCEPTED and origin == RowOrigin.KNOWN:
        return RowStatus.ALREADY_IMPORTED
    return _STATUS_OF.get(state) or RowStatus(state.value)


_STATUS_OF = {State.SENDING: RowStatus.PENDING, State.DROPPED: RowStatus.LEFT_OUT}
