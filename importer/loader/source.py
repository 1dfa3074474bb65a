"""A file or a DataFrame to a source that can be taken in: its sheets planned, its rows read as they are asked for."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from importer.domain.cells import Cell
from importer.domain.notes import Note
from importer.domain.records import LoadedRow, LoadedSource
from importer.errors import FileRefused
from importer.loader.files.dataframe import FrameSheet
from importer.loader.files.projection import Ahead
from importer.loader.notes import sheet_notes
from importer.loader.profile import NO_PROFILE, Profile
from importer.loader.records.row_reader import LoadContext, RowReader
from importer.loader.sheets.column_formats import SheetFormats, formats_of
from importer.loader.sheets.format_proofs import carried_proofs
from importer.loader.sheets.header import Top, find_top
from importer.loader.sheets.plan import Shape, SheetPlan, plan_sheet
from importer.loader.sheets.sheet import REPORT_MARK, Sheet, is_ours, laid_out
from importer.loader.table import TableReader
from importer.loader.values.parsers import is_blank

if TYPE_CHECKING:
    import pandas as pd

    from importer.loader.files.reader import RawSource


@dataclass
class _Opened:
    """A sheet that holds records: its plan, and its rows from the first one of data on."""

    top: Top
    plan: SheetPlan
    rows: Ahead
    delimited: bool
    formats: SheetFormats = field(default_factory=SheetFormats)


@contextmanager
def open_file(path: Path, profile: Profile, context: LoadContext) -> Iterator[LoadedSource]:
    """A spreadsheet file as a source. Raises FileRefused if it cannot be read or its columns do not fit."""
    from importer.loader.files.reader import ReadOptions, open_source

    options = ReadOptions(encoding=profile.encoding, delimiter=profile.delimiter, quote=profile.quote, sheets=profile.sheets())
    with open_source(path, options) as raw:
        yield load_raw(raw, profile, context)


def load_raw(raw: RawSource, profile: Profile, context: LoadContext) -> LoadedSource:
    """An open file as a source, to be read while it is open. Raises FileRefused if its columns do not fit."""
    return _load(raw.name, raw.sha256, raw.sheets, raw.notes, profile, context, delimited=raw.encoding is not None)


def open_frames(
    frames: dict[str, pd.DataFrame], context: LoadContext, profile: Profile = NO_PROFILE, name: str = "DataFrame"
) -> LoadedSource:
    """DataFrames as a source; the names of its sheets are the keys, a row's number is that of ``to_excel``.

    Raises FileRefused if a text in it is none, or if the columns do not fit.
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
) -> LoadedSource:
    opened, passed = [], []
    carried = carried_proofs(sheets)
    for sheet in sheets:
        planned = _open_sheet(sheet, profile, context, delimited=delimited)
        if planned is None and is_ours(sheet):
            notes = tuple(note for note in notes if note.sheet != sheet.name)
        elif planned is None:
            passed.append(sheet.name)
        else:
            proofs = carried.get(sheet.name, ()) if planned.top.header[0] == REPORT_MARK else ()
            planned.formats = formats_of(planned.plan, sheet.look, profile, context.today, delimited=delimited, carried=proofs)
            opened.append(planned)
    if not opened:
        raise FileRefused(_nothing_found(name, passed))
    # Cases first: a voucher is linked to a case that is already known.
    opened.sort(key=lambda o: o.plan.shape is Shape.VOUCHERS)
    found: list[Note] = []
    return LoadedSource(
        name=name,
        sha256=sha256,
        heads=tuple(replace(o.plan.head, proofs=o.formats.proofs) for o in opened),
        rows=chain.from_iterable(_read_sheet(o, profile, context, found) for o in opened),
        has_cases=any(o.plan.shape is not Shape.VOUCHERS for o in opened),
        notes=(*notes, *sheet_notes(((o.top, o.plan) for o in opened), passed), *_proofs(opened)),
        found=found,
        profile=profile.name or None,
    )


def _proofs(opened: Iterable[_Opened]) -> Iterator[Note]:
    return chain.from_iterable(o.formats.notes for o in opened)


def _all_ours(headings: tuple[Cell, ...]) -> bool:
    """Whether every heading is the reporter's: such a sheet has no rows of the user's, whatever a profile says."""
    filled = [str(heading) for heading in headings if not is_blank(heading)]
    return bool(filled) and all(heading.startswith("#") for heading in filled)


def _nothing_found(name: str, passed: list[str]) -> str:
    if not passed:
        return f"{name} holds no rows. Check that it is the right file."
    told = ", ".join(f'"{sheet}"' for sheet in passed[:5])
    return (
        f"{name} has no sheet with columns of cases or vouchers (looked at {told}). "
        f"Check the headings, or map them in a profile (with header_row = 4 if they are in row 4): `importer map FILE` asks "
        f"for them. `importer template` writes an example."
    )


def _open_sheet(sheet: Sheet, profile: Profile, context: LoadContext, *, delimited: bool) -> _Opened | None:
    rows = Ahead(sheet.rows())
    first = rows.peek(1)
    if not first or _all_ours(first[0][1]):
        return None
    top = find_top(sheet.name, rows, laid_out(first, profile))
    if not top.header:
        return None
    plan = plan_sheet(sheet.name, top.row, top.header, profile, context.defaults, top.around)
    return _Opened(top, plan, rows, delimited) if plan else None


def _read_sheet(opened: _Opened, profile: Profile, context: LoadContext, found: list[Note]) -> Iterator[LoadedRow]:
    reader = RowReader(opened.plan, profile, context, delimited=opened.delimited, formats=opened.formats)
    return TableReader(opened.top, opened.plan, reader, found).rows(opened.rows)
