"""Find the columns of a sheet that are joined or split: those of a profile, and those that the headings make sure.

A house number beside the street, the further lines of an address, a first beside a last name (also beside a column of
companies), and a postal code with its town in one column are read so without a profile. Whatever else may be a part of a value
is only proposed: `importer map` asks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from importer.domain.aliases import keys
from importer.domain.cells import Cell
from importer.domain.code_lists import find_country
from importer.domain.columns import column, index_of
from importer.domain.kinds import RecordKind
from importer.domain.part_headings import CompanyHeading, PartKind, company_heading, is_number_before_street, part_of
from importer.domain.text_keys import header_key
from importer.errors import FileRefused
from importer.loader.joins.composed import (
    TWO_NUMBERS,
    CompanyOrPerson,
    Composed,
    JoinedCells,
    JoinedPart,
    SplitCell,
    parts_of,
)
from importer.loader.joins.rules import CODE, STREET, TOWN, JoinItem, items_of, targets_of
from importer.loader.profile import Profile
from importer.loader.sheets.compositions import Composition, JoinCertainty
from importer.loader.sheets.headings import SheetHeadings
from importer.loader.sheets.shape import Shape, name_in
from importer.loader.values.parsers import ValueProblem, display_text, is_blank

_FEW = 5  # one cell in so many may be anything
_CONTACT, _NAME, _COUNTRY, _EMAIL = "debtor_contact_person", "debtor_name", "debtor_country", "debtor_email"
_PERSON = (PartKind.FIRST_NAME, PartKind.MIDDLE_NAME, PartKind.LAST_NAME)
_OF_CONTACT = (PartKind.CONTACT_FIRST_NAME, PartKind.CONTACT_LAST_NAME)
_OF_ADDRESS = (PartKind.FLOOR, PartKind.DOOR, PartKind.ADDRESS_LINE)


@dataclass(frozen=True)
class ColumnsFilled:
    """What is known of a sheet's columns before any join: the names that each heading fills, and the columns that are taken.

    ``by_hand`` are the columns to which a profile gives a heading or a value; their reading is not changed.
    """

    names: Sequence[tuple[str, ...]]
    by_hand: frozenset[str] = frozenset()
    constants: frozenset[str] = field(default_factory=frozenset)

    def is_open(self, name: str) -> bool:
        """Return whether nothing fills the column."""
        return name not in self.by_hand | self.constants and self.position_of(name) is None

    def position_of(self, name: str) -> int | None:
        """Return the position of the heading that fills the column, or None."""
        return next((at for at, found in enumerate(self.names) if name in found), None)


# Those of a profile


def names_by_profile(profile: Profile) -> dict[str, list[str]]:
    """Map the folded headings of a profile's joins and splits to the columns that they fill."""
    found: dict[str, list[str]] = {}
    for target, entries in profile.joins.items():
        for item in items_of(target, entries):
            found.setdefault(header_key(item.heading), []).append(target)
    for heading, value in profile.splits.items():
        found.setdefault(header_key(heading), []).extend(targets_of(value))
    return found


def composed_by_profile(headings: SheetHeadings, shape: Shape, profile: Profile) -> tuple[Composition, ...]:
    """Return the joins and splits of a profile that concern a sheet.

    Raises FileRefused if the sheet has only some of the headings of a join, or one of them twice.
    """
    joins = (_join_of(headings, name, items_of(target, entries)) for target, entries in profile.joins.items()
             if (name := name_in(shape, target)))  # fmt: skip
    splits = (_split_of(headings, shape, heading, targets_of(value)) for heading, value in profile.splits.items())
    return tuple(one for one in (*joins, *splits) if one is not None)


