"""The schedulers. Apart, since the command line needs it before anything else."""

from __future__ import annotations

from enum import StrEnum


class Kind(StrEnum):
    """The schedulers that can be written for."""

    SYSTEMD = "systemd"
    CRONTAB = "crontab"
    LAUNCHD = "launchd"
    WINDOWS = "windows"
