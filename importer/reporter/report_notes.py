"""The sentences about reports that are read as flat lists, and about the day of a list."""

from __future__ import annotations

from collections.abc import Callable

from importer.domain.notes import Note, NoteKind

_GROUPINGS = {
    "heads": "grouped by debtor, whose name or number is in a row of its own",
    "heads_with_totals": "grouped by debtor, whose name is in a row with his total",
    "first_row": "grouped by debtor, who is named in the row of his first document alone",
    "ages": "grouped by age, and each row names its debtor",
    "states": "grouped by state, and each row names its debtor",
    "totals": "a list with subtotals, and each row names its debtor",
}


def _report_read(note: Note) -> str:
    documents, debtors = int(note.value("documents")), int(note.value("debtors"))
    quoted = [f'"{_on_one_line(heading)}"' for heading in note.all("gained")]
    gained = " and ".join(filter(None, (", ".join(quoted[:-1]), *quoted[-1:])))
    how = _GROUPINGS.get(note.value("grouping"), "a list")
    columns = len(note.all("gained"))
    filled = (
        f" The column{'s' if columns > 1 else ''} {gained} {'are' if columns > 1 else 'is'} filled from it." if gained else ""
    )
    of_debtors = f" of {debtors:,} debtor{'s' if debtors != 1 else ''}" if debtors else ""
    return f" is {how}: it was read as {documents:,} document{'s' if documents != 1 else ''}{of_debtors}.{filled}"


def _open_from_debit(note: Note) -> str:
    debit, credit = note.all("heading")
    return f': the open amount is "{_on_one_line(debit)}" less "{_on_one_line(credit)}".'


def _open_by_side(note: Note) -> str:
    amount, *mark = map(_on_one_line, note.all("heading"))
    where = f'the mark in "{mark[0]}"' if mark else "the mark behind it"
    return f': the open amount is "{amount}", and {where} says whether it is a debit or a credit.'


def _open_from_ages(note: Note) -> str:
    headings = note.all("heading")
    first, last = _on_one_line(headings[0]), _on_one_line(headings[-1])
    return f': the open amount is in one of the columns of ages, "{first}" to "{last}".'


def _on_one_line(heading: str) -> str:
    return " ".join(heading.split())


OF_REPORTS: dict[NoteKind, Callable[[Note], str]] = {
    NoteKind.REPORT_READ: _report_read,
    NoteKind.TWO_LINE_HEADINGS: lambda note: (
        f": rows {note.value('first')} and {note.value('last')} make up the headings together."
    ),
    NoteKind.OPEN_FROM_AGES: _open_from_ages,
    NoteKind.OPEN_IS_SUM_OF_AGES: lambda note: (
        f': "{_on_one_line(note.value("heading"))}" is the open amount, since it is the sum of the columns of ages in each row.'
    ),
    NoteKind.OPEN_FROM_DEBIT: _open_from_debit,
    NoteKind.OPEN_BY_SIDE: _open_by_side,
    NoteKind.LISTED_ON: lambda note: f" is of {note.value('day')}.",
    NoteKind.OLD_LIST: lambda note: (
        f" is {int(note.value('days')):,} days old: payments since {note.value('day')} are not in it. Export it again before "
        "claims are sent."
    ),
}
"""What follows the name of the sheet, by the kind of the note."""
