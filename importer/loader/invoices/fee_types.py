"""Which type of voucher a fee becomes, by the words of its row. A fee that is called nothing else is a reminder fee."""

from __future__ import annotations

import re
from collections.abc import Iterable

from importer.domain.text_keys import fold

REMINDER_FEE = "reminder fee"
_WORDS = (
    ("compensation", "kompensation|kompensasjon|compensation|forseningsersattning|foerseningsersaettning|verzugspauschale"),
    ("collection fee", "inkassogeb|inkassoavg|inkassovars|collectionfee"),
    ("collection cost", "inkassoomk|inkassokost|collectioncost"),
    ("fixed interest", "rente|raent|ranta|zins|interest|financecharge|overduecharge"),
)
"""The types with the parts of folded words that mean them, the first that is found counts.

An amount of interest says neither its rate nor whether that is the statutory one, hence the type of a fixed rate.
"""


def fee_type(texts: Iterable[str]) -> str:
    """Return the name of the type of voucher for a row with these texts."""
    joined = " ".join(map(fold, texts))
    return next((name for name, words in _WORDS if re.search(words, joined)), REMINDER_FEE)
