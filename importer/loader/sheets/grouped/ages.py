"""Words for the age of a debt, as headings of columns and as heads of groups, in five languages."""

from __future__ import annotations

import re

from importer.domain.cells import Cell

_UNIT = r"(?:days?|dage?|dagar|dager|tagen?|d\.?|months?|mdr\.?|md\.?|måned(?:er)?|måneder|månader?|monat(?:e|en)?|weeks?|uger?)"
_LATE = (
    r"(?:(?:past[ -]?due|overdue|over ?due|old|late|open|outstanding|forfald(?:en|ent|ne)|over ?forfald(?:en)?|gammel|gamle|"
    r"förfall(?:en|et|na)|efter förfall|försenad|forfalt(?:e)?|over forfall|überfällig|fällig|alt|i restance|since due)\b)"
)
_MORE = (
    r"(?:over|more than|older than|mere end|ældre end|mer än|äldre än|mer enn|eldre enn|över|über|mehr als|älter als|ab|fra|from)"
)
_AND_MORE = (
    r"(?:\+|or more|and over|and above|and older|plus|og mere|og over|og derover|eller mer|och över|och mer|og eldre|und mehr|"
    r"und älter|oder mehr)"
)
_LESS = r"(?:up to|less than|under|indtil|op til|upp till|opptil|inntil|mindre end|bis|unter|weniger als)"
_NUMBER = r"[0-9]{1,3}"
_RANGE = rf"{_NUMBER} ?(?:-|–|—|to|til|till|bis|/) ?{_NUMBER}"
_SPAN = rf"(?:{_RANGE}|(?:[<>]=?|≤|≥) ?{_NUMBER}|{_MORE} {_NUMBER}|{_LESS} {_NUMBER}|{_NUMBER} ?{_AND_MORE})"
_AGED = re.compile(
    rf"(?:{_LATE} )?(?:{_SPAN}(?: ?{_UNIT})?|{_NUMBER} ?{_UNIT}(?: ?{_AND_MORE})?)"
    rf"(?:[ ,]*(?:{_LATE}|and over|and older|or more))?",
    re.IGNORECASE,
)
_WORDS = re.compile(
    r"current|not (?:yet )?due|due now|older|oldest|ikke (?:endnu )?forfald(?:en|ent|ne)|ej forfald(?:en|ent|ne)|ældre|"
    r"(?:ej|inte|icke) förfall(?:en|et|na)|äldre|ikke forfalt(?:e)?|ej forfalt|eldre|(?:noch )?nicht fällig|älter|"
    r"aktuel|aktuell|løbende|löpande",
    re.IGNORECASE,
)
_MONTHS = re.compile(
    r"(?:jan(?:uary|uar|uari)?|feb(?:ruary|ruar|ruari)?|mar(?:ch|ts|s|z)?|märz|apr(?:il)?|may|maj|mai|june?|juni|july?|juli|"
    r"aug(?:ust|usti)?|sep(?:t|tember)?|o[ck]t(?:ober)?|nov(?:ember)?|de[cz](?:ember)?)\.?",
    re.IGNORECASE,
)
_PERIOD = re.compile(
    rf"(?:{_MONTHS.pattern}[ .,/-]*(?:20)?[0-9]{{2}}|"
    r"(?:q[1-4]|[1-4]\.? ?(?:kvartal|quartal|quarter))[ .,/-]*(?:20[0-9]{2})?|"
    r"(?:uge|week|vecka|uke|kw|woche) ?[0-9]{1,2}(?:[ .,/-]*20[0-9]{2})?|"
    r"20[0-9]{2}(?:[-/.][0-9]{1,2})?|[0-9]{1,2}[-/.]20[0-9]{2})",
    re.IGNORECASE,
)
FEWEST_AGES = 2
"""Columns of ages that a table must have. One alone may mean something else."""


def is_age(cell: Cell) -> bool:
    """Return whether a cell is an age of debts, and nothing else: ``1 - 30 days past due``, ``Current``, ``> 90``.

    ``Current A/S`` and ``30 Days Fitness ApS`` are names.
    """
    if not isinstance(cell, str):
        return False
    text = " ".join(cell.split()).strip(" :")
    return bool(_AGED.fullmatch(text) or _WORDS.fullmatch(text))


def is_period(text: str) -> bool:
    """Return whether a text is a period, and so no debtor: ``October 2026``, ``Q3 2026``, ``2026-10``, ``Uge 40``."""
    return bool(_PERIOD.fullmatch(" ".join(text.split()).strip(" :")))


def age_columns(header: tuple[str, ...]) -> tuple[int, ...]:
    """Return the positions of the columns of ages; none if there are fewer than two.

    Names of months are ages beside another age or if there are several of them.
    """
    ages = [at for at, heading in enumerate(header) if is_age(heading)]
    months = [at for at, heading in enumerate(header) if _MONTHS.fullmatch(heading.strip())]
    found = sorted({*ages, *months}) if len(months) + min(len(ages), 1) > FEWEST_AGES else ages
    return tuple(found) if len(found) >= FEWEST_AGES else ()
