"""Ids that servers give to cases and vouchers: which texts can be one, and which of them are the same."""

from __future__ import annotations

import re
from uuid import UUID


def remote_key(remote_id: str) -> str:
    """Return the form by which remote ids are compared: lower case, without hyphens, braces, blanks and ``urn:uuid:``.

    A UUID is a number with several spellings, and a list may spell it unlike the response to the request that created it.
    The ledger's index of remote ids folds them in the same way (``storage.schema.REMOTE_KEY``).
    """
    folded = remote_id.strip().lower().removeprefix("urn:uuid:")
    return folded.translate(_IGNORED)


_IGNORED = dict.fromkeys(map(ord, "-{}"))


def is_uuid(remote_id: str) -> bool:
    """Return whether the text is a UUID, in any spelling, that is not nil (all zeros or all ones)."""
    try:
        number = UUID(remote_id.strip()).int
    except ValueError:
        return False
    return 0 < number < 2**128 - 1


def can_be_id(remote_id: str) -> bool:
    """Return whether the text has the form of an id, letters and digits with separators, and is not only zeros."""
    is_formed = len(remote_id) <= LONGEST_ID and _ID.fullmatch(remote_id.strip()) is not None
    return is_formed and remote_key(remote_id).strip("0") != ""


def can_be_new_id(remote_id: str) -> bool:
    """Return whether a response may give the text as the id of what it created: not a word, such as ``created``."""
    text = remote_id.strip()
    return can_be_id(text) and not (text.isalpha() and len(text) > 1)


_ID = re.compile(r"\{?(?:urn:uuid:)?[A-Za-z0-9]+(?:[-_.:][A-Za-z0-9]+){0,20}\}?", re.ASCII)
LONGEST_ID = 200
