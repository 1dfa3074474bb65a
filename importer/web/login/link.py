"""The login on this machine: a link that works once, shown where `importer serve` was started."""

from __future__ import annotations

import hmac
import secrets
from threading import Lock


class OneTimeLink:
    """The present link. Opening it ends it; another one is made when it is asked for in the terminal."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._token = secrets.token_urlsafe(32)

    def renew(self) -> str:
        """Make another link, and return its token. An earlier one means nothing any more."""
        with self._lock:
            self._token = secrets.token_urlsafe(32)
            return self._token

    def take(self, token: str) -> bool:
        """Return whether the token is that of the link, which then means nothing any more."""
        with self._lock:
            is_right = bool(self._token) and hmac.compare_digest(token.encode(), self._token.encode())
            if is_right:
                self._token = ""
            return is_right
