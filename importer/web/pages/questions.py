"""The answers about rows that are questioned or in doubt."""

from __future__ import annotations

from starlette.responses import Response

from importer.errors import UsageError
from importer.web.visit import Visit
from importer.web.work.questions import answer_entry, answer_group, resolve_entry


async def answer(visit: Visit) -> Response:
    """Take an answer: to all questions of a kind, to one question, or about a row in doubt."""
    batch_id, what, desk = visit.number("batch"), visit.field("what"), visit.office.desk
    if what == "group":
        kind, word, rows = visit.field("kind"), visit.field("word"), visit.whole("rows")
        line = await visit.work(answer_group, desk, batch_id, kind, word, rows)
    elif what == "entry":
        word, same = visit.field("word"), visit.field("same").strip()
        line = await visit.work(answer_entry, desk, visit.field("entry"), f"{word} {same}" if word == "same as" else word)
    elif what == "doubt":
        said = visit.field("word")
        line = await visit.work(
            resolve_entry,
            *(desk, visit.field("entry"), visit.field("id") if said == "exists" else ""),
            absent=said == "absent",
            although_listed=visit.field("although_listed") == "yes",
        )
    else:
        raise UsageError("There is no such question. Load the page again.")
    return visit.to(f"/batches/{batch_id}/rows", line)
