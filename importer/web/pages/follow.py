"""The stream of the progress."""

from __future__ import annotations

from starlette.responses import Response, StreamingResponse

from importer.web.visit import Visit


async def events(visit: Visit) -> Response:
    """Send each change of the progress, until the browser or the server ends."""
    seen = visit.request.headers.get("last-event-id", "")
    after = int(seen) if seen.isascii() and seen.isdecimal() and len(seen) < 16 else -1  # noqa: PLR2004  (a number of ours is shorter)
    return StreamingResponse(visit.office.feed.stream(after), media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})
