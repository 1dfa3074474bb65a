"""The JSON of a row's records, as a staged batch keeps them until it is approved."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import NamedTuple

from pydantic import TypeAdapter

from importer.domain.cells import decode_cells, encode_cells
from importer.domain.records import CaseRecord, LeftOut, LoadedRow, NoClaim, Reject, Row, VoucherRecord
from importer.domain.unclaimed import UnclaimedGroup


class RowRecords(NamedTuple):
    """A row's case and voucher as they were read, each with the name of its kind of value. ``held`` are its cells in JSON.

    ``case_row`` is the number of the row that holds the case, if another one does; ``document`` the key of the row's document,
    ``unclaimed`` the documents of a debtor without a case.
    """

    case: CaseRecord | None = None
    left_out: LeftOut | None = None
    case_reject: Reject | None = None
    voucher: VoucherRecord | None = None
    voucher_reject: Reject | None = None
    no_claim: NoClaim | None = None
    held: str | None = None
    case_row: int | None = None
    document: str | None = None
    unclaimed: UnclaimedGroup | None = None


@cache
def _adapter() -> TypeAdapter[RowRecords]:
    return TypeAdapter(RowRecords)


def encode_records(loaded: LoadedRow) -> bytes:
    """Encode the records of a row."""
    case, voucher = loaded.case, loaded.voucher
    records = RowRecords(
        case=case if isinstance(case, CaseRecord) else None,
        left_out=case if isinstance(case, LeftOut) else None,
        case_reject=case if isinstance(case, Reject) else None,
        voucher=voucher if isinstance(voucher, VoucherRecord) else None,
        voucher_reject=voucher if isinstance(voucher, Reject) else None,
        no_claim=case if isinstance(case, NoClaim) else None,
        held=None if loaded.row.held is None else encode_cells(loaded.row.held),
        case_row=loaded.case_row,
        document=loaded.document,
        unclaimed=loaded.unclaimed,
    )
    return _adapter().dump_json(records)


def decode_records(row: Row, text: bytes) -> LoadedRow:
    """Decode the JSON of :func:`encode_records`, for the row that it belongs to."""
    found = _adapter().validate_json(text)
    case = found.case or found.left_out or found.no_claim or found.case_reject
    if found.held is not None:
        row = replace(row, held=decode_cells(found.held))
    return LoadedRow(row, case, found.voucher or found.voucher_reject, found.case_row, found.document, found.unclaimed)
