"""Build the voucher of a row."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time
from decimal import Decimal

from pydantic_core import PydanticCustomError

from importer.domain.code_lists import Direction
from importer.domain.identity import EntryLabel, fingerprint
from importer.domain.kinds import RecordKind
from importer.domain.models import Voucher, check_decimals
from importer.domain.records import AppendixFile, Reject, VoucherRecord
from importer.domain.suggestions import similar_voucher_types
from importer.loader.context import LoadContext
from importer.loader.records.attachment import find_appendix
from importer.loader.records.documents import SheetDocuments
from importer.loader.records.optional_values import cleaned
from importer.loader.records.row_values import RowValues
from importer.loader.values.parsers import ValueProblem

_DATES = ("date", "due_date", "interest_start_date", "interest_end_date")


def voucher_of(
    found: RowValues,
    context: LoadContext,
    hint: EntryLabel | None,
    *,
    signed: bool,
    needs_case: bool,
    documents: SheetDocuments | None = None,
) -> VoucherRecord | Reject:
    """Return the voucher of a row, or a reject with every reason against it.

    ``signed``: amounts already have the sign of the API. ``needs_case``: the row has no case, so it must name one.
    ``documents`` are those of the sheet's vouchers; a file that the row names comes first.
    """
    values = found.values
    money = found.money("voucher_amount")
    _read_type_and_sign(found, context, signed=signed)
    appendix = _read_appendix(found, context, documents)
    refs = {n: values.pop(n, None) for n in ("case_ref", "case_id", "unique_id", "parent_unique_id")}
    _check_links(found, refs, needs_case=needs_case)
    for name in _DATES:
        if isinstance(values.get(name), date):
            values[name] = datetime.combine(values[name], time(), context.timezone)
    if "source" in values:
        values["source"] = values["source"].upper()
    voucher = found.validated(Voucher, context)
    if voucher is None:
        return Reject(RecordKind.VOUCHER, tuple(found.reasons), money, refs["unique_id"])
    payload = voucher.wire()
    return VoucherRecord(
        fingerprint=fingerprint(payload.decode(), refs["parent_unique_id"], appendix.sha256 if appendix else None),
        unique_id=refs["unique_id"],
        case_ref=refs["case_ref"],
        case_id=refs["case_id"],
        parent=refs["parent_unique_id"],
        payload=payload,
        money=money,
        appendix=appendix,
        hint=hint,
        value_notes=cleaned(found),
    )


def _check_links(found: RowValues, refs: Mapping[str, str | None], *, needs_case: bool) -> None:
    unread = found.failed("case_ref") or found.failed("case_id")
    if needs_case and not unread and not refs["case_ref"] and not refs["case_id"]:
        found.reject("required", "is missing. Write the case_ref of the voucher's case, or give case_id", "case_ref")
    if refs["case_ref"] and refs["case_id"]:
        found.reject("two_cases", "is given beside case_ref. Keep the one that is meant", "case_id")
    if refs["parent_unique_id"] and found.values.get("reference_case_voucher_id"):
        found.reject("two_parents", "is given beside reference_case_voucher_id. Keep one", "parent_unique_id")


def _read_type_and_sign(found: RowValues, context: LoadContext, *, signed: bool) -> None:
    """Replace the voucher type by its id, and the amount by minor units with the sign that the API needs."""
    values, kind = found.values, None
    if name := values.get("voucher_type"):
        kind = context.voucher_types.find(name)
        if kind is None:
            known = ", ".join(context.voucher_types.names())
            offers = similar_voucher_types(name, context.voucher_types)
            found.reject("voucher_type", f"is not a voucher type. Write one of: {known}", "voucher_type", offers)
        values["voucher_type"] = kind.id if kind else None
    amount: Decimal | None = values.get("voucher_amount")
    if amount is None:
        return
    try:
        check_decimals(amount, values.get("currency"))
    except PydanticCustomError as error:
        found.reject(error.type, error.message(), "voucher_amount")
        return
    if amount < 0 and not signed:
        message = 'is negative, but the type says which way it counts. Remove the minus, or set amount_sign = "signed"'
        found.reject("sign_contradicts_type", message, "voucher_amount")
        return
    direction = kind.direction if kind and not signed else Direction.CREDIT
    values["voucher_amount"] = int(amount * 100) * direction


def _read_appendix(found: RowValues, context: LoadContext, documents: SheetDocuments | None) -> AppendixFile | None:
    name = found.values.pop("appendix_file", None)
    try:
        if name is None:
            return documents.for_row(found.cells) if documents and not found.failed("appendix_file") else None
        appendix = find_appendix(context.folder, name)
    except ValueProblem as error:
        found.reject(error.code, str(error), "appendix_file")
        return None
    if documents:
        documents.note_named(appendix)
    return appendix
