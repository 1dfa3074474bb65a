"""What is being staged: the batch, its rows, the records that are to be placed, and the entries that they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy import Connection

from importer.domain.accounts import Accounts
from importer.domain.kinds import RecordKind
from importer.domain.later_words import LaterWord, NamedCase
from importer.domain.match_keys import DocumentDates, RecordKeys
from importer.domain.money import Money
from importer.domain.questions import NOTHING_STANDS, StandingAnswers
from importer.domain.raw_rows import RawRow
from importer.domain.reasons import Reason
from importer.domain.records import CaseRecord, LoadedRow, NoClaim, VoucherRecord
from importer.domain.states import REPLACEABLE, State
from importer.ledger.intake import decisions
from importer.ledger.intake.carriers import Carrier
from importer.ledger.intake.conflicts import Conflicts
from importer.ledger.intake.decisions import ExistingEntry
from importer.ledger.intake.list_state import ListState
from importer.ledger.intake.sheet_answers import SheetAnswers
from importer.ledger.storage.identifiers import Identifiers

Record = CaseRecord | VoucherRecord
ControlTotals = dict[str, dict[str, list[int]]]
"""Record kind → currency → [rows, hundredths]."""


class LeftOutRow(NamedTuple):
    """The first row of a case that was left out: its sheet and number, and the case's payload."""

    sheet: str
    number: int
    payload: bytes


class SharedCase(NamedTuple):
    """What became of the case of a row that others share: its entry, or that it was rejected or left out."""

    entry_id: int | None
    is_rejected: bool
    is_left_out: bool


class CalledRow(NamedTuple):
    """The first row of a source that calls a case no claim: its sheet and number, its word, and the case that it names."""

    sheet: str
    number: int
    word: LaterWord
    named: NamedCase


class CalledDocument(NamedTuple):
    """A document that a row calls no claim, the case that carries it, and the id and the place in words of the row."""

    row_id: int
    case: NoClaim
    carrier: Carrier
    where: str


@dataclass
class BatchIntake:
    """The batch that is being staged, with the state that its chunks share."""

    connection: Connection
    id: int
    accounts: Accounts
    run_batches: Sequence[int]
    """The batches of this run so far, including this one."""
    sheets: Sequence[str]
    entry_ids: Identifiers
    control: ControlTotals = field(default_factory=lambda: {kind: {} for kind in RecordKind})
    changed_cases: set[int] = field(default_factory=set)
    """Accepted cases that a row of this batch holds with other values."""
    left_out: dict[str, LeftOutRow] = field(default_factory=dict)
    """Cases of this batch that were left out, by what they are recognized by."""
    called: dict[str, CalledRow] = field(default_factory=dict)
    """Cases of which a row of this batch says that they are no claim, by their match key."""
    called_alike: dict[str, list[CalledRow]] = field(default_factory=dict)
    """The same rows by the key of their case without letter case and leading zeros."""
    called_documents: list[CalledDocument] = field(default_factory=list)
    """Documents of cases that wait which rows of this batch call no claim."""
    reread: dict[str, ExistingEntry] = field(default_factory=dict)
    """Entries of rows of this batch that an earlier release read under another reference, by the reference that is read now."""
    rejects_changes: bool = False
    """Whether an accepted record with other values is rejected, also if they do not raise the claim."""
    guarded: Collection[int] = ()
    """Other batches with a digest of their entries, which changes when this batch takes an entry over."""
    taken_from: set[int] = field(default_factory=set)
    """Those of the guarded batches of which this batch has taken an entry over."""
    overruled: set[int] = field(default_factory=set)
    """Other batches with an unsent entry that gets other values, or is withdrawn, by a row of this batch."""
    lists: ListState = field(default_factory=ListState)
    knows_lists: bool = False
    """Whether the ledger or this source has documents of lists or of vouchers."""
    ordinals: Counter[str] = field(default_factory=Counter)
    """The number of equal cases without a reference so far, by the key of their document."""
    shared_cases: dict[tuple[str, int], SharedCase] = field(default_factory=dict)
    """What became of the cases of rows that later rows share, by sheet and row."""
    conflicts: Conflicts = field(default_factory=Conflicts)
    answers: SheetAnswers = field(default_factory=SheetAnswers)
    """The answers that the source gives in ``#answer``."""
    standing: StandingAnswers = NOTHING_STANDS
    """The answers of the source's profile."""
    is_confirmed: bool = False
    """Whether a person approves the batch who has seen what the values of its rows were taken for."""

    def asked_by(self, record: Record) -> tuple[Reason, ...]:
        """Return the questions that a row asks of itself: about its debtor, and about whether it is a claim.

        Approving the batch answers whether its values are understood.
        """
        if not isinstance(record, CaseRecord):
            return ()
        unconfirmed = () if record.unconfirmed is None or self.is_confirmed else (record.unconfirmed,)
        return (*record.asked, *record.questions, *unconfirmed)

    def count(self, kind: RecordKind, money: Money) -> None:
        """Add a row with its hundredths to the control totals."""
        totals = self.control[kind].setdefault(money.currency, [0, 0])
        totals[0] += 1
        totals[1] += money.cents


