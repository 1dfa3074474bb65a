"""Groups and users of this machine, for tests of what one person can do with another's files."""

from __future__ import annotations

import os
import pickle
import sys
from collections.abc import Callable, Sequence
from typing import TypeVar


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


Result = TypeVar("Result")


def as_person(uid: int, groups: Sequence[int], do: Callable[[], Result]) -> Result:
    """What ``do`` returns in a process of the user ``uid``, who has the strictest umask. Only root can become others.

    What ``do`` imports must have been imported before: the interpreter's files may be root's alone.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        answer: tuple[bool, object] = (False, "it ended early")
        try:
            os.setgroups(list(groups))
            os.setgid(uid)
            os.setuid(uid)
            os.umask(0o077)
            answer = (True, do())
        except BaseException as error:  # noqa: BLE001  (whatever it is, the test must see it)
            answer = (False, repr(error))
        finally:
            with os.fdopen(writing, "wb") as pipe:
                pipe.write(pickle.dumps(answer))
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        done, found = pickle.loads(pipe.read())
    os.waitpid(child, 0)
    assert done, found
    return found  # type: ignore[no-any-return]
