"""What came back for a request: an answer, or how it was lost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


class NotSent(Exception):
    """No byte of the request left: nothing happened."""


class Lost(Exception):
    """The request went out and no whole answer came back: it may or may not have happened."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer of a server. Headers are found in any spelling of their names."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
