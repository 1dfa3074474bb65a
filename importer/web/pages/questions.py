"""The answers about rows that are questioned or in doubt."""

from __future__ import annotations

from starlette.responses import Response

from importer.domain.questions import AnswerWord
from importer.errors import UsageError
from importer.web.page_request import PageRequest
from importer.web.work.questions import answer_entry, answer_group, resolve_entry


async def answer(request: PageRequest) -> Response:
    """Take an answer: to all questions of a kind, to one question, or about a row in doubt."""
    answers = {"group": _group, "entry": _entry, "doubt": _doubt}
    batch_id, take = request.number("batch"), answers.get(request.field("what"))
    if take is None:
        raise UsageError("There is no such question. Load the page again.")
    if request.field("word") == "send":
        await request.work(request.services.sender.start)
    return request.to(f"/batches/{batch_id}/rows", line)
