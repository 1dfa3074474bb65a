"""What became of the rows of a list that master data complete, for the notes of its review."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from importer.domain.master_data import MasterData
from importer.domain.notes import Note, NoteKind

MOST_NUMBERS = 5
"""Customer numbers that a note names."""
_Values = tuple[tuple[str, str], ...]


class JoinCounts:
    """Counts of the rows of one sheet, complete when the last one has been read."""

    def __init__(self) -> None:
        self._rows = self._other_addresses = 0
        self._completed: Counter[str] = Counter()
        self._differing: Counter[str] = Counter()
        self._missing: Counter[str] = Counter()
        self._used: set[str] = set()

    def add_row(self, key: str, *, is_missing: bool) -> None:
        """Count a row with this customer number."""
        self._rows += 1
        self._used.add(key)
        if is_missing:
            self._missing[key] += 1

    def add_completed(self, names: Iterable[str]) -> None:
        """Count the columns of a row that were completed."""
        self._completed.update(names)

    def add_differing(self, names: Iterable[str], *, is_other_address: bool) -> None:
        """Count the columns of a row that has other values than the master data."""
        self._differing.update(names)
        self._other_addresses += is_other_address

    def notes(self, sheet: str, heading: str, data: MasterData) -> list[Note]:
        """Return the notes on a sheet, whose customer numbers are below this heading."""
        name = ("name", data.names())
        used = (name, ("heading", heading), ("rows", str(self._rows)), *_pairs(self._completed))
        found = [Note(NoteKind.MASTER_DATA_USED, sheet, values=used)]
        if self._missing:
            missing = (name, ("rows", str(self._missing.total())), *_numbers([*self._missing]))
            found.append(Note(NoteKind.MASTER_DATA_MISSING, sheet, values=missing))
        if self._differing:
            others: _Values = (("addresses", str(self._other_addresses)),) if self._other_addresses else ()
            found.append(Note(NoteKind.MASTER_DATA_DIFFERS, sheet, values=(name, *_pairs(self._differing), *others)))
        return [*found, *self._unused(sheet, data)]

    def _unused(self, sheet: str, data: MasterData) -> Iterator[Note]:
        for table in data.tables:
            unused = [key for key in table.rows if key not in self._used]
            without: _Values = (("unnumbered", str(table.unnumbered)),) if table.unnumbered else ()
            if unused or without:
                yield Note(NoteKind.MASTER_DATA_UNUSED, sheet, values=(("name", table.name), *_numbers(unused), *without))


def _pairs(counts: Mapping[str, int]) -> _Values:
    return tuple(pair for name, count in counts.items() for pair in (("column", name), ("count", str(count))))


def _numbers(keys: Sequence[str]) -> _Values:
    return (("count", str(len(keys))), *(("number", key) for key in sorted(keys)[:MOST_NUMBERS]))
