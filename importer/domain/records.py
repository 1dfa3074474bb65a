"""What passes from the loader to the ledger: rows, and the records or rejects that became of them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from json.encoder import encode_basestring
from math import isfinite
from typing import Any

from importer.domain.columns import Kind

MAX_COUNTED = 10**15
Cell = Any  # None, str, int, float, bool, date, datetime, time or timedelta: what a reader gives


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing wrong with a row, as data: ``field`` is the canonical column, ``column`` the sheet's own heading.

    ``offers`` are values that may be meant. ``gist`` is the message without what is particular to this row, if there is
    such: rows are counted by it.
    """

    code: str
    message: str
    field: str | None = None
    column: str | None = None
    value: str | None = None
    offers: tuple[str, ...] = ()
    gist: str | None = None

    def text(self) -> str:
        """One line for a person: column, value, what is wrong and what to do."""
        wrong, _, fix = self.message.partition(". ")
        message = f"{wrong}. {self.question()} {fix}".rstrip() if self.offers else self.message
        where = self.column or self.field
        if where is None:
            return message
        shown = f' "{self.value}"' if self.value else ""
        joint = " " if message[:1].islower() else ": "  # "… is not a date" goes on where the cell left off
        return f"{where}{shown}{joint}{message}"

    def question(self) -> str:
        """What is offered, as a question; empty without an offer."""
        *others, last = self.offers or ("",)
        return f"Did you mean {', '.join(others)}{' or ' if others else ''}{last}?" if last else ""


def reasons_to_json(reasons: tuple[Reason, ...]) -> str:
    slim = [{k: v for k, v in asdict(r).items() if v is not None and v != ()} for r in reasons]
    return json.dumps(slim, ensure_ascii=False, separators=(",", ":"))


def reasons_from_json(text: str | None) -> tuple[Reason, ...]:
    return tuple(Reason(**{**r, "offers": tuple(r.get("offers", ()))}) for r in json.loads(text)) if text else ()


@dataclass(frozen=True, slots=True)
class Row:
    """A row as it stands in the sheet: ``number`` is the one that Excel shows."""

    sheet: str
    number: int
    cells: tuple[Cell, ...]


UNREAD_CURRENCY = "unknown"


@dataclass(frozen=True, slots=True)
class Money:
    """A row's amount as the sheet has it, in hundredths, for the totals; an unreadable amount counts as zero."""

    currency: str = UNREAD_CURRENCY
    cents: int = 0


@dataclass(frozen=True, slots=True)
class Hint:
    """Which entry an error sheet says that a row is: its id in the ledger, and a check of its key.

    Ids are the ledger's own; without the check a sheet of another ledger would name a stranger's entry.
    """

    entry_id: int
    check: str


def check_of(key: str) -> str:
    """Six digits that tell one entry's key from another's."""
    return hashlib.sha256(key.encode()).hexdigest()[:6]


@dataclass(frozen=True, slots=True)
class CaseRecord:
    """A valid case. ``base`` identifies it; a derived base may occur several times and is then counted."""

    base: str
    derived: bool
    ref: str | None
    payload: bytes
    money: Money
    hint: Hint | None = None
    is_test: bool = False


@dataclass(frozen=True, slots=True)
class AppendixFile:
    """A file to attach: its path, and the SHA-256 of its bytes when the row was read."""

    path: str
    sha256: str
    content_type: str


@dataclass(frozen=True, slots=True)
class VoucherRecord:
    """A valid voucher, without ``uniqueId`` in its payload: that depends on the case it is linked to.

    ``case_ref`` or ``case_id`` names the case; both are None in a flat row, whose case is the row's own.
    """

    fingerprint: str
    unique_id: str | None
    case_ref: str | None
    case_id: str | None
    parent: str | None
    payload: bytes
    money: Money
    appendix: AppendixFile | None = None
    hint: Hint | None = None


@dataclass(frozen=True, slots=True)
class Reject:
    """A row's case or voucher that failed validation, with all its reasons; never sent."""

    kind: Kind
    reasons: tuple[Reason, ...]
    money: Money = field(default_factory=Money)
    ref: str | None = None


@dataclass(frozen=True, slots=True)
class LoadedRow:
    """One row and what it holds: a case, a voucher, or (flat) both."""

    row: Row
    case: CaseRecord | Reject | None = None
    voucher: VoucherRecord | Reject | None = None


