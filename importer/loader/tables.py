"""Open the sheets of a source: find the table of each, plan its columns, and make the reader of its rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from importer.domain.cells import Cell
from importer.domain.confirmed_values import confirmed_in
from importer.domain.master_data import MasterData
from importer.domain.notes import Note
from importer.domain.own_headings import is_own_heading
from importer.domain.personal_numbers.texts import mask_text
from importer.domain.records import FormatProof, LoadedRow, SheetHead
from importer.loader.files.projection import PeekableRows
from importer.loader.invoices.passes import is_grouped, of_list, reader_of
from importer.loader.invoices.sights import SightReader
from importer.loader.master_data.apart import (
    columns_to_complete,
    join_of,
    notes_of_join,
    proof_of_join,
    refuse_without_master_data,
)
from importer.loader.profile import Profile
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
from importer.loader.sheets.grouped.summaries import is_summary
from importer.loader.sheets.header import SheetHeader, find_header
from importer.loader.sheets.plan import Shape, SheetPlan, plan_sheet
from importer.loader.sheets.row_ends import merely_end_in_delimiter
from importer.loader.sheets.row_widths import row_widths
from importer.loader.sheets.sheet import REPORT_MARK, Sheet, with_report_layout
from importer.loader.sheets.torn_headings import refuse_torn_headings
from importer.loader.table import TableReader
from importer.loader.values.parsers import is_blank


@dataclass(frozen=True)
class SheetTable:
    """A sheet with records: its plan, the formats of its columns, and its rows from the first data row on."""

    sheet: Sheet
    top: SheetHeader
    plan: SheetPlan
    formats: SheetFormats
    reader: RowReader
    rows: PeekableRows
    data: MasterData
    skips_hidden: bool = False
    again: Callable[[], SheetTable] | None = None
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
        table = TableReader(self.top, self.plan, self.reader, found, self.sheet.layout, hidden, marks)
        yield from table.rows(self.rows)
        found += [*hidden.notes(self.sheet.covered()), *([] if self.again else table.rows_of_debtors())]
        found += notes_of_join(self.plan, self.data, self.reader.master_data)
        found += self.reader.documents.notes(self.plan.head.name) if self.reader.documents else []


def open_sheets(
    sheets: Sequence[Sheet], profile: Profile, context: LoadContext, *, delimited: bool
) -> tuple[list[SheetTable], list[Sheet]]:
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


def _all_ours(headings: tuple[Cell, ...]) -> bool:
    """Return whether all headings are those of a report. Such a sheet has no rows to import, whatever the profile."""
    filled = [str(heading) for heading in headings if not is_blank(heading)]
    return bool(filled) and all(map(is_own_heading, filled))


def _open_sheet(
    sheet: Sheet, profile: Profile, context: LoadContext, carried: Iterable[FormatProof], *, delimited: bool
) -> SheetTable | None:
    rows = PeekableRows(sheet.rows())
    first = rows.peek(1)
    if not first or _all_ours(first[0][1]) or is_summary(rows.peek(RECOGNISED_ROWS), profile):
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
    plan = of_list(_untorn(plan, delimited=delimited), profile)
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
    return _twice(SheetTable(sheet, top, plan, formats, reader, rows, context.master_data, skips), profile)


def _untorn(plan: SheetPlan, *, delimited: bool) -> SheetPlan:
    """Return the plan. Raises FileRefused if a delimiter tears a heading in two."""
    if delimited:
        refuse_torn_headings(plan)
    return plan


def _documents(plan: SheetPlan, sheet: Sheet, context: LoadContext) -> SheetDocuments | None:
    """Return the documents for the vouchers of a sheet, None if none were given."""
    if context.documents is None:
        return None
    return SheetDocuments.of(plan, sheet.read_columns, context.documents, context.voucher_types)


def _listed(sheet: Sheet, rows: PeekableRows, profile: Profile) -> tuple[Sheet, PeekableRows]:
    """Return a sheet and its rows, those of a report as a flat list."""
    listed = as_flat_list(sheet, rows.peek(RECOGNISED_ROWS), profile)
    return (sheet, rows) if listed is sheet else (listed, PeekableRows(listed.rows()))


def _twice(table: SheetTable, profile: Profile) -> SheetTable:
    """Return a table that can be opened again if its rows are put into groups."""
    return replace(table, again=lambda: _again(table, profile)) if isinstance(table.reader, SightReader) else table


def _again(table: SheetTable, profile: Profile) -> SheetTable:
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
