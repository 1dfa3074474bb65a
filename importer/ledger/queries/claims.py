"""The claims of a batch that wait to be sent, for its review: the largest, their creditors and their debtors."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, func, select

from importer.domain.kinds import RecordKind
from importer.domain.states import RowOrigin, State
from importer.ledger.queries.parties import party_column
from importer.ledger.storage.payload_members import member
from importer.ledger.storage.schema import entry, row

LARGEST_SHOWN = 5
NAMES_SHOWN = 5


@dataclass(frozen=True)
class LargeClaim:
    """One of the largest claims. ``sheet`` is the position of its sheet, ``number`` its row, as Excel shows it."""

    currency: str
    cents: int
    debtor: str
    creditor: str
    reference: str | None
    sheet: int
    number: int


@dataclass
class ClaimGroup:
    """Claims of one creditor, or of debtors of one type: how many, and hundredths by currency."""

    name: str
    country: str = ""
    cases: int = 0
    money: Counter[str] = field(default_factory=Counter)
    examples: tuple[str, ...] = ()


@dataclass(frozen=True)
class Credits:
    """Vouchers that count against the debt: how many, and how many of them name no parent voucher.

    ``money`` is in hundredths by currency, with the sign that the sheet has.
    """

    rows: int
    money: dict[str, int]
    without_parent: int


def credits_to_send(connection: Connection, batch_id: int) -> Credits:
    """Return the credit notes and payments of the batch that wait to be sent."""
    currency, cents = row.c.voucher_currency, row.c.voucher_cents
    alone = func.count().filter(entry.c.parent_key.is_(None))
    query = _waiting(select(currency, func.count(), func.sum(cents), alone), batch_id, RecordKind.VOUCHER)
    is_credit = member(entry.c.payload, "amount").not_like("-%")  # a debt is negative in a payload, whatever the sheet's sign
    found = connection.execute(query.where(is_credit).group_by(currency).order_by(currency)).all()
    money = {code: int(total) for code, _, total, _ in found}
    return Credits(sum(rows for _, rows, _, _ in found), money, sum(without for *_, without in found))


def largest_claims(connection: Connection, batch_id: int) -> list[LargeClaim]:
    """Return the largest claims of each currency, by currency, the largest first."""
    cents, payload = row.c.case_cents, entry.c.payload
    currencies = connection.scalars(_waiting(select(row.c.case_currency).distinct(), batch_id)).all()
    texts = [member(payload, *path) for path in (("debtor", "name"), ("creditorCompanyName",), ("creditorReference",))]
    query = _waiting(select(row.c.case_currency, cents, *texts, row.c.sheet, row.c.number), batch_id)
    query = query.order_by(cents.desc(), row.c.id).limit(LARGEST_SHOWN)
    found = [query.where(row.c.case_currency == currency) for currency in sorted(currencies)]
    return [
        LargeClaim(currency, amount, debtor or "", creditor or "", reference, sheet, number)
        for one in found
        for currency, amount, debtor, creditor, reference, sheet, number in connection.execute(one)
    ]


def creditors(connection: Connection, batch_id: int) -> list[ClaimGroup]:
    """Return the creditors of the claims, the one with most claims first."""
    name = member(entry.c.payload, "creditorCompanyName").label("creditor")
    country = member(entry.c.payload, "creditorCountryAlpha2").label("country")
    return _groups(connection, batch_id, name, country)


def debtor_types(connection: Connection, batch_id: int) -> list[ClaimGroup]:
    """Return the debtors by what they were taken for and by which rule, each group with its first names.

    The name of a group is text for :func:`importer.ledger.queries.parties.party_in`.
    """
    kind, name = party_column(entry), member(entry.c.payload, "debtor", "name")
    found = _groups(connection, batch_id, kind.label("debtor_type"))
    for group in found:
        first = _waiting(select(name), batch_id).where(kind == group.name).order_by(row.c.id).limit(NAMES_SHOWN * 2)
        group.examples = tuple(dict.fromkeys(text for text in connection.scalars(first) if text))[:NAMES_SHOWN]
    return found


def _groups(connection: Connection, batch_id: int, *columns: ColumnElement[str]) -> list[ClaimGroup]:
    currency = row.c.case_currency
    query = _waiting(select(currency, func.count(), func.sum(row.c.case_cents), *columns), batch_id)
    found: dict[tuple[str, str], ClaimGroup] = {}
    for code, cases, cents, *names in connection.execute(query.group_by(currency, *columns).order_by(currency)):
        name, country = (*(text or "" for text in names), "")[:2]
        group = found.setdefault((name, country), ClaimGroup(name, country))
        group.cases += cases
        group.money[code] += int(cents)
    return sorted(found.values(), key=lambda group: (-group.cases, group.name))


def _waiting(query: Select[Any], batch_id: int, kind: RecordKind = RecordKind.CASE) -> Select[Any]:
    """Restrict a query to the batch's records that wait to be sent, each counted once."""
    is_own = row.c[f"{kind}_origin"].not_in([RowOrigin.SHARED, RowOrigin.REPEATED])
    joined = query.select_from(row.join(entry, entry.c.id == row.c[f"{kind}_entry"]))
    return joined.where(row.c.batch_id == batch_id, is_own, entry.c.state == State.PENDING)
