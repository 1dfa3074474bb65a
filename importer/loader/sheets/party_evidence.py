"""Whether the cells of a column are the names of debtors, as the legal forms and the personal names in them show."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from importer.domain.cells import Cell
from importer.domain.parties.forms import FormKind, form_in, legal_forms, words_in
from importer.domain.parties.names import is_personal_name
from importer.loader.values.parsers import display_text, is_blank

_NAMES, _COMPANIES = 0.8, 0.2  # shares of the different cells


def are_debtor_names(cells: Iterable[Cell]) -> bool:
    """Return whether cells are names of companies and persons, and differ.

    At least every fifth must have the legal form of a company, since persons alone may be anybody, such as the people in
    charge. One name in all rows is rather the creditor's.
    """
    texts = [display_text(cell).strip() for cell in cells if isinstance(cell, str) and not is_blank(cell)]
    different = set(texts)
    if not texts or (len(different) == 1 and len(texts) > 1):
        return False
    companies = {text for text in different if _has_form(text)}
    persons = {text for text in different - companies if is_personal_name(text) or _is_of_several_words_of_trade(text)}
    return len(companies) >= _COMPANIES * len(different) and len(companies | persons) >= _NAMES * len(different)


def _is_of_several_words_of_trade(name: str) -> bool:
    return " " in name and FormKind.NO_PERSON in words_in(name)


def _has_form(name: str) -> bool:
    """Return whether a name has a legal form of any country, or words that only companies and public bodies have."""
    return bool(words_in(name) - {FormKind.NO_PERSON}) or any(form_in(name, country) is not None for country in _countries())


@cache
def _countries() -> tuple[str | None, ...]:
    return (None, *sorted({country for form in legal_forms() for country in form.countries}))
