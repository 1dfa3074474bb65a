"""The notes on a list of which several rows make a case, in words."""

from __future__ import annotations

from collections.abc import Callable

from importer.domain.money import grouped_text
from importer.domain.notes import Note, NoteKind, RowNumbers


def _cases(note: Note) -> str:
    cases, rows = int(note.value("cases")), int(note.value("rows"))
    return f": {_of(cases, 'case', 'cases')} of {_of(rows, 'row', 'rows')}, one for each {note.value('by')} and currency."


def _of(count: int, one: str, several: str) -> str:
    return f"{count:,} {one if count == 1 else several}"


def _money(note: Note) -> str:
    pairs = zip(note.all("currency"), note.all("cents"), strict=True)
    return ", ".join(f"{currency} {grouped_text(int(cents))}".strip() for currency, cents in pairs)


def _rows(rows: RowNumbers) -> str:
    if not rows.count:
        return ""
    ranges = [f"{first}–{last}" if last > first else f"{first}" for first, last in rows.ranges]
    more = f" and {rows.more:,} more" if rows.more else ""
    return f" (row{'s' if rows.count > 1 else ''} {', '.join(ranges)}{more})"


def _taken_off(note: Note) -> str:
    unnamed = int(note.value("unnamed"))
    verb = "names" if unnamed == 1 else "name"
    rest = (
        ""
        if not unnamed
        else f" {unnamed:,} of them {verb} no invoice of the list{_rows(note.rows)}, and oldest invoices are set off first."
    )
    return (
        f": {_of(int(note.value('count')), 'credit or payment is', 'credits and payments are')} taken off, {_money(note)}.{rest}"
    )


def _of_nobody(note: Note) -> str:
    count = int(note.value("count"))
    what = "credit or payment names" if count == 1 else "credits and payments name"
    advice = "They are taken off nothing: check whose they are before you send"
    return f": {count:,} {what} no debtor, {_money(note)}{_rows(note.rows)}. {advice}."


def _fees(note: Note) -> str:
    count = _of(int(note.value("count")), "fee or interest is", "fees and interest are")
    return f": {count} not part of the principal, {_money(note)}{_rows(note.rows)}. They are vouchers of their own types."


def _not_due(note: Note) -> str:
    count = _of(int(note.value("count")), "document is", "documents are")
    return f": {count} not due yet, {_money(note)}{_rows(note.rows)}, and left out until a later list."


def _several_names(note: Note) -> str:
    count, numbers = int(note.value("count")), ", ".join(note.all("number"))
    what = "customer number has several names" if count == 1 else "customer numbers have several names each"
    return f": {count:,} {what} ({numbers}). Each name is a debtor of its own."


def _several_numbers(note: Note) -> str:
    count, numbers = int(note.value("count")), "; ".join(note.all("numbers"))
    what = "name has several customer numbers" if count == 1 else "names have several customer numbers"
    return f": {count:,} {what} ({numbers}). Each number is a debtor of its own; check that they are not one."


def _no_credits(note: Note) -> str:
    count = int(note.value("count"))
    return (
        f": not one of {count:,} documents is a credit or a payment. Some reports leave them out, so that more would be claimed "
        "than is owed: check that this one does not."
    )


def _mostly_younger(note: Note) -> str:
    count, named = int(note.value("count")), ", ".join(note.all("reference"))
    what = "of 1 case" if count == 1 else f"of {count:,} cases"
    return f": most of the money {what} ({named}) is much younger than the due date, which is that of the oldest invoice."


def _no_vouchers(note: Note) -> str:
    if note.value("why") == "debbie":
        return ": no vouchers are made, since Debbie is not set up. The documents are listed in the comments of each case."
    codes = ", ".join(note.all("currency"))
    return f": no vouchers are made in {codes}, which Debbie does not take. The comments list the documents."


def _rows_of_debtors(note: Note) -> str:
    rows, debtors = int(note.value("rows")), _of(int(note.value("debtors")), "debtor", "debtors")
    return (
        f": {rows:,} rows are of {debtors}, and each row is a case of its own. To make one case of all invoices of a debtor, say "
        'cases_from = "debtor" in the profile; `importer map` asks for it.'
    )


OF_A_LIST: dict[NoteKind, Callable[[Note], str]] = {
    NoteKind.CASES_OF_ROWS: _cases,
    NoteKind.CREDITS_TAKEN_OFF: _taken_off,
    NoteKind.CREDITS_OF_NOBODY: _of_nobody,
    NoteKind.FEES_APART: _fees,
    NoteKind.NOT_DUE_APART: _not_due,
    NoteKind.SEVERAL_NAMES: _several_names,
    NoteKind.SEVERAL_NUMBERS: _several_numbers,
    NoteKind.NO_CREDITS: _no_credits,
    NoteKind.MOSTLY_YOUNGER: _mostly_younger,
    NoteKind.NO_VOUCHERS: _no_vouchers,
    NoteKind.ROWS_OF_DEBTORS: _rows_of_debtors,
}
"""The words behind the name of the sheet."""
