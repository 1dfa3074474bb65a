"""Load a file or DataFrames as a source for the intake. Sheets are planned at once, rows are read lazily."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from importer.domain.cells import Cell
from importer.domain.confirmed_values import confirmed_in
from importer.domain.master_data import MasterData
from importer.domain.notes import Note, NoteKind
from importer.domain.own_headings import is_own_heading
from importer.domain.personal_numbers.names import shown_name, shown_names
from importer.domain.personal_numbers.texts import mask_text
from importer.domain.records import FormatProof, LoadedRow, LoadedSource, SheetHead
from importer.errors import FileRefused, HeadingsRefused
from importer.loader.files.dataframe import FrameSheet
from importer.loader.files.projection import PeekableRows
from importer.loader.invoices.passes import is_grouped, of_list, reader_of, rows_of_groups
from importer.loader.invoices.sights import SightReader
from importer.loader.master_data.apart import (
    columns_to_complete,
    join_of,
    notes_of_join,
    proof_of_join,
    refuse_only_master_data,
    refuse_without_master_data,
    with_master_data,
)
from importer.loader.notes import sheet_notes
from importer.loader.profile import NO_PROFILE, Profile
from importer.loader.records.documents import SheetDocuments
from importer.loader.records.row_currency_shown import is_shown_by_some
from importer.loader.records.row_reader import LoadContext, RowReader
from importer.loader.rows.first_pass import look_through
from importer.loader.rows.hidden_rows import HiddenRows
from importer.loader.rows.judge import RowJudge
from importer.loader.sheets.column_formats import SheetFormats, formats_of
from importer.loader.sheets.format_proofs import carried_proofs, headings_apart, proofs_of_apart
from importer.loader.sheets.grouped.flat_list import (
    RECOGNISED_ROWS,
    as_flat_list,
    below_headings,
    marks_of,
    with_documents,
    without_parts,
)
from importer.loader.sheets.grouped.report_date import day_above
from importer.loader.sheets.grouped.report_notes import notes_on_report
from importer.loader.sheets.grouped.summaries import is_summary, raise_for_summary
from importer.loader.sheets.header import SheetHeader, find_header
from importer.loader.sheets.plan import Shape, SheetPlan, plan_sheet
from importer.loader.sheets.row_ends import merely_end_in_delimiter
from importer.loader.sheets.row_widths import row_widths
from importer.loader.sheets.sheet import REPORT_MARK, NamedSheet, Sheet, is_example_sheet, is_report_sheet, with_report_layout
from importer.loader.sheets.torn_headings import refuse_torn_headings
from importer.loader.sheets.visibility import is_own_workbook, notes_without, sheets_to_read
from importer.loader.table import TableReader
from importer.loader.values.parsers import is_blank

if TYPE_CHECKING:
    import pandas as pd

    from importer.loader.files.reader import RawSource


@dataclass(frozen=True)
class _Table:
    """A sheet with records: its plan, the formats of its columns, and its rows from the first data row on."""

    sheet: Sheet
    top: SheetHeader
    plan: SheetPlan
    formats: SheetFormats
    reader: RowReader
    rows: PeekableRows
    data: MasterData
    skips_hidden: bool = False
    again: Callable[[], _Table] | None = None
    """Opens the table once more, from its first row of data on, if its rows are read twice to be put into groups."""

    @property
    def head(self) -> SheetHead:
        apart = proofs_of_apart(self.plan.compositions.left_apart(), self.plan.header_row)
        joined = proof_of_join(self.plan, self.data, self.reader.master_data)
        return replace(self.plan.head, proofs=(*self.formats.proofs, *apart, *joined))

    def read(self, found: list[Note]) -> Iterator[LoadedRow]:
        """Yield every record and reject. Notes on rows that were left out are added to ``found``."""
        hidden = HiddenRows(self.plan, self.sheet.hides, self.skips_hidden)
        marks = marks_of(self.sheet)
        yield from TableReader(self.top, self.plan, self.reader, found, self.sheet.layout, hidden, marks).rows(self.rows)
        found += hidden.notes(self.sheet.covered())
        found += notes_of_join(self.plan, self.data, self.reader.master_data)
        found += self.reader.documents.notes(self.plan.head.name) if self.reader.documents else []


@contextmanager
def open_file(path: Path, profile: Profile, context: LoadContext) -> Iterator[LoadedSource]:
    """Open a spreadsheet file as a source. Raises FileRefused if it cannot be read or its columns do not fit."""
    from importer.loader.files.reader import ReadOptions, open_source

    options = ReadOptions(
        encoding=profile.encoding,
        delimiter=profile.delimiter,
        quote=profile.quote,
        sheets=profile.named_sheets() if profile.sheets() else (),
        reads_covered=profile.covered_cells == "read",
    )
    with open_source(path, options) as raw:
        yield load_raw(raw, profile, context)


def load_raw(raw: RawSource, profile: Profile, context: LoadContext) -> LoadedSource:
    """Load an open file as a source, to be read while it is open. Raises FileRefused if its columns do not fit."""
    sheets = sheets_to_read(raw.sheets, profile)
    notes = notes_without(raw.notes, [sheet.name for sheet in raw.sheets if sheet not in sheets])
    profile = profile.model_copy(update={"hidden_rows": "read"}) if is_own_workbook(raw.sheets) else profile
    file_day = dt.datetime.fromtimestamp(raw.path.stat().st_mtime, context.timezone).date()
    return _load(raw.name, raw.sha256, sheets, notes, profile, context, delimited=raw.encoding is not None, file_day=file_day)


def open_frames(
    frames: dict[str, pd.DataFrame], context: LoadContext, profile: Profile = NO_PROFILE, name: str = "DataFrame"
) -> LoadedSource:
    """Load DataFrames as a source. The keys are the names of the sheets; rows are numbered as in ``to_excel``.

    Raises FileRefused if a text has lone surrogates, or if the columns do not fit.
    """
    sheets = tuple(FrameSheet(sheet, frame) for sheet, frame in frames.items())
    digest = hashlib.sha256()
    for sheet in sheets:
        digest.update(sheet.name.encode())
        for number, cells in sheet.rows():
            digest.update(repr((number, cells)).encode())
    return _load(name, digest.hexdigest(), sheets, (), profile, context)


def _load(
    name: str,
    sha256: str,
    sheets: tuple[Sheet, ...],
    notes: tuple[Note, ...],
    profile: Profile,
    context: LoadContext,
    *,
    delimited: bool = False,
    file_day: dt.date | None = None,
) -> LoadedSource:
    name, (sheets, notes, profile) = shown_name(name), _as_shown(sheets, notes, profile)
    sheets, data = with_master_data(sheets, profile, context)
    context = replace(context, master_data=data)
    try:
        tables, others = _open_sheets(sheets, profile, context, delimited=delimited)
    except HeadingsRefused:
        refuse_only_master_data(name, sheets)
        raise
    ours = {sheet.name for sheet in others if is_report_sheet(sheet)}
    passed = [sheet.name for sheet in others if sheet.name not in ours]
    if not tables:
        refuse_only_master_data(name, sheets)
        raise_for_summary(others, profile)
        raise FileRefused(_nothing_found(name, passed, _unread_in(notes)))
    found: list[Note] = []
    listed_on = _day_of(tables, context, file_day)
    return LoadedSource(
        name=name,
        sha256=sha256,
        heads=tuple(table.head for table in tables),
        rows=rows_of_groups(tables, profile, context, found) if is_grouped(profile) else _rows_of(tables, found),
        has_cases=tables[0].plan.shape is not Shape.VOUCHERS,
        notes=(
            *_example_notes(others),
            *_notes_to_keep(notes, ours, tables, profile),
            *sheet_notes(((table.top, table.plan) for table in tables), passed),
            *chain.from_iterable(notes_on_report(table.sheet, listed_on, context.today) for table in tables),
            *chain.from_iterable((*table.reader.notes(), *table.formats.notes) for table in tables),
        ),
        found=found,
        profile=profile.name or None,
        rejects_changes=profile.on_change == "reject",
        standing=profile.standing_answers(),
        lists=profile.list_policy(is_current=context.list_is_current),
        listed_on=listed_on,
    )


def _day_of(tables: Iterable[_Table], context: LoadContext, file_day: dt.date | None) -> dt.date | None:
    """Return the day that the lists show, else that of the file.

    Of several the first one counts, since what came later is not in that list.
    """
    return min((day for table in tables if (day := day_above(table.top.above, context.today))), default=file_day)


def _rows_of(tables: Iterable[_Table], found: list[Note]) -> Iterator[LoadedRow]:
    return chain.from_iterable(table.read(found) for table in tables)


def _as_shown(
    sheets: tuple[Sheet, ...], notes: tuple[Note, ...], profile: Profile
) -> tuple[tuple[Sheet, ...], tuple[Note, ...], Profile]:
    """Return the sheets, notes and profile with the names that may be stored: whatever is made of them knows no others."""
    shown = shown_names(sheet.name for sheet in sheets)
    if all(real == name for real, name in shown.items()):
        return sheets, notes, profile
    return (
        tuple(NamedSheet(shown[sheet.name], sheet) for sheet in sheets),
        tuple(replace(note, sheet=shown.get(note.sheet or "", note.sheet)) for note in notes),
        profile.for_sheets([shown.get(sheet, sheet) for sheet in profile.sheets()]),
    )


def _example_notes(sheets: Iterable[Sheet]) -> list[Note]:
    return [Note(NoteKind.EXAMPLE_WORKBOOK)] if any(is_example_sheet(sheet) for sheet in sheets) else []


def _all_ours(headings: tuple[Cell, ...]) -> bool:
    """Return whether all headings are those of a report. Such a sheet has no rows to import, whatever the profile."""
    filled = [str(heading) for heading in headings if not is_blank(heading)]
    return bool(filled) and all(map(is_own_heading, filled))


def _unread_in(notes: Iterable[Note]) -> list[str]:
    return [note.sheet or "" for note in notes if note.kind is NoteKind.HIDDEN_SHEET_NOT_READ]


def _notes_to_keep(notes: Iterable[Note], ours: Collection[str], tables: Iterable[_Table], profile: Profile) -> list[Note]:
    """Return the notes on the file without those on our own sheets.

    What is hidden in a table is said when its rows have been read: how many they are, and their money.
    """
    read = {table.plan.head.name for table in tables}
    said = {NoteKind.HIDDEN_ROWS, *([NoteKind.FILTERED_ROWS] if profile.hidden_rows == "skip" else [])}
    return [note for note in notes if note.sheet not in ours and not (note.sheet in read and note.kind in said)]


def _nothing_found(name: str, passed: list[str], unread: list[str]) -> str:
    if unread:
        listed = ", ".join(f'"{sheet}"' for sheet in unread[:5])
        return (
            f"{name} has no sheet with columns of cases or vouchers among those that are shown. It also has hidden sheets, which "
            f"are not read ({listed}): name them in a profile (sheet = ...) if the rows are there."
        )
    if not passed:
        return f"{name} holds no rows. Check that it is the right file."
    listed = ", ".join(f'"{sheet}"' for sheet in passed[:5])
    return (
        f"{name} has no sheet with columns of cases or vouchers (looked at {listed}). "
        f"Check the headings, or map them in a profile (with header_row = 4 if they are in row 4): `importer map FILE` asks "
        f"for them. `importer template` writes an example."
    )


def _open_sheets(
    sheets: Sequence[Sheet], profile: Profile, context: LoadContext, *, delimited: bool
) -> tuple[list[_Table], list[Sheet]]:
    """Return the tables of a file and the sheets without one. Cases come first, because vouchers are linked to known cases."""
    carried = carried_proofs(sheets)
    tables, others = [], []
    for sheet in sheets:
        if table := _open_sheet(sheet, profile, context, carried.get(sheet.name, ()), delimited=delimited):
            tables.append(table)
        else:
            others.append(sheet)
    if any(table.plan.voucher for table in tables):  # documents belong to vouchers: the sheet of the cases says nothing of them
        for table in tables:
            table.reader.documents = table.reader.documents if table.plan.voucher else None
    return sorted(tables, key=lambda table: table.plan.shape is Shape.VOUCHERS), others


def _open_sheet(
    sheet: Sheet, profile: Profile, context: LoadContext, carried: Iterable[FormatProof], *, delimited: bool
) -> _Table | None:
    rows = PeekableRows(sheet.rows())
    first = rows.peek(1)
    if not first or _all_ours(first[0][1]):
        return None
    if is_summary(rows.peek(RECOGNISED_ROWS), profile):
        return None
    sheet, rows = _listed(sheet, rows, profile)
    top = find_header(sheet.name, rows, below_headings(sheet, with_report_layout(first, profile)))
    top = with_documents(sheet, top, rows)
    top = replace(top, header=tuple(map(mask_text, top.header)))  # the first row of a list without headings is one of data
    is_report = top.header[:1] == (REPORT_MARK,)
    proofs = tuple(carried) if is_report else ()
    refuse_without_master_data(sheet.name, proofs, context.master_data)
    around = replace(top.around, apart=headings_apart(proofs)) if is_report else top.around
    around = replace(around, completed=columns_to_complete(top.header, context.master_data, profile))
    plan = plan_sheet(sheet.name, top.row, top.header, without_parts(sheet, profile), context.defaults, around)
    if not top.header or plan is None:
        return None
    if delimited:
        refuse_torn_headings(plan)
    plan = of_list(plan, profile)
    formats = formats_of(plan, sheet.read_columns, profile, context.today, delimited=delimited, carried=proofs)
    judge = _judge(plan, profile, context, formats, sheet)
    ends_so = profile.trailing_delimiter or merely_end_in_delimiter(plan, sheet.layout, top.cells, sheet.read_columns)
    widths = row_widths(plan, sheet.layout, top.cells, ends_in_delimiter=ends_so)
    join = join_of(plan, context.master_data, profile, context)
    reader = reader_of(plan, profile)(
        *(plan, profile, context),
        widths=widths,
        formats=formats,
        judge=judge,
        master_data=join,
        documents=_documents(plan, sheet, context),
        shows_currencies=is_shown_by_some(plan, sheet.formats_in),
    )
    skips = profile.hidden_rows == "skip" and not is_report
    return _twice(_Table(sheet, top, plan, formats, reader, rows, context.master_data, skips), profile)


def _documents(plan: SheetPlan, sheet: Sheet, context: LoadContext) -> SheetDocuments | None:
    """Return the documents for the vouchers of a sheet, None if none were given."""
    if context.documents is None:
        return None
    return SheetDocuments.of(plan, sheet.read_columns, context.documents, context.voucher_types)


def _listed(sheet: Sheet, rows: PeekableRows, profile: Profile) -> tuple[Sheet, PeekableRows]:
    """Return a sheet and its rows, those of a report as a flat list."""
    listed = as_flat_list(sheet, rows.peek(RECOGNISED_ROWS), profile)
    return (sheet, rows) if listed is sheet else (listed, PeekableRows(listed.rows()))


def _twice(table: _Table, profile: Profile) -> _Table:
    """Return a table that can be opened again if its rows are put into groups."""
    return replace(table, again=lambda: _again(table, profile)) if isinstance(table.reader, SightReader) else table


def _again(table: _Table, profile: Profile) -> _Table:
    """Return a table as it was opened, with a reader of its own."""
    rows = PeekableRows(table.sheet.rows())
    find_header(table.sheet.name, rows, below_headings(table.sheet, with_report_layout(rows.peek(1), profile)))
    reader = table.reader
    assert isinstance(reader, SightReader), reader
    return replace(table, rows=rows, reader=reader.fresh())


def _judge(plan: SheetPlan, profile: Profile, context: LoadContext, formats: SheetFormats, sheet: Sheet) -> RowJudge:
    """Return the judge of a sheet's rows, which knows what its amounts are and which of its debtors have credits."""
    by_name = {bound.column.name: formats.of(bound) for bound in plan.case}
    judge = RowJudge(
        plan,
        profile,
        context.today,
        by_name.get("amount_to_recover", formats.others),
        by_name.get("due_date") or by_name.get("date", formats.others),
        confirmed_in(context.confirmed, profile.name, plan.head.header),
    )
    found = look_through(judge, plan, sheet.read_columns)
    judge.credits = None if is_grouped(profile) else found  # a group takes them off
    return judge
