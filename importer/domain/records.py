"""What passes from the loader to the ledger: rows, and the records or rejects that became of them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from importer.domain.cells import Cell
from importer.domain.identity import EntryLabel
from importer.domain.kinds import Kind
from importer.domain.money import Money
from importer.domain.notes import Note
from importer.domain.reasons import Reason


@dataclass(frozen=True, slots=True)
class Row:
    """A row as it stands in the sheet: ``number`` is the one that Excel shows."""

    sheet: str
    number: int
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class CaseRecord:
    """A valid case. ``base`` identifies it; a derived base may occur several times and is then counted."""

    base: str
    derived: bool
    ref: str | None
    payload: bytes
    money: Money
    hint: EntryLabel | None = None
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
    hint: EntryLabel | None = None


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
    notes: tuple[Note, ...] = ()
    found: list[Note] = field(default_factory=list)
    profile: str | None = None


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
