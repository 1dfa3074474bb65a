"""The profiles whose last import had values that nobody has confirmed. Rows with them are questions in a run without a person."""

from __future__ import annotations

from dataclasses import dataclass

from importer.domain.confirmed_values import UnconfirmedValue
from importer.domain.row_states import StateColumn
from importer.errors import ProfileError
from importer.ledger.queries.queries import Queries
from importer.loader.profile import Profile
from importer.loader.profiles.profile_file import load_profile
from importer.workspace.workspace import Workspace

_MOST_NAMED = 5


@dataclass(frozen=True, slots=True)
class UnconfirmedProfile:
    """A profile, the file of its last import, and the values in it that wait for a confirmation."""

    profile: str
    source: str
    values: tuple[UnconfirmedValue, ...]

    def text(self) -> str:
        """Return what waits and how it is confirmed, as the beginning of a sentence without its end."""
        named = ", ".join(f'"{one.text}"' for one in self.values[:_MOST_NAMED])
        more = f" and {len(self.values) - _MOST_NAMED:,} more" if len(self.values) > _MOST_NAMED else ""
        count = "1 value" if len(self.values) == 1 else f"{len(self.values):,} values"
        return (
            f"the profile {self.profile} waits for a confirmation of {count} ({named}{more}) of {self.source}, its last import: "
            f"rows with them are questions, and are not sent. `importer map --confirm {self.profile}` shows what they were taken "
            "for, and confirms it"
        )

    def as_json(self) -> dict[str, object]:
        """Return the profile as in the JSON of commands."""
        values = [{"heading": one.heading, "value": one.text, "taken_for": one.meaning.value} for one in self.values]
        return {"profile": self.profile, "file": self.source, "values": values}


def unconfirmed_profiles(queries: Queries, workspace: Workspace) -> list[UnconfirmedProfile]:
    """Return the profiles that wait for a confirmation, by name. What the profile's file says now counts as confirmed."""
    found = []
    for name, (source, values) in queries.unconfirmed_values().items():
        said = _said_by(name, workspace)
        if left := tuple(one for one in values if one.text not in said):
            found.append(UnconfirmedProfile(name, source, left))
    return found


def _said_by(name: str, workspace: Workspace) -> frozenset[str]:
    """Return the values of which the profile's file says what they mean; none if it cannot be read, or is gone."""
    try:
        profile: Profile = load_profile(name, workspace.profile_folders)
    except ProfileError:
        return frozenset()
    return frozenset(text for column in StateColumn for text in profile.values.get(column, {}))
