"""Take the sheets of master data out of a workbook, and find out how they join its lists."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TypeVar

from importer.domain.master_data import NO_MASTER_DATA, MasterData, MasterTable
from importer.domain.notes import Note, NoteKind
from importer.domain.records import FormatProof, SheetHead
from importer.errors import FileRefused
from importer.loader.context import LoadContext
from importer.loader.files.projection import PeekableRows
from importer.loader.master_data.join import MasterDataJoin
from importer.loader.master_data.reading import read_file, read_sheet
from importer.loader.master_data.recognition import NO_RULES, master_columns, position_of_number
from importer.loader.profile import Profile
from importer.loader.sheets.plan import Shape, SheetPlan
from importer.loader.sheets.sheet import Sheet

SheetType = TypeVar("SheetType", bound=Sheet)
_MARK = "#master_data"
"""The heading of the proof that carries the name of the master data to an error sheet."""
_DIGEST = "#master_data_digest"
"""The heading of the proof that carries the digest of what they held."""


def with_master_data(sheets: Sequence[Sheet], profile: Profile, context: LoadContext) -> tuple[tuple[Sheet, ...], MasterData]:
    """Return the sheets without those of master data, and all master data for them.

    Corrected rows are completed as their list was: nothing is read from files or sheets again.

    Raises FileRefused if the profile names master data that are not there, or that cannot be read.
    """
    rules, data = profile.master_data, context.master_data
    if context.first_master_data is not None:
        return tuple(sheets), context.first_master_data
    if rules.file:
        return tuple(sheets), data + _from_file(Path(rules.file), profile, context)
    left, found = parted(sheets, profile)
    return left, data + found


def parted(sheets: Sequence[SheetType], profile: Profile) -> tuple[tuple[SheetType, ...], MasterData]:
    """Return the sheets of a workbook without those of master data, and these. A sheet alone is never taken for one."""
    rules = profile.master_data
    if len(sheets) == 1 or rules.file:
        return tuple(sheets), NO_MASTER_DATA
    tables = {sheet.name: table for sheet in sheets if (table := _table(sheet, profile)) is not None}
    if rules.sheet in {sheet.name for sheet in sheets} and rules.sheet not in tables:
        raise FileRefused(
            f'Sheet "{rules.sheet}" holds no master data of debtors, as the profile says: it has no heading of customer numbers, '
            f"or none of another column of debtors. Name them in the profile, under [master_data]."
        )
    left = tuple(sheet for sheet in sheets if sheet.name not in tables)
    return (left, MasterData(tuple(tables.values()))) if left else (tuple(sheets), NO_MASTER_DATA)


def _table(sheet: Sheet, profile: Profile) -> MasterTable | None:
    rules = profile.master_data
    if sheet.name in profile.sheets() or (rules.sheet and sheet.name != rules.sheet):
        return None
    return read_sheet(sheet, f'sheet "{sheet.name}"', "", rules, is_named=bool(rules.sheet))


def _from_file(file: Path, profile: Profile, context: LoadContext) -> MasterData:
    path = context.folder / file
    found = read_file(path, profile.master_data, is_named=True)
    if not found:
        raise FileRefused(
            f"{path} holds no master data of debtors, as the profile says: it has no heading of customer numbers, or none of "
            f"another column of debtors. Name them in the profile, under [master_data]."
        )
    return found


def refuse_only_master_data(name: str, sheets: Iterable[Sheet]) -> None:
    """Refuse a file of which every sheet holds master data: it is given together with its list. Raises FileRefused."""
    found = [master_columns(sheet, PeekableRows(sheet.rows()), NO_RULES) for sheet in sheets]
    if found and all(found):
        raise FileRefused(
            f"{name} holds master data of debtors (customer numbers, names, addresses) and no claims. Import it together with "
            f"its list: `importer run LIST {name}`; for every import, name it in the profile of the list, under [master_data]."
        )


def join_of(plan: SheetPlan, data: MasterData, profile: Profile, context: LoadContext) -> MasterDataJoin | None:
    """Return how the rows of a list are completed; None without master data, or without customer numbers in the list."""
    if not data or plan.shape is Shape.VOUCHERS:
        return None
    key = position_of_number(plan.head.header, profile.master_data.list_key)
    return None if key is None else MasterDataJoin(plan, data, key, context.defaults)


def columns_to_complete(header: tuple[str, ...], data: MasterData, profile: Profile) -> dict[str, str]:
    """Return the columns that master data can fill in a list with these headings, each with its heading there."""
    if not data or position_of_number(header, profile.master_data.list_key) is None:
        return {}
    return {name: f"{heading} ({data.names()})" for name, heading in data.headings().items()}


def notes_of_join(plan: SheetPlan, data: MasterData, join: MasterDataJoin | None) -> list[Note]:
    """Return what became of the master data, once all rows were read."""
    if join is not None:
        return join.notes()
    is_lost = data and plan.shape is not Shape.VOUCHERS
    return [Note(NoteKind.MASTER_DATA_WITHOUT_NUMBERS, plan.head.name, values=(("name", data.names()),))] if is_lost else []


# Error sheets


def proof_of_join(plan: SheetPlan, data: MasterData, join: MasterDataJoin | None) -> tuple[FormatProof, ...]:
    """Return the proofs that tell an error sheet from which master data its rows were completed, and what these held."""
    if join is None:
        return ()
    return FormatProof(_MARK, plan.header_row, data.names()), FormatProof(_DIGEST, plan.header_row, data.digest)


def names_completed_from(head: SheetHead) -> str:
    """Return from which master data the rows of a sheet were completed, as they were named; empty if from none."""
    return next((proof.text for proof in head.proofs if proof.heading == _MARK), "")


def digest_completed_from(head: SheetHead) -> str:
    """Return the digest of the master data from which the rows of a sheet were completed; empty if it is not known."""
    return next((proof.text for proof in head.proofs if proof.heading == _DIGEST), "")


def refuse_without_master_data(sheet: str, carried: Iterable[FormatProof], data: MasterData) -> None:
    """Refuse an error sheet whose rows were completed from master data that are not there now. Raises FileRefused."""
    names = [proof.text for proof in carried if proof.heading == _MARK]
    if names and not data:
        raise FileRefused(
            f'The rows of sheet "{sheet}" were completed from {names[0]}, which is missing now. Import the sheet together with '
            f"it (a sheet of a workbook: saved as a file of its own): `importer run ERRORS MASTER_DATA`."
        )
