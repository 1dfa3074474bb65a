"""The answers about rows that are questioned or in doubt."""

from __future__ import annotations

from starlette.responses import Response

from importer.errors import UsageError
from importer.web.page_request import PageRequest
from importer.web.work.questions import answer_entry, answer_group, resolve_entry


async def answer(request: PageRequest) -> Response:
    """Take an answer: to all questions of a kind, to one question, or about a row in doubt."""
    batch_id, what, environments = request.number("batch"), request.field("what"), request.services.environments
    if what == "group":
        kind, word, rows = request.field("kind"), request.field("word"), request.whole("rows")
        line = await request.work(answer_group, environments, batch_id, kind, word, rows)
    elif what == "entry":
        word, same = request.field("word"), request.field("same").strip()
        line = await request.work(
            answer_entry, environments, request.field("entry"), f"{word} {same}" if word == "same as" else word
        )
    elif what == "doubt":
        said = request.field("word")
        line = await request.work(
            resolve_entry,
            *(environments, request.field("entry"), request.field("id") if said == "exists" else ""),
            absent=said == "absent",
            although_listed=request.field("although_listed") == "yes",
        )
    else:
        raise UsageError("There is no such question. Load the page again.")
    return request.to(f"/batches/{batch_id}/rows", line)
