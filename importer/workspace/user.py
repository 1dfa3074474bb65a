"""Who runs a command, as it is recorded with answers."""

from __future__ import annotations

import getpass
import socket


def current_user() -> str:
    """Return the user of this process and the machine: ``ann@host``."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError, ImportError):  # no name for this user id
        name = "unknown"
    return f"{name}@{socket.gethostname()}"
