"""The notes on a source in words: one sentence each, for the terminal and the Python API."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from importer.domain.money import grouped_text
from importer.domain.notes import Note, NoteKind, RowNumbers
from importer.domain.part_headings import looks_like, with_article
from importer.reporter import document_notes, master_data_notes
from importer.reporter.list_notes import OF_A_LIST
from importer.reporter.next_list_notes import deposits, documents_added, documents_gone, list_does_not_count
from importer.reporter.report_notes import OF_REPORTS

_MOST_RANGES = 5
"""Ranges of cells that a sentence names."""
_MARKS = {".": "point", ",": "comma"}
_ORDERS = {"day_first": "the day first", "month_first": "the month first", "year_first": "the year first"}
_ROWS_LEFT_OUT = {  # of one row, of several
    NoteKind.CONFIRMED_TOTALS: ("is the total of the rows above", "are totals of the rows above"),
    NoteKind.TOTALS: ("is a total", "are totals"),
    NoteKind.NOTES_BELOW: ("is a note below the table", "are notes below the table"),
    NoteKind.REPEATED_HEADINGS: ("holds the headings once more", "hold the headings once more"),
    NoteKind.TITLES: ("is a title or a page number", "are titles or page numbers"),
    NoteKind.CELLS_BESIDE: ("has cells beside the table only", "have cells beside the table only"),
    NoteKind.GROUP_HEADS: ("is the head of a group of documents", "are heads of groups of documents"),
    NoteKind.AGE_GROUPS: ("is the head of a group of ages", "are heads of groups of ages"),
    NoteKind.FURTHER_LINES: (
        "is a further line of the document above, without an amount,",
        "are further lines of the documents above, without an amount,",
    ),
    NoteKind.UNIT_ROWS: ("holds units or headings", "hold units or headings"),
}


def sentence(note: Note) -> str:
    """Return a note as one sentence, or several, for the user."""
    if note.kind in _OF_THE_FILE:
        return _OF_THE_FILE[note.kind](note)
    if note.kind in _OF_A_RAW_SHEET:
        return f"Sheet {note.sheet!r}{_OF_A_RAW_SHEET[note.kind](note)}"
    words = _rows_left_out if note.kind in _ROWS_LEFT_OUT else _OF_A_TABLE.get(note.kind) or OF_A_LIST[note.kind]
    return f'Sheet "{note.sheet}"{words(note)}'


def rows_named(rows: RowNumbers) -> str:
    """Return row numbers as text: ``row 3``, ``rows 3–5 and 9``. Of very many, the first ones and the number of the others."""
    ranges = [f"{first}–{last}" if last > first else f"{first}" for first, last in rows.ranges]
    if rows.more:
        return f"rows {', '.join(ranges)} and {rows.more:,} more up to row {rows.last}"
    joined = ", ".join(ranges[:-1]) + (" and " if ranges[:-1] else "") + ranges[-1]
    return f"row{'s' if rows.count > 1 else ''} {joined}"


def _rows_left_out(note: Note) -> str:
    one, several = _ROWS_LEFT_OUT[note.kind]
    what, verb = (several, "were") if note.rows.count > 1 else (one, "was")
    return f": {rows_named(note.rows)} {what} and {verb} left out."


def _profile_used(note: Note) -> str:
    return f'Read with the profile "{note.value("profile")}" ({note.value("path")}), which lists these headings.'


def _hidden_rows(note: Note) -> str:
    count = int(note.value("count"))
    return f": {count:,} hidden row{'s are' if count > 1 else ' is'} read as well."


def _merged_ranges(note: Note) -> str:
    count, first = int(note.value("count")), note.value("first")
    if count == 1:
        return f" has a merged range ({first}); only its first cell is shown."
    return f" has {count:,} merged ranges (the first is {first}); only the first cell of each is shown."


def _conditional_formats(note: Note) -> str:
    places = " ".join(note.all("range")).split()
    more = f" and {len(places) - _MOST_RANGES:,} more" if len(places) > _MOST_RANGES else ""
    where = f" ({', '.join(places[:_MOST_RANGES])}{more})" if places else ""
    return (
        f" has cells that show a currency, a sign or a text on a condition only{where}: these formats are not read. "
        "Check the amounts and currencies that are sent, or format the cells without a condition."
    )


def _hidden_columns(note: Note) -> str:
    columns = note.all("columns")
    return f": hidden columns{f' ({_and(columns)})' if columns else ''} are read as well."


def _hidden_rows_read(note: Note) -> str:
    what = "are hidden or filtered, and were" if note.rows.count > 1 else "is hidden or filtered, and was"
    return f": {rows_named(note.rows)} {what} read as well{_money(note)}."


def _hidden_rows_skipped(note: Note) -> str:
    what = "are hidden or filtered, and were" if note.rows.count > 1 else "is hidden or filtered, and was"
    return f': {rows_named(note.rows)} {what} left out, as the profile says (hidden_rows = "skip"){_money(note)}.'


def _hidden_column_read(note: Note) -> str:
    heading = _on_one_line(note.value("heading"))
    return f': the hidden column "{heading}" is read as {note.value("column")}{_money(note)}.'


def _money(note: Note) -> str:
    pairs = zip(note.all("currency"), note.all("cents"), strict=True)
    amounts = [f"{currency} {grouped_text(int(cents))}".strip() for currency, cents in pairs]
    return f": {_and(amounts)}" if amounts else ""


def _covered_cells(note: Note) -> str:
    verb = "have" if note.rows.count > 1 else "has"
    return (
        f": {rows_named(note.rows)} {verb} values in cells below a merge, which no program shows. They were not read; with "
        'covered_cells = "read" in the profile they are.'
    )


def _rows_above_headings(note: Note) -> str:
    verb = "were" if note.rows.count > 1 else "was"
    return f": the headings are in row {note.value('header_row')}; {rows_named(note.rows)} above them {verb} left out."


def _headings_read_as(note: Note) -> str:
    pairs = zip(note.all("heading"), note.all("column"), strict=True)
    columns = ", ".join(f'"{_on_one_line(heading)}" as {column}' for heading, column in pairs)
    return f": read {columns}."


def _headings_unused(note: Note) -> str:
    headings = ", ".join(f'"{heading}"{_likeness(heading)}' for heading in note.all("heading"))
    return f": not used: {headings}."


def _likeness(heading: str) -> str:
    seems = looks_like(heading)
    return f" (looks like {with_article(seems)})" if seems else ""


def _headings_joined(note: Note) -> str:
    return f": {note.value('column')} is joined from {_quoted(note.all('heading'))}."


def _company_or_person(note: Note) -> str:
    company, *persons = note.all("heading")
    names = _quoted(persons)
    return (
        f': "{_on_one_line(company)}" is the name of the debtor where it is filled, with {names} as the contact person; '
        f"elsewhere {names} are the name."
    )


def _heading_split(note: Note) -> str:
    return f': "{_on_one_line(note.value("heading"))}" is split into {_and(note.all("column"))}.'


def _join_in_doubt(note: Note) -> str:
    headings, columns = note.all("heading"), _and(note.all("column"))
    what = f"joined to {columns}" if len(headings) > 1 else f"split into {columns}"
    verb = "are" if len(headings) > 1 else "is"
    return f": {_quoted(headings)} {verb} not {what}, since {note.value('why')}. `importer map FILE` asks for it."


def _quoted(headings: Sequence[str]) -> str:
    return _and([f'"{_on_one_line(heading)}"' for heading in headings])


def _and(things: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(things[:-1]), things[-1])))


def _heading_superseded(note: Note) -> str:
    heading, by = _on_one_line(note.value("heading")), _on_one_line(note.value("by"))
    column = note.value("column")
    return f': "{heading}" is not used: "{by}" is {"what is still open" if column == "amount_to_recover" else column}.'


def _invoiced_less_settled(note: Note) -> str:
    settled = " and ".join(f'"{_on_one_line(heading)}"' for heading in note.all("settled"))
    heading = _on_one_line(note.value("heading"))
    return f': the claim is "{heading}" less {settled}, since every row with such an amount shows that it is not taken off.'


def _differing_total(note: Note) -> str:
    total, added_up = (grouped_text(int(note.value(name))) for name in ("total_cents", "sum_cents"))
    return (
        f": {rows_named(note.rows)} is a total of {total} and was left out, but the rows above it add up to {added_up}. "
        "Is a row missing, or was an amount not read?"
    )


def _values_read(note: Note) -> str:
    values = zip(note.all("value"), note.all("taken"), note.all("count"), strict=True)
    texts = (f'"{text}" ({int(count):,}) is {taken or "not known"}' for text, taken, count in values)
    return f', column "{_on_one_line(note.value("heading"))}": {"; ".join(texts)}.'


def _decimal_mark(note: Note) -> str:
    return f', column "{note.value("heading")}": the decimal mark is a {_MARKS[note.value("way")]}, as {_proof(note)}.'


def _date_order(note: Note) -> str:
    return f', column "{note.value("heading")}": dates have {_ORDERS[note.value("way")]}, as {_proof(note)}.'


def _personal_numbers(note: Note) -> str:
    pairs = zip(note.all("heading"), note.all("count"), strict=True)
    columns = ", ".join(f'{int(count):,} in "{_on_one_line(heading)}"' for heading, count in pairs)
    dropped = int(note.value("dropped"))
    what = f" {dropped:,} of them would be registration numbers: these cases are sent without one." if dropped else ""
    if dropped == 1:
        what = " 1 of them would be a registration number: this case is sent without one."
    return f": personal numbers are neither stored nor sent, and shown as 010180-****: {columns}.{what}"


def _proof(note: Note) -> str:
    """Return the cells that are the proof: ``row 3 proves ("31.01.2026")``."""
    earlier = {"row": "", "earlier_row": " of the original file"}
    places = [f"{value}{earlier[name]}" for name, value in note.values if name in earlier]
    texts = ", ".join(f'"{text}"' for text in note.all("text"))
    return f"row {places[0]} proves ({texts})" if len(places) == 1 else f"rows {' and '.join(places)} prove ({texts})"


def _of_values(note: Note, what: str, then: str) -> str:
    """Return a sentence about the values of one column: how many, what they are, their rows, and what became of them."""
    count = note.rows.count
    values = f"{count:,} value{'s' if count > 1 else ''}"
    return f', column "{_on_one_line(note.value("heading"))}": {values} {what} ({rows_named(note.rows)}): {then}.'


def _was(things: Sequence[str]) -> str:
    return "were" if len(things) > 1 else "was"


def _on_one_line(heading: str) -> str:
    return " ".join(heading.split())


_OF_THE_FILE: dict[NoteKind, Callable[[Note], str]] = {
    NoteKind.SENTENCE: lambda note: note.value("text"),
    NoteKind.PROFILE_USED: _profile_used,
    NoteKind.QUOTE_CHARACTER: lambda note: f"The quote character is {note.value('quote')}.",
    NoteKind.BACKSLASH_QUOTES: lambda _: "Quotes within cells are written with a backslash.",
    NoteKind.LINES_READ: lambda note: f"Lines of the file: {', '.join(f'{name} {count}' for name, count in note.values)}.",
    NoteKind.QUOTES_AS_TEXT: lambda _: (
        "The quotes in this file are read as part of the texts: they enclose no cell, and only so every row has all columns."
    ),
    NoteKind.SAME_FILE_AGAIN: lambda note: (
        f"Exactly the same bytes are in {', '.join(note.all('name'))}, which {_was(note.all('name'))} not read again."
    ),
    NoteKind.LIST_DOES_NOT_COUNT: list_does_not_count,
    NoteKind.DOCUMENTS_ADDED: documents_added,
    NoteKind.DOCUMENTS_GONE: documents_gone,
    NoteKind.DEPOSITS: deposits,
    NoteKind.EXAMPLE_WORKBOOK: lambda _: "This is the example: some rows are wrong on purpose, to show what becomes of them.",
    NoteKind.LINKED_WORKBOOKS: lambda _: "The workbook refers to other workbooks; the values last calculated are read.",
}
_OF_A_RAW_SHEET: dict[NoteKind, Callable[[Note], str]] = {
    NoteKind.SHEET_HIDDEN: lambda _: " is hidden.",
    NoteKind.MERGED_RANGES: _merged_ranges,
    NoteKind.HIDDEN_ROWS: _hidden_rows,
    NoteKind.HIDDEN_COLUMNS: _hidden_columns,
    NoteKind.HIDDEN_SHEET_NOT_READ: lambda _: " is hidden and was not read. A profile that names it (sheet = ...) reads it.",
    NoteKind.NOT_A_SHEET: lambda _: " has no cells in the file (it may be a module of macros), and was left out.",
    NoteKind.FILTERED_ROWS: lambda _: " has a filter: rows that it hides are read as well.",
    NoteKind.CONDITIONAL_FORMATS: _conditional_formats,
}
_OF_A_TABLE: dict[NoteKind, Callable[[Note], str]] = {
    NoteKind.SHEET_LEFT_OUT: lambda _: " holds neither cases nor vouchers and was left out.",
    NoteKind.HIDDEN_ROWS_READ: _hidden_rows_read,
    NoteKind.HIDDEN_ROWS_SKIPPED: _hidden_rows_skipped,
    NoteKind.HIDDEN_COLUMN_READ: _hidden_column_read,
    NoteKind.COVERED_CELLS: _covered_cells,
    NoteKind.ROWS_ABOVE_HEADINGS: _rows_above_headings,
    NoteKind.GUARDS_TAKEN_OFF: lambda note: (
        f": {rows_named(note.rows)} {'have' if note.rows.count > 1 else 'has'} cells with a guard for Excel "
        '(="00123"), which was taken off.'
    ),
    NoteKind.HEADINGS_READ_AS: _headings_read_as,
    NoteKind.HEADINGS_UNUSED: _headings_unused,
    NoteKind.HEADING_SUPERSEDED: _heading_superseded,
    NoteKind.HEADINGS_JOINED: _headings_joined,
    NoteKind.COMPANY_OR_PERSON: _company_or_person,
    NoteKind.HEADING_SPLIT: _heading_split,
    NoteKind.JOIN_IN_DOUBT: _join_in_doubt,
    NoteKind.INVOICED_LESS_SETTLED: _invoiced_less_settled,
    NoteKind.CURRENCY_OF_HEADING: lambda note: f": the currency is {note.value('currency')}, as the heading of the amount says.",
    NoteKind.CREDIT_NOTES_REJECTED: lambda note: (
        f': rows that "{_on_one_line(note.value("heading"))}" calls credit notes or payments are rejected.'
    ),
    NoteKind.TYPE_BY_NAME: lambda _: (
        ": debtor_type goes by the name, as the profile or the settings say: by the debtor's numbers, the legal form, the words "
        "of public bodies and associations, and the form of a personal name."
    ),
    NoteKind.TYPE_DERIVED: lambda _: (
        " has no debtor_type: a row with a contact person is a Company, another one a Person unless its name "
        "carries a company's legal form."
    ),
    NoteKind.DECIMAL_MARK: _decimal_mark,
    NoteKind.DATE_ORDER: _date_order,
    NoteKind.DIFFERING_TOTAL: _differing_total,
    NoteKind.VALUES_READ: _values_read,
    NoteKind.OPTIONAL_LEFT_OUT: lambda note: _of_values(
        note, "left out", f"{'each' if note.rows.count > 1 else 'it'} {note.value('why')}, and the claim is sent without it"
    ),
    NoteKind.FURTHER_EMAILS: lambda note: _of_values(
        note, "with several addresses", f"the first one is sent, and the others {note.value('why')}"
    ),
    NoteKind.UNPROVEN_NUMBER: lambda note: _of_values(note, "whose check digit does not fit the country", "sent nevertheless"),
    NoteKind.INVISIBLE_TAKEN_OUT: lambda note: _of_values(note, "with characters that nobody can see", "those were taken out"),
    NoteKind.APOSTROPHE_TAKEN_OFF: lambda note: _of_values(
        note, "with the apostrophe by which a sheet marks text", "it was taken off"
    ),
    NoteKind.PERSONAL_NUMBERS: _personal_numbers,
    **OF_REPORTS,
    NoteKind.DOCUMENTS_ASSIGNED: document_notes.assigned,
    NoteKind.DOCUMENTS_IN_DOUBT: document_notes.in_doubt,
    NoteKind.DOCUMENTS_WITHOUT_VOUCHER: document_notes.without_voucher,
    NoteKind.DOCUMENTS_LEFT: document_notes.left,
    NoteKind.MASTER_DATA_USED: master_data_notes.used,
    NoteKind.MASTER_DATA_MISSING: master_data_notes.missing,
    NoteKind.MASTER_DATA_DIFFERS: master_data_notes.differs,
    NoteKind.MASTER_DATA_UNUSED: master_data_notes.unused,
    NoteKind.MASTER_DATA_WITHOUT_NUMBERS: master_data_notes.without_numbers,
    NoteKind.DUE_BEFORE_DATE: lambda note: (
        f": {rows_named(note.rows)} {'have' if note.rows.count > 1 else 'has'} a due date before the date of the invoice. "
        "Debitura may refuse that; check the dates."
    ),
}
