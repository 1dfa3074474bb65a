"""The keys that earlier releases derived from the same row.

A later release may read a row better, or derive other keys. The row is still the same case or voucher, so that it is looked
up by these keys as well, and then by its raw cells.

- Until version 4 of the ledger the key of a voucher without a ``unique_id`` was a fingerprint of its content, also if it had
  a reference: :func:`former_keys`.
- Until version 4 a state of the United States was sent as it was written. The match key of a case without a reference
  contains its code, for old entries as well.
- The key of a case with a reference has not changed: it is the entry's ``base``.
- Until number formats were read, an identifier was the number that its cell holds: 1067 where the cell shows INV-1067. The
  raw cells of a row are compared as they are without formats. A paid row and a voucher that name INV-1067 find the case as well.
- Until the guards of Excel (``="00123"``), apostrophes and spaces before quotes were taken off, they were part of the texts.
"""

from __future__ import annotations

import orjson

from importer.domain.cells import encode_cells
from importer.domain.identity import match_text
from importer.domain.match_keys import VoucherParts, case_key, content_key, folded_creditor
from importer.domain.models import with_fields
from importer.domain.raw_rows import RawRow
from importer.domain.records import CaseRecord, Row, VoucherRecord


def former_keys(owner: str, unique_id: str | None, content: str) -> tuple[str, ...]:
    """Return the keys that earlier releases gave to a voucher with this content below the case ``owner``."""
    return () if unique_id else (content_key(owner, content),)


def former_case_keys(case: CaseRecord) -> tuple[str, ...]:
    """Return the keys of a case by the reference, or the values without one, that its cells hold, if they show others."""
    if case.former_ref is None:
        return () if case.former_base is None else (case.former_base,)
    wire = orjson.loads(case.payload)
    creditor, country = folded_creditor(str(wire.get("creditorCompanyName"))), wire.get("creditorCountryAlpha2")
    references = dict.fromkeys((case.former_ref, match_text(case.former_ref)))
    return tuple(case_key(one, creditor, country, is_test=case.is_test) for one in references)


def former_voucher_keys(owner: str, voucher: VoucherRecord) -> tuple[str, ...]:
    """Return the keys of a voucher by the numbers that its cells hold, if they show others."""
    held = dict(voucher.formerly)
    if unique_id := held.get("unique_id"):
        return (unique_id,)
    if voucher.unique_id or "reference_id" not in held:
        return ()
    key = VoucherParts.of(with_fields(voucher.payload, {"referenceId": held["reference_id"]})).key(owner)
    return () if key is None else (key,)


def former_case_ref(voucher: VoucherRecord) -> str | None:
    """Return the reference of a voucher's case as earlier releases read it; None if they read the same."""
    return next((text for name, text in voucher.formerly if name == "case_ref"), None)


def raw_row(headings: str, row: Row) -> RawRow:
    """Return the raw cells of a row, whose sheet has this digest of headings, as every release has read them."""
    shown = encode_cells(row.cells)
    return RawRow(headings, shown) if row.held is None else RawRow(headings, encode_cells(row.held), shown)
