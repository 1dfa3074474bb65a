"""Reuse of an unchanged source: its rows are copied from the batch of the earlier import instead of being read again.

This is done only if it certainly gives the same result as reading: every row of that batch was imported with its present
values or holds no data, and no later import changes the meaning of a row. Otherwise the file is read. There is one possible
difference: equal vouchers without a unique id, above and below their parent, keep their entries here, while reading may
swap them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Subquery, and_, case, exists, func, insert, literal, or_, select, union, update

from importer.domain.accounts import Accounts
from importer.domain.batches import NOBODY, BatchState, Person, person_json
from importer.domain.kinds import RecordKind
from importer.domain.notes import NO_DATA, NoteKind, notes_from_json, notes_to_json
from importer.domain.records import LoadedSource
from importer.domain.states import RejectStatus, RowOrigin, State
from importer.domain.timestamps import to_timestamp
from importer.ledger.outbox.approvals import give_approval, guarded_batches, take_out
from importer.ledger.storage.identifiers import reserve
from importer.ledger.storage.schema import NOT_ACCEPTED, batch, entry, reject, row, source_version

_HOLDS_NO_DATA = (reject.c.status == RejectStatus.LEFT_OUT) & or_(
    *(reject.c.reasons.startswith(f'[{{"code":"{kind.value}"', autoescape=True) for kind in sorted(NO_DATA))
)
_CASE_KIND = literal(RecordKind.CASE.value, literal_execute=True)


@dataclass(frozen=True, slots=True)
class SourceVersion:
    """Everything that determines the rows of a file: its name, its bytes, the version of the reader, and the day.

    ``day`` is the user's calendar day in ISO form.
    """

    name: str
    sha256: str
    reader_version: str
    day: str

    def fingerprint(self, sha256: str | None = None) -> str:
        """Return the digest by which a source that was read before is found."""
        # Only the year of the day: it decides how two-digit years are read. Apart from that, the day only decides whether
        # a date is in the future; in a batch without other rejects none is, and none will be on a later day.
        parts = [self.name, sha256 or self.sha256, self.reader_version, self.day[:4]]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def remember(connection: Connection, batch_id: int, source: LoadedSource, of: SourceVersion) -> None:
    """Store the source version of this batch, with the hash of the bytes that were actually read."""
    if source.name != of.name or any(heading.startswith("#") for head in source.heads for heading in head.header):
        return  # a sheet of a report names entries, whose present state decides what its rows mean
    values = {"fingerprint": of.fingerprint(source.sha256), "day": of.day, "has_cases": source.has_cases}
    connection.execute(insert(source_version).values(batch_id=batch_id, **values))


def has_cases(connection: Connection, of: SourceVersion) -> bool | None:
    """Return whether a sheet of this file holds cases; None if this version of the source was never read."""
    same = source_version.c.fingerprint == of.fingerprint()
    return connection.scalar(select(source_version.c.has_cases).where(same).limit(1))


def reuse_unchanged_batch(
    connection: Connection,
    of: SourceVersion,
    accounts: Accounts,
    run_id: str,
    earlier: Sequence[int] = (),
    who: Person = NOBODY,
) -> int | None:
    """Stage a file without reading it, if its rows are known and all done.

    ``earlier`` are the run's batches so far. Returns the new batch's id, or None if the file must be read.
    """
    known = _newest(connection, of, accounts)
    if known is None or not _is_done(connection, known) or _means_another(connection, known, earlier):
        return None
    kept = [batch.c[name] for name in _KEPT]
    copied = select(literal(run_id), literal(to_timestamp()), *kept).where(batch.c.id == known)
    names = ["run_id", "taken_at", *(column.name for column in kept)]
    batch_id = connection.scalar(insert(batch).from_select(names, copied).returning(batch.c.id))
    assert batch_id is not None
    _copy_rows(connection, known, batch_id)
    stored = connection.scalar(select(batch.c.notes).where(batch.c.id == batch_id))
    said = [
        one for one in notes_from_json(str(stored)) if one.kind is not NoteKind.LIST_DOES_NOT_COUNT
    ]  # it was said of the first
    values = {"staged_by": person_json(who), "notes": notes_to_json(said)}
    connection.execute(update(batch).where(batch.c.id == batch_id).values(values))
    give_approval(connection, batch_id, (), who)
    found = select(literal(batch_id), source_version.c.fingerprint, literal(of.day), source_version.c.has_cases)
    known_version = found.where(source_version.c.batch_id == known)
    connection.execute(insert(source_version).from_select(["batch_id", "fingerprint", "day", "has_cases"], known_version))
    return int(batch_id)


_KEPT = (
    *("cases_account", "vouchers_account", "source_name", "source_sha256", "profile", "heads", "notes", "control"),
    *("circumstances", "reading"),
)


def _newest(connection: Connection, of: SourceVersion, accounts: Accounts) -> int | None:
    """Return the newest batch of this source version that was not read on a later day."""
    same = (source_version.c.fingerprint == of.fingerprint()) & (source_version.c.day <= of.day)
    same_accounts = (
        (batch.c.state == BatchState.APPROVED)
        & (batch.c.cases_account == accounts.cases)
        & (batch.c.vouchers_account == accounts.vouchers)
    )
    query = select(batch.c.id).join(source_version, source_version.c.batch_id == batch.c.id).where(same, same_accounts)
    return connection.scalar(query.order_by(batch.c.taken_at.desc(), batch.c.id.desc()).limit(1))


def _is_done(connection: Connection, batch_id: int) -> bool:
    """Return whether every row of the batch was imported with its present values: no reject, and no entry left to send.

    Rows that are left out because they hold no data, such as totals and notes, are left out whenever the file is read.

    An accepted entry never changes. It has the values of a row that made it, or of one that found it accepted.
    """
    rejected = reject.c.batch_id == batch_id
    if connection.scalar(select(exists().where(rejected, ~_HOLDS_NO_DATA))):
        return False
    joined: Any = row
    without_data = row.c.id.in_(select(reject.c.row_id).where(rejected))
    done: list[Any] = [row.c.case_entry.is_not(None) | row.c.voucher_entry.is_not(None) | without_data]
    for kind in RecordKind:
        e, link, origin = entry.alias(kind.value), row.c[f"{kind}_entry"], row.c[f"{kind}_origin"]
        joined = joined.outerjoin(e, e.c.id == link)
        same_values = or_(origin != RowOrigin.NEW, e.c.row_id == row.c.id)
        # An attached file may have changed on disk, so a row with one is read again.
        accepted = and_(e.c.state == State.ACCEPTED, e.c.superseded_by.is_(None), e.c.appendix.is_(None))
        done.append(or_(link.is_(None), accepted & same_values))
    undone = select(row.c.id).select_from(joined).where(row.c.batch_id == batch_id, ~and_(*done))
    return connection.scalar(undone.limit(1)) is None


def _means_another(connection: Connection, batch_id: int, earlier: Sequence[int]) -> bool:
    """Return whether a row of the batch might be matched to another entry now, or be linked to another case."""
    successors = select(entry.c.superseded_by).where(NOT_ACCEPTED, entry.c.superseded_by.is_not(None))
    of_batch = row.c.batch_id == batch_id
    voucher = entry.alias("voucher")
    rows = row.outerjoin(voucher, voucher.c.id == row.c.voucher_entry)
    if connection.scalar(select(successors.exists())):  # a row that refers to a corrected entry may mean its successor now
        held = or_(*(link.in_(successors) for link in (row.c.case_entry, row.c.voucher_entry, voucher.c.case_id)))
        if connection.scalar(select(row.c.id).select_from(rows).where(of_batch, held).limit(1)):
            return True
    linked = select(voucher.c.case_id).select_from(rows).where(of_batch, voucher.c.case_id.is_not(None))
    linked = linked.where(row.c.case_entry.is_(None) | (row.c.case_entry != voucher.c.case_id))
    elsewhere = linked.except_(select(row.c.case_entry).where(of_batch, row.c.case_entry.is_not(None))).subquery()
    if connection.scalar(select(elsewhere.c.case_id).limit(1)) is None:
        return False
    rejected = (reject.c.kind == RecordKind.CASE) & reject.c.batch_id.in_(earlier) & reject.c.ref.is_not(None)
    owner, other = entry.alias("owner"), entry.alias("other")
    alike = (other.c.account == owner.c.account) & (other.c.kind == _CASE_KIND) & (other.c.ref == owner.c.ref)
    joined = elsewhere.join(owner, owner.c.id == elsewhere.c.case_id).join(other, alike & (other.c.id != owner.c.id))
    several = select(owner.c.id).select_from(joined).limit(1)
    return bool(connection.scalar(select(exists().where(rejected)))) or connection.scalar(several) is not None


def _copy_rows(connection: Connection, known: int, batch_id: int) -> None:
    """Copy the rows of the batch ``known`` to the new one as imported before, and assign their entries to it."""
    columns: dict[str, Any] = {column.name: column for column in row.c if column.name != "id"}
    columns["batch_id"] = literal(batch_id)
    for kind in RecordKind:
        origin = row.c[f"{kind}_origin"]
        columns[origin.name] = case((origin.in_([RowOrigin.NEW, RowOrigin.ASKED]), RowOrigin.KNOWN.value), else_=origin)
    count = connection.scalar(select(func.count()).where(row.c.batch_id == known)) or 0
    ids = func.row_number().over(order_by=row.c.id) + (reserve(connection, row.name, count) - 1)
    new_ids = select(row.c.id.label("known"), ids.label("copy")).where(row.c.batch_id == known).subquery()
    known_rows = select(ids, *columns.values()).where(row.c.batch_id == known).order_by(row.c.id)
    connection.execute(insert(row).from_select(["id", *columns], known_rows))
    _copy_rejects(connection, known, batch_id, new_ids)
    copied = union(*(select(row.c[f"{kind}_entry"]).where(row.c.batch_id == batch_id) for kind in RecordKind))
    moved: dict[int, set[int]] = {}
    if guarded := guarded_batches(connection):
        query = select(entry.c.batch_id, entry.c.id).where(entry.c.id.in_(copied), entry.c.batch_id.in_(guarded))
        for other, identifier in connection.execute(query):
            moved.setdefault(other, set()).add(identifier)
    take_out(connection, moved)
    connection.execute(update(entry).where(entry.c.id.in_(copied)).values(batch_id=batch_id))


def _copy_rejects(connection: Connection, known: int, batch_id: int, new_ids: Subquery) -> None:
    """Copy the rows that are left out; ``new_ids`` maps the ids of the rows (``known``) to those of their copies (``copy``)."""
    columns: dict[str, Any] = {column.name: column for column in reject.c if column.name != "id"}
    columns |= {"batch_id": literal(batch_id), "row_id": new_ids.c.copy}
    joined = reject.join(new_ids, new_ids.c.known == reject.c.row_id)
    copies = select(*columns.values()).select_from(joined).where(reject.c.batch_id == known).order_by(reject.c.id)
    connection.execute(insert(reject).from_select([*columns], copies))
