"""Which sheets of a workbook are read: those that are shown, hidden ones that the profile names, all of our own workbooks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from importer.domain.notes import Note, NoteKind
from importer.domain.records import LIST_SHEET, SUMMARY_SHEET
from importer.errors import FileRefused
from importer.loader.profile import Profile
from importer.loader.sheets.sheet import REPORT_MARK, SUMMARY_MARK, Sheet

if TYPE_CHECKING:
    from importer.loader.files.reader import RawSheet


def is_own_workbook(sheets: Iterable[Sheet]) -> bool:
    """Return whether a workbook is a report or a template of the importer: nothing that is hidden in it is left out."""
    return any(sheet.name in (SUMMARY_SHEET, LIST_SHEET) and _begins_as_ours(sheet) for sheet in sheets)


def _begins_as_ours(sheet: Sheet) -> bool:
    first = _first_cell(sheet)
    return first == SUMMARY_MARK if sheet.name == SUMMARY_SHEET else first.startswith("#")


def _first_cell(sheet: Sheet) -> str:
    try:
        return next((str(cells[0]) for _, cells in sheet.rows() if cells), "")
    except FileRefused:  # a hidden sheet may be odd: it is not read
        return ""


def sheets_to_read(sheets: Sequence[RawSheet], profile: Profile) -> tuple[RawSheet, ...]:
    """Return the sheets without the hidden ones that the profile does not name. Our own sheets are always read."""
    hidden = {sheet.name for sheet in sheets if sheet.hidden and sheet.name not in profile.named_sheets()}
    if not hidden or is_own_workbook(sheets):
        return tuple(sheets)
    return tuple(sheet for sheet in sheets if sheet.name not in hidden or _first_cell(sheet) == REPORT_MARK)


def notes_without(notes: Iterable[Note], unread: Iterable[str]) -> tuple[Note, ...]:
    """Return the notes on a file with those on its ``unread`` hidden sheets replaced by one on each."""
    names = list(unread)
    kept = [note for note in notes if note.sheet not in names]
    return (*(Note(NoteKind.HIDDEN_SHEET_NOT_READ, name) for name in names), *kept)
