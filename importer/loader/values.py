"""One cell to one typed value, or the reason why not. Nothing is ever guessed: what could mean two things is refused."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

from importer.columns import Holds
from importer.loader.celltext import CellError, FalseDate, LostDigits, MissingValue
from importer.rows import Cell
from importer.vocabulary import VOUCHER_CURRENCIES, find_country

DecimalMark = Literal[".", ","]
MAX_CELL_CHARACTERS = 32_767  # what a cell of a workbook can hold, so what an error sheet can give back


class ValueProblem(Exception):
    """A cell that cannot be read as its column needs; ``str()`` says what is wrong and what to do."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Formats:
    """How a sheet writes numbers and dates, where a text alone does not say it."""

    decimal: DecimalMark | None = None
    date_format: str | None = None


def is_blank(cell: Cell) -> bool:
    return cell is None or (isinstance(cell, str) and not cell.strip())


def read_text(cell: Cell) -> str:
    """The cell as the user sees it, as :func:`shown` gives it.

    Raises ValueProblem for what the reader marks as no value (``#N/A`` and its kin) and for text that no cell can hold.
    """
    if isinstance(cell, CellError):
        raise _problem_of(cell)
    text = shown(cell)
    if len(text) > MAX_CELL_CHARACTERS:
        raise ValueProblem("cell_too_long", f"is longer than the {MAX_CELL_CHARACTERS:,} characters of a cell. Shorten it")
    return text


def shown(cell: Cell) -> str:
    """A cell for a person: trimmed, in composed Unicode, whole numbers without a decimal point, an error as its text."""
    if isinstance(cell, str):
        return unicodedata.normalize("NFC", str(cell)).strip()
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, float):
        return format(Decimal(f"{cell:.15g}").normalize(), "f")
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat(" ")
    if isinstance(cell, date | time):
        return cell.isoformat()
    return str(cell)


_MARKED: tuple[tuple[type[CellError], str, str], ...] = (  # subclasses first: each has its own way out
    (MissingValue, "formula_not_calculated", "is a formula without its result. Open the file in Excel, save it, and try again"),
    (LostDigits, "digits_lost", "has more than 15 digits, and a spreadsheet has lost the last ones. Write it again, as text"),
    (FalseDate, "not_a_date", "is a day that never was: 1900 had no 29 February. Write the date that is meant"),
    (CellError, "error_cell", "is an error in the sheet, not a value. Correct the formula or the cell"),
)


def _problem_of(cell: CellError) -> ValueProblem:
    return next(ValueProblem(code, message) for kind, code, message in _MARKED if isinstance(cell, kind))


_PLAIN = re.compile(r"[+-]?\d+([.,]\d+)?")
_GROUPED = {
    ".": re.compile(r"[+-]?[1-9]\d{0,2}(,\d{3})+\.\d+"),
    ",": re.compile(r"[+-]?[1-9]\d{0,2}(\.\d{3})+,\d+"),
}
_GROUPED_WHOLE = {".": re.compile(r"[+-]?[1-9]\d{0,2}(,\d{3})+"), ",": re.compile(r"[+-]?[1-9]\d{0,2}(\.\d{3})+")}
_ONE_GROUP = re.compile(r"[+-]?[1-9]\d{0,2}[.,]\d{3}")
_SPACED = re.compile(r"[+-]?\s?(?:\d+|[1-9]\d{0,2}([ \u00a0\u202f\u2009'’])\d{3}(?:\1\d{3})*)(?:[.,]\d+)?")
_SPACES = str.maketrans("", "", " \u00a0\u202f\u2009'’")
_LOCALES = {".": "en", ",": "de"}


