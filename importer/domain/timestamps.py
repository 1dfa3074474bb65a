"""Timestamps: UTC as text of a fixed width, so that they sort as text."""

from __future__ import annotations

from datetime import UTC, datetime


def to_timestamp(moment: datetime | None = None) -> str:
    """Format a time (by default, now) as a timestamp of the ledger: UTC, with microseconds, always 27 characters."""
    return (moment or datetime.now(UTC)).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def from_timestamp(text_: str) -> datetime:
    """Parse a timestamp of :func:`to_timestamp`."""
    return datetime.strptime(text_, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
