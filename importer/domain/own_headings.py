"""The headings of the importer's own workbooks, which begin with ``#``. Another heading or title with a ``#`` is a user's."""

from __future__ import annotations

import re
from typing import Final

_NAMES: Final = frozenset(
    (
        *("row", "status", "errors", "entry", "answer", "new"),
        *("case_id", "case_reference", "voucher_id", "unique_id", "sent_at", "imported_from", "debtor_type"),
        *("lifecycle", "partner", "needs_info", "sign_at"),
        *("rows", "what", "column", "reason", "values", "example"),
        *("countries", "yes_no", "voucher_types", "sources", "debtor_types", "case_currencies", "voucher_currencies"),
    )
)
"""Of the sheets of results, of their summary, and of the lists in a template."""

_CURRENCY = re.compile("#[A-Z]{3}")
_TITLES: Final = ("# Example", "# How to fill in this workbook")


def is_own_heading(text: object) -> bool:
    """Return whether a cell is a heading, or the first title, of a sheet that the importer wrote."""
    if not isinstance(text, str) or not text.startswith("#"):
        return False
    return text[1:] in _NAMES or text in _TITLES or _CURRENCY.fullmatch(text) is not None
