"""Load a file or DataFrames as a source for the intake. Sheets are planned at once, rows are read lazily."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from importer.domain.notes import Note, NoteKind
from importer.domain.personal_numbers.names import shown_name, shown_names
from importer.domain.records import LoadedRow, LoadedSource
from importer.errors import FileRefused, HeadingsRefused
from importer.loader.files.dataframe import FrameSheet
from importer.loader.invoices.passes import is_grouped, makes_vouchers, rows_of_groups
from importer.loader.master_data.apart import (
    refuse_only_master_data,
    with_master_data,
)
from importer.loader.notes import sheet_notes
from importer.loader.profile import NO_PROFILE, Profile
from importer.loader.records.row_reader import LoadContext
from importer.loader.sheets.grouped.report_date import day_above
from importer.loader.sheets.grouped.report_notes import notes_on_report
from importer.loader.sheets.grouped.summaries import raise_for_summary
from importer.loader.sheets.plan import Shape
from importer.loader.sheets.sheet import NamedSheet, Sheet, is_example_sheet, is_report_sheet
from importer.loader.sheets.visibility import is_own_workbook, notes_without, sheets_to_read
from importer.loader.tables import SheetTable, open_sheets

if TYPE_CHECKING:
    import pandas as pd

    from importer.loader.files.reader import RawSource


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
        tables, others = open_sheets(sheets, profile, context, delimited=delimited)
    except HeadingsRefused:
        refuse_only_master_data(name, sheets)
        raise
    ours = set(_names_of(filter(is_report_sheet, others)))
    passed = [one for one in _names_of(others) if one not in ours]
    if not tables:
        _refuse_without_tables(name, sheets, others, _nothing_found(name, passed, _unread_in(notes)), profile)
    found, listed_on = list[Note](), _day_of(tables, context, file_day)
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
        lists=profile.list_policy(is_current=context.list_is_current, deposits_on=_midnight(listed_on, profile, context)),
        listed_on=listed_on,
        master_data=data,
    )


def _midnight(day: dt.date | None, profile: Profile, context: LoadContext) -> str | None:
    """Return the beginning of a day as deposits of its list are dated; None if the list makes no vouchers, or has no date."""
    if day is None or not makes_vouchers(profile, context):
        return None
    return dt.datetime.combine(day, dt.time(), context.timezone).isoformat()


def _names_of(sheets: Iterable[Sheet]) -> list[str]:
    return [sheet.name for sheet in sheets]


def _refuse_without_tables(
    name: str, sheets: Sequence[Sheet], others: Sequence[Sheet], message: str, profile: Profile
) -> NoReturn:
    """Raise FileRefused for a file without a list: as master data, as a summary, or with the message."""
    refuse_only_master_data(name, sheets)
    raise_for_summary(others, profile)
    raise FileRefused(message)


def _day_of(tables: Iterable[SheetTable], context: LoadContext, file_day: dt.date | None) -> dt.date | None:
    """Return the day that the lists show, else that of the file.

    Of several the first one counts, since what came later is not in that list.
    """
    return min((day for table in tables if (day := day_above(table.top.above, context.today))), default=file_day)


def _rows_of(tables: Iterable[SheetTable], found: list[Note]) -> Iterator[LoadedRow]:
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


def _unread_in(notes: Iterable[Note]) -> list[str]:
    return [note.sheet or "" for note in notes if note.kind is NoteKind.HIDDEN_SHEET_NOT_READ]


def _notes_to_keep(notes: Iterable[Note], ours: Collection[str], tables: Iterable[SheetTable], profile: Profile) -> list[Note]:
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