def _join_of(headings: SheetHeadings, name: str, items: Sequence[JoinItem]) -> Composition | None:
    places = [_place_of(headings, item.heading) for item in items]
    if all(place is None for place in places):
        return None  # another sheet of the workbook
    if gone := next((item.heading for item, place in zip(items, places, strict=True) if place is None), None):
        raise FileRefused(
            f'Sheet "{headings.sheet}": the profile joins {_listed(items)} to {name}, but there is no column "{gone}". '
            f"Add the column, or take the heading out of [joins] in the profile."
        )
    found = zip(items, places, strict=True)
    return Composition({name: JoinedCells(tuple(_part(item, place) for item, place in found if place is not None))})


def _part(item: JoinItem, place: int) -> JoinedPart:
    return JoinedPart(place, item.heading, item.before, part_of(item.heading) is PartKind.HOUSE_NUMBER)


def _split_of(headings: SheetHeadings, shape: Shape, heading: str, targets: Sequence[str]) -> Composition | None:
    place = _place_of(headings, heading)
    names = [name for target in targets if (name := name_in(shape, target))]
    return _split(heading, place, names) if place is not None and names else None


def _split(
    heading: str, place: int, names: Sequence[str], certainty: JoinCertainty = JoinCertainty.SURE, doubt: str = ""
) -> Composition:
    has_street = STREET in names
    return Composition({name: SplitCell(place, heading, name, has_street) for name in names}, certainty, doubt)


def _place_of(headings: SheetHeadings, heading: str) -> int | None:
    places = [at for at, found in enumerate(headings.header) if header_key(found) == header_key(heading)]
    if len(places) > 1:
        raise FileRefused(
            f'Sheet "{headings.sheet}": there are two columns "{heading}", which the profile joins or splits. '
            f"Rename or remove one of them."
        )
    return places[0] if places else None


def _listed(items: Iterable[JoinItem]) -> str:
    return " and ".join(f'"{item.heading}"' for item in items)


# Those of the headings


def composed_by_headings(headings: SheetHeadings, filled: ColumnsFilled) -> list[Composition]:
    """Return the joins and splits that the headings suggest in a sheet with cases, sure or not."""
    finder = _Finder(headings, filled)
    found = (*finder.address(), finder.contact(), finder.person(), finder.name_lines(), finder.emails(), finder.postal_town())
    return [one for one in found if one is not None]


