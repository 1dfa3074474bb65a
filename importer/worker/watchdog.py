"""Signs of life for systemd: a service with ``WatchdogSec`` is started again if they stop."""

from __future__ import annotations

import os
import socket
from contextlib import suppress

READY, ALIVE, STOPPING = "READY=1", "WATCHDOG=1", "STOPPING=1"


def tell_systemd(state: str) -> None:
    """Send a state to systemd, by the protocol of ``sd_notify``. Nothing happens outside of systemd."""
    place = os.environ.get("NOTIFY_SOCKET", "")
    if not place or not hasattr(socket, "AF_UNIX"):
        return
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sending:
        sending.connect("\0" + place[1:] if place.startswith("@") else place)
        sending.send(state.encode())
