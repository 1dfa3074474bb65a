"""Building reviews from the queries on a ledger, in the transaction in which the batch was staged."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from importer.domain.kinds import RecordKind
from importer.domain.notes import Note, NoteKind
from importer.domain.states import DONE, RowStatus
from importer.domain.unusual import Unusual, unusual
from importer.errors import ExitCode, UsageError
from importer.ledger.queries.claims import ClaimGroup
from importer.ledger.queries.control_totals import SheetTotals
from importer.ledger.queries.queries import Queries
from importer.ledger.queries.report_rows import BatchInfo, ReportRow
from importer.ledger.queries.row_places import row_in
from importer.reporter.error_groups import ErrorGroups
from importer.reporter.notes import sentence
from importer.reporter.review.debtors import debtor_groups
from importer.reporter.review.model import (
    STATUS_ORDER,
    AccountShown,
    ControlTotal,
    CreditRows,
    FileReview,
    LargestClaim,
    Parties,
    ReasonRows,
    Review,
    RowsWithMoney,
    StatusRows,
)
from importer.reporter.review.reading import debtor_type_rule, sheet_readings
from importer.reporter.row_reasons import ReportHeadings, reasons_of_row
from importer.reporter.summary import Summary

_NOT_DUE = "not_due_yet"
_OF_OTHER_SECTIONS = frozenset({NoteKind.EXAMPLE_WORKBOOK, NoteKind.DIFFERING_TOTAL, NoteKind.LINES_READ})


def build_file_review(queries: Queries, batch_id: int, *, is_confirmed: bool = False) -> FileReview:
    """Return the review of a batch, within the transaction in which it was staged.

    ``is_confirmed``: a person has approved a batch of the same profile before. Raises UsageError for an unknown batch.
    """
    batch = queries.batch(batch_id)
    if batch is None:
        raise UsageError(f"There is no batch {batch_id} in the ledger. `importer status` lists them.")
    sheets, rows = tuple(queries.sheet_totals(batch)), queries.row_count(batch_id)
    summary = Summary(batch, queries.tally(batch_id), ExitCode.OK, sheets, rows)
    reasons, not_due = _unsent(queries, batch)
    creditors = queries.creditors(batch_id)
    credits_found = queries.credits_to_send(batch_id)
    return FileReview(
        source=batch.source_name,
        sha256=batch.source_sha256,
        profile=batch.profile,
        statuses=_statuses(summary),
        reasons=reasons,
        notes=tuple(sentence(note) for note in batch.notes if note.sheet is None and note.kind not in _OF_OTHER_SECTIONS),
        sheets=sheet_readings(batch.heads, batch.notes),
        control_totals=tuple(map(_control_total, summary.sheets)),
        wrong_totals=tuple(sentence(note) for note in batch.notes if note.kind is NoteKind.DIFFERING_TOTAL),
        balanced=summary.balanced,
        not_due=not_due,
        credits=CreditRows(credits_found.rows, credits_found.money, credits_found.without_parent) if credits_found.rows else None,
        debtor_types=debtor_groups(queries.debtor_types(batch_id)),
        debtor_type_rule=debtor_type_rule(batch.heads, batch.notes),
        creditors=_parties(creditors),
        largest=_largest(queries, batch),
        unusual=_unusual(queries, batch_id, creditors, is_confirmed=is_confirmed),
        is_example=_is_example(batch.notes),
    )


def build_review(
    files: Iterable[FileReview],
    account: AccountShown,
    *,
    ledger: str,
    workspace: str,
    unreadable: Iterable[str] = (),
    without_rows: Iterable[str] = (),
    finish: str = "",
    is_check: bool = False,
) -> Review:
    """Return the review of a run with these files, and the messages on files that could not be read or have no rows."""
    moment = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    return Review(account, ledger, workspace, tuple(files), tuple(unreadable), finish, moment, is_check, tuple(without_rows))


def _statuses(summary: Summary) -> tuple[StatusRows, ...]:
    found = ((kind, status, summary.count(kind, status)) for kind in RecordKind for status in STATUS_ORDER)
    return tuple(StatusRows(kind, status, rows, summary.money(kind, status)) for kind, status, rows in found if rows)


def _unsent(queries: Queries, batch: BatchInfo) -> tuple[tuple[ReasonRows, ...], RowsWithMoney | None]:
    """Return the reasons of the rows that are not sent, and the cases that are not due yet."""
    groups = ErrorGroups(DONE | {RowStatus.PENDING})
    headings = [ReportHeadings(head) for head in batch.heads]
    not_due, money = 0, dict[str, int]()
    for row in queries.unsent_rows(batch.id):
        groups.add(row, list(reasons_of_row(row, headings[row.sheet])))
        if row.case is not None and _is_not_due(row):
            not_due += 1
            money[row.case.money.currency] = money.get(row.case.money.currency, 0) + row.case.money.cents
    names = [head.name for head in batch.heads]
    reasons = tuple(
        ReasonRows(
            group.kind,
            group.status,
            group.text(),
            totals.rows,
            dict(totals.money),
            row_in(names, totals.sheet, totals.number),
            totals.frequent_values() if totals.rows > 1 else "".join(totals.values),
            group.is_consequence,
        )
        for group, totals in groups.ordered()
    )
    return reasons, RowsWithMoney(not_due, money) if not_due else None


def _is_not_due(row: ReportRow) -> bool:
    return row.case is not None and any(reason.code == _NOT_DUE for reason in row.case.reasons)


def _control_total(totals: SheetTotals) -> ControlTotal:
    read, valid = (dict(sorted(money.items())) for money in (totals.read, totals.valid))
    sums = (totals.kind, totals.sheet, totals.rows, read, totals.valid_rows, valid)
    return ControlTotal(*sums, totals.unread, tuple(totals.unread_places))


def _parties(groups: Iterable[ClaimGroup]) -> tuple[Parties, ...]:
    return tuple(
        Parties(f"{one.name} ({one.country})" if one.country else one.name, one.cases, dict(one.money), one.examples)
        for one in groups
    )


def _largest(queries: Queries, batch: BatchInfo) -> tuple[LargestClaim, ...]:
    names = [head.name for head in batch.heads]
    return tuple(
        LargestClaim(one.currency, one.cents, one.debtor, one.creditor, one.reference, row_in(names, one.sheet, one.number))
        for one in queries.largest_claims(batch.id)
    )


def _unusual(queries: Queries, batch_id: int, creditors: Iterable[ClaimGroup], *, is_confirmed: bool) -> tuple[Unusual, ...]:
    history = queries.history(batch_id)
    names = list(dict.fromkeys(one.name for one in creditors))
    unseen = queries.new_creditors(batch_id, names) if history.earlier else ()
    return unusual(history.figures, history.earlier, unseen, is_confirmed=is_confirmed)


def _is_example(notes: Iterable[Note]) -> bool:
    return any(note.kind is NoteKind.EXAMPLE_WORKBOOK for note in notes)
