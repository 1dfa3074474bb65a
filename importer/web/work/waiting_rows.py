"""The rows that wait for the correction of another one: their vouchers are blocked because its case or voucher was rejected.

They are not wrong themselves, and nothing else would ever bring them: a corrected error sheet has them too. They are known by
the reference that they name, which is a cell of such a row, also in another file of the same drop.
"""

from __future__ import annotations

from collections.abc import Sequence

from importer.domain.batches import BatchState
from importer.domain.kinds import RecordKind
from importer.domain.states import RowStatus
from importer.ledger.queries.report_rows import BatchInfo, ReportRow
from importer.loader.values.text import display_text
from importer.web.work.corrections import must_be_found
from importer.web.work.derived_source import CorrectedPart
from importer.web.work.environments import PageEnvironments
from importer.web.work.row_files import find_row, row_counts, rows_in
from importer.workspace.connections import open_ledger_read_only

_BLOCKED_BY = frozenset({"case_rejected", "parent_rejected"})
"""The codes of the reasons of vouchers that wait for the correction of another row."""


def rows_waiting(environments: PageEnvironments, parts: Sequence[CorrectedPart]) -> dict[int, list[ReportRow]]:
    """Return by batch the rows whose vouchers are blocked because the case or the parent of these rows was rejected."""
    blocked, known = {part.info.id: _blocked_beside(environments, part) for part in parts}, _known(environments, parts)
    found: dict[int, list[ReportRow]] = {batch: [] for batch in blocked}
    more = True
    while more:  # a voucher may wait for another one that waits itself
        more = False
        for batch, rows in blocked.items():
            named = [row for row in rows if known & _named_by(row) and row not in found[batch]]
            found[batch] += named
            known = known.union(*map(_cell_texts, named))
            more = more or bool(named)
    return found


def _known(environments: PageEnvironments, parts: Sequence[CorrectedPart]) -> set[str]:
    """Return the texts of all corrected rows: one of them is the reference that a waiting row names."""
    return {text for part in parts for row in part.rows for text in _texts_in(environments, part.info, row)}


def may_have_waiting(environments: PageEnvironments, batch_id: int) -> bool:
    """Return whether rows of a batch may be blocked."""
    try:
        with environments.reading() as environment, open_ledger_read_only(environment) as ledger, ledger.queries() as queries:
            info = queries.batch(batch_id)
            is_staged = info is not None and info.state is BatchState.STAGED
            tally = {} if is_staged else queries.tally(batch_id)[RecordKind.VOUCHER]
        return RowStatus.BLOCKED in (row_counts(environments, batch_id) if is_staged else tally)
    except OSError:  # they must be found again first, which is said then
        return True


def _blocked_beside(environments: PageEnvironments, part: CorrectedPart) -> list[ReportRow]:
    taken = {(row.sheet, row.number) for row in part.rows}
    try:
        shown = [one.row for one in rows_in(environments, part.info.id, RowStatus.BLOCKED)]
    except OSError:
        raise must_be_found(part.info.id) from None
    return [row for row in shown if row is not None and (row.sheet, row.number) not in taken]


def _texts_in(environments: PageEnvironments, info: BatchInfo, corrected: ReportRow) -> set[str]:
    """Return the texts of a row's cells, as they were and as they were corrected."""
    before = find_row(environments, info.id, corrected.sheet, corrected.number)
    return _cell_texts(corrected) | (_cell_texts(before.row) if before is not None and before.row is not None else set())


def _cell_texts(row: ReportRow) -> set[str]:
    return {display_text(cell).strip() for cell in row.cells if cell is not None}


def _named_by(row: ReportRow) -> set[str]:
    """Return the references because of which the voucher of a row is blocked."""
    reasons = row.voucher.reasons if row.voucher is not None else ()
    return {one.value.strip() for one in reasons if one.code in _BLOCKED_BY and one.value}