def read_number(cell: Cell, formats: Formats) -> Decimal:
    """The exact decimal that a cell shows.

    A numeric cell counts with the 15 digits that a spreadsheet keeps. A text is read with the decimal mark that the
    profile states; without one, only a text that can mean one number alone is read.
    """
    if isinstance(cell, int | float | Decimal) and not isinstance(cell, bool):
        number = Decimal(f"{cell:.15g}") if isinstance(cell, float) else Decimal(cell)
        if number.is_finite():
            return number
    if isinstance(cell, bool | float | Decimal | date | time | timedelta):
        raise ValueProblem("not_a_number", "is not a number. Write an amount such as 1234.50")
    text = read_text(cell)
    compact = text.translate(_SPACES) if _SPACED.fullmatch(text) else text
    if not re.search(r"\d", compact) or not re.fullmatch(r"[+-]?[\d.,]+", compact):
        raise ValueProblem("not_a_number", "is not a number. Write digits only, such as 1234.50")
    return _read_number_text(compact, formats.decimal or _mark_of(compact))


def _mark_of(text: str) -> DecimalMark:
    """The decimal mark that this text alone proves; without a mark either will do."""
    if _ONE_GROUP.fullmatch(text):
        raise ValueProblem(
            "decimal_mark_unknown",
            'could be in thousands or have three decimals. Say which in the profile: decimal = "," or decimal = "."',
        )
    if "," not in text or _GROUPED["."].fullmatch(text) or text.count(",") > 1:
        return "," if text.count(".") > 1 and "," not in text else "."
    return ","


def _read_number_text(text: str, mark: DecimalMark) -> Decimal:
    from babel.numbers import NumberFormatError, parse_decimal

    simple = _PLAIN.fullmatch(text) and (mark in text or not set(text) & {".", ","})
    if not (simple or _GROUPED[mark].fullmatch(text) or _GROUPED_WHOLE[mark].fullmatch(text)):
        raise ValueProblem("not_a_number", f'is not a number with the decimal mark "{mark}". Correct the cell, or the profile')
    try:
        return parse_decimal(text.lstrip("+"), locale=_LOCALES[mark], strict=not simple)
    except NumberFormatError:
        raise ValueProblem("not_a_number", "is not a number. Write digits only, such as 1234.50") from None


_DATE_TOKENS = {"YYYY": "%Y", "YY": "%y", "MM": "%m", "M": "%m", "DD": "%d", "D": "%d"}
_DATE_FORMAT = re.compile(r"(YYYY|YY|MM?|DD?)([./ -]+|(?<=YY|MM|DD)(?=YY|MM|DD))(YYYY|YY|MM?|DD?)\2(YYYY|YY|MM?|DD?)\.?")


def strptime_format(tokens: str) -> str:
    """``D/M/YYYY`` as a strptime format; raises ValueError for a pattern that does not name day, month and year once."""
    found = _DATE_FORMAT.fullmatch(tokens)
    if not found or {found[n][0] for n in (1, 3, 4)} != {"Y", "M", "D"} or (tokens.isalpha() and len(tokens) % 2):
        raise ValueError(tokens)
    return re.sub("YYYY|YY|MM?|DD?", lambda token: _DATE_TOKENS[token[0]], tokens)


def _day_in_format(text: str, tokens: str) -> date:
    day = datetime.strptime(text, strptime_format(tokens)).date()  # noqa: DTZ007  (a calendar day)
    if tokens.isalpha() and len(text) != len(tokens):
        raise ValueError(text)  # strptime would cut 2026131 somewhere; without separators every digit counts
    return day


_ISO = re.compile(r"(\d{4}-\d{2}-\d{2})(?:[T ](?:00:00(?::00(?:\.0+)?)?Z|\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?))?")
_ZONED = re.compile(r"\d{4}-\d{2}-\d{2}[T ][\d:.]+ ?(?:Z|[+-]\d{2}:?\d{0,2})")
FIRST_YEAR = 1900


def read_date(cell: Cell, formats: Formats) -> date:
    """A calendar day from a date cell, an ISO date, or a text in the profile's ``date_format``; a time of day is left out."""
    if isinstance(cell, time | timedelta):
        raise ValueProblem("not_a_date", "is a time of day without a date. Write the date, such as 2026-01-31")
    if isinstance(cell, bool | int | float | Decimal):
        raise ValueProblem("not_a_date", "is a number, not a date. Format the cell as a date, or write 2026-01-31")
    day = _day_of(cell, formats)
    if day.year < FIRST_YEAR:
        raise ValueProblem("not_a_date", f"lies before {FIRST_YEAR}. Check the year; write it with four digits")
    return day


