"""The rows that a profile keeps or drops, by column and value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from importer.domain.cells import Cell
from importer.domain.reasons import Reason
from importer.domain.text_keys import fold, header_key
from importer.errors import FileRefused
from importer.loader.profile import Profile, names_in
from importer.loader.rows.verdict import FILTERED, Role, RowFinding
from importer.loader.values.parsers import display_text, is_blank


@dataclass(frozen=True, slots=True)
class _Filter:
    heading: str
    position: int
    values: frozenset[str]
    keeps: bool

    def drops(self, text: str) -> bool:
        return (fold(text) in self.values) is not self.keeps


class RowFilters:
    """The filters of one sheet. Raises FileRefused if a filter names a heading that the sheet does not have."""

    def __init__(self, sheet: str, header: Sequence[str], profile: Profile) -> None:
        keys = {header_key(heading): at for at, heading in reversed(list(enumerate(header)))}
        self._filters = (
            *_filters(sheet, header, keys, profile.rows.only, keeps=True),
            *_filters(sheet, header, keys, profile.rows.skip, keeps=False),
        )

    def positions(self) -> set[int]:
        """Return the positions of the columns by which rows are filtered."""
        return {one.position for one in self._filters}

    def findings(self, cells: Sequence[Cell]) -> list[RowFinding]:
        """Return what the filters say about a row."""
        found = []
        for one in self._filters:
            cell = cells[one.position] if one.position < len(cells) else None
            text = "" if is_blank(cell) else display_text(cell)
            if one.drops(text):
                what = "is none of those that [rows] only keeps" if one.keeps else "is one that [rows] skip drops"
                reason = Reason(FILTERED, f"{what} in the profile", None, one.heading, text or None)
                found.append(RowFinding(Role.LEFT_OUT, reason))
        return found


def _filters(
    sheet: str, header: Sequence[str], keys: Mapping[str, int], table: Mapping[str, str | list[str]], *, keeps: bool
) -> list[_Filter]:
    found = []
    for heading, values in table.items():
        at = keys.get(header_key(heading))
        if at is None:
            raise FileRefused(
                f'Sheet "{sheet}" has no column "{heading}", by which [rows] in the profile selects rows. Correct it there.'
            )
        found.append(_Filter(header[at], at, frozenset(map(fold, names_in(values))), keeps))
    return found
