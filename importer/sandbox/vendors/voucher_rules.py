"""Debbie's rules for vouchers and files, from the vendor documentation.

What an item of ``distribute`` looks like is not documented beyond its amount, so other keys in it are let through; the
sign of an amount is not checked against the type, because no rule is documented.
"""

from __future__ import annotations

from importer.sandbox.responses import Errors
from importer.sandbox.vendors import checks

VOUCHER_TYPES = frozenset(
    {
        "eb41e58e-fccf-419d-a771-cd5027fe6e87",  # invoice
        "ef2cdc50-230f-4046-b1af-0f9c498dddd3",  # credit note
        "42385ae0-6846-425c-a793-8d47a3b190b5",  # final statement
        "2d101b6e-74f9-4a4d-9f8e-c7abe2264da0",  # on-account invoice
        "bf61f462-6d3c-42e8-a99a-852d4a664926",  # loan
        "07960de4-303d-4793-92da-3a8cfd5da1a1",  # collection cost
        "4c3ccbbf-0651-45b2-b37b-4fe736acfd7e",  # collection fee
        "3e51bf87-3c8f-4dd5-abd5-69417d113c89",  # reminder fee
        "ed3e3d61-e1bc-4ee2-9166-adf2c41a2bbf",  # compensation
        "ca4af363-9925-436c-83d6-23b3db6ed5d2",  # DK interest
        "299dc393-1b71-4950-860f-8fb485036722",  # fixed interest
        "37db68dd-80be-40c7-8d2d-3619c793107f",  # yearly interest
        "c51f2f6a-8081-45ef-b52d-5e0569fdf12e",  # deposit
    }
)
"""The ids of the "Voucher Type Ids" chapter of the vendor documentation."""

_CURRENCIES = frozenset({"DKK", "SEK", "NOK", "USD", "EUR", "GBP", "CHF"})
_SOURCES = frozenset({"CREDITOR", "COLLECTOR"})
_FIELDS = frozenset(
    {
        "voucherTypeId", "amount", "currency", "date", "source", "referenceId", "text", "interest", "interestStartDate",
        "interestEndDate", "dueDate", "appendix", "uniqueId", "referenceCaseVoucherId", "referenceVouchers",
        "properties", "distribute",
    }
)  # fmt: skip
_APPENDIX_FIELDS = frozenset({"fileName", "contentType", "fileId"})
_FILE_FIELDS = frozenset({"content", "contentType", "name"})


def check_voucher(content: dict[str, object], types: frozenset[str]) -> Errors:
    """Return every violation by its path; ``types`` are the known voucher type ids in lower case."""
    errors: Errors = {}
    checks.unknown_fields(errors, content, _FIELDS)
    kind = checks.identifier(errors, content, "voucherTypeId", needed=True)
    if kind is not None and kind not in types:
        checks.add(errors, "voucherTypeId", "is not a known voucher type")
    checks.choice(errors, content, "currency", _CURRENCIES, f"one of {', '.join(sorted(_CURRENCIES))}")
    checks.choice(errors, content, "source", _SOURCES, "CREDITOR or COLLECTOR")
    checks.voucher_date(errors, content, "date", needed=True)
    for name in ("dueDate", "interestStartDate", "interestEndDate"):
        checks.voucher_date(errors, content, name)
    checks.text(errors, content, "referenceId")
    checks.text(errors, content, "text")
    if (unique := checks.text(errors, content, "uniqueId")) is not None and not unique.strip():
        checks.add(errors, "uniqueId", "must not be empty")
    checks.identifier(errors, content, "referenceCaseVoucherId")
    if content.get("interest") is not None and not checks.is_number(content["interest"]):
        checks.add(errors, "interest", "must be a number such as 0.1 for 10 %")
    _check_amount(errors, content.get("amount"))
    _check_parts(errors, content.get("distribute"), content.get("amount"))
    _check_appendix(errors, content.get("appendix"))
    if not _objects(content.get("referenceVouchers")):
        checks.add(errors, "referenceVouchers", "must be a list of objects")
    if not isinstance(content.get("properties"), dict | None):
        checks.add(errors, "properties", "must be an object")
    return errors


def check_file(content: dict[str, object]) -> tuple[int, Errors]:
    """Return the size of the file in bytes and every violation."""
    errors: Errors = {}
    checks.unknown_fields(errors, content, _FILE_FIELDS)
    checks.text(errors, content, "name", needed=True)
    kind = checks.text(errors, content, "contentType", needed=True)
    if kind is not None and not checks.is_media_type(kind):
        checks.add(errors, "contentType", "must be a media type such as application/pdf")
    encoded = checks.text(errors, content, "content", needed=True)
    size = checks.base64_size(encoded) if encoded is not None else 0
    if size is None:
        checks.add(errors, "content", "must be base64")
    return size or 0, errors


def _check_amount(errors: Errors, amount: object) -> None:
    if amount is None:
        checks.add(errors, "amount", checks.REQUIRED)
    elif not checks.is_integer(amount):
        checks.add(errors, "amount", "must be an integer in minor units")
    elif amount == 0:
        checks.add(errors, "amount", "must not be zero")


def _check_parts(errors: Errors, parts: object, amount: object) -> None:
    """Check that the parts of a distributed amount add up to it."""
    if parts is None:
        return
    if not isinstance(parts, list) or not _objects(parts):
        checks.add(errors, "distribute", "must be a list of objects")
        return
    amounts = [part.get("amount") for part in parts]
    if not all(checks.is_integer(part) for part in amounts):
        checks.add(errors, "distribute", "each part needs an integer amount")
    elif isinstance(amount, int) and sum(amounts) != amount:
        checks.add(errors, "distribute", "must add up to the amount")


def _check_appendix(errors: Errors, appendix: object) -> None:
    if appendix is None:
        return
    if not isinstance(appendix, dict):
        checks.add(errors, "appendix", "must be an object")
        return
    prefix = "appendix."
    checks.unknown_fields(errors, appendix, _APPENDIX_FIELDS, prefix)
    for name in ("fileName", "contentType", "fileId"):
        checks.text(errors, appendix, name, prefix=prefix, needed=True)


def _objects(value: object) -> bool:
    return value is None or (isinstance(value, list) and all(isinstance(item, dict) for item in value))
