"""The joins and splits of a sheet, as values: the columns that they fill, the cells of each, and how sure they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from importer.domain.part_headings import PartKind, part_of
from importer.loader.joins.composed import CompanyOrPerson, Composed, SplitCell

_DOUBTED = frozenset((PartKind.HOUSE_NUMBER, PartKind.POSTAL_TOWN))


class JoinCertainty(StrEnum):
    """How sure a join or split is: SURE ones are read so without a profile, the others only if a person says so."""

    SURE = "sure"
    POSSIBLE = "possible"
    DOUBTFUL = "doubtful"


@dataclass(frozen=True, slots=True)
class Composition:
    """A join or a split of a sheet: the columns that it fills, each with the cells that it is made of.

    ``doubt`` says what contradicts one that the headings suggest, as the end of a sentence.
    """

    fills: Mapping[str, Composed]
    certainty: JoinCertainty = JoinCertainty.SURE
    doubt: str = ""

    @property
    def is_split(self) -> bool:
        return any(isinstance(one, SplitCell) for one in self.fills.values())

    @property
    def has_company(self) -> bool:
        """Whether there is a column of companies beside the names of persons."""
        return any(isinstance(one, CompanyOrPerson) for one in self.fills.values())

    @property
    def headings(self) -> tuple[str, ...]:
        """The headings of the cells, in the order in which they are joined."""
        return next(iter(self.fills.values())).headings

    @property
    def places(self) -> tuple[int, ...]:
        return next(iter(self.fills.values())).places


@dataclass(frozen=True)
class Compositions:
    """The joins and splits by which a sheet is read, and those ``in_doubt``, which the headings suggest and the cells do not."""

    used: tuple[Composition, ...] = ()
    in_doubt: tuple[Composition, ...] = ()

    def fills(self) -> dict[str, Composed]:
        """Map each column that is joined or split to the cells that it is made of."""
        return {name: made for one in self.used for name, made in one.fills.items()}

    def with_contact(self, name: str | None) -> Compositions:
        """Return them with this contact person for companies for which the row names none."""
        if name is None or not any(one.has_company for one in self.used):
            return self
        return replace(self, used=tuple(_with_contact(one, name) for one in self.used))

    def left_apart(self) -> list[str]:
        """Return the headings that are not joined or split since their cells contradict: of a number, or of a whole text."""
        return [heading for one in self.in_doubt for heading in one.headings if part_of(heading) in _DOUBTED]

    def added_names(self, names: Sequence[tuple[str, ...]]) -> dict[int, tuple[str, ...]]:
        """Return the names of the headings' columns, by position, with those that are joined or split."""
        added = dict(enumerate(names))
        for name, made in self.fills().items():
            for place in made.places:
                added[place] = tuple(dict.fromkeys((*added[place], name)))
        return added


def _with_contact(one: Composition, contact: str) -> Composition:
    fills = {
        name: replace(made, otherwise=contact) if isinstance(made, CompanyOrPerson) and made.is_contact else made
        for name, made in one.fills.items()
    }
    return replace(one, fills=fills)
