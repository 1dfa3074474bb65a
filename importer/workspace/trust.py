"""Whether a settings file may be used: a file of a stranger could send keys and debtors' data to another server.

A file is trusted if it belongs to the user or to root, or is in a workspace that the user has joined, and if nobody else may
change it, apart from the group that the user has agreed to on joining.
"""

from __future__ import annotations

import os
import shlex
import stat
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from importer.errors import SettingsError
from importer.workspace.trust_memory import JoinedWorkspace, TrustMemory

ROOT_USER = 0


@dataclass(frozen=True)
class FileFacts:
    """Who owns a file and who may change it. A symbolic link has two owners: its own and that of the file."""

    owners: frozenset[int]
    group: int
    mode: int


@dataclass(frozen=True)
class Group:
    """A group of users with the ids of its members; None if they are not known."""

    name: str
    members: frozenset[int] | None


def objection(
    path: Path, facts: FileFacts, user: int, joined: JoinedWorkspace | None, group_of: Callable[[int], Group]
) -> str | None:
    """Return what is wrong with the file and what to do about it; None if it is trusted."""
    file, folder = shlex.quote(str(path)), shlex.quote(str(path.parent))
    if facts.mode & stat.S_IWOTH:
        return (
            f"Every user of this machine may change the settings file {path}. Run `chmod o-w {file}`, and look at what it says."
        )
    accepted = {user, ROOT_USER} if joined is None else {user, ROOT_USER, joined.owner} | _members(joined.group, group_of)
    if strangers := facts.owners - accepted:
        whose = f"belongs to {' and '.join(map(user_name, sorted(strangers)))}"
        since = "" if joined is None else " now, and did not when you joined the workspace"
        return (
            f"The settings file {path} {whose}{since}. It decides where keys and debtors' data go. If you are to work in that "
            f"workspace, run `importer init --join {folder}`, which shows what it says."
        )
    if not facts.mode & stat.S_IWGRP or (joined is not None and joined.group == facts.group):
        return None
    group = group_of(facts.group)
    if group.members is not None and group.members <= {user, ROOT_USER} | facts.owners:
        return None
    return (
        f"The members of the group {group.name} may change the settings file {path}. Run `chmod g-w {file}`; or, if the "
        f"workspace is that group's (group under [workspace]), run `importer init --join {folder}`."
    )


def _members(group: int | None, group_of: Callable[[int], Group]) -> frozenset[int]:
    return frozenset() if group is None else group_of(group).members or frozenset()


def refuse_untrusted(path: Path) -> None:
    """Raise SettingsError for a settings file that may not be used. On Windows, which has other rights, none is refused."""
    if sys.platform == "win32" or (facts := facts_of(path)) is None:
        return
    shown = path.absolute()
    if problem := objection(shown, facts, os.geteuid(), None, group_of):
        # What the user remembers is only read for a file that needs it.
        joined = TrustMemory.of_user().joined(shown.parent)
        problem = objection(shown, facts, os.geteuid(), joined, group_of) if joined else problem
        if problem:
            raise SettingsError(problem)


def facts_of(path: Path) -> FileFacts | None:
    """Return who owns the file and who may change it; None if there is none, or if it cannot be looked at."""
    try:
        link, file = path.lstat(), path.stat()
    except (OSError, ValueError):
        return None
    return FileFacts(frozenset({link.st_uid, file.st_uid}), file.st_gid, file.st_mode)


def group_of(number: int) -> Group:
    """Return a group of this machine. The members of an unknown one are unknown, unless it is the user's own."""
    import grp
    import pwd

    try:
        found = grp.getgrgid(number)
    except KeyError:
        return Group(str(number), frozenset() if number == os.getegid() else None)
    named = set(found.gr_mem)
    return Group(found.gr_name, frozenset(one.pw_uid for one in pwd.getpwall() if one.pw_gid == number or one.pw_name in named))


def user_name(number: int) -> str:
    """Return the name of a user of this machine, or the number of one without a name."""
    import pwd

    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return f"the user {number}"
