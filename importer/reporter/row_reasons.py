"""A row's status and reasons for people: in words, with the cells that they refer to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from importer.domain.columns import flat_name
from importer.domain.identity import EntryLabel
from importer.domain.kinds import RecordKind
from importer.domain.reasons import Reason
from importer.domain.records import SheetHead
from importer.domain.states import DONE, RowStatus
from importer.ledger.queries.report_rows import RecordResult, ReportRow

_WORST_FIRST = (
    *(RowStatus.REJECTED, RowStatus.REFUSED, RowStatus.HELD, RowStatus.IN_DOUBT, RowStatus.QUESTIONED, RowStatus.BLOCKED),
    *(
        RowStatus.PENDING,
        RowStatus.CHANGED,
        RowStatus.WITHDRAWN,
        RowStatus.LEFT_OUT,
        RowStatus.ACCEPTED,
        RowStatus.ALREADY_IMPORTED,
        RowStatus.REPEATED,
    ),
)
TO_CORRECT = frozenset({RowStatus.REJECTED, RowStatus.REFUSED})
"""The statuses of rows that are wrong themselves. The other ones wait for something else."""


def worse_status(row: ReportRow) -> RowStatus:
    """Return the worse one of the statuses of the row's case and voucher."""
    found = [result.status for result in (row.case, row.voucher) if result]
    # The default is for a row without a record: it must be visible, since the totals do not balance.
    return min(found, key=_WORST_FIRST.index, default=RowStatus.PENDING)


def without_corrected(row: ReportRow) -> ReportRow:
    """Return the row with nothing to be done about those of its case and voucher that a later batch holds correctly."""
    case, voucher = (one if one is None or one.corrected is None else _left_to_later(one) for one in (row.case, row.voucher))
    return row if (case, voucher) == (row.case, row.voucher) else row._replace(case=case, voucher=voucher)


def _left_to_later(result: RecordResult) -> RecordResult:
    assert result.corrected is not None
    where = f"Corrected in batch {result.corrected.batch} ({result.corrected.place})"
    reason = Reason(CORRECTED, f"{where}. {_NO_MORE}", gist=f"Corrected in a later batch. {_NO_MORE}")
    return result._replace(status=RowStatus.LEFT_OUT, reasons=(reason,))


CORRECTED = "corrected_later"
_NO_MORE = "Nothing is to be done here: the report of that batch says what became of it"


def in_words(status: RowStatus) -> str:
    """Return the status with spaces: ``in doubt``."""
    return status.value.replace("_", " ")


def label(result: RecordResult | None, kind: RecordKind) -> str | None:
    """Return the entry's label for commands and error sheets: ``C12-3f9a2b`` for a case, ``V15-…`` for a voucher."""
    return EntryLabel.of(kind, result.entry_id, result.key).text() if result and result.entry_id and result.key else None


class ReportHeadings:
    """One sheet's headings, to find the one that a reason refers to."""

    def __init__(self, head: SheetHead) -> None:
        self._head = head
        self._by_name: dict[str, int] = {}
        for position, names in enumerate(head.names):
            for name in (names or "").split():
                self._by_name.setdefault(name, position)

    def find(self, reason: Reason, kind: RecordKind) -> tuple[str | None, int | None]:
        """Return the heading of the reason's column and its position.

        The position is None if the reason refers to the whole row or to a value for all rows.
        """
        named = next((self._by_name[name] for name in self._names(reason.field, kind) if name in self._by_name), None)
        if reason.column is None:
            return (self._head.header[named] if named is not None else reason.field), named
        if named is not None and self._head.header[named] == reason.column:
            return reason.column, named
        return reason.column, self._head.header.index(reason.column) if reason.column in self._head.header else None

    def _names(self, field: str | None, kind: RecordKind) -> list[str]:
        """Return the names that the reason's column may have in this sheet, the likeliest first."""
        if field is None:
            return []
        names = [field]
        if (
            self._head.flat and kind is RecordKind.VOUCHER
        ):  # the name without prefix is the case's column, also used for the voucher
            names.insert(0, flat_name(field))
        return [*names, "creditor_reference"] if field == "case_ref" else names


@dataclass(frozen=True, slots=True)
class RowReason:
    """One reason of a row with its heading, and the position of the cell that it refers to (None: the whole row)."""

    reason: Reason
    kind: RecordKind
    result: RecordResult
    position: int | None

    def text(self) -> str:
        """Return the reason as one line."""
        return self.reason.text()


def reasons_of_row(row: ReportRow, headings: ReportHeadings) -> Iterator[RowReason]:
    """Yield all reasons of a row that is not done, the case's first."""
    for kind, result in ((RecordKind.CASE, row.case), (RecordKind.VOUCHER, row.voucher)):
        if result is None or result.status in DONE:
            continue
        for reason in result.reasons:
            heading, position = headings.find(reason, kind)
            yield RowReason(replace(reason, column=heading), kind, result, position)
        if result.status in {RowStatus.IN_DOUBT, RowStatus.HELD}:
            entry = label(result, kind) or ""
            gist, message = (_how_to_resolve(name, kind, result.status) for name in ("#entry", entry))
            yield RowReason(Reason("unsettled", message, gist=gist), kind, result, None)


def _how_to_resolve(entry: str, kind: RecordKind, status: RowStatus) -> str:
    where = "Debitura for a case with this reference, debtor and amount" if kind is RecordKind.CASE else "Debbie for this voucher"
    look = f"ook in {where}, then run `importer resolve {entry} --exists ID` or `importer resolve {entry} --absent`"
    if status is RowStatus.HELD:
        return f"L{look}"
    return f"The answer was lost: run `importer resume` in a quarter of an hour. Or l{look}"