@dataclass(frozen=True, slots=True)
class Proof:
    """A cell that says how its column writes numbers or dates: the heading, the row of the source, the text.

    The error sheet carries it: the row itself may have been imported, and the rows that are left must not be asked about.
    """

    heading: str
    row: int
    text: str


PROOF_MARK = "#proof"
"""What stands under ``#what`` on the summary sheet of ``errors.xlsx`` in the line of a proof."""
SUMMARY_SHEET = "Summary"


@dataclass(frozen=True, slots=True)
class SheetHead:
    """A sheet's own headings and the canonical names that each fills (several with spaces between; None: not used).

    ``proofs`` are the cells that decided how a column writes its numbers or dates.
    """

    name: str
    header: tuple[str, ...]
    names: tuple[str | None, ...]
    flat: bool = False
    proofs: tuple[Proof, ...] = ()


@dataclass(frozen=True)
class LoadedSource:
    """A source that can be taken in: what it is, its sheets, and its rows (read while they are taken in).

    ``notes`` are what a person should know of it; ``found`` are those that reading the rows adds, whole after the last one.
    """

    name: str
    sha256: str
    heads: tuple[SheetHead, ...]
    rows: Iterator[LoadedRow]
    has_cases: bool = True
    notes: tuple[str, ...] = ()
    found: list[str] = field(default_factory=list)
    profile: str | None = None


def fingerprint(*parts: object) -> str:
    """A stable identity of business values: 40 hexadecimal digits, the same on every machine and in every format."""
    text = ",".join([encode_basestring(part) if type(part) is str else _encoded(part) for part in parts])
    return hashlib.sha256(f"[{text}]".encode()).hexdigest()[:40]


def _encoded(part: object) -> str:
    if part is None:
        return "null"
    if isinstance(part, bool):  # every case has one, and the encoder takes ten times as long for it
        return "true" if part else "false"
    return _SORTED.encode(part)


_SORTED = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True, default=str)  # dumps makes one a call


def cents_of(amount: Decimal) -> int:
    """Hundredths of ``amount`` for the totals: cut off if it is finer, zero if no amount can be as large (both are rejected)."""
    return int(amount * 100) if abs(amount) < MAX_COUNTED else 0


def describe_wire(payload: bytes) -> Mapping[str, Any]:
    """The members of a payload by dotted path, for telling two payloads apart."""
    flat: dict[str, Any] = {}

    def walk(value: Any, path: str) -> None:
        if isinstance(value, dict):
            for key, inner in value.items():
                walk(inner, f"{path}.{key}" if path else key)
        else:
            flat[path] = value

    walk(json.loads(payload), "")
    return flat


def encode_cells(cells: tuple[Cell, ...]) -> str:
    """Raw cells as JSON that :func:`decode_cells` reads back to equal values of the same types."""
    # Cell by cell: an encoder is made anew for every call, and asks this module about every date.
    return f"[{','.join([encode_basestring(cell) if type(cell) is str else _cell_as_json(cell) for cell in cells])}]"


def _cell_as_json(cell: Cell) -> str:
    if cell is None:
        return "null"
    if type(cell) is int or (type(cell) is float and isfinite(cell)):
        return repr(cell)
    if type(cell) is date:
        return f'{{"date":"{cell.isoformat()}"}}'
    return _CELLS.encode(cell)


def _encode_cell(cell: Cell) -> Any:
    if isinstance(cell, datetime):
        return {"datetime": cell.isoformat()}
    if isinstance(cell, date):
        return {"date": cell.isoformat()}
    if isinstance(cell, time):
        return {"time": cell.isoformat()}
    if isinstance(cell, timedelta):
        return {"seconds": cell.total_seconds()}
    return str(cell)


_CELLS = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=_encode_cell)
_DECODERS: dict[str, Callable[[Any], Cell]] = {
    "datetime": datetime.fromisoformat,
    "date": date.fromisoformat,
    "time": time.fromisoformat,
    "seconds": lambda seconds: timedelta(seconds=seconds),
}


def decode_cells(text: str) -> tuple[Cell, ...]:
    cells = json.loads(text)
    return tuple(map(_decode_cell, cells)) if "{" in text else tuple(cells)


def _decode_cell(cell: Any) -> Cell:
    if isinstance(cell, dict):
        ((name, value),) = cell.items()
        return _DECODERS[name](value)
    return cell