@dataclass(slots=True)
class StagedRow:
    """One row that is being staged: its id in the ledger, its raw cells, and the entry of its case.

    ``waits_for``: the unique id of its voucher's parent, which was missing when the row was last tried.
    """

    id: int
    loaded: LoadedRow
    flat: bool
    raw: RawRow
    case: ExistingEntry | None = None
    case_rejected: bool = False
    case_left_out: bool = False
    waits_for: str | None = None
    is_claimed: bool = False
    """Whether the row is a document that an earlier case carries."""

    @property
    def case_place(self) -> tuple[str, int]:
        """The sheet and the number of the row that holds the case of this one."""
        return self.loaded.row.sheet, self.loaded.case_row or self.loaded.row.number

    @property
    def is_without_case(self) -> bool:
        """Return whether the row's case is left out, and was not sent before."""
        return self.case_left_out and self.case is None

    @property
    def repeats_its_case(self) -> bool:
        """Return whether the row may hold the same case as an earlier one, with another voucher."""
        return (self.flat and self.loaded.voucher is not None) or self.holds_shared_case

    @property
    def holds_case_of_list(self) -> bool:
        """Return whether the row holds the case of a list, which other rows may share: the instalments of one document do."""
        return isinstance(self.loaded.case, CaseRecord) and bool(self.loaded.case.documents)

    @property
    def holds_shared_case(self) -> bool:
        """Return whether the row holds the case of a list, which has several documents, or one in several rows."""
        return isinstance(self.loaded.case, CaseRecord) and bool(self.loaded.case.documents)


@dataclass(slots=True)
class Candidate:
    """A valid record with the base of its key and the columns of its entry.

    ``is_counted``: a source may hold several equal ones, each with a key of its own. ``dates`` are those of a document.
    ``is_by_reference``: the base of a voucher was derived from a reference.
    """

    kind: RecordKind
    record: Record
    base: str
    values: dict[str, Any]
    make_keys: Callable[[], RecordKeys]
    is_counted: bool = False
    dates: DocumentDates | None = None
    is_by_reference: bool = False
    is_reread: bool = False
    """Whether a cell of its row is read better than by an earlier release."""
    covers: tuple[ExistingEntry, ...] = ()
    """Cases that wait and whose documents this one has all of: it takes their place."""
    carries: bool = True
    """Whether the case claims its documents."""
    gone: frozenset[str] = frozenset()
    """The keys of documents that the case keeps although the newest list does not show them: it is sent without them."""
    _keys: RecordKeys | None = None

    def become(self, record: CaseRecord, values: dict[str, Any], make_keys: Callable[[], RecordKeys]) -> None:
        """Take the place of another record of the same row, with the columns in which its entry differs."""
        self.record, self.base, self.make_keys, self._keys, self.is_counted = record, record.base, make_keys, None, False
        self.values |= values

    @property
    def has_keys(self) -> bool:
        """Return whether the match keys were computed, so that entries were looked up by them."""
        return self._keys is not None

    @property
    def keys(self) -> RecordKeys:
        """Return the match keys, which are computed once and only for records that need them."""
        if self._keys is None:
            self._keys = self.make_keys()
        return self._keys

    @property
    def has_own_key(self) -> bool:
        """Return whether the record is the only one with its key."""
        return not self.is_counted and self.dates is None

    def is_same(self, known: ExistingEntry) -> bool:
        """Return whether an entry has the values of this record."""
        if is_rest_of_list(self, known):
            return True
        values = self.values
        of_case = (values.get("case_id"), values.get("target"))
        return decisions.has_values(known, values["digest"], values["payload"], of_case=of_case)

    def needs_keys(self, exact: Sequence[ExistingEntry], rows: int = 1) -> bool:
        """Return whether entries must be looked up by the match keys: the record is new, or its entry is checked again.

        An entry that gets other values, or that was refused or questioned, may be the same as another one now.

        ``exact`` are the entries with its base; ``rows`` is the number of rows with that base that are looked up at once.
        """
        if not exact or (self.is_counted and rows > len(exact)):
            return True
        if self.is_by_reference:  # its key does not contain its content
            return all(known.digest != self.values["digest"] for known in exact)
        return any(_is_checked_again(known, self.values["digest"]) for known in exact)


def is_rest_of_list(candidate: Candidate, known: ExistingEntry) -> bool:
    """Return whether an error sheet names a case that was sent: it holds only the documents of it that are left over."""
    record = candidate.record
    is_of_list = isinstance(record, CaseRecord) and bool(record.documents)
    return is_of_list and record.hint is not None and record.hint.fits(known.key) and known.state is State.ACCEPTED


def _is_checked_again(known: ExistingEntry, digest: str) -> bool:
    was_apart = known.state in {State.REFUSED, State.QUESTIONED} and known.superseded_by is None
    return was_apart or (known.state in REPLACEABLE and known.digest != digest)


def name_of(record: Record) -> str | None:
    """Return the record's identifier in the sheet: a case's reference or a voucher's unique id."""
    return record.ref if isinstance(record, CaseRecord) else record.unique_id


class Match(NamedTuple):
    """What a record was recognized as: the entry, and the one that it corrects.

    ``is_answered``: the user has said that it is that entry. ``has_cells``: the entry has another base, but was read from
    a row with the same cells. ``change`` is what is reported of the documents of a case that was sent. The rest is as in
    ``EntryChoice``.
    """

    known: ExistingEntry | None = None
    corrected: ExistingEntry | None = None
    is_answered: bool = False
    has_cells: bool = False
    several: tuple[ExistingEntry, ...] = ()
    waits: bool = False
    suffix: str | None = None
    only_by_cells: bool = False
    change: Reason | None = None
