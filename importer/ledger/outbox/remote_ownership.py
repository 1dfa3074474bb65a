"""Which entry a remote case or voucher belongs to: no two entries may share one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import Connection, Text, bindparam, literal_column, select

from importer.domain.accounts import Accounts
from importer.domain.kinds import RecordKind
from importer.domain.remote_ids import remote_key
from importer.domain.states import DoubtCause, State
from importer.ledger.outbox.sendable import NEXT_RUN, AttemptResult
from importer.ledger.storage.compiled_sql import CompiledSelect
from importer.ledger.storage.engine import parts_of
from importer.ledger.storage.schema import REMOTE_KEY, entry


def without_foreign_ids(connection: Connection, results: Sequence[AttemptResult], accounts: Accounts) -> list[AttemptResult]:
    """Put in doubt each result whose remote id belongs to another entry: no two entries may share a remote id."""
    owners = _owners(connection, [r for r in results if _has_remote_id(r)], accounts)
    return [
        _doubt_of(result)
        if _has_remote_id(result) and owners.setdefault(_key(result), result.entry_id) != result.entry_id
        else result
        for result in results
    ]


def _has_remote_id(result: AttemptResult) -> bool:
    return result.state in {State.ACCEPTED, State.HELD} and bool(result.remote_id)


def _key(result: AttemptResult) -> tuple[RecordKind, str]:
    return result.kind, remote_key(result.remote_id or "")


def _owners(connection: Connection, results: Sequence[AttemptResult], accounts: Accounts) -> dict[tuple[RecordKind, str], int]:
    """Return the ids of the entries that own the results' remote ids, by kind and :func:`remote_key`."""
    owners: dict[tuple[RecordKind, str], int] = {}
    for kind in RecordKind:
        named = [_key(result)[1] for result in results if result.kind is kind]
        for part in parts_of(named, len(_NAMED)):
            values = dict(zip(_NAMED, part, strict=False))
            known = {**_UNNAMED, **values, "account": accounts.of(kind), "kind": kind.value}
            owners |= {(kind, remote_key(found.remote_id)): found.id for found in _OWNERS(connection, known)}
    return owners


def _doubt_of(result: AttemptResult) -> AttemptResult:
    """Turn the accepted result into a doubt until the next run: a retry now would get the same response."""
    lost = {"remote_id": None, "remote_reference": None, "facts": None, "postponed": NEXT_RUN}
    cause, detail = DoubtCause.FOREIGN_ID, "the answer names what another row has made"
    return replace(result, state=State.IN_DOUBT, cause=cause, detail=detail, **lost)  # type: ignore[arg-type]  # of its field's type


# A fixed number of parameters: with a list of varying length, each step would compile the statement again.
_NAMED = [f"named_{n}" for n in range(64)]
_UNNAMED = dict.fromkeys(_NAMED)
_OWNERS = CompiledSelect(
    select(entry.c.id, entry.c.remote_id).where(
        entry.c.account == bindparam("account"),
        entry.c.kind == bindparam("kind"),
        literal_column(REMOTE_KEY).in_([bindparam(name, type_=Text) for name in _NAMED]),
    )
)
