"""Every address of the page as one table: who may open it, and how much it takes. A test walks through it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.responses import Response

from importer.web.page_request import PageRequest
from importer.web.pages import batch, corrections, drop, follow, home, mapping, parties, questions, row, rows
from importer.web.users import Access

PageHandler = Callable[[PageRequest], Awaitable[Response]]
FORM_BYTES = 1_000_000
"""The most that a form without files takes."""


@dataclass(frozen=True)
class PageRoute:
    """An address: its method and path, who may open it, and what answers it. ``takes_files``: the limit of uploads holds."""

    method: str
    path: str
    access: Access
    handler: PageHandler
    takes_files: bool = False


ROUTES = (
    PageRoute("GET", "/", Access.LOOK, home.home),
    PageRoute("GET", "/batches", Access.LOOK, home.every_batch),
    PageRoute("GET", "/status", Access.LOOK, home.status),
    PageRoute("GET", "/drop", Access.LOOK, home.lead_home),
    PageRoute("POST", "/drop", Access.PREPARE, drop.drop, takes_files=True),
    PageRoute("GET", "/jobs/{job:str}", Access.PREPARE, drop.job),
    PageRoute("GET", "/map/{job:str}/{file:int}", Access.PREPARE, mapping.show),
    PageRoute("POST", "/map/{job:str}/{file:int}", Access.PREPARE, mapping.answer),
    PageRoute("GET", "/batches/{batch:int}", Access.LOOK, batch.show),
    PageRoute("GET", "/batches/{batch:int}/rows", Access.LOOK, rows.show),
    PageRoute("GET", "/batches/{batch:int}/rows/{sheet:int}/{row:int}", Access.LOOK, row.show),
    PageRoute("GET", "/entries", Access.LOOK, row.find),
    PageRoute("POST", "/batches/{batch:int}/review", Access.DECIDE, batch.review),
    PageRoute("POST", "/batches/{batch:int}/approve", Access.APPROVE, batch.approve),
    PageRoute("POST", "/batches/{batch:int}/discard", Access.DECIDE, batch.discard),
    PageRoute("POST", "/batches/{batch:int}/correct", Access.PREPARE, corrections.correct),
    PageRoute("GET", "/batches/{batch:int}/map", Access.PREPARE, mapping.of_batch),
    PageRoute("POST", "/batches/{batch:int}/check", Access.PREPARE, corrections.check),
    PageRoute("POST", "/batches/{batch:int}/undo", Access.PREPARE, corrections.undo),
    PageRoute("GET", "/batches/{batch:int}/corrections", Access.LOOK, corrections.history),
    PageRoute("GET", "/batches/{batch:int}/rows/{sheet:int}/{number:int}/correct", Access.PREPARE, corrections.row),
    PageRoute("GET", "/batches/{batch:int}/parties", Access.PREPARE, parties.show),
    PageRoute("POST", "/batches/{batch:int}/parties", Access.PREPARE, parties.answer),
    PageRoute("POST", "/batches/{batch:int}/answer", Access.APPROVE, questions.answer),
    PageRoute("POST", "/batches/{batch:int}/results", Access.DECIDE, batch.results),
    PageRoute("GET", "/batches/{batch:int}/files/{name:str}", Access.LOOK, batch.file),
    PageRoute("POST", "/send", Access.APPROVE, batch.send),
    PageRoute("GET", "/events", Access.LOOK, follow.events),
    PageRoute("GET", "/alive", Access.LOOK, follow.alive),
)
