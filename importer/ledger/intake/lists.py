"""What a list says of documents that were claimed before: concluded after its last row, if the list counts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson
from sqlalchemy import Connection, bindparam, case, delete, insert, select, update

from importer.domain.accounts import Accounts
from importer.domain.batches import BatchState
from importer.domain.document_keys import DocumentSource
from importer.domain.documents import DocumentKind
from importer.domain.identity import EntryLabel, match_text
from importer.domain.kinds import RecordKind
from importer.domain.match_keys import folded_creditor
from importer.domain.next_list import Objection, objection_to_list
from importer.domain.notes import Note, NoteKind
from importer.domain.reasons import Reason, reasons_to_json
from importer.domain.records import LoadedSource
from importer.domain.states import UNRESOLVED, WITHDRAWABLE, RejectStatus, State
from importer.ledger.intake import document_reasons
from importer.ledger.intake.candidates import BatchIntake
from importer.ledger.intake.deposits import stage_deposits
from importer.ledger.intake.known_entries import existing_entry
from importer.ledger.intake.list_state import ListState, ReportedChange
from importer.ledger.outbox.dependents import follow
from importer.ledger.storage.engine import parts_of
from importer.ledger.storage.schema import batch, document, entry, known_list, reject, row

_OF_REPORTS = frozenset({"#entry", "#row"})
"""Headings that the sheets of a report have, and no list of the user's."""
MOST_NAMED = 20
"""Documents that one note names."""


def begin_list(connection: Connection, accounts: Accounts, source: LoadedSource) -> ListState:
    """Return the state of a source before its first row: whether a newer list of its profile is known."""
    listed_on = source.listed_on.isoformat() if source.listed_on else None
    last = _last(connection, accounts.cases, source.profile)
    is_older = last is not None and (listed_on is None or listed_on < last) and not source.lists.is_current
    is_part = any(not _OF_REPORTS.isdisjoint(head.header) for head in source.heads)
    return ListState(source.lists, listed_on, is_older, is_part)


def _last(connection: Connection, account: str, profile: str | None) -> str | None:
    of_profile = (known_list.c.account == account) & (known_list.c.profile == (profile or ""))
    return connection.scalar(select(known_list.c.listed_on).where(of_profile))


def settle_list(intake: BatchIntake, profile: str | None) -> list[Note]:
    """Conclude what the list says of the documents that are known, and return what is to be said of that.

    From a list that does not count, nothing is concluded: rows with smaller amounts were imported before. An error sheet holds
    only what is left over of its list, so that what it lacks means nothing.
    """
    lists, connection, account = intake.lists, intake.connection, intake.accounts.cases
    last = _last(connection, account, profile)
    if lists.is_part:
        _report(intake, lists.changes)
        return []
    if not lists.documents and (last is None or any(intake.control.values())):
        _report(intake, lists.changes)  # no list, but a row may hold a document of one
        return []
    known = _open_documents(connection, account, profile)
    missing = [one for one in known if (one.entry_id, one.key) not in lists.shown]
    objection = _objection(lists, last, known, missing)
    if objection is not None and not lists.policy.is_current:
        return _without_repeat(intake, objection, (len(missing), len(known), last or ""))
    return _concluded(intake, profile, missing)


def _without_repeat(intake: BatchIntake, objection: Objection, figures: tuple[int, int, str]) -> list[Note]:
    """Return why nothing is concluded; of the same bytes that was said before. ``figures``: missing, known, the last day."""
    missing, known, last = figures
    values = (("why", objection.value), ("missing", str(missing)), ("known", str(known)), ("last", last))
    is_said = objection is not Objection.OLDER and _was_read(intake.connection, intake.id)
    return [] if is_said else [Note(NoteKind.LIST_DOES_NOT_COUNT, values=values)]


def _concluded(intake: BatchIntake, profile: str | None, missing: Sequence[Any]) -> list[Note]:
    """Report and remember what a list says that counts."""
    lists, deposits = intake.lists, stage_deposits(intake)
    _report(intake, lists.changes)
    _report_lowered(intake)
    _withdraw(intake, lists.balanced)
    gone = _conclude_absence(intake, missing) if lists.policy.is_complete else []
    _remember(intake, profile)
    return [*deposits, *gone]


def _objection(lists: ListState, last: str | None, known: Sequence[Any], missing: Sequence[Any]) -> Objection | None:
    of_last = [one for one in known if one.listed_on == last]
    return objection_to_list(
        listed_on=lists.listed_on,
        last=last,
        shown=lists.documents,
        missing=sum(one.listed_on == last for one in missing),
        known=len(of_last),
        creditors=set(map(_folded, lists.creditors)),
        before={_folded(str(orjson.loads(one.payload).get("creditorCompanyName"))) for one in of_last},
    )


def _was_read(connection: Connection, batch_id: int) -> bool:
    """Return whether the bytes of a batch were taken in before, for the same account."""
    this, other = batch.alias("this"), batch.alias("other")
    same = (other.c.source_sha256 == this.c.source_sha256) & (other.c.cases_account == this.c.cases_account)
    taken_in = (this.c.id == batch_id) & same & (other.c.id < batch_id) & (other.c.state != BatchState.DISCARDED)
    return connection.scalar(select(other.c.id).where(taken_in).limit(1)) is not None


def notes_of_empty(connection: Connection, account: str, source: LoadedSource) -> list[Note]:
    """Return what is to be said of a source without rows: that nothing is concluded, if lists of its profile are known."""
    last = _last(connection, account, source.profile)
    known = () if last is None else _open_documents(connection, account, source.profile)
    values = (("why", Objection.EMPTY.value), ("missing", str(len(known))), ("known", str(len(known))), ("last", last or ""))
    return [Note(NoteKind.LIST_DOES_NOT_COUNT, values=values)] if known else []


