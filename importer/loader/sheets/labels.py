"""Words for totals, units and page marks in five languages."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from functools import cache, lru_cache

from importer.domain.cells import Cell
from importer.domain.text_keys import fold

_TOTALS = """
Total, Totals, Grand total, Sub total, Sum, Sum total, Total amount, Total due, Carried forward, Brought forward,
I alt, Ialt, Total i alt, Sum i alt, Totalsum, Samlet, Saldo, Saldo i alt, Mellemsum, Overført, Transport,
Summa, Totalt, Totalsumma, Delsumma, Summa totalt, Sammanlagt, Sum totalt, Delsum, Mellomsum,
Hovedtotal, Hovedsum, Gesamtergebnis, Ergebnis,
Summe, Summen, Gesamt, Gesamtsumme, Gesamtbetrag, Gesamtsaldo, Zwischensumme, Endsumme, Insgesamt, Übertrag
"""
_NO_TOTAL = re.compile(r"[0-9]")  # labels of totals have no digits, and most tested cells do
_BEGINS = re.compile(
    r"(?:grand\s+|sub[- ]?)?(?:totals?|sum|summa|summe|i alt|ialt|gesamt|gesamtsumme|gesamtsaldo|zwischensumme|saldo|mellemsum"
    r"|delsumma|delsum|mellomsum|samlet|overført|overførsel|übertrag|carried forward|brought forward)\b",
    re.IGNORECASE,
)
_ENDS = re.compile(
    r"(.+?)[\s:,(-]+(?:(?:grand\s+|sub[- ]?)?total|totals|totalt|i alt|ialt|in total|sum|summa|summe|gesamt|gesamtsumme|insgesamt"
    r"|saldo|gesamtsaldo|mellemsum|delsumma|delsum|mellomsum|zwischensumme|ergebnis)[\s:)]*",
    re.IGNORECASE,
)
_CLOSING = " \t\n\r\u00a0:)"
_LAST_WORDS = ("total", "totals", "totalt", "alt", "sum", "summa", "summe", "gesamt", "saldo", "ergebnis")
"""The ends of texts that the pattern above may match, which takes long to find out."""
_OF_WHAT = """
saldo, balance, i, alt, due, overdue, outstanding, open, amount, amounts, invoices, items, all, customers, debtors, in, not, yet,
forfaldent, forfalden, forfaldne, ikke, åben, åbne, åbent, poster, fakturaer, beløb, kunder, debitorer, skyldig, skyldigt,
restance, förfallet, förfallen, förfallna, ej, öppna, öppet, fakturor, belopp, kunder, forfalt, forfalte, åpne, åpent, beløp,
sum, total, offen, offene, offener, offenen,
fällig, fällige, überfällig, überfällige, posten, rechnungen, betrag, beträge, kunden,
forderungen, inkl, incl, excl, ekskl, exkl, moms, vat, mwst, og, and, och, und
"""
_WORD = re.compile(r"[^\W\d_]+")
_STARS = re.compile(r"\*{1,5}")
_COUNTS = re.compile(
    r"(?:antal|antall|anzahl|number of|count|no\. of)\b[^0-9]*[0-9][0-9.,' ]*"
    r"|[0-9][0-9.,' ]*\s*(?:poster|posten|positionen|items|rows|invoices|fakturaer|fakturor|rechnungen|rækker|rader)",
    re.IGNORECASE,
)
_AGE = re.compile(
    r"(?:(?:over|more than|mere end|mer än|mer enn|über|mehr als)\s+)?\d+"
    r"(?:\s*(?:-|–|to|til|till|bis)\s*\d+|\s*(?:\+|or more|og mere|eller mer|und mehr))?\s*(?:days?|dage|dagar|dager|tage)\b.*"
    r"|current|not due|ikke forfalden|ikke forfaldent|ej förfallet|ej förfallen|ikke forfalt|nicht fällig",
    re.IGNORECASE,
)
_OF_GROUP = re.compile(
    r"[\s:,-]*(?:\(.*\)|(?:for|of|på|för|von|für)\s.*|(?:kunde?n?|kund|customer|client|debitor|debtor|account|konto)\b.*"
    r"|\(?[0-9][0-9.,' ]*\s*(?:poster|posten|positionen|items|rows|invoices|fakturaer|fakturor|rechnungen|rækker|rader)\)?)",
    re.IGNORECASE,
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
    return isinstance(cell, str) and _is_total_label(cell.strip())


@lru_cache(maxsize=1024)
def _is_total_label(text: str) -> bool:
    if _NO_TOTAL.search(text):
        return False
    if fold(text) in _folded(_TOTALS):
        return True
    found = _BEGINS.match(text)
    return bool(found and _AMOUNT_BEHIND.fullmatch(text[found.end() :]))


def is_whole_total(cell: Cell) -> bool:
    """Return whether a cell is a word for a total, alone or with what it sums up: ``Samlet saldo``, ``I alt forfaldne``."""
    if not isinstance(cell, str) or not names_total(cell):
        return False
    text, found = cell.strip(), _BEGINS.match(cell.strip())
    if found is None or is_total_label(text):
        return True
    rest = text[found.end() :]
    return not _NO_TOTAL.search(rest) and all(fold(word) in _folded(_OF_WHAT) for word in _WORD.findall(rest))


def summed_up_in(cell: Cell) -> Iterator[str]:
    """Yield the folded texts beside a word for a total, in front of it or behind: ``I alt Skov ApS``, ``Skov ApS i alt``."""
    text = cell.strip() if isinstance(cell, str) else ""
    if found := _BEGINS.match(text):
        yield fold(text[found.end() :].lstrip(" :,-("))
    if text.rstrip(_CLOSING).casefold().endswith(_LAST_WORDS) and (found := _ENDS.fullmatch(text)):
        yield fold(found[1])


def begins_like_a_total(cell: Cell) -> bool:
    """Return whether a cell starts with a word for a total: ``Total for customer 1001``, ``Sum Havblik Handel ApS``."""
    return isinstance(cell, str) and bool(_BEGINS.match(cell.strip()))


def names_total(cell: Cell) -> bool:
    """Return whether a cell marks a total: a word for it, alone or in front of what is summed up, stars, or a number of rows."""
    return isinstance(cell, str) and bool(cell) and _names_total(cell.strip())


@lru_cache(maxsize=1024)
def _names_total(text: str) -> bool:
    return bool(_STARS.fullmatch(text) or _COUNTS.fullmatch(text)) or is_total_label(text) or begins_like_a_total(text)


def names_total_of(cell: Cell, groups: Collection[str]) -> bool:
    """Return whether a cell among names marks a total, and is not the name of a debtor such as ``Total Energi A/S``.

    ``groups`` are the folded names and numbers of the debtors above it, whose total it may be.
    """
    if not isinstance(cell, str) or not names_total(cell):
        return False
    found = _BEGINS.match(cell.strip())
    if found is None or is_total_label(cell):
        return True
    rest = cell.strip()[found.end() :]
    return bool(_OF_GROUP.fullmatch(rest)) or fold(rest) in groups


def is_age(text: str) -> bool:
    """Return whether a text is the head of a group of ages: ``1 - 30 days past due``, ``Current``, ``Ej förfallet``."""
    return bool(_AGE.fullmatch(" ".join(text.split())))


def is_currency_code(cell: Cell) -> bool:
    """Return whether a cell looks like a currency code: ``DKK``, ``(EUR)``."""
    return isinstance(cell, str) and bool(_CODES.fullmatch(cell.strip()))


def is_unit(cell: Cell) -> bool:
    """Return whether a cell is a unit as below a heading: ``DKK``, ``(kr.)``, ``dd-mm-åååå``."""
    return isinstance(cell, str) and (is_currency_code(cell) or fold(cell) in _folded(_UNITS))


def is_page_mark(text: str) -> bool:
    """Return whether a text is a page number: ``Side 2 af 7``."""
    return bool(_PAGE.fullmatch(text.strip()))
