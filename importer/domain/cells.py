"""Raw cells, and how the ledger keeps them."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from json.encoder import encode_basestring
from math import isfinite
from typing import Any

Cell = Any  # None, str, int, float, bool, date, datetime, time or timedelta: what a reader gives

MAX_CELL_CHARACTERS = 32_767
"""Characters that a cell of a workbook holds, so what is read from one, and what an error sheet can give back."""


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
