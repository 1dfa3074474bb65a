"""Reading a list twice: first to find out whose documents its rows are, then to make the records."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Protocol

from importer.domain.notes import Note, NoteKind
from importer.domain.records import LoadedRow
from importer.loader.context import LoadContext
from importer.loader.invoices.decide import GroupRules
from importer.loader.invoices.documents import DocumentReading
from importer.loader.invoices.grouped import GroupedRows
from importer.loader.invoices.groups import Groups
from importer.loader.invoices.list_notes import notes_on
from importer.loader.invoices.sights import SightReader
from importer.loader.profile import Profile
from importer.loader.records.row_reader import RowReader
from importer.loader.sheets.plan import Shape, SheetPlan


class RereadTable(Protocol):
    """A sheet with records that can be read again."""

    @property
    def plan(self) -> SheetPlan:
        """How it is read."""

    @property
    def reader(self) -> RowReader:
        """The reader of its rows."""

    @property
    def again(self) -> Callable[[], RereadTable] | None:
        """Open it once more; None if its rows make no cases."""

    def read(self, found: list[Note]) -> Iterator[LoadedRow]:
        """Yield its rows, each once. Notes are added to ``found``."""


def is_grouped(profile: Profile) -> bool:
    """Return whether several rows make one case."""
    return profile.cases_from != "row"


def makes_vouchers(profile: Profile, context: LoadContext) -> bool:
    """Return whether each document of a list becomes a voucher."""
    return is_grouped(profile) and profile.vouchers == "each" and context.takes_vouchers


def of_list(plan: SheetPlan, profile: Profile) -> SheetPlan:
    """Return the plan of a sheet. The documents of a list make its vouchers, so that columns for them only add to those."""
    return replace(plan, shape=Shape.CASES) if is_grouped(profile) and plan.shape is Shape.FLAT else plan


def reader_of(plan: SheetPlan, profile: Profile) -> type[RowReader]:
    """Return the class of the reader for a sheet."""
    return SightReader if is_grouped(profile) and plan.shape is not Shape.VOUCHERS else RowReader


def rows_of_groups(
    tables: Sequence[RereadTable], profile: Profile, context: LoadContext, found: list[Note]
) -> Iterator[LoadedRow]:
    """Yield the rows of all tables, of which those of one debtor and currency, or of one reference, share a case.

    The first pass keeps of each row only what decides about its group, so that the rows of a group may be anywhere.
    """
    groups = _first_pass(tables, profile, context)
    grouped = GroupedRows(groups, context, makes_vouchers(profile, context))
    for sheet, table in enumerate(tables):
        rows = table.read(found)
        yield from grouped.rows(sheet, table.reader, rows) if isinstance(table.reader, SightReader) else rows
    wanted = profile.vouchers == "each"
    notes = notes_on(groups, len(tables), tables[0].plan.head.name, wants_vouchers=wanted, has_debbie=context.takes_vouchers)
    found += _without_repeated(notes, found)


def _without_repeated(notes: Iterable[Note], found: Sequence[Note]) -> list[Note]:
    """Return the notes on a list without the one that its report has given already."""
    has_it = any(note.kind is NoteKind.NO_CREDITS for note in found)
    return [note for note in notes if not (has_it and note.kind is NoteKind.NO_CREDITS)]


def _first_pass(tables: Sequence[RereadTable], profile: Profile, context: LoadContext) -> Groups:
    rules = GroupRules(profile.payments != "ignore", profile.disputed == "leave out")
    groups = Groups(rules, context, by_reference=profile.cases_from == "reference")
    for sheet, table in enumerate(tables):
        if table.again is None:
            continue
        first, unused = table.again(), list[Note]()
        reader = first.reader
        assert isinstance(reader, SightReader), reader
        reading = DocumentReading(sheet, first.plan, profile, reader.judge)
        for loaded in first.read(unused):
            if (sight := reader.sight_of(loaded.row.number)) is not None:
                groups.add(reading, loaded, sight)
    groups.close()
    return groups
