"""The control file beside a file: that it is complete and, if the control file says so, what it must hold."""

from __future__ import annotations

import re
from pathlib import Path

from importer.errors import FileRefused, UsageError
from importer.workspace.expectation import Expectation, expectation

_LINE = re.compile(r"\s*([A-Za-z]+)\s*[=:]\s*(\S+)\s*")
_MOST_BYTES = 10_000


def read_control(path: Path) -> Expectation:
    """Return what a control file expects: nothing if it is empty or missing, else ``rows = 49`` and ``DKK = 1234.50``.

    Raises FileRefused for any other line, and OSError.
    """
    if not path.exists():
        return Expectation()
    with path.open("rb") as file:
        text = file.read(_MOST_BYTES).decode("utf-8-sig", errors="replace")
    rows: int | None = None
    totals: list[str] = []
    for line in filter(str.strip, text.splitlines()):
        found = _LINE.fullmatch(line)
        if found is None or (found[1].casefold() == "rows" and not found[2].isdecimal()):
            raise FileRefused(_advice(path, line))
        if found[1].casefold() == "rows":
            rows = int(found[2])
        else:
            totals.append(f"{found[1]}={found[2]}")
    try:
        return expectation(rows, totals)
    except UsageError as error:
        raise FileRefused(f"The control file {path.name} cannot be used: {error}") from None


def _advice(path: Path, line: str) -> str:
    return (
        f'The control file {path.name} has the line "{line.strip()[:60]}". Write `rows = 49` for the number of rows, and '
        f"`DKK = 1234.50` for the total of a currency, each on a line of its own, or leave the file empty."
    )
