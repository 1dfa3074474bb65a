"""Control totals: the sums of a batch's sheets as read, to be compared with those of the system that exported them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection, func, or_, select

from importer.domain.kinds import RecordKind
from importer.domain.notes import NO_DATA
from importer.domain.reasons import reasons_from_json
from importer.domain.states import RowOrigin
from importer.ledger.queries.report_rows import BatchInfo
from importer.ledger.queries.row_places import row_in
from importer.ledger.storage.schema import reject, row

AMOUNTS = {RecordKind.CASE: "amount_to_recover", RecordKind.VOUCHER: "voucher_amount"}
_WRONG_BUT_READ = frozenset({"amount_not_positive", "amount_zero", "sign_contradicts_type", "credit", "nothing_open"})
MOST_PLACES = 10


@dataclass
class SheetTotals:
    """The cases or vouchers of one sheet: the number of its rows, and hundredths by currency.

    A flat sheet's repeated case counts each time in ``rows``, and once in ``read``. ``valid`` excludes rejects.
    ``unread`` counts the rows whose amount could not be read; ``unread_places`` describes the first ten of them.
    """

    source: str
    sheet: str
    kind: RecordKind
    rows: int = 0
    valid_rows: int = 0
    read: Counter[str] = field(default_factory=Counter)
    valid: Counter[str] = field(default_factory=Counter)
    unread: int = 0
    unread_places: list[str] = field(default_factory=list)

    def add(self, currency: str, rows: int, cents: int, *, valid: bool) -> None:
        """Add rows with the sum of their hundredths."""
        self.rows += rows
        self.read[currency] += cents
        if valid:
            self.valid_rows += rows
            self.valid[currency] += cents


def sheet_totals(connection: Connection, batch: BatchInfo) -> list[SheetTotals]:
    """Return the totals of each sheet of a batch, separately for cases and vouchers if there are any."""
    found: dict[tuple[int, RecordKind], SheetTotals] = {}

    def of(sheet: int, kind: RecordKind) -> SheetTotals:
        return found.setdefault((sheet, kind), SheetTotals(batch.source_name, batch.heads[sheet].name, kind))

    for sheet, kind, currency, rows, cents, valid in _sums(connection, batch.id):
        of(sheet, kind).add(currency, rows, cents, valid=valid)
    names = [head.name for head in batch.heads]
    for sheet, number, kind in _unread(connection, batch.id):
        totals = of(sheet, kind)
        totals.unread += 1
        if len(totals.unread_places) < MOST_PLACES:
            totals.unread_places.append(row_in(names, sheet, number))
    return [found[key] for key in sorted(found)]


def _sums(connection: Connection, batch_id: int) -> Iterator[tuple[int, RecordKind, str, int, int, bool]]:
    for kind in RecordKind:
        currency, origin = row.c[f"{kind}_currency"], row.c[f"{kind}_origin"]
        sums = select(row.c.sheet, currency, origin, func.count(), func.sum(row.c[f"{kind}_cents"]))
        valid = (row.c.batch_id == batch_id) & row.c[f"{kind}_entry"].is_not(None)
        for sheet, code, row_origin, rows, cents in connection.execute(sums.where(valid).group_by(row.c.sheet, currency, origin)):
            yield sheet, kind, code, rows, 0 if row_origin == RowOrigin.SHARED else int(cents), True
    sums = select(row.c.sheet, reject.c.kind, reject.c.currency, func.count(), func.sum(reject.c.cents))
    no_data = or_(*(reject.c.reasons.startswith(f'[{{"code":"{kind.value}"') for kind in sorted(NO_DATA)))
    rejected = sums.join(row, row.c.id == reject.c.row_id).where(reject.c.batch_id == batch_id, ~no_data)
    for sheet, kind_name, code, rows, cents in connection.execute(
        rejected.group_by(row.c.sheet, reject.c.kind, reject.c.currency)
    ):
        yield sheet, RecordKind(kind_name), code, rows, int(cents), False


def _unread(connection: Connection, batch_id: int) -> Iterator[tuple[int, int, RecordKind]]:
    """Yield the rows whose amount could not be read, or not in full: sheet, row number and kind."""
    named = select(row.c.sheet, row.c.number, reject.c.kind, reject.c.reasons).join(row, row.c.id == reject.c.row_id)
    query = named.where(reject.c.batch_id == batch_id, reject.c.reasons.contains("amount")).order_by(row.c.id)
    for sheet, number, kind, reasons in connection.execute(query):
        about = [r for r in reasons_from_json(reasons) if r.field == AMOUNTS[RecordKind(kind)]]
        if any(r.code not in _WRONG_BUT_READ for r in about):
            yield sheet, number, RecordKind(kind)


def counted_kind(totals: Sequence[SheetTotals]) -> RecordKind:
    """Return the kind by which the files are counted: cases or, if there are none, vouchers."""
    return RecordKind.CASE if any(t.kind is RecordKind.CASE for t in totals) else RecordKind.VOUCHER
