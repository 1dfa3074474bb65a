"""Parse one cell into one typed value, or raise ValueProblem with the reason. Ambiguous cells are rejected, not guessed."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from uuid import UUID

from importer.domain.cells import Cell
from importer.domain.code_lists import VOUCHER_CURRENCIES, find_country
from importer.domain.columns import ValueKind
from importer.loader.values.amounts import read_money, read_number, read_rate
from importer.loader.values.dates import read_date, strptime_format
from importer.loader.values.formats import DecimalMark, Formats
from importer.loader.values.identifiers import read_identifier
from importer.loader.values.text import ValueProblem, display_text, is_blank, read_path, read_text

__all__ = [
    "READERS",
    "WRONG_VOUCHER_CURRENCY",
    "DecimalMark",
    "Formats",
    "ValueProblem",
    "display_text",
    "is_blank",
    "money_in",
    "read_country",
    "read_currency",
    "read_date",
    "read_flag",
    "read_identifier",
    "read_json_list",
    "read_money",
    "read_number",
    "read_rate",
    "read_text",
    "read_uuid",
    "strptime_format",
]


def read_country(cell: Cell, _: Formats) -> str:
    """Return the alpha-2 code of a country. Raises ValueProblem."""
    code = find_country(read_text(cell))
    if code is None:
        raise ValueProblem("country", "is not a country. Write a two-letter code (DK) or the English name (Denmark)")
    return code


_FLAGS = dict.fromkeys(("yes", "true", "1", "x", "ja"), True) | dict.fromkeys(("no", "false", "0", "nej", "nein"), False)


def read_flag(cell: Cell, _: Formats) -> bool:
    """Return a yes or no as a boolean. Raises ValueProblem."""
    flag = _FLAGS.get(read_text(cell).casefold())
    if flag is None:
        raise ValueProblem("flag", "is neither yes nor no. Write one of them")
    return flag


def read_uuid(cell: Cell, _: Formats) -> UUID:
    """Return a UUID, in any of its spellings. Raises ValueProblem."""
    try:
        return UUID(read_text(cell))
    except ValueError:
        raise ValueProblem("uuid", "is not an id. Copy it exactly, like 3c90c3cc-0d44-4b50-8888-8dd25736052a") from None


def read_json_list(cell: Cell, _: Formats) -> list[dict[str, Any]]:
    """Return a JSON list of objects. Raises ValueProblem."""
    try:
        value = json.loads(read_text(cell), parse_constant=_no_constant)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise ValueProblem("json", 'is not a JSON list of objects. Write it like [{"amount": -50000}]')
    return value


def _no_constant(name: str) -> Any:
    raise ValueError(name)  # NaN and Infinity are not JSON


def read_currency(cell: Cell, _: Formats) -> str:
    """Return the text in capital letters. Whether it is a currency is checked by the models."""
    return read_text(cell).upper()


READERS: dict[ValueKind, Callable[[Cell, Formats], Any]] = {
    ValueKind.TEXT: read_text,
    ValueKind.IDENTIFIER: read_identifier,
    ValueKind.CHOICE: read_text,
    ValueKind.FILE: read_path,
    ValueKind.MONEY: read_money,
    ValueKind.DATE: read_date,
    ValueKind.COUNTRY: read_country,
    ValueKind.CURRENCY: read_currency,
    ValueKind.FLAG: read_flag,
    ValueKind.RATE: read_rate,
    ValueKind.UUID: read_uuid,
    ValueKind.JSON: read_json_list,
}
WRONG_VOUCHER_CURRENCY = f"is not a currency for vouchers. Write one of {', '.join(VOUCHER_CURRENCIES)}"


def money_in(cell: Cell, formats: Formats) -> Decimal | None:
    """Return the amount in a cell as :func:`read_money` does; None if the cell is blank or cannot be read."""
    if is_blank(cell):
        return None
    try:
        return read_money(cell, formats)
    except ValueProblem:
        return None
