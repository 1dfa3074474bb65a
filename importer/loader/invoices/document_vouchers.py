"""Build the voucher of a document."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from importer.domain.code_lists import VOUCHER_CURRENCIES
from importer.domain.documents import DocumentKind
from importer.domain.identity import EntryLabel, fingerprint
from importer.domain.kinds import RecordKind
from importer.domain.records import Reject, VoucherRecord
from importer.loader.context import LoadContext
from importer.loader.invoices.listed import ListedDocument
from importer.loader.records.documents import SheetDocuments
from importer.loader.records.row_values import RowValues
from importer.loader.records.voucher import voucher_of


def takes_vouchers(currency: str) -> bool:
    """Return whether Debbie takes vouchers in a currency."""
    return currency in VOUCHER_CURRENCIES


def unique_id_of(base: str, one: ListedDocument) -> str:
    """Return the id of a document's voucher: from its case, its type and its number, and never from what changes."""
    return fingerprint("voucher of a list", base, *one.identity)


def voucher_of_document(
    one: ListedDocument, currency: str, context: LoadContext, *, base: str = "", parent: ListedDocument | None = None,
    own: RowValues | None = None, hint: EntryLabel | None = None, files: SheetDocuments | None = None,
) -> VoucherRecord | Reject:  # fmt: skip
    """Return the voucher of a document. ``own`` are the values of the sheet's own columns for vouchers, which add to it.

    ``files`` are the files that go out with invoices and credit notes; a payment only names the invoice that it is about.
    """
    found = own or RowValues(RecordKind.VOUCHER)
    files = files if one.kind in (DocumentKind.INVOICE, DocumentKind.CREDIT_NOTE) else None
    values: dict[str, Any] = {
        "voucher_type": one.voucher_type,
        "voucher_amount": Decimal(one.open_cents) / 100,
        "currency": currency,
        "date": one.date,
        "due_date": one.due,
        "reference_id": one.shown,
        "unique_id": unique_id_of(base, one),
        "parent_unique_id": unique_id_of(base, parent) if parent and one.kind is DocumentKind.CREDIT_NOTE else None,
    }
    given = {"source": "CREDITOR", **found.values}
    found.values = {name: value for name, value in (given | values).items() if value is not None}
    return voucher_of(found, context, hint, signed=False, needs_case=False, documents=files)
