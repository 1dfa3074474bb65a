"""The sentences about a list of documents as a whole."""

from __future__ import annotations

from decimal import Decimal

from importer.domain.money import cents_of, decimal_text, grouped_text
from importer.domain.next_list import Objection
from importer.domain.notes import Note

_WHY = {
    Objection.OLDER: "it is dated before the last one ({last})",
    Objection.EMPTY: "it shows no document, and {known} were open in the last one",
    Objection.MISSING: "{missing} of the {known} open documents of the last one are missing in it, more than a fifth",
    Objection.CREDITOR: "it holds another creditor than the last one",
}


def list_does_not_count(note: Note) -> str:
    """Say why nothing is concluded from a list."""
    why = _WHY[Objection(note.value("why"))].format(
        last=note.value("last"), known=note.value("known"), missing=note.value("missing")
    )
    return (
        f"Nothing is concluded from what is missing or smaller in this list: {why}. Its rows are imported as always. "
        "If it is the newest whole list, import it with --list-is-current."
    )


def documents_gone(note: Note) -> str:
    """Say which documents of cases that were sent are missing in a list that shows every open document."""
    count, named = int(note.value("count")), note.all("gone")
    more = f" and {count - len(named):,} more" if count > len(named) else ""
    what = "document of a case that was sent is" if count == 1 else "documents of cases that were sent are"
    return (
        f"{count:,} {what} not in this list any more: {', '.join(named)}{more}. That is no payment, and nothing is sent about "
        "it: ask, and tell the collection partner in the chat of the case."
    )


def deposits(note: Note) -> str:
    """Say that what is open less of documents than was claimed is deposited."""
    count = int(note.value("count"))
    pairs = zip(note.all("currency"), note.all("cents"), strict=True)
    money = ", ".join(f"{currency} {grouped_text(int(cents))}" for currency, cents in pairs)
    what = "1 document of an open case: a deposit" if count == 1 else f"documents of open cases: {count:,} deposits"
    verb = "lowers" if count == 1 else "lower"
    return (
        f"Less is open than was claimed of {what} of the creditor, {money}, {verb} what Debbie shows. Debitura's claims stay as "
        "they are."
    )


def documents_added(note: Note) -> str:
    """Say what it means that new documents become vouchers of a case that was sent."""
    currency, claimed, more = note.value("currency"), note.value("claimed"), note.value("more")
    count = int(note.value("count"))
    balance = decimal_text(cents_of(Decimal(claimed)) + cents_of(Decimal(more)))
    what = "1 new document becomes a voucher" if count == 1 else f"{count:,} new documents become vouchers"
    return (
        f"{what} of the case {note.value('ref')} ({note.value('case')}): Debitura's claim stays at {claimed} {currency}, and "
        f"only Debbie's balance grows, by {more} to {balance} {currency} with the claim."
    )
