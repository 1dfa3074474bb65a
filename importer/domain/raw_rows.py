"""Rows as they were read, and the key by which an entry is found again from the cells of its row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from importer.domain.identity import fingerprint

SHORT = 24
"""Hexadecimal digits of the keys by which entries are only looked for, not identified."""


class RawRow(NamedTuple):
    """A row as it was read: the digest of its sheet's headings, and its cells as JSON.

    ``cells`` are what the cells hold, as earlier releases read them. ``shown`` is the row with what its number formats show,
    as the ledger keeps it, "" if that is the same.
    """

    headings: str
    cells: str
    shown: str = ""

    @property
    def kept(self) -> str:
        """The JSON of the cells that the ledger keeps."""
        return self.shown or self.cells

    def key(self, *owner: object) -> str:
        """Return the key of the row for a record of this owner."""
        return fingerprint("cells", *owner, self.headings, self.cells)[:SHORT]


def headings_digest(header: Sequence[str]) -> str:
    """Return a digest of a sheet's headings."""
    return fingerprint(*header)
