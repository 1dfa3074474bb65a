"""The rules of approval: what may be sent without a further person, and the gates that a script sets. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from importer.domain.batches import Person, Proposal
from importer.domain.kinds import RecordKind
from importer.domain.money import grouped_text
from importer.domain.states import RowStatus
from importer.errors import UsageError
from importer.settings import ApprovalSettings
from importer.workspace.person import is_same_person, objection_to_approver

_SHARE = re.compile(r"(\d{1,3}(?:\.\d{1,4})?)\s*%")


@dataclass(frozen=True)
class Gates:
    """What a script requires of the batches before they may be sent.

    ``confirm`` is the number of cases (without cases: of vouchers) that it expects to be sent. ``max_rejected`` and
    ``max_dropped`` are the largest shares, in percent, of rejected rows and of rows left out or withdrawn. ``limit`` is the
    number of cases to approve now.
    """

    confirm: int | None = None
    max_rejected: Decimal | None = None
    max_dropped: Decimal | None = None
    limit: int | None = None

    def __bool__(self) -> bool:
        return self != Gates()


def gates(
    confirm: int | None = None, max_rejected: str | None = None, max_dropped: str | None = None, limit: int | None = None
) -> Gates:
    """Parse the options ``--confirm``, ``--max-rejected 5%``, ``--max-dropped 5%`` and ``--limit``. Raises UsageError."""
    return Gates(confirm, _share("--max-rejected", max_rejected), _share("--max-dropped", max_dropped), limit)


def _share(option: str, text: str | None) -> Decimal | None:
    if text is None:
        return None
    match = _SHARE.fullmatch(text.strip())
    if match is None or Decimal(match[1]) > 100:  # noqa: PLR2004
        raise UsageError(f"{option} {text!r} is not a share. Write it in percent: {option} 5%")
    return Decimal(match[1])


def counted_kind(proposals: Sequence[Proposal]) -> RecordKind:
    """Return by what a number of rows to send is counted: cases, or vouchers if there are no cases to send."""
    has_cases = any(one.rows(RowStatus.PENDING, RecordKind.CASE) for one in proposals)
    return RecordKind.CASE if has_cases else RecordKind.VOUCHER


def unmet_gates(wanted: Gates, proposals: Sequence[Proposal]) -> list[str]:
    """Describe the gates that these batches, taken together, do not pass."""
    found = []
    kind = counted_kind(proposals)
    count = sum(one.rows(RowStatus.PENDING, kind) for one in proposals)
    if wanted.confirm is not None and wanted.confirm != count:
        found.append(f"--confirm expects {wanted.confirm:,} {kind}s to be sent, and there are {count:,}")
    rejected = (RowStatus.REJECTED, RowStatus.BLOCKED)
    dropped = (RowStatus.LEFT_OUT, RowStatus.WITHDRAWN)
    for option, most, statuses, what in (
        ("--max-rejected", wanted.max_rejected, rejected, "rejected"),
        ("--max-dropped", wanted.max_dropped, dropped, "left out"),
    ):
        if most is not None and (text := _above_share(most, statuses, proposals)):
            found.append(f"{option} allows {most.normalize():f}% of the rows to be {what}, and there are {text}")
    return found


def _above_share(most: Decimal, statuses: Sequence[RowStatus], proposals: Sequence[Proposal]) -> str | None:
    every = sum(one.all_rows() for one in proposals)
    some = sum(one.rows(status) for one in proposals for status in statuses)
    if not every or Decimal(some) * 100 <= most * every:
        return None
    return f"{some:,} of {every:,} ({some / every:.1%})"


def reasons_to_wait(rules: ApprovalSettings, proposals: Sequence[Proposal], unusual: Sequence[str], *, asked: bool) -> list[str]:
    """Describe why these batches may not be sent before a person has approved them.

    ``asked``: a person has seen the review and was asked; then only ``four_eyes`` requires another one.
    """
    found = []
    if rules.four_eyes:
        found.append("[approval] four_eyes requires that another person approves it")
    if asked:
        return found
    if rules.required == "always":
        found.append("[approval] required is always")
    if rules.required == "unusual":
        found += unusual
    return found + above_limits(rules, proposals)


def above_limits(rules: ApprovalSettings, proposals: Sequence[Proposal]) -> list[str]:
    """Describe the currencies in which more is to be sent, as claims, than may go without an approval."""
    found = []
    for currency, limit in sorted(rules.above.items()):
        cents = sum(one.money(RowStatus.PENDING, RecordKind.CASE).get(currency, 0) for one in proposals)
        if Decimal(cents) / 100 > limit:
            found.append(f"the claims to be sent are {currency} {grouped_text(cents)}, above {limit:,} of [approval] above")
    return found


def objection_to_approval(
    rules: ApprovalSettings, approver: Person, stager: Person, preparers: Sequence[Person] = ()
) -> str | None:
    """Describe why this person may not approve a batch; None if they may.

    ``preparers`` are those who have prepared it beside the one who staged it, such as by corrections.
    """
    if not rules.four_eyes:
        return None
    if why := objection_to_approver(approver, stager):
        return why
    same = next((one for one in preparers if is_same_person(approver, one)), None)
    return f"{same.name} has prepared it (dropped or corrected what is in it)" if same else None


def named(batches: Sequence[int]) -> str:
    """Return the subject of a sentence about batches: ``Batch 3 was``."""
    names = ", ".join(str(batch) for batch in batches)
    return f"Batch {names} was" if len(batches) == 1 else f"Batches {names} were"


def how_to_approve(batches: Sequence[int]) -> str:
    """Return what a person can do about staged batches."""
    names = " and ".join(f"`importer approve {batch}`" for batch in batches)
    it, shows = ("it", "shows") if len(batches) == 1 else ("them", "show")
    drops = " and ".join(f"`importer discard {batch}`" for batch in batches)
    return f"{named(batches)} staged: {names} {shows} {it} and asks, {drops} drops {it}."
