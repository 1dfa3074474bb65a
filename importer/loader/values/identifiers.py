"""Parse identifiers: references, numbers and codes that are kept as text, and detect lost digits."""

from __future__ import annotations

import re

from importer.domain.cells import Cell
from importer.loader.values.formats import Formats
from importer.loader.values.text import ValueProblem, read_text

_EXPONENT = re.compile(r"[+-]?[0-9](?:[.,][0-9]+)?E[+-][0-9]{2,3}", re.IGNORECASE)
_FLOAT = re.compile(r"[0-9]+\.0")

_POSTAL_DIGITS = {  # countries whose postal codes are digits of one length. Source: UPU, addressing systems
    **dict.fromkeys(("AU", "DK", "GE", "NO", "ZA"), 4),
    **dict.fromkeys(("DE", "ES", "FI", "FR", "IT", "KR", "LT", "MX", "MY", "PR", "SE", "TR", "UA", "US"), 5),
    **dict.fromkeys(("CN", "RO", "SG"), 6),
}


def read_identifier(cell: Cell, _: Formats) -> str:
    """Return the cell's text with all its characters. Raises ValueProblem if some were lost in a conversion to a number."""
    text = read_text(cell)
    if not isinstance(cell, str):
        return text
    if ("E" in text or "e" in text) and _EXPONENT.fullmatch(text):
        raise ValueProblem("digits_lost", "is a number cut short: its last digits are lost. Write it again in full, as text")
    if text.endswith(".0") and _FLOAT.fullmatch(text):
        raise ValueProblem("made_a_number", f"ends in .0, as programs write a number. Write it without the .0: {text[:-2]}")
    return text


def check_postal_code(country: str, code: str) -> None:
    """Raise ValueProblem if ``code`` has too few digits for ``country``. Codes with other characters are not checked."""
    wanted = _POSTAL_DIGITS.get(country, 0)
    if len(code) < wanted and code.isascii() and code.isdigit():
        raise ValueProblem(
            "postal_code_short",
            f"has {len(code)} digits, but a postal code in {country} has {wanted}: one is lost, probably a zero in front. "
            f"Write all {wanted}, as text",
        )
