"""The sheets of a report. Each row is in one of them, with its result followed by its own cells, unchanged."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from datetime import datetime
from itertools import chain
from pathlib import Path

from importer.domain.cells import Cell
from importer.domain.identity import EntryLabel
from importer.domain.kinds import RecordKind
from importer.domain.later_words import AFTER_SENDING, URGENT
from importer.domain.questions import DROPPED, LEFT_OUT_BY_PROFILE, kinds_of, offered
from importer.domain.records import SheetHead
from importer.domain.states import DONE, NOTHING_TO_DO, RowStatus
from importer.ledger.queries.report_rows import RecordResult, ReportRow
from importer.reporter import summary_sheet
from importer.reporter.error_groups import ErrorGroups
from importer.reporter.row_reasons import (
    CORRECTED,
    TO_CORRECT,
    ReportHeadings,
    RowReason,
    in_words,
    label,
    reasons_of_row,
    without_corrected,
    worse_status,
)
from importer.reporter.xlsx.sheet_writer import CellHighlight, Colour, SheetWriter

ENTRY_COLUMN, ANSWER_COLUMN = "#entry", "#answer"
ERROR_COLUMNS = ("#row", "#status", "#errors", ENTRY_COLUMN, ANSWER_COLUMN)
CHANGE_COLUMNS = ("#row", "#status", "#new", "#errors", ENTRY_COLUMN)
NEW = "new"
"""The value of ``#new`` of a row whose change no earlier import has reported."""
SUCCESS_COLUMNS = (
    *("#row", "#status", "#case_id", "#case_reference", "#voucher_id", "#unique_id", "#sent_at", "#imported_from"),
    "#debtor_type",
    *("#lifecycle", "#partner", "#needs_info", "#sign_at"),
)
SHEETS = ("success.xlsx", "errors.xlsx", "left-out.xlsx", "changes.xlsx")
"""The names of all sheets; those without rows are not written."""
READY, CORRECTED_LATER = "ready to send", "corrected later"
ERRORS_REMARK = "Red cells are to be corrected, yellow ones wait for something else. The note on a cell says why."
LEFT_OUT_REMARK = (
    "Nothing is wrong with these rows. What is not a claim, such as a paid invoice, a credit or a total, is not sent. A claim "
    "that is not due yet is sent when the list is imported again later. A row that was dropped is never sent, unless another "
    "answer in #answer takes that back. A row that was corrected later names the batch that has its report."
)
CHANGES_REMARK = (
    "These rows were sent before and are others now. Nothing was sent: tell the collection partner what matters, in the chat of "
    "the case. Those that are paid, credited or disputed now stand first; #new marks what no earlier import has reported."
)
BOOK_OF = {RowStatus.LEFT_OUT: "left-out", RowStatus.WITHDRAWN: "left-out", RowStatus.CHANGED: "changes"}
"""The workbooks of rows with which nothing is wrong, and that were not sent."""
REMARKS = {"errors": ERRORS_REMARK, "left-out": LEFT_OUT_REMARK, "changes": CHANGES_REMARK}


def groups_by_book(done: frozenset[RowStatus] = NOTHING_TO_DO) -> dict[str, ErrorGroups]:
    """Return empty groups of reasons for each workbook but ``success``. Rows in a status of ``done`` are not in ``errors``."""
    groups = {"errors": ErrorGroups(done | BOOK_OF.keys())}
    for name in dict.fromkeys(BOOK_OF.values()):
        groups[name] = ErrorGroups(frozenset(status for status in RowStatus if BOOK_OF.get(status) != name))
    return groups


