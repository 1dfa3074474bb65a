"""What a review says by what is known of its rows: what would be sent, or what became of it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import Enum

from importer.domain.batches import BatchState
from importer.domain.states import RowStatus
from importer.reporter.review.model import StatusRows

_IMPORTED, _PENDING = frozenset({RowStatus.ACCEPTED}), frozenset({RowStatus.PENDING})
_NOT_KNOWN = frozenset({RowStatus.IN_DOUBT, RowStatus.HELD})


class ReviewStage(Enum):
    """Whether the rows of a review wait for a decision, were approved, or were discarded."""

    OPEN = "open"
    APPROVED = "approved"
    DISCARDED = "discarded"


STAGES = {
    **dict.fromkeys((BatchState.APPROVED, BatchState.SENDING, BatchState.DONE), ReviewStage.APPROVED),
    BatchState.DISCARDED: ReviewStage.DISCARDED,
}
"""The stage of a batch by its state; any other one is open."""

LEADS = {
    ReviewStage.OPEN: "What would be sent.",
    ReviewStage.APPROVED: "What has become of the rows.",
    ReviewStage.DISCARDED: "What would have been sent; it was discarded, and nothing of it is sent.",
}
REASONS = {
    ReviewStage.OPEN: "Not to be sent, with the most frequent reasons",
    ReviewStage.APPROVED: "Not imported, or not known yet, with the most frequent reasons",
    ReviewStage.DISCARDED: "Not to be sent, with the most frequent reasons",
}
WHY = {
    ReviewStage.OPEN: "Why rows are not sent",
    ReviewStage.APPROVED: "Why rows are not imported",
    ReviewStage.DISCARDED: "Why rows were not to be sent",
}


@dataclass(frozen=True)
class ReviewCard:
    """A group of the rows by what becomes of them. ``empty`` is what it says without rows; ``has_status``: each has its own."""

    heading: str
    style: str
    rows: tuple[StatusRows, ...]
    empty: str = ""
    has_status: bool = True


def review_cards(statuses: Sequence[StatusRows], stage: ReviewStage) -> list[ReviewCard]:
    """Return the groups of a review in their order, without those that have nothing to say."""
    if stage is not ReviewStage.APPROVED:
        was = stage is ReviewStage.DISCARDED
        ready = "Was ready to send" if was else "Ready to send"
        unsent = "Was not to be sent" if was else "Not to be sent"
        return [
            ReviewCard(ready, "ready", _of(statuses, _PENDING), "Nothing", has_status=False),
            ReviewCard(unsent, "unsent", _others(statuses, _PENDING), "Every row can be sent."),
        ]
    found = [
        ReviewCard("Imported", "ready", _of(statuses, _IMPORTED), "Nothing", has_status=False),
        ReviewCard("Still to be sent", "", _of(statuses, _PENDING), has_status=False),
        ReviewCard("Not known yet whether it was imported", "unsent", _of(statuses, _NOT_KNOWN)),
        ReviewCard("Not imported", "unsent", _others(statuses, _IMPORTED | _PENDING | _NOT_KNOWN)),
    ]
    return [one for one in found if one.rows or one.empty]


def _of(statuses: Sequence[StatusRows], wanted: Collection[RowStatus]) -> tuple[StatusRows, ...]:
    return tuple(one for one in statuses if one.status in wanted)


def _others(statuses: Sequence[StatusRows], known: Collection[RowStatus]) -> tuple[StatusRows, ...]:
    return tuple(one for one in statuses if one.status not in known)
