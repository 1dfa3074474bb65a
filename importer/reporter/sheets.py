"""The success and error sheets. Each row is in one of them, with its result followed by its own cells, unchanged."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from pathlib import Path

from importer.domain.cells import Cell
from importer.domain.kinds import RecordKind
from importer.domain.records import SheetHead
from importer.domain.remote_facts import NO_FACTS
from importer.domain.states import DONE, RowStatus
from importer.ledger.queries.report_rows import ReportRow
from importer.reporter import summary_sheet
from importer.reporter.error_groups import ErrorGroups
from importer.reporter.row_reasons import TO_CORRECT, ReportHeadings, RowReason, in_words, label, reasons_of_row, worse_status
from importer.reporter.xlsx.sheet_writer import CellHighlight, Colour, SheetWriter

ERROR_COLUMNS = ("#row", "#status", "#errors", "#entry")
SUCCESS_COLUMNS = (
    *("#row", "#status", "#case_id", "#case_reference", "#voucher_id", "#unique_id", "#sent_at", "#imported_from"),
    *("#lifecycle", "#partner", "#needs_info", "#sign_at"),
)
READY = "ready to send"


def write_sheets(
    folder: Path, heads: Sequence[SheetHead], rows: Iterable[ReportRow], *, checking: bool, groups: ErrorGroups | None = None
) -> tuple[Path, Path]:
    """Write ``success.xlsx`` and ``errors.xlsx``, and return their paths. With ``checking`` a valid row is ready to send.

    The reasons of the rows in ``errors.xlsx`` are added to ``groups``, and summed up on a sheet there.
    """
    groups = ErrorGroups() if groups is None else groups
    done, left = folder / "success.xlsx", folder / "errors.xlsx"
    partial = [path.with_suffix(".partial") for path in (done, left)]
    headings = [ReportHeadings(head) for head in heads]
    with (
        SheetWriter(partial[0], heads, SUCCESS_COLUMNS) as success,
        SheetWriter(partial[1], heads, ERROR_COLUMNS, sparing=True) as errors,
    ):
        for row in rows:
            status = worse_status(row)
            ready = checking and status is RowStatus.PENDING
            if status in DONE or ready:
                success.add(row.sheet, _success_cells(row, READY if ready else in_words(status)), row.cells)
            else:
                reasons = list(reasons_of_row(row, headings[row.sheet]))
                groups.add(row, reasons)
                errors.add(row.sheet, _error_cells(row, status, reasons), row.cells, _highlights(reasons))
        _sum_up(errors, groups, heads)
    return _publish(partial[0], done), _publish(partial[1], left)


def _sum_up(errors: SheetWriter, groups: ErrorGroups, heads: Sequence[SheetHead]) -> None:
    remarks = ["Red cells are to be corrected, yellow ones wait for something else. The note on a cell says why."]
    if errors.notes_left_out:
        remarks.append(f"The first {errors.notes:,} coloured cells have a note; for the others the reason is only in #errors.")
    table = summary_sheet.table(groups, [head.name for head in heads], remarks)
    proofs = summary_sheet.proofs(heads, errors.names) if groups else ()
    errors.append_sheet(summary_sheet.NAME, summary_sheet.headings(groups), chain(table, proofs), summary_sheet.WIDTHS)


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


def _error_cells(row: ReportRow, status: RowStatus, reasons: Sequence[RowReason]) -> list[Cell]:
    labels = (label(row.case, RecordKind.CASE), label(row.voucher, RecordKind.VOUCHER))
    text = "\n".join(dict.fromkeys(one.text() for one in reasons))
    return [row.number, in_words(status), text, " ".join(name for name in labels if name) or None]


def _success_cells(row: ReportRow, status: str) -> list[Cell]:
    voucher = row.voucher
    results = [result for result in (row.case, voucher) if result]
    first = results[0] if results else None
    sent = [result.sent_at for result in results if result.sent_at]
    facts = first.facts if first else NO_FACTS
    return [
        row.number,
        status,
        *((first.case_id, first.case_reference) if first else (None, None)),
        *((voucher.remote_id, voucher.unique_id) if voucher else (None, None)),
        max(sent)[:19].replace("T", " ") if sent else None,
        "; ".join(dict.fromkeys(result.imported_from for result in results if result.imported_from)) or None,
        *(facts.lifecycle, facts.partner, facts.needs_info, facts.sign_at),
    ]


def _publish(partial: Path, wanted: Path) -> Path:
    """Rename a finished file; with a number appended if another program has the old one open."""
    for number in range(1, 100):
        target = wanted if number == 1 else wanted.with_stem(f"{wanted.stem}-{number}")
        try:
            partial.replace(target)
        except PermissionError:
            continue
        return target
    return partial