@dataclass
class _Finder:
    """Looks for joins and splits in the headings that fill no column."""

    headings: SheetHeadings
    filled: ColumnsFilled

    def __post_init__(self) -> None:
        keys_found = [header_key(heading) for heading in self.headings.header]
        self._free = [
            at
            for at, heading in enumerate(self.headings.header)
            if self.headings.free(at) and not self.filled.names[at] and keys_found.count(keys_found[at]) == 1
        ]
        self._kinds = {at: part_of(self.headings.header[at]) for at in self._free}

    def _of(self, *kinds: PartKind) -> list[int]:
        return [at for at in self._free if self._kinds[at] in kinds]

    def _filled_by_heading(self, name: str) -> int | None:
        """Return the position of the heading that fills a column, unless a profile says so."""
        at = self.filled.position_of(name)
        return at if at is not None and name not in self.filled.by_hand and self.headings.free(at) else None

    def address(self) -> Iterator[Composition]:
        street, numbers = self._filled_by_heading(STREET), self._of(PartKind.HOUSE_NUMBER)[:1]
        further = self._of(*_OF_ADDRESS)
        if street is None or not (numbers or further):
            return
        doubt = self._doubt_of_number(street, numbers[0]) if numbers else ""
        is_before = bool(numbers) and numbers[0] < street and is_number_before_street(self.headings.header[numbers[0]])
        whole = [*numbers, street, *further] if is_before else [street, *numbers, *further]
        if not doubt:
            yield self._joined(STREET, whole)
            return
        if further:  # these lines are sure, whatever the number is
            yield self._joined(STREET, [street, *further])
        yield self._joined(STREET, whole, JoinCertainty.DOUBTFUL, doubt)

    def _doubt_of_number(self, street: int, number: int) -> str:
        """Return why a column is probably no house number of the streets, empty if its cells do not contradict."""
        streets, join = self.headings.header[street], _STREET_AND_NUMBER
        pairs = ((_at(row, street), _at(row, number)) for row in self._rows())
        filled = [pair for pair in pairs if not any(map(is_blank, pair))]
        odd = sum(not _is_joined(join, pair) for pair in filled)
        return f'the cells of "{streets}" end in another number' if self._is_apart(number, odd, len(filled)) else ""

    def _is_apart(self, place: int, odd: int, filled: int) -> bool:
        """Return whether a column is left apart, since ``odd`` of its ``filled`` cells contradict.

        In an error sheet, which has only some of the rows, it is as in the original.
        """
        apart = self.headings.around.apart
        return odd * _FEW > filled if apart is None else self.headings.header[place] in apart

    def contact(self) -> Composition | None:
        places = self._in_order(_OF_CONTACT)
        return self._joined(_CONTACT, places) if len(places) > 1 and self.filled.is_open(_CONTACT) else None

    def person(self) -> Composition | None:
        places = self._in_order(_PERSON)
        if {PartKind.FIRST_NAME, PartKind.LAST_NAME} - {self._kinds[at] for at in places}:
            return None
        if self.filled.is_open(_NAME):
            if (company := self._company_beside(places)) is not None:
                return self._company_or_person(company, places)
            is_sure = not self._may_name_debtor(places)
            return self._joined(_NAME, places, JoinCertainty.SURE if is_sure else JoinCertainty.POSSIBLE)
        is_contact_open = self.filled.is_open(_CONTACT) and len(self._in_order(_OF_CONTACT)) < 2  # noqa: PLR2004
        return self._joined(_CONTACT, places, JoinCertainty.POSSIBLE) if is_contact_open else None

    def _company_beside(self, persons: Sequence[int]) -> int | None:
        """Return the position of the column of companies that owe beside the names of persons; None if that is not sure."""
        found = [(at, sure) for at in self._free if (sure := company_heading(self.headings.header[at])) is not None]
        if len(found) != 1 or self._may_name_debtor([*persons, found[0][0]]):
            return None
        at, certainty = found[0]
        cells = [cell for row in self._rows() if not is_blank(cell := _at(row, at))]
        if not all(any(map(str.isalpha, display_text(cell))) for cell in cells):
            return None  # numbers of companies, not their names
        return at if certainty is CompanyHeading.SURE or self._is_empty_for_some(at, persons) else None

    def _is_empty_for_some(self, company: int, persons: Sequence[int]) -> bool:
        """Return whether some persons have no company, which the name of the creditor would be beside all of them.

        An error sheet has only some of the rows, of a list that was read so.
        """
        alone = (row for row in self._rows() if is_blank(_at(row, company)))
        is_empty = any(not is_blank(_at(row, at)) for row in alone for at in persons)
        return is_empty or self.headings.around.apart is not None

    def _company_or_person(self, company: int, persons: Sequence[int]) -> Composition:
        names = JoinedCells((JoinedPart(company, self.headings.header[company]),), is_proposed=True)
        person = JoinedCells(tuple(_part(item, at) for item, at in self._items(_NAME, persons)), is_proposed=True)
        fills: dict[str, Composed] = {_NAME: CompanyOrPerson(names, person)}
        if self.filled.is_open(_CONTACT) and len(self._in_order(_OF_CONTACT)) < 2:  # noqa: PLR2004
            fills[_CONTACT] = CompanyOrPerson(names, person, is_contact=True)
        return Composition(fills)

    def _items(self, name: str, places: Sequence[int]) -> Iterator[tuple[JoinItem, int]]:
        return zip(items_of(name, [self.headings.header[at] for at in places]), places, strict=True)

    def name_lines(self) -> Composition | None:
        name, lines = self._filled_by_heading(_NAME), self._of(PartKind.NAME_LINE)
        return self._joined(_NAME, [name, *lines], JoinCertainty.POSSIBLE) if name is not None and lines else None

    def emails(self) -> Composition | None:
        first, others = self._filled_by_heading(_EMAIL), self._of(PartKind.CONTACT_EMAIL)
        others += [at for at in self._free if header_key(self.headings.header[at]).rstrip("0123456789") in _keys_of_email()]
        return self._joined(_EMAIL, [first, *others], JoinCertainty.POSSIBLE) if first is not None and others else None

    def postal_town(self) -> Composition | None:
        places = self._of(PartKind.POSTAL_TOWN)
        if len(places) != 1 or not (self.filled.is_open(CODE) and self.filled.is_open(TOWN)):
            return None
        heading = self.headings.header[places[0]]
        if not self._is_apart(places[0], *self._unsplit(places[0])):
            return _split(heading, places[0], (CODE, TOWN))
        doubt = "most of its cells do not show what is the postal code and what the town"
        return _split(heading, places[0], (CODE, TOWN), JoinCertainty.DOUBTFUL, doubt)

    def _unsplit(self, place: int) -> tuple[int, int]:
        """Return how many cells of a column do not show what is the code and what the town, and how many are filled."""
        filled = [(display_text(cell), self._country(row)) for row in self._rows() if not is_blank(cell := _at(row, place))]
        return sum(parts_of(text, country, has_street=False) is None for text, country in filled), len(filled)

    def _country(self, row: Sequence[Cell]) -> str | None:
        at = self.filled.position_of(_COUNTRY)
        cell = None if at is None else _at(row, at)
        return None if is_blank(cell) else find_country(display_text(cell))

    def _may_name_debtor(self, parts: Sequence[int]) -> bool:
        """Return whether another column may name the debtor, such as "Firma" beside the names of persons."""
        others = (at for at in self._free if at not in parts and _names_somebody(self.headings.header[at]))
        return any(any(str(cell)[:1].isalpha() for cell in self.headings.cells(at) if isinstance(cell, str)) for at in others)

    def _in_order(self, kinds: Sequence[PartKind]) -> list[int]:
        found = [self._of(kind)[:1] for kind in kinds]
        return [at for places in found for at in places]

    def _joined(
        self, name: str, places: Sequence[int], certainty: JoinCertainty = JoinCertainty.SURE, doubt: str = ""
    ) -> Composition:
        parts = tuple(_part(item, at) for item, at in self._items(name, places))
        return Composition({name: JoinedCells(parts, is_proposed=True)}, certainty, doubt)

    def _rows(self) -> Sequence[tuple[Cell, ...]]:
        return self.headings.around.sample


