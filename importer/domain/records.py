"""The values that pass from the loader to the ledger: rows with their records or rejects."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from importer.domain.cells import Cell
from importer.domain.documents import Document, day_of
from importer.domain.identity import EntryLabel
from importer.domain.kinds import QuestionKind, RecordKind
from importer.domain.later_words import LaterWord, NamedCase
from importer.domain.master_data import NO_MASTER_DATA, MasterData
from importer.domain.money import Money
from importer.domain.next_list import USUAL_POLICY, ListPolicy
from importer.domain.notes import Note, NoteKind
from importer.domain.questions import NOTHING_STANDS, StandingAnswer, StandingAnswers
from importer.domain.reasons import Reason
from importer.domain.states import RejectStatus
from importer.domain.unclaimed import UnclaimedGroup


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a sheet with its raw cells. ``number`` is the one that Excel shows.

    ``held`` are the cells without what their number formats show, if that differs: so earlier releases read the row.
    """

    sheet: str
    number: int
    cells: tuple[Cell, ...]
    held: tuple[Cell, ...] | None = None


@dataclass(frozen=True, slots=True)
class ValueNote:
    """What is to be said of one value of a row that was left out or cleaned. ``heading`` is that of its column."""

    kind: NoteKind
    heading: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class CaseRecord:
    """A valid case. ``base`` identifies it. A ``derived`` base may occur several times: its keys are then numbered.

    ``remarks`` are the kinds of notes that name its row, about values that are sent although they are unusual. ``answer`` is the
    text of its row's ``#answer``, if this is an error sheet. ``questions`` must be answered before it is sent; ``unconfirmed`` is
    one that a person answers by approving the batch. ``value_notes`` say which of its values were left out or cleaned.
    ``party`` is the JSON of the debtor's kind and the rule by which it was found, ``asked`` are questions about the debtor.
    ``disputed`` is the one of the questions that calls the case disputed: if it was sent, that is reported. ``former_ref`` is the
    reference as earlier releases read it, if its number format shows another one, ``former_base`` the ``base`` of a case without
    one as earlier releases read its cells. ``documents`` are the invoices, credit notes, payments and fees that it is made of,
    ``left_out`` those that its list shows of the debtor and that are not in it.
    ``is_completed``: some of its values are not in its row, but in master data.
    """

    base: str
    derived: bool
    ref: str | None
    payload: bytes
    money: Money
    hint: EntryLabel | None = None
    is_test: bool = False
    remarks: tuple[NoteKind, ...] = ()
    answer: str | None = None
    questions: tuple[Reason, ...] = ()
    unconfirmed: Reason | None = None
    value_notes: tuple[ValueNote, ...] = ()
    party: str | None = None
    asked: tuple[Reason, ...] = ()
    disputed: Reason | None = None
    former_ref: str | None = None
    former_base: str | None = None
    documents: tuple[Document, ...] = ()
    left_out: tuple[Document, ...] = ()
    is_completed: bool = False


@dataclass(frozen=True, slots=True)
class AppendixFile:
    """A file to attach: its path, and the SHA-256 of its bytes when the row was read."""

    path: str
    sha256: str
    content_type: str


@dataclass(frozen=True, slots=True)
class VoucherRecord:
    """A valid voucher. Its payload lacks ``uniqueId``, which depends on the case that it is linked to.

    ``case_ref`` or ``case_id`` names the case. Both are None in a flat row, which holds the case itself. ``answer`` is the text
    of its row's ``#answer``, if this is an error sheet. ``formerly`` are the identifiers as earlier releases read them, by
    column, if their number formats show others.
    """

    fingerprint: str
    unique_id: str | None
    case_ref: str | None
    case_id: str | None
    parent: str | None
    payload: bytes
    money: Money
    appendix: AppendixFile | None = None
    hint: EntryLabel | None = None
    answer: str | None = None
    value_notes: tuple[ValueNote, ...] = ()
    formerly: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Reject:
    """A row's case or voucher that failed validation, with all its reasons. It is never sent.

    ``formerly`` is the case as an earlier release read it, if only a rule that it did not have is broken. If the ledger
    has that case as sent, the row is not rejected: it was imported already. ``status`` is LEFT_OUT if nothing is wrong with the
    row, which is no claim: a credit note, a total, a note.
    """

    kind: RecordKind
    reasons: tuple[Reason, ...]
    money: Money = field(default_factory=Money)
    ref: str | None = None
    formerly: CaseRecord | None = None
    status: RejectStatus = RejectStatus.REJECTED

    @property
    def is_left_out(self) -> bool:
        return self.status is RejectStatus.LEFT_OUT


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A row whose case is no claim, or not yet, with the reason. It is no error.

    ``record`` is the case that it would be, by which the ledger recognizes it. If the ledger has it as sent and the row is
    merely not due yet, it was imported already. ``amount`` is the row's money where that of the record is another.
    ``unconfirmed``: until a person has confirmed the value that says so, the row is a question. ``word`` is what its sheet calls
    it, unless it is merely not due yet.
    """

    record: CaseRecord
    reason: Reason
    amount: Money | None = None
    unconfirmed: Reason | None = None
    word: LaterWord = LaterWord.WITHDRAWN

    @property
    def money(self) -> Money:
        return self.record.money if self.amount is None else self.amount

    @property
    def ref(self) -> str | None:
        return self.record.ref


@dataclass(frozen=True, slots=True)
class NoClaim:
    """A row's case that its sheet calls paid, credited, disputed or otherwise no claim. It is left out, and is no error.

    Its values need not be those of a valid case. ``named`` is the case that it is about: if that waits to be sent, it is
    withdrawn; if it was sent, the row is reported as changed. ``reason`` says why it is no claim, ``hint`` is the entry that an
    error sheet names.
    """

    word: LaterWord
    named: NamedCase
    reason: Reason
    money: Money = field(default_factory=Money)
    hint: EntryLabel | None = None

    @property
    def ref(self) -> str | None:
        return self.named.reference

    @classmethod
    def of(cls, record: CaseRecord, word: LaterWord, reason: Reason) -> NoClaim:
        """Return the row of a valid case that is no claim."""
        named = NamedCase.of(record.ref, record.payload, is_test=record.is_test, former_ref=record.former_ref)
        return cls(word, named, reason, record.money, record.hint)


CaseRow = CaseRecord | LeftOut | NoClaim | Reject
"""What a row may hold of a case."""


@dataclass(frozen=True, slots=True)
class LoadedRow:
    """One row with its case, its voucher, or (in a flat sheet) both.

    ``case_row`` is the number of the row that holds the case of this row's voucher, where several rows share one case.
    ``document`` is the key of the document of a list that the row is. ``unclaimed`` are the documents of a debtor of whom the
    list makes no case, beside one of their rows.
    """

    row: Row
    case: CaseRow | None = None
    voucher: VoucherRecord | Reject | None = None
    case_row: int | None = None
    document: str | None = None
    unclaimed: UnclaimedGroup | None = None


@dataclass(frozen=True, slots=True)
class FormatProof:
    """A cell that determines how its column writes numbers or dates: the heading, the row of the source, the text.

    It is written to the error sheet: the row itself may have been imported, so that the rows left over do not prove it.
    """

    heading: str
    row: int
    text: str


PROOF_MARK = "#proof"
"""The value of the column ``#what`` in the lines of proofs on the summary sheet of ``errors.xlsx``."""
SUMMARY_SHEET = "Summary"
LIST_SHEET = "Lists"
"""The hidden sheet of a template with the lists of its drop-downs."""
EXAMPLE_MARK = "# Example"
"""The first cell of a sheet that marks its workbook as the example, in which some rows are wrong on purpose."""


