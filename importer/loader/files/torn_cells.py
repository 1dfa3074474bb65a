"""Find texts in quotes that a delimiter or a line end tears apart, because a quote is in the wrong place."""

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


def closes_text(text: str, quote: str) -> bool:
    """Return whether the cells of a short line end a text that was opened in the line above."""
    return bool(text.count(quote) % 2) or (text.endswith(quote) and quote not in text.rstrip(quote))
