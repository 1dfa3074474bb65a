"""What the rows of one batch show of documents that were claimed before, until it is known whether the list counts."""

from __future__ import annotations

from dataclasses import dataclass, field

from importer.domain.identity import EntryLabel
from importer.domain.kinds import RecordKind
from importer.domain.money import Money
from importer.domain.next_list import USUAL_POLICY, ListPolicy
from importer.domain.reasons import Reason
from importer.ledger.intake.decisions import ExistingEntry


@dataclass(frozen=True, slots=True)
class ReportedChange:
    """A row whose case was sent and of whose documents less is open now. ``label`` is that of the case."""

    row_id: int
    label: str
    reason: Reason
    money: Money


@dataclass(slots=True)
class ListState:
    """The state of a list while its rows are placed.

    ``listed_on`` is its day in ISO form, ``is_older``: a newer list of the profile is known. ``shown`` are the documents that
    it shows of earlier cases, by entry and key, with what is open of them. ``documents`` is the number of all that it shows.
    ``owners`` are the cases that have the documents of a row, by sheet, number of the row, and document.
    """

    policy: ListPolicy = USUAL_POLICY
    listed_on: str | None = None
    is_older: bool = False
    shown: dict[tuple[int, str], int] = field(default_factory=dict)
    documents: int = 0
    creditors: set[str] = field(default_factory=set)
    changes: list[ReportedChange] = field(default_factory=list)
    owners: dict[tuple[str, int], dict[tuple[str, str], int]] = field(default_factory=dict)

    def report(self, row_id: int, known: ExistingEntry, reason: Reason, money: Money) -> None:
        """Note what is reported of a row and its case if the list counts."""
        label = EntryLabel.of(RecordKind.CASE, known.id, known.key).text()
        self.changes.append(ReportedChange(row_id, label, reason, money))
