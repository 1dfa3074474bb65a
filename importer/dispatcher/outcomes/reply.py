"""The reply to a request: a response, or the way in which it was lost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


class NotSent(Exception):
    """No byte of the request was sent, so that it has no effect."""


class ResponseLost(Exception):
    """The request was sent, but no complete response arrived: it may have had its effect."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A complete response of a server. The names of ``headers`` are case-insensitive."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
