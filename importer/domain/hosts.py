"""The host of an address, by which keys are stored and given out."""

from __future__ import annotations

from urllib.parse import urlsplit

from importer.domain.accounts import normal_url

LOOPBACK = ("127.0.0.1", "localhost", "::1")


def host_of(url: str) -> str:
    """Return the host of a URL in its usual spelling, with the port unless it is the scheme's own: ``api.example:8443``.

    Raises ValueError for what is not a URL with a host.
    """
    return urlsplit(normal_url(url)).netloc.rpartition("@")[2]


def normal_host(text: str) -> str:
    """Return the usual spelling of a host that a user gives, also as ``https://host``. Raises ValueError for any other text."""
    stripped = text.strip()
    return host_of(stripped if "://" in stripped else f"https://{stripped}")


def is_loopback(url: str) -> bool:
    """Return whether the URL is that of a server on this machine, which is a test server and not a vendor's."""
    return urlsplit(url).hostname in LOOPBACK
