"""Read a row into its records: every cell is read, every rule checked and every reason collected."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from itertools import compress
from operator import is_not
from typing import TypeVar

from importer.domain.cells import Cell
from importer.domain.identity import EntryLabel
from importer.domain.kinds import RecordKind
from importer.domain.notes import Note
from importer.domain.parties.kinds import party_kind_named
from importer.domain.personal_numbers.sheet_mask import MaskedRow, SheetMask
from importer.domain.reasons import Reason
from importer.domain.records import CaseRecord, CaseRow, LeftOut, LoadedRow, Reject, Row, VoucherRecord
from importer.loader.context import LoadContext
from importer.loader.master_data.join import JoinedRow, MasterDataJoin
from importer.loader.profile import Profile
from importer.loader.records.case import case_of
from importer.loader.records.column_readers import RowDecoder, readers_for
from importer.loader.records.documents import SheetDocuments
from importer.loader.records.former_readings import is_cleaned, with_former_ref
from importer.loader.records.formula_texts import reject_formulas
from importer.loader.records.party import PartyReader, PartyReading
from importer.loader.records.personal_numbers import reject_references, unmasked_positions
from importer.loader.records.row_currency import resolve_currency
from importer.loader.records.row_currency_shown import (
    check_shown_currencies,
    currencies_shown_in,
    is_of_shown,
    leave_default,
    reject_unshown,
    take_shown_currency,
)
from importer.loader.records.row_values import RowValues
from importer.loader.records.shown_cells import NUMBERS, ShownCells, held_cells
from importer.loader.records.voucher import voucher_of
from importer.loader.rows.judge import ConfirmedValues, RowJudge
from importer.loader.rows.payment_terms import PaymentTerms
from importer.loader.rows.verdict import PLAIN_CLAIM, RowVerdict, with_finding
from importer.loader.sheets.column_formats import SheetFormats, profile_formats
from importer.loader.sheets.plan import ColumnBinding, Shape, SheetPlan
from importer.loader.sheets.row_widths import RowWidths
from importer.loader.values.parsers import display_text, is_blank
from importer.loader.values.placeholders import is_placeholder
from importer.loader.values.shown_currency import shown_currency

__all__ = ["LoadContext", "RowReader"]


class RowReader:
    """Turns the rows of one sheet into records and rejects.

    ``widths`` judges the rows of a CSV by the number of their cells, where one too many or too few means that values are in
    the wrong columns. In a workbook a cell beyond the header is a note beside the table. ``formats``:
    how the sheet's columns write numbers and dates; without them, only the profile
    and the single text decide how it is read. ``judge`` tells which rows are claims; without it all of them are.
    ``master_data`` completes the debtors of the rows. ``documents`` go out with their vouchers.
    ``shows_currencies``: amounts of the sheet show their currency, so that the one of the settings is not that of the others.
    """

    def __init__(
        self,
        plan: SheetPlan,
        profile: Profile,
        context: LoadContext,
        *,
        widths: RowWidths | None = None,
        formats: SheetFormats | None = None,
        judge: RowJudge | None = None,
        master_data: MasterDataJoin | None = None,
        documents: SheetDocuments | None = None,
        shows_currencies: bool = False,
    ) -> None:
        self.plan, self.master_data, self.documents = plan, master_data, documents
        self.context = context
        formats = formats or SheetFormats(profile_formats(profile, context.today))
        self._judge, self._terms = judge, PaymentTerms(plan, context.max_days_ahead)
        self._signed = profile.amount_sign == "signed"
        self._widths, self._shows_currencies = widths, shows_currencies
        case_columns = [(bound, formats.of(bound)) for bound in (*plan.case, *plan.completed)]
        self._case_columns = RowDecoder(readers_for(case_columns))
        self._former_columns = RowDecoder(readers_for(case_columns, formerly=True))
        self._voucher_columns = RowDecoder(
            readers_for((bound, formats.of(bound)) for bound in (*plan.voucher, *_inherited(plan)))
        )
        self._voucher_positions = [(place, one.column) for one in plan.voucher for place in one.places]
        is_flat = plan.shape is Shape.FLAT
        self._case_amounts = [p for one in self._case_columns.amounts if is_flat and (p := one.position) is not None]
        self._shown = ShownCells(plan)
        self._only_vouchers = plan.shape is Shape.VOUCHERS
        self._mask = SheetMask(plan.head, unmasked_positions(plan.head, profile))
        self._make_case: Callable[[RowValues, LoadContext, EntryLabel | None, PartyReading, RowVerdict], CaseRow] = case_of
        listed = {**context.parties, **profile.party_kinds()}
        self._parties = PartyReader(_mask_of_all(self._mask, plan), listed, derived=plan.derive_debtor_type)
        self.masked: Counter[int] = Counter()
        """The personal numbers that were masked so far, by the position of their column."""

    @property
    def confirmed(self) -> ConfirmedValues:
        """Return the values that a person has confirmed for this kind of list, by heading."""
        return self._judge.confirmed if self._judge else {}

    def notes(self) -> list[Note]:
        """Return the notes on how the claims of the sheet were computed."""
        return self._judge.notes() if self._judge else []

    def read(self, number: int, cells: tuple[Cell, ...], count: int | None = None) -> LoadedRow:
        """Return the row's case, voucher or both. A row of a flat sheet without voucher cells has only a case.

        ``count`` is the number of cells that the row has in the file, if that is another than here.
        Personal numbers are masked first: nothing that is returned contains one.
        """
        shown, held = self._shown.settle(cells)
        masked = self._mask.row(shown)
        held = None if held is None else self._masked_held(shown, held, masked)
        self.masked.update(one.position for one in masked.found)
        row = Row(self.plan.head.name, number, masked.cells, held)
        case, voucher = self._records(masked)
        if held is not None or isinstance(case, Reject) or is_cleaned(case) or is_cleaned(voucher):
            case, voucher = self._with_former(cells, case, voucher)
        return self._in_its_columns(LoadedRow(row, case, voucher), masked.readable, len(cells) if count is None else count)

    def _records(self, masked: MaskedRow) -> tuple[CaseRow | None, VoucherRecord | Reject | None]:
        """Return the case and the voucher of a row as they are read now, with the answer that the row gives."""
        readable = masked.readable
        hints, answer = self._hints(readable), self._answer(readable)
        case = None if self._only_vouchers else self._case(masked, hints.get(RecordKind.CASE), answer)
        has_voucher = self._only_vouchers or self._has_voucher(readable)
        voucher = self._voucher(masked, hints.get(RecordKind.VOUCHER)) if has_voucher else None
        return (_answered(case, answer), _answered(voucher, answer)) if answer else (case, voucher)

    def _in_its_columns(self, loaded: LoadedRow, cells: tuple[Cell, ...], count: int) -> LoadedRow:
        """Return the row with its records rejected if values may be in the wrong columns."""
        if self._widths is None or (shifted := self._widths.objection(loaded.row.number, cells, count)) is None:
            return loaded
        case = _rejected(loaded.case, RecordKind.CASE, shifted)
        return LoadedRow(loaded.row, case, _rejected(loaded.voucher, RecordKind.VOUCHER, shifted))

    def _masked_held(self, shown: tuple[Cell, ...], held: tuple[Cell, ...], masked: MaskedRow) -> tuple[Cell, ...]:
        """Return the cells as earlier releases read them, masked: one may hold a personal number where its text holds none."""
        if not NUMBERS.issuperset(map(type, compress(shown, map(is_not, shown, held)))):
            return self._mask.row(held).cells
        return held if masked.cells is shown else held_cells(masked.cells)

    def _with_former(
        self, cells: tuple[Cell, ...], case: CaseRow | None, voucher: VoucherRecord | Reject | None
    ) -> tuple[CaseRow | None, VoucherRecord | Reject | None]:
        """Add how earlier releases read the row, which knew only what its cells hold: by that the ledger finds it again."""
        if isinstance(voucher, VoucherRecord) and (texts := self._shown.former_texts(RecordKind.VOUCHER, cells)):
            voucher = replace(voucher, formerly=tuple(texts.items()))
        return None if case is None else self._case_with_former(cells, case), voucher

    def _case_with_former(self, cells: tuple[Cell, ...], case: CaseRow) -> CaseRow:
        """Add the whole case to a reject, else the former reference, or the former values of a case that has none."""
        if isinstance(case, Reject):
            former = self._former_case(cells) if is_of_shown(case) else None
            return replace(case, formerly=former) if former else case
        if isinstance(case, CaseRecord) and case.ref is None:
            former = self._former_case(cells)
            return replace(case, former_base=former.base) if former and former.base != case.base else case
        reference = self._shown.former_reference(cells)
        return with_former_ref(case, reference) if reference else case

    def _former_case(self, cells: tuple[Cell, ...]) -> CaseRecord | None:
        """Return the case of a row as earlier releases read its cells."""
        former = self._case(self._mask.row(self._shown.formerly(cells)), None, None, self._former_columns)
        if isinstance(former, Reject):
            return former.formerly
        return former if isinstance(former, CaseRecord) else None

    def is_glued(self, cells: tuple[Cell, ...], count: int) -> bool:
        """Return whether a row of a CSV, with ``count`` cells in the file, has one text that holds the others' delimiters."""
        return self._widths is not None and self._widths.is_glued(cells, count)

    def _case(self, row: MaskedRow, hint: EntryLabel | None, answer: str | None, columns: RowDecoder | None = None) -> CaseRow:
        joined = self.master_data.complete(row, counts=columns is None) if self.master_data else JoinedRow(row)
        row = joined.row
        found = self._row_values(RecordKind.CASE, columns or self._case_columns, row)
        due = self._terms.due(row.readable, found.values)
        found.values |= {"due_date": due.day} if due.day else {}
        found.reasons += [due.reject] if due.reject and not found.failed("due_date") else []
        amount = found.values.get("amount_to_recover")
        verdict = self._judge.judge(row.readable, amount) if self._judge else PLAIN_CLAIM
        verdict = with_finding(verdict, due.finding)
        case = self._make_case(found, self.context, hint, self._parties.read(found, row, answer), verdict)
        return joined.applied_to(case)

    def _voucher(self, row: MaskedRow, hint: EntryLabel | None) -> VoucherRecord | Reject:
        found = self._row_values(RecordKind.VOUCHER, self._voucher_columns, row)
        return voucher_of(
            *(found, self.context, hint), signed=self._signed, needs_case=self._only_vouchers, documents=self.documents
        )

    def _row_values(self, kind: RecordKind, columns: RowDecoder, row: MaskedRow) -> RowValues:
        found, cells = RowValues(kind), row.readable
        found.read(columns, cells)
        shown = currencies_shown_in(found, columns.amounts)
        text = take_shown_currency(found, shown)
        is_mixed = self._shows_currencies and columns is not self._former_columns
        if is_mixed:
            leave_default(found, shown, columns.amounts)
        if kind is RecordKind.VOUCHER and "currency" not in found.values and self._case_amounts:
            found.values |= self._currency_of_case(cells)
        if is_mixed:
            reject_unshown(found, columns.amounts)
        resolve_currency(found, found.texts_of(columns.amounts), text)
        found.check_signs(columns.amounts)
        check_shown_currencies(found, shown)
        reject_formulas(found)
        if row.found:
            reject_references(found, row)
        return found

    def _currency_of_case(self, cells: tuple[Cell, ...]) -> dict[str, str]:
        """Return the currency that the amount of a flat row's case shows, for the voucher in it."""
        shown = next((one for at in self._case_amounts if at < len(cells) and (one := shown_currency(cells[at]))), None)
        return {"currency": shown.name} if shown and shown.codes else {}

    def _has_voucher(self, cells: tuple[Cell, ...]) -> bool:
        filled = ((cells[p], column) for p, column in self._voucher_positions if p < len(cells) and not is_blank(cells[p]))
        return any(not isinstance(cell, str) or not is_placeholder(cell, column) for cell, column in filled)

    def _answer(self, cells: tuple[Cell, ...]) -> str | None:
        """Return the text that a person has written in ``#answer`` of an error sheet."""
        position = self.plan.answer_position
        has_text = position is not None and position < len(cells) and not is_blank(cells[position])
        return display_text(cells[position]) if position is not None and has_text else None

    def _hints(self, cells: tuple[Cell, ...]) -> dict[RecordKind, EntryLabel]:
        """Return the entries that an error sheet names in ``#entry``: ``C12-3f9a2b``, ``V15-…`` or, in a flat sheet, both."""
        position = self.plan.entry_position
        if position is None or position >= len(cells) or is_blank(cells[position]):
            return {}
        labels = (EntryLabel.parse(word) for word in str(cells[position]).split())
        return {label.kind: label for label in labels if label}


