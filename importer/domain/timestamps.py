"""Moments as texts: UTC, one fixed width, so that they sort as they are."""

from __future__ import annotations

from datetime import UTC, datetime


def to_timestamp(moment: datetime | None = None) -> str:
    """A moment (now without one) as it stands in the ledger: UTC, microseconds, always 27 characters."""
    return (moment or datetime.now(UTC)).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def from_timestamp(text_: str) -> datetime:
    return datetime.strptime(text_, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
