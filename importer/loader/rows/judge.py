"""Judge a row by the cells that show whether it is a claim: its amount, its type, its state, what was paid, what holds it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import lru_cache

from importer.domain.cells import Cell
from importer.domain.columns import ValueKind
from importer.domain.confirmed_values import ConfirmedValue
from importer.domain.later_words import LaterWord
from importer.domain.notes import Note, NoteKind
from importer.domain.reasons import Reason
from importer.domain.row_states import IN_WORDS, SETTLING, WITH_WORDS, Meaning, StateColumn, find, says_booked, truth_of
from importer.loader.profile import Profile
from importer.loader.rows.contradictions import OpenAmountCheck
from importer.loader.rows.credits import DebtorCredits
from importer.loader.rows.document_ranges import DocumentRanges
from importer.loader.rows.filters import RowFilters
from importer.loader.rows.open_amounts import AmountRule, RowAmounts
from importer.loader.rows.reference_words import ReferenceWords
from importer.loader.rows.verdict import (
    CREDIT,
    NOTHING_OPEN,
    PLAIN_CLAIM,
    Role,
    RowFinding,
    RowVerdict,
    asked_about,
    finding_of,
    part_paid,
    question,
    settled_but_open,
    suspected,
    unknown,
    verdict_of,
    with_finding,
)
from importer.loader.sheets.amount_names import AMOUNT, is_invoiced_name, is_open_name, is_own_name
from importer.loader.sheets.cell_tests import is_day_in_figures
from importer.loader.sheets.plan import ColumnBinding, Shape, SheetPlan
from importer.loader.sheets.state_columns import StateBinding
from importer.loader.values.formats import Formats
from importer.loader.values.parsers import READERS, ValueProblem, money_in

_HOLDING = {StateColumn.ON_HOLD: Meaning.ON_HOLD, StateColumn.IN_COLLECTION: Meaning.COLLECTED}
_AGAINST = {
    StateColumn.IS_CANCELLED: Meaning.CANCELLED,
    StateColumn.IS_CREDIT: Meaning.CREDIT,
    StateColumn.IS_PAID: Meaning.PAID,
    StateColumn.IS_WRITTEN_OFF: Meaning.WRITTEN_OFF,
    StateColumn.IS_OPEN: Meaning.PAID,
    StateColumn.CLEARED_BY: Meaning.PAID,
}
_DATED = (StateColumn.IS_PAID, StateColumn.IS_WRITTEN_OFF)
"""Columns of yes and no in which a day means yes."""
_NAMING = (StateColumn.IS_CANCELLED, StateColumn.CLEARED_BY)
"""Columns of yes and no that may also name a day or a document: any other text means yes."""
_SILENT = {column: column is StateColumn.IS_OPEN for column in _AGAINST}
"""The answer of a column of yes and no that says nothing against a claim."""
_REMEMBERED = 1024

ConfirmedValues = Mapping[str, Collection[ConfirmedValue]]
"""Heading → the values in its column, each with what it is taken for, that a person has confirmed for this kind of list."""


@dataclass
class RowJudge:
    """Judges the rows of one sheet of cases.

    ``formats`` are those of the amount, ``day_formats`` those of dates. ``confirmed`` are the values that a person has
    confirmed for this kind of list. ``rule`` says what the column of the claim holds.
    """

    plan: SheetPlan
    profile: Profile
    today: date
    formats: Formats = field(default_factory=Formats)
    day_formats: Formats = field(default_factory=Formats)
    confirmed: ConfirmedValues = field(default_factory=dict)
    rule: AmountRule = AmountRule.OPEN
    credits: DebtorCredits | None = None
    """The credits of the sheet's debtors, which hold back their claims."""
    ranges: DocumentRanges | None = None
    """The ranges of the numbers of the sheet's documents, which may show credit notes."""

    def __post_init__(self) -> None:
        states = self.plan.states
        self._filters = RowFilters(self.plan.head.name, self.plan.head.header, self.profile)
        self._amount = next((bound for bound in self.plan.case if bound.column.name == AMOUNT), None)
        self._words = states.of(*WITH_WORDS)
        self._settling, self._invoiced = states.of(*SETTLING), states.of(StateColumn.INVOICED_AMOUNT)
        self._others = [one for one in states.bound if one.column in _FINDERS]
        self._says_open, self._is_invoiced, self._is_own = _told_by_heading(self._amount)
        self.check = OpenAmountCheck(states.beside, self.formats) if states.beside else None
        self._shows_nothing = not (self.check or self._words or self._settling or self._others or self._filters.positions())
        self.references = ReferenceWords(self.plan)
        self._word_finding = lru_cache(_REMEMBERED)(self._of_word)

    @property
    def shows_open(self) -> bool:
        """Return whether the claim is in a column of what is open, for every row."""
        return self._says_open

    @property
    def tells_open(self) -> bool:
        """Return whether a column shows what is open."""
        is_proved = bool(self._settling) and self.rule is not AmountRule.UNCLEAR
        is_marked = any(not one.is_suspected for one in self.plan.states.of(StateColumn.IS_OPEN))
        return self._says_open or is_proved or is_marked

    def filtered(self) -> set[int]:
        """Return the positions of the columns by which the profile keeps or drops rows."""
        return self._filters.positions()

    @property
    def needs_proof(self) -> bool:
        """Return whether only the rows can prove what the column of the claim holds."""
        return bool(self._settling) and self._amount is not None and not self._says_open and not self._is_own

    def notes(self) -> list[Note]:
        """Return the note on how the claims were computed, if they are not the amounts of one column."""
        if self.rule is not AmountRule.INVOICED or self._amount is None:
            return []
        settled = (("settled", one.heading) for one in self._settling)
        values = (("heading", self._amount.heading), *settled)
        return [Note(NoteKind.INVOICED_LESS_SETTLED, self.plan.head.name, values=values)]

    def judge(self, cells: Sequence[Cell], amount: Decimal | None) -> RowVerdict:
        """Return the verdict on a row with this amount (None: it has none, or it cannot be read)."""
        is_plain = self._shows_nothing and amount is not None and amount > 0
        verdict = PLAIN_CLAIM if is_plain else self._verdict(cells, amount)
        if verdict.role in (Role.CLAIM, Role.QUESTION):
            numbered = self.ranges.finding(cells) if self.ranges is not None else None
            verdict = with_finding(verdict, numbered or self.references.finding(cells))
        if self.credits is None or self.references.is_credit(cells):
            return verdict
        return self.credits.hold(cells, verdict)

    def findings(self, cells: Sequence[Cell], amount: Decimal | None) -> list[RowFinding]:
        """Return what each cell says about a row with this amount."""
        found = [*self._filters.findings(cells), *self._of_amount(self._open_amount(cells, amount)), *self._of_settled(cells)]
        found += self.check.findings(cells, amount) if self.check else []
        found += [self._word_finding(one, one.text(cells)) for one in self._words]
        for one in self._others:
            found += _FINDERS[one.column](self, one, one.text(cells))
        return found

    def _verdict(self, cells: Sequence[Cell], amount: Decimal | None) -> RowVerdict:
        open_amount, found = self._open_amount(cells, amount), self.findings(cells, amount)
        if open_amount == amount and all(one.role is Role.CLAIM and not one.unconfirmed for one in found):
            return PLAIN_CLAIM
        return verdict_of(found, open_amount if open_amount != amount else None)

    def amounts(self, cells: Sequence[Cell], amount: Decimal) -> RowAmounts:
        """Return the amounts of a row, by which the rule is proved."""
        invoiced = next((found for one in self._invoiced if (found := self._money(one, cells)) is not None), None)
        invoiced = amount if self._is_invoiced else invoiced
        return RowAmounts(amount, invoiced, self._settled(cells) or Decimal(0))

    def _open_amount(self, cells: Sequence[Cell], amount: Decimal | None) -> Decimal | None:
        settled = self._settled(cells) if self.rule is AmountRule.INVOICED else None
        return amount if amount is None or not settled else amount - settled

    def _settled(self, cells: Sequence[Cell]) -> Decimal | None:
        """Return what was settled of a row, whatever the sign of the columns; None if a cell cannot be read."""
        found = [self._money(one, cells) for one in self._settling if one.text(cells)]
        return None if None in found else sum((abs(one) for one in found if one is not None), Decimal(0))

    def _money(self, one: StateBinding, cells: Sequence[Cell]) -> Decimal | None:
        return money_in(one.cell(cells), self.formats)

    def _of_amount(self, amount: Decimal | None) -> Iterator[RowFinding]:
        heading = self._amount.heading if self._amount else None
        if amount is not None and amount < 0 and self.plan.shape is not Shape.FLAT:  # there a voucher says what it is
            message = "is below zero: it is a credit or a payment, which lowers what the debtor owes and is not sent as a claim"
            yield RowFinding(Role.CREDIT, Reason(CREDIT, message, AMOUNT, heading, None))
        elif amount == 0 and not self._is_own:
            message = "has nothing left to be paid" if self.rule is AmountRule.INVOICED else "is zero: nothing is open"
            yield RowFinding(Role.LEFT_OUT, Reason(NOTHING_OPEN, message, AMOUNT, heading, None), word=LaterWord.PAID)

    def _of_settled(self, cells: Sequence[Cell]) -> Iterator[RowFinding]:
        """Ask about a row of which something was settled, if that cannot be read or it is not proved what the amount is."""
        settled = self._settled(cells) if self.needs_proof else Decimal(0)
        if settled is None or (settled and self.rule is AmountRule.UNCLEAR):
            one = next(one for one in self._settling if one.text(cells))
            yield RowFinding(Role.QUESTION, part_paid(one.heading, one.text(cells)))

    def _of_word(self, one: StateBinding, text: str) -> RowFinding:
        if (meaning := one.meanings.get(text)) is not None:
            return finding_of(meaning, one.heading, text, is_certain=True, is_open=self.tells_open)
        word = find(one.column, text, self.plan.states.system)
        if word is None:  # an amount that is open needs no other word
            is_silent = not text and (self.tells_open or one.column is not StateColumn.ROW_STATE or one.is_suspected)
            return RowFinding(Role.CLAIM) if is_silent else RowFinding(Role.QUESTION, unknown(one.heading, text))
        is_confirmed = (text, IN_WORDS[word.meaning]) in self.confirmed.get(one.heading, ())
        is_certain = (word.is_certain and not one.is_suspected) or is_confirmed
        return finding_of(word.meaning, one.heading, text, is_certain=is_certain, is_open=self.tells_open)

    def _of_flag(self, one: StateBinding, text: str) -> Iterator[RowFinding]:
        """Yield what a column of yes and no says; in one that holds or cancels rows any other text means yes."""
        meaning, truth = one.meanings.get(text), truth_of(text)
        if meaning is not None:
            yield finding_of(meaning, one.heading, text, is_certain=True, is_open=self.tells_open)
        elif one.is_suspected:
            yield from [suspected(one.heading, text)] if truth is not (one.column is StateColumn.IS_OPEN) else []
        elif one.column is StateColumn.IS_BOOKED:
            yield from self._of_booked(one, text)
        elif one.column in _HOLDING:
            yield from [self._of_hold(one, text)] if truth is not False else []
        else:
            yield from self._of_mark(one, text)

    def _of_mark(self, one: StateBinding, text: str) -> Iterator[RowFinding]:
        """Yield what a mark says. A row without one is not open in a list that marks what is open, which a person must say."""
        truth = truth_of(text)
        if truth is None and one.column in _DATED and self._is_day(text):
            yield from self._of_day(one, text)
        elif (truth is None and one.column not in _NAMING) or (not text and one.column is StateColumn.IS_OPEN):
            yield RowFinding(Role.QUESTION, unknown(one.heading, text))
        elif text and truth is not _SILENT[one.column]:
            yield finding_of(_AGAINST[one.column], one.heading, text, is_certain=True, is_open=self.tells_open)

    def _of_booked(self, one: StateBinding, text: str) -> Iterator[RowFinding]:
        """Yield a draft if an invoice was not booked or sent. A day says that it was, and so does a word such as "Sent"."""
        is_booked = says_booked(text, self.plan.states.system)
        if is_booked is None and not self._is_day(text):
            yield RowFinding(Role.QUESTION, unknown(one.heading, text))
        elif is_booked is False:
            yield finding_of(Meaning.DRAFT, one.heading, text, is_certain=True, is_open=self.tells_open)

    def _of_hold(self, one: StateBinding, text: str) -> RowFinding:
        word = find(StateColumn.ROW_STATE, text, None)
        held = word.meaning if word and word.meaning in _HELD_BY else _HOLDING[one.column]
        return asked_about(held, one.heading, text)

    def _is_day(self, text: str) -> bool:
        return self._day(text) is not None or is_day_in_figures(text)

    def _of_day(self, one: StateBinding, text: str) -> Iterator[RowFinding]:
        """Yield what a day says on which a row was paid or written off.

        An amount that is open beside it contradicts it, and a day that is still to come is a promise.
        """
        if (day := self._day(text)) is not None and day > self.today:
            yield RowFinding(Role.QUESTION, question(Meaning.PROMISED, one.heading, text))
        elif self.tells_open:
            yield RowFinding(Role.QUESTION, settled_but_open(one.heading, text))
        else:
            yield finding_of(_AGAINST[one.column], one.heading, text, is_certain=True, is_open=False)

    def _day(self, text: str) -> date | None:
        """Return the day that a text names; None if it names none that can be read."""
        try:
            day: date = READERS[ValueKind.DATE](text, self.day_formats)
        except ValueProblem:
            return None
        return day

    def _of_promise(self, one: StateBinding, text: str) -> Iterator[RowFinding]:
        if text and ((promised := self._day(text)) is None or promised >= self.today):
            yield RowFinding(Role.QUESTION, question(Meaning.PROMISED, one.heading, text))

    def _of_paid_date(self, one: StateBinding, text: str) -> Iterator[RowFinding]:
        if text and not self.tells_open:
            yield RowFinding(Role.QUESTION, part_paid(one.heading, text))


