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
    """Return whether the text can be an id at all: letters and digits with separators, with a digit that is not zero.

    A nil UUID, a word and a path are none.
    """
    if len(remote_id) > LONGEST_ID:
        return False
    return _ID.fullmatch(remote_id.strip()) is not None and re.search("[1-9]", remote_id) is not None


_ID = re.compile(r"\{?(?:urn:uuid:)?[A-Za-z0-9]+(?:[-_.:][A-Za-z0-9]+){0,20}\}?", re.ASCII)
LONGEST_ID = 200
