"""What an answer about an entry does in the ledger: it is sent, it is the same as another one, or it is never sent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, literal_column, or_, select, update

from importer.domain.identity import EntryLabel, loose_text, match_text
from importer.domain.kinds import QuestionKind, RecordKind
from importer.domain.match_keys import VoucherParts
from importer.domain.questions import kind_of, kinds_of
from importer.domain.reasons import Reason, reasons_from_json, reasons_to_json
from importer.domain.remote_ids import remote_key
from importer.domain.states import RowOrigin, State
from importer.domain.timestamps import to_timestamp
from importer.ledger.intake import answer_reasons, reasons
from importer.ledger.intake.decisions import ExistingEntry, voucher_state
from importer.ledger.intake.known_entries import existing_entry
from importer.ledger.intake.superseding import repoint, take_over_vouchers
from importer.ledger.intake.user_answer import UserAnswer, answered_kinds
from importer.ledger.outbox.dependents import CASE_DROPPED, CASE_REFUSED, block, follow, unblock
from importer.ledger.outbox.look_alikes import answer_all
from importer.ledger.queries.earlier_imports import earlier_imports
from importer.ledger.storage.schema import REMOTE_KEY, entry, row

ANSWERABLE = frozenset({State.QUESTIONED, State.DROPPED})
"""The states of entries that a person may answer about; an answer that dropped one can be taken back."""
UNSENT = ANSWERABLE | {State.PENDING, State.BLOCKED}


def open_questions(connection: Connection, entry_id: int) -> tuple[Reason, ...]:
    """Return the reasons of an entry: its questions, and what else is said of it."""
    return reasons_from_json(connection.scalar(select(entry.c.reasons).where(entry.c.id == entry_id)))


def send(connection: Connection, known: ExistingEntry, answer: UserAnswer, only: QuestionKind | None = None) -> State:
    """Let an entry be sent: it is another claim. Returns its state, which depends on its case if it is a voucher.

    ``only``: the answer is about this kind of question. As long as others are open, the entry stays questioned.
    """
    asked = open_questions(connection, known.id)
    others = tuple(one for one in asked if only is not None and kind_of(one) not in {None, only})
    answered = [kind for kind in kinds_of(asked) if only in {None, kind}]
    recorded = answer.as_json([*answered_kinds(known.answer, known.digest), *answered], known.digest)
    if others:
        connection.execute(update(entry).where(_is_unsent(known.id)).values(reasons=reasons_to_json(others), answer=recorded))
        return State.QUESTIONED
    case, parent = _owners(connection, known.id)
    state, ready = voucher_state(case.state if case else None, parent.state if parent else None)
    is_voucher = _kind(connection, known.id) is RecordKind.VOUCHER
    values = {"state": state, "ready": ready if is_voucher else True, "reasons": _WHY.get(state), "answer": recorded}
    connection.execute(update(entry).where(_is_unsent(known.id)).values(values))
    answer_all(connection, known.id, recorded)
    unblock(connection, [known.id])
    return state


_WHY = {State.BLOCKED: reasons_to_json((CASE_REFUSED,)), State.DROPPED: reasons_to_json((CASE_DROPPED,))}


def _owners(connection: Connection, entry_id: int) -> tuple[ExistingEntry | None, ExistingEntry | None]:
    links = select(entry.c.case_id, entry.c.parent_id).where(entry.c.id == entry_id)
    (case_id, parent_id) = connection.execute(links).one()
    case, parent = (existing_entry(connection, one) if one else None for one in (case_id, parent_id))
    return case, parent


def _kind(connection: Connection, entry_id: int) -> RecordKind:
    return RecordKind(connection.scalar(select(entry.c.kind).where(entry.c.id == entry_id)) or "")


def label_of(connection: Connection, known: ExistingEntry) -> str:
    """Return an entry's label, as error sheets and commands name it."""
    return EntryLabel.of(_kind(connection, known.id), known.id, known.key).text()


def drop(connection: Connection, known: ExistingEntry, answer: UserAnswer) -> None:
    """Never send an entry, nor its vouchers, until another answer takes that back."""
    kinds = kinds_of(open_questions(connection, known.id))
    label = label_of(connection, known)
    why = reasons_to_json((answer_reasons.dropped(label, answer.who, to_timestamp()[:10]),))
    values = {"state": State.DROPPED, "ready": False, "reasons": why, "answer": answer.as_json(kinds, known.digest)}
    connection.execute(update(entry).where(_is_unsent(known.id)).values(values))
    follow(connection, known.id, State.DROPPED)


def same(connection: Connection, known: ExistingEntry, other: ExistingEntry, answer: UserAnswer) -> None:
    """Let another entry take the place of an unsent one, which is then never sent."""
    kind = _kind(connection, known.id)
    recorded = answer.as_json(kinds_of(open_questions(connection, known.id)), known.digest)
    connection.execute(update(entry).where(_is_unsent(known.id)).values(answer=recorded))
    _count_as_known(connection, kind, known.id)
    if kind is RecordKind.CASE:
        take_over_vouchers(connection, known, other)
    repoint(connection, kind, known.id, other.id)
    follow(connection, other.id, other.state)
    if kind is RecordKind.CASE:
        _question_alike(connection, other)


def accept(connection: Connection, known: ExistingEntry, remote: Mapping[str, str | None], answer: UserAnswer) -> None:
    """Accept an unsent entry as a case or voucher that this ledger did not send. ``remote``: its columns in the ledger."""
    recorded = answer.as_json(kinds_of(open_questions(connection, known.id)), known.digest)
    now = to_timestamp()
    accepted = {"state": State.ACCEPTED, "accepted_at": now, "adopted_at": now, "reasons": None, **remote}
    connection.execute(update(entry).where(_is_unsent(known.id)).values({**accepted, "answer": recorded}))
    answer_all(connection, known.id, recorded)
    _count_as_known(connection, _kind(connection, known.id), known.id)
    follow(connection, known.id, State.ACCEPTED)


