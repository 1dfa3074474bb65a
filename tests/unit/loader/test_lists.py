"""Reports of open invoices: each file of ``tests/golden/lists`` beside what its rows become.

``NAME.csv`` is the report, ``NAME.csv.txt`` what is read from it: whose document is in which row, its dates and amount, what it
is, which rows are left out and why, which are asked about, and the notes.

    PYTHONPATH=tests python tests/unit/loader/test_lists.py

writes what is read from all of them. It records what the importer does; check that this is right before you commit it.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from importer.domain.notes import NoteKind
from importer.domain.records import CaseRecord, LeftOut, LoadedRow, LoadedSource
from importer.errors import FileRefused
from importer.loader.context import LoadContext
from importer.loader.profile import NO_PROFILE
from importer.loader.source import open_file
from importer.reporter.notes import sentence

LISTS = Path(__file__).parents[2] / "golden" / "lists"
CONTEXT = LoadContext(
    today=date(2026, 11, 10),
    timezone=ZoneInfo("Europe/Copenhagen"),
    defaults={
        "creditor_company_name": "Nordlys Energi A/S",
        "creditor_country": "DK",
        "debtor_country": "DK",
        "debtor_type": "by name",
        "debtor_contact_person": "Accounts payable",
        "currency": "DKK",
    },
)
NOT_SHOWN = {NoteKind.VALUES_READ, NoteKind.LINES_READ, NoteKind.HEADINGS_READ_AS, NoteKind.TYPE_BY_NAME}
NAMED = ("debtor_name", "customer_number", "creditor_reference", "date", "due_date")
INPUTS = sorted(path for path in LISTS.iterdir() if path.suffix == ".csv")


def read(path: Path) -> str:
    """Return what is read from a report as text."""
    try:
        with open_file(path, NO_PROFILE, CONTEXT) as source:
            lines = [line(source, row) for row in source.rows]
            notes = [sentence(note) for note in (*source.notes, *source.found) if note.kind not in NOT_SHOWN]
    except FileRefused as error:
        return f"refused: {error}\n"
    return "\n".join([*lines, "", *notes]) + "\n"


def line(source: LoadedSource, row: LoadedRow) -> str:
    """Return a row as a line: its number, its document, and what it is."""
    case = row.case
    assert case is not None
    names = source.heads[0].names
    places = {name: at for at, names_at in enumerate(names) if names_at for name in names_at.split()}
    cells = [row.row.cells[places[name]] if name in places else None for name in NAMED]
    shown = [getattr(cell, "isoformat", lambda cell=cell: cell)() for cell in cells]
    document = " | ".join("" if cell is None else str(cell)[:40] for cell in shown)
    return f"{row.row.number:>3} | {document} | {case.money.cents / 100:,.2f} {case.money.currency} | {what(row)}"


def what(row: LoadedRow) -> str:
    """Return what a row is, in words."""
    case = row.case
    if isinstance(case, CaseRecord):
        asked = "; ".join(question.text() for question in case.questions)
        return f"asked: {asked}" if asked else "claim"
    if isinstance(case, LeftOut):
        return f"left out: {case.reason.text()}"
    reasons = "; ".join(reason.text() for reason in getattr(case, "reasons", ()) or (case.reason,))
    return f"{'left out' if getattr(case, 'is_left_out', True) else 'rejected'}: {reasons}"


@pytest.mark.parametrize("path", INPUTS, ids=lambda path: path.name)
def test_list(path: Path) -> None:
    assert read(path) == golden(path).read_text(encoding="utf-8")


def test_there_are_twelve_lists() -> None:
    assert len(INPUTS) >= 12


def golden(path: Path) -> Path:
    """Return the file with what is read from a report."""
    return path.with_name(f"{path.name}.txt")


if __name__ == "__main__":
    for one in INPUTS:
        golden(one).write_text(read(one), encoding="utf-8")
