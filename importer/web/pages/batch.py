"""A batch: its review, the decision about it, its progress, and its results."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from markupsafe import Markup
from starlette.responses import FileResponse, Response

from importer.commands.approve import SeenReview, approve_seen, discard_seen
from importer.domain.batches import BatchState, Proposal
from importer.domain.states import RowStatus
from importer.errors import UsageError
from importer.reporter.review.html import review_body
from importer.reporter.review.stage import STAGES, ReviewStage
from importer.web.page_request import PageRequest
from importer.web.texts import Texts
from importer.web.users import Access
from importer.web.work.batches import BatchView, batch_view, result_file
from importer.web.work.correction_store import history_of, origin_of
from importer.web.work.environments import PageEnvironments
from importer.web.work.progress import NOTHING, Progress, progress
from importer.web.work.result_links import result_links
from importer.web.work.row_files import forget_rows
from importer.web.work.staging import review_again, write_results


async def show(request: PageRequest) -> Response:
    """Show a batch."""
    environments = request.services.environments
    view, present, corrections = await request.work(_view, environments, request.number("batch"), request.rendering.texts)
    waits = view.line.is_undecided
    can_approve = waits and request.user.may(Access.APPROVE) and view.objection is None and view.approval is not None
    return request.page(
        "batch",
        view=view,
        review=Markup(await request.work(review_body, view.review, STAGES.get(view.line.state, ReviewStage.OPEN))),  # noqa: S704  (its template escapes every value)
        progress=present.batches.get(str(view.id)),
        finish=present.finish,
        sender=present.sender,
        is_sent=present.is_sent,
        corrections=corrections,
        can_approve=can_approve,
        waits=waits,
        is_staged=view.line.state is BatchState.STAGED,
        files=result_links(view.files, request.rendering.texts) if not waits else [],
        is_discarded=view.line.state is BatchState.DISCARDED,
        is_corrected=origin_of(environments, view.id).batch != view.id,
    )


def _view(environments: PageEnvironments, batch_id: int, texts: Texts) -> tuple[BatchView, Progress, list[dict[str, Any]]]:
    with environments.reading() as environment:
        view = batch_view(environment, environments.figures, batch_id)
        present = NOTHING if view.line.is_undecided else progress(environment, environments.figures, texts)
        return view, present, history_of(environments, batch_id)


async def review(request: PageRequest) -> Response:
    """Find out again what a batch would do."""
    batch_id = request.number("batch")
    await request.work(review_again, request.services.environments, batch_id)
    return request.to(f"/batches/{batch_id}", request.services.rendering.texts("batch.reviewed"))


async def approve(request: PageRequest) -> Response:
    """Approve a batch exactly as its page has shown it, and begin to send."""
    batch_id, texts = request.number("batch"), request.rendering.texts
    if request.field("agreed") != "yes":
        raise UsageError(texts("batch.not_agreed"))
    limit = request.whole("limit") if request.field("limit").strip() else None
    if limit == 0:
        raise UsageError(texts("batch.limit_too_small"))
    seen = SeenReview(request.field("mark"), _proposal_in(request.field("shown")))
    approved = await request.work(_approve, request.services.environments, batch_id, seen, limit)
    if _sends_nothing(seen):
        return request.to(f"/batches/{approved}", texts("batch.recorded", number=approved))
    await request.work(request.services.sender.start)
    if approved == batch_id:
        return request.to(f"/batches/{batch_id}", texts("batch.approved", number=batch_id))
    return request.to(f"/batches/{approved}", texts("batch.part_approved", limit=limit, number=approved, rest=batch_id))


def _sends_nothing(seen: SeenReview) -> bool:
    shown = seen.proposal
    return shown is not None and shown.mark() == seen.mark and not shown.rows(RowStatus.PENDING)


def _proposal_in(text: str) -> Proposal | None:
    """Return the proposal that a form says its page has shown; it serves to say what has changed, and for nothing else."""
    try:
        return Proposal.from_json(text)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def _approve(environments: PageEnvironments, batch_id: int, seen: SeenReview, limit: int | None) -> int:
    with environments.changing() as environment:
        approved = approve_seen(environment, batch_id, seen, limit)
    if approved == batch_id:
        forget_rows(environments, batch_id)
    else:
        review_again(environments, batch_id)  # the rest has other figures
    return approved


async def discard(request: PageRequest) -> Response:
    """Discard a batch of which nothing was sent."""
    batch_id = request.number("batch")
    await request.work(_discard, request.services.environments, batch_id, request.field("mark"))
    return request.to(f"/batches/{batch_id}", request.rendering.texts("batch.discarded", number=batch_id))


def _discard(environments: PageEnvironments, batch_id: int, mark: str) -> None:
    with environments.changing() as environment:
        discard_seen(environment, batch_id, mark)
    forget_rows(environments, batch_id)


async def results(request: PageRequest) -> Response:
    """Write the results of a batch as they are now."""
    batch_id = request.number("batch")
    await request.work(write_results, request.services.environments, batch_id)
    return request.to(f"/batches/{batch_id}", request.rendering.texts("batch.written"))


async def file(request: PageRequest) -> Response:
    """Send a file of a batch's results, to be saved and never shown as a page."""
    name = request.raw.path_params["name"]
    path = await request.work(_file, request.services.environments, request.number("batch"), name)
    return FileResponse(path, media_type="application/octet-stream", filename=path.name, content_disposition_type="attachment")


def _file(environments: PageEnvironments, batch_id: int, name: str) -> Path:
    with environments.reading() as environment:
        return result_file(environment, batch_id, name)


async def send(request: PageRequest) -> Response:
    """Start the sender for everything that is approved."""
    await request.work(request.services.sender.start)
    return request.to("/status", request.rendering.texts("status.started"))
