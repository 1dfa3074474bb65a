"""What the rows of one batch show of documents that were claimed before, until it is known whether the list counts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

import orjson

from importer.domain.document_keys import CarriedDocument
from importer.domain.identity import EntryLabel
from importer.domain.kinds import RecordKind
from importer.domain.money import Money, cents_of, decimal_text
from importer.domain.next_list import USUAL_POLICY, ListPolicy, balance_cents
from importer.domain.notes import Note, NoteKind
from importer.domain.reasons import Reason
from importer.domain.records import Row
from importer.ledger.intake.decisions import ExistingEntry


@dataclass(frozen=True, slots=True)
class ReportedChange:
    """A row whose case was sent and of whose documents something else is open now. ``label`` is that of its entry."""

    row_id: int
    kind: RecordKind
    label: str
    reason: Reason
    money: Money


@dataclass(frozen=True, slots=True)
class AddedDocuments:
    """New documents of an open case: the case, how many documents, and what they are together, in hundredths."""

    known: ExistingEntry
    documents: int
    cents: int


@dataclass(slots=True)
class SmallerDocument:
    """A document of a case that was sent, of which less is open now (``now``) than was claimed (``before``).

    ``row_id`` and ``place`` are the row that holds the debtor's case: its id in the ledger, and its sheet and number. ``known``
    is the case that carries the document. ``why`` says why the difference is not deposited; "" if it is. ``rows`` are the
    ids of the rows that show the document, ``row`` and ``cells`` are the last of them, and its cells as the ledger keeps them.
    """

    row_id: int
    place: tuple[str, int]
    known: ExistingEntry
    before: CarriedDocument
    now: CarriedDocument
    why: str = ""
    row: Row | None = None
    cells: str = ""
    rows: set[int] = field(default_factory=set)


@dataclass(slots=True)
class ListState:
    """The state of a list while its rows are placed.

    ``listed_on`` is its day in ISO form, ``is_older``: a newer list of the profile is known, ``is_part``: it is a
    sheet of a report, with some rows of a list. ``shown`` are the documents that
    it shows of earlier cases, by entry and key, with what is open of them. ``documents`` is the number of all that it shows.
    ``owners`` are the cases that carry the documents of a row with a case, by its sheet and number and by the document's key;
    ``withheld`` are the reasons why documents of such a row get no voucher, ``changed`` those for which documents of earlier
    cases are reported as changed. ``added`` are what open cases get, by entry. ``smaller`` are documents of which less is open
    than was claimed, if the profile wants deposits. ``lowered`` are the credits and payments that lower an earlier case beside
    which such a row shows new documents, ``lowered_rows`` their rows, by id, with the label of that case. ``balanced`` are cases
    that wait and of which nothing is left to claim, by entry. ``covered`` are the cases whose place another one takes, by that
    one's entry.
    """

    policy: ListPolicy = USUAL_POLICY
    listed_on: str | None = None
    is_older: bool = False
    is_part: bool = False
    shown: dict[tuple[int, str], int] = field(default_factory=dict)
    documents: int = 0
    creditors: set[str] = field(default_factory=set)
    changes: list[ReportedChange] = field(default_factory=list)
    smaller: list[SmallerDocument] = field(default_factory=list)
    added: dict[int, AddedDocuments] = field(default_factory=dict)
    owners: dict[tuple[str, int], dict[str, int]] = field(default_factory=dict)
    withheld: dict[tuple[str, int], dict[str, Reason]] = field(default_factory=dict)
    changed: dict[tuple[str, int], dict[str, Reason]] = field(default_factory=dict)
    lowered: dict[tuple[str, int], set[str]] = field(default_factory=dict)
    lowered_rows: list[tuple[int, str]] = field(default_factory=list)
    balanced: dict[int, Reason] = field(default_factory=dict)
    covered: dict[int, set[int]] = field(default_factory=dict)

    def report(self, row_id: int, known: ExistingEntry, reason: Reason, money: Money, kind: RecordKind = RecordKind.CASE) -> None:
        """Note what is reported of a row and its case, or of the voucher of its document, if the list counts."""
        label = EntryLabel.of(kind, known.id, known.key).text()
        self.changes.append(ReportedChange(row_id, kind, label, reason, money))

    def own(self, place: tuple[str, int], documents: Iterable[CarriedDocument], owner: ExistingEntry) -> None:
        """Note which case has documents of the case of a row, so that the vouchers of their rows go there."""
        self.owners.setdefault(place, {}).update(dict.fromkeys((one.key for one in documents), owner.id))

    def withhold(self, place: tuple[str, int], documents: Iterable[CarriedDocument], why: Reason) -> None:
        """Note why documents of the case of a row get no voucher."""
        self.withheld.setdefault(place, {}).update(dict.fromkeys((one.key for one in documents), why))

    def add(self, known: ExistingEntry, documents: Sequence[CarriedDocument]) -> None:
        """Note documents whose vouchers go to an open case."""
        before = self.added.get(known.id, AddedDocuments(known, 0, 0))
        cents = before.cents + balance_cents([one.document for one in documents])
        self.added[known.id] = AddedDocuments(known, before.documents + len(documents), cents)

    def notes(self) -> list[Note]:
        """Return what is said of each case to which documents are added: what was claimed, and what Debbie has then."""
        return [_note_on(one) for one in self.added.values()]


def _note_on(one: AddedDocuments) -> Note:
    wire = orjson.loads(one.known.payload)
    claimed = cents_of(Decimal(str(wire.get("amountToRecover") or 0)))
    label = EntryLabel.of(RecordKind.CASE, one.known.id, one.known.key).text()
    values = (
        *(("case", label), ("ref", str(wire.get("creditorReference") or label)), ("count", str(one.documents))),
        *(("claimed", decimal_text(claimed)), ("more", decimal_text(one.cents)), ("currency", str(wire.get("currencyCode")))),
    )
    return Note(NoteKind.DOCUMENTS_ADDED, values=values)
