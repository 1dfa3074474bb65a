"""A batch: its review, the decision about it, its progress, and its results."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from markupsafe import Markup
from starlette.responses import FileResponse, Response

from importer.commands.approve import approve_seen
from importer.commands.approve import discard as discard_batch
from importer.domain.batches import BatchState
from importer.errors import UsageError
from importer.reporter.review.html import review_body
from importer.web.users import Access
from importer.web.visit import Visit
from importer.web.work.batches import BatchView, batch_view, result_file
from importer.web.work.corrections import history_of
from importer.web.work.desk import Desk
from importer.web.work.progress import Progress, progress
from importer.web.work.row_files import forget_rows
from importer.web.work.staging import review_again, write_results


async def show(visit: Visit) -> Response:
    """Show a batch."""
    desk = visit.office.desk
    view, present, corrections = await visit.work(_view, desk, visit.number("batch"))
    waits = view.line.is_undecided
    can_approve = waits and visit.user.may(Access.APPROVE) and view.objection is None and bool(view.mark)
    return visit.page(
        "batch",
        view=view,
        review=Markup(await visit.work(review_body, view.review)),  # noqa: S704  (its template escapes every value)
        progress=present.batches.get(str(view.id)),
        finish=present.finish,
        sender=present.sender,
        corrections=corrections,
        can_approve=can_approve,
        waits=waits,
        is_staged=view.line.state is BatchState.STAGED,
    )


def _view(desk: Desk, batch_id: int) -> tuple[BatchView, Progress, list[dict[str, Any]]]:
    with desk.reading() as environment:
        return batch_view(environment, batch_id), progress(environment), history_of(desk, batch_id)


async def review(visit: Visit) -> Response:
    """Find out again what a batch would do."""
    batch_id = visit.number("batch")
    await visit.work(review_again, visit.office.desk, batch_id)
    return visit.to(f"/batches/{batch_id}", visit.office.rendering.texts("batch.reviewed"))


async def approve(visit: Visit) -> Response:
    """Approve a batch exactly as its page has shown it, and begin to send."""
    batch_id, mark = visit.number("batch"), visit.field("mark")
    if visit.field("agreed") != "yes":
        raise UsageError(visit.rendering.texts("batch.not_agreed"))
    await visit.work(_approve, visit.office.desk, batch_id, mark)
    await visit.work(visit.office.sender.start)
    return visit.to(f"/batches/{batch_id}", visit.rendering.texts("batch.approved", number=batch_id))


def _approve(desk: Desk, batch_id: int, mark: str) -> None:
    with desk.changing() as environment:
        approve_seen(environment, batch_id, mark)
    forget_rows(desk, batch_id)


async def discard(visit: Visit) -> Response:
    """Discard a batch of which nothing was sent."""
    batch_id = visit.number("batch")
    line = await visit.work(_discard, visit.office.desk, batch_id)
    return visit.to(f"/batches/{batch_id}", line)


def _discard(desk: Desk, batch_id: int) -> str:
    with desk.changing() as environment:
        line = discard_batch(environment, batch_id)
    forget_rows(desk, batch_id)
    return line


async def results(visit: Visit) -> Response:
    """Write the results of a batch as they are now."""
    batch_id = visit.number("batch")
    await visit.work(write_results, visit.office.desk, batch_id)
    return visit.to(f"/batches/{batch_id}", visit.rendering.texts("batch.written"))


async def file(visit: Visit) -> Response:
    """Send a file of a batch's results, to be saved and never shown as a page."""
    name = visit.request.path_params["name"]
    path = await visit.work(_file, visit.office.desk, visit.number("batch"), name)
    return FileResponse(path, media_type="application/octet-stream", filename=path.name, content_disposition_type="attachment")


def _file(desk: Desk, batch_id: int, name: str) -> Path:
    with desk.reading() as environment:
        return result_file(environment, batch_id, name)


async def send(visit: Visit) -> Response:
    """Start the sender for everything that is approved."""
    await visit.work(visit.office.sender.start)
    return visit.to("/status", visit.rendering.texts("status.started"))
