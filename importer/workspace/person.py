"""By whom batches are staged, approved and discarded: the user of the operating system, or one who is logged in on the page."""

from __future__ import annotations

import os
import socket
import sys
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from importer.domain.batches import NOBODY, Person

FIRST_PERSON, NOBODY_UID = 1000, 65534
"""User ids below the first are those of the system and of services."""


_acting: ContextVar[Person | None] = ContextVar("acting", default=None)


@contextmanager
def acting_as(person: Person) -> Iterator[None]:
    """Do what is done in this context for a person who is logged in, and not for the user of the operating system."""
    before = _acting.set(person)
    try:
        yield
    finally:
        _acting.reset(before)


def current_person() -> Person:
    """Return for whom this is done: whom :func:`acting_as` names, else the user of this process.

    The latter is known by its user id and not by variables, which anybody can set.
    """
    if (person := _acting.get()) is not None:
        return person
    host = socket.gethostname()
    if sys.platform == "win32":
        return Person(os.getlogin(), host)  # there it asks the system, and reads no variable
    import pwd

    uid = os.getuid()
    try:
        return Person(pwd.getpwuid(uid).pw_name, host, uid)
    except KeyError:  # no name for this user id, as in some containers
        return Person(NOBODY.name, host, uid)


def objection_to_approver(approver: Person, stager: Person) -> str | None:
    """Describe why a person may not approve under four eyes what ``stager`` has staged; None if they may."""
    if approver.uid is not None and (approver.uid < FIRST_PERSON or approver.uid == NOBODY_UID):
        return f"{approver.name} is a user of the system, not of one person"
    if approver.name == NOBODY.name:
        return "this user has no name, so that it may be anybody"
    if is_same_person(approver, stager):
        return f"{stager.name} has staged it" + (f", who may be {approver.name}" if approver.name != stager.name else "")
    return None


def is_same_person(one: Person, other: Person) -> bool:
    """Return whether two may be one person: by the id that a login service has given them, or by their names."""
    return bool(one.subject and one.subject == other.subject) or is_same_name(one.name, other.name)


def is_same_name(one: str, other: str) -> bool:
    r"""Return whether two names of users may be those of one person.

    A terminal knows a user as ``ann``, a login perhaps as ``ann@example.com`` or as ``EXAMPLE\ann``. So a name without a
    domain is the same as one with any domain, and only two domains of one kind that differ make two people of one name.
    """
    (user, *domains), (other_user, *other_domains) = _name_parts(one), _name_parts(other)
    differ = any(ours and theirs and ours != theirs for ours, theirs in zip(domains, other_domains, strict=True))
    return user == other_user and not differ


def _name_parts(name: str) -> tuple[str, str, str]:
    """Return the user of a name, its domain of Windows and its domain of the internet, in small letters."""
    windows, _, rest = unicodedata.normalize("NFKC", name).strip().casefold().rpartition("\\")
    user, _, domain = rest.partition("@")
    return user, windows, domain
