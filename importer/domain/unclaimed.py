"""The documents of a debtor of whom a list makes no case: what it shows of him all the same, for the cases that he has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from importer.domain.document_keys import CarriedDocument, DocumentSource, Owner, document_key
from importer.domain.documents import Document, DocumentKind

_LOWERING = frozenset({DocumentKind.CREDIT_NOTE, DocumentKind.PAYMENT})


@dataclass(frozen=True, slots=True)
class UnclaimedGroup:
    """The documents of one debtor in one currency that a list shows without making a case of them.

    ``base`` identifies the case that they would be. ``debtor`` is the debtor's key and ``name`` that of the name, "" if the rows
    have several; ``is_by_name``: the list shows no customer number. ``documents`` are those that count, such as an invoice with
    the payment that settles it; ``left_out`` are those that go out by themselves, such as one that is not due yet. ``named`` are
    the numbers of documents that credits and payments name, folded.
    """

    base: str
    owner: Owner
    debtor: str
    name: str
    is_by_name: bool
    currency: str
    documents: tuple[Document, ...] = ()
    left_out: tuple[Document, ...] = ()
    named: tuple[str, ...] = ()

    def carried(self, documents: Sequence[Document]) -> list[CarriedDocument]:
        """Return documents of the group with their keys."""
        return [CarriedDocument(document_key(self.owner, one), DocumentSource.LIST, one, self.name) for one in documents]

    @property
    def shown(self) -> list[CarriedDocument]:
        """Return all documents that it shows."""
        return self.carried((*self.documents, *self.left_out))

    @property
    def invoices(self) -> list[CarriedDocument]:
        """Return all invoices that it shows."""
        return [one for one in self.shown if one.document.kind is DocumentKind.INVOICE]

    @property
    def lowering(self) -> list[CarriedDocument]:
        """Return the credit notes and payments that count."""
        return self.carried([one for one in self.documents if one.kind in _LOWERING])

    def named_key(self, number: str) -> str:
        """Return the key of the invoice with a number that a credit or payment names."""
        none = (None, self.currency, "", 0, 0)
        return document_key(self.owner, Document(DocumentKind.INVOICE, self.owner.creditor, self.debtor, number, *none))
