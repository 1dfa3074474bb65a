"""Who uses the page, and what each may do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from importer.domain.batches import Person
from importer.web_settings import PageRole

EVERY_ROLE = frozenset(PageRole)


class Access(Enum):
    """Who may open an address of the page."""

    LOOK = "look"  # every user with a role
    PREPARE = "prepare"
    APPROVE = "approve"
    DECIDE = "decide"  # who may prepare or approve


_ROLES = {
    Access.LOOK: EVERY_ROLE,
    Access.PREPARE: frozenset({PageRole.PREPARE}),
    Access.APPROVE: frozenset({PageRole.APPROVE}),
    Access.DECIDE: frozenset({PageRole.PREPARE, PageRole.APPROVE}),
}


@dataclass(frozen=True)
class User:
    """A user who is logged in. ``person`` is recorded with everything that the user does."""

    person: Person
    roles: frozenset[PageRole]

    @property
    def name(self) -> str:
        """Return the user's name."""
        return self.person.name

    def may(self, access: Access) -> bool:
        """Return whether the user may open what asks for this access."""
        return bool(self.roles & _ROLES[access])
