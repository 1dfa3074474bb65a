"""The summary of a batch: rows and money as read, and by status; both must balance."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from importer.domain.batches import BatchState
from importer.domain.kinds import RecordKind
from importer.domain.money import decimal_text
from importer.domain.notes import NoteKind
from importer.domain.states import RowStatus
from importer.errors import ExitCode
from importer.ledger.queries.control_totals import SheetTotals
from importer.ledger.queries.queries import Queries
from importer.ledger.queries.questions import QuestionTotals
from importer.ledger.queries.report_rows import BatchInfo
from importer.ledger.queries.totals import Tallies
from importer.reporter.notes import sentence

KEYS = tuple(RowStatus)
_NOT_IN_WORDS = frozenset((NoteKind.VALUES_READ, NoteKind.LINES_READ))
_UNSETTLED = (RowStatus.PENDING, RowStatus.IN_DOUBT, RowStatus.HELD)
PLURAL = {RecordKind.CASE: "cases", RecordKind.VOUCHER: "vouchers"}


@dataclass(frozen=True)
class Summary:
    """The figures of one batch. Money is in hundredths.

    ``new_changes`` counts the changed records of which no earlier batch has reported the same change, and ``newly_no_claim``
    those of them that are paid, credited, disputed or otherwise no claim now, although they were sent. ``rows_in_ledger`` are
    the rows of the source that the ledger holds, each once, also if a case is in several of them; None if nobody asks for them.
    """

    batch: BatchInfo
    tallies: Tallies
    exit_code: ExitCode
    sheets: tuple[SheetTotals, ...] = ()
    rows_in_ledger: int | None = None
    corrected_later: int = 0
    newly_questioned: int = 0
    new_changes: int = 0
    newly_no_claim: int = 0
    newly_part_paid: int = 0
    questions: QuestionTotals = field(default_factory=dict)

    def count(self, kind: RecordKind, status: RowStatus | None = None) -> int:
        """Return the number of rows of a kind in one status, or (None) of all rows as read."""
        if status is None:
            return sum(rows for rows, _ in self.batch.control.get(kind, {}).values())
        return sum(rows for rows, _ in self.tallies[kind].get(status, {}).values())

    def money(self, kind: RecordKind, status: RowStatus | None = None) -> dict[str, int]:
        """Return hundredths by currency of one status, or (None) of all rows as read."""
        if status is None:
            return {currency: cents for currency, (_, cents) in sorted(self.batch.control.get(kind, {}).items())}
        return {currency: cents for currency, (_, cents) in sorted(self.tallies[kind].get(status, {}).items())}

    @property
    def notes(self) -> tuple[str, ...]:
        """What to know of the source, a sentence each."""
        return tuple(sentence(note) for note in self.batch.notes if note.kind not in _NOT_IN_WORDS)

    @property
    def lines(self) -> dict[str, int] | None:
        """What became of the lines of a CSV: ``lines`` of the file, and how many are what; None for any other source."""
        note = next((note for note in self.batch.notes if note.kind is NoteKind.LINES_READ), None)
        return {name: int(count) for name, count in note.values} if note else None

    @property
    def state(self) -> BatchState:
        """Return the batch's state; that of an approved one depends on what is left to send."""
        if self.batch.state is not BatchState.APPROVED:
            return self.batch.state
        if not any(self.count(kind, status) for kind in RecordKind for status in _UNSETTLED):
            return BatchState.DONE
        return BatchState.SENDING if self.batch.begun_at else BatchState.APPROVED

    @property
    def balanced(self) -> bool:
        """Return whether the rows of all statuses add up to those read, in count and in money, for each currency.

        In a CSV the lines must add up as well: every one is a row in a status, or a heading, a note, a blank line and so on.
        """
        return all(self._accounted(kind) == self._read(kind) for kind in RecordKind) and self._lines_balance()

    def _lines_balance(self) -> bool:
        if not (lines := self.lines):
            return True
        is_held = self.rows_in_ledger is None or lines["rows"] == self.rows_in_ledger
        return is_held and lines["lines"] == sum(count for name, count in lines.items() if name != "lines")

    def _read(self, kind: RecordKind) -> dict[str, tuple[int, int]]:
        return {currency: (rows, cents) for currency, (rows, cents) in self.batch.control.get(kind, {}).items()}

    def _accounted(self, kind: RecordKind) -> dict[str, tuple[int, int]]:
        sums: dict[str, tuple[int, int]] = {}
        for by_currency in self.tallies[kind].values():
            for currency, (rows, cents) in by_currency.items():
                before = sums.get(currency, (0, 0))
                sums[currency] = (before[0] + rows, before[1] + cents)
        return sums

    def as_json(self) -> dict[str, Any]:
        """Return the content of ``summary.json``. Money is decimal text in major units."""
        return {
            "schema": 2,
            "run_id": self.batch.run_id,
            "batch_id": self.batch.id,
            "state": self.state,
            "source": {"name": self.batch.source_name, "sha256": self.batch.source_sha256},
            "account": " ".join(dict.fromkeys(filter(None, (self.batch.cases_account, self.batch.vouchers_account)))),
            "counts": {
                PLURAL[kind]: {"rows": self.count(kind), **{s.value: self.count(kind, s) for s in KEYS}} for kind in RecordKind
            },
            "totals": {PLURAL[kind]: self._totals(kind) for kind in RecordKind},
            "changes": {"new": self.new_changes, "newly_no_claim": self.newly_no_claim},
            "questions": {kind.value: _question(by_currency) for kind, by_currency in self.questions.items()},
            "sheets": [_sheet(totals) for totals in self.sheets],
            "lines": self.lines,
            "balanced": self.balanced,
            "exit_code": int(self.exit_code),
        }

    def _totals(self, kind: RecordKind) -> dict[str, dict[str, str]]:
        currencies = sorted(self.batch.control.get(kind, {}))
        keys: list[tuple[str, RowStatus | None]] = [("rows", None), *((s.value, s) for s in KEYS)]
        return {c: {name: decimal_text(self.money(kind, status).get(c, 0)) for name, status in keys} for c in currencies}

    def text(self) -> str:
        """Return the text of ``summary.json``."""
        return json.dumps(self.as_json(), indent=2, ensure_ascii=False) + "\n"


