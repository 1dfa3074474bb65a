"""The local users of the page: their passwords are kept as argon2 hashes."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from importer.errors import UsageError

SHORTEST, LONGEST = 12, 1024
_AT_ONCE = BoundedSemaphore(2)  # each check takes 64 MB for a moment


def hashed(password: str) -> str:
    """Return the line to write into the settings for a password. Raises UsageError if it is too short."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise UsageError(f"A password has {SHORTEST} to {LONGEST:,} characters. Choose another one; nothing was written.")
    return PasswordHasher().hash(password)


def is_right(users: Mapping[str, str], name: str, password: str) -> bool:
    """Return whether this is the user's password. It takes as long for a user who does not exist."""
    known = {user.casefold(): line for user, line in users.items()}
    line = known.get(name.casefold())
    if len(password) > LONGEST:
        return False
    with _AT_ONCE:
        try:
            return PasswordHasher().verify(line or _of_nobody(), password) and line is not None
        except (Argon2Error, InvalidHashError):
            return False


@cache
def _of_nobody() -> str:
    return PasswordHasher().hash("nobody has this password")
