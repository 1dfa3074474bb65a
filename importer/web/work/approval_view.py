"""What an approver reads before the button: what would be sent, what is unusual about it, and which values it confirms."""

from __future__ import annotations

from dataclasses import dataclass

from importer.domain.batches import BatchState, Proposal
from importer.domain.kinds import RecordKind
from importer.domain.states import RowStatus
from importer.domain.unusual import Rule
from importer.reporter.review.model import FileReview, StatusRows, ValueRead
from importer.settings import ApprovalSettings
from importer.workspace.approval import above_limits


@dataclass(frozen=True)
class ApprovalView:
    """The approval of one batch. ``mark`` and ``shown`` name its proposal in the form: by a digest, and as JSON.

    ``concerns`` are what is unusual, above a limit, or does not add up. ``overlaps`` are batches that were staged later with
    some of the same cases or vouchers, ``overruled`` newer ones that were approved, with other values. ``confirms`` are the
    values that count as confirmed with the approval, by heading. ``most`` is the number of which the first ones alone can be
    approved, 0 if they cannot. ``new_kind`` says that there are too few earlier files to compare with, which is no
    concern by itself.
    """

    mark: str
    shown: str
    to_send: tuple[StatusRows, ...]
    concerns: tuple[str, ...]
    overlaps: tuple[int, ...]
    overruled: tuple[int, ...]
    confirms: tuple[tuple[str, ValueRead], ...]
    most: int
    kind: RecordKind
    new_kind: str = ""

    @property
    def is_plain(self) -> bool:
        """Return whether nothing has to be read first."""
        return not (self.concerns or self.overlaps or self.overruled or self.confirms)


def approval_view(proposal: Proposal, review: FileReview, rules: ApprovalSettings, state: BatchState) -> ApprovalView:
    """Return the approval of a batch as it was reviewed last."""
    money = {kind: proposal.money(RowStatus.PENDING, kind) for kind in RecordKind}
    rows = {kind: proposal.rows(RowStatus.PENDING, kind) for kind in RecordKind}
    kind = RecordKind.CASE if rows[RecordKind.CASE] else RecordKind.VOUCHER
    return ApprovalView(
        proposal.mark(),
        proposal.as_json(),
        tuple(StatusRows(one, RowStatus.PENDING, rows[one], money[one]) for one in RecordKind if rows[one]),
        (
            *(one.message for one in review.unusual if one.rule is not Rule.NEW_PROFILE),
            *_sentences(rules, proposal),
            *review.wrong_totals,
        ),
        proposal.overlaps,
        proposal.overruled,
        _unconfirmed(review),
        rows[kind] if state is BatchState.STAGED and rows[kind] > 1 else 0,
        kind,
        " ".join(one.message for one in review.unusual if one.rule is Rule.NEW_PROFILE),
    )


def _sentences(rules: ApprovalSettings, proposal: Proposal) -> list[str]:
    return [f"{text[0].upper()}{text[1:]}." for text in above_limits(rules, [proposal])]


def _unconfirmed(review: FileReview) -> tuple[tuple[str, ValueRead], ...]:
    values = ((column.heading, value) for sheet in review.sheets for column in sheet.values for value in column.values)
    return tuple((heading, value) for heading, value in values if value.taken and not value.is_sure)
