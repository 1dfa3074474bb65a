"""The distinct values of a column, in words: what each was taken for, and whether that is certain."""

from __future__ import annotations

from importer.reporter.review.model import ValueRead, ValuesOfColumn


def ordered_values(one: ValuesOfColumn) -> list[ValueRead]:
    """Return the values of a column, the unknown and uncertain ones first."""
    return sorted(one.values, key=lambda value: (bool(value.taken), value.is_sure))


def value_text(one: ValueRead) -> str:
    """Return a value with its rows and what it was taken for: ``"Sent" (12) is an open claim, not confirmed yet``."""
    if not one.text and not one.taken:
        return f"{one.rows:,} empty"
    if one.text.casefold() == one.taken.casefold():  # a code that is its own meaning
        return f'"{one.text}" ({one.rows:,})'
    uncertain = "" if one.is_sure else ", not confirmed yet"
    return f'"{one.text}" ({one.rows:,}) is {one.taken or "not known"}{uncertain}'