def write_sheets(
    folder: Path,
    heads: Sequence[SheetHead],
    rows: Iterable[ReportRow],
    *,
    checking: bool,
    groups: Mapping[str, ErrorGroups] | None = None,
    created: datetime | None = None,
) -> tuple[Path, ...]:
    """Write ``success.xlsx``, and ``errors.xlsx``, ``left-out.xlsx`` and ``changes.xlsx`` if there are rows for them.

    A rejected row that a later batch holds correctly is in ``left-out.xlsx``: a person would correct it again in ``errors.xlsx``.
    With ``checking`` a valid row is ready to send. The reasons of the rows are added to the ``groups`` of their workbook, and
    are summed up on a sheet there. With a time of creation (UTC), equal sheets have equal bytes. Returns the paths.
    """
    groups = groups_by_book() if groups is None else groups
    headings = [ReportHeadings(head) for head in heads]
    with ExitStack() as stack:
        sheets = _Sheets(folder, heads, stack, created)
        for row in map(without_corrected, rows):
            status = worse_status(row)
            if status in DONE:
                sheets.add_done(row, in_words(status))
            elif checking and status is RowStatus.PENDING:
                sheets.add_done(row, READY)
            else:
                name = BOOK_OF.get(status, "errors")
                reasons = list(reasons_of_row(row, headings[row.sheet]))
                groups[name].add(row, reasons)
                sheets.add(name, row, status, reasons)
        sheets.add_changes()
        for name, remark in REMARKS.items():
            sheets.sum_up(name, groups[name], remark)
    return sheets.paths()


class _Sheets:
    """The workbooks of one report: ``success``, and another one once a row belongs in it.

    Changed rows are kept until the end, since those that matter most stand first.
    """

    def __init__(self, folder: Path, heads: Sequence[SheetHead], stack: ExitStack, created: datetime | None) -> None:
        self._folder, self._heads, self._stack, self._created = folder, heads, stack, created
        self._writers: dict[str, SheetWriter] = {}
        self._changes: list[tuple[ReportRow, list[RowReason]]] = []
        self.writer("success")

    def writer(self, name: str) -> SheetWriter:
        """Return the workbook ``name``, begun if it is new."""
        if name not in self._writers:
            columns = {"success": SUCCESS_COLUMNS, "changes": CHANGE_COLUMNS}.get(name, ERROR_COLUMNS)
            path = self._folder / f"{name}.xlsx"
            writer = SheetWriter(path, self._heads, columns, sparing=name != "success", created=self._created)
            self._writers[name] = self._stack.enter_context(writer)
        return self._writers[name]

    def add_done(self, row: ReportRow, status: str) -> None:
        """Add a row to the success sheet."""
        self.writer("success").add(row.sheet, _success_cells(row, status), row.cells)

    def add(self, name: str, row: ReportRow, status: RowStatus, reasons: list[RowReason]) -> None:
        """Add a row that is not done to the workbook ``name``."""
        if name == "changes":
            self._changes.append((row, reasons))
            return
        own = _error_cells(row, status, reasons, self._heads[row.sheet])
        self.writer(name).add(row.sheet, own, row.cells, _highlights(reasons), offers=_offers(reasons))

    def add_changes(self) -> None:
        """Write the changed rows: those that are no claim any more, then those paid in part, of each the new ones first."""
        for row, reasons in sorted(self._changes, key=_urgency):
            line, status, text, entry, _ = _error_cells(row, RowStatus.CHANGED, reasons, self._heads[row.sheet])
            own = [line, status, NEW if _is_new(row) else None, text, entry]
            self.writer("changes").add(row.sheet, own, row.cells, _highlights(reasons))

    def sum_up(self, name: str, groups: ErrorGroups, remark: str) -> None:
        """Append the sheet of reasons to the workbook ``name``, if it has rows."""
        if name not in self._writers:
            return
        writer, remarks = self._writers[name], [remark]
        if writer.notes_left_out:
            remarks.append(
                f"The first {writer.notes:,} coloured cells have a note; for the others the reason is only in #errors."
            )
        table = summary_sheet.table(groups, [head.name for head in self._heads], remarks)
        proofs = summary_sheet.proofs(self._heads, writer.names)
        writer.append_sheet(summary_sheet.NAME, summary_sheet.headings(groups), chain(table, proofs), summary_sheet.WIDTHS)

    def paths(self) -> tuple[Path, ...]:
        """Return the paths of the finished workbooks."""
        return tuple(self._folder / f"{name}.xlsx" for name in self._writers)


