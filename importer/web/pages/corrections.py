"""The correction of a cell on the page of rows."""

from __future__ import annotations

from functools import partial

from starlette.responses import Response

from importer.web.visit import Visit
from importer.web.work.corrections import CellCorrection, add_correction, stage_corrections


async def correct(visit: Visit) -> Response:
    """Keep the correction of a cell, and begin to check the corrected rows again."""
    batch_id, desk, jobs = visit.number("batch"), visit.office.desk, visit.office.jobs
    place = (visit.whole("sheet"), visit.whole("number"), visit.whole("position"))
    made = CellCorrection(*place, visit.field("text").strip())
    await visit.work(add_correction, desk, batch_id, made)
    work = partial(stage_corrections, desk, batch_id=batch_id)
    job = jobs.start(jobs.new_id(), visit.rendering.texts("rows.corrections_of", batch=batch_id), visit.user.person, work)
    return visit.to(f"/jobs/{job.id}")
