"""Words for totals, units and page marks in five languages."""

from __future__ import annotations

import re
from functools import cache

from importer.domain.cells import Cell
from importer.domain.text_keys import fold

_TOTALS = """
Total, Totals, Grand total, Sub total, Sum, Sum total, Total amount, Total due, Carried forward, Brought forward,
I alt, Ialt, Total i alt, Sum i alt, Totalsum, Samlet, Saldo, Saldo i alt, Mellemsum, Overført, Transport,
Summa, Totalt, Totalsumma, Delsumma, Summa totalt, Sammanlagt, Sum totalt, Delsum, Mellomsum,
Summe, Summen, Gesamt, Gesamtsumme, Gesamtbetrag, Gesamtsaldo, Zwischensumme, Endsumme, Insgesamt, Übertrag
"""
_NO_TOTAL = re.compile(r"[0-9]")  # labels of totals have no digits, and most tested cells do
_BEGINS = re.compile(
    r"(?:grand\s+|sub)?(?:total|sum|summa|summe|i alt|ialt|gesamt|gesamtsumme|zwischensumme|saldo)\b", re.IGNORECASE
)
_AMOUNT_BEHIND = re.compile(r"[\s:(]*(?:[A-Za-z]{3}|kr\.?|€|£)?[\s:)]*", re.IGNORECASE)
_UNITS = """
kr, (kr), €, (€), £, %, text, (text), tekst, date, dato, (dato), datum, number, nr, no, tal, antal, stk, valuta, währung,
amount, beløb, belopp, beløp, betrag, yyyy-mm-dd, dd-mm-yyyy, dd/mm/yyyy, mm/dd/yyyy, dd-mm-åååå, åååå-mm-dd, dd-mm-åå,
TT-MM-JJJJ, TT-MM-JJ, TT/MM/JJJJ
"""
_CODES = re.compile(r"\(?\s*(?:in\s+|i\s+)?[A-Z]{3}\s*\)?")
_PAGE = re.compile(r"(?:side|page|seite|sida|s\.)\s*:?\s*\d+(?:\s*(?:af|of|von|av|/)\s*\d+)?", re.IGNORECASE)


@cache
def _folded(words: str) -> frozenset[str]:
    return frozenset(fold(word) for word in words.split(","))


def is_total_label(cell: Cell) -> bool:
    """Return whether a cell is a word for a total with at most a currency: ``Total``, ``I alt:``, ``Summe EUR``."""
    if not isinstance(cell, str) or _NO_TOTAL.search(cell):
        return False
    text = cell.strip()
    if fold(text) in _folded(_TOTALS):
        return True
    found = _BEGINS.match(text)
    return bool(found and _AMOUNT_BEHIND.fullmatch(text[found.end() :]))


def begins_like_a_total(cell: Cell) -> bool:
    """Return whether a cell starts with a word for a total: ``Total for customer 1001``, ``Sum Havblik Handel ApS``."""
    return isinstance(cell, str) and bool(_BEGINS.match(cell.strip()))


def is_currency_code(cell: Cell) -> bool:
    """Return whether a cell looks like a currency code: ``DKK``, ``(EUR)``."""
    return isinstance(cell, str) and bool(_CODES.fullmatch(cell.strip()))


def is_unit(cell: Cell) -> bool:
    """Return whether a cell is a unit as below a heading: ``DKK``, ``(kr.)``, ``dd-mm-åååå``."""
    return isinstance(cell, str) and (is_currency_code(cell) or fold(cell) in _folded(_UNITS))


def is_page_mark(text: str) -> bool:
    """Return whether a text is a page number: ``Side 2 af 7``."""
    return bool(_PAGE.fullmatch(text.strip()))