def summarize(queries: Queries, batch: BatchInfo, otherwise: ExitCode = ExitCode.OK, *, checking: bool = False) -> Summary:
    """Return the present figures of a batch."""
    tallies = queries.tally(batch.id)
    is_questioned = any(RowStatus.QUESTIONED in by_status for by_status in tallies.values())
    questioned = queries.newly_questioned(batch.id) if is_questioned else 0
    is_changed = any(RowStatus.CHANGED in by_status for by_status in tallies.values())
    changes = queries.new_changes(batch.id) if is_changed else []
    no_claims = sum(one.is_no_claim for one in changes)
    return Summary(
        batch=batch,
        tallies=tallies,
        exit_code=exit_code_of(tallies, otherwise, checking=checking, newly_questioned=questioned, newly_no_claim=no_claims),
        sheets=tuple(queries.sheet_totals(batch)),
        rows_in_ledger=queries.row_count(batch.id),
        corrected_later=queries.corrected_later(batch.id),
        newly_questioned=questioned,
        new_changes=len(changes),
        newly_no_claim=no_claims,
        newly_part_paid=sum(one.is_part_paid for one in changes),
        questions=queries.question_totals(batch.id) if is_questioned else {},
    )


def _question(by_currency: Mapping[str, tuple[int, int]]) -> dict[str, Any]:
    money = {code: decimal_text(cents) for code, (_, cents) in by_currency.items()}
    return {"rows": sum(rows for rows, _ in by_currency.values()), "totals": money}


def _sheet(totals: SheetTotals) -> dict[str, Any]:
    money = {c: {"read": decimal_text(cents), "valid": decimal_text(totals.valid[c])} for c, cents in sorted(totals.read.items())}
    return {
        "name": totals.sheet,
        "holds": PLURAL[totals.kind],
        "rows": totals.rows,
        "valid": totals.valid_rows,
        "unreadable_amounts": totals.unread,
        "totals": money,
    }


def exit_code_of(
    tallies: Tallies,
    otherwise: ExitCode = ExitCode.OK,
    *,
    checking: bool = False,
    newly_questioned: int = 0,
    newly_no_claim: int = 0,
) -> ExitCode:
    """Return the exit code of a batch, the most urgent one. ``otherwise`` is that of a run that stopped early.

    A questioned row that an earlier batch has reported already counts as a row that is left. A row that was sent and is no
    claim any more counts as one in the batch that reports it first.
    """
    found = {status for by_status in tallies.values() for status, sums in by_status.items() if sums}
    if otherwise is ExitCode.INTERRUPTED:
        return otherwise
    if found & {RowStatus.IN_DOUBT, RowStatus.HELD} and otherwise is not ExitCode.API_STOPPED:
        return ExitCode.IN_DOUBT
    if RowStatus.PENDING in found and not checking:
        return otherwise if otherwise is not ExitCode.OK else ExitCode.API_STOPPED
    return ExitCode.IN_DOUBT if newly_questioned else _code_of_the_rest(found, newly_no_claim)


def _code_of_the_rest(found: set[RowStatus], newly_no_claim: int) -> ExitCode:
    if newly_no_claim or found & {RowStatus.REJECTED, RowStatus.REFUSED, RowStatus.QUESTIONED, RowStatus.BLOCKED}:
        return ExitCode.ROWS_LEFT
    return ExitCode.OK
