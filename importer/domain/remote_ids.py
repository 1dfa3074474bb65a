"""Ids that servers give to cases and vouchers: which texts can be one, and which of them are the same."""

from __future__ import annotations

from uuid import UUID

_PLACEHOLDERS = frozenset({"", "null", "none", "nil", "undefined", "nan", "true", "false", "0", "error", "string"})


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
    """Return whether the text can be an id at all: not a nil UUID, and not a word that stands for a missing value."""
    key = remote_key(remote_id)
    return key not in _PLACEHOLDERS and key.strip("0") != "" and len(key) <= LONGEST_ID and key.isprintable()


LONGEST_ID = 200
