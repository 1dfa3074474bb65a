"""The first page with the drop and the batches, the list of all batches, and the status."""

from __future__ import annotations

from starlette.responses import Response

from importer.domain.batches import BatchState
from importer.web.page_request import PageRequest
from importer.web.work.batches import BatchList, batch_list, ids_of
from importer.web.work.environments import PageEnvironments
from importer.web.work.overview import overview

ENDINGS = (0, 3, 5, 6, 7, 8, 75)
"""The exit codes of a sender that have a text of their own."""


async def home(request: PageRequest) -> Response:
    """Show the drop, and the open and newest batches."""
    found = await request.work(_batches, request.services.environments)
    return request.page(
        "home",
        found=found,
        waiting=ids_of(found.lines, [BatchState.STAGED, BatchState.VOID]),
        limit=f"{request.services.environments.settings.web.upload_megabytes:g}",
    )


async def lead_home(request: PageRequest) -> Response:
    """Lead to the first page: the address of the drop shows nothing itself."""
    return request.to("/")


async def every_batch(request: PageRequest) -> Response:
    """Show all batches."""
    found = await request.work(_batches, request.services.environments, every=True)
    return request.page("batches", found=found)


async def status(request: PageRequest) -> Response:
    """Show who sends, what is left of the quotas, the watched folders, the schedules, and what the night has reported."""
    found = await request.work(overview, request.services.environments)
    return request.page("status", found=found, report=request.services.sender.report(), endings=ENDINGS)


def _batches(environments: PageEnvironments, *, every: bool = False) -> BatchList:
    with environments.reading() as environment:
        return batch_list(environment, environments.figures, every=every)
