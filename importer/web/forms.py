"""The form of a request, read within its limits."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.formparsers import FormParser, MultiPartException, MultiPartParser
from starlette.requests import Request

from importer.web.guard import SAFE_METHODS, BodyTooLarge, BodyTooSlow

MOST_FIELDS = 1000


@asynccontextmanager
async def form_of(request: Request, *, max_files: int = 0) -> AsyncIterator[FormData]:
    """Read the form of a request, whose files are closed at the end. Raises HTTPException for what is no form, or too much."""
    if request.method in SAFE_METHODS:
        yield FormData()
        return
    form = await _read(request, max_files)
    try:
        yield form
    finally:
        await form.close()


async def _read(request: Request, max_files: int) -> FormData:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().casefold()
    try:
        if kind == "multipart/form-data":
            parser = MultiPartParser(request.headers, request.stream(), max_files=max_files, max_fields=MOST_FIELDS)
            return await parser.parse()
        if kind == "application/x-www-form-urlencoded":
            return await FormParser(request.headers, request.stream()).parse()
    except BodyTooLarge:
        raise HTTPException(413) from None
    except BodyTooSlow:
        raise HTTPException(408) from None
    except MultiPartException as error:
        raise HTTPException(400, error.message) from None
    raise HTTPException(415)
