"""What a case's debtor was taken for before: an answer holds for the entry, and a better rule changes nothing that was sent."""

from __future__ import annotations

from typing import Any

import orjson
from sqlalchemy import Connection, select

from importer.domain.identity import fingerprint
from importer.domain.match_keys import same_values
from importer.domain.personal_numbers.payloads import without_numbers
from importer.domain.raw_rows import RawRow, headings_digest
from importer.domain.records import CaseRecord, VoucherRecord
from importer.domain.states import REPLACEABLE, State
from importer.ledger.intake.decisions import ExistingEntry
from importer.ledger.queries.report_rows import heads_of
from importer.ledger.storage.schema import batch, row

_OF_DEBTOR = ("type", "contactPerson", "companyRegistrationNumber")
"""Members of a debtor that follow from what it is taken for."""


def digest_of_case(case: CaseRecord) -> str:
    """Return the digest of a case's values. One that is questioned has another than the same case with an answer."""
    asked = tuple(reason.code for reason in case.asked)
    return fingerprint(case.payload.decode(), *asked)


def values_of_answered(record: CaseRecord, known: ExistingEntry | None) -> dict[str, Any]:
    """Return the columns with which a row that asks what its debtor is keeps the answer of its entry.

    There are none if nothing is asked, if it was not answered, or if the row has other values now. The answer also holds while
    the entry waits for another one, such as whether it is a claim.
    """
    if not record.asked or known is None or not _is_answered(known) or not _without_party(record.payload, known.payload):
        return {}
    return {"payload": known.payload, "digest": known.digest, "party": known.party}


def _is_answered(known: ExistingEntry) -> bool:
    """Return whether an entry says what its debtor is. One that was sent, or is to be, does so without a stored rule too."""
    return known.party is not None or known.state is State.PENDING or known.state not in REPLACEABLE


def differs_in_debtor_only(record: CaseRecord | VoucherRecord, known: ExistingEntry) -> bool:
    """Return whether a case differs from its entry at most in what the debtor is taken for."""
    return isinstance(record, CaseRecord) and _without_party(record.payload, known.payload)


def has_cells_of(connection: Connection, known: ExistingEntry, raw: RawRow) -> bool:
    """Return whether an entry was read from a row with the same headings and cells."""
    columns = (row.c.cells, row.c.sheet, batch.c.heads)
    query = select(*columns).join(batch, batch.c.id == row.c.batch_id).where(row.c.id == known.row_id)
    found = connection.execute(query).one_or_none()
    if found is None or found.cells not in (raw.cells, raw.kept):
        return False
    return headings_digest(heads_of(found.heads)[found.sheet].header) == raw.headings


def _without_party(one: bytes, other: bytes) -> bool:
    """Return whether two cases have the same values apart from what follows from the kind of their debtor."""
    payloads = (orjson.loads(without_numbers(one)), orjson.loads(without_numbers(other)))
    for payload in payloads:
        for name in _OF_DEBTOR:
            payload.get("debtor", {}).pop(name, None)
    return same_values(orjson.dumps(payloads[0]), orjson.dumps(payloads[1]))