def _told_by_heading(amount: ColumnBinding | None) -> tuple[bool, bool, bool]:
    """Return whether the column of the claim says that it holds what is open, what was invoiced, or is the importer's own.

    An amount that is the same for all rows counts as open and as the importer's own.
    """
    if amount is None:
        return False, False, False
    is_constant, heading = amount.position is None, amount.heading
    return is_constant or is_open_name(heading), is_invoiced_name(heading), is_constant or is_own_name(heading)


_HELD_BY = (Meaning.DISPUTED, Meaning.ON_HOLD, Meaning.PROMISED, Meaning.ON_ITS_WAY, Meaning.COLLECTED)
_FINDERS = {
    **dict.fromkeys((*_HOLDING, StateColumn.IS_CANCELLED, StateColumn.IS_CREDIT), RowJudge._of_flag),  # noqa: SLF001
    **dict.fromkeys((StateColumn.IS_PAID, StateColumn.IS_WRITTEN_OFF, StateColumn.IS_BOOKED), RowJudge._of_flag),  # noqa: SLF001
    **dict.fromkeys((StateColumn.IS_OPEN, StateColumn.CLEARED_BY), RowJudge._of_flag),  # noqa: SLF001
    StateColumn.PROMISED_DATE: RowJudge._of_promise,  # noqa: SLF001
    StateColumn.PAID_DATE: RowJudge._of_paid_date,  # noqa: SLF001
}