def keep_asking(connection: Connection, known: ExistingEntry, asked: Iterable[Reason], advice: Reason) -> None:
    """Leave an entry questioned, and say why an answer was not taken. ``asked`` are its questions, if it has none now."""
    present = [one for one in open_questions(connection, known.id) if kind_of(one) is not None]
    questions = present or [one for one in asked if kind_of(one) is not None]
    why = reasons_to_json((*questions, advice))
    values = {"state": State.QUESTIONED, "ready": False, "reasons": why}
    connection.execute(update(entry).where(_is_unsent(known.id)).values(values))
    block(connection, [known.id])


def owner_of(connection: Connection, questioned_id: int, remote: str) -> ExistingEntry | None:
    """Return the only entry of the same account and kind as another one that has this remote id or reference."""
    of_account = select(entry.c.account, entry.c.kind).where(entry.c.id == questioned_id).subquery()
    same_id: ColumnElement[bool] = literal_column(REMOTE_KEY) == remote_key(remote)
    named = or_(same_id, func.lower(entry.c.remote_reference) == remote.lower())
    query = select(entry.c.id).join(of_account, (entry.c.account == of_account.c.account) & (entry.c.kind == of_account.c.kind))
    found = connection.scalars(query.where(named, entry.c.superseded_by.is_(None))).all()
    return existing_entry(connection, found[0]) if len(found) == 1 else None


def named_so(connection: Connection, questioned_id: int, name: str) -> list[ExistingEntry]:
    """Return the entries of the same account and kind as another one with this reference, unique id or remote id, without it."""
    of_account = select(entry.c.account, entry.c.kind).where(entry.c.id == questioned_id).subquery()
    same_id: ColumnElement[bool] = literal_column(REMOTE_KEY) == remote_key(name)
    own = or_(entry.c.ref == match_text(name), entry.c.key == name)
    named = or_(same_id, func.lower(entry.c.remote_reference) == name.lower(), own)
    query = select(entry.c.id).join(of_account, (entry.c.account == of_account.c.account) & (entry.c.kind == of_account.c.kind))
    wanted = query.where(named, entry.c.superseded_by.is_(None), entry.c.id != questioned_id).order_by(entry.c.id)
    return [one for found in connection.scalars(wanted).all() if (one := existing_entry(connection, found)) is not None]


def labelled(connection: Connection, label: EntryLabel) -> ExistingEntry | None:
    """Return the entry that a label names, or its successor; None if it is another ledger's."""
    known = existing_entry(connection, label.entry_id)
    return successor(connection, known.id) if known is not None and label.fits(known.key) else None


def successor(connection: Connection, entry_id: int) -> ExistingEntry | None:
    """Return the entry with this id, or the one that has taken its place."""
    known = existing_entry(connection, entry_id)
    while known is not None and known.superseded_by is not None:
        known = existing_entry(connection, known.superseded_by)
    return known


def may_be_same(connection: Connection, one: ExistingEntry, other: ExistingEntry) -> bool:
    """Return whether two entries have the same account and kind, and both are real or both are tests."""
    query = select(entry.c.account, entry.c.kind, entry.c.is_test).where(entry.c.id.in_([one.id, other.id]))
    return one.id != other.id and len(set(map(tuple, connection.execute(query)))) == 1


def _is_unsent(entry_id: int) -> Any:
    return (entry.c.id == entry_id) & entry.c.state.in_(sorted(UNSENT))


def _count_as_known(connection: Connection, kind: RecordKind, entry_id: int) -> None:
    """Count the entry's rows as imported before."""
    link, origin = row.c[f"{kind}_entry"], row.c[f"{kind}_origin"]
    asked = (link == entry_id) & origin.in_([RowOrigin.NEW, RowOrigin.ASKED])
    connection.execute(update(row).where(asked).values({origin.name: RowOrigin.KNOWN}))


def _question_alike(connection: Connection, case: ExistingEntry) -> None:
    """Question the unsent documents of a case that may be one of its other documents, under a number that differs slightly."""
    columns = (entry.c.id, entry.c.key, entry.c.payload, entry.c.state, entry.c.ref)
    of_case = (entry.c.case_id == case.id) & entry.c.superseded_by.is_(None)
    by_number: dict[tuple[object, ...], list[Any]] = {}
    for found in connection.execute(select(*columns).where(of_case).order_by(entry.c.id)):
        parts = VoucherParts.of(found.payload)
        if parts.is_document and parts.reference:
            alike = (parts.type, loose_text(parts.reference), parts.amount, parts.dates)
            by_number.setdefault(alike, []).append(found)
    for documents in by_number.values():
        first, *later = documents
        unsent = [one for one in later if one.state in {State.PENDING, State.BLOCKED}]
        places = earlier_imports(connection, [first.id])
        for one in unsent:
            twin = reasons.Twin.of(RecordKind.VOUCHER, first, places.get(first.id))
            label = EntryLabel.of(RecordKind.VOUCHER, one.id, one.key).text()
            why = reasons.several_alike(RecordKind.VOUCHER, label, None, [twin])
            values = {"state": State.QUESTIONED, "ready": False, "reasons": reasons_to_json((why,))}
            connection.execute(update(entry).where(entry.c.id == one.id).values(values))
        block(connection, [one.id for one in unsent])
