"""From a row that was read to its document: what kind it is, what it is called, and what counts of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from importer.domain.cells import Cell
from importer.domain.documents import DocumentKind
from importer.domain.identity import match_text
from importer.domain.money import cents_of
from importer.domain.reasons import Reason
from importer.domain.records import CaseRecord, LeftOut, LoadedRow, Reject
from importer.domain.row_states import IN_WORDS, WITH_WORDS, Meaning, StateColumn, find, truth_of
from importer.domain.text_keys import header_key
from importer.loader.invoices import reasons
from importer.loader.invoices.debtors import DebtorName, creditor_name, folded
from importer.loader.invoices.fee_types import fee_type
from importer.loader.invoices.listed import ListedDocument, Place, Standing
from importer.loader.invoices.sights import RowSight
from importer.loader.profile import Profile, names_in
from importer.loader.rows.credits import CREDITS, DebtorColumns
from importer.loader.rows.judge import RowJudge
from importer.loader.rows.verdict import NO_CLAIM, NOT_DUE, PART_PAID, Role, RowFinding
from importer.loader.sheets.amount_names import AMOUNT
from importer.loader.sheets.plan import SheetPlan
from importer.loader.sheets.state_columns import StateBinding
from importer.loader.table import SUM_OF_OTHERS
from importer.loader.values.parsers import display_text, is_blank, money_in

_NUMBERS = ("creditor_reference", "case_ref")
_TYPES = {
    DocumentKind.INVOICE: "invoice",
    DocumentKind.CREDIT_NOTE: "credit note",
    DocumentKind.PAYMENT: "deposit",
}
_OF_A_CREDIT = frozenset({AMOUNT, "date", "currency", "creditor_reference", "case_ref", None})
"""The columns that must be right in a row with a credit or a payment, and what is wrong with the row as a whole."""


@dataclass
class DocumentReading:
    """Makes the documents of the rows of one sheet. ``sheet`` is its position in the source."""

    sheet: int
    plan: SheetPlan
    profile: Profile
    judge: RowJudge

    def __post_init__(self) -> None:
        states = self.plan.states
        self._customer = next(iter((*DebtorColumns.of(self.plan).numbers, *self._mapped_to_customer())), None)
        self._booked = [one for one in (*states.bound, *states.beside) if one.column is StateColumn.INVOICED_AMOUNT]
        self._names = states.of(StateColumn.APPLIES_TO)
        self._amount = next((one for one in self.plan.case if one.column.name == AMOUNT), None)
        has_state = bool(states.of(StateColumn.ROW_STATE, StateColumn.IS_PAID))
        self._only_state = has_state and not self.judge.tells_open

    def _mapped_to_customer(self) -> list[int]:
        """Return the positions of the headings that the profile maps to the customer number and to another column as well."""
        number = StateColumn.CUSTOMER_NUMBER.value
        named = {header_key(heading) for heading, names in self.profile.columns.items() if number in names_in(names)}
        return [at for at, heading in enumerate(self.plan.head.header) if header_key(heading) in named]

    @property
    def has_case_ref(self) -> bool:
        """Return whether the sheet has a reference for cases beside the number of the document."""
        return any(one.column.name == "case_ref" and one.places for one in self.plan.case)

    def debtor(self, sight: RowSight) -> DebtorName:
        """Return the debtor as a row names it."""
        values = sight.values
        shown = self._customer_number(sight.cells)
        return DebtorName(
            creditor_name(values.get("creditor_company_name")),
            values.get("creditor_country") or "",
            folded(shown),
            folded(values.get("debtor_name")),
            folded(values.get("debtor_zip_code")),
            values.get("debtor_country") or "",
            shown,
        )

    def _customer_number(self, cells: Sequence[Cell]) -> str:
        at = self._customer
        return "" if at is None or at >= len(cells) or is_blank(cells[at]) else display_text(cells[at]).strip()

    def read(self, loaded: LoadedRow, sight: RowSight) -> ListedDocument | None:
        """Return the document of a row; None if it is none, such as a total."""
        meanings = self._meanings(sight.cells)
        kind = self._kind(sight, meanings)
        document = self._document(loaded, sight, kind)
        is_changed = loaded.case is not sight.case and not isinstance(loaded.case, CaseRecord)
        if isinstance(loaded.case, Reject) and not loaded.case.is_left_out:
            return self._of_rejected(document, loaded.case, sight)
        if is_changed or loaded.case is None:
            return None
        if kind is DocumentKind.INVOICE:
            return _of_invoice(document, loaded)
        return self._of_credit(document, sight) if document.lowers else self._of_fee(document, sight)

    def _document(self, loaded: LoadedRow, sight: RowSight, kind: DocumentKind) -> ListedDocument:
        values, cells = sight.values, sight.cells
        shown, amount = self._number(values), _open_amount(sight)
        booked = self._booked_amount(cells)
        named = next(filter(None, (one.text(cells) for one in self._names)), "")
        document = ListedDocument(
            Place(self.sheet, loaded.row.number),
            kind,
            self._voucher_type(kind, cells),
            match_text(shown) or None,
            shown or None,
            values.get("date"),
            None,
            cents_of(abs(booked or amount)),
            cents_of(abs(amount)),
            named=match_text(named) or None,
            is_below_zero=amount < 0,
            creditable_cents=None if self.judge.shows_open else cents_of(abs(values.get(AMOUNT) or Decimal(0))),
            answer=sight.answer,
        )
        return self._with_texts(document, values)

    @staticmethod
    def _with_texts(document: ListedDocument, values: Mapping[str, Any]) -> ListedDocument:
        remark, description = str(values.get("comments") or ""), str(values.get("claim_description") or "")
        if document.lowers:
            return replace(document, remark=remark, text=f"{remark} {description}".strip())
        due = values.get("due_date") if document.kind is DocumentKind.INVOICE else None
        return replace(document, remark=remark, due=due, description=description)

    def _number(self, values: Mapping[str, Any]) -> str:
        columns = _NUMBERS[:1] if self.profile.cases_from == "reference" and self.has_case_ref else _NUMBERS
        return next((str(values[name]) for name in columns if values.get(name)), "")

    def _booked_amount(self, cells: Sequence[Cell]) -> Decimal | None:
        return next((read for one in self._booked if (read := money_in(one.cell(cells), self.judge.formats)) is not None), None)

    def _meanings(self, cells: Sequence[Cell]) -> set[Meaning]:
        """Return what the words of a row mean: its type, its state, and what its reference is called."""
        found = {self._meaning(one, one.text(cells)) for one in self.plan.states.of(*WITH_WORDS)}
        found.add(self.judge.references.meaning(cells))
        if any(truth_of(one.text(cells)) for one in self.plan.states.of(StateColumn.IS_CREDIT)):
            found.add(Meaning.CREDIT)
        return {one for one in found if one is not None}

    def _meaning(self, one: StateBinding, text: str) -> Meaning | None:
        if text in one.meanings:
            return one.meanings[text]
        word = find(one.column, text, self.plan.states.system) if text else None
        return word.meaning if word else None

    def _voucher_type(self, kind: DocumentKind, cells: Sequence[Cell]) -> str:
        return fee_type(self._fee_words(cells)) if kind is DocumentKind.FEE else _TYPES[kind]

    def _fee_words(self, cells: Sequence[Cell]) -> Iterable[str]:
        """Return the texts of a row that may say which fee it is."""
        yield from (one.text(cells) for one in self.plan.states.of(*WITH_WORDS))
        names = (*_NUMBERS, "claim_description", "comments")
        for one in self.plan.case:
            if one.column.name in names and one.position is not None and one.position < len(cells):
                yield str(cells[one.position] or "")

    def _kind(self, sight: RowSight, meanings: set[Meaning]) -> DocumentKind:
        if Meaning.FEE in meanings:
            return DocumentKind.FEE
        is_credit = sight.verdict.role is Role.CREDIT or not meanings.isdisjoint((Meaning.CREDIT, Meaning.PAYMENT))
        is_credit = is_credit or (sight.values.get(AMOUNT) or 0) < 0
        if not is_credit:
            return DocumentKind.INVOICE
        return DocumentKind.PAYMENT if Meaning.PAYMENT in meanings else DocumentKind.CREDIT_NOTE

    def _of_rejected(self, document: ListedDocument, rejected: Reject, sight: RowSight) -> ListedDocument:
        """Return a row that is wrong. One of which only the open amount is missing is a question instead."""
        fields = {one.field for one in rejected.reasons}
        if fields == {AMOUNT} and sight.values.get(AMOUNT) is None and document.booked_cents and self._is_empty(sight):
            return self._of_empty(document)
        return replace(document, standing=Standing.REJECTED, reasons=rejected.reasons)

    def _is_empty(self, sight: RowSight) -> bool:
        at = self._amount.position if self._amount else None
        return at is not None and (at >= len(sight.cells) or is_blank(sight.cells[at]))

    def _of_empty(self, document: ListedDocument) -> ListedDocument:
        heading = self._amount.heading if self._amount else None
        if self.profile.empty_open == 0:
            nothing = Reason("nothing_open", "is empty, which means that nothing is open (empty_open = 0)", AMOUNT, heading)
            return replace(document, standing=Standing.LEFT_OUT, reasons=(nothing,))
        asked = Reason(PART_PAID, reasons.EMPTY_OPEN, AMOUNT, heading)
        return replace(document, standing=Standing.UNREAD, reasons=(asked,))

    def _of_credit(self, document: ListedDocument, sight: RowSight) -> ListedDocument:
        findings = self.judge.findings(sight.cells, sight.values.get(AMOUNT))
        if against := [one for one in findings if _leaves_out_credit(one)]:
            first = against[0]
            return replace(document, standing=Standing.LEFT_OUT, reasons=_reasons([first]), unconfirmed=first.unconfirmed)
        if sight.values.get(AMOUNT) is None:
            return self._of_unread(document, sight)
        if wrong := _wrong_in_credit(document, sight):
            return replace(document, standing=Standing.REJECTED, reasons=wrong)
        asked = (*_reasons(one for one in findings if one.role is Role.QUESTION), *self._of_payment(document))
        standing = Standing.QUESTION if asked else Standing.OPEN
        return replace(document, standing=standing, reasons=asked, unconfirmed=sight.verdict.unconfirmed)

    def _of_payment(self, document: ListedDocument) -> tuple[Reason, ...]:
        """Ask about a payment that names no invoice, in a list in which only a state shows what is open."""
        is_unclear = self._only_state and document.kind is DocumentKind.PAYMENT and not document.named
        return (Reason(PART_PAID, f"The row {reasons.NO_STATE}"),) if is_unclear else ()

    def _of_unread(self, document: ListedDocument, sight: RowSight) -> ListedDocument:
        """Return a credit or payment without an amount that can be read."""
        if document.booked_cents and self._is_empty(sight):
            return self._of_empty(document)
        heading = self._amount.heading if self._amount else None
        text = display_text(sight.cells[at]) if (at := self._position()) < len(sight.cells) else ""
        unread = Reason(CREDITS, reasons.UNREAD_CREDIT, AMOUNT, heading, text or "(empty)")
        return replace(document, standing=Standing.UNREAD, reasons=(unread,))

    def _position(self) -> int:
        return self._amount.position if self._amount and self._amount.position is not None else 1 << 30

    def _of_fee(self, document: ListedDocument, sight: RowSight) -> ListedDocument:
        """Return a fee. One that cannot be read in full is left out: it is not part of the principal."""
        findings = self.judge.findings(sight.cells, sight.values.get(AMOUNT))
        against = [one for one in findings if one.role in (Role.LEFT_OUT, Role.CREDIT) and not _says(one, Meaning.FEE)]
        why = (*_reasons(against), *_wrong_in_credit(document, sight))
        if document.is_below_zero:
            why = (reasons.IS_FEE,)
        elif sight.values.get(AMOUNT) is None:
            why = (*why, reasons.NOT_CLAIMED)
        if why:
            return replace(document, standing=Standing.LEFT_OUT, reasons=why[:1])
        asked = _reasons(one for one in findings if one.role is Role.QUESTION)
        return replace(document, standing=Standing.QUESTION if asked else Standing.OPEN, reasons=asked)


def _open_amount(sight: RowSight) -> Decimal:
    """Return what is open of a row: what its other cells say, else the amount of the claim, and 0 if neither can be read."""
    amount = sight.verdict.amount if sight.verdict.amount is not None else sight.values.get(AMOUNT)
    return Decimal(amount or 0)


def _wrong_in_credit(document: ListedDocument, sight: RowSight) -> tuple[Reason, ...]:
    """Return what is wrong with a row of which only the amount, the date and the number are sent."""
    wrong = tuple(one for one in sight.reasons if one.field in _OF_A_CREDIT)
    missing = Reason("required", "is missing. Fill in the cell", "date")
    return wrong if wrong or document.date is not None else (missing,)


def _says(found: RowFinding, meaning: Meaning) -> bool:
    reason = found.reason
    return reason is not None and reason.code == NO_CLAIM and IN_WORDS[meaning] in reason.message


def _leaves_out_credit(found: RowFinding) -> bool:
    """Return whether a cell says that a credit does not count. Only an invoice can be not due yet: a credit counts at once."""
    is_not_due = found.reason is not None and found.reason.code == NOT_DUE
    return found.role is Role.LEFT_OUT and not is_not_due and not _says(found, Meaning.FEE)


def _reasons(found: Iterable[RowFinding]) -> tuple[Reason, ...]:
    return tuple(one.reason for one in found if one.reason is not None)


def _of_invoice(document: ListedDocument, loaded: LoadedRow) -> ListedDocument:
    """Return an invoice. One with a number and a date of its own is no total, whatever it is the sum of."""
    case = loaded.case
    if isinstance(case, CaseRecord):
        is_document = document.number is not None and document.date is not None
        asked = tuple(one for one in case.questions if not (is_document and one == SUM_OF_OTHERS))
        standing = Standing.QUESTION if asked else Standing.OPEN
        return replace(document, standing=standing, reasons=asked, unconfirmed=case.unconfirmed)
    if isinstance(case, LeftOut):
        standing = Standing.NOT_DUE if case.reason.code == NOT_DUE else Standing.LEFT_OUT
        return replace(document, standing=standing, reasons=(case.reason,), unconfirmed=case.unconfirmed)
    why = case.reasons[:1] if isinstance(case, Reject) else (case.reason,) if case is not None else ()
    return replace(document, standing=Standing.LEFT_OUT, reasons=why)
