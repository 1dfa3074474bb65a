"""Groups and users of this machine, for tests of what one person can do with another's files."""

from __future__ import annotations

import os
import sys


def a_group_of_this_process() -> int:
    """A group that this process may give files to, and preferably not the one that its files have anyway."""
    if sys.platform == "win32":
        return 0
    import grp

    known = {found.gr_gid for found in grp.getgrall()}
    allowed = known if os.geteuid() == 0 else known & {*os.getgroups(), os.getegid()}
    others = sorted(allowed - {os.getegid()})
    return others[0] if others else os.getegid()


def _name() -> str:
    if sys.platform == "win32":
        return ""
    import grp

    return grp.getgrgid(a_group_of_this_process()).gr_name


PRESENT_GROUP = _name()
"""The name of that group."""
