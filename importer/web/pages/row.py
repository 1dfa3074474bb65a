"""One row with its history, and the way to it from the name of an entry."""

from __future__ import annotations

from starlette.responses import Response

from importer.web.page_request import PageRequest
from importer.web.work.row_history import place_of_entry, row_history


async def show(request: PageRequest) -> Response:
    """Show a row as it was read, what became of it, every attempt, and who approved it."""
    batch_id, sheet, number = (request.number(name) for name in ("batch", "sheet", "row"))
    found = await request.work(row_history, request.services.environments, batch_id, sheet, number)
    return request.page("row", found=found, batch=batch_id)


async def find(request: PageRequest) -> Response:
    """Lead to the row of the entry that is named."""
    batch_id, sheet, number = await request.work(place_of_entry, request.services.environments, request.query("name"))
    return request.to(f"/batches/{batch_id}/rows/{sheet}/{number}")
