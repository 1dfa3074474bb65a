"""Whether a list and its master data mean the same debtor."""

from __future__ import annotations

from importer.domain.code_lists import find_country
from importer.domain.identity import match_text
from importer.domain.parties.forms import ends_in_a_form_of_any_country, folded_words

LEAST_OF_CUT_NAME = 20
"""Characters from which on a name may be the beginning of a longer one, which a program has cut off."""


def is_same_name(one: str, other: str) -> bool:
    """Return whether two names under one customer number are those of one debtor.

    They may differ in case, accents, punctuation, the order of words and a legal form that one of them lacks, and one may be cut
    off.
    """
    if _is_beginning(one, other) or _is_beginning(other, one):
        return True
    (first, form), (second, other_form) = _parted(one), _parted(other)
    return sorted(first) == sorted(second) and (not form or not other_form or form == other_form)


def is_same_value(one: str, other: str) -> bool:
    """Return whether two texts differ only in case, accents, punctuation and blanks."""
    return match_text(one) == match_text(other) or "".join(folded_words(one)) == "".join(folded_words(other)) != ""


def are_other_countries(one: str, other: str) -> bool:
    """Return whether two texts are surely different countries."""
    first, second = find_country(one), find_country(other)
    return first is not None and second is not None and first != second


def _is_beginning(one: str, other: str) -> bool:
    cut, whole = ("".join(folded_words(text)) for text in (one, other))
    return len(one.strip()) >= LEAST_OF_CUT_NAME and whole.startswith(cut)


def _parted(name: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the folded words of a name without the legal forms at its end, and those."""
    words = name.split()
    form: list[str] = []
    while len(words) > 1 and ends_in_a_form_of_any_country(" ".join(words)):
        form.insert(0, words.pop())
    return folded_words(" ".join(words)), folded_words(" ".join(form))
