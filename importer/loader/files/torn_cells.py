"""Find texts in quotes that a delimiter tears into two cells, because their first quote is within a cell."""

from __future__ import annotations

import re

from importer.loader.files.dialect import Dialect


def torn_cells(dialect: Dialect) -> re.Pattern[str]:
    """Return what finds a quote within a cell without quotes and one at the end of a later cell of the same line.

    A quote in a cell with quotes is doubled, or has a delimiter beside it. The time of a search is in proportion to the text,
    however long its lines are: what is between the two quotes is matched once, without going back.
    """
    quote, delimiter = re.escape(dialect.quote or '"'), re.escape(dialect.delimiter or "\x1f")
    inner = rf"[^{delimiter}{quote}\r\n]"
    opens = rf"(?<={inner}){quote}(?={inner}++{delimiter})"
    closes = rf"(?<={inner}){quote}(?=[{delimiter}\r\n]|\Z)"
    return re.compile(rf"{opens}[^{quote}\r\n]*+{closes}")
