"""The reasons why documents of an invoice list are left out, asked about or rejected, in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from importer.domain.money import grouped_text
from importer.domain.reasons import Reason
from importer.loader.invoices.listed import ListedDocument
from importer.loader.rows.credits import CREDITS

UNASSIGNED = "unassigned_credits"
"""The code of the question about credits and payments that name no invoice and are large."""

FEES_ONLY = Reason("fees_only", "Only fees or interest are left of the debtor, which make no case of their own")
NOTHING_TO_CLAIM = Reason("no_invoice_left", "No invoice of the debtor is open and due, so that there is nothing to claim")
NOT_CLAIMED = Reason("no_claim", "The row is no claim")
PAYMENT_IGNORED = Reason("payment_ignored", 'The row is a payment, which the profile does not count (payments = "ignore")')
NOT_TAKEN_OFF = Reason(
    "not_taken_off", "The row names no invoice and is as much as the debtor owes. It is asked whether it belongs to the claim"
)
IS_FEE = Reason("fee_below_zero", "The row takes back a fee or interest, which is not part of the claim")

_MOST_ROWS = 5


def rows_in_words(documents: Sequence[ListedDocument]) -> str:
    """Return the rows of documents: ``row 3``, ``rows 3, 5 and 9``."""
    named = [f"{one.place.row:,}" for one in documents[:_MOST_ROWS]]
    if len(documents) > _MOST_ROWS:
        return f"rows {', '.join(named)} and {len(documents) - _MOST_ROWS:,} more"
    *others, last = named
    return f"rows {', '.join(others)} and {last}" if others else f"row {last}"


def bad_rows(documents: Sequence[ListedDocument]) -> Reason:
    """Explain to the rows of a group that others of it are wrong."""
    fix = "Correct that first: the documents of one debtor go together"
    message = f"The case of this row is held back: {rows_in_words(documents)} cannot be read in full. {fix}"
    return Reason("group_rejected", message, gist=f"The case of this row is held back by another row. {fix}")


def contradiction(first: ListedDocument, other: ListedDocument) -> Reason:
    """Explain that two rows have one number and other values."""
    gist = "Two rows of one debtor have the same document number and other values, so that it is not clear which of them counts"
    fix = "Remove one of them, or give each its own number"
    message = f"Rows {first.place.row:,} and {other.place.row:,} have the same document number, {first.shown}, and other values"
    return Reason("contradiction", f"{message}. {fix}", gist=f"{gist}. {fix}")


def several_debtors(rows: Sequence[ListedDocument]) -> Reason:
    """Explain that rows with one reference have different debtors."""
    fix = "Correct the reference or the debtor"
    message = f"Rows with the reference of this row have different debtors ({rows_in_words(rows)}). {fix}"
    return Reason("several_debtors", message, gist=f"Rows with the reference of this row have different debtors. {fix}")


def comes_with(named: ListedDocument) -> Reason:
    """Explain that a credit or payment is left out with the document that it names."""
    message = f"The row belongs to document {named.shown} in row {named.place.row:,}, which is left out"
    return Reason("with_document", message, gist="The row belongs to a document that is left out")


def repeats(known: ListedDocument) -> Reason:
    """Explain that a row is the same as an earlier one in number and values."""
    message = f"The row repeats document {known.shown or 'without a number'} in row {known.place.row:,}, which counts once"
    return Reason("repeated_document", message, gist="The row repeats a document of another row, which counts once")


def disputed(one: ListedDocument) -> Reason:
    """Explain that a disputed invoice is left out as the profile says."""
    said = one.reasons[0]
    return Reason("disputed_left_out", _LEFT_BY_PROFILE, None, said.column, said.value)


_LEFT_BY_PROFILE = 'holds the row, which is left out as the profile says (disputed = "leave out")'


def balance(cents: int) -> Reason:
    """Explain that nothing is left to claim after credits and payments."""
    message = f"What the debtor owes less credits and payments is {grouped_text(cents)}, so that there is nothing to claim"
    return Reason("balance", message, gist="What the debtor owes less credits and payments is not above zero")


def of_rows(documents: Iterable[ListedDocument]) -> Iterator[Reason]:
    """Yield the questions of rows as questions about the case of their group, each once with the rows that ask it."""
    asking: dict[Reason, list[ListedDocument]] = {}
    for one in documents:
        for said in one.reasons:
            asking.setdefault(said, []).append(one)
    for said, rows in asking.items():
        gist = said.gist or said.message
        about = f'"{said.column}" ' if said.column else ""
        where = rows_in_words(rows)
        yield Reason(said.code, f"{where[0].upper()}{where[1:]}: {said.text()}", gist=f"A row of the debtor: {about}{gist}")


_ASK = "Answer whether the claim is sent so"


def large_credits(unassigned: int, invoiced: int) -> Reason:
    """Ask about credits that name no invoice and are more than half of what was invoiced."""
    what = "Credits and payments that name no invoice are more than half of what the debtor was invoiced, and are taken off"
    return Reason(UNASSIGNED, f"{what}: {grouped_text(unassigned)} of {grouped_text(invoiced)}. {_ASK}", gist=f"{what}. {_ASK}")


def swallowing(unassigned: int, invoiced: int) -> Reason:
    """Ask about credits that name no invoice and leave nothing to claim."""
    what = "Credits and payments that name no invoice leave nothing to claim"
    fix = "If they belong to something else, answer send: the claim then goes without them. If not, drop it"
    return Reason(UNASSIGNED, f"{what}: {grouped_text(unassigned)} of {grouped_text(invoiced)}. {fix}", gist=f"{what}. {fix}")


def other_currency(rows: Sequence[ListedDocument], currency: str) -> Reason:
    """Ask about a debtor with a credit in a currency in which nothing was invoiced."""
    what = "The debtor has a credit or payment in another currency, which is not taken off"
    where = f"{rows_in_words(rows)}, {currency or 'without a readable currency'}"
    return Reason(CREDITS, f"{what}: {where}. {_ASK}", gist=f"{what}. {_ASK}")


def credits_of_namesake(rows: Sequence[ListedDocument]) -> Reason:
    """Ask about a debtor to whom a credit may belong whose own debtor has no invoice."""
    what = "A credit or payment may belong to this debtor and is not taken off, since its customer number, name or place differs"
    where = f"{rows_in_words(rows)}, {grouped_text(sum(one.open_cents for one in rows))}"
    fix = "Correct its debtor in the list, or answer whether the claim is sent so"
    return Reason(CREDITS, f"{what}: {where}. {fix}", gist=f"{what}. {fix}")


def namesake(rows: Sequence[ListedDocument], others: Sequence[ListedDocument]) -> Reason:
    """Ask about a debtor with the name of another one, of whom one has no customer number."""
    what = "Another debtor of the list has the same name, and only one of the two has a customer number, or an address"
    where = f"{rows_in_words(rows)} and {rows_in_words(others)}"
    fix = "If they are one debtor, write the number into all rows; if not, answer send"
    return Reason(CREDITS, f"{what}: {where}. {fix}", gist=f"{what}. {fix}")


def exceeding(credit: ListedDocument, named: ListedDocument, room: int) -> Reason:
    """Ask about a credit that is more than what is open of the document that it names, which is left out."""
    what = "A credit or payment is more than is open of the document that it names and that is left out. It lowers the rest"
    where = f"row {credit.place.row:,}, {grouped_text(credit.open_cents)}, for row {named.place.row:,}, {grouped_text(room)}"
    return Reason(UNASSIGNED, f"{what}: {where}. {_ASK}", gist=f"{what}. {_ASK}")


def repeated_credit(rows: Sequence[ListedDocument]) -> Reason:
    """Ask about a credit or payment that is in several equal rows: they may be as many payments under one number."""
    what = "A credit or payment is in several equal rows, and is taken off once"
    fix = "If they are several payments, give each row its own number; if it is one, answer send"
    where = f"{rows_in_words(rows)}, {rows[0].shown}, {grouped_text(rows[0].open_cents)}"
    return Reason(CREDITS, f"{what}: {where}. {fix}", gist=f"{what}. {fix}")


def alike_numbers(rows: Sequence[ListedDocument]) -> Reason:
    """Ask about documents with the same day and amount whose numbers differ in zeros in front or in letter case alone."""
    what = "Documents with the same date and amount, whose numbers differ in zeros in front or in letter case alone, may be one"
    fix = "If they are one, remove all but one row; if not, answer send"
    shown = ", ".join(str(one.shown) for one in rows[:_MOST_ROWS])
    return Reason(CREDITS, f"{what}: {rows_in_words(rows)}, {shown}. {fix}", gist=f"{what}. {fix}")


def answered_in_part(rows: Sequence[ListedDocument]) -> Reason:
    """Ask about a group of which some rows have an answer that may be meant for them alone, or for the whole case."""
    what = "Only some rows of the case have an answer, so that it is not taken"
    fix = "Write the same answer into #answer of all of its rows. With drop none of them is sent"
    return Reason(CREDITS, f"{what}: {rows_in_words(rows)}. {fix}", gist=f"{what}. {fix}")


UNREAD_CREDIT = "is a credit or a payment whose amount cannot be read, so that it is not known what the debtor owes. Correct it"
EMPTY_OPEN = (
    "is empty beside an amount, so that it is not known what is open. Write the amount or 0; if empty always means 0, say "
    "empty_open = 0 in the profile"
)
SIGN_UNCLEAR = "is above zero, while other credits of the list are below. Answer whether the claim is sent, less this amount"
NO_STATE = "shows no invoice that the payment belongs to, and no column shows what is open. Answer whether it is taken off"
