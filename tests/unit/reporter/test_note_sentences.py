"""Every kind of note in words."""

from __future__ import annotations

import pytest

from importer.domain.notes import MAX_NAMED, Note, NoteKind, rows_of
from importer.reporter.notes import rows_named, sentence

SENTENCES = {
    Note(NoteKind.EXAMPLE_WORKBOOK): "This is the example: some rows are wrong on purpose, to show what becomes of them.",
    Note(NoteKind.DOCUMENTS_ASSIGNED, "Sager", values=(("name", "docs.zip"), ("count", "1"))): (
        'Sheet "Sager": 1 document of docs.zip goes out with the voucher of the invoice.'
    ),
    Note(
        NoteKind.DOCUMENTS_IN_DOUBT,
        "Sager",
        values=(("name", "docs.zip"), ("why", "part_of_another"), ("count", "3"), ("file", "24-1.pdf"), ("file", "24-2.pdf")),
    ): (
        'Sheet "Sager": not sent, since the number in the name may be a part of a longer one: 24-1.pdf, 24-2.pdf and 1 more of '
        "docs.zip. Rename them, or write the name in the column appendix_file."
    ),
    Note(NoteKind.DOCUMENTS_WITHOUT_VOUCHER, "Sager", values=(("name", "docs.zip"), ("count", "1"), ("file", "1.pdf"))): (
        'Sheet "Sager": not sent, since the rows of these invoices have no voucher to attach them to: 1.pdf of docs.zip.'
    ),
    Note(NoteKind.DOCUMENTS_LEFT, "Sager", values=(("name", "docs.zip"), ("count", "1"), ("file", "1.pdf"))): (
        'Sheet "Sager": not sent, since no number of an invoice is in the name: 1.pdf of docs.zip.'
    ),
    Note(
        NoteKind.MASTER_DATA_USED,
        "Sager",
        values=(
            *(("name", "customers.xlsx"), ("heading", "Kundenr."), ("rows", "1200")),
            *(("column", "debtor_email"), ("count", "1"), ("column", "debtor_phone"), ("count", "20")),
        ),
    ): (
        'Sheet "Sager": 1,200 rows joined with customers.xlsx by "Kundenr.": completed debtor_email in 1 row, debtor_phone in '
        "20 rows."
    ),
    Note(
        NoteKind.MASTER_DATA_MISSING,
        "Sager",
        values=(("name", "customers.xlsx"), ("rows", "5"), ("count", "3"), ("number", "101"), ("number", "102")),
    ): (
        'Sheet "Sager": 3 customer numbers (101, 102 and 1 more) of 5 rows are not in customers.xlsx; those rows are read as '
        "they are."
    ),
    Note(
        NoteKind.MASTER_DATA_DIFFERS,
        "Sager",
        values=(("name", "customers.xlsx"), ("column", "debtor_city"), ("count", "2"), ("addresses", "2")),
    ): (
        'Sheet "Sager": the list has other values than customers.xlsx, and its own count: debtor_city in 2 rows. In 2 rows the '
        "address differs, so that no part of it was completed."
    ),
    Note(
        NoteKind.MASTER_DATA_UNUSED,
        "Sager",
        values=(("name", "customers.xlsx"), ("count", "1"), ("number", "101"), ("unnumbered", "2")),
    ): (
        'Sheet "Sager": of customers.xlsx, 1 customer number (101) occurs in no row of the list and 2 rows without a customer '
        "number completed nothing."
    ),
    Note(NoteKind.MASTER_DATA_WITHOUT_NUMBERS, "Sager", values=(("name", "customers.xlsx"),)): (
        'Sheet "Sager": nothing was completed from customers.xlsx, since no heading surely means the customer number. Name it in '
        "the profile: list_key under [master_data]."
    ),
    Note(NoteKind.SENTENCE, values=(("text", "As it was."),)): "As it was.",
    Note(
        NoteKind.PROFILE_USED, values=(("profile", "open-items"), ("path", "profiles/open-items.toml"))
    ): 'Read with the profile "open-items" (profiles/open-items.toml), which lists these headings.',
    Note(NoteKind.LIST_DOES_NOT_COUNT, values=(("why", "missing"), ("missing", "3"), ("known", "9"), ("last", "2026-01-31"))): (
        "Nothing is concluded from what is missing or smaller in this list: 3 of the 9 open documents of the last one are "
        "missing in it, more than a fifth. Its rows are imported as always. If it is the newest whole list, import it with "
        "--list-is-current."
    ),
    Note(NoteKind.DOCUMENTS_GONE, values=(("count", "2"), ("gone", "INV-1 (C1-abcdef)"))): (
        "2 documents of cases that were sent are not in this list any more: INV-1 (C1-abcdef) and 1 more. That is no payment, "
        "and nothing is sent about it: ask, and tell the collection partner in the chat of the case."
    ),
    Note(NoteKind.DEPOSITS, values=(("count", "1"), ("currency", "DKK"), ("cents", "4000"))): (
        "Less is open than was claimed of 1 document of an open case: a deposit of the creditor, DKK 40.00, lowers what Debbie "
        "shows. Debitura's claims stay as they are."
    ),
    Note(
        NoteKind.DEPOSITS,
        values=(("count", "3"), *(("currency", "DKK"), ("cents", "4000")), *(("currency", "SEK"), ("cents", "100"))),
    ): (
        "Less is open than was claimed of documents of open cases: 3 deposits of the creditor, DKK 40.00, SEK 1.00, lower what "
        "Debbie shows. Debitura's claims stay as they are."
    ),
    Note(NoteKind.QUOTE_CHARACTER, values=(("quote", "'"),)): "The quote character is '.",
    Note(NoteKind.BACKSLASH_QUOTES): "Quotes within cells are written with a backslash.",
    Note(NoteKind.LINKED_WORKBOOKS): "The workbook refers to other workbooks; the values last calculated are read.",
    Note(NoteKind.SHEET_HIDDEN, "Bo's"): 'Sheet "Bo\'s" is hidden.',
    Note(
        NoteKind.MERGED_RANGES, "Sager", values=(("count", "1200"), ("first", "B2:C3"))
    ): "Sheet 'Sager' has 1,200 merged ranges (the first is B2:C3); only the first cell of each is shown.",
    Note(
        NoteKind.MERGED_RANGES, "Sager", values=(("count", "1"), ("first", "B2:C3"))
    ): "Sheet 'Sager' has a merged range (B2:C3); only its first cell is shown.",
    Note(NoteKind.HIDDEN_SHEET_NOT_READ, "Gammel"): (
        "Sheet 'Gammel' is hidden and was not read. A profile that names it (sheet = ...) reads it."
    ),
    Note(NoteKind.NOT_A_SHEET, "Module1"): (
        "Sheet 'Module1' has no cells in the file (it may be a module of macros), and was left out."
    ),
    Note(
        NoteKind.HIDDEN_COLUMNS, "Sager", values=(("columns", "C"), ("columns", "E–G"))
    ): "Sheet 'Sager': hidden columns (C and E–G) are read as well.",
    Note(
        NoteKind.HIDDEN_ROWS_READ,
        "Sager",
        rows_of([3, 4]),
        (("currency", "DKK"), ("cents", "150000"), ("currency", "EUR"), ("cents", "1000")),
    ): 'Sheet "Sager": rows 3–4 are hidden or filtered, and were read as well: DKK 1,500.00 and EUR 10.00.',
    Note(
        NoteKind.HIDDEN_ROWS_SKIPPED, "Sager", rows_of([3]), (("currency", "DKK"), ("cents", "150000"))
    ): 'Sheet "Sager": row 3 is hidden or filtered, and was left out, as the profile says (hidden_rows = "skip"): DKK 1,500.00.',
    Note(
        NoteKind.HIDDEN_COLUMN_READ,
        "Sager",
        values=(("heading", "Rest\nbeløb"), ("column", "amount_to_recover"), ("currency", "DKK"), ("cents", "150000")),
    ): 'Sheet "Sager": the hidden column "Rest beløb" is read as amount_to_recover: DKK 1,500.00.',
    Note(NoteKind.COVERED_CELLS, "Sager", rows_of([3])): (
        'Sheet "Sager": row 3 has values in cells below a merge, which no program shows. They were not read; with '
        'covered_cells = "read" in the profile they are.'
    ),
    Note(NoteKind.HIDDEN_ROWS, "Sager", values=(("count", "1"),)): "Sheet 'Sager': 1 hidden row is read as well.",
    Note(NoteKind.HIDDEN_ROWS, "Sager", values=(("count", "1200"),)): "Sheet 'Sager': 1,200 hidden rows are read as well.",
    Note(NoteKind.HIDDEN_COLUMNS, "Sager"): "Sheet 'Sager': hidden columns are read as well.",
    Note(NoteKind.FILTERED_ROWS, "Sager"): "Sheet 'Sager' has a filter: rows that it hides are read as well.",
    Note(NoteKind.CONDITIONAL_FORMATS, "Sager", values=(("range", "C2:C9"), ("range", "E2:E9"), ("range", ""))): (
        "Sheet 'Sager' has cells that show a currency, a sign or a text on a condition only (C2:C9, E2:E9): these formats are "
        "not read. Check the amounts and currencies that are sent, or format the cells without a condition."
    ),
    Note(NoteKind.SHEET_LEFT_OUT, "Bo's"): 'Sheet "Bo\'s" holds neither cases nor vouchers and was left out.',
    Note(
        NoteKind.ROWS_ABOVE_HEADINGS, "Sager", rows_of([1, 2]), (("header_row", "3"),)
    ): 'Sheet "Sager": the headings are in row 3; rows 1–2 above them were left out.',
    Note(
        NoteKind.ROWS_ABOVE_HEADINGS, "Sager", rows_of([1]), (("header_row", "3"),)
    ): 'Sheet "Sager": the headings are in row 3; row 1 above them was left out.',
    Note(NoteKind.UNIT_ROWS, "Sager", rows_of([2])): 'Sheet "Sager": row 2 holds units or headings and was left out.',
    Note(NoteKind.UNIT_ROWS, "Sager", rows_of([2, 3])): 'Sheet "Sager": rows 2–3 hold units or headings and were left out.',
    Note(
        NoteKind.HEADINGS_READ_AS,
        "Sager",
        values=(("heading", "Kunde\nnavn"), ("column", "debtor_name"), ("heading", "Land"), ("column", "debtor_country")),
    ): 'Sheet "Sager": read "Kunde navn" as debtor_name, "Land" as debtor_country.',
    Note(
        NoteKind.HEADINGS_UNUSED, "Sager", values=(("heading", "Salesman"), ("heading", "Region"))
    ): 'Sheet "Sager": not used: "Salesman", "Region".',
    Note(
        NoteKind.HEADING_SUPERSEDED,
        "Sager",
        values=(("heading", "Beløb"), ("column", "amount_to_recover"), ("by", "Rest\nbeløb")),
    ): 'Sheet "Sager": "Beløb" is not used: "Rest beløb" is what is still open.',
    Note(
        NoteKind.HEADING_SUPERSEDED, "Sager", values=(("heading", "Navn"), ("column", "debtor_name"), ("by", "Kundenavn"))
    ): 'Sheet "Sager": "Navn" is not used: "Kundenavn" is debtor_name.',
    Note(
        NoteKind.CURRENCY_OF_HEADING, "Sager", values=(("currency", "DKK"),)
    ): 'Sheet "Sager": the currency is DKK, as the heading of the amount says.',
    Note(
        NoteKind.CREDIT_NOTES_REJECTED, "Sager", values=(("heading", "Bilags\ntype"),)
    ): 'Sheet "Sager": rows that "Bilags type" calls credit notes or payments are rejected.',
    Note(NoteKind.QUOTES_AS_TEXT): (
        "The quotes in this file are read as part of the texts: they enclose no cell, and only so every row has all columns."
    ),
    Note(NoteKind.GUARDS_TAKEN_OFF, "Sager", rows_of([2, 3])): (
        'Sheet "Sager": rows 2–3 have cells with a guard for Excel (="00123"), which was taken off.'
    ),
    Note(NoteKind.LINES_READ, values=(("lines", "3"), ("rows", "2"), ("headings", "1"))): (
        "Lines of the file: lines 3, rows 2, headings 1."
    ),
    Note(NoteKind.INVOICED_LESS_SETTLED, "Sager", values=(("heading", "Due"), ("settled", "Paid"), ("settled", "Credited"))): (
        'Sheet "Sager": the claim is "Due" less "Paid" and "Credited", since every row with such an amount shows that it is not '
        "taken off."
    ),
    Note(
        NoteKind.VALUES_READ,
        "Sager",
        values=(
            *(("heading", "Status"), ("column", "row_state")),
            *(("value", "Sendt"), ("taken", "an open claim"), ("sure", "no"), ("count", "1200")),
            *(("value", "?"), ("taken", ""), ("sure", "yes"), ("count", "1")),
        ),
    ): 'Sheet "Sager", column "Status": "Sendt" (1,200) is an open claim; "?" (1) is not known.',
    Note(
        NoteKind.HEADINGS_JOINED, "Sager", values=(("heading", "Gade"), ("heading", "Nr"), ("column", "debtor_address"))
    ): 'Sheet "Sager": debtor_address is joined from "Gade" and "Nr".',
    Note(
        NoteKind.COMPANY_OR_PERSON,
        "Sager",
        values=(("heading", "Firma"), ("heading", "Fornavn"), ("heading", "Efternavn"), ("column", "debtor_name")),
    ): (
        'Sheet "Sager": "Firma" is the name of the debtor where it is filled, with "Fornavn" and "Efternavn" as the contact '
        'person; elsewhere "Fornavn" and "Efternavn" are the name.'
    ),
    Note(
        NoteKind.HEADING_SPLIT, "Sager", values=(("heading", "PLZ Ort"), ("column", "debtor_zip_code"), ("column", "debtor_city"))
    ): 'Sheet "Sager": "PLZ Ort" is split into debtor_zip_code and debtor_city.',
    Note(
        NoteKind.JOIN_IN_DOUBT,
        "Sager",
        values=(("heading", "Gade"), ("heading", "Nr"), ("column", "debtor_address"), ("why", "both end in numbers")),
    ): (
        'Sheet "Sager": "Gade" and "Nr" are not joined to debtor_address, since both end in numbers. `importer map FILE` asks '
        "for it."
    ),
    Note(NoteKind.GROUP_HEADS, "Sager", rows_of([4, 5])): (
        'Sheet "Sager": rows 4–5 are heads of groups of documents and were left out.'
    ),
    Note(
        NoteKind.REPORT_READ,
        "Sager",
        values=(
            ("grouping", "heads"),
            ("documents", "1200"),
            ("debtors", "2"),
            ("gained", "Customer number"),
            ("gained", "Kunde"),
        ),
    ): (
        'Sheet "Sager" is grouped by debtor, whose name or number is in a row of its own: it was read as 1,200 documents of 2 '
        'debtors. The columns "Customer number" and "Kunde" are filled from it.'
    ),
    Note(NoteKind.REPORT_READ, "Sager", values=(("grouping", "ages"), ("documents", "1"), ("debtors", "0"))): (
        'Sheet "Sager" is grouped by age, and each row names its debtor: it was read as 1 document.'
    ),
    Note(NoteKind.TWO_LINE_HEADINGS, "Sager", values=(("first", "3"), ("last", "4"))): (
        'Sheet "Sager": rows 3 and 4 make up the headings together.'
    ),
    Note(NoteKind.OPEN_FROM_AGES, "Sager", values=(("heading", "0-30"), ("heading", "31-60"), ("heading", "61+"))): (
        'Sheet "Sager": the open amount is in one of the columns of ages, "0-30" to "61+".'
    ),
    Note(NoteKind.OPEN_IS_SUM_OF_AGES, "Sager", values=(("heading", "Total"),)): (
        'Sheet "Sager": "Total" is the open amount, since it is the sum of the columns of ages in each row.'
    ),
    Note(NoteKind.OPEN_FROM_DEBIT, "Sager", values=(("heading", "Soll"), ("heading", "Haben"))): (
        'Sheet "Sager": the open amount is "Soll" less "Haben".'
    ),
    Note(NoteKind.OPEN_BY_SIDE, "Sager", values=(("heading", "Betrag"), ("heading", "S/H"))): (
        'Sheet "Sager": the open amount is "Betrag", and the mark in "S/H" says whether it is a debit or a credit.'
    ),
    Note(NoteKind.OPEN_BY_SIDE, "Sager", values=(("heading", "Betrag"),)): (
        'Sheet "Sager": the open amount is "Betrag", and the mark behind it says whether it is a debit or a credit.'
    ),
    Note(NoteKind.NO_CREDITS, "Sager", values=(("count", "1200"),)): (
        'Sheet "Sager": not one of 1,200 documents is a credit or a payment. Some reports leave them out, so that more would be '
        "claimed than is owed: check that this one does not."
    ),
    Note(NoteKind.CASES_OF_ROWS, "Sager", values=(("cases", "2"), ("rows", "6"), ("by", "debtor"))): (
        'Sheet "Sager": 2 cases of 6 rows, one for each debtor and currency.'
    ),
    Note(
        NoteKind.CREDITS_TAKEN_OFF,
        "Sager",
        rows_of([5]),
        (("count", "2"), ("currency", "DKK"), ("cents", "25050"), ("unnamed", "1")),
    ): (
        'Sheet "Sager": 2 credits and payments are taken off, DKK 250.50. 1 of them names no invoice of the list (row 5), and '
        "oldest invoices are set off first."
    ),
    Note(NoteKind.CREDITS_OF_NOBODY, "Sager", rows_of([7]), (("count", "1"), ("currency", "DKK"), ("cents", "9900"))): (
        'Sheet "Sager": 1 credit or payment names no debtor, DKK 99.00 (row 7). They are taken off nothing: check whose they are '
        "before you send."
    ),
    Note(NoteKind.FEES_APART, "Sager", rows_of([6]), (("count", "1"), ("currency", "DKK"), ("cents", "10000"))): (
        'Sheet "Sager": 1 fee or interest is not part of the principal, DKK 100.00 (row 6). They are vouchers of their own types.'
    ),
    Note(NoteKind.NOT_DUE_APART, "Sager", rows_of([8, 9]), (("count", "2"), ("currency", "EUR"), ("cents", "30000"))): (
        'Sheet "Sager": 2 documents are not due yet, EUR 300.00 (rows 8–9), and left out until a later list.'
    ),
    Note(NoteKind.SEVERAL_NAMES, "Sager", values=(("count", "1"), ("number", "9999"))): (
        'Sheet "Sager": 1 customer number has several names (9999). Each name is a debtor of its own.'
    ),
    Note(NoteKind.SEVERAL_NUMBERS, "Sager", values=(("count", "1"), ("numbers", "1001, 1002"))): (
        'Sheet "Sager": 1 name has several customer numbers (1001, 1002). Each number is a debtor of its own; check that they '
        "are not one."
    ),
    Note(NoteKind.MOSTLY_YOUNGER, "Sager", values=(("count", "1"), ("reference", "1001"))): (
        'Sheet "Sager": most of the money of 1 case (1001) is much younger than the due date, which is that of the oldest '
        "invoice."
    ),
    Note(NoteKind.NO_VOUCHERS, "Sager", values=(("why", "currency"), ("currency", "PLN"))): (
        'Sheet "Sager": no vouchers are made in PLN, which Debbie does not take. The comments list the documents.'
    ),
    Note(NoteKind.ROWS_OF_DEBTORS, "Sager", values=(("rows", "4"), ("debtors", "2"))): (
        'Sheet "Sager": 4 rows are of 2 debtors, and each row is a case of its own. To make one case of all invoices of a '
        'debtor, say cases_from = "debtor" in the profile; `importer map` asks for it.'
    ),
    Note(
        NoteKind.DOCUMENTS_ADDED,
        values=(
            *(("case", "C1-abcdef"), ("ref", "1001"), ("count", "1")),
            *(("claimed", "100.00"), ("more", "50.00"), ("currency", "DKK")),
        ),
    ): (
        "1 new document becomes a voucher of the case 1001 (C1-abcdef): Debitura's claim stays at 100.00 DKK, and only Debbie's "
        "balance grows, by 50.00 to 150.00 DKK with the claim."
    ),
    Note(NoteKind.LISTED_ON, "Sager", values=(("day", "2026-10-31"),)): 'Sheet "Sager" is of 2026-10-31.',
    Note(NoteKind.OLD_LIST, "Sager", values=(("day", "2026-10-31"), ("days", "28"))): (
        'Sheet "Sager" is 28 days old: payments since 2026-10-31 are not in it. Export it again before claims are sent.'
    ),
    Note(NoteKind.AGE_GROUPS, "Sager", rows_of([4])): 'Sheet "Sager": row 4 is the head of a group of ages and was left out.',
    Note(
        NoteKind.FURTHER_LINES, "Sager", rows_of([4])
    ): 'Sheet "Sager": row 4 is a further line of the document above, without an amount, and was left out.',
    Note(NoteKind.TYPE_BY_NAME, "Sager"): (
        'Sheet "Sager": debtor_type goes by the name, as the profile or the settings say: by the debtor\'s numbers, the '
        "legal form, the words of public bodies and associations, and the form of a personal name."
    ),
    Note(
        NoteKind.PERSONAL_NUMBERS,
        "Sager",
        values=(("heading", "Org.nr"), ("count", "12"), ("heading", "Noter"), ("count", "3"), ("dropped", "12")),
    ): (
        'Sheet "Sager": personal numbers are neither stored nor sent, and shown as 010180-****: 12 in "Org.nr", 3 in "Noter". '
        "12 of them would be registration numbers: these cases are sent without one."
    ),
    Note(NoteKind.TYPE_DERIVED, "Sager"): (
        'Sheet "Sager" has no debtor_type: a row with a contact person is a Company, another one a Person unless its name '
        "carries a company's legal form."
    ),
    Note(
        NoteKind.DECIMAL_MARK, "Sager", values=(("heading", "Beløb"), ("way", ","), ("row", "3"), ("text", "99,95"))
    ): 'Sheet "Sager", column "Beløb": the decimal mark is a comma, as row 3 proves ("99,95").',
    Note(
        NoteKind.DATE_ORDER,
        "Sager",
        values=(
            ("heading", "Dato"),
            ("way", "day_first"),
            ("earlier_row", "9"),
            ("text", "31/1/26"),
            ("row", "3"),
            ("text", "x"),
        ),
    ): 'Sheet "Sager", column "Dato": dates have the day first, as rows 9 of the original file and 3 prove ("31/1/26", "x").',
    Note(NoteKind.DIFFERING_TOTAL, "Sager", rows_of([9]), (("total_cents", "123456"), ("sum_cents", "-5"))): (
        'Sheet "Sager": row 9 is a total of 1,234.56 and was left out, but the rows above it add up to -0.05. Is a row '
        "missing, or was an amount not read?"
    ),
    Note(
        NoteKind.CONFIRMED_TOTALS, "Sager", rows_of([9])
    ): 'Sheet "Sager": row 9 is the total of the rows above and was left out.',
    Note(NoteKind.TOTALS, "Sager", rows_of([9, 11])): 'Sheet "Sager": rows 9 and 11 are totals and were left out.',
    Note(NoteKind.NOTES_BELOW, "Sager", rows_of([9])): 'Sheet "Sager": row 9 is a note below the table and was left out.',
    Note(
        NoteKind.REPEATED_HEADINGS, "Sager", rows_of([9])
    ): 'Sheet "Sager": row 9 holds the headings once more and was left out.',
    Note(NoteKind.TITLES, "Sager", rows_of([9])): 'Sheet "Sager": row 9 is a title or a page number and was left out.',
    Note(
        NoteKind.CELLS_BESIDE, "Sager", rows_of([8, 9])
    ): 'Sheet "Sager": rows 8–9 have cells beside the table only and were left out.',
    Note(NoteKind.DUE_BEFORE_DATE, "Sager", rows_of([3, 5])): (
        'Sheet "Sager": rows 3 and 5 have a due date before the date of the invoice. Debitura may refuse that; check the dates.'
    ),
    Note(NoteKind.SAME_FILE_AGAIN, values=(("name", "b.csv"),)): "Exactly the same bytes are in b.csv, which was not read again.",
    Note(NoteKind.OPTIONAL_LEFT_OUT, "Sager", rows_of([3, 5]), (("heading", "Mail"), ("why", "is not an e-mail address"))): (
        'Sheet "Sager", column "Mail": 2 values left out (rows 3 and 5): each is not an e-mail address, and the claim is sent '
        "without it."
    ),
    Note(NoteKind.FURTHER_EMAILS, "Sager", rows_of([3]), (("heading", "Mail"), ("why", "were written to the comments"))): (
        'Sheet "Sager", column "Mail": 1 value with several addresses (row 3): the first one is sent, and the others were '
        "written to the comments."
    ),
    Note(NoteKind.UNPROVEN_NUMBER, "Sager", rows_of([3]), (("heading", "CVR"),)): (
        'Sheet "Sager", column "CVR": 1 value whose check digit does not fit the country (row 3): sent nevertheless.'
    ),
    Note(NoteKind.INVISIBLE_TAKEN_OUT, "Sager", rows_of([3]), (("heading", "Nr"),)): (
        'Sheet "Sager", column "Nr": 1 value with characters that nobody can see (row 3): those were taken out.'
    ),
    Note(NoteKind.APOSTROPHE_TAKEN_OFF, "Sager", rows_of([3]), (("heading", "Nr"),)): (
        'Sheet "Sager", column "Nr": 1 value with the apostrophe by which a sheet marks text (row 3): it was taken off.'
    ),
}


@pytest.mark.parametrize(("note", "said"), SENTENCES.items(), ids=lambda case: getattr(case, "kind", ""))
def test_a_note_in_words(note, said) -> None:
    assert sentence(note) == said


def test_no_kind_is_without_words() -> None:
    assert {note.kind for note in SENTENCES} == set(NoteKind)


def test_row_numbers_in_a_note() -> None:
    assert rows_named(rows_of([3])) == "row 3"
    assert rows_named(rows_of([3, 4, 5, 9])) == "rows 3–5 and 9"
    assert rows_named(rows_of([*range(1, 2 * MAX_NAMED, 2), 999])).endswith("and 1 more up to row 999")
