"""Pages from templates: every value is escaped, and what a browser takes for a direction or a control is made visible."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import HTMLResponse, Response

from importer.domain.cells import Cell
from importer.domain.money import grouped_text
from importer.domain.timestamps import from_timestamp
from importer.loader.values.text import display_text
from importer.reporter.review.text import money_parts, visible
from importer.web.button_words import ButtonWords
from importer.web.texts import Texts


class Rendering:
    """The templates with the texts of one language."""

    def __init__(self, texts: Texts, *, can_log_out: bool) -> None:
        self.texts, self.can_log_out = texts, can_log_out
        self.zone = ZoneInfo("UTC")
        self._environment = Environment(
            loader=PackageLoader("importer.web", "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            finalize=_shown,
        )
        self._environment.globals.update(t=texts, language=texts.language, can_log_out=can_log_out)
        filters = {
            "number": "{:,}".format,
            "amount": grouped_text,
            "money": _money,
            "moment": self._moment,
            "second": self._second,
            "cell": _cell,
            "buttons": ButtonWords(texts),
            "column": self._column,
        }
        self._environment.filters.update(filters)

    def page(self, template: str, status: int = 200, **values: Any) -> Response:
        """Return a page as a response."""
        usual = {"session": None, "user": None, "notice": "", "may_prepare": False, "may_approve": False, "is_sandbox": False}
        return HTMLResponse(self._environment.get_template(f"{template}.html.j2").render({**usual, **values}), status)

    def _moment(self, timestamp: str) -> str:
        """Return a timestamp of the ledger for people, in the time zone of the settings: ``2026-11-28 02:10 CET``."""
        return self._in_zone(timestamp, "%Y-%m-%d %H:%M %Z")

    def _second(self, timestamp: str) -> str:
        """Return a timestamp of the ledger with its seconds: ``2026-11-28 02:10:07 CET``."""
        return self._in_zone(timestamp, "%Y-%m-%d %H:%M:%S %Z")

    def _column(self, name: str) -> str:
        """Return a column of ours in words, with its name: ``Debtor's country (debtor_country)``; any other heading as it is."""
        words = self.texts.find(f"column.{name}")
        return self.texts("column.named", words=words, name=name) if words else name

    def _in_zone(self, timestamp: str, form: str) -> str:
        return from_timestamp(timestamp).astimezone(self.zone).strftime(form) if timestamp else ""


def _shown(value: object) -> object:
    return visible(value) if type(value) is str else value  # markup of a template is a subclass


def _money(money: Mapping[str, int]) -> list[str]:
    return money_parts(money)


def _cell(cell: Cell) -> str:
    """Return the text of a cell."""
    return "" if cell is None else display_text(cell)