def _day_of(cell: Cell, formats: Formats) -> date:
    if isinstance(cell, date):
        return cell.date() if isinstance(cell, datetime) else cell
    text = read_text(cell)
    try:
        if iso := _ISO.fullmatch(text):
            return date.fromisoformat(iso[1])
        if formats.date_format:
            return _day_in_format(text, formats.date_format)
    except ValueError:
        if not formats.date_format:
            raise ValueProblem("not_a_date", "is not a day of the calendar. Write it as 2026-01-31") from None
        raise ValueProblem("not_a_date", f"is not a date in the format {formats.date_format}. Correct the cell") from None
    raise _no_day_in(text)


def _no_day_in(text: str) -> ValueProblem:
    if _ZONED.fullmatch(text):
        return ValueProblem("date_with_zone", "is a moment, another day in another time zone. Write the day, such as 2026-01-31")
    if re.search(r"\d", text) and re.search(r"[^\W\d_]{3}", text):
        raise ValueProblem("month_name", "is a date in words. Write it as 2026-01-31")
    if re.search(r"\d", text):
        return ValueProblem(
            "date_order_unknown",
            'does not say which part is the day. Write 2026-01-31, or say it in the profile: date_format = "DD.MM.YYYY"',
        )
    return ValueProblem("not_a_date", "is not a date. Write it as 2026-01-31")


def read_country(cell: Cell, _: Formats) -> str:
    code = find_country(read_text(cell))
    if code is None:
        raise ValueProblem("country", "is not a country. Write a two-letter code (DK) or the English name (Denmark)")
    return code


_FLAGS = dict.fromkeys(("yes", "true", "1", "x", "ja"), True) | dict.fromkeys(("no", "false", "0", "nej", "nein"), False)


def read_flag(cell: Cell, _: Formats) -> bool:
    flag = _FLAGS.get(read_text(cell).casefold())
    if flag is None:
        raise ValueProblem("flag", "is neither yes nor no. Write one of them")
    return flag


def read_rate(cell: Cell, formats: Formats) -> Decimal:
    """A yearly rate as a fraction: ``8.05 %`` is 0.0805. A bare number of one or more could be either: refused."""
    if isinstance(cell, str) and (text := read_text(cell)).endswith("%"):
        return read_number(text[:-1], formats) / 100
    rate = read_number(cell, formats)
    if abs(rate) >= 1:
        raise ValueProblem("rate", "could be a percentage or a factor. Write 8.05 % or 0.0805")
    return rate


def read_uuid(cell: Cell, _: Formats) -> UUID:
    try:
        return UUID(read_text(cell))
    except ValueError:
        raise ValueProblem("uuid", "is not an id. Copy it as it is shown, like 3c90c3cc-0d44-4b50-8888-8dd25736052a") from None


def read_json_list(cell: Cell, _: Formats) -> list[dict[str, Any]]:
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
    return read_text(cell).upper()


def read_plain(cell: Cell, _: Formats) -> str:
    return read_text(cell)


READERS: dict[Holds, Callable[[Cell, Formats], Any]] = {
    Holds.TEXT: read_plain,
    Holds.IDENTIFIER: read_plain,
    Holds.CHOICE: read_plain,
    Holds.FILE: read_plain,
    Holds.MONEY: read_number,
    Holds.DATE: read_date,
    Holds.COUNTRY: read_country,
    Holds.CURRENCY: read_currency,
    Holds.FLAG: read_flag,
    Holds.RATE: read_rate,
    Holds.UUID: read_uuid,
    Holds.JSON: read_json_list,
}
WRONG_VOUCHER_CURRENCY = f"is not a currency for vouchers. Write one of {', '.join(VOUCHER_CURRENCIES)}"
