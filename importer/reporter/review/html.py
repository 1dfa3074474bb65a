"""The review as one self-contained page, without scripts: it can be printed, and every text in it is escaped."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from importer.domain.money import grouped_text
from importer.domain.states import RowStatus
from importer.reporter.review.model import Review
from importer.reporter.review.stage import LEADS, WHY, ReviewStage, review_cards
from importer.reporter.review.text import counted, money_parts, visible
from importer.reporter.review.values import ordered_values
from importer.reporter.row_reasons import in_words
from importer.reporter.sheets import READY

if TYPE_CHECKING:
    from jinja2 import Template

TEMPLATE, BODY, STYLE = "review.html.j2", "review_body.html.j2", "review.css"


def review_html(review: Review) -> str:
    """Return the page."""
    return _template(TEMPLATE).render(_values(review, ReviewStage.OPEN), title="h1")


def review_body(review: Review, stage: ReviewStage = ReviewStage.OPEN) -> str:
    """Return what the page shows, without its frame and its style, to be put into another page that has a title of its own."""
    return _template(BODY).render(_values(review, stage), title="h2")


def _values(review: Review, stage: ReviewStage) -> dict[str, Any]:
    cards = review_cards(review.statuses(), stage)
    return {"review": review, "cards": cards, "lead": LEADS[stage], "why": WHY[stage]}


def review_style() -> str:
    """Return the style of the page."""
    return _template(STYLE).render()


@cache
def _template(name: str) -> Template:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("importer.reporter.review", ""),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_shown,
    )
    environment.filters.update(status=_status, money=_money, amount=grouped_text, counted=counted, number="{:,}".format)
    environment.filters["ordered"] = ordered_values
    return environment.get_template(name)


def _shown(value: object) -> object:
    """Return a value as it is shown: of a text, what a browser takes for a direction or a control is made visible."""
    return visible(value) if type(value) is str else value  # markup of the template is a subclass


def _status(status: RowStatus) -> str:
    return READY if status is RowStatus.PENDING else in_words(status)


def _money(money: Mapping[str, int]) -> list[str]:
    return money_parts(money)
