"""The rows of a batch, a page at a time: all of them, those that are not fine, or those in one status."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from starlette.responses import Response

from importer.domain.batches import BatchState
from importer.domain.records import SheetHead
from importer.ledger.queries.queries import Queries
from importer.ledger.queries.report_rows import BatchInfo
from importer.web.page_request import PageRequest
from importer.web.users import Access
from importer.web.work.added_columns import FIRST_ADDED, AddedColumn, name_at, offered
from importer.web.work.batches import has_ledger, unknown, version_of
from importer.web.work.corrected_sheets import CorrectedRows, corrected_rows
from importer.web.work.correction_store import CellCorrection, CorrectionOrigin, origin_of
from importer.web.work.corrections import CORRECTABLE, original_place, original_position
from importer.web.work.environments import PageEnvironments
from importer.web.work.questions import QuestionGroup, named_entries, question_groups, staged_groups
from importer.web.work.row_files import (
    ALL,
    ASKED,
    CHOICES,
    ERRORS,
    RowPage,
    ShownRow,
    refresh_rows,
    row_counts,
    row_page,
    unclear_parties,
)
from importer.web.work.row_folders import RowsMissing
from importer.workspace.connections import open_ledger_read_only


@dataclass(frozen=True)
class RowsView:
    """The rows to show. ``page`` is None if they must be found again first, which a staged batch needs a button for.

    ``counts`` has the number of rows of each choice, ``unclear`` the number of debtors of whom nothing shows what they are.
    """

    name: str
    state: BatchState
    heads: tuple[SheetHead, ...]
    groups: tuple[QuestionGroup, ...]
    page: RowPage | None
    counts: Mapping[str, int]
    corrected: CorrectedRows
    origin: CorrectionOrigin
    first_heads: tuple[SheetHead, ...]
    unclear: int
    first_name: str

    def place(self, row: ShownRow) -> tuple[int, int] | None:
        """Return the place in the first file of a row of a batch of corrected rows; None for any other row."""
        return original_place(self.origin, row) if self.origin.sheets else None

    def corrections(self, row: ShownRow) -> dict[int, CellCorrection]:
        """Return the corrections of a shown row by position."""
        place = original_place(self.origin, row)
        made = self.corrected.rows.get(place, []) if place else []
        if not self.origin.sheets:
            return {one.position: one for one in made}
        by_position = {one.position: one for one in made}
        head, own = self.first_heads[self.origin.sheets[row.sheet]], self.heads[row.sheet]
        positions = ((at, original_position(head, own, at)) for at in range(len(own.header)))
        found = {at: by_position[first] for at, first in positions if first is not None and first in by_position}
        beside = {at: one for at, one in by_position.items() if name_at(at) and one not in found.values()}
        return found | beside

    def lacking(self, row: ShownRow) -> tuple[AddedColumn, ...]:
        """Return the columns that the sheet of a row lacks, and that its reasons are about."""
        return tuple(one for one in offered(self.heads[row.sheet], row.row) if one.why) if row.row else ()

    def checked_in(self, row: ShownRow) -> int | None:
        """Return the batch that holds a shown row as it was corrected; None if it was not, or was not checked yet."""
        place = original_place(self.origin, row)
        return self.corrected.batches.get(place) if place else None

    def is_unchecked(self, row: ShownRow) -> bool:
        """Return whether a shown row was corrected and not checked yet."""
        return original_place(self.origin, row) in self.corrected.unchecked


async def show(request: PageRequest) -> Response:
    """Show a page of rows."""
    batch_id = request.number("batch")
    chosen = request.query("show") if request.query("show") in CHOICES else ERRORS
    text = request.query("page", "1")
    number = int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 1  # noqa: PLR2004
    view = await request.work(_view, request.services.environments, batch_id, chosen, number)
    return request.page(
        "rows",
        view=view,
        batch=batch_id,
        show=chosen,
        asked=ASKED,
        first_added=FIRST_ADDED,
        named_entries=named_entries,
        is_report_column=_is_report_column,
        correctable=CORRECTABLE,
        can_correct=request.user.may(Access.PREPARE) and view.state is not BatchState.DISCARDED,
        can_answer=request.user.may(Access.APPROVE) and view.state is BatchState.APPROVED,
    )


def _is_report_column(view: RowsView, heading: str) -> bool:
    """Return whether a column of corrected rows is one of the error sheet that they are kept in: it is of another time."""
    return bool(view.origin.sheets) and heading.startswith("#")


def _view(environments: PageEnvironments, batch_id: int, show: str, number: int) -> RowsView:
    origin = origin_of(environments, batch_id)
    with environments.reading() as environment:
        if not has_ledger(environment):
            raise unknown(batch_id)
        with open_ledger_read_only(environment) as ledger, ledger.queries() as queries:
            info = queries.batch(batch_id)
            first = queries.batch(origin.batch)
            if info is None or first is None:
                raise unknown(batch_id)
            is_entered = info.state not in {BatchState.STAGED, BatchState.DISCARDED}
            if is_entered:
                refresh_rows(environments, queries, info)
            groups = _groups(environments, queries, info) if is_entered else ()
    counts, page = _shown(environments, batch_id, show, number)
    return RowsView(
        info.source_name,
        info.state,
        info.heads,
        groups or staged_groups(counts),
        page,
        counts,
        corrected_rows(environments, batch_id),
        origin,
        first.heads,
        len(unclear_parties(environments, batch_id)) if not is_entered else 0,
        first.source_name,
    )


def _shown(environments: PageEnvironments, batch_id: int, show: str, number: int) -> tuple[dict[str, int], RowPage | None]:
    """Return the numbers of rows and a page of them; none if they must be found again."""
    try:
        return row_counts(environments, batch_id), row_page(environments, batch_id, show, number)
    except RowsMissing:
        return {ALL: 0, ERRORS: 0}, None


def _groups(environments: PageEnvironments, queries: Queries, info: BatchInfo) -> tuple[QuestionGroup, ...]:
    return environments.figures.get(("questions", *version_of(info)), partial(question_groups, queries, info.id))
