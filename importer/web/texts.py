"""The texts of the page, kept apart from it: one file for each language, with the same keys in all."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

ENGLISH = "en"


class Texts:
    """The texts of one language. A text that it lacks is shown in English."""

    def __init__(self, language: str = ENGLISH) -> None:
        self.language = language
        self._texts = {**_read(ENGLISH), **(_read(language) if language != ENGLISH else {})}

    def __call__(self, key: str, **values: object) -> str:
        """Return the text of a key such as ``home.title``, with the values in their places. Raises KeyError."""
        text = self._texts[key]
        return text.format(**values) if values else text

    def find(self, key: str) -> str | None:
        """Return the text of a key as it is; None if there is none."""
        return self._texts.get(key)

    def keys(self) -> frozenset[str]:
        """Return the keys of all texts."""
        return frozenset(self._texts)


def _read(language: str) -> dict[str, str]:
    text = (files("importer.web.languages") / f"{language}.toml").read_text(encoding="utf-8")
    return dict(_flat(tomllib.loads(text)))


def _flat(table: Mapping[str, Any], before: str = "") -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for key, value in table.items():
        name = f"{before}{key}"
        found += _flat(value, f"{name}.") if isinstance(value, dict) else [(name, str(value))]
    return found
