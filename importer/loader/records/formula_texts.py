"""Texts that begin as a formula does: a program has written the formula in place of its value."""

from __future__ import annotations

import re

from importer.domain.personal_numbers.sheet_mask import REFERENCES
from importer.loader.records.row_values import RowValues

FORMULA_TEXT = "formula_text"
"""The code of a reference or a name that begins as a formula does."""

_COLUMNS = (
    *sorted(REFERENCES),
    *("debtor_name", "debtor_contact_person", "debtor_address", "debtor_zip_code", "debtor_city"),
    *("debtor_phone", "debtor_registration_number"),
)
_FORMULA = re.compile(r"[-+@]*=")
_BEGINNINGS = "=+-@"
_MESSAGE = (
    "begins with an equals sign, as a formula does, so that it is not clear what is meant. Write the value itself in its place, "
    "without the equals sign"
)


def reject_formulas(found: RowValues) -> None:
    """Reject a row for its references, names and numbers that begin as formulas do.

    Their values stay, since earlier releases sent them so.
    """
    values = found.values
    for name in _COLUMNS:
        text = values.get(name)
        if text and text[0] in _BEGINNINGS and _FORMULA.match(text):
            found.reject(FORMULA_TEXT, _MESSAGE, name)
