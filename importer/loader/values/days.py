"""Read a number of days, as terms of payment and lists of overdue invoices write them."""

from __future__ import annotations

import re
from decimal import Decimal

from importer.domain.cells import Cell
from importer.loader.values.formats import Formats
from importer.loader.values.parsers import ValueProblem, display_text, read_number

_DAY = r"(?:days?|dages?|dagars?|dagers?|tagen?|d\.?)"
_NET = r"(?:netto|net|nto\.?|n)"
_DAYS = re.compile(rf"(?:{_NET}[ .:]*)?(-?[0-9]{{1,9}})(?: *{_DAY})?(?: *{_NET})?", re.IGNORECASE)
_AT_ONCE = frozenset(
    (
        *("due on receipt", "upon receipt", "on receipt", "immediately", "immediate", "cash", "cash on delivery", "cod"),
        *("kontant", "netto kontant", "straks", "omgående", "omgaaende", "omgående betaling"),
        *("sofort", "sofort fällig", "sofort netto", "zahlbar sofort", "zahlbar sofort ohne abzug", "bei erhalt"),
    )
)


def days_in(cell: Cell) -> int | None:
    """Return the days that a cell shows: ``30``, ``Net 30``, ``30 dage``, ``30 Tage netto``, and 0 for ``Due on receipt``.

    None if it shows something else, such as two numbers of days or days from the end of a month.
    """
    text = " ".join(display_text(cell).split())
    if text.casefold() in _AT_ONCE:
        return 0
    if found := _DAYS.fullmatch(text):
        return int(found[1])
    try:
        number = Decimal(read_number(cell, Formats()))
    except ValueProblem:
        return None
    return int(number) if number == int(number) else None
