"""The documents that a list shows of one debtor, sorted by what is done about them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from importer.domain.document_keys import CarriedDocument, DocumentSource
from importer.domain.documents import LOWERING, DocumentKind
from importer.domain.next_list import differences
from importer.ledger.intake.decisions import ExistingEntry
from importer.ledger.intake.document_findings import SENT, FoundCarriers
from importer.ledger.intake.document_rows import DocumentRows


@dataclass
class ListParts:
    """The documents of a debtor: ``fresh`` are claimed by no case yet, ``dropped`` those of a case that a person has dropped.

    ``lowering`` are credits and payments that lower a case that was sent, by the entry of that case: they name one of its
    documents, or were reported of it before.
    """

    fresh: list[CarriedDocument] = field(default_factory=list)
    dropped: list[CarriedDocument] = field(default_factory=list)
    lowering: dict[int, list[CarriedDocument]] = field(default_factory=dict)
    cases: dict[int, ExistingEntry] = field(default_factory=dict)


def parted(rows: DocumentRows, found: FoundCarriers, shown: Sequence[CarriedDocument]) -> ListParts:
    """Sort the documents of a debtor that no case claims, or that a case claims which a person has dropped."""
    parts = ListParts()
    for one in shown:
        if one.key in found.claimed:
            continue
        if one.key in found.dropped:
            parts.dropped.append(one)
        elif (known := _lowered_by(rows, one)) is not None:
            parts.cases[known.id] = known
            parts.lowering.setdefault(known.id, []).append(one)
        else:
            parts.fresh.append(one)
    return parts


def _lowered_by(rows: DocumentRows, one: CarriedDocument) -> ExistingEntry | None:
    """Return the case that was sent and that a credit or payment lowers, and no case that is still to be made."""
    if one.document.kind not in LOWERING:
        return None
    named = rows.carriers(one.names) if one.names is not None else ()
    claimed = [
        carrier.known for carrier in named if carrier.known.state in SENT and not differences(carrier.carried, _undated(one))
    ]
    if claimed:
        return claimed[0]
    reported = [carrier.known for carrier in rows.marked(DocumentSource.REPORTED, one.key) if carrier.known.state in SENT]
    return reported[0] if reported else None


def _undated(one: CarriedDocument) -> CarriedDocument:
    """Return a credit or payment without its day, which is another one than that of the invoice that it names."""
    return replace(one, document=replace(one.document, date=None))


def without_unassigned(documents: Sequence[CarriedDocument]) -> tuple[list[CarriedDocument], list[CarriedDocument]]:
    """Return documents without the credits and payments that name none of their invoices, and those."""
    keys = {one.key for one in documents if one.document.kind is DocumentKind.INVOICE}
    unassigned = [one for one in documents if one.document.kind in LOWERING and one.names not in keys]
    return [one for one in documents if one not in unassigned], unassigned
