"""The form of a request, read within its limits."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.formparsers import FormParser, MultiPartException, MultiPartParser
from starlette.requests import Request

from importer.web.guard import SAFE_METHODS, BodyTooLarge, BodyTooSlow


@dataclass(frozen=True)
class FormLimits:
    """The most files and further fields of a form, and the most bytes of one of these fields."""

    files: int = 0
    fields: int = 1000
    field_bytes: int = 1_000_000


USUAL_FORM = FormLimits()
DROP_FORM = FormLimits(files=400, fields=10, field_bytes=1000)
"""The fields are held in memory, so that a drop, which may be large, has few of them."""


class BoundedParser(MultiPartParser):
    """Reads a form with files. A part is refused whose headers are longer than any that a browser writes."""

    spool_max_size = 64 * 1024  # of each file, before it goes to the disk
    most_headers, most_header_bytes = 8, 4096

    def on_part_begin(self) -> None:
        """Begin a part."""
        self._headers = self._header_bytes = 0
        super().on_part_begin()

    def on_header_field(self, data: bytes, start: int, end: int) -> None:
        """Take a piece of the name of a header. Raises MultiPartException."""
        self._count(end - start)
        super().on_header_field(data, start, end)

    def on_header_value(self, data: bytes, start: int, end: int) -> None:
        """Take a piece of the value of a header. Raises MultiPartException."""
        self._count(end - start)
        super().on_header_value(data, start, end)

    def on_header_end(self) -> None:
        """End a header. Raises MultiPartException."""
        self._headers += 1
        self._count(0)
        super().on_header_end()

    def _count(self, size: int) -> None:
        self._header_bytes += size
        if self._headers > self.most_headers or self._header_bytes > self.most_header_bytes:
            raise MultiPartException("The headers of a part are too long.")


@asynccontextmanager
async def form_of(request: Request, limits: FormLimits = USUAL_FORM) -> AsyncIterator[FormData]:
    """Read the form of a request, whose files are closed at the end. Raises HTTPException for what is no form, or too much."""
    if request.method in SAFE_METHODS:
        yield FormData()
        return
    form = await _read(request, limits)
    try:
        yield form
    finally:
        await form.close()


async def _read(request: Request, limits: FormLimits) -> FormData:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().casefold()
    most = {"max_fields": limits.fields, "max_part_size": limits.field_bytes}
    try:
        if kind == "multipart/form-data":
            return await BoundedParser(request.headers, request.stream(), max_files=limits.files, **most).parse()
        if kind == "application/x-www-form-urlencoded":
            return await FormParser(request.headers, request.stream(), **most).parse()
    except BodyTooLarge:
        raise HTTPException(413) from None
    except BodyTooSlow:
        raise HTTPException(408) from None
    except MultiPartException as error:
        raise HTTPException(400, error.message) from None
    raise HTTPException(415)