def _folded(creditor: str) -> str:
    return match_text(folded_creditor(creditor))


def _open_documents(connection: Connection, account: str, profile: str | None) -> Sequence[Any]:
    """Return the open invoices of earlier lists of the profile, of cases that were sent or wait."""
    names = ("entry_id", "key", "number", "day", "listed_on")
    columns = (*(document.c[name] for name in names), entry.c.state, entry.c.key.label("entry_key"))
    joined = document.join(entry, entry.c.id == document.c.entry_id).join(batch, batch.c.id == entry.c.batch_id)
    of_lists = (
        (document.c.account == account)
        & document.c.debtor.is_not(None)
        & (document.c.source == DocumentSource.LIST.value)
        & (document.c.kind == DocumentKind.INVOICE.value)
        & (document.c.last_cents > 0)
        & document.c.gone_on.is_(None)
    )
    of_profile = batch.c.profile.is_(None) if profile is None else batch.c.profile == profile
    states = sorted({State.ACCEPTED, *UNRESOLVED, *WITHDRAWABLE})
    alive = entry.c.superseded_by.is_(None) & entry.c.state.in_(states)
    query = select(*columns, entry.c.payload).select_from(joined).where(of_lists, of_profile, alive)
    return connection.execute(query.order_by(document.c.entry_id, document.c.key)).all()


def _report(intake: BatchIntake, changes: Iterable[ReportedChange]) -> None:
    """Report rows whose case was sent and of whose documents less is open now: they were noted as imported before."""
    for one in changes:
        unlinked = {row.c[f"{one.kind}_{name}"].name: None for name in ("entry", "origin", "currency", "cents")}
        intake.connection.execute(update(row).where(row.c.id == one.row_id).values(unlinked))
        values = {
            "batch_id": intake.id,
            "row_id": one.row_id,
            "kind": one.kind,
            "status": RejectStatus.CHANGED,
            "reasons": reasons_to_json((one.reason,)),
            "currency": one.money.currency,
            "cents": one.money.cents,
            "ref": one.label,
        }
        intake.connection.execute(insert(reject).values(values))


def _report_lowered(intake: BatchIntake) -> None:
    """Report the rows of credits and payments that lower a case that was sent: they were left out before."""
    for row_id, label in intake.lists.lowered_rows:
        of_row = (reject.c.row_id == row_id) & (reject.c.kind == RecordKind.VOUCHER)
        intake.connection.execute(update(reject).where(of_row).values(status=RejectStatus.CHANGED, ref=label))


def _conclude_absence(intake: BatchIntake, missing: Sequence[Any]) -> list[Note]:
    """Withdraw the cases that wait and of which no document is left, and report the documents of those that were sent.

    Absence is never a payment: nothing is sent about it.
    """
    waiting = [one for one in missing if one.state in WITHDRAWABLE]
    left = {one.entry_id for one in waiting} - {entry_id for entry_id, _ in intake.lists.shown}
    _withdraw(intake, dict.fromkeys(left))
    return _report_gone(intake, [one for one in missing if one.state not in WITHDRAWABLE])


def _withdraw(intake: BatchIntake, entries: Mapping[int, Reason | None]) -> None:
    """Withdraw cases that wait, each for its reason, or because its documents are gone."""
    for entry_id, why in sorted(entries.items()):
        known = existing_entry(intake.connection, entry_id)
        if known is not None and known.state in WITHDRAWABLE:
            values = {"state": State.WITHDRAWN, "reasons": reasons_to_json((why or document_reasons.gone(known),))}
            intake.connection.execute(update(entry).where(entry.c.id == entry_id).values(values))
            intake.overruled.add(known.batch_id)
            follow(intake.connection, entry_id, State.WITHDRAWN)


def _report_gone(intake: BatchIntake, sent: Sequence[Any]) -> list[Note]:
    """Note that documents of cases that were sent are gone, and return what is to be said of them."""
    if not sent:
        return []
    places = [{"_entry": one.entry_id, "_key": one.key} for one in sent]
    of_document = (document.c.entry_id == bindparam("_entry")) & (document.c.key == bindparam("_key"))
    intake.connection.execute(update(document).where(of_document).values(gone_on=intake.lists.listed_on or ""), places)
    labels = [EntryLabel.of(RecordKind.CASE, one.entry_id, one.entry_key).text() for one in sent[:MOST_NAMED]]
    named = [("gone", f"{one.number or one.day} ({label})") for one, label in zip(sent[:MOST_NAMED], labels, strict=True)]
    return [Note(NoteKind.DOCUMENTS_GONE, values=(("count", str(len(sent))), *named))]


def _remember(intake: BatchIntake, profile: str | None) -> None:
    """Remember what the list shows of the documents that are known, and that it is the newest one of its profile."""
    lists, connection, account = intake.lists, intake.connection, intake.accounts.cases
    if lists.listed_on is None:
        return
    of_document = (document.c.entry_id == bindparam("_entry")) & (document.c.key == bindparam("_key"))
    # The smallest amount is kept: that a document grew again, or came back, is asked until a person has answered.
    least = case((document.c.last_cents > bindparam("_cents"), bindparam("_cents")), else_=document.c.last_cents)
    seen = update(document).where(of_document).values(last_cents=least, listed_on=lists.listed_on)
    for part in parts_of(lists.shown.items()):
        connection.execute(seen, [{"_entry": one, "_key": key, "_cents": cents} for (one, key), cents in part])
    of_profile = (known_list.c.account == account) & (known_list.c.profile == (profile or ""))
    connection.execute(delete(known_list).where(of_profile))
    values = {"account": account, "profile": profile or "", "listed_on": lists.listed_on, "batch_id": intake.id}
    connection.execute(insert(known_list).values(values))