@dataclass(frozen=True, slots=True)
class SheetHead:
    """A sheet's own headings, and for each the canonical names that it fills (separated by spaces; None: not used).

    ``proofs`` are the cells that determined how a column writes its numbers or dates. ``constants`` are the columns with one
    value for all rows, each with that value.
    """

    name: str
    header: tuple[str, ...]
    names: tuple[str | None, ...]
    flat: bool = False
    proofs: tuple[FormatProof, ...] = ()
    constants: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class LoadedSource:
    """A source that can be staged: its name, its sheets, and its rows (an iterator that reads while they are staged).

    ``notes`` are notes for the user; ``found`` are further ones from reading the rows, complete after the last row.
    ``rejects_changes``: a record that was accepted before with other values is rejected, also if the claim has not grown.
    ``standing`` are the profile's answers to questions. ``read_by`` is the user who has it read, and so gives the answers in it.
    ``listed_on`` is the day of the list: the one that it shows, else that of its file. ``lists`` says what is done with what a
    later list shows. ``master_data`` are those that complete its rows.
    """

    name: str
    sha256: str
    heads: tuple[SheetHead, ...]
    rows: Iterator[LoadedRow]
    has_cases: bool = True
    notes: tuple[Note, ...] = ()
    found: list[Note] = field(default_factory=list)
    profile: str | None = None
    rejects_changes: bool = False
    standing: StandingAnswers = NOTHING_STANDS
    read_by: str = ""
    listed_on: dt.date | None = None
    lists: ListPolicy = USUAL_POLICY
    master_data: MasterData = NO_MASTER_DATA

    def reading_json(self) -> str:
        """Encode what the profile and the user say about the rows, for when they are entered."""
        answers = {kind.value: answer.value for kind, answer in self.standing.answers.items()}
        standing = {"profile": self.standing.profile, "answers": answers}
        day = self.listed_on.isoformat() if self.listed_on else None
        found = {"rejects_changes": self.rejects_changes, "read_by": self.read_by, "standing": standing}
        return json.dumps(found | {"listed_on": day, "lists": self.lists.as_json()})


def reading_from_json(text: str | None) -> dict[str, Any]:
    """Decode the JSON of :meth:`LoadedSource.reading_json` to fields of a source."""
    found = json.loads(text or "{}")
    standing = found.get("standing", {})
    answers = {QuestionKind(kind): StandingAnswer(answer) for kind, answer in standing.get("answers", {}).items()}
    return {
        "rejects_changes": found.get("rejects_changes", False),
        "read_by": found.get("read_by", ""),
        "standing": StandingAnswers(standing.get("profile", ""), answers),
        "listed_on": day_of(found.get("listed_on")),
        "lists": ListPolicy.from_json(found.get("lists")),
    }


def describe_wire(payload: bytes) -> Mapping[str, Any]:
    """Return the members of a payload by dotted path, to compare payloads."""
    flat: dict[str, Any] = {}

    def walk(value: Any, path: str) -> None:
        if isinstance(value, dict):
            for key, inner in value.items():
                walk(inner, f"{path}.{key}" if path else key)
        else:
            flat[path] = value

    walk(json.loads(payload), "")
    return flat
