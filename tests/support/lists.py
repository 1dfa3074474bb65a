"""Lists of documents as the loader gives them, for tests of the ledger: cases by row, and cases of several documents."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from support.ledgers import ACCOUNTS, LedgerDriver, source, transaction

from importer.domain.document_keys import Owner, customer_key, debtor_key
from importer.domain.documents import Document, DocumentKind
from importer.domain.identity import fingerprint
from importer.domain.match_keys import case_key, folded_creditor, name_key
from importer.domain.money import Money
from importer.domain.next_list import ListPolicy, balance_cents
from importer.domain.records import CaseRecord
from importer.domain.unclaimed import UnclaimedGroup
from importer.ledger.intake import staging
from importer.ledger.intake.intake import take_in

CREDITOR = "Nordlys"
OWNER = Owner(folded_creditor(CREDITOR), "DK", False)


@dataclass(frozen=True)
class Debtor:
    """A debtor of a list. Without a ``number`` the list shows no customer numbers."""

    name: str = "Hansen"
    postal_code: str = "2100"
    number: str | None = None

    @property
    def key(self) -> str:
        if self.number:
            return customer_key(OWNER, self.number)
        return debtor_key(OWNER, self.name, self.postal_code, "DK")


HANSEN, NUMBERED = Debtor(), Debtor(number="K-1")


def invoice(number: str | None, cents: int = 10000, *, day: str = "2026-01-31", currency: str = "DKK", **more: Any) -> Document:
    """An invoice, whose debtor is set by :func:`group`."""
    values = {"kind": DocumentKind.INVOICE, "booked_cents": cents, "open_cents": cents} | more
    return Document(
        creditor=CREDITOR, debtor="", number=number, date=dt.date.fromisoformat(day), currency=currency, country="DK", **values
    )


def credit(number: str | None, cents: int, **more: Any) -> Document:
    """A credit note."""
    return invoice(number, cents, kind=DocumentKind.CREDIT_NOTE, **more)


def _payload(debtor: Debtor, cents: int, reference: str | None, day: str, currency: str) -> bytes:
    wire = {
        "creditorCompanyName": CREDITOR,
        "creditorCountryAlpha2": "DK",
        "currencyCode": currency,
        "date": day,
        "amountToRecover": cents / 100,
        "creditorReference": reference,
        "debtor": {"type": "Person", "name": debtor.name, "zipCode": debtor.postal_code, "countryAlpha2": "DK"},
    }
    return json.dumps({name: value for name, value in wire.items() if value is not None}, separators=(",", ":")).encode()


def group(*documents: Document, debtor: Debtor = HANSEN) -> CaseRecord:
    """The case of a debtor with these documents."""
    own = tuple(replace(one, debtor=debtor.key) for one in documents)
    currency, reference = own[0].currency, debtor.number or debtor.key[:8]
    base = fingerprint("case of a list", debtor.key, currency)
    days = [one.date.isoformat() for one in own if one.date]
    cents = balance_cents(own)
    payload = _payload(debtor, cents, reference, min(days), currency)
    return CaseRecord(base, False, reference, payload, Money(currency, cents), documents=own)


def unclaimed(*documents: Document, debtor: Debtor = HANSEN, left_out: tuple[Document, ...] = (), **more: Any) -> UnclaimedGroup:
    """The documents of a debtor of whom a list makes no case."""
    base = fingerprint("case of a list", debtor.key, documents[0].currency if documents else "DKK")
    name = name_key(debtor.name, OWNER.creditor, OWNER.country, is_test=False)
    counted, out = (tuple(replace(one, debtor=debtor.key) for one in some) for some in (documents, left_out))
    return UnclaimedGroup(base, OWNER, debtor.key, name, debtor.number is None, "DKK", counted, out, **more)


def by_row(document: Document, debtor: Debtor = HANSEN) -> CaseRecord:
    """The case of one invoice, read by row."""
    day = document.date.isoformat() if document.date else "2026-01-31"
    payload = _payload(debtor, document.open_cents, document.number, day, document.currency)
    base = case_key(document.number or payload.decode(), OWNER.creditor, "DK", is_test=False)
    return CaseRecord(base, document.number is None, document.number, payload, Money(document.currency, document.open_cents))


class ListDriver(LedgerDriver):
    """A ledger into which lists are taken."""

    def list(
        self,
        *records: CaseRecord | UnclaimedGroup,
        on: str | None = None,
        policy: ListPolicy | None = None,
        profile: str | None = "open items",
        name: str = "list.xlsx",
    ) -> int:
        """Take a list in as approved, and return its batch."""
        with transaction(self.ledger) as connection:
            return take_in(connection, self._source(records, on, policy, profile, name), ACCOUNTS, "run")

    def stage(self, *records: CaseRecord | UnclaimedGroup, on: str | None = None, run: str = "run") -> int:
        """Stage a list, and return its batch."""
        with transaction(self.ledger) as connection:
            found = self._source(records, on, None, "open items", "list.xlsx")
            return staging.stage(connection, found, ACCOUNTS, run, None, staging.Person("ann", "host"))

    @staticmethod
    def _source(
        records: Iterable[CaseRecord | UnclaimedGroup], on: str | None, policy: ListPolicy | None, profile: str | None, name: str
    ) -> Any:
        day, records = dt.date.fromisoformat(on) if on else None, tuple(records)
        bytes_of = hashlib.sha256(repr((records, on, name)).encode()).hexdigest()
        lists = policy or ListPolicy()
        return replace(source(*records, name=name), sha256=bytes_of, listed_on=day, lists=lists, profile=profile)

    def claimed(self) -> list[str]:
        """The payloads' amounts and references of the cases that are there or will be: ``INV-1 100.00``."""
        found = [json.loads(one.payload) for one in self.entries() if one.superseded_by is None and one.state in _THERE]
        return sorted(f"{one.get('creditorReference')} {one['amountToRecover']:.2f}" for one in found)


_THERE = ("pending", "sending", "accepted", "in_doubt", "held")
