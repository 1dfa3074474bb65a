"""What is refused before the page starts: settings with which others could read or change what they must not."""

from __future__ import annotations

import socket

from importer.domain.hosts import LOOPBACK, is_loopback
from importer.domain.networks import address_of
from importer.errors import SettingsError
from importer.web_settings import WebSettings


def check_safe(settings: WebSettings) -> None:
    """Raise SettingsError unless all who can reach the page must log in, and nothing travels in the clear."""
    _check_address(settings)
    if not _is_private(settings):
        raise SettingsError(
            "Passwords and debtors' data would travel in the clear. Under [web], set certificate and certificate_key, or set url "
            "to the https address of the proxy in front of the page. It was not started."
        )
    if bool(settings.certificate) != bool(settings.certificate_key):
        raise SettingsError("Under [web], certificate and certificate_key belong together: set both, or none.")
    if settings.proxy_secret and not settings.proxy_addresses:
        raise SettingsError("proxy_secret under [web] needs proxy_addresses, too: those of the proxy that sends it.")
    _check_login(settings)


def _check_address(settings: WebSettings) -> None:
    """Raise SettingsError unless the page knows by which address browsers reach it, and has a login there."""
    if settings.login == "link" and settings.host not in LOOPBACK:
        raise SettingsError(
            f"The page would listen on {settings.host}, where others reach it, without a login. Set login under [web] to users, "
            f"proxy or oidc, or host to 127.0.0.1. It was not started."
        )
    if settings.login == "link" and settings.url:
        raise SettingsError(
            "url under [web] is for a page that others reach: set login to users, proxy or oidc. It was not started."
        )
    if _is_every_address(settings.host) and not settings.url:
        raise SettingsError(
            f'With host = "{settings.host}" the page would listen on every address of this machine, and not know by which of '
            f"them browsers reach it. Under [web], set url to that address, such as https://importer.example.com. It was not "
            f"started."
        )


def _is_every_address(host: str) -> bool:
    """Return whether a server on this host listens on all addresses of the machine. That of IPv4 is also written 0."""
    found = address_of(host)
    if found is None:
        try:
            return not host.strip() or not any(socket.inet_aton(host))
        except OSError:
            return False
    return found.is_unspecified


def _is_private(settings: WebSettings) -> bool:
    """Return whether what browsers send is encrypted, or never leaves this machine."""
    if settings.url and not is_loopback(settings.url):
        return settings.url.startswith("https://")
    return settings.host in LOOPBACK or settings.tls_files() is not None or settings.url.startswith("https://")


def _check_login(settings: WebSettings) -> None:
    required = {
        "link": (),
        "users": ("users", "roles"),
        "proxy": ("proxy_header", "proxy_addresses", "url", "roles"),
        "oidc": ("oidc_issuer", "oidc_client_id", "oidc_client_secret", "url", "roles"),
    }[settings.login]
    if settings.login == "oidc" and settings.oidc_issuer.startswith("http:") and not is_loopback(settings.oidc_issuer):
        raise SettingsError(
            "oidc_issuer under [web] must begin with https://, or anybody on the way could log in. It was not started."
        )
    if missing := [name for name in required if not getattr(settings, name)]:
        raise SettingsError(f'login = "{settings.login}" needs these settings under [web], too: {", ".join(missing)}.')
