"""Values that a claim does not need: a wrong one is left out of the request, and does not stop the claim.

They are the debtor's e-mail address and phone, the state of a debtor outside the United States, and a registration number that
cannot be one. No other column is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from importer.domain.notes import NoteKind
from importer.domain.records import ValueNote
from importer.domain.us_states import US
from importer.loader.records.row_values import RowValues
from importer.loader.values.emails import emails_in
from importer.loader.values.registration_numbers import fits_country
from importer.loader.values.text import DAMAGED

_EMAIL, _PHONE, _STATE, _NUMBER = "debtor_email", "debtor_phone", "debtor_state", "debtor_registration_number"
_LONGEST_COMMENTS = 4000
_LONGEST_NUMBER = 30
_FEWEST_DIGITS = 3
_DIGIT = re.compile(r"\d")


def read_optional(found: RowValues, *, leaves_out: bool) -> tuple[ValueNote, ...]:
    """Take wrong optional values out of the row of a case, and return what is to be said of them.

    Without ``leaves_out`` they stay, and are errors as in any other column.
    """
    notes = list(_unreadable(found)) if leaves_out else []
    notes += _emails(found, leaves_out=leaves_out)
    if leaves_out:
        notes += _phone(found)
    return (*notes, *_number(found), *cleaned(found))


def cleaned(found: RowValues) -> tuple[ValueNote, ...]:
    """Return what was taken out of the identifiers of a row that is no part of them."""
    return tuple(_note(found, kind, name) for name, kind in found.cleaned)


def _unreadable(found: RowValues) -> Iterator[ValueNote]:
    """Take out the reasons against optional cells that could not be read; a text that is damaged stays an error."""
    names = (_EMAIL, _PHONE) if found.values.get("debtor_country") == US else (_EMAIL, _PHONE, _STATE)
    gone = [one for one in found.reasons if one.field in names and one.code != DAMAGED]
    found.reasons = [one for one in found.reasons if one not in gone]
    for one in gone:
        yield _note(found, NoteKind.OPTIONAL_LEFT_OUT, one.field or "", _gist(one.message))


def _emails(found: RowValues, *, leaves_out: bool) -> Iterator[ValueNote]:
    """Send the first of several addresses, and write the others to the comments, if they fit."""
    written = found.values.get(_EMAIL)
    if written is None:
        return
    addresses, has_others = emails_in(written)
    if not addresses or has_others:
        if not leaves_out:
            return  # the model says what is wrong
        what = "is not an e-mail address" if not addresses else "holds something else beside an e-mail address"
        yield _note(found, NoteKind.OPTIONAL_LEFT_OUT, _EMAIL, what)
    if not addresses:
        del found.values[_EMAIL]
        return
    found.values[_EMAIL], *others = addresses
    if others:
        yield _note(found, NoteKind.FURTHER_EMAILS, _EMAIL, _with_comments(found, others))


def _with_comments(found: RowValues, others: list[str]) -> str:
    """Write further addresses to the comments, and return what became of them."""
    if found.failed("comments"):
        return "were left out"
    line = f"Further e-mail addresses of the debtor: {', '.join(others)}"
    text = "\n".join(filter(None, (found.values.get("comments"), line)))
    if len(text) > _LONGEST_COMMENTS:
        return "were left out, since the comments are full"
    found.values["comments"] = text
    return "were written to the comments"


def _phone(found: RowValues) -> Iterator[ValueNote]:
    written = found.values.get(_PHONE)
    if written is not None and len(_DIGIT.findall(written)) < _FEWEST_DIGITS:
        del found.values[_PHONE]
        yield _note(found, NoteKind.OPTIONAL_LEFT_OUT, _PHONE, "is not a phone number")


def _number(found: RowValues) -> Iterator[ValueNote]:
    """Leave out a registration number that cannot be one; one whose check digit does not fit is sent, and said."""
    written = found.values.get(_NUMBER)
    if written is None:
        return
    if len(written) > _LONGEST_NUMBER or not _DIGIT.search(written):
        del found.values[_NUMBER]
        yield _note(found, NoteKind.OPTIONAL_LEFT_OUT, _NUMBER, "cannot be a registration number")
    elif not fits_country(found.values.get("debtor_country", ""), written):
        yield _note(found, NoteKind.UNPROVEN_NUMBER, _NUMBER)


def _note(found: RowValues, kind: NoteKind, name: str, why: str = "") -> ValueNote:
    reader = next((known for known in found.readers if known.name == name), None)
    return ValueNote(kind, reader.bound.heading if reader else name, why)


def _gist(message: str) -> str:
    """Return what is wrong, without the advice."""
    return message.partition(". ")[0].partition(":")[0]
