"""The rows of a batch, a page at a time: all of them, or those that are not fine."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.responses import Response

from importer.domain.batches import BatchState
from importer.domain.records import SheetHead
from importer.domain.states import RowStatus
from importer.reporter.row_reasons import TO_CORRECT
from importer.web.page_request import PageRequest
from importer.web.users import Access
from importer.web.work.batches import has_ledger, unknown
from importer.web.work.environments import PageEnvironments
from importer.web.work.questions import QuestionGroup, question_groups
from importer.web.work.row_files import RowPage, Show, has_rows, keep_rows, key_of, row_page
from importer.workspace.connections import open_ledger_read_only

CORRECTABLE = TO_CORRECT | {RowStatus.QUESTIONED}


@dataclass(frozen=True)
class RowsView:
    """The rows to show. ``page`` is None if they must be found again first, which a staged batch needs a button for."""

    name: str
    state: BatchState
    heads: tuple[SheetHead, ...]
    groups: tuple[QuestionGroup, ...]
    page: RowPage | None


async def show(request: PageRequest) -> Response:
    """Show a page of rows."""
    batch_id = request.number("batch")
    chosen = Show.ALL if request.query("show") == Show.ALL else Show.ERRORS
    text = request.query("page", "1")
    number = int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 1  # noqa: PLR2004
    view = await request.work(_view, request.services.environments, batch_id, chosen, number)
    return request.page(
        "rows",
        view=view,
        batch=batch_id,
        show=chosen.value,
        correctable=CORRECTABLE,
        can_correct=request.user.may(Access.PREPARE) and view.state is not BatchState.DISCARDED,
        can_answer=request.user.may(Access.APPROVE) and view.state is BatchState.APPROVED,
    )


def _view(environments: PageEnvironments, batch_id: int, show: Show, number: int) -> RowsView:
    with environments.reading() as environment:
        if not has_ledger(environment):
            raise unknown(batch_id)
        with open_ledger_read_only(environment) as ledger, ledger.queries() as queries:
            info = queries.batch(batch_id)
            if info is None:
                raise unknown(batch_id)
            is_entered = info.state not in {BatchState.STAGED, BatchState.DISCARDED}
            if is_entered and not has_rows(environments, batch_id, key_of(queries, batch_id)):
                keep_rows(environments, queries, batch_id)
            groups = question_groups(queries, batch_id) if is_entered else ()
    page = row_page(environments, batch_id, show, number) if has_rows(environments, batch_id, None) else None
    return RowsView(info.source_name, info.state, info.heads, groups, page)
