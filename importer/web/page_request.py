"""One request by a user who is logged in, with what a page needs to answer it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from importer.errors import UsageError
from importer.web.guard import SAFE_METHODS
from importer.web.rendering import Rendering
from importer.web.sessions import PageSession
from importer.web.users import Access, User

if TYPE_CHECKING:
    from importer.web.services import PageServices

T = TypeVar("T")
LONGEST_NUMBER = 16
LARGEST_NUMBER = 2**53


@dataclass
class PageRequest:
    """A request, the session that it belongs to, and the form that came with it."""

    raw: Request
    services: PageServices
    session: PageSession
    form: FormData = field(default_factory=FormData)

    @property
    def user(self) -> User:
        """Return who is logged in."""
        return self.session.user

    @property
    def rendering(self) -> Rendering:
        """Return what makes pages."""
        return self.services.rendering

    def number(self, name: str) -> int:
        """Return a number of the address. The route has found digits alone, and answers 404 to more than a number has."""
        return min(int(self.raw.path_params[name]), LARGEST_NUMBER)

    def query(self, name: str, default: str = "") -> str:
        """Return a value of the query."""
        return self.raw.query_params.get(name, default)

    def field(self, name: str, default: str = "") -> str:
        """Return a text of the form."""
        value = self.form.get(name, default)
        return value if isinstance(value, str) else default

    def whole(self, name: str) -> int:
        """Return a whole number of the form. Raises UsageError."""
        text = self.field(name)
        if not text.isascii() or not text.isdecimal() or len(text) > LONGEST_NUMBER or int(text) > LARGEST_NUMBER:
            raise UsageError(f"The form lacks the number {name}. Load the page again.")
        return int(text)

    async def work(self, function: Callable[..., T], *arguments: Any, **options: Any) -> T:
        """Do what may block in a thread, on behalf of the user."""
        is_change = self.raw.method not in SAFE_METHODS
        return await self.services.environments.run(self.user.person, lambda: function(*arguments, **options), changes=is_change)

    def page(self, template: str, status: int = 200, **values: Any) -> Response:
        """Return a page. A notice of the session is shown on it once."""
        notice, self.session.notice = self.session.notice, ""
        return self.rendering.page(template, status, session=self.session, notice=notice, **self._usual(), **values)

    def to(self, path: str, notice: str = "") -> Response:
        """Return the answer to a form: the browser loads another page, so that reloading that sends nothing twice."""
        if notice:
            self.session.notice = notice
        return RedirectResponse(path, 303)

    def _usual(self) -> Mapping[str, Any]:
        user = self.user
        return {
            "user": user,
            "may_prepare": user.may(Access.PREPARE),
            "may_approve": user.may(Access.APPROVE),
            "is_sandbox": self.services.environments.is_sandbox,
            "here": self.raw.url.path,
        }