def _is_new(row: ReportRow) -> bool:
    return any(result is not None and result.is_new for result in (row.case, row.voucher))


def _urgency(change: tuple[ReportRow, list[RowReason]]) -> tuple[int, bool, bool, bool]:
    row, reasons = change
    is_no_claim = any(one.reason.code in AFTER_SENDING for one in reasons)
    is_urgent = any(one.reason.code in URGENT for one in reasons)
    return row.sheet, not is_urgent, not is_no_claim, not _is_new(row)


def _highlights(reasons: Sequence[RowReason]) -> Mapping[int | None, CellHighlight]:
    """Return the colour of and note on each cell that a reason refers to. None is the row: its reasons are in #errors."""
    highlights: dict[int | None, CellHighlight] = {}
    for one in reasons:
        colour = Colour.WRONG if one.result.status in TO_CORRECT else Colour.WAITS
        before = highlights.get(one.position)
        if before is not None and before.colour is Colour.WRONG:
            colour = Colour.WRONG
        notes = [text for text in (before.note if before else None, one.text()) if text]
        note = "\n".join(dict.fromkeys(notes)) if one.position is not None else None
        highlights[one.position] = CellHighlight(colour, note)
    return highlights


def _error_cells(row: ReportRow, status: RowStatus, reasons: Sequence[RowReason], head: SheetHead) -> list[Cell]:
    labels = {kind: label(result, kind) for kind, result in zip(RecordKind, (row.case, row.voucher), strict=True)}
    named = [labels[kind] or _named_before(row, kind, head) for kind in RecordKind]
    text = "\n".join(dict.fromkeys(one.text() for one in reasons))
    is_corrected = status is RowStatus.LEFT_OUT and any(one.reason.code == CORRECTED for one in reasons)
    words = CORRECTED_LATER if is_corrected else in_words(status)
    return [row.number, words, text, " ".join(name for name in named if name) or None, None]


def _named_before(row: ReportRow, kind: RecordKind, head: SheetHead) -> str | None:
    """Return the label that the source itself has in ``#entry``: a rejected row of an error sheet belongs to no other entry."""
    position = head.header.index(ENTRY_COLUMN) if ENTRY_COLUMN in head.header else len(row.cells)
    cell = row.cells[position] if position < len(row.cells) else None
    labels = map(EntryLabel.parse, str(cell or "").split())
    return next((found.text() for found in labels if found and found.kind is kind), None)


def _offers(reasons: Sequence[RowReason]) -> Mapping[str, tuple[str, ...]]:
    """Return what can be chosen in ``#answer``: the answers that the questions of the row allow."""
    kinds = kinds_of(one.reason for one in reasons)
    answered = (one.reason.code in {DROPPED, LEFT_OUT_BY_PROFILE} or one.reason.column == ANSWER_COLUMN for one in reasons)
    if not kinds and not any(answered):
        return {}
    return {ANSWER_COLUMN: offered(kinds)}


_NOTHING = RecordResult(RowStatus.PENDING)


def _success_cells(row: ReportRow, status: str) -> list[Cell]:
    voucher = row.voucher
    results = [result for result in (row.case, voucher) if result]
    first = results[0] if results else _NOTHING
    sent = [result.sent_at for result in results if result.sent_at]
    facts = first.facts
    return [
        row.number,
        status,
        *(first.case_id, first.case_reference),
        *((voucher.remote_id, voucher.unique_id) if voucher else (None, None)),
        max(sent)[:19].replace("T", " ") if sent else None,
        "; ".join(dict.fromkeys(result.imported_from for result in results if result.imported_from)) or None,
        first.debtor,
        *(facts.lifecycle, facts.partner, facts.needs_info, facts.sign_at),
    ]
