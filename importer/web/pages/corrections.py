"""The correction of a cell on the page of rows."""

from __future__ import annotations

from functools import partial

from starlette.responses import Response

from importer.web.page_request import PageRequest
from importer.web.work.corrections import CellCorrection, add_correction, stage_corrections


async def correct(request: PageRequest) -> Response:
    """Keep the correction of a cell, and begin to check the corrected rows again."""
    batch_id, environments, jobs = request.number("batch"), request.services.environments, request.services.jobs
    place = (request.whole("sheet"), request.whole("number"), request.whole("position"))
    made = CellCorrection(*place, request.field("text").strip())
    await request.work(add_correction, environments, batch_id, made)
    work = partial(stage_corrections, environments, batch_id=batch_id)
    job = jobs.start(jobs.new_id(), request.rendering.texts("rows.corrections_of", batch=batch_id), request.user.person, work)
    return request.to(f"/jobs/{job.id}")
