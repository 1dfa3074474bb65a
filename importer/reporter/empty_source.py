"""What is said about a source with headings and no rows: one sentence, and what else of the file a person should know."""

from __future__ import annotations

from importer.domain.notes import NoteKind
from importer.reporter.notes import sentence
from importer.reporter.summary import Summary

_SAID = frozenset(
    {
        *(NoteKind.SENTENCE, NoteKind.SHEET_HIDDEN, NoteKind.SHEET_LEFT_OUT, NoteKind.DIFFERING_TOTAL, NoteKind.TOTALS),
        *(NoteKind.HIDDEN_SHEET_NOT_READ, NoteKind.HIDDEN_ROWS_SKIPPED, NoteKind.COVERED_CELLS),
        *(NoteKind.NOTES_BELOW, NoteKind.TITLES, NoteKind.CELLS_BESIDE),
    }
)
"""The notes about rows or sheets that were passed over: the claims may be there."""


def empty_source_text(summary: Summary) -> str:
    """Return the line about a source without rows."""
    notes = (sentence(note) for note in summary.batch.notes if note.kind in _SAID)
    return " ".join([f"{summary.batch.source_name} has headings and no rows: nothing to import.", *notes])