def _at(row: Sequence[Cell], place: int) -> Cell:
    return row[place] if place < len(row) else None


_STREET_AND_NUMBER = JoinedCells((JoinedPart(0, ""), JoinedPart(1, "", " ", is_number=True)), is_proposed=True)


def _is_joined(join: JoinedCells, cells: Sequence[Cell]) -> bool:
    try:
        join.value(cells, column(RecordKind.CASE, STREET), None)
    except ValueProblem as problem:
        return problem.code != TWO_NUMBERS
    return True


def _names_somebody(heading: str) -> bool:
    """Return whether a column may name a debtor, or a company that may be one."""
    return header_key(heading) in _keys_of_names() or company_heading(heading) is not None


def _keys_of_names() -> frozenset[str]:
    """Return the folded headings that may name a debtor, or a company that may be one."""
    names = column(RecordKind.CASE, _NAME).elsewhere
    companies = column(RecordKind.CASE, "creditor_company_name").elsewhere.ask
    own_parts = {header_key(text) for text in names.ask if part_of(text)}
    return frozenset((*keys(names.sure), *keys(names.weak), *keys(names.ask), *keys(companies))) - own_parts


def _keys_of_email() -> frozenset[str]:
    return frozenset(key for key, name in index_of(RecordKind.CASE).items() if name == _EMAIL)
