"""The answers about rows that are questioned or in doubt."""

from __future__ import annotations

from starlette.responses import Response

from importer.domain.questions import AnswerWord
from importer.errors import UsageError
from importer.web.page_request import PageRequest
from importer.web.work.questions import answer_entry, answer_group, resolve_entry

ABSENT = "absent"
"""The answer that a row in doubt does not exist at the API."""


async def answer(request: PageRequest) -> Response:
    """Take an answer: to all questions of a kind, to one question, or about a row in doubt."""
    answers = {"group": _group, "entry": _entry, "doubt": _doubt}
    batch_id, take = request.number("batch"), answers.get(request.field("what"))
    if take is None:
        raise UsageError("There is no such question. Load the page again.")
    said = await take(request, batch_id)
    if request.field("word") in {AnswerWord.SEND, ABSENT}:
        await request.work(request.services.sender.start)
    return request.to(f"/batches/{batch_id}/rows", said)


async def _group(request: PageRequest, batch_id: int) -> str:
    kind, word, rows = request.field("kind"), request.field("word"), request.whole("rows")
    await request.work(answer_group, request.services.environments, batch_id, kind, word, rows)
    texts = request.rendering.texts
    return texts("answer.answered_all", count=rows, effect=texts(_effect(word)))


async def _entry(request: PageRequest, batch_id: int) -> str:
    del batch_id
    texts, name, word = request.rendering.texts, request.field("entry"), request.field("word")
    same = request.field("same").strip() or request.field("named").strip()
    if word == AnswerWord.SAME and not same:
        raise UsageError(texts("answer.same_as_nothing"))
    said = f"{word} {same}" if word == AnswerWord.SAME else word
    await request.work(answer_entry, request.services.environments, name, said)
    return texts("answer.answered", entry=name, effect=texts(_effect(word)))


def _effect(word: str) -> str:
    return {AnswerWord.SEND: "answer.effect_send", AnswerWord.SAME: "answer.effect_same"}.get(
        AnswerWord(word), "answer.effect_drop"
    )


async def _doubt(request: PageRequest, batch_id: int) -> str:
    del batch_id
    texts, name, is_absent = request.rendering.texts, request.field("entry"), request.field("word") == ABSENT
    exists = "" if is_absent else request.field("id").strip()
    if not is_absent and not exists:
        raise UsageError(texts("answer.no_id"))
    listed = request.field("although_listed") == "yes"
    await request.work(resolve_entry, request.services.environments, name, exists, absent=is_absent, although_listed=listed)
    return texts("answer.is_absent", entry=name) if is_absent else texts("answer.does_exist", entry=name)
