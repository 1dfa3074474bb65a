"""Master data of debtors: addresses, e-mails and other columns that complete the rows of a list, by customer number."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from importer.domain.cells import Cell, decode_cells, encode_cells
from importer.domain.identity import loose_text, match_text
from importer.domain.personal_numbers.texts import MASK


@dataclass(frozen=True, slots=True)
class MasterCell:
    """A value of master data. ``shown`` is the cell with personal numbers masked, ``read`` the cell as it is read."""

    shown: Cell
    read: Cell


@dataclass(frozen=True, slots=True)
class MasterRow:
    """A row of master data: its number as Excel shows it, and its cells that are not blank, by canonical column."""

    number: int
    cells: Mapping[str, MasterCell]


@dataclass(frozen=True)
class MasterTable:
    """One sheet of master data.

    ``name`` is how people find it: the file, or the sheet. ``sha256`` is the digest of its file. ``key_heading`` is the heading
    of the customer numbers, ``headings`` those of the other columns by canonical name. ``rows`` are by folded customer number.
    ``unnumbered`` counts the rows without a customer number.
    """

    name: str
    sha256: str
    key_heading: str
    headings: Mapping[str, str]
    rows: Mapping[str, tuple[MasterRow, ...]] = field(repr=False)
    unnumbered: int = 0


@dataclass(frozen=True)
class MasterData:
    """All master data for a list, in the order in which they were given."""

    tables: tuple[MasterTable, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.tables)

    def __add__(self, other: MasterData) -> MasterData:
        return MasterData((*self.tables, *other.tables))

    def headings(self) -> dict[str, str]:
        """Return the columns that can be completed, each with its heading in the first table that has it."""
        return {name: heading for table in reversed(self.tables) for name, heading in table.headings.items()}

    def names(self) -> str:
        """Return the names of the tables as text."""
        return " and ".join(dict.fromkeys(table.name for table in self.tables))

    @cached_property
    def digest(self) -> str:
        """The SHA-256 of what they hold, whatever the bytes of their files are."""
        return hashlib.sha256(self.as_json().encode()).hexdigest()

    def as_json(self) -> str:
        """Encode them as JSON for :func:`master_data_from_json`, without the digests of their files."""
        return json.dumps([_table_to_json(table) for table in self.tables], separators=(",", ":"))


NO_MASTER_DATA = MasterData()


def _table_to_json(table: MasterTable) -> dict[str, Any]:
    rows = [[key, row.number, *_row_to_json(row)] for key, found in table.rows.items() for row in found]
    return {
        "name": table.name,
        "key": table.key_heading,
        "headings": dict(table.headings),
        "unnumbered": table.unnumbered,
        "rows": rows,
    }


def _row_to_json(row: MasterRow) -> list[Any]:
    cells = row.cells.values()
    return [list(row.cells), encode_cells(tuple(one.shown for one in cells)), encode_cells(tuple(one.read for one in cells))]


def master_data_from_json(text: str) -> MasterData:
    """Decode the JSON of :meth:`MasterData.as_json`. Raises ValueError, KeyError or TypeError if it is damaged."""
    return MasterData(tuple(_table_from_json(found) for found in json.loads(text)))


def _table_from_json(found: Mapping[str, Any]) -> MasterTable:
    rows: dict[str, tuple[MasterRow, ...]] = {}
    for key, number, names, shown, read in found["rows"]:
        pairs = zip(decode_cells(shown), decode_cells(read), strict=True)
        cells = {name: MasterCell(*pair) for name, pair in zip(names, pairs, strict=True)}
        rows[key] = (*rows.get(key, ()), MasterRow(number, cells))
    return MasterTable(found["name"], "", found["key"], found["headings"], rows, found["unnumbered"])


def number_key(text: str) -> str | None:
    """Return the form in which customer numbers are compared: only what cannot be seen is folded. None if there is no number.

    A masked personal number is none: two of them are not the same person.
    """
    folded = match_text(text)
    return None if not folded or MASK in folded else folded


def loose_number(key: str) -> str:
    """Return the form in which two numbers are equal that differ in leading zeros or letter case alone."""
    return loose_text(key)
