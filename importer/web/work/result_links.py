"""The files of a batch's results with a word on what each is for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from importer.web.texts import Texts

_KEYS = {"success.xlsx": "success", "errors.xlsx": "errors", "summary.json": "summary", "review.html": "review"}


@dataclass(frozen=True)
class ResultLink:
    """A file to fetch. ``about`` says what it is; empty for one of which nothing is known."""

    name: str
    about: str


def result_links(names: Sequence[str], texts: Texts) -> list[ResultLink]:
    """Return the files with what each is for, in their order."""
    return [ResultLink(name, texts(f"result.{_KEYS[name]}") if name in _KEYS else "") for name in names]
