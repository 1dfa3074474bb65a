"""The proxies in front of the page: who may connect, and whose browser a request comes from."""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field

from starlette.datastructures import Headers

from importer.domain.hosts import is_loopback
from importer.domain.networks import Network, address_of, client_network, is_in, network_of
from importer.web_settings import WebSettings


@dataclass(frozen=True)
class TrustedProxies:
    """The networks of the proxies; empty if there is none, so that any address may connect.

    Every request from one of them that has the ``secret``, if there is one, is believed: which user it names, and which address
    the browser has.
    """

    networks: tuple[Network, ...] = ()
    client_header: str = ""
    secret_header: str = ""
    secret: str | None = field(default=None, repr=False)

    @classmethod
    def of(cls, settings: WebSettings, secret: str | None = None) -> TrustedProxies:
        """Return the proxies of the settings."""
        networks = tuple(map(network_of, settings.proxy_addresses))
        return cls(networks, settings.proxy_client_header, settings.proxy_secret_header, secret)

    def may_connect(self, peer: str, headers: Headers) -> bool:
        """Return whether a request is answered that comes from this address, with these headers."""
        return not self.networks or (is_in(peer, self.networks) and self._has_secret(headers))

    def _has_secret(self, headers: Headers) -> bool:
        if self.secret is None:
            return True
        given = headers.getlist(self.secret_header)
        return len(given) == 1 and hmac.compare_digest(given[0].encode(), self.secret.encode())

    def client_of(self, peer: str, headers: Headers) -> str:
        """Return the address of the browser: the last one that a proxy names and that is no proxy's, else the peer's own.

        Nothing is believed of what is named before a text that is no address.
        """
        if not is_in(peer, self.networks):
            return peer
        found = peer
        named = [part for line in headers.getlist(self.client_header) for part in line.split(",")]
        for text in reversed(named):
            address = address_of(text)
            if address is None:
                return found
            found = str(address)
            if not is_in(found, self.networks):
                return found
        return found


def known_client(settings: WebSettings, address: str) -> str:
    """Return the client by whom tries to log in are counted; empty if only the address of a proxy is known.

    All users would be one client then, and the wrong passwords of one would shut out the others.
    """
    if is_behind_unknown_proxy(settings) or is_in(address, TrustedProxies.of(settings).networks):
        return ""
    return client_network(address)


def is_behind_unknown_proxy(settings: WebSettings) -> bool:
    """Return whether a proxy passes requests on to the page of which the settings do not say which addresses it has."""
    is_outside = bool(settings.url) and not is_loopback(settings.url)
    return is_outside and not settings.tls_files() and not settings.proxy_addresses


def proxy_notes(settings: WebSettings, *, has_secret: bool) -> list[str]:
    """Return what the person who starts the page must know about its proxy."""
    notes = []
    outside = [one for one in settings.proxy_addresses if not network_of(one).is_loopback]
    if settings.login == "proxy" and outside and not has_secret:
        notes.append(
            f"Anybody who can connect from {', '.join(outside)} can name any user in {settings.proxy_header}: proxy_secret under "
            f"[web] is not set. Set it, and have the proxy send it in {settings.proxy_secret_header}."
        )
    if settings.login in {"users", "oidc"} and is_behind_unknown_proxy(settings):
        notes.append(
            "proxy_addresses under [web] is not set, so the page knows no client's address: wrong passwords are counted by user "
            "alone. Set it to the addresses from which the proxy connects."
        )
    return notes
