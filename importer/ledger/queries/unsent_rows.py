"""The rows of a batch that are not sent, with their reasons and without their cells, for its review."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, select, tuple_

from importer.domain.kinds import RecordKind
from importer.domain.money import Money
from importer.domain.reasons import reasons_from_json
from importer.domain.states import DONE, RowOrigin, RowStatus, State, status_of
from importer.ledger.queries.report_rows import RecordResult, ReportRow
from importer.ledger.storage.schema import entry, reject, row

_NOT_LISTED = DONE | {RowStatus.PENDING}
_LISTED = [
    (state.value, origin.value)
    for state in State
    for origin in RowOrigin
    if origin is not RowOrigin.SHARED and status_of(state, origin) not in _NOT_LISTED
]
"""The states and origins of rows that have an entry, and are neither sent nor waiting to be sent."""


def unsent_rows(connection: Connection, batch_id: int) -> Iterator[ReportRow]:
    """Yield each case and voucher that is not sent, as a row of its own."""
    columns = (row.c.sheet, row.c.number)
    rejected = select(*columns, *(reject.c[name] for name in ("kind", "status", "reasons", "currency", "cents")))
    query = rejected.join(row, row.c.id == reject.c.row_id).where(reject.c.batch_id == batch_id).order_by(reject.c.id)
    for sheet, number, kind, status, reasons, currency, cents in connection.execute(query):
        yield _row(sheet, number, kind, RecordResult(RowStatus(status), reasons_from_json(reasons), Money(currency, cents)))
    for kind in RecordKind:
        link, origin = row.c[f"{kind}_entry"], row.c[f"{kind}_origin"]
        money = (row.c[f"{kind}_currency"], row.c[f"{kind}_cents"])
        held = select(*columns, entry.c.state, origin, entry.c.reasons, entry.c.id, entry.c.key, *money)
        held = held.join(entry, entry.c.id == link).where(row.c.batch_id == batch_id)
        held = held.where(tuple_(entry.c.state, origin).in_(_LISTED)).order_by(row.c.id)
        for sheet, number, state, source, reasons, entry_id, key, currency, cents in connection.execute(held):
            status, of = status_of(State(state), source), Money(currency, cents)
            yield _row(sheet, number, kind, RecordResult(status, reasons_from_json(reasons), of, entry_id=entry_id, key=key))


def _row(sheet: int, number: int, kind: str, result: RecordResult) -> ReportRow:
    case, voucher = (result, None) if kind == RecordKind.CASE else (None, result)
    return ReportRow(sheet, number, (), case, voucher)
