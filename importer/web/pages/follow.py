"""The stream of the progress, and whether the login of a page that is open still holds."""

from __future__ import annotations

import math
from time import monotonic

from starlette.responses import Response, StreamingResponse

from importer.web.page_request import PageRequest

BELIEVED_SECONDS = 60.0
"""How long a stream goes on behind a proxy that logs users in. The browser asks again by itself, and the proxy decides again."""


async def alive(request: PageRequest) -> Response:
    """Answer that the server is there, to a user who is logged in."""
    del request
    return Response(status_code=204)


async def events(request: PageRequest) -> Response:
    """Send each change of the progress, until the browser, the login or the server ends."""
    seen = request.raw.headers.get("last-event-id", "")
    after = int(seen) if seen.isascii() and seen.isdecimal() and len(seen) < 16 else -1  # noqa: PLR2004  (a number of ours is shorter)
    sessions, session = request.services.sessions, request.session
    until = math.inf if request.rendering.can_log_out else monotonic() + BELIEVED_SECONDS
    return StreamingResponse(
        request.services.feed.stream(after, lambda: sessions.is_open(session) and monotonic() < until),
        media_type="text/event-stream",
        headers={"X-Accel-Buffering": "no"},
    )
