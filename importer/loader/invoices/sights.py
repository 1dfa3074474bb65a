"""What a row of an invoice list shows beyond its case: the values as they were read, also of a credit, which makes no case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from importer.domain.cells import Cell
from importer.domain.identity import EntryLabel
from importer.domain.kinds import RecordKind
from importer.domain.personal_numbers.sheet_mask import MaskedRow
from importer.domain.reasons import Reason
from importer.domain.records import CaseRow, LoadedRow, Reject, VoucherRecord
from importer.loader.context import LoadContext
from importer.loader.profile import Profile
from importer.loader.records.case import case_of
from importer.loader.records.column_readers import RowDecoder
from importer.loader.records.party import PartyReading
from importer.loader.records.row_reader import RowReader
from importer.loader.records.row_values import RowValues
from importer.loader.rows.judge import RowJudge
from importer.loader.rows.verdict import PLAIN_CLAIM, RowVerdict
from importer.loader.sheets.plan import SheetPlan


@dataclass(slots=True)
class RowSight:
    """A row as it was read: the values of its case by canonical name, the reasons against them, and the verdict on it.

    ``case`` is what an import with a case a row makes of it. ``voucher`` are the values of the sheet's own columns for vouchers,
    if the row has any. ``hints`` are the entries that an error sheet names, ``answer`` what a person has answered in it.
    """

    cells: tuple[Cell, ...] = ()
    values: Mapping[str, Any] = field(default_factory=dict)
    reasons: tuple[Reason, ...] = ()
    verdict: RowVerdict = PLAIN_CLAIM
    case: CaseRow | None = None
    voucher: RowValues | None = None
    hints: Mapping[RecordKind, EntryLabel] = field(default_factory=dict)
    answer: str | None = None


class SightReader(RowReader):
    """Reads rows as :class:`RowReader` does, and keeps what it has seen of each until :meth:`sight_of` takes it.

    The columns of vouchers make no voucher yet: the row's document does.
    """

    _sight = RowSight()

    def __init__(self, plan: SheetPlan, profile: Profile, context: LoadContext, **others: Any) -> None:
        super().__init__(plan, profile, context, **others)
        self._given = (plan, profile, context, others)
        self._sights: dict[int, RowSight] = {}
        self._make_case = self._seen

    @property
    def judge(self) -> RowJudge:
        """The judge of the sheet's rows."""
        assert self._judge is not None
        return self._judge

    def fresh(self) -> SightReader:
        """Return another reader of the same sheet, which has read nothing."""
        plan, profile, context, others = self._given
        join = self.master_data.fresh() if self.master_data else None
        return SightReader(plan, profile, context, **(others | {"master_data": join}))

    def read(self, number: int, cells: tuple[Cell, ...], count: int | None = None) -> LoadedRow:
        """Read a row. Its voucher is None."""
        self._sight = RowSight()
        loaded = super().read(number, cells, count)
        if self._sight.case is not None:
            self._sights[number] = self._sight
        return loaded

    def sight_of(self, number: int) -> RowSight | None:
        """Return what was seen of a row, and forget it and the rows above it."""
        sight = self._sights.pop(number, None)
        for earlier in [one for one in self._sights if one < number]:
            del self._sights[earlier]
        return sight

    def _case(self, row: MaskedRow, hint: EntryLabel | None, answer: str | None, columns: RowDecoder | None = None) -> CaseRow:
        case = super()._case(row, hint, answer, columns)
        sight = self._sight
        if sight.case is None:  # the values as earlier releases read them come later
            sight.case, sight.hints, sight.answer = case, self._hints(row.readable), answer
        return case

    def _seen(
        self, found: RowValues, context: LoadContext, hint: EntryLabel | None, debtor: PartyReading, verdict: RowVerdict
    ) -> CaseRow:
        sight = self._sight
        if sight.case is None:
            sight.cells, sight.values, sight.reasons, sight.verdict = (
                found.cells,
                dict(found.values),
                tuple(found.reasons),
                verdict,
            )
        return case_of(found, context, hint, debtor, verdict)

    def _voucher(self, row: MaskedRow, hint: EntryLabel | None) -> VoucherRecord | Reject:
        raise NotImplementedError("the voucher of a row is made from its document")

    def _has_voucher(self, cells: tuple[Cell, ...]) -> bool:
        """Keep the values of the columns for vouchers, and return that the row makes no voucher by itself."""
        if super()._has_voucher(cells):
            found = RowValues(RecordKind.VOUCHER)
            found.read(self._voucher_columns, cells)
            self._sight.voucher = found
        return False
