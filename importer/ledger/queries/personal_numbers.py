"""The requests with personal numbers that releases before version 8 have sent, and that are kept as evidence."""

from __future__ import annotations

from sqlalchemy import Connection, select

from importer.domain.personal_numbers.payloads import holds_number
from importer.domain.personal_numbers.shapes import may_hold_number
from importer.domain.personal_numbers.texts import plain
from importer.ledger.storage.schema import MASKED_NUMBERS, entry, meta

PAGE_ENTRIES = 5000


def has_masked_rows(connection: Connection) -> bool:
    """Return whether an upgrade has masked personal numbers in this ledger, so that copies from before it hold them."""
    masked = connection.scalar(select(meta.c.value).where(meta.c.name == MASKED_NUMBERS))
    return masked not in {None, "0"}


def sent_personal_numbers(connection: Connection) -> int:
    """Count the requests that hold a personal number. Only a ledger in which the upgrade has masked rows has any."""
    if not has_masked_rows(connection):
        return 0
    count = last = 0
    page = select(entry.c.id, entry.c.payload).order_by(entry.c.id).limit(PAGE_ENTRIES)
    while found := connection.execute(page.where(entry.c.id > last)).all():
        last = found[-1].id
        payloads = (bytes(one.payload) for one in found)
        count += sum(may_hold_number(plain(one.decode())) and holds_number(one) for one in payloads)
    return count
