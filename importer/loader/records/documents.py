"""The documents of a sheet: which file goes out with the voucher of a row, by the number of its invoice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from importer.domain.cells import Cell
from importer.domain.code_lists import VoucherTypes
from importer.domain.document_files import Assignment, DocumentDoubt, DocumentFile, DocumentFolder, assign, document_number
from importer.domain.notes import Note, NoteKind
from importer.domain.personal_numbers.names import shown_name
from importer.domain.records import AppendixFile
from importer.loader.files.projection import ReadColumns
from importer.loader.records.attachment import appendix_of
from importer.loader.sheets.plan import ColumnBinding, Shape, SheetPlan
from importer.loader.values.formats import Formats
from importer.loader.values.identifiers import read_identifier
from importer.loader.values.parsers import ValueProblem, display_text, is_blank

WITH_DOCUMENTS = frozenset({"invoice", "on-account invoice", "loan", "final statement", "credit note"})
"""Types of vouchers that are documents themselves. A payment or interest only names the invoice that it is about."""
MOST_NAMED = 20
"""Files that a note names."""


@dataclass(frozen=True)
class _NumberColumns:
    """The columns of a sheet that show the number of a row's invoice, and what its voucher is; None if no voucher has one."""

    number: ColumnBinding
    type: ColumnBinding | None
    types: VoucherTypes

    @classmethod
    def of(cls, plan: SheetPlan, types: VoucherTypes) -> _NumberColumns | None:
        vouchers = {one.column.name: one for one in plan.voucher}
        cases = {one.column.name: one for one in plan.case}
        number = vouchers.get("reference_id") or (None if plan.shape is Shape.VOUCHERS else cases.get("creditor_reference"))
        return None if number is None or number.position is None else cls(number, vouchers.get("voucher_type"), types)

    @property
    def positions(self) -> list[int]:
        """The positions of the columns that are read."""
        return [at for one in (self.number, self.type) if one is not None and (at := one.position) is not None]

    def number_in(self, cells: Sequence[Cell]) -> str | None:
        """Return the number of the row's invoice, None if it has none or its voucher is no document."""
        if self.type is not None and self._type_in(cells) not in WITH_DOCUMENTS:
            return None
        assert self.number.position is not None
        cell = cells[self.number.position] if self.number.position < len(cells) else None
        try:
            return None if is_blank(cell) else document_number(read_identifier(cell, Formats()))
        except ValueProblem:  # the row is rejected for it
            return None

    def _type_in(self, cells: Sequence[Cell]) -> str | None:
        assert self.type is not None
        at = self.type.position
        cell: Cell = self.type.constant if at is None else cells[at] if at < len(cells) else None
        text = "" if is_blank(cell) else display_text(cell)
        kind = self.types.find(self.type.values.get(text, text))
        return kind.name if kind else None


class SheetDocuments:
    """The documents for the rows of one sheet. The notes are complete when its last row has been read."""

    def __init__(self, folder: DocumentFolder, columns: _NumberColumns | None, assigned: Assignment) -> None:
        self._folder, self._columns, self._assigned = folder, columns, assigned
        self._sent: set[str] = set()
        self._named: set[str] = set()

    @classmethod
    def of(cls, plan: SheetPlan, read_columns: ReadColumns, folder: DocumentFolder, types: VoucherTypes) -> SheetDocuments:
        """Return the documents for a sheet, whose numbers are read once before its rows."""
        columns = _NumberColumns.of(plan, types)
        numbers = [] if columns is None else [*_numbers(plan, read_columns, columns)]
        return cls(folder, columns, assign(numbers, folder.files))

    def for_row(self, cells: Sequence[Cell]) -> AppendixFile | None:
        """Return the document of a row's voucher. Raises ValueProblem if it cannot be sent."""
        number = self._columns.number_in(cells) if self._columns else None
        return self.for_number(number) if number else None

    def for_number(self, number: str) -> AppendixFile | None:
        """Return the document of the invoice with this number. Raises ValueProblem if it cannot be sent."""
        found = self._assigned.by_number.get(document_number(number))
        if found is None:
            return None
        self._sent.add(found.path)
        return appendix_of(found)

    def note_named(self, appendix: AppendixFile) -> None:
        """Note that a row names a file itself: it is not left over."""
        self._named.add(appendix.path)

    def notes(self, sheet: str) -> list[Note]:
        """Return what became of the documents."""
        name = ("name", self._folder.name)
        waiting = [file for file in self._assigned.by_number.values() if file.path not in self._sent | self._named]
        left = [file for file in self._assigned.left if file.path not in self._named]
        doubtful = [(file, why) for file, why in self._assigned.doubtful if file.path not in self._named]
        sent = Note(NoteKind.DOCUMENTS_ASSIGNED, sheet, values=(name, ("count", str(len(self._sent)))))
        found = [sent] if self._sent else []
        found += [
            Note(
                NoteKind.DOCUMENTS_IN_DOUBT,
                sheet,
                values=(name, ("why", why.value), *_files([f for f, one in doubtful if one is why])),
            )
            for why in DocumentDoubt
            if any(one is why for _, one in doubtful)
        ]
        if waiting:
            found.append(Note(NoteKind.DOCUMENTS_WITHOUT_VOUCHER, sheet, values=(name, *_files(waiting))))
        if left:
            found.append(Note(NoteKind.DOCUMENTS_LEFT, sheet, values=(name, *_files(left))))
        return found


def _files(files: Sequence[DocumentFile]) -> tuple[tuple[str, str], ...]:
    return (("count", str(len(files))), *(("file", shown_name(file.name)) for file in files[:MOST_NAMED]))


def _numbers(plan: SheetPlan, read_columns: ReadColumns, columns: _NumberColumns) -> Iterator[str]:
    """Yield the number of each row below the headings."""
    positions = columns.positions
    for number, cells in read_columns(positions):
        if number > plan.header_row:
            row: list[Cell] = [None] * (max(positions) + 1)
            for at, cell in zip(positions, cells, strict=True):
                row[at] = cell
            if (found := columns.number_in(row)) is not None:
                yield found
