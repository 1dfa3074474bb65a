"""Pages from templates: every value is escaped, and what a browser takes for a direction or a control is made visible."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import HTMLResponse, Response

from importer.domain.cells import Cell
from importer.domain.money import grouped_text
from importer.loader.values.text import display_text
from importer.reporter.review.text import money_parts, visible
from importer.web.texts import Texts


class Rendering:
    """The templates with the texts of one language."""

    def __init__(self, texts: Texts, *, can_log_out: bool) -> None:
        self.texts = texts
        self._environment = Environment(
            loader=PackageLoader("importer.web", "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            finalize=_shown,
        )
        self._environment.globals.update(t=texts, language=texts.language, can_log_out=can_log_out)
        self._environment.filters.update(number="{:,}".format, amount=grouped_text, money=_money, moment=_moment, cell=_cell)

    def page(self, template: str, status: int = 200, **values: Any) -> Response:
        """Return a page as a response."""
        usual = {"session": None, "user": None, "notice": "", "may_prepare": False, "may_approve": False, "is_sandbox": False}
        return HTMLResponse(self._environment.get_template(f"{template}.html.j2").render({**usual, **values}), status)


def _shown(value: object) -> object:
    return visible(value) if type(value) is str else value  # markup of a template is a subclass


def _money(money: Mapping[str, int]) -> list[str]:
    return money_parts(money)


def _cell(cell: Cell) -> str:
    """Return the text of a cell."""
    return "" if cell is None else display_text(cell)


def _moment(timestamp: str) -> str:
    """Return a timestamp of the ledger for people: ``2026-11-28 01:10 UTC``."""
    return f"{timestamp[:16].replace('T', ' ')} UTC" if timestamp else ""


def _second(timestamp: str) -> str:
    """Return a timestamp of the ledger with its seconds: ``2026-11-28 01:10:07 UTC``."""
    return f"{timestamp[:19].replace('T', ' ')} UTC" if timestamp else ""
