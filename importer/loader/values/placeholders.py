"""Values that stand for none: programs and people write them into cells that must not be empty."""

from __future__ import annotations

import re

from importer.domain.columns import Column, Requirement, ValueKind

_SIGNS = re.compile(r"[-\u2010-\u2015_.?*/ ]+")
_WORDS = frozenset(
    (
        *("n/a", "n.a", "#n/a", "null", "<null>", "(null)", "none", "(none)", "nil", "tbd", "tba", "unknown", "not known"),
        *("not available", "not applicable", "no email", "no phone", "missing", "blank", "empty", "(blank)", "(empty)"),
        *("ukendt", "ikke oplyst", "ingen", "mangler", "intet", "ukjent", "ikke oppgitt", "okänd", "ej angivet"),
        *("saknas", "inget", "unbekannt", "keine", "keine angabe", "k.a", "nicht bekannt", "nicht angegeben", "fehlt"),
    )
)
_ZEROS = re.compile(r"0{2,}")
_TEST_EMAIL = re.compile(
    r"(?:test|tests|tester|none|no|noemail|no-email|nomail|ingen|ukendt|unknown|dummy|x+|na|mangler)@.*", re.IGNORECASE
)
_ZEROS_MEAN_NONE = frozenset(("debtor_phone", "debtor_zip_code", "debtor_registration_number"))
_WORDS_ARE_VALUES = frozenset((ValueKind.COUNTRY, ValueKind.CURRENCY, ValueKind.CHOICE))


def is_placeholder(text: str, column: Column) -> bool:
    """Return whether a cell of this column stands for no value: ``-``, ``n/a``, ``unknown``; for some columns ``0000``.

    In columns of countries, currencies and choices a word may be a value; only signs stand for none there.
    """
    bare = text.strip().casefold()
    if not bare:
        return False
    if not bare[0].isalnum() and _SIGNS.fullmatch(bare):
        return True
    if column.value_kind not in _WORDS_ARE_VALUES and bare.rstrip(".") in _WORDS:
        return True
    if column.name == "debtor_email" and _TEST_EMAIL.fullmatch(bare):
        return True
    return column.name in _ZEROS_MEAN_NONE and _ZEROS.fullmatch(bare) is not None


def is_required(column: Column) -> bool:
    """Return whether a sheet must have a value in this column."""
    return column.requirement is Requirement.REQUIRED
