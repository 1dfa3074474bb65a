"""The style and the script of the page: our own, small, and the same for everybody."""

from __future__ import annotations

from importlib.resources import files

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from importer.reporter.review.html import review_style

TYPES = {"page.css": "text/css", "page.js": "text/javascript", "icon.svg": "image/svg+xml"}


def static_files() -> BaseRoute:
    """Return the address of these files."""
    folder = files("importer.web.assets")
    texts = {name: (folder / name).read_text(encoding="utf-8") for name in TYPES}
    texts["review.css"] = review_style()

    async def serve(request: Request) -> Response:
        name = request.path_params["name"]
        if name not in texts:
            return PlainTextResponse("There is no such file.", 404)
        return Response(texts[name], media_type=TYPES.get(name, "text/css"), headers={"Cache-Control": "no-cache"})

    return Route("/static/{name:str}", serve, methods=["GET"])
