"""The question what debtors are of whom nothing shows whether they are companies or persons."""

from __future__ import annotations

from functools import partial

from starlette.responses import Response

from importer.web.page_request import PageRequest
from importer.web.work.parties import KINDS, answer_parties, parties_view

BY_NAME = "party."


async def show(request: PageRequest) -> Response:
    """Show the debtors, and what they may be."""
    batch_id = request.number("batch")
    view = await request.work(parties_view, request.services.environments, batch_id)
    return request.page("parties", view=view, batch=batch_id, kinds=[kind.value for kind in KINDS])


async def answer(request: PageRequest) -> Response:
    """Keep the answers, and begin to read the file again with them. Without any, go on to the batch."""
    batch_id, jobs, everyone = request.number("batch"), request.services.jobs, request.field("everyone")
    found = {name: value for name, value in request.form.multi_items() if isinstance(value, str) and value}
    by_name = {name.removeprefix(BY_NAME): value for name, value in found.items() if name.startswith(BY_NAME)}
    if not everyone and not by_name:
        return request.to(f"/batches/{batch_id}")
    work = partial(answer_parties, request.services.environments, batch_id=batch_id, everyone=everyone, by_name=by_name)
    about = request.rendering.texts("parties.about", batch=batch_id)
    return request.to(f"/jobs/{jobs.start(jobs.new_id(), about, request.user.person, work).id}")
