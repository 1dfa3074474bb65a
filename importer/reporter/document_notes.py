"""The notes on documents in words."""

from __future__ import annotations

from importer.domain.document_files import DocumentDoubt
from importer.domain.notes import Note

_WHY = {
    DocumentDoubt.TWO_NUMBERS: "the numbers of several invoices are in the name",
    DocumentDoubt.PART_OF_ANOTHER: "the number in the name may be a part of a longer one",
    DocumentDoubt.UNCERTAIN: "another number in the name may be that of the invoice, or the number is short, a day or a year",
    DocumentDoubt.SEVERAL_DOCUMENTS: "there are several for one invoice, and a voucher takes one",
    DocumentDoubt.SEVERAL_VOUCHERS: "several vouchers have the number",
}


def assigned(note: Note) -> str:
    """Return how many documents go out."""
    count = int(note.value("count"))
    return f": {_documents(count)} of {note.value('name')} go{'es' if count == 1 else ''} out with the voucher of the invoice."


def in_doubt(note: Note) -> str:
    """Return which documents are not sent, since it is not certain where they belong."""
    return (
        f": not sent, since {_WHY[DocumentDoubt(note.value('why'))]}: {_listed(note)} of {note.value('name')}. Rename them, or "
        "write the name in the column appendix_file."
    )


def without_voucher(note: Note) -> str:
    """Return which documents belong to rows without a voucher."""
    why = "the rows of these invoices have no voucher to attach them to"
    return f": not sent, since {why}: {_listed(note)} of {note.value('name')}."


def left(note: Note) -> str:
    """Return which files belong to no invoice."""
    return f": not sent, since no number of an invoice is in the name: {_listed(note)} of {note.value('name')}."


def _listed(note: Note) -> str:
    count, named = int(note.value("count")), note.all("file")
    more = f" and {count - len(named):,} more" if count > len(named) else ""
    return f"{', '.join(' '.join(name.split()) for name in named)}{more}"


def _documents(count: int) -> str:
    return f"{count:,} document{'s' if count != 1 else ''}"
