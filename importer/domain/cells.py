"""Raw cells, and their JSON in the ledger."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, TypeAlias

import orjson

from importer.domain.special_cells import ShownNumber

Cell: TypeAlias = str | int | float | bool | Decimal | date | datetime | time | timedelta | None
"""A raw cell as a reader returns it. An error is a `CellError`, which is a ``str``; ``Decimal`` comes only from DataFrames."""

MAX_CELL_CHARACTERS = 32_767
"""Characters that a cell of a workbook holds, so what is read from one, and what an error sheet can give back."""


def encode_cells(cells: tuple[Cell, ...]) -> str:
    """Encode raw cells as JSON that :func:`decode_cells` turns back into equal values of the same types.

    The text is exactly what `json` writes, so that all versions of the importer store the same text for the same row.
    """
    if _is_written_alike(cells):
        try:
            return orjson.dumps(cells, _encode_cell, orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_SUBCLASS).decode()
        except TypeError:  # a lone surrogate, or an integer of more than 64 bits
            pass
    return _JSON.encode([_encode_cell(cell) if type(cell) is ShownNumber else cell for cell in cells])


def _is_written_alike(cells: tuple[Cell, ...]) -> bool:
    """Return whether orjson, which is faster, writes the cells exactly as `json` does. Floats with an exponent differ."""
    kinds = set(map(type, cells))
    return kinds <= _WRITTEN_ALIKE and (
        kinds.isdisjoint(_FLOATS)
        or all(_SMALLEST <= abs(cell) < _LARGE or cell == 0 for cell in cells if isinstance(cell, float))
    )


_FLOATS = frozenset({float, ShownNumber})
_WRITTEN_ALIKE = _FLOATS | {type(None), bool, int, str, date, datetime, time}  # not timedelta: any float
_SMALLEST, _LARGE = 1e-4, 1e16  # between these, no float has an exponent


def _encode_cell(cell: Cell) -> Any:
    if isinstance(cell, datetime):
        return {"datetime": cell.isoformat()}
    if isinstance(cell, date):
        return {"date": cell.isoformat()}
    if isinstance(cell, time):
        return {"time": cell.isoformat()}
    if isinstance(cell, ShownNumber):
        return {"number": cell.held, "format": cell.code}
    if isinstance(cell, timedelta):
        return {"seconds": cell.total_seconds()}
    return str(cell)


_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=_encode_cell)


_DECODERS: dict[str, Callable[[Any], Cell]] = {
    "datetime": datetime.fromisoformat,
    "date": date.fromisoformat,
    "time": time.fromisoformat,
    "seconds": lambda seconds: timedelta(seconds=seconds),
}


def decode_cells(text: str) -> tuple[Cell, ...]:
    """Decode the JSON of :func:`encode_cells`."""
    cells = json.loads(text)  # orjson reads integers of more than 64 bits as floats, and rejects NaN
    return tuple(map(_decode_cell, cells)) if "{" in text else tuple(cells)


def _decode_cell(cell: Cell | dict[str, Any]) -> Cell:
    if isinstance(cell, dict):
        if "format" in cell:
            return ShownNumber(cell["number"], cell["format"])
        ((name, value),) = cell.items()
        return _DECODERS[name](value)
    return cell
