"""The values that a person has confirmed for each kind of list, by approving a batch whose review showed them."""

from __future__ import annotations

import json
from collections import defaultdict

from sqlalchemy import Connection, func, select

from importer.domain.batches import DecisionKind
from importer.domain.confirmed_values import (
    Confirmed,
    ConfirmedValue,
    UnconfirmedValue,
    confirmed_in,
    list_keys,
    listed_values,
    values_to_confirm,
)
from importer.domain.notes import notes_from_json
from importer.ledger.storage.schema import batch, decision

CONFIRMED_FACT = "values_confirmed"
"""The fact of an approval that a person has seen the values of the batch's rows, and what they were taken for."""


def confirmed_values(connection: Connection) -> Confirmed:
    """Return the values that were confirmed, each with what it was taken for, by kind of list and heading."""
    approved = (decision.c.what == DecisionKind.APPROVED) & decision.c.facts.contains(f'"{CONFIRMED_FACT}": true')
    columns = (batch.c.profile, batch.c.heads, batch.c.notes)
    query = select(*columns).join(decision, decision.c.batch_id == batch.c.id).where(approved)
    found: dict[str, dict[str, frozenset[ConfirmedValue]]] = defaultdict(dict)
    for one in connection.execute(query.distinct()):
        headers = {head["name"]: head["header"] for head in json.loads(one.heads)}
        for sheet, heading, values in listed_values(notes_from_json(one.notes)):
            for key in list_keys(one.profile, headers.get(sheet, ())):
                found[key][heading] = found[key].get(heading, frozenset()) | values
    return {key: {heading: tuple(sorted(values)) for heading, values in table.items()} for key, table in sorted(found.items())}


def unconfirmed_values(connection: Connection) -> dict[str, tuple[str, tuple[UnconfirmedValue, ...]]]:
    """Return the values of the last import of each profile that nobody has confirmed: profile → file, values."""
    newest = select(func.max(batch.c.id)).where(batch.c.profile.is_not(None)).group_by(batch.c.profile)
    query = select(batch.c.profile, batch.c.source_name, batch.c.notes).where(batch.c.id.in_(newest)).order_by(batch.c.profile)
    waiting = {
        one.profile: (one.source_name, tuple(values_to_confirm(notes_from_json(one.notes)))) for one in connection.execute(query)
    }
    waiting = {profile: found for profile, found in waiting.items() if found[1]}
    confirmed = confirmed_values(connection) if waiting else {}
    found = {}
    for profile, (source, values) in waiting.items():
        known = confirmed_in(confirmed, profile, ())
        if left := tuple(one for one in dict.fromkeys(values) if one.value not in known.get(one.heading, ())):
            found[profile] = (source, left)
    return found