Record = TypeVar("Record", CaseRow | None, VoucherRecord | Reject | None)


def _answered(record: Record, answer: str) -> Record:
    """Add the row's answer to a valid record, if it is not that to the kind of its debtor."""
    if party_kind_named(answer) is not None:
        return record
    if isinstance(record, LeftOut):
        return replace(record, record=replace(record.record, answer=answer))
    return replace(record, answer=answer) if isinstance(record, CaseRecord | VoucherRecord) else record


def _rejected(record: CaseRow | VoucherRecord | Reject | None, kind: RecordKind, reason: Reason) -> Reject | None:
    """Return a record whose values may be those of other columns as a reject. What it was sent as before is kept."""
    if record is None:
        return None
    formerly = record if isinstance(record, CaseRecord) else None
    ref = None if isinstance(record, VoucherRecord) else record.ref
    return Reject(kind, (reason,), record.money, ref, formerly)


def _mask_of_all(mask: SheetMask, plan: SheetPlan) -> SheetMask:
    """Return the mask by which the kinds of debtors are decided: with the columns that only master data fill."""
    if not plan.completed:
        return mask
    headings = tuple(bound.heading for bound in plan.completed)
    names = tuple(bound.column.name for bound in plan.completed)
    return replace(mask, head=replace(plan.head, header=(*plan.head.header, *headings), names=(*plan.head.names, *names)))


def _inherited(plan: SheetPlan) -> list[ColumnBinding]:
    """Return the case's currency and date columns that a flat row's voucher uses for those that it lacks."""
    own = {bound.column.name for bound in plan.voucher}
    wanted = {"currency", "date"} - own if plan.shape is Shape.FLAT else set()
    return [bound for bound in plan.case if bound.column.name in wanted]
