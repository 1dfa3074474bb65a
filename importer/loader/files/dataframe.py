"""A DataFrame as a sheet, with the rows that a file written from it would have."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from importer.domain.cells import Cell
from importer.domain.special_cells import clean_number
from importer.errors import FileRefused
from importer.loader.files.hidden_parts import NOTHING_HIDDEN, HiddenParts
from importer.loader.files.projection import NumberedRow, ProjectedRows, project

if TYPE_CHECKING:
    import pandas as pd

_AT_ONCE = 2000  # rows


@dataclass(frozen=True)
class FrameSheet:
    """The column names and rows of a DataFrame as a sheet. The index is left out."""

    name: str
    frame: pd.DataFrame
    hides: HiddenParts = NOTHING_HIDDEN

    def covered(self) -> Collection[int]:
        """Return no rows: a DataFrame has no merges."""
        return ()

    def formats_in(self, column: int) -> frozenset[str]:
        """Return no formats: the values of a DataFrame have none."""
        del column
        return frozenset()

    def rows(self) -> Iterator[NumberedRow]:
        """Yield (row number, cells), the headings first. Raises FileRefused for a text that has lone surrogates."""
        yield 1, tuple(self._text(str(c), 1, position) for position, c in enumerate(self.frame.columns))
        for start in range(0, len(self.frame), _AT_ONCE):
            part = self.frame.iloc[start : start + _AT_ONCE]
            empty = part.isna().to_numpy()
            # Replaced cell by cell, because pandas' own methods infer a dtype again and turn None into NaN or NaT.
            values = part.astype(object).to_numpy()
            pairs = zip(values.tolist(), empty.tolist(), strict=True)
            for number, pair in enumerate(pairs, start=start + 2):
                cells = enumerate(zip(*pair, strict=True))
                yield number, tuple(None if gone else self._cell(value, number, position) for position, (value, gone) in cells)

    @property
    def layout(self) -> None:
        """None: a frame is no text."""
        return None

    def read_columns(self, positions: Sequence[int]) -> ProjectedRows:
        """Return the rows with the cells at these ``positions`` only."""
        return project(self.rows(), positions)

    def _cell(self, value: object, number: int, position: int) -> Cell:
        """Convert a value to the types that a file has: no numpy types, whole numbers as int."""
        import numpy as np

        if isinstance(value, np.generic):
            value = value.item()
        if isinstance(value, float):
            return clean_number(value)
        if isinstance(value, int | Decimal | date | time | timedelta):
            return value
        return self._text(str(value), number, position)

    def _text(self, text: str, number: int, position: int) -> str:
        if text.isascii():
            return text
        try:
            text.encode()
        except UnicodeEncodeError:
            raise FileRefused(
                f"{self._place(number, position)} holds half of a letter (a lone surrogate). Decode its source again, as UTF-8."
            ) from None
        return text

    def _place(self, number: int, position: int) -> str:
        return f"DataFrame {self.name!r}, row {number}, column {str(self.frame.columns[position])!a}:"
